// Three phones that are registered, and what passed between them: the stage of the guide's flows 5 to 11.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/phoned/world.hpp"

namespace test {

struct three_phones : phone_world {
    using change = std::function<void(phoned::settings&)>;

    explicit three_phones(const change& of_a = {}, const change& of_b = {}, const change& of_c = {})
        : a(add(1001, of_a)), b(add(1002, of_b)), c(add(1003, of_c)) {
        register_all();
        network.on_packet = [this](const sim_network::packet& p) { wire.push_back(line_of(p)); };
    }

    /// "A>P INVITE 1003", "P>A 200 INVITE": who sent it to whom, and what.
    [[nodiscard]] static std::string line_of(const sim_network::packet& p) {
        const auto name = [](const sip::endpoint& at) {
            const auto text = sip::host_port(at);
            return text.starts_with("10.0.0.1:") ? 'P' : static_cast<char>('A' + (text[7] - '1'));
        };
        std::string out{name(p.source), '>', name(p.destination), ' '};
        const auto first = p.text.substr(0, p.text.find('\r'));
        if (!first.starts_with("SIP/2.0 ")) {
            const auto user = first.find("sip:");
            return out + first.substr(0, first.find(' ')) + ' ' + first.substr(user + 4, 4);
        }
        const auto cseq = p.text.find("\r\nCSeq: ");
        const auto method = p.text.find(' ', cseq + 9) + 1;
        return out + first.substr(8, 3) + ' ' + p.text.substr(method, p.text.find('\r', method) - method);
    }
    /// Where a message stands on the wire, the first at or behind `from`; the end where it does not.
    [[nodiscard]] std::size_t place_of(const std::string& what, std::size_t from = 0) const {
        const auto at = std::find(wire.begin() + static_cast<std::ptrdiff_t>(from), wire.end(), what);
        return static_cast<std::size_t>(at - wire.begin());
    }
    /// All of them, in this order; others may come between.
    void expect_on_wire(const std::vector<std::string>& flow) const {
        std::size_t from = 0;
        for (const auto& what : flow) {
            const auto at = place_of(what, from);
            CAPTURE(what);
            REQUIRE(at != wire.size());
            from = at + 1;
        }
    }
    [[nodiscard]] std::size_t count_on_wire(const std::string& what) const {
        return static_cast<std::size_t>(std::count(wire.begin(), wire.end(), what));
    }
    /// Nobody has a call, a port, or sound any more.
    void expect_all_over() {
        CHECK(run_until(std::chrono::seconds(40), [&] {
            return a.live_calls() == 0 && b.live_calls() == 0 && c.live_calls() == 0;
        }));
        run(std::chrono::seconds(4));
        for (auto* each : {&a, &b, &c}) {
            CHECK(each->open_sockets() == 0);
            CHECK_FALSE(each->is_audio_running);
        }
    }
    void hang_up(sim_phone& who, phoned::call_number call) {
        REQUIRE(who.phone().call_hangup(who.context(), call).has_value());
    }

    sim_phone &a, &b, &c;
    std::vector<std::string> wire;
};

}  // namespace test

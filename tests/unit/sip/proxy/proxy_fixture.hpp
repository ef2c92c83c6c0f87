// A proxy on virtual time between peers that a test plays by hand. The proxy is 10.0.0.9, domain example.com; Alice is
// 1001 at 10.0.0.1, Bob 1002 at 10.0.0.2, Carol 1003 at 10.0.0.3.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sip/proxy/core.hpp"
#include "sip/syntax/build.hpp"
#include "sip/syntax/parse.hpp"
#include "support/seeded_environment.hpp"
#include "support/sim_network.hpp"
#include "support/virtual_clock.hpp"
#include "support/wire.hpp"

namespace test {

using namespace std::chrono_literals;
using text_lines = std::vector<std::string>;

inline sip::endpoint const alice = at("10.0.0.1:5060"), bob = at("10.0.0.2:5060"), carol = at("10.0.0.3:5060");
inline sip::endpoint const proxy_udp = at("10.0.0.9:5060"), proxy_tcp = at("10.0.0.9:5060", sip::transport_kind::tcp);

inline sip::proxy::settings open_settings() {
    sip::proxy::settings settings;
    settings.domains = {"example.com"};
    settings.users = {{"1001", "secret1001"}, {"1002", "secret1002"}, {"1003", "secret1003"}};
    settings.check = sip::proxy::authentication::none;
    return settings;
}
inline sip::proxy::settings guarded_settings() {
    auto settings = open_settings();
    settings.check = sip::proxy::authentication::digest;
    return settings;
}

/// A request from a phone's hand. Lines end in "\n".
struct request {
    std::string method = "INVITE", uri = "sip:1002@example.com", from = "1001", to = "1002", to_tag = {},
                call_id = "call-1";
    unsigned cseq = 1;
    std::string branch = "z9hG4bKcaller", headers = {}, body = {};
    sip::endpoint via = alice;

    [[nodiscard]] std::string text() const {
        return wire(fmt::format(
            "{0} {1} SIP/2.0\nVia: SIP/2.0/{2} {3};branch={4}\nMax-Forwards: 70\nFrom: "
            "<sip:{5}@example.com>;tag=from{5}\n"
            "To: <sip:{6}@example.com>{7}{8}\nCall-ID: {9}\nCSeq: {10} {0}\n{11}\n{12}",
            method, uri, sip::to_string(via.kind), sip::host_port(via), branch, from, to,
            to_tag.empty() ? "" : ";tag=", to_tag, call_id, cseq, headers, body
        ));
    }
};

struct proxy_fixture {
    explicit proxy_fixture(sip::proxy::settings settings = open_settings())
        : env(seeded_environment(random)), config(std::move(settings)) {
        start();
    }

    seeded_random random{3};
    sip::environment env;
    sip::proxy::settings config;
    sip::proxy::memory_store store;
    std::unique_ptr<sip::proxy::core> core;
    virtual_clock clock;
    sip::flow_id udp{};

    struct sent {
        sip::endpoint to;
        sip::flow_id flow;
        std::string text;
    };
    std::deque<sent> wire_log;
    std::vector<sip::open_flow> opened;
    std::vector<sip::resolve_name> questions, unknown;

    /// A fresh proxy on the same store: what a restart leaves.
    void start() {
        core = std::make_unique<sip::proxy::core>(config, env, store);
        sip::outbox out;
        core->add_listener(proxy_tcp);
        udp = core->add_flow(clock.now(), {proxy_udp, std::nullopt}, out);
    }

    // ---- inputs
    template <class Work>
    void input(Work&& work) {
        sip::outbox out;
        work(out);
        for (auto const& action : out.actions) {
            if (auto const* message = std::get_if<sip::send_message>(&action)) {
                if (!core->still_wanted(message->origin)) continue;
                wire_log.push_back({message->to, message->flow, std::string(message->bytes.text())});
            } else if (auto const* open = std::get_if<sip::open_flow>(&action)) {
                opened.push_back(*open);
            } else if (auto const* question = std::get_if<sip::resolve_name>(&action)) {
                // No domain of these tests has SRV records.
                (question->type == sip::dns_type::address ? questions : unknown).push_back(*question);
            }
        }
        for (auto const& question : std::exchange(unknown, {}))
            answer(question, {});
    }
    void answer(sip::resolve_name const& question, std::vector<sip::ip_address> const& addresses) {
        input([&](auto& out) {
            sip::error_code error;
            if (addresses.empty()) error = sip::errc::name_not_found;
            core->on_resolved(clock.now(), question.request, {addresses, {}, {}, {}}, error, out);
        });
    }
    void receive(sip::endpoint const& from, std::string const& text, std::optional<sip::flow_id> flow = {}) {
        input([&](auto& out) { core->on_bytes(clock.now(), flow.value_or(udp), from, core->pool().copy(text), out); });
    }
    void receive(request const& what, std::optional<sip::flow_id> flow = {}) { receive(what.via, what.text(), flow); }
    sip::flow_id accept(sip::endpoint const& from) {
        sip::flow_id flow{};
        input([&](auto& out) { flow = core->add_flow(clock.now(), {proxy_tcp, from}, out); });
        return flow;
    }
    void on_flow(sip::flow_id flow, sip::flow_change change) {
        input([&](auto& out) { core->on_flow(clock.now(), {flow, change, proxy_tcp, {}, {}}, out); });
    }
    void resolve(std::size_t question, std::vector<sip::ip_address> const& addresses) {
        answer(sip::resolve_name(questions.at(question)), addresses);
    }
    void advance(sip::duration span) {
        auto end = clock.mono() + span;
        while (auto next = core->next_deadline()) {
            if (next->at > end) break;
            clock.advance_to(next->at);
            input([&](auto& out) { core->on_timeout(clock.now(), out); });
            auto then = core->next_deadline();
            CHECK((!then || then->at > clock.mono()));
        }
        clock.advance_to(end);
    }

    /// Whatever happened: time ends it, and nothing is left. For destructors: an allocation that fails on the way
    /// (support/starvation.hpp) costs the input that it hits.
    void expect_an_end() noexcept {
        try {
            advance(10min);
        } catch (std::bad_alloc const&) {
            advance(10min);
        }
        auto const live = core->live();
        CHECK(live.contexts == 0);
        CHECK(live.branches == 0);
        CHECK(live.transactions == 0);
        CHECK(live.buffers == 0);
    }

    /// Answers a request that the proxy sent to `who`.
    void reply(sent const& to, unsigned status, std::string const& to_tag = {}, std::string const& headers = {}) {
        receive(to.to, response(to.text, status, to_tag, headers), to.flow);
    }
    std::string response(
        std::string const& to, unsigned status, std::string to_tag = {}, std::string const& headers = {}
    ) {
        auto parsed = sip::parse_message(pool.copy(to), pool);
        REQUIRE(parsed.has_value());
        if (to_tag.empty()) to_tag = "tag" + header(to, "CSeq").substr(0, 1);
        auto made = sip::start_response(pool, parsed->view(), static_cast<std::uint16_t>(status), to_tag).finish();
        std::string text(made->text());
        // An answer that makes a dialog takes the Record-Routes along, in their order (12.1.1).
        std::string more;
        if (status > 100 && status < 300) {
            for (auto const& each : all_headers(to, "Record-Route"))
                more += "Record-Route: " + each + "\r\n";
            more += "Contact: <sip:callee@10.0.0.2:5060>\r\n";
        }
        text.insert(text.find("Content-Length"), more + headers);
        return text;
    }
    void register_phone(
        std::string const& user, std::string const& contact, sip::endpoint const& from,
        std::optional<sip::flow_id> flow = {}
    ) {
        request message;
        message.method = "REGISTER";
        message.uri = "sip:example.com";
        message.from = message.to = user;
        message.call_id = fmt::format("reg-{}", registrations_ + 1);
        message.branch = fmt::format("z9hG4bKreg{}", ++registrations_);
        message.headers = fmt::format("Contact: {}\n", contact);
        message.via = from;
        receive(message, flow);
        auto answer = next();
        REQUIRE(answer.text.starts_with("SIP/2.0 200"));
    }
    /// Alice, Bob and Carol registered at their own addresses.
    void register_everybody() {
        register_phone("1001", "<sip:1001@10.0.0.1>", alice);
        register_phone("1002", "<sip:1002@10.0.0.2>", bob);
        register_phone("1003", "<sip:1003@10.0.0.3>", carol);
    }

    // ---- what was sent
    sent next() {
        REQUIRE_FALSE(wire_log.empty());
        auto first = wire_log.front();
        wire_log.pop_front();
        return first;
    }
    /// The next message that is not a 100.
    sent next_beyond_trying() {
        while (!wire_log.empty() && wire_log.front().text.starts_with("SIP/2.0 100"))
            wire_log.pop_front();
        return next();
    }
    /// "10.0.0.2 INVITE": to whom and what, all since the last call.
    text_lines drain() {
        text_lines all;
        for (auto const& each : wire_log)
            all.push_back(to_string(each.to.address) + " " + summary(each.text));
        wire_log.clear();
        return all;
    }
    /// A Route of ours without its signature, which differs for each dialog.
    static std::string unsigned_route(std::string route) {
        auto const at = route.find(";by=");
        if (at != route.npos) route.erase(at, route.find('>') - at);
        return route;
    }
    static text_lines all_headers(std::string const& message, std::string const& name) {
        text_lines values;
        std::string rest = message;
        for (auto at = rest.find("\r\n" + name + ": "); at != rest.npos; at = rest.find("\r\n" + name + ": ")) {
            rest = rest.substr(at + name.size() + 4);
            values.push_back(rest.substr(0, rest.find("\r\n")));
        }
        return values;
    }

private:
    sip::buffer_pool pool;
    int registrations_ = 0;
};

}  // namespace test

namespace doctest {
template <>
struct StringMaker<std::vector<std::string>> {
    static String convert(std::vector<std::string> const& lines) {
        return fmt::format("[{}]", fmt::join(lines, ", ")).c_str();
    }
};
}  // namespace doctest

// Two user agents, Alice and Bob, on a simulated network. Each keeps the list of its events; a test commands them and
// asks what they heard.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sip/ua/core.hpp"
#include "support/sim_network.hpp"
#include "support/wire.hpp"

namespace test {

/// A user agent with one account and the memory of what it was told.
struct phone {
    seeded_random random;
    sip::environment env;
    sip::user_agent_core core;
    sim_network* net = nullptr;
    sim_network::node_id node = 0;
    sip::account_id account;
    std::vector<sip::event> events;
    std::function<void(sip::event const&)> on_event;  ///< after it was put into the list

    explicit phone(std::uint64_t seed, sip::user_agent_config config = {})
        : random(seed), env(surroundings(random)), core(std::move(config), env) {}

    void join(sim_network& network, std::string const& udp, sip::account_config settings) {
        net = &network;
        node = network.add(core, [this](sip::event const& e) {
            events.push_back(e);
            if (on_event) on_event(events.back());
        });
        if (!udp.empty()) network.bind_udp(node, udp);
        account = core.add_account(std::move(settings)).value();
    }

    // ---- commands
    template <class Work>
    auto command(Work&& work) {
        return net->command(node, [&](auto& out) { return work(net->now(), out); });
    }
    sip::session_id invite(std::string const& target, std::string const& offer = "offer") {
        sip::invite_options options(target);
        if (!offer.empty()) options.with_offer(offer);
        return command([&](auto now, auto& out) { return core.invite(now, account, options, out); }).value();
    }
    sip::error_code ring(sip::session_id id, std::uint16_t status = 180, std::string_view description = {}) {
        return command([&](auto now, auto& out) { return core.ring(now, id, status, description, out); });
    }
    sip::error_code answer(sip::session_id id, std::string_view description = "answer") {
        return command([&](auto now, auto& out) { return core.answer(now, id, description, out); });
    }
    sip::error_code reject(sip::session_id id, std::uint16_t status = 486) {
        return command([&](auto now, auto& out) { return core.reject(now, id, status, {}, {}, out); });
    }
    sip::error_code hang_up(sip::session_id id, std::string_view reason = {}) {
        return command([&](auto now, auto& out) { return core.hang_up(now, id, reason, out); });
    }
    sip::error_code reoffer(
        sip::session_id id, std::string_view description = "new offer", sip::offer_options const& how = {}
    ) {
        return command([&](auto now, auto& out) { return core.reoffer(now, id, description, out, how); });
    }
    sip::error_code answer_offer(
        sip::session_id id, std::string_view description = "new answer", std::uint32_t fork = 0
    ) {
        return command([&](auto now, auto& out) { return core.answer_offer(now, id, description, out, fork); });
    }
    sip::error_code refuse_offer(sip::session_id id, std::uint16_t status = 488, std::uint32_t fork = 0) {
        return command([&](auto now, auto& out) { return core.refuse_offer(now, id, status, out, fork); });
    }

    // ---- what was heard
    template <class Event>
    [[nodiscard]] std::size_t count() const {
        return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [](auto const& e) {
            return std::holds_alternative<Event>(e);
        }));
    }
    /// The latest event of this kind; throws where there is none.
    template <class Event>
    [[nodiscard]] Event const& last() const {
        for (auto at = events.rbegin(); at != events.rend(); ++at)
            if (auto const* found = std::get_if<Event>(&*at)) return *found;
        throw std::logic_error("no such event");
    }
    /// Nothing of a call or request is left.
    [[nodiscard]] bool is_idle() const {
        auto const live = core.live();
        return live.sessions + live.dialogs + live.transactions + live.ack_keepers + live.requests == 0;
    }
};

/// Alice is 1001 at 10.0.0.1, Bob 1002 at 10.0.0.2, UDP and TCP on port 5060; no proxy.
struct ua_pair {
    sim_network net;
    phone alice, bob;
    std::vector<sim_network::packet> packets;

    explicit ua_pair(std::uint64_t seed = 1, sip::user_agent_config config = {})
        : net(seed), alice(seed * 2 + 1, config), bob(seed * 2 + 2, config) {
        net.on_packet = [this](auto const& p) { packets.push_back(p); };
        alice.join(net, "10.0.0.1:5060", account_at("sip:1001@10.0.0.1"));
        bob.join(net, "10.0.0.2:5060", account_at("sip:1002@10.0.0.2"));
        net.listen_tcp(alice.node, "10.0.0.1:5060");
        net.listen_tcp(bob.node, "10.0.0.2:5060");
    }

    static sip::account_config account_at(std::string address_of_record) {
        sip::account_config settings;
        settings.address_of_record = std::move(address_of_record);
        return settings;
    }

    /// Alice calls, Bob rings and answers; both hear of it.
    std::pair<sip::session_id, sip::session_id> establish(std::string const& target = "sip:1002@10.0.0.2:5060") {
        auto const a = alice.invite(target);
        net.run_for(std::chrono::milliseconds(50));
        auto const b = bob.last<sip::incoming_call>().id;
        bob.ring(b);
        net.run_for(std::chrono::milliseconds(50));
        bob.answer(b);
        net.run_for(std::chrono::milliseconds(50));
        return {a, b};
    }

    /// "A INVITE", "B 180", "A ACK": who sent what, in order, since the last call.
    [[nodiscard]] std::vector<std::string> ladder() {
        std::vector<std::string> lines;
        for (auto const& p : packets)
            lines.push_back((p.from == alice.node ? "A " : "B ") + summary(p.text));
        packets.clear();
        return lines;
    }
};

}  // namespace test

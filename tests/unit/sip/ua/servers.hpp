// One user agent among several servers, which the test plays: what it sends and where to, connections that come up or
// are refused, pings and their answers.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "sip/ua/core.hpp"
#include "support/sim_network.hpp"
#include "support/virtual_clock.hpp"
#include "support/wire.hpp"

namespace test {

class lone_agent {
public:
    struct sent {
        sip::duration when;
        sip::flow_id flow;
        sip::endpoint to;
        std::string text;
    };

    explicit lone_agent(sip::account_config settings, sip::user_agent_config config = {})
        : random_(11), env_(surroundings(random_)), core(std::move(config), env_) {
        account = core.add_account(std::move(settings)).value();
        udp = core.add_flow(clock.now(), {at("10.0.0.1:5060"), std::nullopt}, out_);
    }

    // ---- the world around
    std::set<std::string> refusing;                         ///< "10.0.0.2:5060": no connection comes up there
    std::map<std::string, std::vector<std::string>> names;  ///< of hosts; others are unknown
    sip::duration names_hold{};                             ///< their time to live
    std::map<sip::flow_id, sip::endpoint> connections;      ///< that are up, and where to

    // ---- commands
    template <class Work>
    auto command(Work&& work) {
        auto outcome = work(clock.now(), out_);
        collect();
        return outcome;
    }
    void start() {
        REQUIRE(!command([&](auto now, auto& out) { return core.register_account(now, account, out); }));
    }
    sip::session_id invite(std::string const& target) {
        sip::invite_options options(target);
        options.with_offer("offer");
        return command([&](auto now, auto& out) { return core.invite(now, account, options, out); }).value();
    }

    // ---- what the peers do
    void inject(std::string const& text, sip::flow_id over, sip::endpoint const& from) {
        core.on_bytes(clock.now(), over, from, core.pool().copy(text), out_);
        collect();
    }
    void reply(sent const& request, unsigned status, std::string const& headers = {}, std::string const& body = {}) {
        auto const to = header(request.text, "To");
        inject(
            wire(
                "SIP/2.0 " + std::to_string(status) + " Whatever\nVia: " + header(request.text, "Via") +
                "\nFrom: " + header(request.text, "From") + "\nTo: " + to +
                (tag_of(to).empty() && status > 100 ? ";tag=" + to_string(request.to.address) : "") +
                "\nCall-ID: " + header(request.text, "Call-ID") + "\nCSeq: " + header(request.text, "CSeq") + '\n' +
                headers + (body.empty() ? "" : "Content-Type: application/sdp\n") + '\n' + body
            ),
            request.flow, request.to
        );
    }
    /// A 2xx that binds what was asked for; `outbound`: by a registrar that knows flows (RFC 5626 6).
    void accept(sent const& request, bool outbound = true, std::string const& headers = {}) {
        reply(
            request, 200,
            "Contact: " + header(request.text, "Contact") + ";expires=3600\n" +
                (outbound ? "Require: outbound\nSupported: path\n" : "") + headers
        );
    }
    void keep_alive(sip::flow_id over, sip::endpoint const& from, std::string const& bytes) {
        core.on_keep_alive(clock.now(), over, from, bytes, out_);
        collect();
    }
    /// Answers a ping as a server does that sees us at this address.
    void pong(sip::send_keep_alive const& ping, std::string const& seen_at = "198.51.100.1:5060") {
        bool const is_stream = is_reliable(ping.to.kind);
        auto const text = std::string(ping.bytes.text());
        keep_alive(ping.flow, ping.to, is_stream ? "\r\n" : sip::stun::answer(text, at(seen_at)).value());
    }
    /// The socket has another address from now on.
    void move_socket(std::string const& to) {
        core.on_flow(clock.now(), {udp, sip::flow_change::moved, at(to), {}, "moved", {}}, out_);
        collect();
    }
    void break_connection(sip::flow_id which) {
        connections.erase(which);
        core.on_flow(clock.now(), {which, sip::flow_change::closed, {}, {}, "closed"}, out_);
        collect();
    }

    // ---- what the user agent does
    /// The next message, which must be this: "REGISTER", "200 OPTIONS".
    sent expect(std::string const& what) {
        INFO("expected ", what);
        REQUIRE(!messages.empty());
        auto first = std::move(messages.front());
        messages.pop_front();
        REQUIRE(summary(first.text) == what);
        return first;
    }
    sip::send_keep_alive expect_ping() {
        REQUIRE(!pings.empty());
        auto first = std::move(pings.front());
        pings.pop_front();
        return first;
    }
    template <class Event>
    [[nodiscard]] Event const& last() const {
        for (auto one = events.rbegin(); one != events.rend(); ++one)
            if (auto const* found = std::get_if<Event>(&*one)) return *found;
        throw std::logic_error("no such event");
    }
    [[nodiscard]] sip::registration_state state() const { return last<sip::registration_changed>().state; }

    // ---- time
    /// Runs until something is sent, a ping among it; false where nothing was in that time.
    bool run_until_sent(sip::duration limit) {
        auto const end = clock.mono() + limit;
        while (messages.empty() && pings.empty()) {
            auto const next = core.next_deadline();
            if (!next || next->at > end) {
                clock.advance_to(end);
                return false;
            }
            timeout(next->at);
        }
        return true;
    }
    void run_for(sip::duration length) {
        auto const end = clock.mono() + length;
        for (auto next = core.next_deadline(); next && next->at <= end; next = core.next_deadline())
            timeout(next->at);
        clock.advance_to(end);
    }

    virtual_clock clock;
    std::deque<sent> messages;
    std::deque<sip::send_keep_alive> pings;
    std::vector<sip::open_flow> opened;
    std::vector<sip::event> events;

private:
    seeded_random random_;
    sip::environment env_;

public:
    sip::user_agent_core core;
    sip::account_id account;
    sip::flow_id udp;

private:
    void timeout(sip::time_point when) {
        clock.advance_to(when);
        core.on_timeout(clock.now(), out_);
        collect();
    }
    void collect() {
        auto const actions = std::move(out_.actions);
        for (auto& event : out_.events)
            events.push_back(std::move(event));
        out_.clear();
        for (auto const& action : actions) {
            if (auto const* message = std::get_if<sip::send_message>(&action))
                messages.push_back({clock.elapsed(), message->flow, message->to, std::string(message->bytes.text())});
            if (auto const* ping = std::get_if<sip::send_keep_alive>(&action)) pings.push_back(*ping);
            if (auto const* question = std::get_if<sip::resolve_name>(&action)) resolve(*question);
            if (auto const* close = std::get_if<sip::close_flow>(&action)) connections.erase(close->flow);
            if (auto const* open = std::get_if<sip::open_flow>(&action)) connect(*open);
        }
        if (!out_.actions.empty() || !out_.events.empty()) collect();
    }
    void connect(sip::open_flow const& open) {
        opened.push_back(open);
        if (refusing.contains(host_port(open.to))) {
            core.on_flow(clock.now(), {open.flow, sip::flow_change::failed, {}, {}, "refused"}, out_);
            return;
        }
        connections[open.flow] = open.to;
        auto const local = at("10.0.0.1:" + std::to_string(++last_port_), open.to.kind);
        core.on_flow(clock.now(), {open.flow, sip::flow_change::up, local, {}, {}}, out_);
    }
    void resolve(sip::resolve_name const& question) {
        sip::dns_answer answer;
        answer.ttl = names_hold;
        if (question.type == sip::dns_type::address)
            for (auto const& address : names[question.name])
                answer.addresses.push_back(*sip::ip_address::from(address));
        sip::error_code const error =
            answer.addresses.empty() ? make_error_code(sip::errc::name_not_found) : sip::error_code();
        core.on_resolved(clock.now(), question.request, answer, error, out_);
    }

    sip::outbox out_;
    std::uint16_t last_port_ = 40000;
};

}  // namespace test

// A conversation between one user agent and a peer that a test plays by hand: commands and messages in, expectations
// of messages and events out, time by hand. replay() runs the same script again and again, each time with a failure of
// the network after another step, and checks that the user agent always comes to rest with every call ended once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "sip/ua/core.hpp"
#include "support/seeded_random.hpp"
#include "support/sim_network.hpp"
#include "support/virtual_clock.hpp"
#include "support/wire.hpp"

namespace test {

struct script_options {
    sip::transport_kind transport = sip::transport_kind::udp;
    sip::user_agent_config config;
    sip::account_config account;

    script_options() { account.address_of_record = "sip:1001@10.0.0.1"; }
};

/// What a message of the peer has beyond the ordinary.
struct extras {
    std::string headers = {};  ///< whole lines, each with its line feed
    std::string body = {};
    std::string to_tag = "bob";
    std::string branch = {};  ///< of a request; empty: a new one
    std::string uri = "sip:1001@10.0.0.1";
    std::string content_type = "application/sdp";
    std::string to = {};  ///< of a request outside the dialog; empty: the dialog's
};

class script {
public:
    explicit script(script_options options = {}, std::optional<std::size_t> fail_after = std::nullopt)
        : random_(7), env_(surroundings(random_)), core(options.config, env_), fail_after_(fail_after) {
        auto const local = at("10.0.0.1:5060", options.transport);
        peer_ = at("10.0.0.2:5060", options.transport);
        is_stream_ = options.transport == sip::transport_kind::tcp;
        via_transport_ = is_stream_ ? "TCP" : "UDP";
        options.account.transport = options.transport;
        account = core.add_account(options.account).value();
        flow = core.add_flow(clock.now(), {local, is_stream_ ? std::optional(peer_) : std::nullopt}, out_);
    }

    // ---- what the user does; each must succeed, or be refused as `expected` says
    template <class Work>
    void command(sip::error_code expected, Work&& work) {
        check_running();
        sip::error_code const outcome = work(clock.now(), out_);
        collect();
        REQUIRE(outcome == expected);
        after_step();
    }
    sip::session_id invite(std::string const& offer = "offer", std::string const& target = "sip:bob@10.0.0.2:5060") {
        sip::invite_options options(is_stream_ ? target + ";transport=tcp" : target);
        if (!offer.empty()) options.with_offer(offer);
        sip::session_id id;
        command({}, [&](auto now, auto& out) {
            auto const made = core.invite(now, account, options, out);
            if (!made) return made.error();
            id = *made;
            sessions_.push_back(id);
            return sip::error_code();
        });
        return id;
    }
    void ring(
        sip::session_id id, std::string_view description = {}, sip::error_code expected = {}, std::uint16_t status = 180
    ) {
        command(expected, [&](auto now, auto& out) { return core.ring(now, id, status, description, out); });
    }
    void answer(sip::session_id id, std::string_view description = "answer", sip::error_code expected = {}) {
        command(expected, [&](auto now, auto& out) { return core.answer(now, id, description, out); });
    }
    void reject(sip::session_id id, std::uint16_t status = 486, sip::error_code expected = {}) {
        command(expected, [&](auto now, auto& out) { return core.reject(now, id, status, {}, {}, out); });
    }
    void hang_up(sip::session_id id, std::string_view reason = {}, sip::error_code expected = {}) {
        command(expected, [&](auto now, auto& out) { return core.hang_up(now, id, reason, out); });
    }
    void reoffer(
        sip::session_id id, std::string_view description = "new offer", sip::error_code expected = {},
        sip::offer_options const& how = {}
    ) {
        command(expected, [&](auto now, auto& out) { return core.reoffer(now, id, description, out, how); });
    }
    void answer_offer(
        sip::session_id id, std::string_view description = "new answer", sip::error_code expected = {},
        std::uint32_t fork = 0
    ) {
        command(expected, [&](auto now, auto& out) { return core.answer_offer(now, id, description, out, fork); });
    }
    void refuse_offer(
        sip::session_id id, std::uint16_t status = 488, sip::error_code expected = {}, std::uint32_t fork = 0,
        std::string_view formal_answer = {}
    ) {
        command(expected, [&](auto now, auto& out) {
            return core.refuse_offer(now, id, status, out, fork, formal_answer);
        });
    }

    // ---- what the peer sends
    void inject(std::string const& text) {
        check_running();
        core.on_bytes(clock.now(), flow, peer_, core.pool().copy(text), out_);
        after_step();
    }
    /// A response to `request`, which the user agent sent.
    void reply(std::string const& request, unsigned status, extras const& more = extras()) {
        inject(response(request, status, more));
    }
    [[nodiscard]] std::string response(std::string const& request, unsigned status, extras const& more = extras())
        const {
        auto const sent_to = header(request, "To");
        bool const needs_tag = tag_of(sent_to).empty() && status > 100 && !more.to_tag.empty();
        return wire(
            "SIP/2.0 " + std::to_string(status) + " Whatever\nVia: " + header(request, "Via") +
            "\nFrom: " + header(request, "From") + "\nTo: " + sent_to + (needs_tag ? ";tag=" + more.to_tag : "") +
            "\nCall-ID: " + header(request, "Call-ID") + "\nCSeq: " + header(request, "CSeq") + '\n' +
            (more.headers.find("Contact:") == std::string::npos ? "Contact: " + contact() + "\n" : "") + more.headers +
            typed(more) + "\n" + more.body
        );
    }
    /// A request of the peer: the first INVITE makes the dialog, what follows goes into it.
    [[nodiscard]] std::string request(std::string const& method, unsigned cseq, extras const& more = extras()) {
        auto const branch = more.branch.empty() ? "z9hG4bKpeer" + std::to_string(++branches_) : more.branch;
        return wire(
            method + ' ' + more.uri + " SIP/2.0\nVia: SIP/2.0/" + via_transport_ + " 10.0.0.2:5060;branch=" + branch +
            "\nMax-Forwards: 70\nFrom: " + peer_address + "\nTo: " + (more.to.empty() ? own_address : more.to) +
            "\nCall-ID: " + call_id + "\nCSeq: " + std::to_string(cseq) + ' ' + method + '\n' +
            (more.headers.find("Contact:") == std::string::npos ? "Contact: " + contact() + "\n" : "") + more.headers +
            typed(more) + "\n" + more.body
        );
    }
    /// The dialog as the peer sees it. Filled by expect() from what the user agent sends.
    std::string call_id = "peer-call", peer_address = "<sip:bob@10.0.0.2>;tag=peer",
                own_address = "<sip:1001@10.0.0.1>";
    /// For a dialog of the user agent's own INVITE: the peer's side of it.
    void enter_dialog(std::string const& invite, std::string const& tag = "bob") {
        call_id = header(invite, "Call-ID");
        own_address = header(invite, "From");
        peer_address = header(invite, "To") + ";tag=" + tag;
    }

    // ---- what must come
    /// The next message that the user agent has sent: "INVITE", "200 BYE". Returns it whole.
    std::string expect(std::string const& what) {
        check_running();
        INFO("expected ", what);
        REQUIRE(!sent_.empty());
        auto const message = std::move(sent_.front());
        sent_.pop_front();
        REQUIRE(summary(message) == what);
        bool const makes_dialog = message.starts_with("SIP/2.0 1") || message.starts_with("SIP/2.0 2");
        if (makes_dialog && what.ends_with(" INVITE") && header(message, "Call-ID") == call_id) {
            auto const to = header(message, "To");
            if (!tag_of(to).empty() && tag_of(own_address).empty()) own_address = to;
        }
        return message;
    }
    void expect_nothing() {
        check_running();
        auto const first = sent_.empty() ? std::string() : summary(sent_.front());
        REQUIRE(first == "");
    }
    /// The next event, which must be of this kind.
    template <class Event>
    Event expect_event() {
        check_running();
        REQUIRE(!events_.empty());
        auto next = std::move(events_.front());
        events_.pop_front();
        auto* found = std::get_if<Event>(&next);
        REQUIRE(found != nullptr);
        return std::move(*found);
    }
    /// Every event that has not been asked for yet, in order; they stay.
    template <class Visitor>
    void for_each_event(Visitor&& visit) const {
        for (auto const& event : events_)
            visit(event);
    }
    void expect_no_event() {
        check_running();
        REQUIRE(events_.empty());
    }

    // ---- time
    /// Runs every timer that is due in between, in order.
    void advance(sip::duration by) {
        check_running();
        run_until(clock.mono() + by);
        after_step();
    }
    /// To the next deadline, which must be there.
    sip::duration advance_to_next() {
        check_running();
        auto const next = core.next_deadline();
        REQUIRE(next.has_value());
        auto const passed = next->at - clock.mono();
        run_until(next->at);
        after_step();
        return passed;
    }
    void close_flow() {
        check_running();
        flow_down();
        after_step();
    }
    /// Connections that the user agent has asked for since the last call.
    std::vector<sip::open_flow> opened() { return std::exchange(opened_, {}); }
    void flow_up(sip::flow_id which, std::string const& local) {
        check_running();
        core.on_flow(clock.now(), {which, sip::flow_change::up, at(local, sip::transport_kind::tcp), {}, {}}, out_);
        flow = which;
        after_step();
    }
    /// The peer connects anew, and sends over that connection from now on.
    void peer_connects() {
        check_running();
        flow = core.add_flow(clock.now(), {at("10.0.0.1:5060", peer_.kind), peer_}, out_);
        after_step();
    }
    void flow_failed(sip::flow_id which) {
        check_running();
        core.on_flow(clock.now(), {which, sip::flow_change::failed, {}, {}, "refused"}, out_);
        after_step();
    }
    /// Nothing is left behind.
    void expect_idle() {
        check_running();
        events_.clear();
        auto const live = core.live();
        CHECK(live.sessions == 0);
        CHECK(live.dialogs == 0);
        CHECK(live.transactions == 0);
        CHECK(live.ack_keepers == 0);
        CHECK(live.requests == 0);
        CHECK(live.buffers == 0);
        CHECK(!core.next_deadline());
    }

    // ---- for replay()
    struct stopped {};
    [[nodiscard]] std::size_t steps() const noexcept { return steps_; }
    /// Hangs everything up, waits, and looks at what remains.
    void wind_down() {
        fail_after_.reset();
        is_stopped_ = false;
        for (auto const id : sessions_)
            if (ended_[id] == 0) (void)core.hang_up(clock.now(), id, {}, out_);
        (void)core.unregister_account(clock.now(), account, out_);
        collect();
        run_until(clock.mono() + std::chrono::minutes(10));
        for (auto const id : sessions_)
            CHECK(ended_[id] == 1);
        CHECK(!ended_unknown_);
        sent_.clear();
        expect_idle();
    }

    virtual_clock clock;

private:
    seeded_random random_;
    sip::environment env_;

public:
    sip::user_agent_core core;
    sip::account_id account;
    sip::flow_id flow = sip::flow_id::none;

private:
    void check_running() const {
        if (is_stopped_) throw stopped{};
    }
    std::string contact() const {
        return is_stream_ ? "<sip:bob@10.0.0.2:5060;transport=tcp>" : "<sip:bob@10.0.0.2:5060>";
    }
    static std::string typed(extras const& more) {
        return more.body.empty() ? std::string() : "Content-Type: " + more.content_type + "\n";
    }
    void run_until(sip::time_point end) {
        for (auto next = core.next_deadline(); next && next->at <= end; next = core.next_deadline()) {
            clock.advance_to(next->at);
            core.on_timeout(clock.now(), out_);
            collect();
            auto const after = core.next_deadline();
            REQUIRE((!after || after->at > clock.mono()));
        }
        clock.advance_to(end);
    }
    void flow_down() {
        core.on_flow(clock.now(), {flow, sip::flow_change::closed, {}, {}, "closed"}, out_);
        collect();
    }
    void after_step() {
        collect();
        ++steps_;
        if (!fail_after_ || steps_ != *fail_after_) return;
        flow_down();
        is_stopped_ = true;
        throw stopped{};
    }
    void collect() {
        for (auto const& action : out_.actions) {
            if (auto const* message = std::get_if<sip::send_message>(&action)) {
                sent_.emplace_back(message->bytes.text());
                all_sent.push_back({clock.elapsed(), sent_.back()});
            }
            if (auto const* open = std::get_if<sip::open_flow>(&action)) opened_.push_back(*open);
        }
        for (auto& event : out_.events) {
            if (auto const* call = std::get_if<sip::incoming_call>(&event)) sessions_.push_back(call->id);
            if (auto const* end = std::get_if<sip::call_ended>(&event)) {
                ended_unknown_ =
                    ended_unknown_ || std::find(sessions_.begin(), sessions_.end(), end->id) == sessions_.end();
                ++ended_[end->id];
            }
            events_.push_back(std::move(event));
        }
        out_.clear();
    }

public:
    /// Everything that was sent, with its time: for retransmission schedules.
    std::vector<std::pair<sip::duration, std::string>> all_sent;
    [[nodiscard]] std::vector<sip::duration> times_of(std::string const& what) const {
        std::vector<sip::duration> times;
        for (auto const& [when, message] : all_sent)
            if (summary(message) == what) times.push_back(when);
        return times;
    }

private:
    sip::outbox out_;
    sip::endpoint peer_;
    std::string via_transport_;
    bool is_stream_ = false, is_stopped_ = false, ended_unknown_ = false;
    std::deque<std::string> sent_;
    std::deque<sip::event> events_;
    std::vector<sip::open_flow> opened_;
    std::vector<sip::session_id> sessions_;
    std::map<sip::session_id, int> ended_;
    std::optional<std::size_t> fail_after_;
    std::size_t steps_ = 0;
    unsigned branches_ = 0;
};

/// Runs the conversation as it is written, then once for each of its steps with the flow failing behind it.
inline void replay(std::function<void(script&)> const& conversation, script_options const& options = {}) {
    script whole(options);
    conversation(whole);
    whole.wind_down();
    for (std::size_t step = 1; step <= whole.steps(); ++step) {
        CAPTURE(step);
        script broken(options, step);
        try {
            conversation(broken);
        } catch (script::stopped const&) {
        }
        broken.wind_down();
    }
}

}  // namespace test

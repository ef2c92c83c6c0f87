// Two user agents joined directly: what one sends the other receives in the same instant, in order and without loss.
// Allocates nothing itself, so that what is counted or timed is the cores' own work.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sip/ua/core.hpp"
#include "support/seeded_random.hpp"
#include "support/sim_network.hpp"
#include "support/virtual_clock.hpp"

namespace test {

class back_to_back {
public:
    /// Bob answers every call at once and accepts every offer.
    explicit back_to_back(sip::user_agent_config config = {}, sip::user_agent_config of_bob = {})
        : alice{random_, std::move(config), "10.0.0.1:5060", "sip:1001@10.0.0.1"},
          bob{random_, std::move(of_bob), "10.0.0.2:5060", "sip:1002@10.0.0.2"},
          target_("sip:1002@10.0.0.2:5060") {
        target_.with_offer(
            "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
        );
    }

    /// INVITE, 180, 200, ACK; false where that did not put the call up.
    bool establish() {
        answered_ = false;
        auto const made = alice.core.invite(clock.now(), alice.account, target_, alice.out);
        if (!made) return false;
        call_ = *made;
        alice.calls.push_back(call_);
        pump();
        return answered_;
    }
    /// BYE, 200.
    void hang_up() {
        (void)alice.core.hang_up(clock.now(), call_, {}, alice.out);
        pump();
    }
    /// INVITE, 200, ACK inside the call.
    void reoffer(sip::offer_method by = sip::offer_method::automatic) {
        (void)alice.core.reoffer(clock.now(), call_, "v=0\r\n", alice.out, sip::offer_options(by));
        pump();
    }
    /// Both users put down every call they ever heard of. What is on its way is lost: after an exception nobody knows
    /// what was delivered.
    void hang_up_all() {
        for (auto* user : {&alice, &bob}) {
            user->out.clear();
            moving_.clear();
            for (auto const id : user->calls)
                (void)user->core.hang_up(clock.now(), id, {}, user->out);
            user->calls.clear();
            pump();
        }
    }
    /// Runs the timers of both sides up to then.
    void advance(sip::duration by) {
        auto const end = clock.mono() + by;
        for (;;) {
            auto const a = alice.core.next_deadline(), b = bob.core.next_deadline();
            auto at = end + sip::duration(1);
            if (a) at = std::min(at, a->at);
            if (b) at = std::min(at, b->at);
            if (at > end) break;
            clock.advance_to(at);
            if (a && a->at <= at) alice.core.on_timeout(clock.now(), alice.out);
            if (b && b->at <= at) bob.core.on_timeout(clock.now(), bob.out);
            pump();
        }
        clock.advance_to(end);
    }

    virtual_clock clock;

private:
    seeded_random random_{5};
    struct side {
        sip::environment env;
        sip::user_agent_core core;
        sip::endpoint local;
        sip::outbox out;
        sip::account_id account;
        sip::flow_id flow;
        std::vector<sip::session_id> calls;

        side(seeded_random& random, sip::user_agent_config config, std::string const& host_port, std::string aor)
            : env(surroundings(random)), core(std::move(config), env), local(at(host_port)) {
            flow = core.add_flow({}, {local, std::nullopt}, out);
            sip::account_config settings;
            settings.address_of_record = std::move(aor);
            account = core.add_account(std::move(settings)).value();
        }
    };

    void pump() {
        while (!alice.out.actions.empty() || !bob.out.actions.empty() || !alice.out.events.empty() ||
               !bob.out.events.empty()) {
            exchange(alice, bob);
            exchange(bob, alice);
        }
    }
    void exchange(side& from, side& to) {
        std::swap(moving_, from.out);
        for (auto const& action : moving_.actions) {
            auto const* message = std::get_if<sip::send_message>(&action);
            if (message == nullptr) continue;
            ++messages;
            to.core.on_bytes(clock.now(), to.flow, from.local, message->bytes.clone_to(to.core.pool()), to.out);
        }
        for (auto const& event : moving_.events) {
            if (auto const* call = std::get_if<sip::incoming_call>(&event)) {
                from.calls.push_back(call->id);
                (void)from.core.ring(clock.now(), call->id, 180, {}, from.out);
                (void)from.core.answer(clock.now(), call->id, "v=0\r\n", from.out);
            }
            if (auto const* offer = std::get_if<sip::remote_offer>(&event))
                (void)from.core.answer_offer(clock.now(), offer->id, "v=0\r\n", from.out);
            if (std::holds_alternative<sip::call_answered>(event)) answered_ = true;
            if (auto const* end = std::get_if<sip::call_ended>(&event)) forget(from, end->id);
        }
        moving_.clear();
    }
    /// Looked for from the newest on: a call among many that stay open is a young one when it ends.
    static void forget(side& user, sip::session_id ended) {
        auto const found = std::find(user.calls.rbegin(), user.calls.rend(), ended);
        if (found != user.calls.rend()) user.calls.erase(std::next(found).base());
    }

    bool answered_ = false;
    sip::session_id call_;
    sip::outbox moving_;

public:
    side alice, bob;
    std::uint64_t messages = 0;

private:
    sip::invite_options target_;
};

}  // namespace test

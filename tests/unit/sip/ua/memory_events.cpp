// Covers: a failed allocation at any place of subscriptions, notifications, transfers and publications costs at most
// what it hits, on both sides; nothing is left of them, and the next subscription works. And: nothing grows over many.
// Not covered: calls (memory.cpp).
#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/ua/core.hpp"
#include "support/allocation_counter.hpp"
#include "support/seeded_random.hpp"
#include "support/sim_network.hpp"
#include "support/virtual_clock.hpp"

using namespace std::chrono_literals;

namespace {

struct side {
    sip::environment env;
    sip::user_agent_core core;
    sip::endpoint local;
    sip::outbox out;
    sip::account_id account;
    sip::flow_id flow = sip::flow_id::none;
    std::vector<sip::session_id> calls;
    std::vector<sip::subscription_id> subscriptions;
    std::vector<sip::notifier_id> notifiers;
    std::vector<sip::publication_id> publications;
    std::size_t told = 0;

    side(test::seeded_random& random, std::string const& host_port, std::string aor)
        : env(test::surroundings(random)), core(config(), env), local(test::at(host_port)) {
        flow = core.add_flow({}, {local, std::nullopt}, out);
        sip::account_config settings;
        settings.address_of_record = std::move(aor);
        account = *core.add_account(std::move(settings));
        calls.reserve(64);
        subscriptions.reserve(256);
        notifiers.reserve(256);
        publications.reserve(256);
    }
    static sip::user_agent_config config() {
        sip::user_agent_config made;
        made.methods = {sip::method::subscribe, sip::method::notify, sip::method::refer, sip::method::publish};
        made.packages = {{.name = "dialog", .content_type = "text/plain", .settings = {}}};
        return made;
    }
    [[nodiscard]] bool is_empty() const {
        auto const live = core.live();
        return live.sessions + live.dialogs + live.transactions + live.ack_keepers + live.requests + live.buffers +
                   live.subscriptions + live.notifiers + live.publications ==
               0;
    }
};

/// Two user agents joined directly. Allocations fail inside of them only; what they say is taken over by copies that
/// the failure does not reach.
class pair {
public:
    template <class Work>
    void step(Work&& work) {
        test::fail_allocation(std::max(0L, until_failure_));
        try {
            work();
        } catch (std::bad_alloc const&) {
            has_failed_ = true;
        }
        if (until_failure_ > 0) until_failure_ = has_failed_ ? 0 : test::allocations_until_failure.load();
        test::fail_allocation(0);
        pump();
    }
    void fail(long n) { until_failure_ = n; }
    [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }

    void invite() {
        step([&] {
            if (auto const made = alice.core.invite(clock.now(), alice.account, call_, alice.out))
                alice.calls.push_back(*made);
        });
    }
    void subscribe() {
        step([&] {
            if (auto const made = alice.core.subscribe(clock.now(), alice.account, watch_, alice.out))
                alice.subscriptions.push_back(*made);
        });
    }
    void unsubscribe() {
        auto const all = alice.subscriptions;
        for (auto const id : all)
            step([&] { (void)alice.core.unsubscribe(clock.now(), id, alice.out); });
    }
    void notify() {
        auto const all = bob.notifiers;
        for (auto const id : all)
            step([&] {
                (void)bob.core.notify(clock.now(), id, sip::subscription_phase::active, "text/plain", "news", bob.out);
            });
    }
    void refer() {
        auto const all = alice.calls;
        for (auto const id : all)
            step([&] {
                if (auto const made = alice.core.refer(clock.now(), id, transfer_, alice.out))
                    alice.subscriptions.push_back(*made);
            });
    }
    void report(std::uint16_t status) {
        auto const all = bob.notifiers;
        for (auto const id : all)
            step([&] { (void)bob.core.report_transfer(clock.now(), id, status, {}, bob.out); });
    }
    void publish() {
        step([&] {
            if (auto const made = alice.core.publish(clock.now(), alice.account, state_, alice.out))
                alice.publications.push_back(*made);
        });
    }
    void modify() {
        auto const all = alice.publications;
        for (auto const id : all)
            step([&] { (void)alice.core.modify_publication(clock.now(), id, "text/plain", "more", alice.out); });
    }
    void advance(sip::duration by) {
        auto const end = clock.mono() + by;
        for (;;) {
            auto const a = alice.core.next_deadline(), b = bob.core.next_deadline();
            auto at = end + sip::duration(1);
            if (a) at = std::min(at, a->at);
            if (b) at = std::min(at, b->at);
            if (at > end) break;
            clock.advance_to(at);
            if (a && a->at <= at) step([&] { alice.core.on_timeout(clock.now(), alice.out); });
            if (b && b->at <= at) step([&] { bob.core.on_timeout(clock.now(), bob.out); });
        }
        clock.advance_to(end);
    }
    void come_to_rest() {
        until_failure_ = 0;
        for (int round = 0; round < 2; ++round) {
            unsubscribe();
            auto const published = alice.publications;
            for (auto const id : published)
                step([&] { (void)alice.core.unpublish(clock.now(), id, alice.out); });
            for (auto* user : {&alice, &bob}) {
                auto const calls = user->calls;
                for (auto const id : calls)
                    step([&] { (void)user->core.hang_up(clock.now(), id, {}, user->out); });
                auto const watchers = user->notifiers;
                for (auto const id : watchers)
                    step([&] {
                        (void)user->core.refuse_subscription(clock.now(), id, 480, {}, user->out);
                        (void)user->core.end_subscription(
                            clock.now(), id, sip::termination_reason::deactivated, {}, {}, {}, user->out
                        );
                    });
            }
            advance(3h);
        }
    }

    test::virtual_clock clock;

private:
    test::seeded_random random_{5};

public:
    side alice{random_, "10.0.0.1:5060", "sip:1001@10.0.0.1"}, bob{random_, "10.0.0.2:5060", "sip:1002@10.0.0.2"};

private:
    void pump() {
        while (!alice.out.actions.empty() || !bob.out.actions.empty() || !alice.out.events.empty() ||
               !bob.out.events.empty()) {
            exchange(alice, bob);
            exchange(bob, alice);
        }
    }
    void exchange(side& from, side& to) {
        std::vector<std::string> messages;
        std::vector<sip::event> events;
        for (auto const& action : from.out.actions)
            if (auto const* message = std::get_if<sip::send_message>(&action))
                messages.emplace_back(message->bytes.text());
        for (auto& event : from.out.events)
            events.push_back(std::move(event));
        from.out.clear();
        for (auto const& text : messages)
            guarded([&] { to.core.on_bytes(clock.now(), to.flow, from.local, to.core.pool().copy(text), to.out); });
        for (auto const& event : events)
            hear(from, event);
    }
    void hear(side& user, sip::event const& event) {
        auto const now = clock.now();
        if (auto const* call = std::get_if<sip::incoming_call>(&event)) {
            user.calls.push_back(call->id);
            guarded([&] { (void)user.core.answer(now, call->id, "answer", user.out); });
        }
        if (auto const* end = std::get_if<sip::call_ended>(&event)) std::erase(user.calls, end->id);
        if (auto const* asked = std::get_if<sip::incoming_subscription>(&event)) {
            user.notifiers.push_back(asked->id);
            guarded([&] {
                (void)user.core.accept_subscription(
                    now, asked->id, sip::subscription_phase::active, "text/plain", "state", user.out
                );
            });
        }
        if (auto const* asked = std::get_if<sip::transfer_requested>(&event)) {
            user.notifiers.push_back(asked->id);
            guarded([&] { (void)user.core.accept_transfer(now, asked->id, user.out); });
        }
        if (auto const* end = std::get_if<sip::notifier_ended>(&event)) std::erase(user.notifiers, end->id);
        if (auto const* end = std::get_if<sip::subscription_ended>(&event)) std::erase(user.subscriptions, end->id);
        if (std::holds_alternative<sip::notification>(event)) ++user.told;
        if (auto const* changed = std::get_if<sip::publication_changed>(&event))
            if (changed->state == sip::publication::state::ended) std::erase(user.publications, changed->id);
        if (auto const* asked = std::get_if<sip::incoming_request>(&event)) {
            std::vector<sip::extra_header> const headers{{"SIP-ETag", "tag"}, {"Expires", "3600"}};
            guarded([&] { (void)user.core.respond(now, asked->id, 200, headers, {}, {}, user.out); });
        }
    }
    template <class Work>
    void guarded(Work&& work) {
        test::fail_allocation(std::max(0L, until_failure_));
        try {
            work();
        } catch (std::bad_alloc const&) {
            has_failed_ = true;
        }
        if (until_failure_ > 0) until_failure_ = has_failed_ ? 0 : test::allocations_until_failure.load();
        test::fail_allocation(0);
    }

    long until_failure_ = 0;
    bool has_failed_ = false;
    sip::invite_options call_ = [] {
        sip::invite_options made("sip:1002@10.0.0.2");
        made.with_offer("offer");
        return made;
    }();
    sip::subscribe_options watch_{"sip:1002@10.0.0.2", "dialog"};
    sip::refer_options transfer_{"sip:1003@10.0.0.3"};
    sip::publish_options state_{"sip:1002@10.0.0.2", "dialog", {"text/plain", "state"}};
};

/// Plays again and again, each time with another allocation failing. Afterwards nothing is left on either side, and a
/// subscription works.
void starve(std::function<void(pair&)> const& play) {
    long failures = 0;
    for (long n = 1;; ++n) {
        CAPTURE(n);
        pair users;
        users.fail(n);
        play(users);
        bool const failed = users.has_failed();
        users.come_to_rest();
        REQUIRE(users.alice.subscriptions.empty());
        REQUIRE(users.bob.notifiers.empty());
        REQUIRE(users.alice.publications.empty());
        REQUIRE(users.alice.is_empty());
        REQUIRE(users.bob.is_empty());
        auto const before = users.alice.told;
        users.subscribe();
        REQUIRE(users.alice.told > before);
        users.come_to_rest();
        REQUIRE(users.alice.is_empty());
        REQUIRE(users.bob.is_empty());
        if (!failed) break;
        ++failures;
    }
    MESSAGE(failures, " places failed");
    CHECK(failures > 20);
}

}  // namespace

TEST_CASE("A failed allocation leaves nothing of a subscription on either side, and the next one works") {
    starve([](pair& users) {
        users.subscribe();
        users.notify();
        users.advance(3500s);
        users.notify();
        users.unsubscribe();
        users.advance(70s);
    });
}

TEST_CASE("A failed allocation leaves nothing of a transfer, its reports and its call") {
    starve([](pair& users) {
        users.invite();
        users.refer();
        users.report(180);
        users.report(200);
        users.advance(70s);
    });
}

TEST_CASE("A failed allocation leaves nothing of a publication") {
    starve([](pair& users) {
        users.publish();
        users.modify();
        users.advance(3600s);
    });
}

TEST_CASE("Nothing is left of 2,000 subscriptions, one after the other") {
    pair users;
    for (int i = 0; i < 2'000; ++i) {
        users.subscribe();
        users.notify();
        users.unsubscribe();
        users.advance(700ms);
    }
    users.advance(70s);
    CHECK(users.alice.told == 6'000);
    CHECK(users.alice.is_empty());
    CHECK(users.bob.is_empty());
}

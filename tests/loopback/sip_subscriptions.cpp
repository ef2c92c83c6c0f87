// Subscriptions and transfers through real sockets and the public API, by coroutines. Covered: a watcher and its
// notifier from the first state to the last; a subscription that is refused; handles that are dropped leave and end; a
// transfer with its reports; waits that are ended with their user agent. Not covered: the protocol's rules (unit tests
// of ua and usage).
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "loopback/sip_support.hpp"
#include "sip/net/user_agent.hpp"
#include "sip/syntax/sipfrag.hpp"

using namespace sip_test;
using sip::transport_kind;

namespace {

constexpr auto awaiting = asio::use_awaitable;

sip::user_agent_config with_events() {
    sip::user_agent_config made;
    made.methods = {sip::method::subscribe, sip::method::notify, sip::method::refer};
    made.packages = {{.name = "dialog", .content_type = "text/plain", .settings = {}}};
    return made;
}

struct phone {
    phone(asio::io_context& loop, std::string const& user)
        : agent(std::make_unique<sip::net::user_agent>(loop.get_executor(), with_events())) {
        auto const bound = agent->listen(on_loopback(transport_kind::udp));
        REQUIRE(bound.has_value());
        local = *bound;
        sip::account_config settings;
        settings.address_of_record = "sip:" + user + "@" + host_port(local);
        auto const added = agent->add_account(settings);
        REQUIRE(added.has_value());
        account = *added;
    }
    [[nodiscard]] std::string uri() const { return "sip:callee@" + host_port(local); }
    [[nodiscard]] sip::subscribe_options to_watch_me() const { return {uri(), "dialog"}; }

    std::unique_ptr<sip::net::user_agent> agent;
    sip::endpoint local;
    sip::net::account account;
};

/// Takes events until one of this kind comes.
template <class Kind, class Source>
asio::awaitable<Kind> next(Source& source) {
    for (;;) {
        auto what = co_await source.async_next_event(awaiting);
        if (auto* found = std::get_if<Kind>(&what)) co_return std::move(*found);
    }
}

void run_together(asio::io_context& loop, asio::awaitable<void> a, asio::awaitable<void> b) {
    int left = 2;
    std::exception_ptr failure;
    auto const ended = [&](std::exception_ptr error) {
        if (error) failure = error;
        --left;
    };
    asio::co_spawn(loop, std::move(a), ended);
    asio::co_spawn(loop, std::move(b), ended);
    CHECK(run_until(loop, [&] { return left == 0 || failure; }));
    if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> notify_one(phone& self) {
    auto watcher = co_await self.agent->async_next_subscriber(awaiting);
    auto const asked = co_await next<sip::incoming_subscription>(watcher);
    CHECK(asked.expires == 3600);
    CHECK_FALSE(watcher.accept(sip::subscription_phase::active, "text/plain", "idle"));
    CHECK_FALSE(watcher.notify(sip::subscription_phase::active, "text/plain", "ringing"));
    (void)co_await next<sip::subscription_refreshed>(watcher);
    CHECK_FALSE(watcher.notify(sip::subscription_phase::active, "text/plain", "whole state"));
    auto const ended = co_await next<sip::notifier_ended>(watcher);
    CHECK(ended.why == sip::notifier_end::unsubscribed);
    CHECK(watcher.end(sip::termination_reason::deactivated) == sip::errc::no_such_session);
}

asio::awaitable<void> watch(phone& self, phone& other) {
    auto options = other.to_watch_me();
    auto subscription = co_await self.account.async_subscribe(std::move(options), awaiting);
    auto first = co_await next<sip::notification>(subscription);
    CHECK(first.request.view().body() == "idle");
    auto second = co_await next<sip::notification>(subscription);
    CHECK(second.request.view().body() == "ringing");
    CHECK_FALSE(subscription.refresh());
    auto third = co_await next<sip::notification>(subscription);
    CHECK(third.request.view().body() == "whole state");
    CHECK_FALSE(subscription.leave());
    auto const ended = co_await next<sip::subscription_ended>(subscription);
    CHECK(ended.reason == sip::termination_reason::timeout);
    sip::error_code after;
    (void)co_await subscription.async_next_event(asio::redirect_error(awaiting, after));
    CHECK(after == sip::errc::no_such_session);
}

asio::awaitable<void> refuse_one(phone& self) {
    auto watcher = co_await self.agent->async_next_subscriber(awaiting);
    CHECK_FALSE(watcher.refuse(403));
    (void)co_await next<sip::notifier_ended>(watcher);
}

asio::awaitable<void> be_refused(phone& self, phone& other) {
    auto options = other.to_watch_me();
    auto subscription = co_await self.account.async_subscribe(std::move(options), awaiting);
    auto const ended = co_await next<sip::subscription_ended>(subscription);
    CHECK(ended.status == 403);
}

asio::awaitable<void> accept_and_drop(phone& self) {
    auto watcher = co_await self.agent->async_next_subscriber(awaiting);
    CHECK_FALSE(watcher.accept(sip::subscription_phase::active, "text/plain", "idle"));
}

asio::awaitable<void> be_dropped(phone& self, phone& other) {
    auto options = other.to_watch_me();
    options.renew = false;
    auto subscription = co_await self.account.async_subscribe(std::move(options), awaiting);
    auto const ended = co_await next<sip::subscription_ended>(subscription);
    CHECK(ended.reason == sip::termination_reason::deactivated);
}

asio::awaitable<void> be_transferred(phone& self) {
    auto call = co_await self.agent->async_accept(awaiting);
    CHECK_FALSE(call.answer("v=0\r\n"));
    auto transfer = co_await self.agent->async_next_subscriber(awaiting);
    auto const asked = co_await next<sip::transfer_requested>(transfer);
    CHECK(asked.session == call.id());
    CHECK(asked.target.uri == "sip:carol@127.0.0.1");
    CHECK_FALSE(transfer.accept_transfer());
    CHECK_FALSE(transfer.report(180));
    CHECK_FALSE(transfer.report(200));
    (void)co_await next<sip::notifier_ended>(transfer);
    (void)co_await next<sip::call_ended>(call);
}

asio::awaitable<void> transfer(phone& self, phone& other) {
    sip::invite_options options(other.uri());
    options.with_offer("v=0\r\n");
    auto call = co_await self.account.async_invite(std::move(options), awaiting);
    (void)co_await next<sip::call_answered>(call);
    auto made = call.refer(sip::refer_options("sip:carol@127.0.0.1"));
    REQUIRE(made.has_value());
    std::vector<unsigned> reports;
    while (reports.empty() || reports.back() < 200) {
        auto const told = co_await next<sip::notification>(*made);
        auto const read = sip::parse_sipfrag(told.request.view().body());
        REQUIRE(read.has_value());
        reports.push_back(read->status);
    }
    CHECK(reports.front() == 100);
    CHECK(reports.back() == 200);
    (void)co_await next<sip::subscription_ended>(*made);
    CHECK_FALSE(call.hang_up());
    (void)co_await next<sip::call_ended>(call);
}

}  // namespace

TEST_CASE("A watcher hears every state from the first to the last, and leaves (RFC 6665 3.1)") {
    asio::io_context loop;
    phone alice(loop, "alice"), bob(loop, "bob");
    run_together(loop, watch(alice, bob), notify_one(bob));
    CHECK(alice.agent->live().subscriptions == 0);
    CHECK(bob.agent->live().notifiers == 0);
}

TEST_CASE("A refused subscription ends with its status") {
    asio::io_context loop;
    phone alice(loop, "alice"), bob(loop, "bob");
    run_together(loop, be_refused(alice, bob), refuse_one(bob));
}

TEST_CASE("A notifier that is dropped ends its subscription, a subscription that is dropped is left") {
    asio::io_context loop;
    phone alice(loop, "alice"), bob(loop, "bob");
    run_together(loop, be_dropped(alice, bob), accept_and_drop(bob));
    CHECK(bob.agent->live().notifiers == 0);

    sip::net::notifier held;
    bob.agent->on_event([&](sip::event const& what) {
        auto const* asked = std::get_if<sip::incoming_subscription>(&what);
        if (asked == nullptr) return;
        held = bob.agent->take(asked->id);
        CHECK_FALSE(held.accept(sip::subscription_phase::active, "text/plain", "idle"));
    });
    {
        auto const made = alice.account.subscribe(bob.to_watch_me());
        REQUIRE(made.has_value());
        CHECK(run_until(loop, [&] { return bob.agent->live().notifiers == 1; }));
        run_for(loop, 50ms);
    }
    CHECK(run_until(loop, [&] { return alice.agent->live().subscriptions + bob.agent->live().notifiers == 0; }));
}

TEST_CASE("A transfer is asked for, accepted and reported (RFC 3515 4.1)") {
    asio::io_context loop;
    phone alice(loop, "alice"), bob(loop, "bob");
    run_together(loop, transfer(alice, bob), be_transferred(bob));
    CHECK(alice.agent->live().subscriptions == 0);
}

TEST_CASE("Waits end with their user agent") {
    asio::io_context loop;
    phone alice(loop, "alice"), bob(loop, "bob");  // whose user does not decide
    auto made = alice.account.subscribe(bob.to_watch_me());
    REQUIRE(made.has_value());
    sip::error_code first, second;
    made->async_next_event([&](sip::error_code error, sip::event const&) { first = error; });
    alice.agent->async_next_subscriber([&](sip::error_code error, sip::net::notifier const&) { second = error; });
    run_for(loop, 20ms);
    alice.agent.reset();
    CHECK(run_until(loop, [&] { return first && second; }));
    CHECK(second == asio::error::operation_aborted);
}

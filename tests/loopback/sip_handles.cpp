// What the handles of the public API reach, so that nobody needs the core. Covered: requests inside a call and their
// answers, both directions; the identity of a call, and a call that is taken over with it; identity changes; publishing
// by coroutine from the first state to the end; account settings that change; handles that outlive what they name, and
// their user agent; destroying handles on another thread; futures. Not covered: what sip_user_agents.cpp and
// sip_subscriptions.cpp show.
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "loopback/sip_support.hpp"
#include "sip/net/user_agent.hpp"

using namespace sip_test;
using sip::transport_kind;

namespace {

constexpr auto awaiting = asio::use_awaitable;
constexpr char const* description = "v=0\r\n";

struct phone {
    explicit phone(asio::io_context& loop, std::string const& user)
        : agent(std::make_unique<sip::net::user_agent>(loop.get_executor(), config())) {
        local = agent->listen(on_loopback(transport_kind::udp)).value();
        settings.address_of_record = "sip:" + user + "@" + host_port(local);
        settings.replaces = sip::replacement_rule::anybody;
        account = agent->add_account(settings).value();
    }
    static sip::user_agent_config config() {
        sip::user_agent_config made;
        made.methods = {sip::method::info, sip::method::publish};
        made.supported = {"from-change"};
        made.info_packages = {"knocks"};
        return made;
    }
    std::unique_ptr<sip::net::user_agent> agent;
    sip::endpoint local;
    sip::account_config settings;
    sip::net::account account;
};

template <class Kind, class Source>
asio::awaitable<Kind> next(Source& source) {
    for (;;) {
        auto what = co_await source.async_next_event(awaiting);
        if (auto* found = std::get_if<Kind>(&what)) co_return std::move(*found);
    }
}

void run_together(asio::io_context& loop, std::vector<asio::awaitable<void>> all) {
    std::size_t left = all.size();
    std::exception_ptr failure;
    auto const ended = [&](std::exception_ptr error) {
        if (error) failure = error;
        --left;
    };
    for (auto& one : all)
        asio::co_spawn(loop, std::move(one), ended);
    CHECK(run_until(loop, [&] { return left == 0 || failure; }));
    if (failure) std::rethrow_exception(failure);
}

template <class... Coroutines>
std::vector<asio::awaitable<void>> together(Coroutines... each) {
    std::vector<asio::awaitable<void>> all;
    (all.push_back(std::move(each)), ...);
    return all;
}

asio::awaitable<sip::net::call> call_up(phone& from, phone& to) {
    sip::invite_options options(to.settings.address_of_record);
    options.with_offer(description);
    auto call = co_await from.account.async_invite(std::move(options), awaiting);
    (void)co_await next<sip::call_answered>(call);
    co_return call;
}

asio::awaitable<void> be_asked(phone& self) {
    auto call = co_await self.agent->async_accept(awaiting);
    CHECK_FALSE(call.answer(description));
    auto const info = co_await next<sip::in_call_request>(call);
    CHECK(info.request.view().raw("Info-Package") == "knocks");
    CHECK(info.request.view().body() == "knock");
    std::string new_name;
    for (bool is_up = true; is_up;) {
        auto const what = co_await call.async_next_event(awaiting);
        if (auto const* changed = std::get_if<sip::identity_changed>(&what))
            new_name = changed->carrier.view().raw(sip::header_id::from);
        if (std::holds_alternative<sip::remote_offer>(what)) CHECK_FALSE(call.answer_offer(description));
        is_up = !std::holds_alternative<sip::call_ended>(what);
    }
    CHECK(new_name.find("The Boss") != std::string::npos);
    CHECK_FALSE(call.identity());
}

asio::awaitable<void> ask(phone& self, phone& other) {
    auto call = co_await call_up(self, other);
    auto const name = call.identity();
    REQUIRE(name.has_value());
    CHECK_FALSE(name->call_id.empty());
    CHECK_FALSE(name->local_tag.empty());
    CHECK_FALSE(name->remote_tag.empty());
    sip::net::call_request_options info(sip::method::info);
    info.with_header("Info-Package", "knocks").with_body("text/plain", "knock");
    auto const done = co_await call.async_request(info, awaiting);
    CHECK(done.status == 200);
    sip::net::call_request_options unknown(sip::method::info);
    unknown.with_header("Info-Package", "unheard-of").with_body("text/plain", "knock");
    auto const refused = co_await call.async_request(unknown, awaiting);
    CHECK(refused.status == 469);
    sip::net::call_request_options forbidden(sip::method::invite);
    sip::error_code error;
    (void)co_await call.async_request(forbidden, asio::redirect_error(awaiting, error));
    CHECK(error == sip::errc::invalid_argument);
    sip::net::call_request_options reserved(sip::method::info);
    reserved.with_header("Via", "SIP/2.0/UDP elsewhere");
    (void)co_await call.async_request(reserved, asio::redirect_error(awaiting, error));
    CHECK(error == sip::errc::invalid_argument);
    CHECK_FALSE(call.set_identity("\"The Boss\" <sip:boss@example.com>"));
    CHECK_FALSE(call.reoffer(description));
    (void)co_await next<sip::remote_answer>(call);
    CHECK_FALSE(call.hang_up());
    (void)co_await next<sip::call_ended>(call);
    (void)co_await call.async_request(info, asio::redirect_error(awaiting, error));
    CHECK(error == sip::errc::no_such_session);
}

asio::awaitable<void> be_taken_over(phone& self, bool& replaced) {
    auto first = co_await self.agent->async_accept(awaiting);
    CHECK_FALSE(first.answer(description));
    auto second = co_await self.agent->async_accept(awaiting);
    auto const arrived = co_await next<sip::incoming_call>(second);
    CHECK(arrived.replaces == first.id());
    CHECK_FALSE(second.answer(description));
    auto const end = co_await next<sip::call_ended>(first);
    replaced = end.why == sip::end_reason::replaced;
    (void)co_await next<sip::call_ended>(second);
}

asio::awaitable<void> be_replaced_by(phone& self, phone& other, phone& peer) {
    auto first = co_await call_up(self, peer);
    auto const there = first.identity();
    REQUIRE(there.has_value());
    sip::invite_options options(peer.settings.address_of_record);
    options.with_offer(description);
    options.with_replaces(there->call_id, there->remote_tag, there->local_tag);
    auto second = co_await other.account.async_invite(std::move(options), awaiting);
    (void)co_await next<sip::call_answered>(second);
    auto const end = co_await next<sip::call_ended>(first);
    CHECK(end.why == sip::end_reason::remote_hang_up);
    CHECK_FALSE(second.hang_up());
    (void)co_await next<sip::call_ended>(second);
}

asio::awaitable<void> keep_state(phone& self, std::vector<std::string>& bodies, int requests) {
    for (int i = 0; i < requests; ++i) {
        auto const asked = co_await self.agent->async_next_request(awaiting);
        auto const view = asked.request.view();
        CHECK(view.method() == sip::method::publish);
        bodies.emplace_back(view.body());
        auto const expires = view.raw(sip::header_id::expires) == "0" ? "0" : "600";
        std::vector<sip::extra_header> const headers{{"SIP-ETag", "tag" + std::to_string(i)}, {"Expires", expires}};
        CHECK_FALSE(self.agent->respond(asked.id, 200, headers));
    }
}

asio::awaitable<sip::publication::state> next_state(sip::net::publication& published) {
    auto const change = co_await next<sip::publication_changed>(published);
    co_return change.state;
}

asio::awaitable<void> publish(phone& self, phone& server) {
    sip::publish_options options(server.settings.address_of_record, "presence", {"text/plain", "open"});
    auto published = co_await self.account.async_publish(std::move(options), awaiting);
    CHECK((co_await next_state(published)) == sip::publication::state::published);
    CHECK_FALSE(published.modify("text/plain", "busy"));
    CHECK_FALSE(published.remove());  // once the change is through
    CHECK((co_await next_state(published)) == sip::publication::state::ended);
    sip::error_code error;
    (void)co_await published.async_next_event(asio::redirect_error(awaiting, error));
    CHECK(error == sip::errc::no_such_session);
    CHECK(published.modify("text/plain", "late") == sip::errc::no_such_session);
}

}  // namespace

TEST_CASE("A request inside a call gets its answer, and who we are may change (RFC 6086 4.2, RFC 4916 4.4)") {
    asio::io_context loop;
    phone alice(loop, "alice"), bob(loop, "bob");
    run_together(loop, together(ask(alice, bob), be_asked(bob)));
    CHECK(alice.agent->live().sessions == 0);
}

TEST_CASE("A call is taken over by whoever knows its identity (RFC 3891 3)") {
    asio::io_context loop;
    phone alice(loop, "alice"), bob(loop, "bob"), carol(loop, "carol");
    bool replaced = false;
    run_together(loop, together(be_replaced_by(alice, carol, bob), be_taken_over(bob, replaced)));
    CHECK(replaced);
}

TEST_CASE("State is published, changed and removed by coroutine (RFC 3903 4)") {
    asio::io_context loop;
    phone alice(loop, "alice"), server(loop, "server");
    std::vector<std::string> bodies;
    run_together(loop, together(publish(alice, server), keep_state(server, bodies, 3)));
    CHECK(bodies == std::vector<std::string>{"open", "busy", ""});
    CHECK(alice.agent->live().publications == 0);
}

TEST_CASE("A publication that is dropped is removed at the server") {
    asio::io_context loop;
    phone alice(loop, "alice"), server(loop, "server");
    std::vector<std::string> bodies;
    auto const publish_and_drop = [&]() -> asio::awaitable<void> {
        sip::publish_options options(server.settings.address_of_record, "presence", {"text/plain", "open"});
        auto published = co_await alice.account.async_publish(std::move(options), awaiting);
        CHECK((co_await next_state(published)) == sip::publication::state::published);
    };
    run_together(loop, together(publish_and_drop(), keep_state(server, bodies, 2)));
    CHECK(bodies == std::vector<std::string>{"open", ""});
}

TEST_CASE("An account takes other settings, or says why it does not") {
    asio::io_context loop;
    phone alice(loop, "alice");
    auto settings = alice.settings;
    settings.display_name = "Alice";
    CHECK_FALSE(alice.account.update(settings));
    settings.address_of_record = "no URI";
    std::string why;
    CHECK(alice.account.update(settings, &why) == sip::errc::invalid_argument);
    CHECK_FALSE(why.empty());
    CHECK(sip::net::account().update(settings) == sip::errc::no_such_account);
}

TEST_CASE("Handles outlive what they name, and their user agent") {
    asio::io_context loop;
    phone alice(loop, "alice"), bob(loop, "bob");
    sip::invite_options options(bob.settings.address_of_record);
    options.with_offer(description);
    auto call = alice.account.invite(options).value();
    auto published =
        alice.account.publish({bob.settings.address_of_record, "presence", {"text/plain", "open"}}).value();
    auto account = alice.account;
    alice.agent.reset();
    CHECK(call.hang_up() == sip::errc::no_such_session);
    CHECK(call.set_identity("<sip:a@b>") == sip::errc::no_such_session);
    CHECK(call.request(sip::net::call_request_options(sip::method::info)).error() == sip::errc::no_such_session);
    CHECK_FALSE(call.identity());
    CHECK(published.modify("text/plain", "x") == sip::errc::no_such_session);
    CHECK(published.remove() == sip::errc::no_such_session);
    CHECK(account.invite(options).error() == sip::errc::no_such_account);
    CHECK(account.publish({"sip:a@b", "presence", {"text/plain", "x"}}).error() == sip::errc::no_such_account);
    sip::net::call empty_call;
    sip::net::publication empty_publication;
    CHECK(empty_call.hang_up() == sip::errc::no_such_session);
    CHECK(empty_publication.remove() == sip::errc::no_such_session);
    sip::error_code of_call, of_publication, of_request;
    empty_call.async_next_event([&](sip::error_code error, sip::event const&) { of_call = error; });
    empty_publication.async_next_event([&](sip::error_code error, sip::event const&) { of_publication = error; });
    empty_call.async_request(
        sip::net::call_request_options(sip::method::info),
        [&](sip::error_code error, sip::request_completed const&) { of_request = error; }
    );
    CHECK(run_until(loop, [&] { return of_call && of_publication && of_request; }));
    CHECK(of_request == sip::errc::no_such_session);
}

TEST_CASE("Another thread waits by futures, and may drop its handles there") {
    asio::io_context loop;
    phone alice(loop, "alice"), bob(loop, "bob");
    auto const busy = asio::make_work_guard(loop);
    std::thread serving([&] { loop.run(); });
    auto const done =
        alice.account.async_request({sip::method::options, bob.settings.address_of_record}, asio::use_future).get();
    CHECK(done.status == 200);
    CHECK(done.response.view().has(sip::header_id::allow));
    {
        sip::invite_options options(bob.settings.address_of_record);
        options.with_offer(description);
        auto calling = alice.account.async_invite(options, asio::use_future);
        auto arriving = bob.agent->async_accept(asio::use_future);
        auto const call = calling.get();
        auto const arrived = arriving.get();
        CHECK(static_cast<bool>(arrived));
    }
    loop.stop();
    serving.join();
    CHECK(run_until(loop, [&] { return alice.agent->live().sessions + bob.agent->live().sessions == 0; }));
}

// Two user agents through real sockets and the public API. Covered: registration at a small registrar, a call over UDP
// and TCP, IPv4 and IPv6, by coroutines and by callbacks; re-INVITE, refusal, caller gives up; single requests; a
// message too large for UDP goes over TCP; a name as target; cancellation; a call that is dropped hangs up; waits that
// are ended with their user agent; completion on another executor with copied messages; rules of one wait at a time.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "loopback/sip_support.hpp"
#include "sip/net/user_agent.hpp"

using namespace sip_test;
using sip::transport_kind;

namespace {

constexpr auto awaiting = asio::use_awaitable;

std::string sdp(std::string_view name) {
    return "v=0\r\no=" + std::string(name) +
           " 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";
}

/// A user agent with one account, on one port for both transports.
struct phone {
    phone(
        asio::io_context& loop, std::string user, bool is_v6 = false, sip::user_agent_config config = {},
        sip::net::shell_config shell = {}
    )
        : agent(std::make_unique<sip::net::user_agent>(loop.get_executor(), std::move(config), std::move(shell))) {
        for (int attempt = 0; attempt < 20; ++attempt) {  // the same port must be free for both
            auto const bound = agent->listen(on_loopback(transport_kind::udp, 0, is_v6));
            REQUIRE(bound.has_value());
            local = *bound;
            if (agent->listen({local.address, local.port, transport_kind::tcp}).has_value()) break;
        }
        sip::account_config settings;
        settings.address_of_record = "sip:" + user + "@" + host_port(local);
        account = add(settings);
    }
    sip::net::account add(sip::account_config const& settings) {
        std::string why;
        auto const added = agent->add_account(settings, &why);
        INFO(why);
        REQUIRE(added.has_value());
        return *added;
    }
    [[nodiscard]] std::string uri(std::string_view parameters = {}) const {
        return "sip:callee@" + host_port(local) + std::string(parameters);
    }

    std::unique_ptr<sip::net::user_agent> agent;
    sip::endpoint local;
    sip::net::account account;
};

/// Takes events until one of this kind comes; says which others came before.
template <class Kind>
asio::awaitable<Kind> next(sip::net::call& call) {
    for (;;) {
        auto what = co_await call.async_next_event(awaiting);
        if (auto* found = std::get_if<Kind>(&what)) co_return std::move(*found);
        bool const ended_early = std::holds_alternative<sip::call_ended>(what);
        REQUIRE_FALSE(ended_early);
    }
}

/// Runs coroutines on the loop until all have ended, and passes their failures on.
void run_all(asio::io_context& loop, std::vector<asio::awaitable<void>> work) {
    std::size_t left = work.size();
    std::exception_ptr failure;
    for (auto& one : work)
        asio::co_spawn(loop, std::move(one), [&](std::exception_ptr error) {
            if (error) failure = error;
            --left;
        });
    CHECK(run_until(loop, [&] { return left == 0 || failure; }));
    if (failure) std::rethrow_exception(failure);
}
template <class... Work>
void run_together(asio::io_context& loop, Work... work) {
    std::vector<asio::awaitable<void>> list;
    (list.push_back(std::move(work)), ...);
    run_all(loop, std::move(list));
}

asio::awaitable<void> answer_one(phone& callee, std::string expected_offer) {
    auto call = co_await callee.agent->async_accept(awaiting);
    auto const arrived = co_await next<sip::incoming_call>(call);
    CHECK(arrived.has_offer);
    CHECK(arrived.invite.view().body() == expected_offer);
    CHECK_FALSE(call.ring());
    CHECK_FALSE(call.answer(sdp("callee")));
    (void)co_await next<sip::call_confirmed>(call);
    auto const offer = co_await next<sip::remote_offer>(call);
    CHECK(offer.carrier.view().body() == sdp("held"));
    CHECK_FALSE(call.answer_offer(sdp("callee held")));
    auto const ended = co_await next<sip::call_ended>(call);
    CHECK(ended.why == sip::end_reason::remote_hang_up);
    sip::error_code after;
    (void)co_await call.async_next_event(asio::redirect_error(awaiting, after));
    CHECK(after == sip::errc::no_such_session);
}

asio::awaitable<void> call_and_hold(phone& caller, std::string target) {
    sip::invite_options options(target);
    options.with_offer(sdp("caller"));
    auto call = co_await caller.account.async_invite(options, awaiting);
    auto const ringing = co_await next<sip::call_progress>(call);
    CHECK(ringing.response.view().status() == 180);
    auto const answered = co_await next<sip::call_answered>(call);
    CHECK(answered.response.view().body() == sdp("callee"));
    CHECK_FALSE(call.reoffer(sdp("held")));
    auto const answer = co_await next<sip::remote_answer>(call);
    CHECK(answer.carrier.view().body() == sdp("callee held"));
    CHECK_FALSE(call.hang_up());
    auto const ended = co_await next<sip::call_ended>(call);
    CHECK(ended.why == sip::end_reason::local_hang_up);
}

/// A registrar in one callback: grants what is asked, once the credentials are there.
struct small_registrar {
    explicit small_registrar(asio::io_context& loop) : place(loop, "registrar", false, serving()) {
        place.agent->on_event([this](sip::event const& what) {
            auto const* asked = std::get_if<sip::incoming_request>(&what);
            if (asked == nullptr) return;
            ++requests;
            auto const request = asked->request.view();
            if (!request.has(sip::header_id::authorization)) {
                std::vector<sip::extra_header> const challenge{
                    {"WWW-Authenticate", "Digest realm=\"test\", nonce=\"abc\", algorithm=MD5, qop=\"auth\""}};
                place.agent->respond(asked->id, 401, challenge);
                return;
            }
            if (refuse) {
                place.agent->respond(asked->id, 403);
                return;
            }
            auto const contact = request.raw(sip::header_id::contact);
            bool const removes =
                contact.find("expires=0") != std::string_view::npos || request.raw(sip::header_id::expires) == "0";
            std::vector<sip::extra_header> headers;
            if (!removes)
                headers.emplace_back(
                    "Contact",
                    std::string(contact) + (contact.find("expires=") == std::string_view::npos ? ";expires=600" : "")
                );
            place.agent->respond(asked->id, 200, headers);
            bound = !removes;
        });
    }
    static sip::user_agent_config serving() {
        sip::user_agent_config config;
        config.methods.push_back(sip::method::register_);
        return config;
    }
    sip::account_config account_here() const {
        sip::account_config settings;
        settings.address_of_record = "sip:1001@" + host_port(place.local);
        settings.registrar = "sip:" + host_port(place.local);
        settings.password = "secret";
        return settings;
    }
    phone place;
    int requests = 0;
    bool refuse = false, bound = false;
};

}  // namespace

TEST_CASE("a call is set up, put on hold and ended, over UDP and TCP, IPv4 and IPv6, with coroutines") {
    for (bool const is_v6 : {false, true})
        for (std::string const transport : {"udp", "tcp"}) {
            CAPTURE(is_v6);
            CAPTURE(transport);
            asio::io_context loop(1);
            phone caller(loop, "caller", is_v6), callee(loop, "callee", is_v6);
            run_together(
                loop, answer_one(callee, sdp("caller")), call_and_hold(caller, callee.uri(";transport=" + transport))
            );
            CHECK(run_until(loop, [&] { return caller.agent->live().sessions + callee.agent->live().sessions == 0; }));
            CHECK((caller.agent->count().connections > 0) == (transport == "tcp"));
        }
}

TEST_CASE("the same call with one callback on each side") {
    asio::io_context loop(1);
    phone caller(loop, "caller"), callee(loop, "callee");
    std::vector<std::string> seen;
    sip::net::call ours, theirs;
    callee.agent->on_event([&](sip::event const& what) {
        if (auto const* arrived = std::get_if<sip::incoming_call>(&what)) {
            theirs = callee.agent->take(arrived->id);
            CHECK_FALSE(theirs.ring());
            CHECK_FALSE(theirs.answer(sdp("callee")));
        }
        if (std::holds_alternative<sip::call_ended>(what)) seen.push_back("callee ended");
    });
    caller.agent->on_event([&](sip::event const& what) {
        if (std::holds_alternative<sip::call_answered>(what)) {
            seen.push_back("answered");
            CHECK_FALSE(ours.hang_up());  // a command from inside the handler
        }
        if (std::holds_alternative<sip::call_ended>(what)) seen.push_back("caller ended");
    });
    sip::invite_options options(callee.uri());
    options.with_offer(sdp("caller"));
    auto made = caller.account.invite(options);
    REQUIRE(made.has_value());
    ours = std::move(*made);
    REQUIRE(run_until(loop, [&] { return seen.size() == 3; }));
    CHECK(seen[0] == "answered");
}

TEST_CASE("a call may be destroyed from within its own event handler, at either end, and with its user agent") {
    for (bool const takes_agent : {false, true}) {
        CAPTURE(takes_agent);
        asio::io_context loop(1);
        phone caller(loop, "caller"), callee(loop, "callee");
        sip::net::call ours, theirs;
        bool has_ended = false;
        callee.agent->on_event([&](sip::event const& what) {
            if (auto const* arrived = std::get_if<sip::incoming_call>(&what)) {
                theirs = callee.agent->take(arrived->id);
                CHECK_FALSE(theirs.answer(sdp("callee")));
            }
            if (std::holds_alternative<sip::call_ended>(what)) {
                theirs = {};
                has_ended = true;
            }
        });
        caller.agent->on_event([&](sip::event const& what) {
            if (!std::holds_alternative<sip::call_answered>(what)) return;
            ours = {};  // hangs up
            if (takes_agent) caller.agent.reset();
        });
        sip::invite_options options(callee.uri());
        options.with_offer(sdp("caller"));
        auto made = caller.account.invite(options);
        REQUIRE(made.has_value());
        ours = std::move(*made);
        REQUIRE(run_until(loop, [&] { return has_ended || (takes_agent && caller.agent == nullptr); }));
        if (!takes_agent) CHECK(run_until(loop, [&] { return callee.agent->live().sessions == 0; }));
    }
}

TEST_CASE("an account registers with its password, calls the registration off, and hears a refusal") {
    asio::io_context loop(1);
    small_registrar registrar(loop);
    phone user(loop, "unused");
    auto account = user.add(registrar.account_here());
    run_together(loop, [](small_registrar& server, sip::net::account line) -> asio::awaitable<void> {
        auto change = co_await line.async_register(awaiting);
        CHECK(change.state == sip::registration_state::registered);
        CHECK(server.bound);
        CHECK(server.requests == 2);
        auto same = co_await line.async_register(awaiting);  // it is registered already
        CHECK(same.state == sip::registration_state::registered);
        CHECK(server.requests == 2);
        auto change_off = co_await line.async_unregister(awaiting);
        CHECK(change_off.state == sip::registration_state::unregistered);
        CHECK_FALSE(server.bound);
        server.refuse = true;
        auto verdict = co_await line.async_register(awaiting);
        CHECK(verdict.state == sip::registration_state::failed);
        CHECK(verdict.status == 403);
    }(registrar, account));
}

TEST_CASE("OPTIONS is answered by the other user agent, and a target that nobody serves is an outcome, not a hang") {
    asio::io_context loop(1);
    phone caller(loop, "caller"), callee(loop, "callee");
    run_together(loop, [](phone& from, phone& to) -> asio::awaitable<void> {
        sip::net::request_options ping(sip::method::options, to.uri());
        auto done = co_await from.account.async_request(ping, awaiting);
        CHECK(done.status == 200);
        CHECK(done.response.view().has(sip::header_id::allow));

        sip::net::request_options nowhere(sip::method::options, "sip:x@127.0.0.1:1;transport=tcp");
        auto lost = co_await from.account.async_request(nowhere, awaiting);
        CHECK(lost.status == 0);
        CHECK(lost.error.failed());

        sip::net::request_options bad(sip::method::options, "not a uri");
        sip::error_code refused;
        (void)co_await from.account.async_request(bad, asio::redirect_error(awaiting, refused));
        CHECK(refused == sip::errc::invalid_argument);
    }(caller, callee));
}

TEST_CASE("a target is found by its name, and a name that nobody has ends the request") {
    asio::io_context loop(1);
    sip::net::shell_config quick;
    quick.query_timeout = 50ms;
    quick.name_servers = {"127.0.0.1:9"};  // nobody answers there
    phone caller(loop, "caller", false, {}, quick), callee(loop, "callee");
    run_together(loop, [](phone& from, phone& to) -> asio::awaitable<void> {
        sip::net::request_options ping(sip::method::options, "sip:x@localhost:" + std::to_string(to.local.port));
        auto done = co_await from.account.async_request(ping, awaiting);
        CHECK(done.status == 200);
        sip::net::request_options nobody(sip::method::options, "sip:x@nobody.invalid");
        auto lost = co_await from.account.async_request(nobody, awaiting);
        CHECK(lost.status == 0);
        CHECK(lost.error.failed());
    }(caller, callee));
}

TEST_CASE("a request larger than 1300 bytes goes over TCP (RFC 3261 18.1.1)") {
    asio::io_context loop(1);
    sip::user_agent_config registering;
    registering.methods.push_back(sip::method::register_);
    phone caller(loop, "caller", false, registering), callee(loop, "callee", false, registering);
    run_together(
        loop,
        [](phone& to) -> asio::awaitable<void> {
            for (std::size_t const size : {100u, 5000u}) {
                auto asked = co_await to.agent->async_next_request(awaiting);
                CHECK(asked.request.view().body().size() == size);
                auto const via = asked.request.view().raw(sip::header_id::via);
                CHECK(via.starts_with(size > 1300 ? "SIP/2.0/TCP" : "SIP/2.0/UDP"));
                CHECK_FALSE(to.agent->respond(asked.id, 200));
            }
        }(callee),
        [](phone& from, phone& to) -> asio::awaitable<void> {
            for (std::size_t const size : {100u, 5000u}) {
                sip::net::request_options text(sip::method::register_, to.uri());
                text.with_body("text/plain", std::string(size, 'x'));
                auto done = co_await from.account.async_request(text, awaiting);
                CHECK(done.status == 200);
            }
        }(caller, callee)
    );
    CHECK(caller.agent->count().connections == 1);
}

TEST_CASE("a refused call ends with its status, and a caller who gives up is not accepted any more") {
    asio::io_context loop(1);
    phone caller(loop, "caller"), callee(loop, "callee");
    run_together(
        loop,
        [](phone& to) -> asio::awaitable<void> {
            auto call = co_await to.agent->async_accept(awaiting);
            CHECK_FALSE(call.reject(486));
            auto const ended = co_await next<sip::call_ended>(call);
            CHECK(ended.why == sip::end_reason::refused);
        }(callee),
        [](phone& from, phone& to) -> asio::awaitable<void> {
            sip::invite_options options(to.uri());
            options.with_offer(sdp("caller"));
            auto call = co_await from.account.async_invite(options, awaiting);
            auto const ended = co_await next<sip::call_ended>(call);
            CHECK(ended.why == sip::end_reason::rejected);
            CHECK(ended.status == 486);
        }(caller, callee)
    );
    sip::invite_options options(callee.uri());
    options.with_offer(sdp("caller"));
    auto made = caller.account.invite(options);
    REQUIRE(made.has_value());
    REQUIRE(run_until(loop, [&] { return callee.agent->live().sessions == 1; }));
    CHECK_FALSE(made->hang_up());
    REQUIRE(run_until(loop, [&] { return callee.agent->live().sessions == 0; }));
    bool accepted = false;
    callee.agent->async_accept([&](sip::error_code error, sip::net::call) { accepted = !error; });
    run_for(loop, 30ms);
    CHECK_FALSE(accepted);
}

TEST_CASE("a call that its user lets go of is hung up") {
    asio::io_context loop(1);
    phone caller(loop, "caller"), callee(loop, "callee");
    sip::invite_options options(callee.uri());
    options.with_offer(sdp("caller"));
    run_together(
        loop,
        [](phone& to) -> asio::awaitable<void> {
            auto call = co_await to.agent->async_accept(awaiting);
            CHECK_FALSE(call.answer(sdp("callee")));
            auto const ended = co_await next<sip::call_ended>(call);
            CHECK(ended.why == sip::end_reason::remote_hang_up);
        }(callee),
        [](phone& from, sip::invite_options what) -> asio::awaitable<void> {
            auto call = co_await from.account.async_invite(what, awaiting);
            (void)co_await next<sip::call_answered>(call);
        }(caller, options)
    );
    CHECK(run_until(loop, [&] { return caller.agent->live().sessions == 0; }));
}

TEST_CASE("every wait can be cancelled, and can be started again") {
    asio::io_context loop(1);
    phone caller(loop, "caller"), callee(loop, "callee");
    asio::cancellation_signal cancel;
    std::vector<sip::error_code> ends;
    callee.agent->async_accept(asio::bind_cancellation_slot(cancel.slot(), [&](sip::error_code error, sip::net::call) {
        ends.push_back(error);
    }));
    run_for(loop, 5ms);
    cancel.emit(asio::cancellation_type::total);
    REQUIRE(run_until(loop, [&] { return ends.size() == 1; }));
    CHECK(ends[0] == asio::error::operation_aborted);

    // An event that comes after the cancellation is not lost.
    sip::net::call accepted;
    callee.agent->async_accept([&](sip::error_code error, sip::net::call call) {
        ends.push_back(error);
        accepted = std::move(call);
    });
    sip::invite_options options(callee.uri());
    options.with_offer(sdp("caller"));
    auto made = caller.account.invite(options);
    REQUIRE(made.has_value());
    REQUIRE(run_until(loop, [&] { return ends.size() == 2; }));
    CHECK_FALSE(ends[1]);
    asio::cancellation_signal cancel_event;
    std::vector<sip::error_code> events;
    auto const note = [&](sip::error_code error, sip::event const&) { events.push_back(error); };
    accepted.async_next_event(note);  // the incoming call itself
    REQUIRE(run_until(loop, [&] { return events.size() == 1; }));
    accepted.async_next_event(asio::bind_cancellation_slot(cancel_event.slot(), note));
    run_for(loop, 5ms);
    cancel_event.emit(asio::cancellation_type::terminal);
    REQUIRE(run_until(loop, [&] { return events.size() == 2; }));
    CHECK(events[1] == asio::error::operation_aborted);
    CHECK_FALSE(made->hang_up());
    accepted.async_next_event(note);
    REQUIRE(run_until(loop, [&] { return events.size() == 3; }));
    CHECK_FALSE(events[2]);
}

TEST_CASE("a second wait for the same thing is refused, and so is every wait beside a callback") {
    asio::io_context loop(1);
    phone one(loop, "one"), two(loop, "two");
    std::vector<sip::error_code> ends;
    auto const note = [&](sip::error_code error, sip::net::call) { ends.push_back(error); };
    one.agent->async_accept(note);
    one.agent->async_accept(note);
    REQUIRE(run_until(loop, [&] { return ends.size() == 1; }));
    CHECK(ends[0] == sip::errc::wrong_state);
    two.agent->on_event([](sip::event const&) {});
    two.agent->async_accept(note);
    REQUIRE(run_until(loop, [&] { return ends.size() == 2; }));
    CHECK(ends[1] == sip::errc::wrong_state);
    one.agent.reset();
    REQUIRE(run_until(loop, [&] { return ends.size() == 3; }));
    CHECK(ends[2] == asio::error::operation_aborted);
}

TEST_CASE("objects that outlive their user agent, or belong to none, answer without harm") {
    asio::io_context loop(1);
    auto caller = std::make_unique<phone>(loop, "caller");
    phone callee(loop, "callee");
    sip::invite_options options(callee.uri());
    options.with_offer(sdp("caller"));
    auto made = caller->account.invite(options);
    REQUIRE(made.has_value());
    auto call = std::move(*made);
    auto account = caller->account;
    std::vector<sip::error_code> ends;
    auto const note = [&](sip::error_code error, sip::event const&) { ends.push_back(error); };
    call.async_next_event(note);
    caller.reset();
    REQUIRE(run_until(loop, [&] { return ends.size() == 1; }));
    CHECK(ends[0] == asio::error::operation_aborted);
    CHECK(call.hang_up() == sip::errc::no_such_session);
    CHECK(account.invite(options).has_error());
    CHECK(account.start_registering() == sip::errc::no_such_account);

    sip::net::call nothing;
    CHECK(nothing.answer("") == sip::errc::no_such_session);
    nothing.async_next_event(asio::bind_executor(loop, note));
    REQUIRE(run_until(loop, [&] { return ends.size() == 2; }));
    CHECK(ends[1] == sip::errc::no_such_session);
}

TEST_CASE("a handler on another executor gets the event there, with messages of its own") {
    asio::io_context loop(1);
    phone caller(loop, "caller"), callee(loop, "callee");
    asio::thread_pool elsewhere(1);
    std::atomic<int> events{0};
    std::atomic<bool> right_thread{true}, readable{true};
    auto const main_thread = std::this_thread::get_id();
    sip::net::call accepted;
    std::atomic<bool> has_call{false};
    callee.agent->async_accept([&](sip::error_code, sip::net::call call) {
        accepted = std::move(call);
        has_call = true;
    });
    sip::invite_options options(callee.uri());
    options.with_offer(sdp("caller"));
    auto made = caller.account.invite(options);
    REQUIRE(made.has_value());
    REQUIRE(run_until(loop, [&] { return has_call.load(); }));
    std::vector<sip::event> kept;  // used over there only, until the pool has ended
    std::function<void()> wait = [&] {
        accepted.async_next_event(asio::bind_executor(elsewhere, [&](sip::error_code error, sip::event what) {
            if (error) return;
            if (std::this_thread::get_id() == main_thread) right_thread = false;
            if (auto* arrived = std::get_if<sip::incoming_call>(&what)) {
                auto copy = arrived->invite;  // counts its buffers here while the loop counts its own
                if (copy.view().body() != sdp("caller")) readable = false;
            }
            kept.push_back(std::move(what));
            bool const more = ++events < 2;
            if (more) wait();  // an operation may be started from anywhere
        }));
    };
    wait();
    REQUIRE(run_until(loop, [&] { return events == 1; }));
    CHECK_FALSE(made->hang_up());
    REQUIRE(run_until(loop, [&] { return events == 2; }));
    elsewhere.join();
    CHECK(right_thread);
    CHECK(readable);
    CHECK(kept.size() == 2);
}

TEST_CASE("many calls at a time, over both transports, leave nothing behind") {
    asio::io_context loop(1);
    phone caller(loop, "caller"), callee(loop, "callee");
    constexpr int calls = 40;
    std::vector<asio::awaitable<void>> work;
    for (int i = 0; i < calls; ++i)
        work.push_back([](phone& from, std::string target) -> asio::awaitable<void> {
            sip::invite_options options(target);
            options.with_offer(sdp("caller"));
            auto call = co_await from.account.async_invite(options, awaiting);
            (void)co_await next<sip::call_answered>(call);
            CHECK_FALSE(call.hang_up());
            (void)co_await next<sip::call_ended>(call);
        }(caller, callee.uri(i % 2 == 0 ? "" : ";transport=tcp")));
    work.push_back([](phone& to, int count) -> asio::awaitable<void> {
        for (int i = 0; i < count; ++i) {
            auto call = co_await to.agent->async_accept(awaiting);
            auto held = std::make_shared<sip::net::call>(std::move(call));
            CHECK_FALSE(held->answer(sdp("callee")));
            asio::co_spawn(
                to.agent->get_executor(),
                [](std::shared_ptr<sip::net::call> one) -> asio::awaitable<void> {
                    (void)co_await next<sip::call_ended>(*one);
                }(held),
                asio::detached
            );
        }
    }(callee, calls));
    run_all(loop, std::move(work));
    CHECK(run_until(loop, [&] { return caller.agent->live().sessions + callee.agent->live().sessions == 0; }));
    CHECK(caller.agent->count().connections == 1);  // one connection serves all
}

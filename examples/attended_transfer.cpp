// An attended transfer (RFC 5589 7.1) between three user agents in one program: Alice talks to Bob, asks Carol, and
// hands Bob over to her. Bob's new call takes the place of Alice's at Carol (RFC 3891), and Alice is told so.
#include <cstdio>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "sip/net/user_agent.hpp"
#include "sip/syntax/sipfrag.hpp"

namespace asio = boost::asio;

constexpr char const* description =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";

/// A user agent with one account, which takes part in transfers.
struct person {
    person(asio::io_context& loop, std::string const& name) : agent(loop.get_executor(), config()) {
        auto const at = agent.listen({*sip::ip_address::from("127.0.0.1"), 0, sip::transport_kind::udp}).value();
        uri = "sip:" + name + "@" + host_port(at);
        sip::account_config settings;
        settings.address_of_record = uri;
        line = agent.add_account(settings).value();
    }
    static sip::user_agent_config config() {
        sip::user_agent_config made;
        made.methods = {sip::method::refer, sip::method::notify};
        return made;
    }
    sip::net::user_agent agent;
    sip::net::account line;
    std::string uri;
};

/// The next event of this kind; others are passed over. Throws where the call ends before.
template <class Event>
asio::awaitable<Event> next(sip::net::call& call) {
    for (;;) {
        auto event = co_await call.async_next_event(asio::use_awaitable);
        if (auto* wanted = std::get_if<Event>(&event)) co_return std::move(*wanted);
    }
}

// [transfer]
/// Alice: a call to Bob, a call to Carol, and the REFER that joins the two others.
asio::awaitable<void> hand_over(person& alice, std::string bob, std::string carol) {
    sip::invite_options to_bob(bob), to_carol(carol);
    to_bob.with_offer(description);
    to_carol.with_offer(description);
    auto first = co_await alice.line.async_invite(to_bob, asio::use_awaitable);
    co_await next<sip::call_answered>(first);
    auto second = co_await alice.line.async_invite(to_carol, asio::use_awaitable);
    co_await next<sip::call_answered>(second);

    sip::refer_options options(carol);
    options.replacing(second.id());
    auto report = first.refer(options).value();
    for (;;) {
        auto const event = co_await report.async_next_event(asio::use_awaitable);
        if (std::holds_alternative<sip::subscription_ended>(event)) break;
        if (auto const* told = std::get_if<sip::notification>(&event))
            if (auto const status = sip::parse_sipfrag(told->request.view().body()))
                std::printf("alice: bob is told %u\n", unsigned{status->status});
    }
    auto const end = co_await next<sip::call_ended>(second);
    std::printf("alice: %s\n", end.why == sip::end_reason::remote_hang_up ? "carol talks to bob now" : "it failed");
    first.hang_up();
}

/// Bob: does what Alice asks for, and tells her how it went.
asio::awaitable<void> follow(person& bob) {
    auto asked = co_await bob.agent.async_next_subscriber(asio::use_awaitable);
    auto const event = co_await asked.async_next_event(asio::use_awaitable);
    auto const& transfer = std::get<sip::transfer_requested>(event);
    asked.accept_transfer();
    sip::invite_options target(transfer.target.uri);
    target.with_offer(description);
    for (auto const& [name, value] : transfer.target.headers)
        if (name == "Replaces") target.replaces = value;
    if (auto const by = transfer.request.view().raw(sip::header_id::referred_by); !by.empty())
        target.with_header("Referred-By", std::string(by));  // the right to replace Alice's call
    auto call = co_await bob.line.async_invite(target, asio::use_awaitable);
    auto const answered = co_await next<sip::call_answered>(call);
    asked.report(answered.response.view().status());
    co_await next<sip::call_ended>(call);
}
// [/transfer]

/// Bob and Carol answer whoever calls. Who replaces a call ends the old one by answering.
asio::awaitable<void> answer_all(person& who, std::vector<sip::net::call>& calls) {
    for (;;) {
        calls.push_back(co_await who.agent.async_accept(asio::use_awaitable));
        calls.back().answer(description);
    }
}

int main() {
    asio::io_context loop(1);
    person alice(loop, "alice"), bob(loop, "bob"), carol(loop, "carol");
    std::vector<sip::net::call> of_bob, of_carol;
    asio::co_spawn(loop, answer_all(bob, of_bob), asio::detached);
    asio::co_spawn(loop, answer_all(carol, of_carol), asio::detached);
    asio::co_spawn(loop, follow(bob), asio::detached);
    bool done = false;
    asio::co_spawn(loop, hand_over(alice, bob.uri, carol.uri), [&](std::exception_ptr failure) {
        done = !failure;
        loop.stop();
    });
    loop.run();
    return done ? 0 : 1;
}

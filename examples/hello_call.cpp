// Calls somebody and hangs up when they answer: the whole of a SIP user agent in twenty lines.
//
// Usage: hello_call sip:bob@192.0.2.1
#include <cstdio>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "sip/net/user_agent.hpp"

// [hello]
boost::asio::awaitable<void> say_hello(sip::net::account me, sip::invite_options callee) {
    auto call = co_await me.async_invite(callee, boost::asio::use_awaitable);
    for (;;) {
        auto const event = co_await call.async_next_event(boost::asio::use_awaitable);
        if (std::holds_alternative<sip::call_answered>(event)) call.hang_up();
        if (auto const* end = std::get_if<sip::call_ended>(&event))
            co_return (void) std::puts(end->why == sip::end_reason::local_hang_up ? "hello" : "nobody is there");
    }
}

int main(int count, char** arguments) {
    if (count != 2) return 2;
    boost::asio::io_context loop;
    sip::net::user_agent agent(loop.get_executor());
    agent.listen({*sip::ip_address::from("0.0.0.0"), 0, sip::transport_kind::udp}).value();
    sip::account_config settings;
    settings.address_of_record = "sip:me@anonymous.invalid";
    auto me = agent.add_account(settings).value();
    sip::invite_options callee(arguments[1]);
    callee.with_offer("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n");
    boost::asio::co_spawn(loop, say_hello(me, callee), [&](std::exception_ptr) { loop.stop(); });
    loop.run();
}
// [/hello]

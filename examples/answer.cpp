// Answers calls, one after the other: rings for a second, answers, and stays until the caller hangs up.
//
// Usage: answer ADDRESS [PORT [CALLS]]      (CALLS: end after so many)
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "sip/net/user_agent.hpp"

namespace asio = boost::asio;

constexpr char const* description =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6002 RTP/AVP 0\r\n";

asio::awaitable<void> answer_calls(sip::net::user_agent& agent, int count) {
    for (int answered = 0; answered != count; ++answered) {
        auto call = co_await agent.async_accept(asio::use_awaitable);
        call.ring();
        asio::steady_timer wait(agent.get_executor(), std::chrono::seconds(1));
        co_await wait.async_wait(asio::use_awaitable);
        call.answer(description);
        for (bool up = true; up;) {
            auto const event = co_await call.async_next_event(asio::use_awaitable);
            if (std::holds_alternative<sip::call_confirmed>(event)) std::printf("the call is up\n");
            if (std::holds_alternative<sip::remote_offer>(event)) call.answer_offer(description);
            up = !std::holds_alternative<sip::call_ended>(event);
        }
        std::printf("the call has ended\n");
    }
}

int main(int argc, char** argv) {
    auto const address = sip::ip_address::from(argc > 1 ? argv[1] : "");
    if (!address) return std::fprintf(stderr, "usage: answer ADDRESS [PORT [CALLS]]\n"), 2;
    auto const port = static_cast<std::uint16_t>(argc > 2 ? std::atoi(argv[2]) : 5060);
    asio::io_context loop(1);
    sip::net::user_agent agent(loop.get_executor());
    for (auto const kind : {sip::transport_kind::udp, sip::transport_kind::tcp}) {
        if (auto const bound = agent.listen({*address, port, kind}); !bound)
            return std::fprintf(stderr, "port %u: %s\n", unsigned{port}, bound.error().message().c_str()), 1;
    }
    sip::account_config me;
    me.address_of_record = "sip:answer@" + sip::host_port({*address, port, sip::transport_kind::udp});
    (void)agent.add_account(me).value();
    auto const stop = [&](std::exception_ptr) { loop.stop(); };
    asio::co_spawn(loop, answer_calls(agent, argc > 3 ? std::atoi(argv[3]) : -1), stop);
    loop.run();
}

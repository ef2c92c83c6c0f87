// Calls somebody, tells what happens, and hangs up when the call has been up for some seconds.
//
// Usage: call_out sip:192.0.2.1[:5060][;transport=tcp] [SECONDS]
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

constexpr char const* offer =  // libsdp writes these; here a fixed one will do
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";

// [talk]
asio::awaitable<void> talk(sip::net::account from, sip::invite_options options, std::chrono::seconds time) {
    auto call = co_await from.async_invite(options, asio::use_awaitable);
    for (;;) {
        auto const event = co_await call.async_next_event(asio::use_awaitable);
        if (auto const* progress = std::get_if<sip::call_progress>(&event)) {
            std::printf(
                "%u %s\n", unsigned{progress->response.view().status()},
                std::string(progress->response.view().reason()).c_str()
            );
        } else if (std::holds_alternative<sip::call_answered>(event)) {
            std::printf("answered\n");
            asio::steady_timer wait(co_await asio::this_coro::executor, time);
            co_await wait.async_wait(asio::use_awaitable);
            call.hang_up();
        } else if (auto const* ended = std::get_if<sip::call_ended>(&event)) {
            std::printf(
                "ended: %s %u\n", ended->why == sip::end_reason::local_hang_up ? "by us" : "by them",
                unsigned{ended->status}
            );
            co_return;
        }
    }
}
// [/talk]

int main(int argc, char** argv) {
    if (argc < 2) return std::fprintf(stderr, "usage: call_out sip:HOST[:PORT] [SECONDS]\n"), 2;
    asio::io_context loop(1);
    sip::net::user_agent agent(loop.get_executor());
    agent.listen({*sip::ip_address::from("0.0.0.0"), 0, sip::transport_kind::udp}).value();
    sip::account_config me;
    me.address_of_record = "sip:caller@anonymous.invalid";
    auto const account = agent.add_account(me).value();

    sip::invite_options options(argv[1]);
    options.with_offer(offer);
    auto const stop = [&](std::exception_ptr) { loop.stop(); };
    asio::co_spawn(loop, talk(account, options, std::chrono::seconds(argc > 2 ? std::atoi(argv[2]) : 5)), stop);
    loop.run();
}

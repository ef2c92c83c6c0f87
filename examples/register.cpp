// Registers an account, prints every change of the registration for some seconds, and unregisters.
//
// Usage: register sip:1001@example.com PASSWORD sip:REGISTRAR [SECONDS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "sip/net/user_agent.hpp"

namespace asio = boost::asio;

asio::awaitable<bool> stay_registered(sip::net::account line, std::chrono::seconds time) {
    auto const verdict = co_await line.async_register(asio::use_awaitable);
    if (verdict.state != sip::registration_state::registered) {
        std::printf("refused: %u %s\n", unsigned{verdict.status}, verdict.error.message().c_str());
        co_return false;
    }
    auto const granted = std::chrono::duration_cast<std::chrono::seconds>(verdict.expires);
    std::printf("registered for %lld seconds\n", static_cast<long long>(granted.count()));

    asio::steady_timer wait(co_await asio::this_coro::executor, time);
    co_await wait.async_wait(asio::use_awaitable);
    auto const last = co_await line.async_unregister(asio::use_awaitable);
    std::printf("%s\n", last.state == sip::registration_state::unregistered ? "unregistered" : "could not unregister");
    co_return last.state == sip::registration_state::unregistered;
}

int main(int argc, char** argv) try {
    if (argc < 4) return std::fprintf(stderr, "usage: register AOR PASSWORD REGISTRAR [SECONDS]\n"), 2;
    asio::io_context loop(1);
    sip::net::user_agent agent(loop.get_executor());
    agent.listen({*sip::ip_address::from("0.0.0.0"), 0, sip::transport_kind::udp}).value();
    sip::account_config settings;
    settings.address_of_record = argv[1];
    settings.password = argv[2];
    settings.registrar = argv[3];
    auto const line = agent.add_account(settings).value();

    bool done = false;
    std::chrono::seconds const time(argc > 4 ? std::atoi(argv[4]) : 60);
    asio::co_spawn(loop, stay_registered(line, time), [&](std::exception_ptr failure, bool well) {
        loop.stop();
        if (failure) std::rethrow_exception(failure);
        done = well;
    });
    loop.run();
    return done ? 0 : 1;
} catch (std::exception const& failure) {
    std::fprintf(stderr, "register: %s\n", failure.what());
    return 1;
}

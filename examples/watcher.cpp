// Watches a voice mailbox (RFC 3842): prints what it tells, asks again, and leaves after some NOTIFYs.
//
// Usage: watcher sip:mailbox@192.0.2.1 [NOTIFICATIONS]
#include <cstdio>
#include <cstdlib>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "sip/net/user_agent.hpp"

namespace asio = boost::asio;

// [watch]
asio::awaitable<void> watch(sip::net::account me, std::string mailbox, int count) {
    sip::subscribe_options options(mailbox, "message-summary");
    options.accepting("application/simple-message-summary");
    auto subscription = co_await me.async_subscribe(options, asio::use_awaitable);
    for (;;) {
        auto const event = co_await subscription.async_next_event(asio::use_awaitable);
        if (auto const* told = std::get_if<sip::notification>(&event)) {
            std::printf("%s\n", std::string(told->request.view().body()).c_str());
            if (--count > 0)
                subscription.refresh();
            else
                subscription.leave();
        } else if (auto const* end = std::get_if<sip::subscription_ended>(&event)) {
            if (end->error) std::printf("%s\n", end->error.message().c_str());
            co_return (void) std::printf("left\n");
        }
    }
}
// [/watch]

int main(int argc, char** argv) {
    if (argc < 2) return std::fprintf(stderr, "usage: watcher sip:MAILBOX@HOST [NOTIFICATIONS]\n"), 2;
    asio::io_context loop(1);
    sip::user_agent_config config;
    config.methods = {sip::method::notify};
    sip::net::user_agent agent(loop.get_executor(), config);
    agent.listen({*sip::ip_address::from("0.0.0.0"), 0, sip::transport_kind::udp}).value();
    sip::account_config settings;
    settings.address_of_record = "sip:watcher@anonymous.invalid";
    auto const me = agent.add_account(settings).value();
    auto const stop = [&](std::exception_ptr) { loop.stop(); };
    asio::co_spawn(loop, watch(me, argv[1], argc > 2 ? std::atoi(argv[2]) : 1), stop);
    loop.run();
}

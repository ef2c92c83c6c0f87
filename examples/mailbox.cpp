// A voice mailbox that tells its watchers how many messages wait (RFC 3842): one more for each time they ask.
//
// Usage: mailbox ADDRESS PORT [SECONDS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "sip/net/user_agent.hpp"

namespace asio = boost::asio;

constexpr char const* content_type = "application/simple-message-summary";

std::string summary(int messages) {
    auto const waiting = messages == 0 ? "no" : "yes";
    return std::string("Messages-Waiting: ") + waiting + "\r\nVoice-Message: " + std::to_string(messages) + "/0\r\n";
}

// [notifier]
asio::awaitable<void> serve(sip::net::notifier watcher) {
    int messages = 0;
    watcher.accept(sip::subscription_phase::active, content_type, summary(messages));
    for (;;) {
        auto const event = co_await watcher.async_next_event(asio::use_awaitable);
        if (std::holds_alternative<sip::subscription_refreshed>(event))
            watcher.notify(sip::subscription_phase::active, content_type, summary(++messages));
        if (std::holds_alternative<sip::notifier_ended>(event)) co_return;
    }
}

asio::awaitable<void> welcome(sip::net::user_agent& agent) {
    for (;;) {
        auto watcher = co_await agent.async_next_subscriber(asio::use_awaitable);
        asio::co_spawn(agent.get_executor(), serve(std::move(watcher)), asio::detached);
    }
}
// [/notifier]

int main(int argc, char** argv) {
    auto const address = sip::ip_address::from(argc > 2 ? argv[1] : "");
    if (!address) return std::fprintf(stderr, "usage: mailbox ADDRESS PORT [SECONDS]\n"), 2;
    auto const port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    std::chrono::seconds const time(argc > 3 ? std::atoi(argv[3]) : 3600);
    // [package]
    sip::user_agent_config config;
    config.methods = {sip::method::subscribe};
    config.packages = {{"message-summary", content_type, {}}};
    // [/package]
    asio::io_context loop(1);
    sip::net::user_agent agent(loop.get_executor(), config);
    for (auto const kind : {sip::transport_kind::udp, sip::transport_kind::tcp})
        if (auto const bound = agent.listen({*address, port, kind}); !bound)
            return std::fprintf(stderr, "port %u: %s\n", unsigned{port}, bound.error().message().c_str()), 1;
    sip::account_config me;
    me.address_of_record = "sip:mailbox@" + sip::host_port({*address, port, sip::transport_kind::udp});
    (void)agent.add_account(me).value();
    asio::co_spawn(loop, welcome(agent), asio::detached);
    loop.run_for(time);
}

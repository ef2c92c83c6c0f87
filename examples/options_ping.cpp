// Asks a SIP server whether it is there: sends one OPTIONS and prints the answer.
//
// Usage: options_ping sip:192.0.2.1[:5060][;transport=tcp]
#include <cstdio>
#include <exception>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "sip/net/user_agent.hpp"

namespace asio = boost::asio;

asio::awaitable<int> ping(sip::net::account from, sip::net::request_options request) {
    auto const answer = co_await from.async_request(request, asio::use_awaitable);
    if (answer.status == 0) {  // nobody answered, which is no exception but an outcome
        std::printf("no answer: %s\n", answer.error.message().c_str());
        co_return 1;
    }
    auto const allow = std::string(answer.response.view().raw(sip::header_id::allow));
    std::printf("answered %u; allows %s\n", unsigned{answer.status}, allow.c_str());
    co_return 0;
}

int main(int argc, char** argv) try {
    if (argc != 2) return std::fprintf(stderr, "usage: options_ping sip:HOST[:PORT]\n"), 2;
    asio::io_context loop(1);
    sip::net::user_agent agent(loop.get_executor());
    agent.listen({*sip::ip_address::from("0.0.0.0"), 0, sip::transport_kind::udp}).value();
    sip::account_config me;
    me.address_of_record = "sip:ping@anonymous.invalid";
    auto const account = agent.add_account(me).value();

    int result = 1;
    asio::co_spawn(loop, ping(account, {sip::method::options, argv[1]}), [&](std::exception_ptr failure, int code) {
        loop.stop();
        if (failure) std::rethrow_exception(failure);
        result = code;
    });
    loop.run();
    return result;
} catch (std::exception const& failure) {
    std::fprintf(stderr, "options_ping: %s\n", failure.what());
    return 1;
}

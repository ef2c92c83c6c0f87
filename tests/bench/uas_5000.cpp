// The server that uas_5000.sh measures: answers every call at once with 180 and 200 and a fixed session description,
// and every BYE with 200. It is a plain user of the public API, with one callback.
//
// Usage: uas_5000 ADDRESS PORT
#include <cstdio>
#include <cstdlib>
#include <map>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "sip/net/user_agent.hpp"

namespace {

constexpr char const* description =
    "v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

}  // namespace

int main(int argc, char** argv) {
    auto const address = sip::ip_address::from(argc == 3 ? argv[1] : "");
    if (!address) return std::fprintf(stderr, "usage: uas_5000 ADDRESS PORT\n"), EXIT_FAILURE;
    boost::asio::io_context loop(1);

    sip::user_agent_config config;
    config.limits.sessions = config.limits.transactions = 1'000'000;  // an ended call lingers for 32 seconds
    sip::net::user_agent server(loop.get_executor(), config);
    auto const port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    auto const local = server.listen({*address, port, sip::transport_kind::udp});
    if (!local) return std::fprintf(stderr, "%s\n", local.error().message().c_str()), EXIT_FAILURE;
    sip::account_config account;
    account.address_of_record = "sip:service@127.0.0.1";
    if (!server.add_account(account)) return EXIT_FAILURE;

    std::map<sip::session_id, sip::net::call> calls;
    server.on_event([&](sip::event const& what) {
        if (auto const* arrived = std::get_if<sip::incoming_call>(&what)) {
            auto& call = calls[arrived->id] = server.take(arrived->id);
            call.ring();
            call.answer(description);
        } else if (auto const* ended = std::get_if<sip::call_ended>(&what)) {
            calls.erase(ended->id);
        }
    });

    boost::asio::signal_set stop(loop, SIGTERM, SIGINT);
    stop.async_wait([&](auto, int) { loop.stop(); });
    loop.run();
    auto const counts = server.count();
    std::printf(
        "received %llu, sent %llu, wake-ups %llu (timer %llu), live transactions %zu, sessions %zu\n",
        static_cast<unsigned long long>(counts.received), static_cast<unsigned long long>(counts.sent),
        static_cast<unsigned long long>(counts.wake_ups), static_cast<unsigned long long>(counts.timer_wake_ups),
        server.live().transactions, server.live().sessions
    );
}

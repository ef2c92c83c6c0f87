// One call (INVITE, 180, 200, ACK, BYE, 200) between two user agents over UDP on the loopback interface, sockets and
// event loop included: what is left of a call's cost when the network costs nothing. Both ends run in one thread, so a
// time is that of both sides together.
#include <benchmark/benchmark.h>
#include <boost/asio/io_context.hpp>

#include "sip/net/user_agent.hpp"

namespace {

constexpr char const* description =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";

sip::user_agent_config roomy() {
    sip::user_agent_config config;
    config.limits.sessions = config.limits.transactions = 1'000'000;  // an ended call lingers for 32 seconds
    return config;
}

void call_over_loopback(benchmark::State& state) {
    boost::asio::io_context loop(1);
    sip::net::user_agent alice(loop.get_executor(), roomy()), bob(loop.get_executor(), roomy());
    auto const loopback = *sip::ip_address::from("127.0.0.1");
    auto const at_alice = alice.listen({loopback, 0, sip::transport_kind::udp});
    auto const at_bob = bob.listen({loopback, 0, sip::transport_kind::udp});
    if (!at_alice || !at_bob) return state.SkipWithError("no socket");
    sip::account_config settings;
    settings.address_of_record = "sip:alice@" + host_port(*at_alice);
    auto line = alice.add_account(settings);
    settings.address_of_record = "sip:bob@" + host_port(*at_bob);
    if (!line || !bob.add_account(settings)) return state.SkipWithError("no account");

    sip::net::call theirs, ours;
    bob.on_event([&](sip::event const& event) {
        if (auto const* arrived = std::get_if<sip::incoming_call>(&event)) {
            theirs = bob.take(arrived->id);
            theirs.ring();
            theirs.answer(description);
        } else if (std::holds_alternative<sip::call_confirmed>(event)) {
            theirs.hang_up();
        }
    });
    bool ended = false;
    alice.on_event([&](sip::event const& event) {
        if (auto const* end = std::get_if<sip::call_ended>(&event)) ended = end->why == sip::end_reason::remote_hang_up;
    });

    sip::invite_options invitation("sip:bob@" + host_port(*at_bob));
    invitation.with_offer(description);
    for (auto _ : state) {
        ended = false;
        auto call = line->invite(invitation);
        if (!call) return state.SkipWithError("no call");
        ours = std::move(*call);
        while (!ended)
            loop.run_one();
    }
    state.counters["calls"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(call_over_loopback)->Unit(benchmark::kMicrosecond)->Iterations(20000);

}  // namespace

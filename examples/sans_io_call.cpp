// A whole call between two user agents without sockets, clock or Asio: what the net shell does, in forty lines. The
// "network" is a loop, time is a number.
//
// It prints:
//        0 ms  alice  INVITE
//        0 ms  bob    180
//     2000 ms  bob    200
//     2000 ms  alice  ACK
//    62000 ms  bob    BYE
//    62000 ms  alice  200
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <variant>

#include "sip/ua/core.hpp"

namespace {

using namespace std::chrono_literals;

constexpr char const* description =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";

// A real program takes sip::net::system_random(); this one is the same each time it runs.
std::uint64_t next_random(void* context) {
    return (*static_cast<std::mt19937_64*>(context))();
}

std::string first_word(std::string_view message) {
    if (message.starts_with("SIP/2.0 ")) message.remove_prefix(8);
    return std::string(message.substr(0, message.find(' ')));
}

// [shell]
/// One end: its surroundings, its core, and the outbox that the core fills.
struct end {
    end(std::string its_name, std::string const& address, sip::environment& surroundings)
        : name(std::move(its_name)), core({}, surroundings) {
        at = {*sip::ip_address::from(address), 5060, sip::transport_kind::udp};
        socket = core.add_flow({}, {at, {}}, out);  // a bound datagram socket; the core numbers it
        sip::account_config settings;
        settings.address_of_record = "sip:" + name + "@" + address;
        account = *core.add_account(settings);
    }
    std::string name;
    sip::user_agent_core core;
    sip::endpoint at;
    sip::outbox out;
    sip::flow_id socket;
    sip::account_id account;
    sip::session_id call;
};

/// After each input: performs the actions, then delivers the events, until neither end has anything to say.
void settle(sip::now_t now, end& alice, end& bob) {
    for (bool is_busy = true; is_busy;) {
        is_busy = false;
        for (auto [from, to] : {std::pair{&alice, &bob}, std::pair{&bob, &alice}}) {
            auto const done = std::exchange(from->out, {});
            for (auto const& action : done.actions) {
                auto const* sent = std::get_if<sip::send_message>(&action);
                if (sent == nullptr) continue;  // open_flow, close_flow, resolve_name: this network needs none of them
                is_busy = true;
                auto const elapsed = std::to_string(now.mono.time_since_epoch() / 1ms);
                std::cout << std::string(8 - std::min<std::size_t>(8, elapsed.size()), ' ') << elapsed << " ms  "
                          << from->name << std::string(7 - from->name.size(), ' ') << first_word(sent->bytes.text())
                          << '\n';
                to->core.on_bytes(now, to->socket, from->at, to->core.pool().copy(sent->bytes.text()), to->out);
            }
            for (auto const& event : done.events)
                if (auto const* arrived = std::get_if<sip::incoming_call>(&event)) {
                    from->call = arrived->id;
                    (void)from->core.ring(now, arrived->id, 180, {}, from->out);
                    is_busy = true;
                }
        }
    }
}
// [/shell]

}  // namespace

int main() {
    std::mt19937_64 generator(3261);
    sip::environment surroundings;
    surroundings.random = {&next_random, &generator};
    end alice("alice", "192.0.2.1", surroundings), bob("bob", "192.0.2.2", surroundings);
    sip::now_t now;

    // [play]
    sip::invite_options invitation("sip:bob@192.0.2.2");
    invitation.with_offer(description);
    auto const call = alice.core.invite(now, alice.account, invitation, alice.out);
    if (!call) return 1;
    settle(now, alice, bob);

    now.mono += 2s;
    (void)bob.core.answer(now, bob.call, description, bob.out);
    settle(now, alice, bob);

    // A minute passes: whatever is due by then happens in its turn.
    auto const later = now.mono + 60s;
    for (;;) {
        auto const a = alice.core.next_deadline(), b = bob.core.next_deadline();
        auto const next = std::min(a ? a->at : later, b ? b->at : later);
        if (next >= later) break;
        now.mono = next;
        alice.core.on_timeout(now, alice.out);
        bob.core.on_timeout(now, bob.out);
        settle(now, alice, bob);
    }
    now.mono = later;
    (void)bob.core.hang_up(now, bob.call, {}, bob.out);
    settle(now, alice, bob);
    // [/play]
    return alice.core.live().sessions == 0 ? 0 : 1;
}

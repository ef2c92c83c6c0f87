// Two user agents in one program call each other, with one callback each: the second way to use the library.
#include <cstdio>

#include <boost/asio/io_context.hpp>

#include "sip/net/user_agent.hpp"

constexpr char const* description =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";

int main() {
    boost::asio::io_context loop(1);
    sip::net::user_agent alice(loop.get_executor()), bob(loop.get_executor());
    auto const loopback = *sip::ip_address::from("127.0.0.1");
    auto const at_alice = alice.listen({loopback, 0, sip::transport_kind::udp}).value();
    auto const at_bob = bob.listen({loopback, 0, sip::transport_kind::udp}).value();
    sip::account_config settings;
    settings.address_of_record = "sip:alice@" + host_port(at_alice);
    auto line = alice.add_account(settings).value();
    settings.address_of_record = "sip:bob@" + host_port(at_bob);
    (void)bob.add_account(settings).value();

    sip::net::call held_by_bob, held_by_alice;  // a call that is destroyed is hung up
    bool completed = false;
    bob.on_event([&](sip::event const& event) {
        if (auto const* arrived = std::get_if<sip::incoming_call>(&event)) {
            std::printf("bob: somebody calls\n");
            held_by_bob = bob.take(arrived->id);
            held_by_bob.ring();
            held_by_bob.answer(description);
        } else if (std::holds_alternative<sip::call_confirmed>(event)) {
            std::printf("bob: the call is up; that was all\n");
            held_by_bob.hang_up();
        }
    });
    alice.on_event([&](sip::event const& event) {
        if (std::holds_alternative<sip::call_progress>(event)) std::printf("alice: it rings\n");
        if (std::holds_alternative<sip::call_answered>(event)) std::printf("alice: bob answers\n");
        if (auto const* ended = std::get_if<sip::call_ended>(&event)) {
            std::printf("alice: bob has hung up\n");
            completed = ended->why == sip::end_reason::remote_hang_up;
            loop.stop();
        }
    });

    sip::invite_options invitation("sip:bob@" + host_port(at_bob));
    invitation.with_offer(description);
    held_by_alice = line.invite(invitation).value();
    loop.run();
    return completed ? 0 : 1;
}

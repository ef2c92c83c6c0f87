// The flows of RFC 3665 between our user agents, proxies and registrars. Not here: 2.3, since a user agent of ours
// learns its bindings from each registration; 3.3, for its two passwords; 3.7, see the tests of moved addresses; 3.5,
// whose application level gateway takes part in the media and is none of ours.
#include "stage.hpp"

using namespace test;

namespace {

/// Chapter 2: Bob and the registrar of biloxi.example.com, which asks for his password.
struct registration : stage {
    phone* bob = nullptr;

    explicit registration(std::string const& password = "secret-bob") {
        server("Server", "10.0.1.1", "biloxi.example.com", true);
        sip::account_config account;
        account.address_of_record = "sip:bob@biloxi.example.com";
        account.password = password;
        account.registrar = "sip:biloxi.example.com";
        bob = &person("Bob", "client.biloxi.example.com", account);
    }
    void registers() {
        bob->command([&](auto now, auto& out) { return bob->core.register_account(now, bob->account, out); });
        pause();
    }
};

/// Chapter 3: Alice's proxy serves atlanta.example.com, Bob's biloxi.example.com.
struct two_domains : stage {
    phone *alice, *bob;

    explicit two_domains(bool first_guards = false, bool second_guards = false) {
        server("Proxy1", "10.0.1.1", "atlanta.example.com", first_guards);
        server("Proxy2", "10.0.1.2", "biloxi.example.com", second_guards);
        alice = &subscriber("Alice", "atlanta.example.com", "10.0.1.1");
        bob = &subscriber("Bob", "biloxi.example.com", "10.0.1.2");
        register_all();
    }
    /// How each call of 3.8 to 3.11 begins.
    static constexpr auto inviting =
        "F1 Alice -> Proxy1 INVITE\n"
        "F2 Proxy1 -> Proxy2 INVITE\n"
        "F3 Proxy1 -> Alice 100 INVITE\n"
        "F4 Proxy2 -> Bob INVITE\n"
        "F5 Proxy2 -> Proxy1 100 INVITE\n";
};

}  // namespace

TEST_CASE("A new registration is challenged and comes again with credentials (RFC 3665 2.1)") {
    registration play;
    play.registers();
    play.follows(
        "F1 Bob -> Server REGISTER\n"
        "F2 Server -> Bob 401 REGISTER WWW-Authenticate\n"
        "F3 Bob -> Server REGISTER Authorization\n"
        "F4 Server -> Bob 200 REGISTER Contact\n"
    );
    CHECK(play.bob->last<sip::registration_changed>().state == sip::registration_state::registered);
}

TEST_CASE("A registration is refreshed with the credentials that were taken before (RFC 3665 2.2)") {
    registration play;
    play.registers();
    play.forget();
    play.net.run_for(3600s);  // what was granted: the refresh comes before its end
    play.follows(
        "F1 Bob -> Server REGISTER Authorization\n"
        "F2 Server -> Bob 200 REGISTER\n"
    );
}

TEST_CASE("A registration is cancelled with an expiry of zero (RFC 3665 2.4)") {
    registration play;
    play.registers();
    play.forget();
    play.bob->command([&](auto now, auto& out) {
        return play.bob->core.unregister_account(now, play.bob->account, out);
    });
    play.pause();
    play.follows(
        "F1 Bob -> Server REGISTER Authorization\n"
        "F2 Server -> Bob 200 REGISTER\n"
    );
    CHECK(play.bob->last<sip::registration_changed>().state == sip::registration_state::unregistered);
}

TEST_CASE("A wrong password is tried once, and the second challenge ends the attempt (RFC 3665 2.5)") {
    registration play("wrong");
    play.registers();
    play.follows(
        "F1 Bob -> Server REGISTER\n"
        "F2 Server -> Bob 401 REGISTER\n"
        "F3 Bob -> Server REGISTER Authorization\n"
        "F4 Server -> Bob 401 REGISTER\n"
    );
    CHECK(play.bob->last<sip::registration_changed>().state == sip::registration_state::failed);
}

TEST_CASE("A session from phone to phone (RFC 3665 3.1)") {
    stage play;
    auto& alice = play.person("Alice", "atlanta.example.com");
    auto& bob = play.person("Bob", "biloxi.example.com");
    play.call(alice, "sip:bob@biloxi.example.com");
    play.ring(bob);
    auto const bobs = play.answer(bob);
    play.hang_up(bob, bobs);
    play.follows(
        "F1 Alice -> Bob INVITE\n"
        "F2 Bob -> Alice 180 INVITE\n"
        "F3 Bob -> Alice 200 INVITE\n"
        "F4 Alice -> Bob ACK\n"
        "F5 Bob -> Alice BYE\n"
        "F6 Alice -> Bob 200 BYE\n"
    );
}

TEST_CASE("A session through two proxies, the first of which asks for a password (RFC 3665 3.2)") {
    two_domains play(true, false);
    play.call(*play.alice, "sip:bob@biloxi.example.com");
    play.ring(*play.bob);
    auto const bobs = play.answer(*play.bob);
    play.hang_up(*play.bob, bobs);
    play.follows(
        "F1 Alice -> Proxy1 INVITE\n"
        "F2 Proxy1 -> Alice 407 INVITE\n"
        "F3 Alice -> Proxy1 ACK\n"
        "F4 Alice -> Proxy1 INVITE Proxy-Authorization\n"
        "F5 Proxy1 -> Proxy2 INVITE Record-Route\n"
        "F6 Proxy1 -> Alice 100 INVITE\n"
        "F7 Proxy2 -> Bob INVITE\n"
        "F8 Proxy2 -> Proxy1 100 INVITE\n"
        "F9 Bob -> Proxy2 180 INVITE\n"
        "F10 Proxy2 -> Proxy1 180 INVITE\n"
        "F11 Proxy1 -> Alice 180 INVITE\n"
        "F12 Bob -> Proxy2 200 INVITE\n"
        "F13 Proxy2 -> Proxy1 200 INVITE\n"
        "F14 Proxy1 -> Alice 200 INVITE\n"
        "F15 Alice -> Proxy1 ACK Route\n"
        "F16 Proxy1 -> Proxy2 ACK\n"
        "F17 Proxy2 -> Bob ACK\n"
        "F18 Bob -> Proxy2 BYE Route\n"
        "F19 Proxy2 -> Proxy1 BYE\n"
        "F20 Proxy1 -> Alice BYE\n"
        "F21 Alice -> Proxy1 200 BYE\n"
        "F22 Proxy1 -> Proxy2 200 BYE\n"
        "F23 Proxy2 -> Bob 200 BYE\n"
    );
}

TEST_CASE("A call goes on through a second proxy after the first one has stayed silent (RFC 3665 3.4)") {
    stage play;
    play.absent("Proxy1", "10.0.1.1");
    play.server("Proxy2", "10.0.1.2", "biloxi.example.com", true);
    play.net.name("biloxi.example.com", {"10.0.1.1", "10.0.1.2"});
    sip::account_config account;
    account.address_of_record = "sip:alice@biloxi.example.com";
    account.password = "secret-alice";
    account.route_set = {"sip:biloxi.example.com;lr"};
    auto& alice = play.person("Alice", "client.atlanta.example.com", account);
    auto& bob = play.subscriber("Bob", "biloxi.example.com", "10.0.1.2");
    bob.command([&](auto now, auto& out) { return bob.core.register_account(now, bob.account, out); });
    play.pause();
    play.forget();
    alice.invite("sip:bob@biloxi.example.com");
    play.net.run_for(33s);
    play.ring(bob);
    auto const bobs = play.answer(bob);
    play.hang_up(bob, bobs);
    play.follows(
        "F1 Alice -> Proxy1 INVITE\n"
        "F2 Alice -> Proxy1 INVITE\n"
        "F3 Alice -> Proxy1 INVITE\n"
        "F4 Alice -> Proxy1 INVITE\n"
        "F5 Alice -> Proxy1 INVITE\n"
        "F6 Alice -> Proxy1 INVITE\n"
        "F7 Alice -> Proxy1 INVITE\n"
        "F8 Alice -> Proxy2 INVITE\n"
        "F9 Proxy2 -> Alice 407 INVITE\n"
        "F10 Alice -> Proxy2 ACK\n"
        "F11 Alice -> Proxy2 INVITE Proxy-Authorization\n"
        "F12 Proxy2 -> Bob INVITE\n"
        "F13 Proxy2 -> Alice 100 INVITE\n"
        "F14 Bob -> Proxy2 180 INVITE\n"
        "F15 Proxy2 -> Alice 180 INVITE\n"
        "F16 Bob -> Proxy2 200 INVITE\n"
        "F17 Proxy2 -> Alice 200 INVITE\n"
        "F18 Alice -> Proxy2 ACK\n"
        "F19 Proxy2 -> Bob ACK\n"
        "F20 Bob -> Proxy2 BYE\n"
        "F21 Proxy2 -> Alice BYE\n"
        "F22 Alice -> Proxy2 200 BYE\n"
        "F23 Proxy2 -> Bob 200 BYE\n"
    );
}

TEST_CASE("A redirected call goes to the proxy of its new target, and its ACK carries the answer (RFC 3665 3.6)") {
    stage play;
    auto& redirect = play.person("Redirect", "redirect.example.com");
    play.server("Proxy", "10.0.1.2", "biloxi.example.com");
    auto& bob = play.subscriber("Bob", "biloxi.example.com", "10.0.1.2");
    auto& alice = play.person("Alice", "atlanta.example.com");
    play.register_all();
    auto const alices = play.call(alice, "sip:bob@redirect.example.com", "");
    std::vector<sip::extra_header> const where{{"Contact", "<sip:bob@biloxi.example.com>"}};
    redirect.command([&](auto now, auto& out) {
        return redirect.core.reject(now, redirect.last<sip::incoming_call>().id, 302, {}, where, out);
    });
    play.pause();
    play.ring(bob);
    auto const bobs = play.answer(bob, "offer of the callee");
    CHECK_FALSE(alice.answer_offer(alices, "answer in the ACK"));
    play.pause();
    play.hang_up(bob, bobs);
    play.follows(
        "F1 Alice -> Redirect INVITE\n"
        "F2 Redirect -> Alice 302 INVITE Contact\n"
        "F3 Alice -> Redirect ACK\n"
        "F4 Alice -> Proxy INVITE\n"
        "F5 Proxy -> Bob INVITE\n"
        "F6 Proxy -> Alice 100 INVITE\n"
        "F7 Bob -> Proxy 180 INVITE\n"
        "F8 Proxy -> Alice 180 INVITE\n"
        "F9 Bob -> Proxy 200 INVITE offer\n"
        "F10 Proxy -> Alice 200 INVITE\n"
        "F11 Alice -> Proxy ACK answer\n"
        "F12 Proxy -> Bob ACK answer\n"
        "F13 Bob -> Proxy BYE\n"
        "F14 Proxy -> Alice BYE\n"
        "F15 Alice -> Proxy 200 BYE\n"
        "F16 Proxy -> Bob 200 BYE\n"
    );
}

TEST_CASE("A caller gives up, and CANCEL goes hop by hop (RFC 3665 3.8)") {
    two_domains play;
    auto const alices = play.call(*play.alice, "sip:bob@biloxi.example.com");
    play.ring(*play.bob);
    play.hang_up(*play.alice, alices);
    play.follows(
        std::string(two_domains::inviting) +
        "F6 Bob -> Proxy2 180 INVITE\n"
        "F7 Proxy2 -> Proxy1 180 INVITE\n"
        "F8 Proxy1 -> Alice 180 INVITE\n"
        "F9 Alice -> Proxy1 CANCEL\n"
        "F10 Proxy1 -> Alice 200 CANCEL\n"
        "F11 Proxy1 -> Proxy2 CANCEL\n"
        "F12 Proxy2 -> Proxy1 200 CANCEL\n"
        "F13 Proxy2 -> Bob CANCEL\n"
        "F14 Bob -> Proxy2 200 CANCEL\n"
        "F15 Bob -> Proxy2 487 INVITE\n"
        "F16 Proxy2 -> Bob ACK\n"
        "F17 Proxy2 -> Proxy1 487 INVITE\n"
        "F18 Proxy1 -> Proxy2 ACK\n"
        "F19 Proxy1 -> Alice 487 INVITE\n"
        "F20 Alice -> Proxy1 ACK\n"
    );
}

TEST_CASE("A busy callee is acknowledged hop by hop (RFC 3665 3.9)") {
    two_domains play;
    play.call(*play.alice, "sip:bob@biloxi.example.com");
    play.bob->reject(play.bob->last<sip::incoming_call>().id, 486);
    play.pause();
    play.follows(
        std::string(two_domains::inviting) +
        "F6 Bob -> Proxy2 486 INVITE\n"
        "F7 Proxy2 -> Bob ACK\n"
        "F8 Proxy2 -> Proxy1 486 INVITE\n"
        "F9 Proxy1 -> Proxy2 ACK\n"
        "F10 Proxy1 -> Alice 486 INVITE\n"
        "F11 Alice -> Proxy1 ACK\n"
    );
}

TEST_CASE("A phone that has gone away: the proxy repeats the INVITE until it gives up (RFC 3665 3.10)") {
    two_domains play;
    play.net.lets_pass = [](auto const& p) { return p.destination != at("10.0.0.2:5060"); };
    play.call(*play.alice, "sip:bob@biloxi.example.com");
    play.net.run_for(33s);
    // The RFC's proxy gives up after six repetitions with 480; ours waits for Timer B, and says 408 (16.8, 17.1.1.2).
    play.follows(
        std::string(two_domains::inviting) +
        "F6 Proxy2 -> Bob INVITE\n"
        "F7 Proxy2 -> Bob INVITE\n"
        "F8 Proxy2 -> Bob INVITE\n"
        "F9 Proxy2 -> Bob INVITE\n"
        "F10 Proxy2 -> Bob INVITE\n"
        "F11 Proxy2 -> Bob INVITE\n"
        "F12 Proxy2 -> Proxy1 408 INVITE\n"
        "F13 Proxy1 -> Proxy2 ACK\n"
        "F14 Proxy1 -> Alice 408 INVITE\n"
        "F15 Alice -> Proxy1 ACK\n"
    );
}

TEST_CASE("A callee who rings and then is not to be had (RFC 3665 3.11)") {
    two_domains play;
    play.call(*play.alice, "sip:bob@biloxi.example.com");
    play.ring(*play.bob);
    play.bob->reject(play.bob->last<sip::incoming_call>().id, 480);
    play.pause();
    play.follows(
        std::string(two_domains::inviting) +
        "F6 Bob -> Proxy2 180 INVITE\n"
        "F7 Proxy2 -> Proxy1 180 INVITE\n"
        "F8 Proxy1 -> Alice 180 INVITE\n"
        "F9 Bob -> Proxy2 480 INVITE\n"
        "F10 Proxy2 -> Bob ACK\n"
        "F11 Proxy2 -> Proxy1 480 INVITE\n"
        "F12 Proxy1 -> Proxy2 ACK\n"
        "F13 Proxy1 -> Alice 480 INVITE\n"
        "F14 Alice -> Proxy1 ACK\n"
    );
}

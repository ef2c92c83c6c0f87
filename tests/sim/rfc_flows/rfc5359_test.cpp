// The services of RFC 5359 between our user agents and our proxy. Not here: 2.11, for the Join that it needs; 2.13,
// whose 305 (Use Proxy) nobody follows by itself (RFC 3261 21.3.4 calls for a user's decision).
#include "stage.hpp"

using namespace test;

namespace {

/// Alice, Bob and Carol are served by one proxy.
struct served : stage {
    phone *alice, *bob, *carol;
    sip::session_id alices, bobs;

    served() {
        server("Proxy", "10.0.1.1", "example.com");
        alice = &subscriber("Alice", "example.com", "10.0.1.1");
        bob = &subscriber("Bob", "example.com", "10.0.1.1");
        carol = &subscriber("Carol", "example.com", "10.0.1.1");
        register_all();
    }
    /// Alice calls Bob: F1 to F9.
    void establish() {
        alices = call(*alice, "sip:bob@example.com");
        ring(*bob);
        bobs = answer(*bob);
    }
    static constexpr auto establishing =
        "F1 Alice -> Proxy INVITE\n"
        "F2 Proxy -> Bob INVITE\n"
        "F3 Proxy -> Alice 100 INVITE\n"
        "F4 Bob -> Proxy 180 INVITE\n"
        "F5 Proxy -> Alice 180 INVITE\n"
        "F6 Bob -> Proxy 200 INVITE\n"
        "F7 Proxy -> Alice 200 INVITE\n"
        "F8 Alice -> Proxy ACK\n"
        "F9 Proxy -> Bob ACK\n";
};

/// Alice calls Bob, without a proxy.
struct direct : stage {
    phone& alice = person("Alice", "atlanta.example.com");
    phone& bob = person("Bob", "biloxi.example.com");
    phone& carol = person("Carol", "chicago.example.com");
    sip::session_id alices, bobs;

    void establish() {
        alices = call(alice, "sip:bob@biloxi.example.com");
        ring(bob);
        bobs = answer(bob);
    }
    static constexpr auto establishing =
        "F1 Alice -> Bob INVITE\n"
        "F2 Bob -> Alice 180 INVITE\n"
        "F3 Bob -> Alice 200 INVITE\n"
        "F4 Alice -> Bob ACK\n";
};

}  // namespace

TEST_CASE("Hold and resume (RFC 5359 2.1)") {
    served play;
    play.establish();
    play.renegotiate(*play.bob, play.bobs, *play.alice, play.alices, "a=sendonly");
    play.renegotiate(*play.bob, play.bobs, *play.alice, play.alices, "a=sendrecv");
    play.hang_up(*play.alice, play.alices);
    play.follows(
        std::string(served::establishing) +
        "F10 Bob -> Proxy INVITE sendonly\n"
        "F11 Proxy -> Alice INVITE sendonly\n"
        "F11a Proxy -> Bob 100 INVITE\n"
        "F12 Alice -> Proxy 200 INVITE\n"
        "F13 Proxy -> Bob 200 INVITE\n"
        "F14 Bob -> Proxy ACK\n"
        "F15 Proxy -> Alice ACK\n"
        "F16 Bob -> Proxy INVITE sendrecv\n"
        "F17 Proxy -> Alice INVITE\n"
        "F17a Proxy -> Bob 100 INVITE\n"
        "F18 Alice -> Proxy 200 INVITE\n"
        "F19 Proxy -> Bob 200 INVITE\n"
        "F20 Bob -> Proxy ACK\n"
        "F21 Proxy -> Alice ACK\n"
        "F22 Alice -> Proxy BYE\n"
        "F23 Proxy -> Bob BYE\n"
        "F24 Bob -> Proxy 200 BYE\n"
        "F25 Proxy -> Alice 200 BYE\n"
    );
}

TEST_CASE("A consultation while the first call is on hold (RFC 5359 2.2)") {
    served play;
    play.establish();
    play.renegotiate(*play.bob, play.bobs, *play.alice, play.alices, "a=sendonly");
    auto const consultation = play.call(*play.bob, "sip:carol@example.com");
    play.ring(*play.carol);
    play.answer(*play.carol);
    play.hang_up(*play.bob, consultation);
    play.renegotiate(*play.bob, play.bobs, *play.alice, play.alices, "a=sendrecv");
    play.hang_up(*play.alice, play.alices);
    play.follows(
        std::string(served::establishing) +
        "F10 Bob -> Proxy INVITE sendonly\n"
        "F11 Proxy -> Alice INVITE\n"
        "F11a Proxy -> Bob 100 INVITE\n"
        "F12 Alice -> Proxy 200 INVITE\n"
        "F13 Proxy -> Bob 200 INVITE\n"
        "F14 Bob -> Proxy ACK\n"
        "F15 Proxy -> Alice ACK\n"
        "F16 Bob -> Proxy INVITE\n"
        "F17 Proxy -> Carol INVITE\n"
        "F18 Proxy -> Bob 100 INVITE\n"
        "F19 Carol -> Proxy 180 INVITE\n"
        "F20 Proxy -> Bob 180 INVITE\n"
        "F21 Carol -> Proxy 200 INVITE\n"
        "F22 Proxy -> Bob 200 INVITE\n"
        "F23 Bob -> Proxy ACK\n"
        "F24 Proxy -> Carol ACK\n"
        "F25 Bob -> Proxy BYE\n"
        "F26 Proxy -> Carol BYE\n"
        "F27 Carol -> Proxy 200 BYE\n"
        "F28 Proxy -> Bob 200 BYE\n"
        "F29 Bob -> Proxy INVITE sendrecv\n"
        "F30 Proxy -> Alice INVITE\n"
        "F30a Proxy -> Bob 100 INVITE\n"
        "F31 Alice -> Proxy 200 INVITE\n"
        "F32 Proxy -> Bob 200 INVITE\n"
        "F33 Bob -> Proxy ACK\n"
        "F34 Proxy -> Alice ACK\n"
        "F35 Alice -> Proxy BYE\n"
        "F36 Proxy -> Bob BYE\n"
        "F37 Bob -> Proxy 200 BYE\n"
        "F38 Proxy -> Alice 200 BYE\n"
    );
}

TEST_CASE("A music server takes over the held call, and gives it back (RFC 5359 2.3)") {
    direct play;
    auto& music = play.person("Music", "music.example.com");
    play.establish();
    play.renegotiate(play.bob, play.bobs, play.alice, play.alices, "a=sendonly");
    sip::refer_options options("sip:alice@atlanta.example.com");
    play.refer_outside(play.bob, "sip:music@music.example.com", options.replacing(play.bobs));
    auto const musics = play.follow_transfer(music);
    auto const held = play.answer(play.alice);
    play.report(music, 200);
    // Bob takes Alice back by replacing her call with the music server, whose identifiers the NOTIFY could tell him.
    auto const named = play.alice.core.identity(held).value();
    sip::invite_options back("sip:alice@atlanta.example.com");
    back.with_offer("offer").with_replaces(named.call_id, named.local_tag, named.remote_tag);
    play.invites(play.bob, back);
    play.answer(play.alice);
    CHECK(music.last<sip::call_ended>().id == musics);
    play.follows(
        std::string(direct::establishing) +
        "F5 Bob -> Alice INVITE/200/ACK sendonly\n"
        "F8 Bob -> Music REFER/202 Refer-To\n"
        "F10 Music -> Bob NOTIFY/200 100\n"
        "F12 Music -> Alice INVITE/200/ACK Replaces:\n"
        "F15* Alice -> Bob BYE/200\n"
        "F17 Music -> Bob NOTIFY/200 200\n"
        "F19 Bob -> Alice INVITE/200/ACK Replaces:\n"
        "F22* Alice -> Music BYE/200\n"
    );
}

TEST_CASE("A blind transfer (RFC 5359 2.4)") {
    direct play;
    auto& alice = play.alice;
    auto const bobs = play.call(play.bob, "sip:alice@atlanta.example.com");
    play.ring(alice);
    auto const alices = play.answer(alice);
    play.refer(alice, alices, sip::refer_options("sip:carol@chicago.example.com"));
    auto const asked = play.bob.last<sip::transfer_requested>();
    CHECK_FALSE(play.bob.command([&](auto now, auto& out) { return play.bob.core.accept_transfer(now, asked.id, out); })
    );
    play.pause();
    play.hang_up(alice, alices);  // she does not wait for the outcome
    CHECK(play.bob.last<sip::call_ended>().id == bobs);
    sip::invite_options options(asked.target.uri);
    options.with_offer("offer").with_header("Referred-By", header(asked.request.view().text(), "Referred-By"));
    play.invites(play.bob, options);
    play.ring(play.carol);
    play.answer(play.carol);
    play.report(play.bob, 200);
    play.follows(
        "F1 Bob -> Alice INVITE\n"
        "F2 Alice -> Bob 180 INVITE\n"
        "F3 Alice -> Bob 200 INVITE\n"
        "F4 Bob -> Alice ACK\n"
        "F5 Alice -> Bob REFER/202 Refer-To\n"
        "F7 Bob -> Alice NOTIFY/200 100\n"
        "F9* Alice -> Bob BYE/200\n"
        "F11 Bob -> Carol INVITE Referred-By:\n"
        "F12 Carol -> Bob 180 INVITE\n"
        "F13 Carol -> Bob 200 INVITE\n"
        "F14 Bob -> Carol ACK\n"
        "F15 Bob -> Alice NOTIFY/200 200\n"
    );
}

TEST_CASE("An attended transfer (RFC 5359 2.5)") {
    direct play;
    play.establish();
    play.renegotiate(play.bob, play.bobs, play.alice, play.alices, "a=sendonly");
    auto const second = play.call(play.bob, "sip:carol@chicago.example.com");
    play.ring(play.carol);
    auto const carols = play.answer(play.carol);
    play.renegotiate(play.bob, second, play.carol, carols, "a=sendonly");
    play.refer(play.bob, play.bobs, stage::replacing("sip:carol@chicago.example.com", second));
    play.follow_transfer(play.alice);
    play.answer(play.carol);
    play.report(play.alice, 200);
    play.hang_up(play.bob, play.bobs);
    play.follows(
        std::string(direct::establishing) +
        "F5 Bob -> Alice INVITE/200/ACK sendonly\n"
        "F8 Bob -> Carol INVITE\n"
        "F9 Carol -> Bob 180 INVITE\n"
        "F10 Carol -> Bob 200 INVITE\n"
        "F11 Bob -> Carol ACK\n"
        "F12 Bob -> Carol INVITE/200/ACK sendonly\n"
        "F15 Bob -> Alice REFER/202\n"
        "F17 Alice -> Bob NOTIFY/200 100\n"
        "F19 Alice -> Carol INVITE/200/ACK Replaces:\n"
        "F22* Carol -> Bob BYE/200\n"
        "F24 Alice -> Bob NOTIFY/200 200\n"
        "F26 Bob -> Alice BYE/200\n"
    );
}

TEST_CASE("A call is handed on by an instant message that names it (RFC 5359 2.6)") {
    direct play;
    play.establish();
    auto const named = play.alice.core.identity(play.alices).value();
    CHECK(play.bob
              .command([&](auto now, auto& out) {
                  return play.bob.core.send_request(
                      now, play.bob.account, sip::method::message, "sip:carol@chicago.example.com", {}, "text/plain",
                      "please take over <sip:alice@atlanta.example.com>", out
                  );
              })
              .has_value());
    play.pause();
    CHECK_FALSE(play.carol.command([&](auto now, auto& out) {
        return play.carol.core.respond(now, play.carol.last<sip::incoming_request>().id, 200, {}, {}, {}, out);
    }));
    play.pause();
    sip::invite_options options("sip:alice@atlanta.example.com");
    options.with_offer("offer").with_replaces(named.call_id, named.local_tag, named.remote_tag);
    play.invites(play.carol, options);
    play.answer(play.alice);
    play.follows(
        std::string(direct::establishing) +
        "F5 Bob -> Carol MESSAGE/200\n"
        "F7 Carol -> Alice INVITE/200/ACK Replaces:\n"
        "F10* Alice -> Bob BYE/200\n"
    );
}

TEST_CASE("A proxy leads an extension elsewhere (RFC 5359 2.7)") {
    served play;
    auto const alices = play.call(*play.alice, "sip:sales@example.com");
    play.ring(*play.carol);
    play.answer(*play.carol);
    play.hang_up(*play.alice, alices);
    play.follows(
        "F1 Alice -> Proxy INVITE\n"
        "F2 Proxy -> Alice 100 INVITE\n"
        "F4 Proxy -> Carol INVITE\n"
        "F5 Carol -> Proxy 180 INVITE\n"
        "F6 Proxy -> Alice 180 INVITE\n"
        "F7 Carol -> Proxy 200 INVITE\n"
        "F8 Proxy -> Alice 200 INVITE\n"
        "F9 Alice -> Proxy ACK\n"
        "F10 Proxy -> Carol ACK\n"
        "F11 Alice -> Proxy BYE\n"
        "F12 Proxy -> Carol BYE\n"
        "F13 Carol -> Proxy 200 BYE\n"
        "F14 Proxy -> Alice 200 BYE\n"
    );
}

TEST_CASE("A proxy tries the next telephone where the first one is busy (RFC 5359 2.8)") {
    served play;
    auto& second = play.subscriber("Second", "example.com", "10.0.1.1", "bob", ";q=0.5");
    play.register_one(second);
    auto const alices = play.call(*play.alice, "sip:bob@example.com");
    play.bob->reject(play.bob->last<sip::incoming_call>().id, 486);
    play.pause();
    play.ring(second);
    play.answer(second);
    play.hang_up(*play.alice, alices);
    play.follows(
        "F1 Alice -> Proxy INVITE\n"
        "F2 Proxy -> Bob INVITE\n"
        "F3 Proxy -> Alice 100 INVITE\n"
        "F4 Bob -> Proxy 486 INVITE\n"
        "F5 Proxy -> Bob ACK\n"
        "F7 Proxy -> Second INVITE\n"
        "F8 Second -> Proxy 180 INVITE\n"
        "F9 Proxy -> Alice 180 INVITE\n"
        "F10 Second -> Proxy 200 INVITE\n"
        "F11 Proxy -> Alice 200 INVITE\n"
        "F12 Alice -> Proxy ACK\n"
        "F13 Proxy -> Second ACK\n"
        "F14 Alice -> Proxy BYE\n"
        "F15 Proxy -> Second BYE\n"
        "F16 Second -> Proxy 200 BYE\n"
        "F17 Proxy -> Alice 200 BYE\n"
    );
}

TEST_CASE("A proxy gives up on a telephone that nobody answers, and tries the next (RFC 5359 2.9)") {
    served play;
    auto& second = play.subscriber("Second", "example.com", "10.0.1.1", "bob", ";q=0.5");
    play.register_one(second);
    auto const alices = play.call(*play.alice, "sip:bob@example.com");
    play.ring(*play.bob);
    play.net.run_for(stage::no_answer_time + 1s);
    play.ring(second);
    play.answer(second);
    play.hang_up(*play.alice, alices);
    play.follows(
        "F1 Alice -> Proxy INVITE\n"
        "F2 Proxy -> Bob INVITE\n"
        "F3 Proxy -> Alice 100 INVITE\n"
        "F4 Bob -> Proxy 180 INVITE\n"
        "F5 Proxy -> Alice 180 INVITE\n"
        "F6 Proxy -> Bob CANCEL/200\n"
        "F8 Bob -> Proxy 487 INVITE\n"
        "F9 Proxy -> Bob ACK\n"
        "F11 Proxy -> Second INVITE\n"
        "F12 Second -> Proxy 180 INVITE\n"
        "F13 Proxy -> Alice 180 INVITE\n"
        "F14 Second -> Proxy 200 INVITE\n"
        "F15 Proxy -> Alice 200 INVITE\n"
        "F16 Alice -> Proxy ACK\n"
        "F17 Proxy -> Second ACK\n"
        "F18 Alice -> Proxy BYE\n"
        "F19 Proxy -> Second BYE\n"
        "F20 Second -> Proxy 200 BYE\n"
        "F21 Proxy -> Alice 200 BYE\n"
    );
}

TEST_CASE("A conference of three: the first is told of the mixer, the third is called (RFC 5359 2.10)") {
    direct play;
    play.establish();
    play.renegotiate(play.bob, play.bobs, play.alice, play.alices, "mixed");
    play.call(play.bob, "sip:carol@chicago.example.com", "mixed");
    play.ring(play.carol);
    play.answer(play.carol);
    play.follows(
        std::string(direct::establishing) +
        "F5 Bob -> Alice INVITE/200/ACK mixed\n"
        "F8 Bob -> Carol INVITE mixed\n"
        "F9 Carol -> Bob 180 INVITE\n"
        "F10 Carol -> Bob 200 INVITE\n"
        "F11 Bob -> Carol ACK\n"
    );
}

TEST_CASE("A proxy looks for a user at one telephone after the other (RFC 5359 2.12)") {
    served play;
    auto& second = play.subscriber("Second", "example.com", "10.0.1.1", "bob", ";q=0.8");
    auto& third = play.subscriber("Third", "example.com", "10.0.1.1", "bob", ";q=0.6");
    auto& fourth = play.subscriber("Fourth", "example.com", "10.0.1.1", "bob", ";q=0.4");
    for (auto* each : {&second, &third, &fourth})
        play.register_one(*each);
    play.call(*play.alice, "sip:bob@example.com");
    play.ring(*play.bob);
    play.net.run_for(stage::no_answer_time);
    second.reject(second.last<sip::incoming_call>().id, 480);
    play.pause();
    third.reject(third.last<sip::incoming_call>().id, 486);
    play.pause();
    play.ring(fourth);
    auto const fourths = play.answer(fourth);
    play.hang_up(fourth, fourths);
    play.follows(
        "F1 Alice -> Proxy INVITE\n"
        "F2 Proxy -> Bob INVITE\n"
        "F3 Proxy -> Alice 100 INVITE\n"
        "F4 Bob -> Proxy 180 INVITE\n"
        "F5 Proxy -> Alice 180 INVITE\n"
        "F6 Proxy -> Bob CANCEL/200\n"
        "F8 Bob -> Proxy 487 INVITE\n"
        "F9 Proxy -> Bob ACK\n"
        "F10 Proxy -> Second INVITE\n"
        "F11 Second -> Proxy 480 INVITE\n"
        "F12 Proxy -> Second ACK\n"
        "F13 Proxy -> Third INVITE\n"
        "F14 Third -> Proxy 486 INVITE\n"
        "F15 Proxy -> Third ACK\n"
        "F16 Proxy -> Fourth INVITE\n"
        "F17 Fourth -> Proxy 180 INVITE\n"
        "F18 Proxy -> Alice 180 INVITE\n"
        "F19 Fourth -> Proxy 200 INVITE\n"
        "F20 Proxy -> Alice 200 INVITE\n"
        "F21 Alice -> Proxy ACK\n"
        "F22 Proxy -> Fourth ACK\n"
        "F23 Fourth -> Proxy BYE\n"
        "F24 Proxy -> Alice BYE\n"
        "F25 Alice -> Proxy 200 BYE\n"
        "F26 Proxy -> Fourth 200 BYE\n"
    );
}

TEST_CASE("A call that its own proxy does not let out: 407 is answered, 403 ends it (RFC 5359 2.14)") {
    stage play;
    auto& screen = play.person("Proxy", "proxy.example.com");
    sip::account_config account;
    account.address_of_record = "sip:alice@example.com";
    account.password = "secret";
    account.route_set = {"sip:proxy.example.com;lr"};
    auto& alice = play.person("Alice", "atlanta.example.com", account);
    play.call(alice, "sip:expensive@chicago.example.com");
    auto const refuse = [&](std::uint16_t status, std::vector<sip::extra_header> headers) {
        CHECK_FALSE(screen.command([&](auto now, auto& out) {
            return screen.core.reject(now, screen.last<sip::incoming_call>().id, status, {}, headers, out);
        }));
        play.pause();
    };
    refuse(407, {{"Proxy-Authenticate", "Digest realm=\"example.com\", nonce=\"n\", qop=\"auth\", algorithm=MD5"}});
    refuse(403, {{"Error-Info", "<sip:screening-failure@example.com>"}});
    CHECK(alice.last<sip::call_ended>().status == 403);
    play.follows(
        "F1 Alice -> Proxy INVITE\n"
        "F2 Proxy -> Alice 407 INVITE\n"
        "F3 Alice -> Proxy ACK\n"
        "F4 Alice -> Proxy INVITE Proxy-Authorization\n"
        "F5 Proxy -> Alice 403 INVITE Error-Info\n"
        "F6 Alice -> Proxy ACK\n"
    );
}

TEST_CASE("A call is parked at a server, and fetched from there by another telephone (RFC 5359 2.15)") {
    direct play;
    auto& park = play.person("Park", "park.example.com");
    play.establish();
    sip::refer_options options("sip:alice@atlanta.example.com");
    play.refer_outside(play.bob, "sip:park@park.example.com", options.replacing(play.bobs));
    auto const parked = play.follow_transfer(park);
    auto const alices = play.answer(play.alice);
    play.report(park, 200);
    sip::subscribe_options watch("sip:park@park.example.com", "dialog");
    watch.lasting(0);
    play.watches(play.carol, watch);
    CHECK_FALSE(park.command([&](auto now, auto& out) {
        return park.core.accept_subscription(
            now, park.last<sip::incoming_subscription>().id, sip::subscription_phase::active,
            "application/dialog-info+xml", "<dialog-info/>", out
        );
    }));
    play.pause();
    auto const named = play.alice.core.identity(alices).value();
    sip::invite_options fetch("sip:alice@atlanta.example.com");
    fetch.with_offer("offer").with_replaces(named.call_id, named.local_tag, named.remote_tag);
    play.invites(play.carol, fetch);
    play.answer(play.alice);
    CHECK(park.last<sip::call_ended>().id == parked);
    play.follows(
        std::string(direct::establishing) +
        "F5 Bob -> Park REFER/202\n"
        "F7 Park -> Bob NOTIFY/200 100\n"
        "F9 Park -> Alice INVITE/200/ACK Replaces:\n"
        "F12* Alice -> Bob BYE/200\n"
        "F14 Park -> Bob NOTIFY/200 200\n"
        "F16 Carol -> Park SUBSCRIBE/200 dialog\n"
        "F18 Park -> Carol NOTIFY/200 terminated\n"
        "F20 Carol -> Alice INVITE/200/ACK Replaces:\n"
        "F23* Alice -> Park BYE/200\n"
    );
}

TEST_CASE("A ringing call is picked up elsewhere: the caller takes the new call for its own (RFC 5359 2.16)") {
    direct play;
    auto const alices = play.call(play.alice, "sip:bob@biloxi.example.com");
    play.ring(play.bob);
    sip::subscribe_options watch("sip:bob@biloxi.example.com", "dialog");
    watch.lasting(0);
    play.watches(play.carol, watch);
    CHECK_FALSE(play.bob.command([&](auto now, auto& out) {
        return play.bob.core.accept_subscription(
            now, play.bob.last<sip::incoming_subscription>().id, sip::subscription_phase::active,
            "application/dialog-info+xml", "<dialog-info/>", out
        );
    }));
    play.pause();
    auto const named = play.alice.core.identity(alices).value();
    sip::invite_options pick("sip:alice@atlanta.example.com");
    pick.with_offer("offer").with_replaces(
        named.call_id, named.local_tag, named.remote_tag, sip::invite_options::replace::early_only
    );
    auto const carols = play.invites(play.carol, pick);
    play.answer(play.alice);
    CHECK(play.alice.last<sip::call_ended>().why == sip::end_reason::replaced);
    play.hang_up(play.carol, carols);
    play.follows(
        "F1 Alice -> Bob INVITE\n"
        "F2 Bob -> Alice 180 INVITE\n"
        "F3 Carol -> Bob SUBSCRIBE/200 dialog\n"
        "F5 Bob -> Carol NOTIFY/200 terminated\n"
        "F7 Carol -> Alice INVITE/200/ACK early-only\n"
        "F9* Alice -> Bob CANCEL/200\n"
        "F11* Bob -> Alice 487 INVITE\n"
        "F12* Alice -> Bob ACK\n"
        "F14 Carol -> Alice BYE/200\n"
    );
}

TEST_CASE("A busy callee is watched, and called again when it is free (RFC 5359 2.17)") {
    direct play;
    play.call(play.alice, "sip:bob@biloxi.example.com");
    play.bob.reject(play.bob.last<sip::incoming_call>().id, 486);
    play.pause();
    auto const watching = play.watches(play.alice, sip::subscribe_options("sip:bob@biloxi.example.com", "dialog"));
    auto const watcher = play.bob.last<sip::incoming_subscription>().id;
    auto const tell = [&](std::string_view body) {
        CHECK_FALSE(play.bob.command([&](auto now, auto& out) {
            return play.bob.core.notify(
                now, watcher, sip::subscription_phase::active, "application/dialog-info+xml", body, out
            );
        }));
        play.net.run_for(2s);  // the package lets a NOTIFY pass each second at most
    };
    CHECK_FALSE(play.bob.command([&](auto now, auto& out) {
        return play.bob.core.accept_subscription(
            now, watcher, sip::subscription_phase::active, "application/dialog-info+xml", "<busy/>", out
        );
    }));
    play.net.run_for(2s);
    tell("<free/>");
    play.call(play.alice, "sip:bob@biloxi.example.com");
    play.ring(play.bob);
    play.answer(play.bob);
    tell("<confirmed/>");
    CHECK_FALSE(play.alice.command([&](auto now, auto& out) { return play.alice.core.unsubscribe(now, watching, out); })
    );
    play.pause();
    play.follows(
        "F1 Alice -> Bob INVITE\n"
        "F2 Bob -> Alice 486 INVITE\n"
        "F3 Alice -> Bob ACK\n"
        "F4 Alice -> Bob SUBSCRIBE/200\n"
        "F6 Bob -> Alice NOTIFY/200 busy\n"
        "F8 Bob -> Alice NOTIFY/200 free\n"
        "F10 Alice -> Bob INVITE\n"
        "F11 Bob -> Alice 180 INVITE\n"
        "F12 Bob -> Alice 200 INVITE\n"
        "F13 Alice -> Bob ACK\n"
        "F14 Bob -> Alice NOTIFY/200 confirmed\n"
        "F16 Alice -> Bob SUBSCRIBE/200\n"
        "F18 Bob -> Alice NOTIFY/200 terminated\n"
    );
}

TEST_CASE("A telephone is told by a program to call somebody (RFC 5359 2.18)") {
    direct play;
    sip::refer_options options("sip:carol@chicago.example.com");
    play.refer_outside(play.alice, "sip:bob@biloxi.example.com", options.without_reports());
    play.follow_transfer(play.bob);
    play.ring(play.carol);
    play.answer(play.carol);
    play.follows(
        "F1 Alice -> Bob REFER Refer-Sub\n"
        "F2 Bob -> Alice 202 REFER\n"
        "F3 Bob -> Carol INVITE\n"
        "F4 Carol -> Bob 180 INVITE\n"
        "F5 Carol -> Bob 200 INVITE\n"
        "F6 Bob -> Carol ACK\n"
    );
}

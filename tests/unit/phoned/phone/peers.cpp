// Covers: a phone against a peer that is no phone of ours: its SIP and its descriptions are what each test says. Early
// media that is silent, media that stops or never comes (with hold in all its forms), offers that meet, and what the
// peer is told at the end. Not here: two phones (calls.cpp), the stream itself (media/stream.cpp).
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "rtp/wire/demux.hpp"
#include "rtp/wire/packet.hpp"
#include "support/phoned/world.hpp"
#include "support/ua_pair.hpp"

namespace {

using namespace std::chrono_literals;
using phoned::call_state;

/// What the peer offers or answers.
std::string description(std::string_view more = "a=sendrecv\r\n", std::string_view address = "10.0.1.9") {
    static unsigned version = 0;
    return "v=0\r\no=peer 5 " + std::to_string(++version) + " IN IP4 10.0.1.9\r\ns=-\r\nc=IN IP4 " +
           std::string(address) + "\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n" + std::string(more);
}

/// A phone that gives up a silent peer after 10 s, and a user agent at 10.0.1.9.
struct phone_and_peer : test::phone_world {
    explicit phone_and_peer(const std::function<void(phoned::settings&)>& more = {})
        : a(
              add(1001,
                  [&](phoned::settings& s) {
                      s.rtp_timeout = 10s;
                      if (more) more(s);
                  })
          ),
          peer(99) {
        peer.join(network, "10.0.1.9:5060", test::ua_pair::account_at("sip:peer@10.0.1.9"));
        register_all();
        network.on_packet = [this](const auto& p) { packets.push_back(p.text); };
    }
    sip::session_id ring() {
        a.dial("peer@10.0.1.9");
        REQUIRE(run_until(2s, [&] { return peer.count<sip::incoming_call>() == 1; }));
        const auto id = peer.last<sip::incoming_call>().id;
        REQUIRE_FALSE(peer.ring(id));
        run(100ms);
        return id;
    }
    sip::session_id talk() {
        const auto id = ring();
        REQUIRE_FALSE(peer.answer(id, description()));
        REQUIRE(run_until(1s, [&] { return a.last_call().state == call_state::confirmed; }));
        return id;
    }
    void reoffer(sip::session_id id, const std::string& text) {
        const auto answers = peer.count<sip::remote_answer>();
        REQUIRE_FALSE(peer.reoffer(id, text));
        REQUIRE(run_until(2s, [&] { return peer.count<sip::remote_answer>() == answers + 1; }));
    }
    /// The peer speaks for so long.
    void speak(std::chrono::milliseconds length) {
        for (auto left = length; left > 0ms; left -= 20ms) {
            rtp::packet_buffer packet(pool, std::vector<std::byte>(160, std::byte{0x55}));
            REQUIRE_FALSE(rtp::prepend_header(
                packet, {.type = rtp::payload_type{0},
                         .sequence = static_cast<rtp::sequence_t>(++sequence),
                         .timestamp = static_cast<rtp::timestamp_t>(sequence * 160U),
                         .ssrc = rtp::ssrc_t{77}}
            ));
            a.phone().on_media(
                now(), phoned::media_id{1}, rtp::component::rtp, std::move(packet),
                *rtp::endpoint::from_text("10.0.1.9", 4000)
            );
            run(20ms);
        }
    }
    void expect_given_up() {
        CHECK(a.live_calls() == 0);
        CHECK(a.last_call().cause == "no media for 10 s");
        CHECK(a.last_call().ended == phoned::ended_by::network);
        const auto bye = std::find_if(packets.begin(), packets.end(), [](const std::string& text) {
            return text.starts_with("BYE ");
        });
        REQUIRE(bye != packets.end());
        CHECK(bye->find("\r\nReason: Q.850;cause=41;text=\"no media for 10 s\"\r\n") != std::string::npos);
        run(1s);
        CHECK(peer.count<sip::call_ended>() == 1);
        CHECK(a.open_sockets() == 0);
    }

    test::sim_phone& a;
    test::phone peer;
    rtp::packet_pool pool{4};
    std::uint16_t sequence = 0;
    std::vector<std::string> packets;
};

}  // namespace

TEST_CASE_FIXTURE(phone_and_peer, "early media that is silent ends no call, however long it rings") {
    const auto id = ring();
    REQUIRE_FALSE(peer.ring(id, 183, description()));
    run(100s);
    CHECK(a.live_calls() == 1);
    REQUIRE_FALSE(peer.answer(id, description()));
    run(9s);
    CHECK(a.last_call().state == call_state::confirmed);
    CHECK(run_until(2s, [&] { return a.live_calls() == 0; }));
    expect_given_up();
}

TEST_CASE_FIXTURE(
    phone_and_peer,
    "The first description is the answer, in an unreliable 183, too; another one in the 2xx is passed over "
    "(RFC 3261 13.2.1, RFC 6337 3.1.1)"
) {
    std::set<std::string> sent_to;
    on_media_packet = [&](const rtp::endpoint&, const rtp::endpoint& to, std::span<const std::byte> bytes) {
        if (rtp::classify(bytes) == rtp::datagram_kind::rtp) sent_to.insert(to.to_text());
    };
    const auto id = ring();
    REQUIRE_FALSE(peer.ring(id, 183, description()));
    run(500ms);
    CHECK(sent_to == std::set<std::string>{"10.0.1.9:4000"});
    REQUIRE_FALSE(peer.answer(id, description("a=sendrecv\r\n", "10.0.1.10")));
    REQUIRE(run_until(1s, [&] { return a.last_call().state == call_state::confirmed; }));
    speak(1s);
    CHECK(sent_to == std::set<std::string>{"10.0.1.9:4000"});
    // Who means another address offers it anew.
    reoffer(id, description("a=sendrecv\r\n", "10.0.1.10"));
    sent_to.clear();
    run(500ms);
    CHECK(sent_to == std::set<std::string>{"10.0.1.10:4000"});
}

TEST_CASE_FIXTURE(phone_and_peer, "a peer that answers and never sends a packet is given up, and told why (RFC 3326)") {
    (void)talk();
    run(9500ms);
    CHECK(a.live_calls() == 1);
    CHECK(run_until(1s, [&] { return a.live_calls() == 0; }));
    expect_given_up();
}

TEST_CASE_FIXTURE(phone_and_peer, "a peer that stops sending is given up; every packet counts anew") {
    (void)talk();
    for (int i = 0; i < 10; ++i) {
        speak(100ms);
        run(9500ms);
        REQUIRE(a.live_calls() == 1);
    }
    CHECK(run_until(1s, [&] { return a.live_calls() == 0; }));
    expect_given_up();
}

TEST_CASE("a peer that holds the call may be silent for hours; silence counts again from the end of the hold") {
    for (const auto* hold : {"a=sendonly\r\n", "a=inactive\r\n"}) {
        CAPTURE(hold);
        phone_and_peer world;
        const auto id = world.talk();
        world.speak(100ms);
        world.run(9s);
        world.reoffer(id, description(hold));
        CHECK(world.a.last_call().held_by_peer);
        world.run_long(600s);
        CHECK(world.a.live_calls() == 1);
        world.reoffer(id, description());
        world.run(9500ms);
        CHECK(world.a.live_calls() == 1);
        CHECK(world.run_until(1s, [&] { return world.a.live_calls() == 0; }));
        world.expect_given_up();
    }
}

TEST_CASE_FIXTURE(
    phone_and_peer, "an offer that meets ours leaves ours as it is: the hold goes through (RFC 3261 14.2)"
) {
    const auto id = talk();
    speak(500ms);
    REQUIRE(a.phone().call_hold(a.context(), a.last_call().call).has_value());
    // Ours is on its way. The user agent would refuse the peer's by itself; should it not, the phone has to.
    const auto& theirs = peer.last<sip::incoming_call>().invite;
    for (const bool has_offer : {true, false}) {
        a.phone().on_sip(now(), sip::remote_offer{.id = a.answered, .carrier = theirs, .wanted_from_us = !has_offer});
        a.phone().on_sip(now(), sip::offer_withdrawn{a.answered});
    }
    REQUIRE(run_until(2s, [&] { return peer.count<sip::remote_offer>() == 1; }));
    REQUIRE_FALSE(peer.answer_offer(id, description("a=recvonly\r\n")));
    run(1s);
    CHECK(a.live_calls() == 1);
    CHECK(a.last_call().held_by_us);
    CHECK_FALSE(a.last_call().held_by_peer);
}

TEST_CASE_FIXTURE(
    phone_and_peer, "a re-INVITE of the peer that crosses ours is answered 491, and both get their turn"
) {
    const auto id = talk();
    speak(500ms);
    REQUIRE(a.phone().call_hold(a.context(), a.last_call().call).has_value());
    REQUIRE_FALSE(peer.reoffer(id, description("a=sendonly\r\n")));
    run(100ms);
    const auto refusals = [&] {
        return std::count_if(packets.begin(), packets.end(), [](const std::string& text) {
            return text.starts_with("SIP/2.0 491 ");
        });
    };
    CHECK(refusals() == 2);
    CHECK(peer.last<sip::offer_failed>().will_retry);
    // The peer's turn comes first, and the answer to its offer says what we want, so that ours need not be repeated.
    run(10s);
    CHECK(a.last_call().held_by_us);
    CHECK(a.last_call().held_by_peer);
    CHECK(peer.count<sip::remote_answer>() == 1);
    CHECK(peer.count<sip::remote_offer>() == 0);
    CHECK(refusals() == 2);
}

TEST_CASE(
    "early media takes the place of ring-back, and a later 180 brings it back where it may (is_deal180, "
    "call_preview_mode)"
) {
    using phoned::call_preview;
    struct {
        bool deals_180;
        call_preview preview;
        bool rings_at_last, hears_media_at_last;
    } const cases[] = {
        {true, call_preview::mix, true, true},
        {false, call_preview::mix, false, true},
        {true, call_preview::tone, true, false},
        {true, call_preview::media, false, true},
    };
    for (const auto& each : cases) {
        CAPTURE(each.deals_180);
        CAPTURE(static_cast<int>(each.preview));
        phone_and_peer world([&](phoned::settings& s) {
            s.ringing_after_media = each.deals_180;
            s.preview = each.preview;
        });
        auto& a = world.a;
        const auto id = world.ring();
        world.run(1s);
        CHECK(a.level() > -40);  // ring-back
        REQUIRE_FALSE(world.peer.ring(id, 183, description()));
        world.run(1500ms);
        CHECK(a.level() < -60);  // early media that is silent
        world.speak(1500ms);
        CHECK(a.level() > -40);
        world.run(1500ms);
        CHECK(a.level() < -60);
        REQUIRE_FALSE(world.peer.ring(id, 180));
        world.run(1s);
        CHECK((a.level() > -40) == each.rings_at_last);
        if (each.rings_at_last) continue;
        world.speak(1500ms);
        CHECK((a.level() > -40) == each.hears_media_at_last);
    }
}

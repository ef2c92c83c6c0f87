// Covered: the phases, glare, rollback in each of them, the version of o=, payload numbers over a session, slots of m=
// lines, offers in a response, copies for forks, odd answers.
#include "negotiation.hpp"

using namespace negotiation;
using namespace sdp;
using namespace std::chrono_literals;
using phase = negotiator::phase;

namespace {

session good_answer() {
    return audio_offer();
}

std::uint64_t version_of(session const& description) {
    return description.origin.version;
}

}  // namespace

TEST_CASE("An exchange we begin goes idle, local_offer, stable") {
    negotiator n{own_origin};
    CHECK((n.current() == phase::idle));
    auto const offer = n.make_offer(able_to({"PCMU", "PCMA"}), media_at(4000));
    REQUIRE(offer.has_value());
    CHECK((n.current() == phase::local_offer));
    CHECK(n.agreed().lines.empty());
    REQUIRE(n.on_remote_answer(good_answer()).has_value());
    CHECK((n.current() == phase::stable));
    CHECK(n.agreed().local == *offer);
    CHECK(n.agreed().remote == good_answer());
    CHECK(numbers(n.agreed().lines[0].send) == "0 8");
}

TEST_CASE("An exchange the peer begins goes idle, remote_offer, stable") {
    negotiator n{own_origin};
    REQUIRE(n.on_remote_offer(audio_offer()).has_value());
    CHECK((n.current() == phase::remote_offer));
    REQUIRE(n.remote_offer() != nullptr);
    CHECK(*n.remote_offer() == audio_offer());
    auto const answer = n.make_answer(able_to({"PCMU"}), media_at(4000));
    REQUIRE(answer.has_value());
    CHECK((n.current() == phase::stable));
    CHECK(n.remote_offer() == nullptr);
    CHECK(n.agreed().local == *answer);
}

TEST_CASE("Every call in every phase: what does not fit is refused and changes nothing") {
    auto const able = able_to({"PCMU"});
    auto const local = media_at(4000);
    auto const in = [&](phase wanted) {
        negotiator n{own_origin};
        if (wanted == phase::stable) {
            REQUIRE(n.on_remote_offer(audio_offer()).has_value());
            REQUIRE(n.make_answer(able, local).has_value());
        }
        if (wanted == phase::local_offer) REQUIRE(n.make_offer(able, local).has_value());
        if (wanted == phase::remote_offer) REQUIRE(n.on_remote_offer(audio_offer()).has_value());
        REQUIRE((n.current() == wanted));
        return n;
    };
    auto const status = [](auto const& outcome) { return outcome ? 0 : outcome.error().suggested_status; };
    struct row {
        phase at;
        int make_offer, on_remote_offer, make_answer, make_refusal, on_remote_answer;
    };
    for (auto const& c :
         {row{phase::idle, 0, 0, 500, 500, 500}, row{phase::stable, 0, 0, 500, 500, 500},
          row{phase::local_offer, 491, 491, 500, 500, 0}, row{phase::remote_offer, 491, 500, 0, 0, 500}}) {
        CAPTURE(static_cast<int>(c.at));
        auto const check = [&](int expected, auto&& call) {
            auto n = in(c.at);
            auto const before = n.agreed();
            CHECK(status(call(n)) == expected);
            if (expected != 0) {
                CHECK((n.current() == c.at));
                CHECK(n.agreed() == before);
            }
        };
        check(c.make_offer, [&](negotiator& n) { return n.make_offer(able, local); });
        check(c.on_remote_offer, [&](negotiator& n) { return n.on_remote_offer(audio_offer()); });
        check(c.make_answer, [&](negotiator& n) { return n.make_answer(able, local); });
        check(c.make_refusal, [&](negotiator& n) { return n.make_refusal(local); });
        check(c.on_remote_answer, [&](negotiator& n) { return n.on_remote_answer(good_answer()); });
    }
}

TEST_CASE("An offer that meets ours is glare and gets 491; ours stays open (RFC 3264 4)") {
    negotiator n{own_origin};
    REQUIRE(n.make_offer(able_to({"PCMU"}), media_at(4000)).has_value());
    auto const refused = n.on_remote_offer(audio_offer());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == errc::glare);
    CHECK(n.on_remote_answer(good_answer()).has_value());
}

TEST_CASE("Rollback of a first exchange leads back to idle, of a later one to what was agreed") {
    auto const able = able_to({"PCMU"});
    negotiator n{own_origin};
    n.rollback();
    CHECK((n.current() == phase::idle));
    REQUIRE(n.make_offer(able, media_at(4000)).has_value());
    n.rollback();
    CHECK((n.current() == phase::idle));
    REQUIRE(n.on_remote_offer(audio_offer()).has_value());
    n.rollback();
    CHECK((n.current() == phase::idle));
    CHECK(n.remote_offer() == nullptr);

    REQUIRE(n.on_remote_offer(audio_offer()).has_value());
    REQUIRE(n.make_answer(able, media_at(4000)).has_value());
    auto const lines = n.agreed().lines;
    auto const local = n.agreed().local;
    REQUIRE(n.make_offer(able, media_at(4000, hold_style::sendonly)).has_value());
    n.rollback();
    CHECK((n.current() == phase::stable));
    CHECK((n.agreed().lines == lines));
    CHECK(n.agreed().local == local);
    REQUIRE(n.on_remote_offer(audio_offer("a=sendonly\r\n")).has_value());
    n.rollback();
    CHECK((n.current() == phase::stable));
    CHECK((n.agreed().lines == lines));
    CHECK_FALSE(n.agreed().lines[0].remote_hold);
}

TEST_CASE("A re-offer that cannot be met leaves the session as it was (488, RFC 3264 4)") {
    negotiator n{own_origin};
    REQUIRE(n.on_remote_offer(audio_offer()).has_value());
    REQUIRE(n.make_answer(able_to({"PCMU"}), media_at(4000)).has_value());
    auto const before = n.agreed().lines;
    REQUIRE(n.on_remote_offer(described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=image 49170 udptl t38\r\n")).has_value());
    auto const refused = n.make_answer(able_to({"PCMU"}), media_at(4000));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().suggested_status == 488);
    CHECK((n.current() == phase::remote_offer));
    n.rollback();
    CHECK((n.agreed().lines == before));
    REQUIRE(n.on_remote_offer(audio_offer()).has_value());
    CHECK(n.make_answer(able_to({"PCMU"}), media_at(4000)).has_value());
}

TEST_CASE("The version of o= rises by one when the content changes, and only then (RFC 3264 8)") {
    auto const able = able_to({"PCMU"});
    negotiator n{own_origin};
    auto next = [&](hold_style hold) {
        auto const offer = n.make_offer(able, media_at(4000, hold));
        REQUIRE(offer.has_value());
        REQUIRE(n.on_remote_answer(good_answer()).has_value());
        return version_of(*offer);
    };
    CHECK(next(hold_style::none) == 5);
    CHECK(next(hold_style::none) == 5);
    CHECK(next(hold_style::sendonly) == 6);
    CHECK(next(hold_style::sendonly) == 6);
    CHECK(next(hold_style::none) == 7);

    // An answer is a description of ours too; the codecs it names are now fewer.
    REQUIRE(n.on_remote_offer(audio_offer("a=sendrecv\r\n")).has_value());
    auto const answer = n.make_answer(able, media_at(4000));
    REQUIRE(answer.has_value());
    CHECK(version_of(*answer) == 7);
    REQUIRE(n.on_remote_offer(audio_offer("a=inactive\r\n")).has_value());
    CHECK(version_of(*n.make_answer(able, media_at(4000))) == 8);
    // The peer repeats itself with an unchanged version: a no-op that is answered with the same (RFC 3264 8).
    REQUIRE(n.on_remote_offer(audio_offer("a=inactive\r\n")).has_value());
    CHECK(version_of(*n.make_answer(able, media_at(4000))) == 8);
}

TEST_CASE("A refused offer has used its version: the next different description goes beyond it (RFC 6337 5.2.5)") {
    auto const able = able_to({"PCMU"});
    negotiator n{own_origin};
    REQUIRE(n.make_offer(able, media_at(4000)).has_value());
    REQUIRE(n.on_remote_answer(good_answer()).has_value());
    CHECK(version_of(*n.make_offer(able, media_at(4000, hold_style::sendonly))) == 6);
    n.rollback();
    CHECK(version_of(*n.make_offer(able, media_at(4000, hold_style::sendonly))) == 6);  // Tried again as it was: 491.
    n.rollback();
    CHECK(version_of(*n.make_offer(able, media_at(4000))) == 7);
}

TEST_CASE("Only the version of o= changes, also when the media move to another address (RFC 6337 5.2.5)") {
    auto const able = able_to({"PCMU"});
    negotiator n{own_origin};
    auto const first = n.make_offer(able, media_at(4000));
    REQUIRE(n.on_remote_answer(good_answer()).has_value());
    auto moved = media_at(4002);
    moved.address.address = "192.0.2.88";
    auto const second = n.make_offer(able, moved);
    CHECK(second->connection->address == "192.0.2.88");
    CHECK(second->origin == origin{"bob", 2808844564, 6, {address_family::ip4, "192.0.2.77"}});
    CHECK(first->origin.address == second->origin.address);
}

TEST_CASE("An offer lists all codecs in our order and events for their clock rates (RFC 4733 2.5.2.1, RFC 6337 5.2.1)"
) {
    auto const offer = make_offer(able_to({"opus", "PCMA", "iLBC", "PCMU"}), media_at(4000), own_origin, {});
    CHECK(
        to_text(offer) ==
        "v=0\r\no=bob 2808844564 5 IN IP4 192.0.2.77\r\ns=-\r\nc=IN IP4 192.0.2.77\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 96 8 97 0 101 98\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=rtpmap:8 "
        "PCMA/8000\r\n"
        "a=rtpmap:97 iLBC/8000\r\na=fmtp:97 mode=30\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 "
        "telephone-event/8000\r\na=fmtp:101 0-15\r\n"
        "a=rtpmap:98 telephone-event/48000\r\na=fmtp:98 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    );
}

TEST_CASE("Wished numbers are kept free for those who wish them") {
    auto able = able_to({"opus", "iLBC", "PCMU"});
    able.audio[1].payload = payload_type{96};
    able.telephone_event->payload = payload_type{97};
    auto const offer = make_offer(able, media_at(4000), own_origin, {});
    CHECK(numbers(offer.media_lines[0].formats) == "98 96 0 97 99");
    // Two that wish the same: the first gets it.
    able.audio[0].payload = payload_type{96};
    CHECK(numbers(make_offer(able, media_at(4000), own_origin, {}).media_lines[0].formats) == "96 98 0 97 99");
}

TEST_CASE("A format for which no number is left is not offered") {
    capabilities able;
    for (int i = 0; i != 40; ++i)
        able.audio.push_back({{"own-" + std::to_string(i), 8000, 1}, {}, ""});
    auto const offer = make_offer(able, media_at(4000), own_origin, {});
    CHECK(offer.media_lines[0].formats.size() == 32);  // 31 codecs, since 101 is taken by the events.
}

TEST_CASE("Our re-offer keeps the numbers of the peer's offer and gives new codecs free ones (RFC 3264 8.3.2)") {
    negotiator n{own_origin};
    auto const able = able_to({"opus", "PCMU", "iLBC"});
    REQUIRE(n
                .on_remote_offer(described(
                    "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 110 0 96\r\na=rtpmap:110 opus/48000/2\r\n"
                    "a=rtpmap:96 telephone-event/8000\r\n"
                ))
                .has_value());
    REQUIRE(n.make_answer(able, media_at(4000)).has_value());
    auto const offer = n.make_offer(able, media_at(4000, hold_style::sendonly));
    CHECK(numbers(offer->media_lines[0].formats) == "110 0 97 96 98");
    CHECK(offer->media_lines[0].formats[2].codec.name == "iLBC");
    CHECK(offer->media_lines[0].formats[3].codec == codec{"telephone-event", 8000, 1});
    CHECK(offer->media_lines[0].formats[4].codec == codec{"telephone-event", 48000, 1});
}

TEST_CASE("A number keeps its meaning even after its codec was dropped and when the offer failed") {
    negotiator n{own_origin};
    auto wide = able_to({"PCMU", "opus"});
    wide.telephone_event.reset();
    REQUIRE(n.make_offer(wide, media_at(4000)).has_value());  // opus is 96
    n.rollback();
    auto other = able_to({"PCMU", "iLBC"});
    other.telephone_event.reset();
    CHECK(numbers(n.make_offer(other, media_at(4000))->media_lines[0].formats) == "0 97");
    n.rollback();
    CHECK(numbers(n.make_offer(wide, media_at(4000))->media_lines[0].formats) == "0 96");
}

TEST_CASE("A peer that answers with numbers of its own is sent those, and heard under both (RFC 3264 7, 5.1)") {
    negotiator n{own_origin};
    REQUIRE(n.make_offer(able_to({"opus", "PCMU"}), media_at(4000)).has_value());
    REQUIRE(n
                .on_remote_answer(described(
                    "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 111 100\r\na=rtpmap:111 opus/48000/2\r\n"
                    "a=rtpmap:100 telephone-event/8000\r\n"
                ))
                .has_value());
    auto const& line = n.agreed().lines[0];
    CHECK(numbers(line.send) == "111");
    CHECK(numbers(line.receive) == "96 111");
    CHECK(number(line.send_events.value().payload) == 100);
    CHECK(numbers(line.receive_events) == "101 100");
    // Our next offer stays with our numbers.
    auto const again = n.make_offer(able_to({"opus", "PCMU"}), media_at(4000));
    CHECK(numbers(again->media_lines[0].formats) == "96 0 101 97");
}

TEST_CASE("A peer that swaps numbers is sent what it asks for; what arrives means what we offered") {
    negotiator n{own_origin};
    auto able = able_to({"opus", "iLBC"});
    able.telephone_event.reset();
    REQUIRE(n.make_offer(able, media_at(4000)).has_value());  // opus 96, iLBC 97
    REQUIRE(n.on_remote_answer(described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 97 96\r\na=rtpmap:97 "
                                         "opus/48000/2\r\na=rtpmap:96 iLBC/8000\r\n"))
                .has_value());
    auto const& line = n.agreed().lines[0];
    CHECK(numbers(line.send) == "97 96");
    CHECK(line.send[0].codec.name == "opus");
    CHECK(numbers(line.receive) == "96 97");
    CHECK(line.receive[0].codec.name == "opus");
}

TEST_CASE("Lines never disappear: what is refused stays in its place with port 0 (RFC 3264 8, 8.2)") {
    negotiator n{own_origin};
    auto const able = able_to({"PCMU"});
    REQUIRE(n.on_remote_offer(described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=video 49168 RTP/AVP 31\r\nm=audio 49170 "
                                        "RTP/AVP 0\r\nm=image 49180 udptl t38\r\n"))
                .has_value());
    REQUIRE(n.make_answer(able, media_at(4000)).has_value());
    auto const offer = n.make_offer(able, media_at(4000));
    REQUIRE(offer->media_lines.size() == 3);
    CHECK(offer->media_lines[0].type == "video");
    CHECK(offer->media_lines[0].port == 0);
    CHECK(offer->media_lines[1].port == 4000);
    CHECK(offer->media_lines[2].other_formats == "t38");
    CHECK(offer->media_lines[2].port == 0);
}

TEST_CASE("A stream without a line takes the place of a refused audio line, else a new one below (RFC 3264 8.1)") {
    auto const able = able_to({"PCMU"});
    auto two = media_at(4000);
    two.streams.push_back({.port = 4010});

    negotiator n{own_origin};
    REQUIRE(n.on_remote_offer(
                 described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49168 RTP/AVP 18\r\nm=audio 49170 RTP/AVP 0\r\n")
    )
                .has_value());
    REQUIRE(n.make_answer(able, media_at(4000)).has_value());
    auto const reused = n.make_offer(able, two);
    CHECK(reused->media_lines.size() == 2);
    CHECK(reused->media_lines[0].port == 4010);
    CHECK(reused->media_lines[1].port == 4000);

    negotiator fresh{own_origin};
    REQUIRE(fresh.on_remote_offer(audio_offer()).has_value());
    REQUIRE(fresh.make_answer(able, media_at(4000)).has_value());
    auto const added = fresh.make_offer(able, two);
    CHECK(added->media_lines.size() == 2);
    CHECK(added->media_lines[0].port == 4000);
    CHECK(added->media_lines[1].port == 4010);
}

TEST_CASE("A stream stays on its line when the peer offers another audio line before it") {
    auto const able = able_to({"PCMU", "PCMA"});
    negotiator n{own_origin};
    REQUIRE(n.on_remote_offer(
                 described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\nm=audio 49170 RTP/AVP 0\r\n")
    )
                .has_value());
    REQUIRE(n.make_answer(able, media_at(4000)).has_value());
    REQUIRE(n.on_remote_offer(
                 described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49160 RTP/AVP 8\r\nm=audio 49170 RTP/AVP 0\r\n")
    )
                .has_value());
    auto const answer = n.make_answer(able, media_at(4000));
    CHECK(answer->media_lines[0].port == 0);
    CHECK(answer->media_lines[1].port == 4000);
    // The peer removes it: now the stream is free for the other.
    REQUIRE(n.on_remote_offer(
                 described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49160 RTP/AVP 8\r\nm=audio 0 RTP/AVP 0\r\n")
    )
                .has_value());
    CHECK(n.make_answer(able, media_at(4000))->media_lines[0].port == 4000);
    CHECK_FALSE(n.agreed().lines[1].stream.has_value());
}

TEST_CASE("An INVITE without an offer: we offer in the 2xx, the answer comes in the ACK (RFC 6337 2.2 pattern 2, 5.2.2)"
) {
    auto caller = make_side("caller", "192.0.2.1", {"PCMU", "PCMA"});
    auto callee = make_side("callee", "192.0.2.2", {"PCMA"});
    exchange(callee, caller);
    CHECK(numbers(callee.line().send) == "8");
    CHECK(numbers(caller.line().send) == "8");
    CHECK((caller.line().remote_rtp == endpoint{address_family::ip4, "192.0.2.2", 4000}));
    // And a re-INVITE without an offer gets everything we can do, not only what was agreed (RFC 6337 5.2.5).
    auto const offer = caller.negotiator.make_offer(caller.able, caller.media);
    CHECK(numbers(offer->media_lines[0].formats) == "0 8 101");
}

TEST_CASE("An unacceptable offer in a 2xx is answered by refusing every line (RFC 6337 5.2.4)") {
    negotiator n{own_origin};
    REQUIRE(n.on_remote_offer(described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 18\r\n")).has_value());
    REQUIRE_FALSE(n.make_answer(able_to({"PCMU"}), media_at(4000)).has_value());
    auto const refusal = n.make_refusal(media_at(4000));
    REQUIRE(refusal.has_value());
    CHECK(media_text(*refusal) == "m=audio 0 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n");
    CHECK((n.current() == phase::stable));
    CHECK_FALSE(n.agreed().lines[0].stream.has_value());
}

TEST_CASE("Copies for forks of one INVITE go their own ways (RFC 5761 5.1.2)") {
    negotiator first{own_origin};
    auto able = able_to({"PCMU", "PCMA"});
    able.rtcp_mux = rtcp_mux_policy::offer;
    REQUIRE(first.make_offer(able, media_at(4000)).has_value());
    negotiator second = first;
    REQUIRE(
        first.on_remote_answer(described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 1000 RTP/AVP 0\r\na=rtcp-mux\r\n"))
            .has_value()
    );
    REQUIRE(
        second.on_remote_answer(described("c=IN IP4 198.51.100.2\r\nt=0 0\r\nm=audio 2000 RTP/AVP 8\r\n")).has_value()
    );
    CHECK(first.agreed().lines[0].remote_rtp->port == 1000);
    CHECK(second.agreed().lines[0].remote_rtp->port == 2000);
    CHECK(numbers(second.agreed().lines[0].send) == "8");
    CHECK(first.agreed().lines[0].remote_rtcp->port == 1000);
    CHECK(second.agreed().lines[0].remote_rtcp->port == 2001);
}

TEST_CASE("An answer in an unreliable 183 is tried on a copy: the 200 may repeat it or say something else") {
    negotiator n{own_origin};
    REQUIRE(n.make_offer(able_to({"PCMU", "PCMA"}), media_at(4000)).has_value());
    auto early = n;
    REQUIRE(
        early.on_remote_answer(described("c=IN IP4 198.51.100.40\r\nt=0 0\r\nm=audio 3000 RTP/AVP 8\r\na=sendonly\r\n"))
            .has_value()
    );
    CHECK(early.agreed().lines[0].may_receive);
    CHECK((n.current() == phase::local_offer));
    REQUIRE(n.on_remote_answer(good_answer()).has_value());
    CHECK(n.agreed().lines[0].remote_rtp->port == 49170);
    CHECK(n.agreed().lines[0].may_send);
}

TEST_CASE("An answer that does not fit is refused with its reason and our offer stays open (RFC 3264 7)") {
    struct row {
        std::string_view media, reason;
    };
    for (auto const& c :
         {row{"m=audio 1 RTP/AVP 0\r\nm=audio 0 RTP/AVP 0\r\n", "the answer has more m= lines than the offer"},
          row{"m=video 1 RTP/AVP 31\r\n", "the answer changes the media type of an m= line"},
          row{"m=audio 1 RTP/AVP 18\r\n", "the answer names no codec of the offer"},
          row{"m=audio 1 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n",
              "the answer names no codec of the offer"},
          row{"m=audio 1 RTP/SAVP 0\r\n", "the answer changes the transport of an m= line"},
          row{"m=audio 1 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n",
              "the answer changes the address family of an m= line"}}) {
        CAPTURE(c.media);
        negotiator n{own_origin};
        REQUIRE(n.make_offer(able_to({"PCMU"}), media_at(4000)).has_value());
        auto const outcome =
            n.on_remote_answer(described(std::string{"c=IN IP4 198.51.100.1\r\nt=0 0\r\n"}.append(c.media)));
        REQUIRE_FALSE(outcome.has_value());
        CHECK(outcome.error().code == errc::bad_answer);
        CHECK(outcome.error().suggested_status == 488);
        CHECK(outcome.error().reason == c.reason);
        CHECK((n.current() == phase::local_offer));
    }
}

TEST_CASE("An answer that refuses our line, or leaves it out, leaves a session without media (RFC 3264 7)") {
    for (std::string_view const media : {"m=audio 0 RTP/AVP 0\r\n", ""}) {
        negotiator n{own_origin};
        REQUIRE(n.make_offer(able_to({"PCMU"}), media_at(4000)).has_value());
        REQUIRE(n.on_remote_answer(described(std::string{"t=0 0\r\n"}.append(media))).has_value());
        CHECK(n.agreed().lines.size() == 1);
        CHECK_FALSE(n.agreed().lines[0].stream.has_value());
        // We may try again in the same place.
        CHECK(n.make_offer(able_to({"PCMU"}), media_at(4000))->media_lines.size() == 1);
    }
}

TEST_CASE("RTP and RTCP multiplexed once stay so in our next offer, also if we only accept it (RFC 5761 5.1.1)") {
    auto able = able_to({"PCMU"});
    able.rtcp_mux = rtcp_mux_policy::accept;
    negotiator n{own_origin};
    CHECK_FALSE(n.make_offer(able, media_at(4000))->media_lines[0].rtcp_mux);
    n.rollback();
    REQUIRE(n.on_remote_offer(audio_offer("a=rtcp-mux\r\n")).has_value());
    REQUIRE(n.make_answer(able, media_at(4000)).has_value());
    CHECK(n.make_offer(able, media_at(4000))->media_lines[0].rtcp_mux);
    REQUIRE(n.on_remote_answer(good_answer()).has_value());  // The peer gives it up.
    CHECK_FALSE(n.agreed().lines[0].rtcp_mux);
    CHECK(n.agreed().lines[0].remote_rtcp->port == 49171);
}

TEST_CASE("rtcp-mux in an answer to an offer without it means nothing") {
    negotiator n{own_origin};
    REQUIRE(n.make_offer(able_to({"PCMU"}), media_at(4000)).has_value());
    REQUIRE(n.on_remote_answer(audio_offer("a=rtcp-mux\r\n")).has_value());
    CHECK_FALSE(n.agreed().lines[0].rtcp_mux);
}

TEST_CASE("A new port of the peer is followed at once (RFC 3264 8.3.1)") {
    negotiator n{own_origin};
    REQUIRE(n.on_remote_offer(audio_offer()).has_value());
    REQUIRE(n.make_answer(able_to({"PCMU"}), media_at(4000)).has_value());
    REQUIRE(n.on_remote_offer(described("c=IN IP4 198.51.100.8\r\nt=0 0\r\nm=audio 50000 RTP/AVP 0\r\n")).has_value());
    REQUIRE(n.make_answer(able_to({"PCMU"}), media_at(4000)).has_value());
    CHECK((n.agreed().lines[0].remote_rtp == endpoint{address_family::ip4, "198.51.100.8", 50000}));
}

TEST_CASE(
    "A line that becomes another medium is refused in its place, and its stream goes on elsewhere (RFC 3264 8.3.3)"
) {
    negotiator n{own_origin};
    auto const able = able_to({"PCMU"});
    REQUIRE(n.on_remote_offer(audio_offer()).has_value());
    REQUIRE(n.make_answer(able, media_at(4000)).has_value());
    REQUIRE(n.on_remote_offer(described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=video 49170 RTP/AVP 31\r\n"
                                        "m=audio 49172 RTP/AVP 0\r\n"))
                .has_value());
    auto const made = n.make_answer(able, media_at(4000));
    REQUIRE(made.has_value());
    CHECK(made->media_lines[0].type == "video");
    CHECK(made->media_lines[0].port == 0);
    CHECK(made->media_lines[1].port == 4000);
    CHECK_FALSE(n.agreed().lines[0].stream.has_value());
    CHECK(n.agreed().lines[1].remote_rtp.value().port == 49172);
}

TEST_CASE("Attributes that change in a new offer hold from its answer on (RFC 3264 8.3.4)") {
    negotiator n{own_origin};
    auto const able = able_to({"PCMU"});
    auto const agreed_with = [&](std::string_view lines) {
        REQUIRE(n.on_remote_offer(audio_offer(lines)).has_value());
        auto const before = n.agreed();
        REQUIRE(n.make_answer(able, media_at(4000)).has_value());
        return std::pair{before, n.agreed().lines[0]};
    };
    auto const first = agreed_with("a=ptime:30\r\n").second;
    CHECK((first.send_ptime == 30ms));
    CHECK(first.may_send);
    auto const [before, second] = agreed_with("a=ptime:40\r\na=sendonly\r\n");
    CHECK(before.lines[0] == first);
    CHECK((second.send_ptime == 40ms));
    CHECK_FALSE(second.may_send);
    CHECK(agreed_with("a=ptime:30\r\n").second == first);
}

TEST_CASE("Memory for numbers is bounded: at most one entry for each number and line") {
    negotiator n{own_origin};
    auto const able = able_to({"PCMU"});
    for (unsigned round = 0; round != 500; ++round) {
        auto const payload = std::to_string(96 + round % 32);
        REQUIRE(n.on_remote_offer(described(
                                      "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0 " + payload +
                                      "\r\na=rtpmap:" + payload + " own-" + std::to_string(round) + "/8000\r\n"
                                  ))
                    .has_value());
        REQUIRE(n.make_answer(able, media_at(4000)).has_value());
    }
    CHECK(n.agreed().histories[0].size() == 33);
}

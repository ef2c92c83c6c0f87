// The exchanges of RFC 3264 10, RFC 4317 2 to 5 and RFC 6337 5.3 with addresses of our own, as far as they concern
// audio. Where an example accepts video we refuse it in place; where it accepts a line of telephone events alone we
// refuse that too. An exchange is a line of the table: who offers, what is said, and what we make of it.
#include "negotiation.hpp"

#include <vector>

using namespace negotiation;
using namespace sdp;

namespace {

/// Bob's answer to a description of Alice, without packet times, as the examples have none.
class bob {
public:
    explicit bob(std::initializer_list<std::string_view> codecs) : able{able_to(codecs)} { able.ptime.reset(); }

    std::string answers(std::string_view offered_lines) {
        REQUIRE(negotiator.on_remote_offer(described(offered_lines)).has_value());
        auto const made = negotiator.make_answer(able, media);
        if (!made) FAIL(std::string{made.error().reason});
        version = made->origin.version;
        return media_text(*made);
    }

    std::string offers() {
        auto const made = negotiator.make_offer(able, media);
        REQUIRE(made.has_value());
        version = made->origin.version;
        return media_text(*made);
    }

    void takes_answer(std::string_view lines) { REQUIRE(negotiator.on_remote_answer(described(lines)).has_value()); }

    [[nodiscard]] sdp::negotiated const& line(std::size_t index = 0) const {
        return negotiator.agreed().lines.at(index);
    }

    capabilities able;
    local_media media = media_at(49920);
    sdp::negotiator negotiator{own_origin};
    std::uint64_t version = 0;
};

constexpr std::string_view session_part = "c=IN IP4 198.51.100.1\r\nt=0 0\r\n";

std::string say(std::string_view media) {
    return std::string{session_part}.append(media);
}

}  // namespace

TEST_CASE("RFC 3264 10.1: audio is taken, two video lines are refused; then the port moves and a line is added") {
    bob b{"PCMU"};
    CHECK(
        b.answers(say(
            "m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
            "m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n"
        )) ==
        "m=audio 49920 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\nm=video 0 RTP/AVP 31\r\na=rtpmap:31 "
        "H261/90000\r\n"
        "m=video 0 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n"
    );
    auto const first = b.version;

    b.able.telephone_event.reset();
    b.media.streams[0].port = 65422;
    b.media.streams.push_back({.port = 51434, .wanted = direction::recvonly});
    CHECK(
        b.offers() ==
        "m=audio 65422 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\nm=video 0 RTP/AVP 31\r\na=rtpmap:31 "
        "H261/90000\r\n"
        "m=video 0 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\nm=audio 51434 RTP/AVP 0\r\na=rtpmap:0 "
        "PCMU/8000\r\na=recvonly\r\n"
    );
    CHECK(b.version == first + 1);
    b.takes_answer(
        say("m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=video 0 RTP/AVP 31\r\nm=video 0 RTP/AVP 32\r\n"
            "m=audio 53122 RTP/AVP 0\r\na=sendonly\r\n")
    );
    CHECK(b.line(0).may_send);
    CHECK_FALSE(b.line(1).stream.has_value());
    CHECK((b.line(3).stream == 1U));
    CHECK(b.line(3).may_receive);
    CHECK_FALSE(b.line(3).may_send);
    CHECK_FALSE(b.line(3).remote_hold);
}

TEST_CASE("RFC 3264 10.2: several codecs while inactive, then one of them with media") {
    bob b{"PCMU", "G723"};
    CHECK(
        b.answers(say("m=audio 62986 RTP/AVP 0 4 18\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:4 G723/8000\r\na=rtpmap:18 "
                      "G729/8000\r\na=inactive\r\n")) ==
        "m=audio 49920 RTP/AVP 0 4\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:4 G723/8000\r\na=fmtp:4 "
        "annexa=no\r\na=inactive\r\n"
    );
    auto const first = b.version;
    CHECK(
        b.answers(say("m=audio 62986 RTP/AVP 4\r\na=rtpmap:4 G723/8000\r\na=sendrecv\r\n")) ==
        "m=audio 49920 RTP/AVP 4\r\na=rtpmap:4 G723/8000\r\na=fmtp:4 annexa=no\r\na=sendrecv\r\n"
    );
    CHECK(b.version == first + 1);
    CHECK(b.line().may_send);
}

TEST_CASE("RFC 4317 2.1: one of three codecs is accepted") {
    bob b{"PCMU"};
    CHECK(
        b.answers(say(
            "m=audio 49170 RTP/AVP 0 8 97\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:97 iLBC/8000\r\n"
            "m=video 51372 RTP/AVP 31 32\r\na=rtpmap:31 H261/90000\r\na=rtpmap:32 MPV/90000\r\n"
        )) ==
        "m=audio 49920 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\nm=video 0 RTP/AVP 31\r\na=rtpmap:31 "
        "H261/90000\r\n"
    );
}

TEST_CASE("RFC 4317 2.2: a second offer with one codec and a refused line that stays") {
    bob b{"PCMU", "PCMA"};
    CHECK(
        b.answers(say(
            "m=audio 49170 RTP/AVP 0 8 97\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:97 iLBC/8000\r\n"
            "m=video 51372 RTP/AVP 31 32\r\na=rtpmap:31 H261/90000\r\na=rtpmap:32 MPV/90000\r\n"
        )) ==
        "m=audio 49920 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\nm=video 0 RTP/AVP "
        "31\r\na=rtpmap:31 H261/90000\r\n"
    );
    auto const first = b.version;
    CHECK(
        b.answers(
            say("m=audio 51372 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=video 0 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n")
        ) ==
        "m=audio 49920 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\nm=video 0 RTP/AVP 31\r\na=rtpmap:31 "
        "H261/90000\r\n"
    );
    CHECK(b.version == first + 1);
    CHECK(b.line().remote_rtp->port == 51372);
}

TEST_CASE("RFC 4317 2.3: the answer may use another dynamic number for the same codec") {
    bob alice{"PCMU", "PCMA", "iLBC"};
    alice.able.audio[2].payload = payload_type{97};
    alice.offers();
    alice.takes_answer(say("m=audio 49172 RTP/AVP 99\r\na=rtpmap:99 iLBC/8000\r\n"));
    CHECK(numbers(alice.line().send) == "99");
    CHECK(numbers(alice.line().receive) == "97 99");
}

TEST_CASE("RFC 4317 2.4: a second line for tones is refused by a phone that sends them with its voice") {
    bob b{"iLBC"};
    CHECK(
        b.answers(say("m=audio 49170 RTP/AVP 0 97\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:97 iLBC/8000\r\n"
                      "m=audio 49172 RTP/AVP 98\r\na=rtpmap:98 telephone-event/8000\r\na=sendonly\r\n")) ==
        "m=audio 49920 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\na=fmtp:97 mode=30\r\na=sendrecv\r\n"
        "m=audio 0 RTP/AVP 98\r\na=rtpmap:98 telephone-event/8000\r\n"
    );
}

TEST_CASE("RFC 4317 2.5: the peer moves its media; our description is the same and keeps its version") {
    bob b{"iLBC"};
    auto const lines = [](std::string_view address, std::string_view port) {
        return std::string{"c=IN IP4 "}
            .append(address)
            .append("\r\nt=0 0\r\nm=audio ")
            .append(port)
            .append(" RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\n");
    };
    auto const answer = b.answers(lines("198.51.100.1", "49174"));
    auto const first = b.version;
    CHECK(b.answers(lines("198.51.100.2", "49178")) == answer);
    CHECK(b.version == first);
    CHECK((b.line().remote_rtp == endpoint{address_family::ip4, "198.51.100.2", 49178}));
}

TEST_CASE("RFC 4317 2.6: of two audio lines the first is declined and the second accepted") {
    bob b{"iLBC"};
    CHECK(
        b.answers(say("m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=audio 51372 RTP/AVP 97 101\r\na=rtpmap:97 "
                      "iLBC/8000\r\n"
                      "a=rtpmap:101 telephone-event/8000\r\n")) ==
        "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=audio 49920 RTP/AVP 97 101\r\na=rtpmap:97 "
        "iLBC/8000\r\na=fmtp:97 mode=30\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
    );
}

TEST_CASE("RFC 4317 2.8: the answer sends us to another address than its session names") {
    bob alice{"PCMU"};
    alice.offers();
    alice.takes_answer(
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49174 RTP/AVP 0\r\nc=IN IP4 198.51.100.9\r\na=rtpmap:0 PCMU/8000\r\n"
    );
    CHECK((alice.line().remote_rtp == endpoint{address_family::ip4, "198.51.100.9", 49174}));
}

TEST_CASE("RFC 4317 3.1: answered on hold, taken off hold with a new port") {
    bob alice{"PCMU", "iLBC"};
    alice.offers();
    alice.takes_answer(say("m=audio 49172 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\na=sendonly\r\n"));
    CHECK(alice.line().remote_hold);
    CHECK(alice.line().may_receive);
    CHECK_FALSE(alice.line().may_send);
    auto const first = alice.version;
    alice.media.streams[0].port = 49178;
    CHECK(
        alice.answers(say("m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\n")) ==
        "m=audio 49178 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\na=fmtp:97 mode=30\r\na=sendrecv\r\n"
    );
    CHECK(alice.version == first + 1);
    CHECK_FALSE(alice.line().remote_hold);
    CHECK(alice.line().may_send);
}

TEST_CASE("RFC 4317 3.2: of two audio lines one is put on hold") {
    bob b{"PCMU"};
    b.media.streams.push_back({.port = 49930});
    constexpr std::string_view second = "m=audio 49172 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
    b.answers(say(std::string{"m=audio 49170 RTP/AVP 0\r\n"}.append(second)));
    b.answers(say(std::string{"m=audio 49170 RTP/AVP 0\r\na=sendonly\r\n"}.append(second)));
    CHECK(b.line(0).remote_hold);
    CHECK_FALSE(b.line(1).remote_hold);
    CHECK(b.line(1).may_send);
}

TEST_CASE("RFC 4317 4.1: a second audio line is added at another address") {
    bob alice{"PCMU", "iLBC"};
    alice.offers();
    alice.takes_answer(say("m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\n"));
    alice.media.streams.push_back({.port = 49172});
    CHECK(
        alice.answers(say("m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\nm=audio 48282 RTP/AVP 0\r\nc=IN IP4 "
                          "198.51.100.40\r\na=recvonly\r\n")) ==
        "m=audio 49920 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\na=fmtp:97 mode=30\r\na=sendrecv\r\n"
        "m=audio 49172 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\n"
    );
    CHECK(alice.line(1).remote_rtp->address == "198.51.100.40");
    CHECK_FALSE(alice.line(1).may_receive);
}

TEST_CASE("RFC 4317 4.2 and 4.3: video comes and goes while audio stays") {
    bob b{"PCMU"};
    constexpr std::string_view audio = "m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
    auto const alone = b.answers(say(audio));
    CHECK(
        b.answers(say(std::string{audio}.append("m=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"))) ==
        alone + "m=video 0 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
    );
    auto const with_video = b.version;
    CHECK(
        b.answers(say(std::string{audio}.append("m=video 0 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"))) ==
        alone + "m=video 0 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
    );
    CHECK(b.version == with_video);
}

TEST_CASE("RFC 4317 5.1: no media at first, audio in the second exchange") {
    bob b{"iLBC"};
    CHECK(b.answers(session_part).empty());
    auto const first = b.version;
    CHECK(
        b.answers(say("m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\n")) ==
        "m=audio 49920 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\na=fmtp:97 mode=30\r\na=sendrecv\r\n"
    );
    CHECK(b.version == first + 1);
}

TEST_CASE("RFC 4317 5.2: an offer without an address is answered as usual, media flow once it has one") {
    bob b{"iLBC"};
    auto const answer = b.answers("c=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 23442 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\n");
    CHECK(answer == "m=audio 49920 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\na=fmtp:97 mode=30\r\na=sendrecv\r\n");
    CHECK_FALSE(b.line().may_send);
    auto const first = b.version;
    CHECK(b.answers(say("m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\n")) == answer);
    CHECK(b.version == first);
    CHECK(b.line().may_send);
}

TEST_CASE("RFC 4317 5.3: an answer without an address, then one with") {
    bob alice{"iLBC"};
    alice.offers();
    alice.takes_answer("c=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 9322 RTP/AVP 96\r\na=rtpmap:96 iLBC/8000\r\n");
    CHECK(alice.line().remote_hold);
    CHECK_FALSE(alice.line().may_send);
    alice.answers(say("m=audio 49172 RTP/AVP 96\r\na=rtpmap:96 iLBC/8000\r\n"));
    CHECK_FALSE(alice.line().remote_hold);
    CHECK(alice.line().may_send);
}

TEST_CASE("RFC 6337 5.3: a held side that holds too offers sendonly and is answered inactive") {
    auto a = make_side("a", "192.0.2.1", {"PCMU"});
    auto b = make_side("b", "192.0.2.2", {"PCMU"});
    exchange(a, b);
    a.media.streams[0].hold = hold_style::sendonly;
    exchange(a, b);
    CHECK((b.negotiator.agreed().local.media_lines[0].direction == direction::recvonly));
    b.media.streams[0].hold = hold_style::sendonly;
    exchange(b, a);
    CHECK((b.negotiator.agreed().local.media_lines[0].direction == direction::sendonly));
    CHECK((a.negotiator.agreed().local.media_lines[0].direction == direction::inactive));
    a.media.streams[0].hold = hold_style::none;
    exchange(a, b);
    CHECK((a.negotiator.agreed().local.media_lines[0].direction == direction::sendrecv));
    CHECK((b.negotiator.agreed().local.media_lines[0].direction == direction::sendonly));
}

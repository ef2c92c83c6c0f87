// Covered: the frame of an answer, codec choice and numbers, telephone-event, parameters, packet times, refused lines
// and the reasons of a whole refusal, transports, addresses, RTCP, what is not echoed. Not covered here: directions and
// hold (hold_test.cpp), the examples of the RFCs (rfc_examples_test.cpp).
#include "negotiation.hpp"

using namespace negotiation;
using namespace sdp;
using namespace std::chrono_literals;

TEST_CASE("An answer has our origin, the offer's time and one m= line for each offered (RFC 3264 6)") {
    auto const offer = described(
        "c=IN IP4 198.51.100.1\r\nt=3724394400 3724398000\r\nm=video 51372 RTP/AVP 31\r\nm=audio 49170 RTP/AVP 0\r\n"
        "m=image 49180 udptl t38\r\n"
    );
    auto const made = answered(offer, able_to({"PCMU"}), media_at(4000));
    CHECK(
        to_text(made.description) ==
        "v=0\r\no=bob 2808844564 5 IN IP4 192.0.2.77\r\ns=-\r\nc=IN IP4 192.0.2.77\r\nt=3724394400 3724398000\r\n"
        "m=video 0 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
        "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n"
        "m=image 0 udptl t38\r\n"
    );
    REQUIRE(made.lines.size() == 3);
    CHECK_FALSE(made.lines[0].stream.has_value());
    CHECK((made.lines[1].stream == 0U));
    CHECK_FALSE(made.lines[2].stream.has_value());
    CHECK((made.lines[1].remote_rtp == endpoint{address_family::ip4, "198.51.100.1", 49170}));
    CHECK((made.lines[1].remote_rtcp == endpoint{address_family::ip4, "198.51.100.1", 49171}));
}

TEST_CASE("Codecs in common keep the offered order and the offered numbers (RFC 3264 6.1)") {
    auto const offer = described(
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 120 8 98 0 97\r\na=rtpmap:120 OPUS/48000/2\r\n"
        "a=rtpmap:98 speex/8000\r\na=rtpmap:97 telephone-event/8000\r\n"
    );
    auto const made = answered(offer, able_to({"PCMU", "PCMA", "opus"}), media_at(4000));
    CHECK(
        media_text(made.description) ==
        "m=audio 4000 RTP/AVP 120 8 0 97\r\na=rtpmap:120 OPUS/48000/2\r\na=fmtp:120 useinbandfec=1\r\na=rtpmap:8 "
        "PCMA/8000\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    );
    auto const& line = made.lines[0];
    CHECK(numbers(line.send) == "120 8 0");
    CHECK(numbers(line.receive) == "120 8 0");
    REQUIRE(line.send_events.has_value());
    CHECK(number(line.send_events->payload) == 97);
    CHECK(numbers(line.receive_events) == "97");
}

TEST_CASE("Codecs match by name, clock rate and channels, not by number (RFC 7587 7.1)") {
    auto const able = able_to({"PCMU", "opus"});
    // 0 means what its rtpmap says, and only 48000/2 is Opus as RFC 7587 7 writes it.
    auto const offer = described(
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0 96 97 98\r\na=rtpmap:0 speex/8000\r\n"
        "a=rtpmap:96 opus/48000\r\na=rtpmap:97 opus/16000/2\r\na=rtpmap:98 pcmu/8000/1\r\n"
    );
    CHECK(numbers(answered(offer, able, media_at(4000)).lines[0].send) == "98");
}

TEST_CASE("A dynamic number without an rtpmap is no codec") {
    auto const offer = described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 96 0\r\n");
    CHECK(numbers(answered(offer, able_to({"PCMU"}), media_at(4000)).description.media_lines[0].formats) == "0");
}

TEST_CASE("Telephone events follow the clock rate of the codecs; 8000 Hz is always taken (RFC 4733 2.1)") {
    auto const offer = described(
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 96 0 101 102 103\r\na=rtpmap:96 opus/48000/2\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=rtpmap:102 telephone-event/48000\r\n"
        "a=rtpmap:103 telephone-event/16000\r\n"
    );
    auto const both_rates = answered(offer, able_to({"opus", "PCMU"}), media_at(4000)).lines[0];
    CHECK(number(both_rates.send_events.value().payload) == 102);
    CHECK(numbers(both_rates.receive_events) == "101 102");
    auto const narrow = answered(offer, able_to({"PCMU"}), media_at(4000)).lines[0];
    CHECK(number(narrow.send_events.value().payload) == 101);
    CHECK(numbers(narrow.receive_events) == "101");
}

TEST_CASE("A line of telephone events alone has no codec in common") {
    auto const offer =
        described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n"
        );
    auto const made = make_answer(offer, able_to({"PCMU"}), media_at(4000), own_origin, {});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().reason == "no codec in common");
}

TEST_CASE("Without events of our own none are answered; without events offered none are added") {
    auto able = able_to({"PCMU"});
    auto const plain = described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n");
    CHECK(media_text(answered(plain, able, media_at(4000)).description).find("telephone-event") == std::string::npos);
    able.telephone_event.reset();
    auto const made = answered(audio_offer(), able, media_at(4000));
    CHECK(numbers(made.description.media_lines[0].formats) == "0");
    CHECK_FALSE(made.lines[0].send_events.has_value());
    CHECK(made.lines[0].receive_events.empty());
}

TEST_CASE("annexb=no of either side counts for both (RFC 7261 3)") {
    struct row {
        std::string_view offered, ours, answered, to_send;
    };
    for (auto const& c :
         {row{"", "", "", ""}, row{"annexb=no", "", "annexb=no", "annexb=no"}, row{"annexb=yes", "", "", "annexb=yes"},
          row{"annexb=yes", "annexb=no", "annexb=no", "annexb=no"}, row{"", "annexb=no", "annexb=no", "annexb=no"},
          row{"x=1;annexb=no", "annexb=yes;y=2", "y=2;annexb=no", "x=1;annexb=no"}}) {
        CAPTURE(c.offered);
        CAPTURE(c.ours);
        auto able = able_to({"G729"});
        able.audio[0].parameters = c.ours;
        std::string lines = "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 18\r\n";
        if (!c.offered.empty()) lines.append("a=fmtp:18 ").append(c.offered).append("\r\n");
        auto const made = answered(described(lines), able, media_at(4000));
        CHECK(made.description.media_lines[0].formats[0].parameters == c.answered);
        CHECK(made.lines[0].receive[0].parameters == c.answered);
        CHECK(made.lines[0].send[0].parameters == c.to_send);
    }
}

TEST_CASE("A parameter that is part of the codec must be the same on both sides (AMR octet-align, RFC 4867 8.3.1)") {
    auto able = able_to({});
    able.audio.push_back({{"AMR", 8000, 1}, {}, "octet-align=1"});
    auto const offer = described(
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 96 97 98\r\na=rtpmap:96 AMR/8000\r\n"
        "a=rtpmap:97 AMR/8000\r\na=fmtp:97 mode-set=0,2; octet-align=1\r\na=rtpmap:98 AMR/8000\r\n"
        "a=fmtp:98 octet-align=1; interleaving=30\r\n"
    );
    CHECK(numbers(answered(offer, able, media_at(4000)).description.media_lines[0].formats) == "97");
}

TEST_CASE("The answer declares our packet times; we send what the peer asks for, within what we can (RFC 8866 6.4, 6.5)"
) {
    struct row {
        std::string_view lines;
        std::chrono::milliseconds send;
    };
    auto able = able_to({"PCMU"});
    able.maxptime = 60ms;
    for (auto const& c :
         {row{"", 20ms}, row{"a=ptime:30\r\n", 30ms}, row{"a=ptime:7\r\n", 10ms}, row{"a=ptime:1\r\n", 10ms},
          row{"a=ptime:35\r\n", 30ms}, row{"a=ptime:200\r\n", 60ms}, row{"a=ptime:65535\r\n", 60ms},
          row{"a=ptime:40\r\na=maxptime:30\r\n", 30ms}, row{"a=maxptime:10\r\n", 10ms}, row{"a=maxptime:1\r\n", 10ms},
          row{"a=ptime:0\r\n", 20ms}}) {
        CAPTURE(c.lines);
        auto const made = answered(audio_offer(c.lines), able, media_at(4000));
        CHECK((made.lines[0].send_ptime == c.send));
        CHECK((made.description.media_lines[0].ptime == 20ms));
        CHECK((made.description.media_lines[0].maxptime == 60ms));
    }
    able.ptime.reset();
    able.maxptime.reset();
    auto const made = answered(audio_offer(), able, media_at(4000));
    CHECK(media_text(made.description).find("ptime") == std::string::npos);
    CHECK((made.lines[0].send_ptime == 20ms));
}

TEST_CASE("An offer that leaves nothing fails with 488 and says why (RFC 6337 5.2.3)") {
    struct row {
        std::string_view media, reason;
    };
    constexpr std::string_view prefix = "c=IN IP4 198.51.100.1\r\nt=0 0\r\n";
    for (auto const& c :
         {row{"m=audio 49170 RTP/AVP 18\r\n", "no codec in common"},
          row{"m=video 49170 RTP/AVP 31\r\n", "only audio is supported"},
          row{"m=video 49170 RTP/AVP 31\r\nm=audio 49172 RTP/AVP 18\r\n", "no codec in common"},
          row{"m=audio 49172 RTP/SAVP 0\r\nm=video 49170 RTP/AVP 31\r\n", "secure media is switched off"},
          row{"m=audio 49170 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n",
              "secure media is switched off"},
          row{"m=audio 49170 UDP/TLS/RTP/SAVPF 0\r\n", "secure media is switched off"},
          row{"m=audio 49170 TCP/RTP/AVP 0\r\n", "the transport is not supported"},
          row{"m=audio 49170 X/Y 0\r\n", "the transport is not supported"},
          row{"m=audio 49170 RTP/AVP 0\r\na=rtcp-mux\r\na=rtcp-mux-only\r\n", "rtcp-mux is required (RFC 8858)"},
          row{"m=audio 49170/2 RTP/AVP 0\r\n", "several ports in one m= line are not supported"},
          row{"m=audio 49170 RTP/AVP 0\r\nc=IN IP4 233.252.0.1/127\r\n", "multicast is not supported"},
          row{"m=audio 49170 RTP/AVP 0\r\nc=ATM NSAP 47\r\n", "the address type is not supported"},
          row{"m=audio 49170 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n", "no common address family"},
          row{"m=image 49170 udptl t38\r\n", "only audio is supported"}}) {
        CAPTURE(c.media);
        auto const made = make_answer(
            described(std::string{prefix}.append(c.media)), able_to({"PCMU"}), media_at(4000), own_origin, {}
        );
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == errc::not_acceptable);
        CHECK(made.error().suggested_status == 488);
        CHECK(made.error().reason == c.reason);
    }
}

TEST_CASE("Without a local stream no line is accepted") {
    auto const made = make_answer(audio_offer(), able_to({"PCMU"}), {media_at(4000).address, {}}, own_origin, {});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().reason == "no local stream for the m= line");
}

TEST_CASE("A secured line is refused in place beside a plain one, keys are not echoed") {
    auto const offer = described(
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n"
        "m=audio 49170 rtp/avp 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n"
    );
    CHECK(
        media_text(answered(offer, able_to({"PCMU"}), media_at(4000)).description) ==
        "m=audio 0 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=audio 4000 rtp/avp 0\r\na=rtpmap:0 "
        "PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n"
    );
}

TEST_CASE("A second audio line is refused in place when there is one stream, accepted when there are two") {
    auto const offer = described(
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 18\r\nm=audio 49172 RTP/AVP 0\r\nm=audio 49174 "
        "RTP/AVP 8\r\n"
    );
    auto local = media_at(4000);
    auto const one = answered(offer, able_to({"PCMU", "PCMA"}), local);
    CHECK(one.description.media_lines[0].port == 0);
    CHECK(one.description.media_lines[1].port == 4000);
    CHECK(one.description.media_lines[2].port == 0);
    local.streams.push_back({.port = 4010, .rtcp_port = 4015});
    auto const two = answered(offer, able_to({"PCMU", "PCMA"}), local);
    CHECK(two.description.media_lines[1].port == 4000);
    CHECK(two.description.media_lines[2].port == 4010);
    CHECK((two.description.media_lines[2].rtcp == rtcp_attribute{4015, {}}));
    CHECK((two.lines[2].stream == 1U));
    CHECK((two.lines[2].remote_rtp == endpoint{address_family::ip4, "198.51.100.1", 49174}));
}

TEST_CASE("An offer without media, or with refused lines only, is answered in kind (RFC 3264 8.2)") {
    auto const none = answered(described("t=0 0\r\n"), able_to({"PCMU"}), media_at(4000));
    CHECK(none.description.media_lines.empty());
    auto const refused = answered(described("t=0 0\r\nm=audio 0 RTP/AVP 0 8\r\n"), able_to({"PCMU"}), media_at(4000));
    CHECK(media_text(refused.description) == "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n");
    CHECK_FALSE(refused.lines[0].stream.has_value());
}

TEST_CASE("A refusal keeps every line with port 0 (RFC 6337 5.2.4)") {
    auto const offer = described(
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0 96\r\na=rtpmap:96 opus/48000/2\r\nm=image 49172 "
        "udptl t38\r\n"
    );
    auto const made = make_refusal(offer, media_at(4000), own_origin);
    CHECK(media_text(made.description) == "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=image 0 udptl t38\r\n");
    CHECK(made.lines.size() == 2);
}

TEST_CASE("IPv6 addresses are answered and reported as they are written") {
    auto const offer = audio_offer("", "IN IP6 2001:db8::5");
    local_media const local{{address_family::ip6, "2001:db8::77"}, {local_stream{.port = 4000}}};
    auto const made = answered(offer, able_to({"PCMU"}), local);
    CHECK(
        to_text(made.description).find("o=bob 2808844564 5 IN IP6 2001:db8::77\r\ns=-\r\nc=IN IP6 2001:db8::77\r\n") !=
        std::string::npos
    );
    CHECK((made.lines[0].remote_rtp == endpoint{address_family::ip6, "2001:db8::5", 49170}));
}

TEST_CASE("A host name in c= is passed on for the application to resolve") {
    auto const made = answered(audio_offer("", "IN IP4 media.example.com"), able_to({"PCMU"}), media_at(4000));
    CHECK((made.lines[0].remote_rtp == endpoint{address_family::ip4, "media.example.com", 49170}));
}

TEST_CASE("RTCP goes to the next port, to the port or address of a=rtcp, or nowhere (RFC 3605 2.1)") {
    auto const rtcp_of = [](std::string_view lines, std::string_view place = "IN IP4 198.51.100.1") {
        return answered(audio_offer(lines, place), able_to({"PCMU"}), media_at(4000)).lines[0].remote_rtcp;
    };
    CHECK((rtcp_of("") == endpoint{address_family::ip4, "198.51.100.1", 49171}));
    CHECK((rtcp_of("a=rtcp:53020\r\n") == endpoint{address_family::ip4, "198.51.100.1", 53020}));
    CHECK((rtcp_of("a=rtcp:53020 IN IP4 198.51.100.9\r\n") == endpoint{address_family::ip4, "198.51.100.9", 53020}));
    CHECK_FALSE(rtcp_of("", "IN IP4 0.0.0.0").has_value());
    CHECK_FALSE(rtcp_of("a=rtcp:53020 IN IP4 0.0.0.0\r\n").has_value());
    auto const last_port = described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 65535 RTP/AVP 0\r\n");
    CHECK_FALSE(answered(last_port, able_to({"PCMU"}), media_at(4000)).lines[0].remote_rtcp.has_value());
}

TEST_CASE("a=rtcp-mux is answered only when it is offered and our policy takes it (RFC 5761 5.1.1)") {
    for (auto const policy : {rtcp_mux_policy::refuse, rtcp_mux_policy::accept, rtcp_mux_policy::offer}) {
        auto able = able_to({"PCMU"});
        able.rtcp_mux = policy;
        CHECK_FALSE(answered(audio_offer(), able, media_at(4000)).description.media_lines[0].rtcp_mux);
        auto const made = answered(audio_offer("a=rtcp-mux\r\na=rtcp:49199\r\n"), able, media_at(4000));
        bool const taken = policy != rtcp_mux_policy::refuse;
        CHECK(made.description.media_lines[0].rtcp_mux == taken);
        CHECK(made.lines[0].rtcp_mux == taken);
        CHECK(made.lines[0].remote_rtcp.value().port == (taken ? 49170 : 49199));
    }
}

TEST_CASE("A line of the feedback profile is served without feedback (RFC 4585 4.2)") {
    auto const offer = described(
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVPF 0\r\na=rtcp-fb:* trr-int 100\r\na=rtcp-fb:0 nack\r\n"
    );
    CHECK(
        media_text(answered(offer, able_to({"PCMU"}), media_at(4000)).description) ==
        "m=audio 4000 RTP/AVPF 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n"
    );
}

TEST_CASE("ICE, BUNDLE and unknown attributes are not echoed, but the name of a line is (RFC 5888 9.2, RFC 9143 7.3)") {
    auto const offer = described(
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\na=group:BUNDLE 0\r\na=ice-lite\r\nm=audio 49170 RTP/AVP 0\r\na=mid:0\r\n"
        "a=ice-ufrag:F7gI\r\na=ice-pwd:x9cml/YzichV2+XlhiMu8g\r\n"
        "a=candidate:1 1 UDP 2130706431 198.51.100.1 49170 typ host\r\na=ssrc:1 cname:x\r\na=X-own:1\r\ny=1\r\n"
    );
    CHECK(
        media_text(answered(offer, able_to({"PCMU"}), media_at(4000)).description) ==
        "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\na=mid:0\r\n"
    );
}

TEST_CASE(
    "A bandwidth of zero asks us not to send, one of an unknown kind asks nothing (RFC 3264 5.1, RFC 3890 6.2, RFC "
    "8866 5.8)"
) {
    CHECK_FALSE(answered(audio_offer("b=AS:0\r\n"), able_to({"PCMU"}), media_at(4000)).lines[0].may_send);
    CHECK(answered(audio_offer("b=AS:64\r\nb=RS:0\r\n"), able_to({"PCMU"}), media_at(4000)).lines[0].may_send);
    CHECK(answered(audio_offer("b=X-own:0\r\n"), able_to({"PCMU"}), media_at(4000)).lines[0].may_send);
}

TEST_CASE("A multicast line is refused in its place beside one that is not (RFC 3264 6.2)") {
    auto const offer = described(
        "c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\nc=IN IP4 233.252.0.1/127\r\n"
        "m=audio 49172 RTP/AVP 0\r\n"
    );
    auto const made = answered(offer, able_to({"PCMU"}), media_at(4000));
    REQUIRE(made.description.media_lines.size() == 2);
    CHECK(made.description.media_lines[0].port == 0);
    CHECK_FALSE(made.lines[0].stream.has_value());
    CHECK(made.description.media_lines[1].port == 4000);
}

TEST_CASE("Comfort noise never leads the list of codecs to send") {
    auto able = able_to({"PCMU"});
    able.audio.push_back({{"CN", 8000, 1}, payload_type{13}, ""});
    auto const offer = described("c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 13 0\r\n");
    CHECK(numbers(answered(offer, able, media_at(4000)).lines[0].send) == "0 13");
}

// Covers: the audio of one call against a peer whose packets are made by hand: what is heard of changed sources,
// payload numbers and codecs, digits in both directions, symmetric RTP, RTCP beside and inside RTP, silence that is
// reported and silence that is owed, devices at 8 and 16 kHz. Not here: two phones in a call (phone/calls.cpp), the
// jitter buffer and RTP themselves (librtp's tests).
#include "phoned/media/stream.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "rtp/codec/codec.hpp"
#include "rtp/codec/g711.hpp"
#include "rtp/session/telephone_event.hpp"
#include "rtp/signal/dtmf.hpp"
#include "rtp/signal/level.hpp"
#include "rtp/signal/tone_meter.hpp"
#include "rtp/stats/sequence.hpp"
#include "rtp/wire/demux.hpp"
#include "sdp/model/parse.hpp"
#include "sdp/negotiate/negotiator.hpp"
#include "support/seeded_random.hpp"

namespace {

using namespace std::chrono_literals;
using namespace phoned;

rtp::endpoint at(const char* address, std::uint16_t port) {
    return rtp::endpoint::from_text(address, port).value();
}

const rtp::endpoint peer = at("192.0.2.1", 4000), peer_rtcp = at("192.0.2.1", 4001);
const media_ports own{media_id{1}, at("198.51.100.1", 11780), at("198.51.100.1", 11781)};

/// What the peer describes: one audio line.
struct offer {
    std::string address = "192.0.2.1", formats = "0 101", more = "a=rtpmap:101 telephone-event/8000\r\n";
    unsigned port = 4000;
    std::string direction = "sendrecv";

    [[nodiscard]] std::string text() const {
        return "v=0\r\no=- 1 " + std::to_string(++version) + " IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 " + address +
               "\r\nt=0 0\r\nm=audio " + std::to_string(port) + " RTP/AVP " + formats + "\r\n" + more +
               "a=" + direction + "\r\n";
    }
    static inline unsigned version = 0;
};

/// How the peer sends now.
struct speech {
    double tone = 440;
    const rtp::codec* codec = &rtp::pcmu();
    rtp::payload_type type{0};
    std::uint32_t ssrc = 0xBEEF;
    rtp::endpoint from = peer;
    std::uint16_t sequence = 1000;
    std::uint32_t timestamp = 50'000;
};

struct line {
    explicit line(const stream_settings& settings = usual_settings(), std::uint32_t device_rate = 8000)
        : rate(device_rate), stream(media_stream::create(now, settings, environment, pool)), heard(device_rate) {
        REQUIRE(stream != nullptr);
    }

    static stream_settings usual_settings() {
        stream_settings out;
        out.cname = "test";
        out.jitter = default_settings().jitter_buffer;
        out.media_timeout = 10s;
        out.local = own.rtp;
        return out;
    }

    /// The peer offers, we answer; the outcome goes to the stream. Returns our answer.
    std::string agree(const offer& description, sdp::hold_style hold = sdp::hold_style::none) {
        auto offered = sdp::parse(description.text());
        REQUIRE(offered.has_value());
        REQUIRE(negotiator.on_remote_offer(std::move(*offered)).has_value());
        const auto answer = negotiator.make_answer(capabilities_of(account), local_media_of(own, hold));
        REQUIRE(answer.has_value());
        stream->apply(now, negotiator.agreed().lines.front(), rtp::peer_media::expected, out);
        return answer->media_lines.front().rtcp_mux ? "a=rtcp-mux" : "";
    }

    /// Both talk: a packet of the peer every 20 ms, our device every 10 ms.
    void talk(std::chrono::milliseconds length, speech& how) {
        for (auto left = length; left > 0ms; left -= 20ms) {
            std::vector<std::int16_t> samples(160);
            for (std::size_t i = 0; i < samples.size(); ++i)
                samples[i] = sample(how.tone, how.timestamp + i, 8000);
            std::vector<std::byte> octets(160);
            (void)rtp::encoder(*how.codec).encode(samples, octets).value();
            receive(how, octets);
            how.timestamp += 160;
            wait(20ms);
        }
    }
    void receive(speech& how, std::span<const std::byte> payload, bool marker = false) {
        rtp::packet_buffer packet(pool, payload);
        REQUIRE_FALSE(rtp::prepend_header(
            packet, {.marker = marker,
                     .type = how.type,
                     .sequence = static_cast<rtp::sequence_t>(how.sequence++),
                     .timestamp = static_cast<rtp::timestamp_t>(how.timestamp),
                     .ssrc = static_cast<rtp::ssrc_t>(how.ssrc)}
        ));
        stream->on_packet(now, rtp::component::rtp, std::move(packet), how.from, out);
    }
    /// Time passes: the device runs, timers fire.
    void wait(std::chrono::milliseconds length) {
        for (auto left = length; left > 0ms; left -= 10ms) {
            now.mono += 10ms;
            now.wall += 10ms;
            if (const auto due = stream->next_deadline(); due && *due <= now.mono) stream->on_timeout(now, out);
            std::vector<std::int16_t> captured(rate / 100), playback(rate / 100);
            for (auto& each : captured)
                each = sample(own_tone, spoken++, rate);
            stream->on_period(now, captured, playback, out);
            std::move(heard.begin() + rate / 100, heard.end(), heard.begin());
            std::copy(playback.begin(), playback.end(), heard.end() - rate / 100);
        }
    }
    static std::int16_t sample(double hertz, std::size_t index, double rate) {
        return static_cast<std::int16_t>(
            6000 * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(index) / rate)
        );
    }

    /// What the last 300 ms were, in Hz; 0: silence.
    [[nodiscard]] double tone_heard() const {
        const auto last = std::span(heard).last(rate * 3 / 10);
        return rtp::level_dbov(last) < -50 ? 0 : std::round(rtp::find_dominant_tone(last, rate).hertz);
    }
    template <class Event>
    [[nodiscard]] std::vector<Event> events() const {
        std::vector<Event> found;
        for (const auto& each : out.events)
            if (const auto* match = std::get_if<Event>(&each)) found.push_back(*match);
        return found;
    }
    [[nodiscard]] std::vector<rtp::packet_view> sent() const {
        std::vector<rtp::packet_view> packets;
        for (const auto& each : out.datagrams)
            if (rtp::classify(each.packet.bytes()) == rtp::datagram_kind::rtp)
                packets.push_back(rtp::packet_view::parse(each.packet.bytes()).value());
        return packets;
    }
    /// The tone in the G.711 packets that were sent since `out` was cleared, in Hz.
    [[nodiscard]] double tone_sent(const rtp::codec& codec) const {
        std::vector<std::int16_t> samples;
        for (const auto& packet : sent()) {
            std::vector<std::int16_t> decoded(packet.payload().size());
            (void)rtp::decoder(codec).decode(packet.payload(), decoded).value();
            samples.insert(samples.end(), decoded.begin(), decoded.end());
        }
        return std::round(rtp::find_dominant_tone(samples, 8000).hertz);
    }

    test::seeded_random random{7};
    rtp::environment environment{[this] { return random(); }};
    rtp::packet_pool pool{16};
    now_t now{time_point{} + 1000h, {}};
    std::uint32_t rate;
    account_settings account = default_settings().accounts[0];
    sdp::negotiator negotiator{{.username = "-", .session_id = 1, .version = 1, .address = {}}};
    rtp::outbox out;
    std::unique_ptr<media_stream> stream;
    std::vector<std::int16_t> heard;
    std::size_t spoken = 0;
    double own_tone = 700;
};

}  // namespace

TEST_CASE("both ways: what the peer says is heard, what the microphone says is sent") {
    line l;
    l.agree({});
    speech how;
    l.talk(1s, how);
    CHECK(l.tone_heard() == 440);
    CHECK(l.tone_sent(rtp::pcmu()) == 700);
    CHECK(l.out.datagrams.back().to == peer);
    CHECK(l.stream->quality().packets_received == 49);  // the first one was on probation
    CHECK(l.stream->quality().playout_delay >= 5ms);
    CHECK(l.stream->quality().playout_delay <= 80ms);
    CHECK(l.stream->quality().octets_received == 49 * 160);
}

TEST_CASE("what a listener would say is unknown before sound came, and good on a clean line") {
    line l;
    l.agree({});
    CHECK_FALSE(l.stream->quality().mos_lq.has_value());
    speech how;
    l.talk(1s, how);
    CHECK(l.stream->quality().mos_lq.value_or(0) > 4.3);
    // Conversation needs the round trip, which no report has told yet.
    CHECK_FALSE(l.stream->quality().mos_cq.has_value());
    CHECK_FALSE(l.stream->quality().r_factor.has_value());
}

TEST_CASE("a re-INVITE may change address, payload number, codec and source all at once") {
    line l;
    l.agree({});
    speech before;
    l.talk(1s, before);
    const auto own_source = l.sent().front().ssrc();

    offer moved;
    moved.address = "192.0.2.77";
    moved.port = 6000;
    moved.formats = "8 97";
    moved.more = "a=rtpmap:97 telephone-event/8000\r\n";
    l.agree(moved);
    speech after{.tone = 620, .codec = &rtp::pcma(), .type = rtp::payload_type{8}, .ssrc = 0xCAFE};
    after.from = at("192.0.2.77", 6000);
    after.sequence = 7;
    after.timestamp = 3'000'000'000;
    l.out.clear();
    l.talk(600ms, after);
    CHECK(l.tone_heard() == 620);
    CHECK(l.tone_sent(rtp::pcma()) == 700);
    CHECK(l.sent().back().type() == rtp::payload_type{8});
    CHECK(l.sent().back().ssrc() == own_source);
    CHECK(l.out.datagrams.back().to == after.from);

    l.out.clear();
    REQUIRE(l.stream->send_digits(l.now, "7", l.out));
    l.wait(300ms);
    const auto packets = l.sent();
    CHECK(std::any_of(packets.begin(), packets.end(), [](const rtp::packet_view& p) {
        return p.type() == rtp::payload_type{97};
    }));
}

TEST_CASE("another source without a word of SDP is heard after its second packet, and nothing of the old one follows") {
    line l;
    l.agree({});
    speech first;
    l.talk(1s, first);
    speech second{.tone = 620, .ssrc = 0xCAFE, .sequence = 1, .timestamp = 9};
    l.talk(400ms, second);
    CHECK(l.tone_heard() == 620);
    CHECK(l.events<rtp::source_changed>().size() == 1);
    // The same source starts over, as after a restart of the peer.
    second.sequence = 40'000;
    second.timestamp = 2'000'000'000;
    second.tone = 500;
    l.talk(400ms, second);
    CHECK(l.tone_heard() == 500);
}

TEST_CASE("an agreement that repeats itself disturbs nothing that is being played") {
    line l;
    l.agree({});
    speech how;
    l.talk(1s, how);
    for (int i = 0; i < 10; ++i) {
        l.agree({});
        l.talk(100ms, how);
    }
    CHECK(l.tone_heard() == 440);
    CHECK(l.stream->quality().frames_concealed == 0);
    CHECK(l.stream->quality().packets_late == 0);
}

TEST_CASE("telephone events are digits, and their packets are no lost sound (RFC 4733)") {
    line l;
    l.agree({});
    speech how;
    l.talk(1s, how);
    const auto lost = l.stream->quality().frames_concealed;
    how.type = rtp::payload_type{101};
    for (std::uint16_t i = 1; i <= 8; ++i) {
        const rtp::telephone_event report{
            .event = rtp::event_code{5},
            .end = i > 5,
            .volume = 10,
            .duration = static_cast<std::uint16_t>(160 * std::min<int>(i, 5))};
        l.receive(how, report.to_bytes(), i == 1);
        l.wait(20ms);
    }
    how.type = rtp::payload_type{0};
    how.timestamp += 8 * 160;
    l.talk(500ms, how);
    REQUIRE(l.events<rtp::digit_started>().size() == 1);
    CHECK(rtp::digit_of(l.events<rtp::digit_started>().front().event) == '5');
    CHECK(l.events<rtp::digit_ended>().size() == 1);
    CHECK(l.tone_heard() == 440);
    CHECK(l.stream->quality().frames_concealed <= lost + 6);  // the end of the sound before the digit
    CHECK(l.stream->quality().packets_lost == 0);
}

TEST_CASE("more digits than librtp queues all arrive, in order, by event and in band") {
    const std::string digits = "0123456789*#0123456789*#0123456789*#0123456789*#";
    SUBCASE("as events") {
        line l;
        l.agree({});
        REQUIRE(l.stream->send_digits(l.now, digits, l.out));
        l.wait(15s);
        std::string seen;
        rtp::timestamp_t last{};
        for (const auto& packet : l.sent()) {
            if (packet.type() != rtp::payload_type{101} || (!seen.empty() && packet.timestamp() == last)) continue;
            last = packet.timestamp();
            seen += rtp::digit_of(rtp::telephone_event::parse(packet.payload())->event).value();
        }
        CHECK(seen == digits);
    }
    SUBCASE("in band") {
        auto settings = line::usual_settings();
        settings.digits = dtmf_method::in_band;
        line l(settings);
        l.own_tone = 0;
        l.agree({});
        REQUIRE(l.stream->send_digits(l.now, digits, l.out));
        l.wait(12s);
        rtp::dtmf_detector detector(8000);
        std::string seen;
        for (const auto& packet : l.sent()) {
            std::vector<std::int16_t> samples(packet.payload().size());
            (void)rtp::decoder(rtp::pcmu()).decode(packet.payload(), samples).value();
            detector.feed(samples);
            while (const auto digit = detector.next())
                seen += digit->digit;
        }
        CHECK(seen == digits);
    }
}

TEST_CASE("digits that the peer does not take are refused at once (RFC 4733 2.4.1, 2.5.1.1)") {
    line l;
    offer picky;
    picky.more += "a=fmtp:101 0-9,11\r\n";
    l.agree(picky);
    CHECK(l.stream->send_digits(l.now, "19#", l.out));
    CHECK_FALSE(l.stream->send_digits(l.now, "*", l.out));
    CHECK_FALSE(l.stream->send_digits(l.now, "1A", l.out));
    offer broken;
    broken.more += "a=fmtp:101 dtmf\r\n";
    l.agree(broken);
    CHECK(l.stream->send_digits(l.now, "*", l.out));
    offer none;
    none.formats = "0";
    none.more.clear();
    l.agree(none);
    CHECK_FALSE(l.stream->send_digits(l.now, "1", l.out));
}

TEST_CASE("symmetric RTP follows a peer behind a NAT where the policy says so") {
    const auto nat = at("203.0.113.9", 61'000);
    const auto destination = [&](symmetric_rtp_policy policy, const char* described) {
        auto settings = line::usual_settings();
        settings.symmetric = policy;
        line l(settings);
        offer description;
        description.address = described;
        l.agree(description);
        speech how;
        how.from = nat;
        l.talk(200ms, how);
        return l.stream->remote();
    };
    CHECK(destination(symmetric_rtp_policy::behind_nat, "192.168.1.5") == nat);
    CHECK(destination(symmetric_rtp_policy::behind_nat, "192.0.2.1") == peer);
    CHECK(destination(symmetric_rtp_policy::never, "192.168.1.5") == at("192.168.1.5", 4000));
    CHECK(destination(symmetric_rtp_policy::always, "192.0.2.1") == nat);
}

TEST_CASE("who has learnt an address keeps to it: a stranger is not heard, and the described address takes it back") {
    auto settings = line::usual_settings();
    settings.symmetric = symmetric_rtp_policy::always;
    line l(settings);
    l.agree({});
    speech behind_nat;
    behind_nat.from = at("203.0.113.9", 61'000);
    l.talk(500ms, behind_nat);
    speech stranger{.tone = 620, .ssrc = 0xCAFE};
    stranger.from = at("203.0.113.66", 5);
    const auto before = l.stream->quality().packets_received;
    for (int i = 0; i < 40; ++i) {
        const std::vector<std::byte> octets(160, std::byte{0x55});
        l.receive(stranger, octets);
        l.talk(20ms, behind_nat);
    }
    CHECK(l.tone_heard() == 440);
    CHECK(l.stream->remote() == behind_nat.from);
    CHECK(l.stream->quality().packets_received == before + 40);
    behind_nat.from = peer;
    l.talk(500ms, behind_nat);
    CHECK(l.stream->remote() == peer);
    CHECK(l.tone_heard() == 440);
}

TEST_CASE("which addresses are private, and to whom that matters") {
    const auto latches = [](const char* own_address, const char* peer_address) {
        return latching_for(symmetric_rtp_policy::behind_nat, at(own_address, 1), at(peer_address, 2)) ==
               rtp::latching::once;
    };
    for (const char* hidden :
         {"10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.0.1", "100.64.0.1", "100.127.0.1", "169.254.9.9"}) {
        CAPTURE(hidden);
        CHECK(latches("198.51.100.1", hidden));
        CHECK_FALSE(latches("192.168.5.5", hidden));
    }
    for (const char* open : {"172.15.0.1", "172.32.0.1", "192.167.0.1", "100.63.0.1", "100.128.0.1", "11.0.0.1"}) {
        CAPTURE(open);
        CHECK_FALSE(latches("198.51.100.1", open));
    }
    CHECK(latches("2001:db8::1", "fd00::1"));
    CHECK(latches("2001:db8::1", "fe80::1"));
    CHECK_FALSE(latches("2001:db8::1", "2001:db8::2"));
    CHECK_FALSE(latches("127.0.0.1", "127.0.0.1"));
}

TEST_CASE("RTCP has its own port, unless both sides agreed to multiplex it (RFC 5761)") {
    const auto reports = [](const line& l) {
        std::vector<std::pair<rtp::component, rtp::endpoint>> found;
        for (const auto& each : l.out.datagrams)
            if (rtp::classify(each.packet.bytes()) == rtp::datagram_kind::rtcp) found.emplace_back(each.via, each.to);
        return found;
    };
    line l;
    CHECK(l.agree({}).empty());
    l.wait(10s);
    REQUIRE_FALSE(reports(l).empty());
    for (const auto& [via, to] : reports(l)) {
        CHECK(via == rtp::component::rtcp);
        CHECK(to == peer_rtcp);
    }
    l.out.clear();
    offer multiplexed;
    multiplexed.more += "a=rtcp-mux\r\n";
    CHECK(l.agree(multiplexed) == "a=rtcp-mux");
    l.wait(10s);
    REQUIRE_FALSE(reports(l).empty());
    for (const auto& [via, to] : reports(l)) {
        CHECK(via == rtp::component::rtp);
        CHECK(to == peer);
    }
}

TEST_CASE("a peer that falls silent is reported once, after the time that is set, and its return too") {
    line l;
    l.agree({});
    speech how;
    l.talk(2s, how);
    l.wait(9900ms);
    CHECK(l.events<rtp::media_timed_out>().empty());
    l.wait(200ms);
    REQUIRE(l.events<rtp::media_timed_out>().size() == 1);
    l.wait(60s);
    CHECK(l.events<rtp::media_timed_out>().size() == 1);
    l.talk(100ms, how);
    CHECK(l.events<rtp::media_resumed>().size() == 1);
}

TEST_CASE("silence is not reported on hold, by whichever side and in whichever form; afterwards it counts anew") {
    struct hold {
        const char* name;
        std::string direction, address;
        sdp::hold_style ours;
    };
    const std::vector<hold> holds{
        {"held by the peer", "sendonly", "192.0.2.1", sdp::hold_style::none},
        {"inactive", "inactive", "192.0.2.1", sdp::hold_style::none},
        {"RFC 2543", "sendrecv", "0.0.0.0", sdp::hold_style::none},
        {"by us", "sendrecv", "192.0.2.1", sdp::hold_style::sendonly},
        {"by both", "sendonly", "192.0.2.1", sdp::hold_style::sendonly},
        {"the peer only listens", "recvonly", "192.0.2.1", sdp::hold_style::none},
    };
    for (const auto& each : holds) {
        CAPTURE(each.name);
        line l;
        l.agree({});
        speech how;
        l.talk(1s, how);
        l.wait(9s);  // nearly over when the hold comes
        offer held;
        held.direction = each.direction;
        held.address = each.address;
        l.agree(held, each.ours);
        l.wait(120s);
        CHECK(l.events<rtp::media_timed_out>().empty());
        l.agree({});
        l.wait(9900ms);
        CHECK(l.events<rtp::media_timed_out>().empty());
        l.wait(200ms);
        CHECK(l.events<rtp::media_timed_out>().size() == 1);
    }
}

TEST_CASE("early media may pause as it likes; zero switches the time-out off") {
    auto settings = line::usual_settings();
    SUBCASE("early") {
        line l(settings);
        l.agree({});
        l.stream->apply(l.now, l.negotiator.agreed().lines.front(), rtp::peer_media::optional, l.out);
        l.wait(120s);
        CHECK(l.events<rtp::media_timed_out>().empty());
    }
    SUBCASE("off") {
        settings.media_timeout = 0s;
        line l(settings);
        l.agree({});
        l.wait(300s);
        CHECK(l.events<rtp::media_timed_out>().empty());
    }
}

TEST_CASE("the sound device runs at 8 or 16 kHz, the codec as it must: tones keep their pitch and level both ways") {
    for (const std::uint32_t rate : {8000u, 16000u}) {
        CAPTURE(rate);
        line l(line::usual_settings(), rate);
        l.agree({});
        speech how;
        l.talk(1s, how);
        CHECK(l.tone_heard() == 440);
        CHECK(
            rtp::tone_level_dbov(std::span(l.heard).last(rate / 2), rate, 440) == doctest::Approx(-17.8).epsilon(0.02)
        );
        CHECK(rtp::find_dominant_tone(std::span(l.heard).last(rate / 2), rate).purity > 0.995);
        CHECK(l.tone_sent(rtp::pcmu()) == 700);
        CHECK(l.sent().size() == 50);
        l.out.clear();
        l.stream->set_muted(true);
        l.talk(500ms, how);
        l.out.clear();
        l.talk(500ms, how);
        CHECK(l.tone_sent(rtp::pcmu()) == 0);
        CHECK(l.sent().size() == 25);
    }
}

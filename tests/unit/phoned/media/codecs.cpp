// Covers: two streams that offer and answer, for every codec that a configuration file can name: tones come through
// both ways at devices of 8 and 16 kHz, in packets of a size that the codec has; a peer that changes between payloads
// of one agreement, in sample rate and clock; what the peer's a=fmtp asks of our encoder; a codec that cannot be had.
// Not here: the codecs' own quality (librtp's tests), other people's programs (tests/interop).
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "phoned/media/stream.hpp"
#include "rtp/signal/level.hpp"
#include "rtp/signal/tone_meter.hpp"
#include "rtp/wire/demux.hpp"
#include "sdp/model/print.hpp"
#include "sdp/negotiate/negotiator.hpp"
#include "support/seeded_random.hpp"

namespace {

using namespace std::chrono_literals;
using namespace phoned;

account_settings account_with(std::vector<std::string> const& codecs, std::chrono::milliseconds ptime = 20ms) {
    auto account = default_settings().accounts[0];
    for (auto& slot : account.codecs)
        slot.enabled = false;
    for (std::size_t n = 0; n < codecs.size(); ++n)
        account.codecs[n] = {codecs[n], 0, static_cast<unsigned>(n + 1), true};
    account.ptime = ptime;
    return account;
}

/// One end: a device with a tone as its microphone, a stream, a negotiator.
struct end {
    end(std::vector<std::string> const& codecs, std::uint32_t device_rate, double own_tone, std::uint16_t port,
        std::chrono::milliseconds ptime = 20ms)
        : account(account_with(codecs, ptime)),
          rate(device_rate),
          tone(own_tone),
          random(port),
          ports{
              media_id{port}, rtp::endpoint::from_text("192.0.2.1", port).value(),
              rtp::endpoint::from_text("192.0.2.1", static_cast<std::uint16_t>(port + 1)).value()},
          heard(device_rate / 2) {
        settings.cname = "test";
        settings.jitter = default_settings().jitter_buffer;
        settings.local = ports.rtp;
        stream = media_stream::create(now, settings, environment, pool);
        REQUIRE(stream != nullptr);
    }

    void agree() { stream->apply(now, negotiator.agreed().lines.front(), rtp::peer_media::expected, out); }

    void period() {
        now.mono += 10ms;
        now.wall += 10ms;
        if (const auto due = stream->next_deadline(); due && *due <= now.mono) stream->on_timeout(now, out);
        std::vector<std::int16_t> captured(rate / 100), playback(rate / 100);
        for (auto& sample : captured)
            sample = next_sample();
        stream->on_period(now, captured, playback, out);
        std::move(heard.begin() + rate / 100, heard.end(), heard.begin());
        std::copy(playback.begin(), playback.end(), heard.end() - rate / 100);
    }

    sdp::capabilities able() const {
        auto known = capabilities_of(account);
        if (offers_noise) offer_comfort_noise(known);
        return known;
    }

    /// As with voice.vad = 1.
    void saves_silence() {
        settings.saves_silence = true;
        stream = media_stream::create(now, settings, environment, pool);
        REQUIRE(stream != nullptr);
    }

    /// A tone, quiet enough that GSM follows it from any frame on, or something with the pitch and the syllables of a
    /// voice, which is what Opus protects.
    std::int16_t next_sample() {
        auto const turn = 2 * std::numbers::pi * static_cast<double>(spoken++) / rate;
        if (is_silent) return static_cast<std::int16_t>(static_cast<int>(random.below(113)) - 56);  // -60 dBov
        if (!speaks) return static_cast<std::int16_t>(2000 * std::sin(turn * tone));
        double value = 0;
        for (int harmonic = 1; harmonic < 12; ++harmonic)
            value += 2500.0 / harmonic * std::sin(turn * 130 * harmonic);
        return static_cast<std::int16_t>(value * std::max(0.0, std::sin(turn * 3)));
    }

    account_settings account;
    std::uint32_t rate;
    double tone;
    bool speaks = false, is_silent = false, offers_noise = false;
    stream_settings settings;
    test::seeded_random random;
    rtp::environment environment{[this] { return random(); }};
    rtp::packet_pool pool{16};
    media_ports ports;
    now_t now{time_point{} + 1000h, {}};
    rtp::outbox out;
    std::unique_ptr<media_stream> stream;
    sdp::negotiator negotiator{{.username = "-", .session_id = 1, .version = 1, .address = {}}};
    std::vector<std::int16_t> heard;
    std::size_t spoken = 0;
};

struct pair {
    pair(end& offers, end& answers) : a(offers), b(answers) { negotiate(); }

    void negotiate() {
        auto offer = a.negotiator.make_offer(a.able(), local_media_of(a.ports, sdp::hold_style::none));
        REQUIRE(offer.has_value());
        REQUIRE(b.negotiator.on_remote_offer(*offer).has_value());
        auto answer = b.negotiator.make_answer(b.able(), local_media_of(b.ports, sdp::hold_style::none));
        REQUIRE(answer.has_value());
        REQUIRE(a.negotiator.on_remote_answer(*answer).has_value());
        a.agree();
        b.agree();
    }

    void talk(std::chrono::milliseconds length) {
        for (; length > 0ms; length -= 10ms) {
            a.period();
            b.period();
            deliver(a, b);
            deliver(b, a);
        }
    }

    void deliver(end& from, end& to) {
        for (auto& datagram : from.out.datagrams) {
            if (datagram.via == rtp::component::rtp) {
                auto const packet = rtp::packet_view::parse(datagram.packet.bytes()).value();
                if (&from == &a) payload_sizes.push_back(packet.payload().size());
            }
            auto const source = datagram.via == rtp::component::rtp ? from.ports.rtp : from.ports.rtcp;
            to.stream->on_packet(to.now, datagram.via, std::move(datagram.packet), source, to.out);
        }
        from.out.clear();
    }

    end& a;
    end& b;
    std::vector<std::size_t> payload_sizes;  // of what `a` sent
};

/// The tone at its level, and next to nothing else.
void check_hears(end const& one, double hertz) {
    auto const last = std::span(one.heard);
    auto const level = rtp::tone_level_dbov(last, one.rate, hertz);
    CHECK(level == doctest::Approx(-27.3).epsilon(0.05));
    CHECK(rtp::level_dbov(last) < level + 1);
}

sdp::format with_parameters(std::string parameters) {
    return {sdp::payload_type{96}, {"opus", 48000, 2}, std::move(parameters)};
}

}  // namespace

TEST_CASE("every codec that can be configured carries sound both ways, whatever the devices' rates") {
    for (auto const* name : {"PCMU", "PCMA", "G722", "GSM", "G726-16", "G726-24", "G726-32", "G726-40", "opus"})
        for (std::uint32_t const rate : {8000U, 16000U}) {
            CAPTURE(std::string(name));
            CAPTURE(rate);
            end a({name}, rate, 700, 4000), b({name}, 24000 - rate, 440, 5000);
            pair both(a, b);
            REQUIRE(a.stream->plan()->codec != nullptr);
            CHECK(a.stream->plan()->codec->properties.format.name == std::string_view(name));
            both.talk(1500ms);
            check_hears(a, 440);
            check_hears(b, 700);
        }
}

TEST_CASE("wideband stays wideband from a 16 kHz device to another, with G.722 and with Opus") {
    for (auto const* name : {"G722", "opus"}) {
        CAPTURE(std::string(name));
        end a({name}, 16000, 5500, 4000), b({name}, 16000, 6100, 5000);
        pair both(a, b);
        both.talk(1500ms);
        check_hears(a, 6100);
        check_hears(b, 5500);
    }
}

TEST_CASE("a packet time that the codec has not becomes one that it has (RFC 3551 4.5.8, RFC 7587 4.2)") {
    struct row {
        const char* codec;
        std::chrono::milliseconds asked;
        std::size_t octets;
    };
    for (auto const& [codec, asked, octets] : std::vector<row>{
             {"PCMU", 40ms, 320},
             {"PCMU", 50ms, 400},
             {"PCMU", 60ms, 480},
             {"G722", 40ms, 320},
             {"GSM", 40ms, 66},
             {"GSM", 10ms, 33},
             {"GSM", 50ms, 66},
             {"G722", 30ms, 240},
             {"PCMU", 10ms, 80}}) {
        CAPTURE(std::string(codec));
        CAPTURE(asked.count());
        end a({codec}, 8000, 700, 4000, asked), b({codec}, 8000, 440, 5000, asked);
        pair both(a, b);
        both.talk(1500ms);
        REQUIRE(both.payload_sizes.size() > 5);
        CHECK(both.payload_sizes.back() == octets);
        check_hears(b, 700);
    }
}

TEST_CASE(
    "a peer may go from one agreed payload to another without a word, also to another sample rate or clock (RFC 3264 "
    "5.1)"
) {
    end a({"PCMU", "G722", "opus", "PCMA"}, 16000, 700, 4000), b({"PCMU", "G722", "opus", "PCMA"}, 16000, 440, 5000);
    pair both(a, b);
    both.talk(500ms);
    check_hears(b, 700);
    // The answerer's view of the same line, but sending first what comes next in its list.
    auto line = b.negotiator.agreed().lines.front();
    for (auto const* next : {"G722", "opus", "PCMA", "opus", "PCMU"}) {
        CAPTURE(std::string(next));
        std::stable_partition(line.send.begin(), line.send.end(), [&](auto const& format) {
            return format.codec.name == next;
        });
        b.stream->apply(b.now, line, rtp::peer_media::expected, b.out);
        REQUIRE(b.stream->plan()->codec->properties.format.name == std::string_view(next));
        both.talk(1500ms);
        check_hears(a, 440);
        check_hears(b, 700);
    }
}

TEST_CASE("the peer's parameters reach our encoder, and nonsense in them does not (RFC 7587 6.1)") {
    auto const all =
        encoder_settings_of(with_parameters("maxplaybackrate=16000; sprop-maxcapturerate=16000; "
                                            "maxaveragebitrate=20000; stereo=1; cbr=1; useinbandfec=1; usedtx=1"));
    CHECK(
        all ==
        rtp::encoder_settings{
            .bit_rate = 20000,
            .highest_rate = 16000,
            .is_constant_bit_rate = true,
            .has_forward_correction = true,
            .has_discontinuous_sending = true}
    );
    CHECK(encoder_settings_of(with_parameters("")) == rtp::encoder_settings{});
    CHECK(
        encoder_settings_of(with_parameters("maxaveragebitrate=-5;maxplaybackrate=1e9;cbr=yes;usedtx=")) ==
        rtp::encoder_settings{}
    );
    CHECK(encoder_settings_of(with_parameters("maxaveragebitrate=99999999999999999999")) == rtp::encoder_settings{});
}

TEST_CASE("an encoder is told of the loss that the peer reports") {
    end a({"opus"}, 16000, 700, 4000), b({"opus"}, 16000, 440, 5000);
    a.speaks = true;
    pair both(a, b);
    auto const talk_with_loss = [&](std::chrono::milliseconds length, std::uint64_t every) {
        std::uint64_t count = 0;
        for (; length > 0ms; length -= 10ms) {
            a.period();
            b.period();
            for (auto at = a.out.datagrams.begin(); every != 0 && at != a.out.datagrams.end();)
                at = at->via == rtp::component::rtp && ++count % every == 0 ? a.out.datagrams.erase(at) : at + 1;
            both.deliver(a, b);
            both.deliver(b, a);
        }
    };
    talk_with_loss(20s, 0);
    CHECK(a.stream->quality().remote_fraction_lost.value_or(-1) == 0);
    auto const decoder = rtp::decoder(*a.stream->plan()->codec);
    auto const telling = [&] {
        int count = 0;
        for (int n = 0; n < 100; ++n) {
            a.period();
            b.period();
            for (auto const& datagram : a.out.datagrams)
                if (datagram.via == rtp::component::rtp &&
                    decoder.can_recover(rtp::packet_view::parse(datagram.packet.bytes()).value().payload()))
                    ++count;
            both.deliver(a, b);
            both.deliver(b, a);
        }
        return count;
    };
    CHECK(telling() == 0);
    talk_with_loss(20s, 5);
    CHECK(a.stream->quality().remote_fraction_lost.value_or(0) > 0.1);
    CHECK(telling() > 20);
}

TEST_CASE("silence is not sent where the peer takes its description, and sounds on as the room does (RFC 3389 4)") {
    for (auto const* name : {"PCMU", "G722"}) {
        CAPTURE(std::string(name));
        end a({name}, 16000, 700, 4000), b({name}, 16000, 440, 5000);
        a.saves_silence(), b.offers_noise = a.offers_noise = true;
        pair both(a, b);
        REQUIRE(a.stream->plan()->comfort_noise.has_value());
        both.talk(1000ms);
        check_hears(b, 700);
        a.is_silent = true;
        both.payload_sizes.clear();
        both.talk(3000ms);
        auto const in_silence = both.payload_sizes.size();
        CHECK(in_silence < 20);  // of 150: 200 ms of patience, then a description each second
        CHECK(in_silence > 11);
        CHECK(both.payload_sizes.back() == 9);
        // The noise of the room, -60 dBov, and no hole.
        CHECK(rtp::level_dbov(b.heard) == doctest::Approx(-60).epsilon(0.08));
        CHECK(b.stream->quality().packets_lost == 0);
        a.is_silent = false;
        both.talk(1000ms);
        check_hears(b, 700);
    }
}

TEST_CASE("a peer that does not take comfort noise gets silence as sound") {
    end a({"PCMU"}, 8000, 700, 4000), b({"PCMU"}, 8000, 440, 5000);
    a.saves_silence(), a.offers_noise = true;
    pair both(a, b);
    CHECK_FALSE(a.stream->plan()->comfort_noise.has_value());
    a.is_silent = true;
    both.talk(2000ms);
    CHECK(both.payload_sizes.size() == 100);
}

TEST_CASE("a codec that this build cannot have is not offered (RFC 3551 4.5.3)") {
    auto const able = capabilities_of(account_with({"G723_53", "G723_63", "G729", "PCMA"}));
    REQUIRE(able.audio.size() == 1);
    CHECK(able.audio[0].codec.name == "PCMA");
}

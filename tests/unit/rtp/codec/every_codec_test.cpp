// What holds for every codec of the library.
// Covered: that the build has them, round trips with a quality for each, packet sizes and times, refusals of odd
// payloads and short buffers, streams that do not disturb one another, no allocation once a stream runs.
// Not covered here: what only one codec does (opus_test.cpp, g726_test.cpp, gsm_test.cpp, g729 in a program of its
// own); G.711 bit by bit (g711_test.cpp).
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rtp/codec/codec.hpp"
#include "sound_quality.hpp"
#include "support/counting_malloc.hpp"
#include "support/seeded_random.hpp"

namespace {

struct expectation {
    rtp::payload_format format;
    std::uint32_t sample_rate;
    std::size_t octets_in_20_ms;  // 0: it depends
    double signal_to_noise;       // dB on speech, at least
    double spectral_distance;     // dB, at most
};

// Opus and GSM do not keep the waveform, so their signal-to-noise ratio says little.
std::vector<expectation> const expectations{
    {{"PCMU", rtp::clock_rate{8000}, 1}, 8000, 160, 33, 1},
    {{"PCMA", rtp::clock_rate{8000}, 1}, 8000, 160, 33, 1},
    {{"G722", rtp::clock_rate{8000}, 1}, 16000, 160, 20, 2},
    {{"GSM", rtp::clock_rate{8000}, 1}, 8000, 33, 5, 4},
    {{"G726-16", rtp::clock_rate{8000}, 1}, 8000, 40, 8, 4},
    {{"G726-24", rtp::clock_rate{8000}, 1}, 8000, 60, 12, 3},
    {{"G726-32", rtp::clock_rate{8000}, 1}, 8000, 80, 18, 2},
    {{"G726-40", rtp::clock_rate{8000}, 1}, 8000, 100, 23, 1.5},
    {{"AAL2-G726-16", rtp::clock_rate{8000}, 1}, 8000, 40, 8, 4},
    {{"AAL2-G726-24", rtp::clock_rate{8000}, 1}, 8000, 60, 12, 3},
    {{"AAL2-G726-32", rtp::clock_rate{8000}, 1}, 8000, 80, 18, 2},
    {{"AAL2-G726-40", rtp::clock_rate{8000}, 1}, 8000, 100, 23, 1.5},
    {{"opus", rtp::clock_rate{48000}, 2}, 16000, 0, 6, 2},
    {{"L16", rtp::clock_rate{8000}, 1}, 8000, 320, 90, 0.01},
    {{"L16", rtp::clock_rate{16000}, 1}, 16000, 640, 90, 0.01},
    {{"L16", rtp::clock_rate{48000}, 1}, 48000, 1920, 90, 0.01},
};

std::size_t in_20_ms(rtp::codec const& which) {
    return which.properties.sample_rate / 50 * which.properties.channels;
}

std::vector<std::byte> encoded(rtp::encoder& by, std::span<const std::int16_t> samples) {
    std::vector<std::byte> octets(samples.size() / by.properties().frame_samples * by.properties().max_frame_octets);
    octets.resize(by.encode(samples, octets).value());
    return octets;
}

}  // namespace

TEST_CASE(
    "Speech comes through every codec as it should, in packets of the size that the RFC gives (RFC 3551 4.5, 4.5.2, "
    "4.5.11, 4.5.14)"
) {
    for (auto const& expected : expectations) {
        CAPTURE(std::string(expected.format.name));
        CAPTURE(expected.sample_rate);
        auto const* const codec = rtp::find_codec(expected.format);
        REQUIRE(codec != nullptr);
        REQUIRE(codec->properties.sample_rate == expected.sample_rate);
        auto const sound = test::voice_at(expected.sample_rate, 2, 11);
        auto const heard = test::through(*codec, sound, in_20_ms(*codec));
        auto const ratio = test::signal_to_noise(sound, heard);
        auto const distance = test::spectral_distance(sound, heard);
        MESSAGE(
            expected.format.name << ": signal-to-noise " << ratio << " dB, spectral distance " << distance << " dB"
        );
        CHECK(ratio > expected.signal_to_noise);
        CHECK(distance < expected.spectral_distance);
        // However many frames a packet holds, the octets are the same.
        auto const in_packets_of_60_ms = test::through(*codec, sound, 3 * in_20_ms(*codec));
        if (expected.octets_in_20_ms != 0) {
            CHECK(std::equal(in_packets_of_60_ms.begin(), in_packets_of_60_ms.end(), heard.begin()));
            rtp::encoder encoder(*codec);
            CHECK(encoded(encoder, std::span(sound).first(in_20_ms(*codec))).size() == expected.octets_in_20_ms);
        }
    }
}

TEST_CASE("A payload says how many samples it holds before it is decoded (RFC 3551 4.3, 4.4)") {
    for (auto const* codec : rtp::built_in_codecs()) {
        CAPTURE(std::string(codec->properties.format.name));
        rtp::encoder encoder(*codec);
        rtp::decoder decoder(*codec);
        for (std::size_t const milliseconds : {10U, 20U, 30U, 40U, 60U}) {
            auto const wanted = codec->properties.sample_rate * milliseconds / 1000 * codec->properties.channels;
            auto const size = rtp::packet_samples(codec->properties, wanted);
            auto const payload = encoded(encoder, test::noise(size, 3000, milliseconds));
            REQUIRE(decoder.samples(payload) == size);
            std::vector<std::int16_t> samples(size);
            CHECK(decoder.decode(payload, std::span(samples).first(size - 1)).error() == rtp::errc::too_large);
            CHECK(decoder.decode(payload, samples).value() == size);
        }
    }
}

TEST_CASE("A packet time that a codec cannot make becomes the next shorter one, or its shortest") {
    auto const at = [](rtp::payload_format const& format, std::size_t milliseconds) {
        auto const& properties = rtp::find_codec(format)->properties;
        auto const per_millisecond = properties.sample_rate / 1000;
        return rtp::packet_samples(properties, milliseconds * per_millisecond) / per_millisecond;
    };
    CHECK(at({"PCMU", rtp::clock_rate{8000}, 1}, 33) == 33);
    CHECK(at({"GSM", rtp::clock_rate{8000}, 1}, 10) == 20);
    CHECK(at({"GSM", rtp::clock_rate{8000}, 1}, 50) == 40);
    rtp::payload_format const opus{"opus", rtp::clock_rate{48000}, 2};
    CHECK(at(opus, 5) == 10);
    CHECK(at(opus, 30) == 20);
    CHECK(at(opus, 50) == 40);
    CHECK(at(opus, 120) == 60);
}

TEST_CASE(
    "A payload that ends inside a frame or a code word is refused and leaves the stream as it was (RFC 3551 4.4, 4.5)"
) {
    struct odd_sizes {
        std::string_view name;
        std::uint32_t rate;
        std::vector<std::size_t> sizes;
    };
    for (auto const& [name, rate, sizes] : std::vector<odd_sizes>{
             {"GSM", 8000, {1, 32, 34, 65, 67}},
             {"G726-24", 8000, {1, 2, 4, 59}},
             {"G726-40", 8000, {1, 4, 6, 99}},
             {"AAL2-G726-24", 8000, {1, 2, 61}},
             {"AAL2-G726-40", 8000, {3, 101}},
             {"L16", 16000, {1, 3, 639}},
         }) {
        auto const& codec = *rtp::find_codec({name, rtp::clock_rate{rate}, 1});
        auto const sound = test::voice_at(rate, 1, 5);
        auto const size = in_20_ms(codec);
        rtp::encoder encoder(codec);
        rtp::decoder disturbed(codec), quiet(codec);
        std::vector<std::int16_t> a(size), b(size);
        for (std::size_t at = 0; at + size <= sound.size(); at += size) {
            auto const payload = encoded(encoder, std::span(sound).subspan(at, size));
            for (auto const odd : sizes) {
                std::vector<std::byte> const wrong(odd, std::byte{0xD5});
                CHECK_FALSE(disturbed.samples(wrong).has_value());
                CHECK(disturbed.decode(wrong, a).error() == rtp::errc::invalid_argument);
            }
            REQUIRE(disturbed.decode(payload, a).has_value());
            REQUIRE(quiet.decode(payload, b).has_value());
            REQUIRE(a == b);
        }
    }
}

TEST_CASE("Streams of one codec have their states apart") {
    for (auto const* codec : rtp::built_in_codecs()) {
        CAPTURE(std::string(codec->properties.format.name));
        auto const size = in_20_ms(*codec);
        auto const one = test::noise(20 * size, 4000, 1);
        auto const two = test::noise(20 * size, 9000, 2);
        auto const alone = test::through(*codec, one, size);
        rtp::encoder encoder_one(*codec), encoder_two(*codec);
        rtp::decoder decoder_one(*codec), decoder_two(*codec);
        std::vector<std::int16_t> heard(alone.size()), other(size);
        for (std::size_t at = 0; at < one.size(); at += size) {
            auto const first = encoded(encoder_one, std::span(one).subspan(at, size));
            auto const second = encoded(encoder_two, std::span(two).subspan(at, size));
            REQUIRE(decoder_two.decode(second, other).has_value());
            REQUIRE(decoder_one.decode(first, std::span(heard).subspan(at, size)).has_value());
        }
        CHECK(heard == alone);
    }
}

TEST_CASE("Once a stream runs, no codec allocates for a packet, be it sent, heard, lost or malformed") {
    for (auto const* codec : rtp::built_in_codecs()) {
        CAPTURE(std::string(codec->properties.format.name));
        auto const size = in_20_ms(*codec);
        auto const sound = test::noise(size, 5000, 3);
        rtp::encoder encoder(*codec, {.expected_loss = 10, .has_forward_correction = true});
        rtp::decoder decoder(*codec);
        std::vector<std::byte> octets(size / codec->properties.frame_samples * codec->properties.max_frame_octets);
        std::vector<std::int16_t> heard(size);
        auto const before = test::mallocs();
        for (int n = 0; n < 50; ++n) {
            auto const written = *encoder.encode(sound, octets);
            auto const payload = std::span(octets).first(written);
            if (n % 10 == 0)
                encoder.apply({.expected_loss = static_cast<std::uint8_t>(n), .has_forward_correction = true});
            if (decoder.has_concealment() && n % 7 == 3) decoder.conceal(heard);
            if (decoder.can_recover(payload) && n % 7 == 5) decoder.recover(payload, heard);
            static_cast<void>(decoder.decode(payload.first(std::min<std::size_t>(written, 7)), heard));
            static_cast<void>(decoder.decode(payload, heard));
        }
        CHECK(test::mallocs() - before == 0);
    }
}

TEST_CASE("Whatever arrives, a decoder answers with samples or an error, and writes no more than it was given") {
    for (std::uint64_t const seed : {1U, 2U, 3U}) {
        test::seeded_random random(seed);
        CAPTURE(seed);
        for (auto const* codec : rtp::built_in_codecs()) {
            CAPTURE(std::string(codec->properties.format.name));
            rtp::decoder decoder(*codec);
            for (int n = 0; n < 100; ++n) {
                std::vector<std::byte> payload(random.below(n % 4 == 0 ? 1400 : 80));
                for (auto& octet : payload)
                    octet = static_cast<std::byte>(random());
                auto const announced = decoder.samples(payload);
                std::vector<std::int16_t> samples(announced.value_or(320));
                auto const made = decoder.decode(payload, samples);
                if (made) CHECK(*made == announced.value());
                if (!announced) CHECK(made.has_error());
                if (decoder.can_recover(payload)) decoder.recover(payload, samples);
                std::vector<std::int16_t> gap(random.below(500));
                if (decoder.has_concealment()) decoder.conceal(gap);
            }
        }
    }
}

TEST_CASE("What no free implementation exists for is refused by name, and never found (RFC 3551 4.5.3)") {
    CHECK(rtp::find_codec({"G723", rtp::clock_rate{8000}, 1}) == nullptr);
    CHECK(rtp::why_missing("G723") == "there is no free implementation of it");
    CHECK(rtp::why_missing("g723_63") == rtp::why_missing("G723"));
    CHECK(rtp::why_missing("G729").find("OFFHOOK_WITH_G729") != std::string_view::npos);
    for (auto const* codec : rtp::built_in_codecs())
        CHECK(rtp::why_missing(codec->properties.format.name).empty());
    CHECK(rtp::why_missing("X-UNKNOWN").empty());
}

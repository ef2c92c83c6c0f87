// Opus: what is its own.
// Covered: in-band FEC on a lost packet against concealment, that its presence is known beforehand; DTX; bit rate,
// constant size and bandwidth by settings; gaps of any length; stereo heard as mono; every rate of a sound device;
// packets that break the rules of RFC 6716 3.4.
// Not covered: the codec's inner workings (libopus passes RFC 6716's vectors).
#include <doctest/doctest.h>

#include <opus.h>

#include <array>
#include <memory>
#include <numeric>
#include <vector>

#include "rtp/codec/codec.hpp"
#include "sound_quality.hpp"

namespace {

using payload = std::vector<std::byte>;

rtp::codec const& opus_at(std::uint32_t rate) {
    for (auto const* codec : rtp::built_in_codecs())
        if (codec->properties.format.name == "opus" && codec->properties.sample_rate == rate) return *codec;
    FAIL("no Opus at this rate");
    return rtp::pcmu();
}

std::vector<payload> encode_all(
    rtp::codec const& codec, std::span<const std::int16_t> sound, std::size_t packet, rtp::encoder_settings settings
) {
    rtp::encoder encoder(codec, settings);
    std::vector<payload> packets;
    for (std::size_t at = 0; at + packet <= sound.size(); at += packet) {
        payload octets(packet / codec.properties.frame_samples * codec.properties.max_frame_octets);
        octets.resize(encoder.encode(sound.subspan(at, packet), octets).value());
        packets.push_back(std::move(octets));
    }
    return packets;
}

std::size_t octets_of(std::vector<payload> const& packets) {
    return std::accumulate(packets.begin(), packets.end(), std::size_t{0}, [](std::size_t sum, payload const& each) {
        return sum + each.size();
    });
}

std::size_t packets_with_voice(std::span<const std::int16_t> sound, std::size_t packet) {
    std::size_t count = 0;
    for (std::size_t at = 0; at + packet <= sound.size(); at += packet)
        if (test::power(sound.subspan(at, packet)) > 10000) ++count;
    return count;
}

enum class repair { conceal, recover };

/// Loses every fifth packet.
std::vector<std::int16_t> hear(std::vector<payload> const& packets, std::size_t packet, repair by) {
    rtp::decoder decoder(opus_at(16000));
    std::vector<std::int16_t> heard(packets.size() * packet);
    for (std::size_t n = 0; n < packets.size(); ++n) {
        auto const out = std::span(heard).subspan(n * packet, packet);
        if (n % 5 != 2)
            REQUIRE(decoder.decode(packets[n], out).value() == packet);
        else if (by == repair::recover && n + 1 < packets.size() && decoder.can_recover(packets[n + 1]))
            decoder.recover(packets[n + 1], out);
        else
            decoder.conceal(out);
    }
    return heard;
}

}  // namespace

TEST_CASE(
    "A lost packet is decoded from the next one where that tells of it, far nearer to the original than a guess (RFC "
    "6716 2.1.7, RFC 7587 3.3)"
) {
    auto const sound = test::voice_at(16000, 6, 21);
    for (std::size_t const packet : {320U, 640U}) {
        CAPTURE(packet);
        auto const with =
            encode_all(opus_at(16000), sound, packet, {.expected_loss = 20, .has_forward_correction = true});
        auto const without = encode_all(opus_at(16000), sound, packet, {.expected_loss = 20});
        rtp::decoder decoder(opus_at(16000));
        auto const tell = [&](std::vector<payload> const& packets) {
            return std::count_if(packets.begin(), packets.end(), [&](auto const& p) { return decoder.can_recover(p); });
        };
        CHECK(tell(without) == 0);
        CHECK(static_cast<std::size_t>(tell(with)) > packets_with_voice(sound, packet) / 2);
        auto const complete =
            test::through(opus_at(16000), sound, packet, {.expected_loss = 20, .has_forward_correction = true});
        auto const concealed = test::likeness_db(complete, hear(with, packet, repair::conceal));
        auto const recovered = test::likeness_db(complete, hear(with, packet, repair::recover));
        MESSAGE(
            (packet / 16) << " ms, every fifth packet lost: concealed " << concealed << " dB, recovered " << recovered
                          << " dB"
        );
        CHECK(recovered > concealed + 3);
    }
}

TEST_CASE("A gap longer than what the next packet tells of is concealed up to there") {
    auto const sound = test::vowel(16000, 16000, 120);
    auto const packets = encode_all(opus_at(16000), sound, 320, {.expected_loss = 20, .has_forward_correction = true});
    rtp::decoder decoder(opus_at(16000));
    std::vector<std::int16_t> heard(320);
    for (std::size_t n = 0; n < 20; ++n)
        REQUIRE(decoder.decode(packets[n], heard).has_value());
    auto const reference = test::power(heard);
    REQUIRE(decoder.can_recover(packets[23]));
    std::vector<std::int16_t> gap(3 * 320 + 7);
    decoder.recover(packets[23], gap);
    for (std::size_t at = 0; at + 320 <= gap.size(); at += 320)
        CHECK(test::power(std::span(gap).subspan(at, 320)) > reference / 16);
    CHECK(decoder.decode(packets[23], heard).value() == 320);
}

TEST_CASE("A gap may be filled in pieces of any length") {
    auto const sound = test::vowel(8000, 16000, 120);
    auto const packets = encode_all(opus_at(16000), sound, 320, {});
    auto const fill = [&](std::vector<std::size_t> const& pieces) {
        rtp::decoder decoder(opus_at(16000));
        std::vector<std::int16_t> samples(320);
        for (auto const& each : packets)
            REQUIRE(decoder.decode(each, samples).has_value());
        std::vector<std::int16_t> gap(640);
        std::size_t at = 0;
        for (auto const piece : pieces) {
            decoder.conceal(std::span(gap).subspan(at, piece));
            at += piece;
        }
        REQUIRE(at == gap.size());
        return gap;
    };
    auto const whole = fill({640});
    CHECK(test::power(std::span(whole).first(320)) > test::power(sound) / 8);
    CHECK(fill({1, 159, 80, 300, 0, 100}) == whole);
}

TEST_CASE("With discontinuous sending silence is not sent, and speech is (RFC 7587 3.1.3)") {
    auto sound = test::vowel(16000, 16000, 120);
    sound.resize(5 * 16000);
    auto const voice = test::vowel(16000, 16000, 150);
    sound.insert(sound.end(), voice.begin(), voice.end());
    auto const count = [&](rtp::encoder_settings settings, std::size_t from, std::size_t to) {
        auto const packets = encode_all(opus_at(16000), sound, 320, settings);
        return std::count_if(
            packets.begin() + static_cast<std::ptrdiff_t>(from), packets.begin() + static_cast<std::ptrdiff_t>(to),
            [](auto const& p) { return !p.empty(); }
        );
    };
    rtp::encoder_settings const discontinuous{.has_discontinuous_sending = true};
    CHECK(count(discontinuous, 0, 50) == 50);
    CHECK(count(discontinuous, 75, 250) < 20);  // one each 400 ms keeps the noise alive
    CHECK(count(discontinuous, 75, 250) > 2);
    CHECK(count(discontinuous, 252, 300) == 48);
    CHECK(count({}, 75, 250) == 175);
}

TEST_CASE("Bit rate, constant size and bandwidth are what the settings say (RFC 7587 3.1.2, 6.1)") {
    auto const sound = test::voice_at(16000, 4, 30);
    auto const bits_per_second = [&](rtp::encoder_settings settings) {
        return static_cast<double>(octets_of(encode_all(opus_at(16000), sound, 320, settings))) * 8 / 4;
    };
    CHECK(bits_per_second({.bit_rate = 12000}) < 13500);
    CHECK(bits_per_second({.bit_rate = 32000, .is_constant_bit_rate = true}) == doctest::Approx(32000).epsilon(0.02));
    CHECK(bits_per_second({.bit_rate = 1}) < 8000);
    for (auto const& each : encode_all(opus_at(16000), sound, 320, {.bit_rate = 16000, .is_constant_bit_rate = true}))
        CHECK(each.size() == 40);
    auto const high = test::tone(16000, 16000, 6000, 8000);
    auto const heard_above = [&](std::uint32_t highest_rate) {
        auto const heard = test::through(opus_at(16000), high, 320, {.bit_rate = 32000, .highest_rate = highest_rate});
        return test::tone_peak(std::span(heard).subspan(8000), 16000, 6000);
    };
    CHECK(heard_above(0) > 4000);
    CHECK(heard_above(16000) > 4000);
    CHECK(heard_above(8000) < 100);
}

TEST_CASE("Settings can change between packets") {
    rtp::encoder encoder(opus_at(16000));
    auto const sound = test::noise(320, 8000, 3);
    payload octets(2 * opus_at(16000).properties.max_frame_octets);
    encoder.apply({.bit_rate = 8000, .is_constant_bit_rate = true});
    CHECK(encoder.encode(sound, octets).value() == 20);
    encoder.apply({.bit_rate = 24000, .is_constant_bit_rate = true});
    CHECK(encoder.encode(sound, octets).value() == 60);
}

TEST_CASE("Opus is heard at every rate of a sound device, stereo as mono, on a clock of 48 kHz (RFC 7587 3.4, 4.1, 7)"
) {
    std::unique_ptr<OpusEncoder, void (*)(OpusEncoder*)> const stereo(
        opus_encoder_create(48000, 2, OPUS_APPLICATION_AUDIO, nullptr), opus_encoder_destroy
    );
    REQUIRE(stereo);
    auto const tone = test::tone(48000, 48000, 1000, 8000);
    std::vector<std::int16_t> both;
    for (auto const sample : tone)
        both.insert(both.end(), {sample, sample});
    for (std::uint32_t const rate : {8000U, 16000U, 48000U}) {
        CHECK(rtp::to_units(rate / 50, opus_at(rate).properties) == 960);
        rtp::decoder decoder(opus_at(rate));
        std::vector<std::int16_t> heard;
        for (std::size_t at = 0; at + 960 <= tone.size(); at += 960) {
            payload octets(1000);
            auto const size = opus_encode(
                stereo.get(), both.data() + 2 * at, 960, reinterpret_cast<unsigned char*>(octets.data()), 1000
            );
            REQUIRE(size > 2);
            octets.resize(static_cast<std::size_t>(size));
            heard.resize(heard.size() + rate / 50);
            REQUIRE(decoder.samples(octets) == rate / 50);
            REQUIRE(decoder.decode(octets, std::span(heard).last(rate / 50)).has_value());
        }
        CHECK(test::tone_peak(std::span(heard).last(rate / 2), rate, 1000) == doctest::Approx(8000).epsilon(0.1));
    }
}

TEST_CASE("Packets that break the framing rules are refused (RFC 6716 3.2, 3.4)") {
    rtp::decoder decoder(opus_at(16000));
    std::vector<std::int16_t> samples(1920);
    auto const refused = [&](std::vector<unsigned> const& octets) {
        payload packet;
        for (auto const octet : octets)
            packet.push_back(static_cast<std::byte>(octet));
        return !decoder.samples(packet) && decoder.decode(packet, samples).has_error() && !decoder.can_recover(packet);
    };
    CHECK(refused({}));                    // R1: at least the first octet
    CHECK(refused({0x09, 1, 2, 3}));       // R3: two equal frames in an even number of octets
    CHECK(refused({0x0A}));                // R4: a length is missing
    CHECK(refused({0x0A, 252}));           //     half of it is missing
    CHECK(refused({0x0A, 100, 1, 2}));     //     it runs over the end
    CHECK(refused({0x0B}));                // R6: no frame count
    CHECK(refused({0x0B, 0}));             // R5: no frames
    CHECK(refused({0x0B, 49}));            //     more than 120 ms
    CHECK(refused({0x1B, 3, 1, 2, 3}));    //     3 of 60 ms
    CHECK(refused({0x0B, 0x42, 255}));     // R6: padding runs over the end
    CHECK(refused({0x0B, 0x03, 1, 2}));    //     three equal frames of two thirds of an octet
    CHECK(refused({0x0B, 0x82, 200, 1}));  // R7: a frame runs over the end
    CHECK_FALSE(refused({0x0B, 0x02, 1, 2}));
}

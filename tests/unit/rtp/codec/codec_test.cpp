// The codec interface.
// Covered: a codec of one's own in a few lines, its state in each direction, its own concealment, refusals of part
// frames and short buffers, look-up, conversion between samples and clock units.
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "rtp/codec/codec.hpp"

namespace {

// A codec with everything that G.711 has not: state in both directions, frames of a size of their own, a sample rate
// unlike the clock rate, payloads that can be wrong, and concealment.
struct delta_encoder {
    rtp::result<std::size_t> encode(std::span<const std::int16_t> samples, std::span<std::byte> octets) noexcept {
        for (std::size_t n = 0; n < samples.size(); ++n) {
            octets[n] = static_cast<std::byte>(samples[n] - last);
            last = samples[n];
        }
        return samples.size();
    }
    std::int16_t last = 0;
};

struct delta_decoder {
    rtp::result<std::size_t> decode(std::span<const std::byte> payload, std::span<std::int16_t> samples) noexcept {
        if (!this->samples(payload)) return make_error_code(rtp::errc::invalid_argument);
        if (payload.size() > samples.size()) return make_error_code(rtp::errc::too_large);
        for (std::size_t n = 0; n < payload.size(); ++n)
            samples[n] = last = static_cast<std::int16_t>(last + static_cast<std::int8_t>(payload[n]));
        return payload.size();
    }
    void conceal(std::span<std::int16_t> samples) noexcept {
        for (auto& sample : samples)
            sample = last;
    }
    static std::optional<std::size_t> samples(std::span<const std::byte> payload) noexcept {
        if (payload.size() % 16 != 0) return std::nullopt;
        return payload.size();
    }
    std::int16_t last = 0;
};

constexpr rtp::codec delta =
    rtp::define_codec<delta_encoder, delta_decoder>({{"X-DELTA", rtp::clock_rate{8000}, 1}, 16000, 16, 16});

}  // namespace

TEST_CASE("a codec is two classes and a line, and keeps its state by direction") {
    rtp::encoder encoder(delta);
    rtp::decoder decoder(delta);
    std::vector<std::int16_t> ramp(32);
    for (std::size_t n = 0; n < ramp.size(); ++n)
        ramp[n] = static_cast<std::int16_t>(100 + 3 * n);
    std::array<std::byte, 32> payload{};
    std::vector<std::int16_t> heard(32);
    REQUIRE(encoder.encode(std::span(ramp).first(16), payload).value() == 16);
    REQUIRE(decoder.decode(std::span(payload).first(16), heard).value() == 16);
    REQUIRE(encoder.encode(std::span(ramp).last(16), payload).value() == 16);
    REQUIRE(decoder.decode(std::span(payload).first(16), std::span(heard).last(16)).value() == 16);
    CHECK(heard == ramp);
    REQUIRE(decoder.has_concealment());
    decoder.conceal(heard);
    CHECK(heard.front() == ramp.back());
}

TEST_CASE("part frames, short buffers and foreign payloads are refused") {
    rtp::encoder encoder(delta);
    rtp::decoder decoder(delta);
    std::array<std::int16_t, 32> samples{};
    std::array<std::byte, 32> octets{};
    CHECK(encoder.encode(std::span(samples).first(15), octets).error() == rtp::errc::invalid_argument);
    CHECK(encoder.encode(samples, std::span(octets).first(31)).error() == rtp::errc::too_large);
    CHECK(encoder.encode(std::span(samples).first(0), octets).value() == 0);
    CHECK(decoder.decode(std::span(octets).first(15), samples).error() == rtp::errc::invalid_argument);
    CHECK(decoder.decode(octets, std::span(samples).first(16)).error() == rtp::errc::too_large);
    CHECK_FALSE(decoder.samples(std::span(octets).first(15)).has_value());
    rtp::decoder g711(rtp::pcmu());
    CHECK(g711.decode(octets, std::span(samples).first(16)).error() == rtp::errc::too_large);
}

TEST_CASE("codecs are found by format, in the list of the library or in one's own") {
    CHECK(rtp::find_codec({"pcmu", rtp::clock_rate{8000}, 1}) == &rtp::pcmu());
    CHECK(rtp::find_codec({"PCMA", rtp::clock_rate{8000}, 1}) == &rtp::pcma());
    CHECK(rtp::find_codec({"G723", rtp::clock_rate{8000}, 1}) == nullptr);
    CHECK(rtp::find_codec({"X-DELTA", rtp::clock_rate{8000}, 1}) == nullptr);
    std::array<rtp::codec const*, 2> const mine{&rtp::pcma(), &delta};
    CHECK(rtp::find_codec({"x-delta", rtp::clock_rate{8000}, 1}, mine) == &delta);
}

TEST_CASE("samples and clock units are converted by both rates") {
    CHECK(rtp::to_units(160, rtp::pcmu().properties) == 160);
    CHECK(rtp::to_units(320, delta.properties) == 160);
    CHECK(rtp::to_samples(160, delta.properties) == 320);
    rtp::codec_properties const opus{{"opus", rtp::clock_rate{48000}, 2}, 48000, 960, 400, 2};
    CHECK(rtp::to_units(1920, opus) == 960);
    CHECK(rtp::to_samples(960, opus) == 1920);
}

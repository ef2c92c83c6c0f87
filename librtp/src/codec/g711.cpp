#include "rtp/codec/g711.hpp"

#include <algorithm>

#include "rtp/codec/codec.hpp"

namespace rtp {
namespace {

template <std::uint8_t (*Encode)(std::int16_t) noexcept>
struct g711_encoder {
    result<std::size_t> encode(std::span<const std::int16_t> samples, std::span<std::byte> octets) noexcept {
        std::transform(samples.begin(), samples.end(), octets.begin(), [](std::int16_t sample) {
            return std::byte{Encode(sample)};
        });
        return samples.size();
    }
};

template <std::array<std::int16_t, 256> const& Values>
struct g711_decoder {
    result<std::size_t> decode(std::span<const std::byte> payload, std::span<std::int16_t> samples) noexcept {
        if (payload.size() > samples.size()) return make_error_code(errc::too_large);
        std::transform(payload.begin(), payload.end(), samples.begin(), [](std::byte octet) {
            return Values[std::to_integer<std::size_t>(octet)];
        });
        return payload.size();
    }

    static std::optional<std::size_t> samples(std::span<const std::byte> payload) noexcept { return payload.size(); }
};

// A frame of one millisecond: any packet time is a whole number of frames.
constexpr codec_properties properties_of(std::string_view name) noexcept {
    return {.format = {name, clock_rate{8000}, 1}, .sample_rate = 8000, .frame_samples = 8, .max_frame_octets = 8};
}

constexpr codec mu_law =
    define_codec<g711_encoder<g711::encode_mu_law>, g711_decoder<g711::detail::mu_law_values>>(properties_of("PCMU"));
constexpr codec a_law =
    define_codec<g711_encoder<g711::encode_a_law>, g711_decoder<g711::detail::a_law_values>>(properties_of("PCMA"));

}  // namespace

codec const& pcmu() noexcept {
    return mu_law;
}

codec const& pcma() noexcept {
    return a_law;
}

}  // namespace rtp

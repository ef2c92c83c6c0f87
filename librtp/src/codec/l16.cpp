// L16: uncompressed 16-bit samples in network order, channel by channel of each instant. RFC 3551 4.5.11.
#include "rtp/codec/codec.hpp"
#include "rtp/wire/bytes.hpp"

namespace rtp {
namespace {

struct l16_encoder {
    result<std::size_t> encode(std::span<const std::int16_t> samples, std::span<std::byte> octets) noexcept {
        for (std::size_t n = 0; n < samples.size(); ++n)
            store_u16(octets.subspan(2 * n), static_cast<std::uint16_t>(samples[n]));
        return 2 * samples.size();
    }
};

template <std::uint8_t Channels>
struct l16_decoder {
    result<std::size_t> decode(std::span<const std::byte> payload, std::span<std::int16_t> samples) noexcept {
        auto const count = l16_decoder::samples(payload);
        if (!count) return make_error_code(errc::invalid_argument);
        if (*count > samples.size()) return make_error_code(errc::too_large);
        for (std::size_t n = 0; n < *count; ++n)
            samples[n] = static_cast<std::int16_t>(load_u16(payload.subspan(2 * n)));
        return *count;
    }

    static std::optional<std::size_t> samples(std::span<const std::byte> payload) noexcept {
        if (payload.size() % (2 * Channels) != 0) return std::nullopt;
        return payload.size() / 2;
    }
};

// A frame is one instant, since 44,100 is no multiple of 1000.
template <std::uint8_t Channels>
constexpr codec l16_at(std::uint32_t rate) noexcept {
    return define_codec<l16_encoder, l16_decoder<Channels>>(
        {.format = {"L16", clock_rate{rate}, Channels},
         .sample_rate = rate,
         .frame_samples = Channels,
         .max_frame_octets = 2 * Channels,
         .channels = Channels}
    );
}

constexpr codec mono_8 = l16_at<1>(8000);
constexpr codec mono_16 = l16_at<1>(16000);
constexpr codec mono_44 = l16_at<1>(44100);  // static type 11
constexpr codec mono_48 = l16_at<1>(48000);
constexpr codec stereo_44 = l16_at<2>(44100);  // static type 10

constexpr codec const* all[] = {&mono_8, &mono_16, &mono_44, &mono_48, &stereo_44};

}  // namespace

std::span<codec const* const> l16_codecs() noexcept {
    return all;
}

}  // namespace rtp

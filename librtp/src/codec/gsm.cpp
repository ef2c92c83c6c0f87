// GSM 06.10 full rate, by spandsp: frames of 20 ms in 33 octets, each of which begins with the bits 1101. RFC 3551
// 4.5.8.
#include <spandsp.h>

#include "c_state.hpp"
#include "list.hpp"

namespace rtp {
namespace {

constexpr std::size_t frame_samples = 160;
constexpr std::size_t frame_octets = 33;

struct gsm_state {
    c_state<gsm0610_state_t, gsm0610_free> state = own<gsm0610_free>(gsm0610_init(nullptr, GSM0610_PACKING_VOIP));
};

struct gsm_encoder : gsm_state {
    result<std::size_t> encode(std::span<const std::int16_t> samples, std::span<std::byte> octets) noexcept {
        auto const count = static_cast<int>(samples.size());
        return static_cast<std::size_t>(gsm0610_encode(state.get(), as_octets(octets.data()), samples.data(), count));
    }
};

struct gsm_decoder : gsm_state {
    result<std::size_t> decode(std::span<const std::byte> payload, std::span<std::int16_t> samples) noexcept {
        auto const count = gsm_decoder::samples(payload);
        if (!count) return make_error_code(errc::invalid_argument);
        if (*count > samples.size()) return make_error_code(errc::too_large);
        auto const size = static_cast<int>(payload.size());
        return static_cast<std::size_t>(gsm0610_decode(state.get(), samples.data(), as_octets(payload.data()), size));
    }

    static std::optional<std::size_t> samples(std::span<const std::byte> payload) noexcept {
        if (payload.size() % frame_octets != 0) return std::nullopt;
        for (std::size_t at = 0; at < payload.size(); at += frame_octets)
            if ((payload[at] & std::byte{0xF0}) != std::byte{0xD0}) return std::nullopt;
        return payload.size() / frame_octets * frame_samples;
    }
};

constexpr codec made = define_codec<gsm_encoder, gsm_decoder>(
    {.format = {"GSM", clock_rate{8000}, 1},
     .sample_rate = 8000,
     .frame_samples = frame_samples,
     .max_frame_octets = frame_octets}
);

}  // namespace

codec const& gsm() noexcept {
    return made;
}

}  // namespace rtp

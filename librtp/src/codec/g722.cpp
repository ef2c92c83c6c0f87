// G.722 at 64 kbit/s, by spandsp: 16 kHz sound in the octets of 8 kHz. Its RTP clock is 8 kHz by an old mistake that
// stays for good. RFC 3551 4.5.2.
#include <spandsp.h>

#include "c_state.hpp"
#include "list.hpp"

namespace rtp {
namespace {

constexpr int bit_rate = 64000;

struct g722_encoder {
    result<std::size_t> encode(std::span<const std::int16_t> samples, std::span<std::byte> octets) noexcept {
        auto const count = static_cast<int>(samples.size());
        return static_cast<std::size_t>(g722_encode(state.get(), as_octets(octets.data()), samples.data(), count));
    }

    c_state<g722_encode_state_t, g722_encode_free> state =
        own<g722_encode_free>(g722_encode_init(nullptr, bit_rate, 0));
};

struct g722_decoder {
    result<std::size_t> decode(std::span<const std::byte> payload, std::span<std::int16_t> samples) noexcept {
        if (2 * payload.size() > samples.size()) return make_error_code(errc::too_large);
        auto const size = static_cast<int>(payload.size());
        return static_cast<std::size_t>(g722_decode(state.get(), samples.data(), as_octets(payload.data()), size));
    }

    static std::optional<std::size_t> samples(std::span<const std::byte> payload) noexcept {
        return 2 * payload.size();
    }

    c_state<g722_decode_state_t, g722_decode_free> state =
        own<g722_decode_free>(g722_decode_init(nullptr, bit_rate, 0));
};

// A frame of one millisecond: any packet time is a whole number of frames.
constexpr codec made = define_codec<g722_encoder, g722_decoder>(
    {.format = {"G722", clock_rate{8000}, 1}, .sample_rate = 16000, .frame_samples = 16, .max_frame_octets = 8}
);

}  // namespace

codec const& g722() noexcept {
    return made;
}

}  // namespace rtp

// G.726 at 16, 24, 32 and 40 kbit/s, by spandsp: 2 to 5 bits a sample, in two packings that differ in the order of the
// bits. RFC 3551 4.5.4.
//
//     G726-32         |second |first  |   the first code word in the least significant bits of the octet
//     AAL2-G726-32    |first  |second |   the other way round, as ITU-T I.366.2 Annex E has it
//
// Whoever takes one for the other hears noise, so they are formats of their own and never stand in for one another.
#include <spandsp.h>

#include <array>

#include "c_state.hpp"
#include "list.hpp"

namespace rtp {
namespace {

constexpr int octet_order(bool is_aal2) noexcept {
    return is_aal2 ? G726_PACKING_LEFT : G726_PACKING_RIGHT;
}

template <std::size_t Bits, bool IsAal2>
struct g726_state {
    c_state<g726_state_t, g726_free> state =
        own<g726_free>(g726_init(nullptr, 8000 * Bits, G726_ENCODING_LINEAR, octet_order(IsAal2)));
};

template <std::size_t Bits, bool IsAal2>
struct g726_encoder : g726_state<Bits, IsAal2> {
    result<std::size_t> encode(std::span<const std::int16_t> samples, std::span<std::byte> octets) noexcept {
        auto const count = static_cast<int>(samples.size());
        return static_cast<std::size_t>(
            ::g726_encode(this->state.get(), as_octets(octets.data()), samples.data(), count)
        );
    }
};

template <std::size_t Bits, bool IsAal2>
struct g726_decoder : g726_state<Bits, IsAal2> {
    result<std::size_t> decode(std::span<const std::byte> payload, std::span<std::int16_t> samples) noexcept {
        auto const count = g726_decoder::samples(payload);
        if (!count) return make_error_code(errc::invalid_argument);
        if (*count > samples.size()) return make_error_code(errc::too_large);
        auto const size = static_cast<int>(payload.size());
        return static_cast<std::size_t>(
            ::g726_decode(this->state.get(), samples.data(), as_octets(payload.data()), size)
        );
    }

    /// Code words of 3 and 5 bits end with an octet only every eight; those of 2 and 4 bits with each one.
    static std::optional<std::size_t> samples(std::span<const std::byte> payload) noexcept {
        if (Bits % 2 != 0 && payload.size() % Bits != 0) return std::nullopt;
        return payload.size() * 8 / Bits;
    }
};

// A frame of eight samples, one millisecond: a whole number of octets at any bit rate.
template <std::size_t Bits, bool IsAal2>
constexpr codec g726_named(std::string_view name) noexcept {
    return define_codec<g726_encoder<Bits, IsAal2>, g726_decoder<Bits, IsAal2>>(
        {.format = {name, clock_rate{8000}, 1}, .sample_rate = 8000, .frame_samples = 8, .max_frame_octets = Bits}
    );
}

constexpr std::array<codec, 8> made{
    g726_named<4, false>("G726-32"),     g726_named<5, false>("G726-40"),     g726_named<3, false>("G726-24"),
    g726_named<2, false>("G726-16"),     g726_named<4, true>("AAL2-G726-32"), g726_named<5, true>("AAL2-G726-40"),
    g726_named<3, true>("AAL2-G726-24"), g726_named<2, true>("AAL2-G726-16"),
};

constexpr std::array<codec const*, 8> all{&made[0], &made[1], &made[2], &made[3],
                                          &made[4], &made[5], &made[6], &made[7]};

}  // namespace

std::span<codec const* const> g726_codecs() noexcept {
    return all;
}

}  // namespace rtp

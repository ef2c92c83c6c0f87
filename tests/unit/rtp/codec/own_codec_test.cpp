// Covers: a codec of a program's own, as docs/codecs.md shows it.
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include <doctest/doctest.h>

#include "rtp/codec/codec.hpp"
#include "rtp/wire/bytes.hpp"

namespace {

using namespace rtp;

// [codec]
struct l16_encoder {
    result<std::size_t> encode(std::span<const std::int16_t> samples, std::span<std::byte> octets) noexcept {
        for (std::size_t n = 0; n < samples.size(); ++n)
            store_u16(octets.subspan(2 * n), static_cast<std::uint16_t>(samples[n]));
        return 2 * samples.size();
    }
};

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
        if (payload.size() % 2 != 0) return std::nullopt;
        return payload.size() / 2;
    }
};

constexpr codec l16 = define_codec<l16_encoder, l16_decoder>(
    {.format = {"L16", clock_rate{16000}, 1}, .sample_rate = 16000, .frame_samples = 1, .max_frame_octets = 2}
);
// [/codec]

}  // namespace

TEST_CASE("A codec of a program's own encodes and decodes") {
    std::array<std::int16_t, 4> const said{0, 1, -1, -32768};
    std::array<std::byte, 8> octets{};
    std::array<std::int16_t, 4> heard{};
    encoder to(l16);
    decoder from(l16);
    CHECK(*to.encode(said, octets) == octets.size());
    CHECK(octets[7] == std::byte{0});
    CHECK(octets[6] == std::byte{0x80});
    CHECK(*from.decode(octets, heard) == heard.size());
    CHECK(heard == said);
    CHECK_FALSE(from.decode(std::span(octets).first(3), heard).has_value());
}

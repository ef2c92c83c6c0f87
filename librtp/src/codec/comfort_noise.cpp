#include "rtp/codec/comfort_noise.hpp"

#include <algorithm>
#include <cmath>

namespace rtp {
namespace {

// RFC 3389 3.2: index 0 to 254, 127 is 0, steps of 258/32768.
constexpr int zero_index = 127;
constexpr int reserved_index = 255;
constexpr float step = 258.0F / 32768.0F;

}  // namespace

std::optional<comfort_noise> read_comfort_noise(std::span<const std::byte> payload) noexcept {
    if (payload.empty()) return std::nullopt;
    comfort_noise noise;
    noise.level = std::to_integer<std::uint8_t>(payload[0]) & 0x7F;
    auto const order = std::min(payload.size() - 1, comfort_noise::most_coefficients);
    noise.order = static_cast<std::uint8_t>(order);
    for (std::size_t n = 0; n < order; ++n) {
        auto const index = std::to_integer<int>(payload[n + 1]);
        noise.reflection[n] = index == reserved_index ? 0 : step * static_cast<float>(index - zero_index);
    }
    return noise;
}

std::size_t write_comfort_noise(comfort_noise const& noise, std::span<std::byte> payload) noexcept {
    if (payload.empty()) return 0;
    payload[0] = std::byte{std::min<std::uint8_t>(noise.level, 127)};
    auto const most = std::min(payload.size() - 1, comfort_noise::most_coefficients);
    auto const order = std::min<std::size_t>(noise.order, most);
    for (std::size_t n = 0; n < order; ++n) {
        auto const index = static_cast<int>(std::lrintf(std::clamp(noise.reflection[n], -1.0F, 1.0F) / step));
        payload[n + 1] = static_cast<std::byte>(std::clamp(index + zero_index, 0, reserved_index - 1));
    }
    return 1 + order;
}

}  // namespace rtp

// APP: packets whose meaning two applications agreed on. RFC 3550 6.7.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "rtp/error.hpp"
#include "rtp/wire/rtcp.hpp"

namespace rtp {

/// Used both for what was read (a view into the packet) and for what is to be written (borrowed for the call).
struct application_packet {
    std::uint8_t subtype = 0;  ///< 0..31
    ssrc_t source{};  ///< The source that it is about.
    std::string_view name;            ///< Four ASCII characters.
    std::span<const std::byte> data;  ///< A multiple of four bytes.
};

[[nodiscard]] parsed<application_packet> parse_application(rtcp_packet const&) noexcept;

/// Errors: invalid_argument (name, subtype or data size), too_large; the compound is then unchanged.
[[nodiscard]] error_code append_application(packet_buffer& compound, application_packet const&) noexcept;

}  // namespace rtp

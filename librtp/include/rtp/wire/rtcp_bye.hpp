// BYE: sources leave. RFC 3550 6.6.
#pragma once

#include <span>
#include <string_view>

#include "rtp/error.hpp"
#include "rtp/wire/rtcp.hpp"

namespace rtp {

/// Borrows the bytes.
class bye_view final {
public:
    [[nodiscard]] static parsed<bye_view> parse(rtcp_packet const&) noexcept;  ///< Takes a packet apart.

    [[nodiscard]] std::size_t source_count() const noexcept { return sources_.size() / 4; }  ///< How many leave.
    /// Who leaves; index < source_count().
    [[nodiscard]] ssrc_t source(std::size_t index) const noexcept;
    /// Empty if the peer gave none.
    [[nodiscard]] std::string_view reason() const noexcept { return reason_; }

private:
    std::span<const std::byte> sources_;
    std::string_view reason_;
};

/// At most 31 sources; the reason is cut at 255 bytes. Error: too_large; the compound is then unchanged.
[[nodiscard]] error_code append_bye(
    packet_buffer& compound, std::span<const ssrc_t> sources, std::string_view reason
) noexcept;

}  // namespace rtp

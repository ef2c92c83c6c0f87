// Source descriptions: who is behind an SSRC. RFC 3550 6.5.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rtp/error.hpp"
#include "rtp/wire/bytes.hpp"
#include "rtp/wire/rtcp.hpp"

namespace rtp {

enum class sdes_type : std::uint8_t { end = 0, cname, name, email, phone, location, tool, note, priv };

/// One item: a name, say.
struct sdes_item {
    ssrc_t source{};  ///< The source that it is about.
    sdes_type type{};  ///< What the item is.
    std::string_view text;  ///< UTF-8 as the peer sent it, up to 255 bytes. A view into the packet.
};

/// Walks the items of all chunks of one SDES packet, in order.
class sdes_reader final {
public:
    /// Reads the items of a packet.
    explicit sdes_reader(rtcp_packet const& packet) noexcept : in_(packet.body), chunks_left_(packet.count) {}
    /// The next item; nothing at the end or after a failure.
    [[nodiscard]] std::optional<sdes_item> next() noexcept;
    /// True if a chunk ran over the end of the packet. Items before it were good.
    [[nodiscard]] bool has_failed() const noexcept { return in_.has_failed(); }

private:
    byte_reader in_;
    std::size_t chunks_left_;
    bool in_chunk_ = false;
    ssrc_t source_{};
};

/// Appends an SDES packet with the one chunk and item that every compound packet must carry. Errors: too_large;
/// invalid_argument for a name that is empty or longer than 255 bytes. The compound is then unchanged.
[[nodiscard]] error_code append_cname(packet_buffer& compound, ssrc_t source, std::string_view cname) noexcept;

}  // namespace rtp

// Feedback messages: the common form, generic NACK (which packets are missing) and picture loss indication.
//
// When feedback may be sent is session/rtcp_scheduler.hpp. Formats that nobody here knows still tell whom they are
// about. RFC 4585 6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/error.hpp"
#include "rtp/wire/rtcp.hpp"

namespace rtp {

/// FMT values of transport feedback (type 205), RFC 4585 6.2.
enum class transport_format : std::uint8_t { generic_nack = 1 };
/// FMT values of payload-specific feedback (type 206), RFC 4585 6.3.
enum class payload_format : std::uint8_t { picture_loss = 1 };

/// A received feedback packet of either type. Borrows the bytes.
struct feedback_view {
    rtcp_type type{};         ///< transport_feedback or payload_feedback
    std::uint8_t format = 0;  ///< A transport_format or a payload_format, or unknown.
    ssrc_t sender{};  ///< Whose feedback it is.
    ssrc_t media_source{};                ///< Whom it is about; 0 where the format has none.
    std::span<const std::byte> messages;  ///< What follows: the format says what.

    /// Error: bad_rtcp_item where one of the two SSRCs is missing.
    [[nodiscard]] static parsed<feedback_view> parse(rtcp_packet const&) noexcept;

    [[nodiscard]] bool is_generic_nack() const noexcept;  ///< RFC 4585 6.2.1.
    [[nodiscard]] bool is_picture_loss() const noexcept;  ///< RFC 4585 6.3.1.
};

/// Walks the missing sequence numbers of a generic NACK, in the order of its items (RFC 4585 6.2.1).
class nack_reader final {
public:
    /// Reads the lost packets out of a generic NACK.
    explicit nack_reader(feedback_view const& nack) noexcept : items_(nack.messages) {}
    /// The next missing packet; nothing at the end. An item cut short is left out.
    [[nodiscard]] std::optional<sequence_t> next() noexcept;

private:
    std::span<const std::byte> items_;
    std::uint16_t packet_id_ = 0;
    std::uint32_t pending_ = 0;  // bit 0: packet_id_ itself, bit n: n after it
};

/// Appends a generic NACK for `missing`, which ascends (compare by distance()), in as few items as it takes. Errors:
/// invalid_argument if empty, too_large; the compound is then unchanged.
[[nodiscard]] error_code append_generic_nack(
    packet_buffer& compound, ssrc_t sender, ssrc_t media_source, std::span<const sequence_t> missing
) noexcept;

/// Error: too_large; the compound is then unchanged.
[[nodiscard]] error_code append_picture_loss(packet_buffer& compound, ssrc_t sender, ssrc_t media_source) noexcept;

}  // namespace rtp

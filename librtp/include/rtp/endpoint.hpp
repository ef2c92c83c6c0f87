// An IP address and a port as a plain value, so that the core can compare and choose addresses without knowing sockets.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtp {

enum class address_family : std::uint8_t { none, ipv4, ipv6 };

/// An address and a port.
struct endpoint {
    std::array<std::uint8_t, 16> address{};        ///< Network order; IPv4 uses the first four bytes.
    std::uint32_t scope = 0;                       ///< IPv6 zone for link-local addresses, otherwise 0.
    std::uint16_t port = 0;                        ///< In host order.
    address_family family = address_family::none;  ///< IPv4 or IPv6.

    /// From the text of an SDP connection line: "192.0.2.1" or "2001:db8::1", without brackets. Nothing if it is no IP
    /// address.
    [[nodiscard]] static std::optional<endpoint> from_text(std::string_view address, std::uint16_t port);

    /// True for a value that can be sent to: an address that is not 0.0.0.0 or ::, and a port that is not 0.
    [[nodiscard]] bool is_usable() const noexcept;
    /// Whatever the ports are.
    [[nodiscard]] bool has_same_address(endpoint const& other) const noexcept {
        // As two words: each packet is compared several times, and memcmp would be called for it.
        using words = std::array<std::uint64_t, 2>;
        return family == other.family && std::bit_cast<words>(address) == std::bit_cast<words>(other.address) &&
               scope == other.scope;
    }
    /// 224.0.0.0/4 or ff00::/8.
    [[nodiscard]] bool is_multicast() const noexcept {
        return (family == address_family::ipv4 && address[0] >> 4 == 0xE) ||
               (family == address_family::ipv6 && address[0] == 0xFF);
    }
    /// "192.0.2.1" or "2001:db8::1", without a zone; empty without a family.
    [[nodiscard]] std::string address_text() const;
    /// "192.0.2.1:4000" or "[2001:db8::1]:4000", for logs.
    [[nodiscard]] std::string to_text() const;

    friend bool operator==(endpoint const& a, endpoint const& b) noexcept {
        return a.port == b.port && a.has_same_address(b);
    }
    friend auto operator<=>(endpoint const&, endpoint const&) = default;
};

}  // namespace rtp

// Addresses and flows. The core never sees a socket: it names flows by number, and the shell keeps what is behind the
// number.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/error.hpp"

namespace sip {

enum class transport_kind : std::uint8_t { udp, tcp, tls };

[[nodiscard]] constexpr bool is_reliable(transport_kind kind) noexcept {
    return kind != transport_kind::udp;
}
[[nodiscard]] constexpr std::uint16_t default_port(transport_kind kind) noexcept {
    return kind == transport_kind::tls ? 5061 : 5060;
}
/// As Via writes it: "UDP".
[[nodiscard]] std::string_view to_string(transport_kind) noexcept;
/// Case-insensitive, as in Via or a transport parameter.
[[nodiscard]] std::optional<transport_kind> transport_from(std::string_view) noexcept;

/// An IPv4 or IPv6 address as a value.
struct ip_address {
    std::array<std::uint8_t, 16> bytes{};  ///< IPv4 uses the first four
    bool is_v6 = false;

    /// Reads "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; nothing for a host name.
    [[nodiscard]] static std::optional<ip_address> from(std::string_view text) noexcept;
    [[nodiscard]] bool is_unspecified() const noexcept;
    friend auto operator<=>(ip_address const&, ip_address const&) = default;
};
/// Without brackets.
[[nodiscard]] std::string to_string(ip_address const&);

struct endpoint {
    ip_address address;
    std::uint16_t port = 0;
    transport_kind kind = transport_kind::udp;

    friend auto operator<=>(endpoint const&, endpoint const&) = default;
};
/// "192.0.2.1:5060" or "[2001:db8::1]:5060": a sent-by, or the host and port of a URI.
[[nodiscard]] std::string host_port(endpoint const&);
/// The same with the transport in front, for logs: "udp 192.0.2.1:5060".
[[nodiscard]] std::string to_string(endpoint const&);

/// A bound datagram socket, a connection, or a connection that is being opened. Numbers are given by the core
/// (flow_table) and never used again.
enum class flow_id : std::uint32_t { none = 0 };

/// What the shell tells of a flow when it registers one.
struct flow_description {
    endpoint local;                  ///< concrete address: Via and Contact are made from it
    std::optional<endpoint> remote;  ///< nothing for a datagram socket, which reaches everybody
};

enum class flow_change : std::uint8_t { up, failed, closed };

/// News of a flow, from the shell.
struct flow_event {
    flow_id flow = flow_id::none;
    flow_change change = flow_change::up;
    endpoint local;          ///< with `up`: the address that the connection got
    error_code cause;        ///< with `failed`
    std::string cause_text;  ///< for people
};

}  // namespace sip

// Addresses and flows. The core never sees a socket: it names flows by number, and the shell keeps what is behind the
// number.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/error.hpp"

namespace sip {

/// `ws` and `wss`: WebSocket over TCP and over TLS (RFC 7118).
enum class transport_kind : std::uint8_t { udp, tcp, tls, ws, wss };

[[nodiscard]] constexpr bool is_reliable(transport_kind kind) noexcept {
    return kind != transport_kind::udp;
}
/// True where a certificate names the peer.
[[nodiscard]] constexpr bool is_secure(transport_kind kind) noexcept {
    return kind == transport_kind::tls || kind == transport_kind::wss;
}
[[nodiscard]] constexpr bool is_websocket(transport_kind kind) noexcept {
    return kind == transport_kind::ws || kind == transport_kind::wss;
}
/// RFC 3261 19.1.2, RFC 7118 5.5.
[[nodiscard]] constexpr std::uint16_t default_port(transport_kind kind) noexcept {
    switch (kind) {
        case transport_kind::udp:
        case transport_kind::tcp:
            return 5060;
        case transport_kind::tls:
            return 5061;
        case transport_kind::ws:
            return 80;
        case transport_kind::wss:
            return 443;
    }
    return 0;
}
/// As Via writes it: "UDP".
[[nodiscard]] std::string_view to_string(transport_kind) noexcept;
/// Case-insensitive, as in Via or a transport parameter. "wss" is no transport parameter of RFC 7118 5.2, but read.
[[nodiscard]] std::optional<transport_kind> transport_from(std::string_view) noexcept;

/// An IPv4 or IPv6 address as a value.
struct ip_address {
    std::array<std::uint8_t, 16> bytes{};  ///< IPv4 uses the first four
    bool is_v6 = false;  ///< how many bytes count

    /// Reads "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; nothing for a host name. An IPv4-mapped IPv6 address is the
    /// IPv4 address: one peer has one address, whatever socket it came through.
    [[nodiscard]] static std::optional<ip_address> from(std::string_view text) noexcept;
    [[nodiscard]] bool is_unspecified() const noexcept;  ///< 0.0.0.0 or ::
    [[nodiscard]] bool is_loopback() const noexcept;  ///< 127.0.0.0/8 or ::1
    [[nodiscard]] bool is_link_local() const noexcept;  ///< 169.254.0.0/16 or fe80::/10
    friend auto operator<=>(ip_address const&, ip_address const&) = default;
};
/// Without brackets.
[[nodiscard]] std::string to_string(ip_address const&);

/// An address, port and transport: one end of a flow.
struct endpoint {
    ip_address address;  ///< IPv4 or IPv6
    std::uint16_t port = 0;  ///< 0: any free one, where we bind
    transport_kind kind = transport_kind::udp;  ///< what is spoken there

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
    std::vector<std::string> verified_names =
        {};  ///< accepted TLS: the SIP domains of the client's certificate (RFC 5922)
};

enum class flow_change : std::uint8_t {
    up,
    failed,
    closed,
    moved,  ///< its local address is ours no more: a datagram socket goes on with `local`, a connection is gone
};

/// News of a flow, from the shell.
struct flow_event {
    flow_id flow = flow_id::none;  ///< the socket or connection
    flow_change change = flow_change::up;  ///< what has happened
    endpoint local;          ///< with `up`: the address that the connection got; with `moved`: the new one
    error_code cause;        ///< with `failed`
    std::string cause_text;  ///< for people: "the certificate of tls 192.0.2.1:5061 has expired"
    std::vector<std::string> verified_names = {};  ///< with `up`, over TLS: the SIP domains that the peer proved to be
};

}  // namespace sip

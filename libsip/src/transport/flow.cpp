#include "sip/transport/flow.hpp"

#include <algorithm>
#include <cstring>

// Conversions between text and bytes only: nothing here opens a socket.
#include <arpa/inet.h>
#include <fmt/format.h>

namespace sip {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

constexpr transport_kind all_kinds[] = {
    transport_kind::udp, transport_kind::tcp, transport_kind::tls, transport_kind::ws, transport_kind::wss};

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::string_view to_string(transport_kind kind) noexcept {
    switch (kind) {
        case transport_kind::udp:
            return "UDP";
        case transport_kind::tcp:
            return "TCP";
        case transport_kind::tls:
            return "TLS";
        case transport_kind::ws:
            return "WS";
        case transport_kind::wss:
            return "WSS";
    }
    return "";
}

std::optional<transport_kind> transport_from(std::string_view text) noexcept {
    for (transport_kind kind : all_kinds)
        if (equal_ignoring_case(text, to_string(kind))) return kind;
    return std::nullopt;
}

std::optional<ip_address> ip_address::from(std::string_view text) noexcept {
    bool bracketed = text.size() >= 2 && text.front() == '[' && text.back() == ']';
    if (bracketed) text = text.substr(1, text.size() - 2);
    char terminated[INET6_ADDRSTRLEN] = {};
    if (text.empty() || text.size() >= sizeof terminated || text.find('\0') != text.npos) return std::nullopt;
    std::memcpy(terminated, text.data(), text.size());

    ip_address address;
    if (!bracketed && inet_pton(AF_INET, terminated, address.bytes.data()) == 1) return address;
    address.is_v6 = true;
    if (inet_pton(AF_INET6, terminated, address.bytes.data()) != 1) return std::nullopt;
    if (!std::equal(mapped_prefix.begin(), mapped_prefix.end(), address.bytes.begin())) return address;
    ip_address mapped;
    std::copy(address.bytes.begin() + mapped_prefix.size(), address.bytes.end(), mapped.bytes.begin());
    return mapped;
}

bool ip_address::is_unspecified() const noexcept {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool ip_address::is_loopback() const noexcept {
    if (!is_v6) return bytes[0] == 127;
    return bytes.back() == 1 &&
           std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

bool ip_address::is_link_local() const noexcept {
    return is_v6 ? bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80 : bytes[0] == 169 && bytes[1] == 254;
}

std::string to_string(ip_address const& address) {
    if (address.is_v6) {
        char text[INET6_ADDRSTRLEN] = {};
        return inet_ntop(AF_INET6, address.bytes.data(), text, sizeof text);
    }
    // Every Contact and Via of ours has one of these, and inet_ntop() takes a thousand instructions for it.
    std::string text;
    for (std::size_t i = 0; i < 4; ++i) {
        if (i > 0) text += '.';
        text += fmt::format_int(address.bytes[i]).c_str();
    }
    return text;
}

std::string host_port(endpoint const& at) {
    auto text = to_string(at.address);
    if (at.address.is_v6) text = '[' + text + ']';
    return text.append(":").append(fmt::format_int(at.port).c_str());
}

std::string to_string(endpoint const& at) {
    std::string kind(to_string(at.kind));
    std::transform(kind.begin(), kind.end(), kind.begin(), [](char c) { return static_cast<char>(c - 'A' + 'a'); });
    return kind + " " + host_port(at);
}

}  // namespace sip

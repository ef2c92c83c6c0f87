#include "sdp/model/session.hpp"

#include "sdp/text/scan.hpp"

namespace sdp {

std::string_view name_of(direction d) noexcept {
    switch (d) {
        case direction::inactive:
            return "inactive";
        case direction::sendonly:
            return "sendonly";
        case direction::recvonly:
            return "recvonly";
        case direction::sendrecv:
            return "sendrecv";
    }
    return "sendrecv";
}

bool is_unspecified(connection const& c) noexcept {
    if (c.family == address_family::other) return false;
    std::string_view const address = c.address;
    constexpr std::string_view no_host = ".invalid";
    bool const names_nobody =
        address.size() > no_host.size() && same_text(address.substr(address.size() - no_host.size()), no_host);
    return address == "0.0.0.0" || address == "::" || names_nobody;
}

bool is_multicast(connection const& c) noexcept {
    std::string_view rest = c.address;
    switch (c.family) {
        case address_family::ip4: {
            auto const first = to_number<std::uint8_t>(take_until(rest, '.'));
            return first && *first >= 224 && *first <= 239 && !rest.empty();
        }
        case address_family::ip6:
            return rest.size() > 2 && same_text(rest.substr(0, 2), "ff") && rest.find(':') != std::string_view::npos;
        case address_family::other:
            return false;
    }
    return false;
}

bool same_codec(codec const& a, codec const& b) noexcept {
    return a.clock_rate == b.clock_rate && a.channels == b.channels && same_text(a.name, b.name);
}

bool is_rtp(std::string_view transport) noexcept {
    constexpr std::string_view profiles[] = {"RTP/AVP",     "RTP/SAVP",          "RTP/AVPF",
                                             "RTP/SAVPF",   "UDP/TLS/RTP/SAVP",  "UDP/TLS/RTP/SAVPF",
                                             "TCP/RTP/AVP", "TCP/DTLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF"};
    for (auto const profile : profiles) {
        if (same_text(transport, profile)) return true;
    }
    return false;
}

bool is_transport(std::string_view written, std::string_view expected) noexcept {
    return same_text(written, expected);
}

direction effective_direction(session const& description, media const& line) noexcept {
    if (line.direction) return *line.direction;
    return description.direction.value_or(direction::sendrecv);
}

connection const* effective_connection(session const& description, media const& line) noexcept {
    if (line.connection) return &*line.connection;
    return description.connection ? &*description.connection : nullptr;
}

}  // namespace sdp

#include "transport_profile.hpp"

#include "sdp/text/scan.hpp"

namespace sdp {

namespace {

struct known_transport {
    std::string_view name;
    transport_profile profile;
};

/// The first of each profile is the one we write.
constexpr known_transport transports[] = {
    {"RTP/AVP", transport_profile::plain},         {"RTP/AVPF", transport_profile::plain},
    {"RTP/SAVP", transport_profile::secure},       {"RTP/SAVPF", transport_profile::secure},
    {"UDP/TLS/RTP/SAVP", transport_profile::dtls}, {"UDP/TLS/RTP/SAVPF", transport_profile::dtls},
};

}  // namespace

std::optional<transport_profile> profile_of(std::string_view transport) noexcept {
    for (auto const& known : transports) {
        if (same_text(transport, known.name)) return known.profile;
    }
    return std::nullopt;
}

std::string_view transport_of(transport_profile profile) noexcept {
    for (auto const& known : transports) {
        if (known.profile == profile) return known.name;
    }
    return {};
}

}  // namespace sdp

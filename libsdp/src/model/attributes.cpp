#include "sdp/model/attributes.hpp"

#include "sdp/text/scan.hpp"

#include <array>

namespace sdp {

namespace {

std::optional<payload_type> to_payload(std::string_view text) noexcept {
    auto const payload = to_number<std::uint8_t>(text);
    if (!payload || *payload > 127) return std::nullopt;
    return payload_type{*payload};
}

struct static_assignment {
    std::uint8_t payload;
    std::string_view name;
    std::uint32_t clock_rate;
    std::uint16_t channels;
};

// RFC 3551 6, tables 4 and 5, without what is reserved.
constexpr std::array<static_assignment, 24> static_assignments{{
    {0, "PCMU", 8000, 1},   {3, "GSM", 8000, 1},    {4, "G723", 8000, 1},   {5, "DVI4", 8000, 1},
    {6, "DVI4", 16000, 1},  {7, "LPC", 8000, 1},    {8, "PCMA", 8000, 1},   {9, "G722", 8000, 1},
    {10, "L16", 44100, 2},  {11, "L16", 44100, 1},  {12, "QCELP", 8000, 1}, {13, "CN", 8000, 1},
    {14, "MPA", 90000, 1},  {15, "G728", 8000, 1},  {16, "DVI4", 11025, 1}, {17, "DVI4", 22050, 1},
    {18, "G729", 8000, 1},  {25, "CelB", 90000, 1}, {26, "JPEG", 90000, 1}, {28, "nv", 90000, 1},
    {31, "H261", 90000, 1}, {32, "MPV", 90000, 1},  {33, "MP2T", 90000, 1}, {34, "H263", 90000, 1},
}};

}  // namespace

std::optional<rtpmap> read_rtpmap(std::string_view value) noexcept {
    auto const payload = to_payload(take_field(value));
    auto const name = trimmed(take_until(value, '/'));
    auto const rate = to_number<std::uint32_t>(trimmed(take_until(value, '/')));
    value = trimmed(value);
    auto const channels = value.empty() ? std::optional<std::uint16_t>{1} : to_number<std::uint16_t>(value);
    if (!payload || name.empty() || !rate || *rate == 0 || !channels || *channels == 0) return std::nullopt;
    return rtpmap{*payload, name, *rate, *channels};
}

std::optional<fmtp> read_fmtp(std::string_view value) noexcept {
    auto const payload = to_payload(take_field(value));
    auto const parameters = trimmed(value);
    if (!payload || parameters.empty()) return std::nullopt;
    return fmtp{*payload, parameters};
}

std::optional<rtcp_view> read_rtcp(std::string_view value) noexcept {
    auto const port = to_number<std::uint16_t>(take_field(value));
    if (!port || *port == 0) return std::nullopt;
    rtcp_view rtcp{*port, std::nullopt};
    if (!trimmed(value).empty()) {
        rtcp.address = read_connection(value);
        if (!rtcp.address) return std::nullopt;
    }
    return rtcp;
}

std::optional<std::chrono::milliseconds> read_packet_time(std::string_view value) noexcept {
    auto fraction = trimmed(value);
    auto const whole = take_until(fraction, '.');
    auto const milliseconds = to_number<std::uint16_t>(whole);
    if (!milliseconds || *milliseconds == 0) return std::nullopt;
    bool const is_real = whole.size() != trimmed(value).size();
    if (is_real && !to_number<std::uint64_t>(fraction)) return std::nullopt;
    return std::chrono::milliseconds{*milliseconds};
}

std::optional<direction> read_direction(std::string_view attribute_name) noexcept {
    if (attribute_name.size() != 8) return std::nullopt;
    for (auto const d : {direction::sendrecv, direction::sendonly, direction::recvonly, direction::inactive}) {
        if (same_text(attribute_name, name_of(d))) return d;
    }
    return std::nullopt;
}

std::optional<connection_view> read_connection(std::string_view value) noexcept {
    value = trimmed(value);
    if (value.empty()) return std::nullopt;
    auto rest = value;
    auto const network = take_field(rest);
    auto const type = take_field(rest);
    bool const ip4 = same_text(type, "IP4");
    if (!same_text(network, "IN") || !(ip4 || same_text(type, "IP6")))
        return connection_view{address_family::other, value};
    auto const address = take_field(rest);
    if (address.empty()) return std::nullopt;
    return connection_view{ip4 ? address_family::ip4 : address_family::ip6, address};
}

std::optional<codec> static_codec(payload_type payload) {
    for (auto const& assigned : static_assignments) {
        if (assigned.payload == number(payload)) {
            return codec{std::string{assigned.name}, assigned.clock_rate, assigned.channels};
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> parameter_value(std::string_view parameters, std::string_view name) noexcept {
    while (!parameters.empty()) {
        auto value = take_until(parameters, ';');
        if (same_text(trimmed(take_until(value, '=')), name)) return trimmed(value);
    }
    return std::nullopt;
}

attribute const* find_attribute(std::span<attribute const> attributes, std::string_view name) noexcept {
    for (auto const& candidate : attributes) {
        if (same_text(candidate.name, name)) return &candidate;
    }
    return nullptr;
}

}  // namespace sdp

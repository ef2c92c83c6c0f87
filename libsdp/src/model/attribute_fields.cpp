#include "attribute_fields.hpp"

#include "sdp/text/scan.hpp"

#include <utility>

namespace sdp {

namespace {

format* find_format(media& line, payload_type payload) noexcept {
    for (auto& candidate : line.formats) {
        if (candidate.payload == payload) return &candidate;
    }
    return nullptr;
}

bool take_rtpmap(media& line, std::string_view value) {
    auto const map = read_rtpmap(value);
    auto* const format = map ? find_format(line, map->payload) : nullptr;
    if (format == nullptr || !format->codec.name.empty()) return false;
    format->codec.name = map->name;
    format->codec.clock_rate = map->clock_rate;
    format->codec.channels = map->channels;
    return true;
}

bool take_fmtp(media& line, std::string_view value) {
    auto const declared = read_fmtp(value);
    auto* const format = declared ? find_format(line, declared->payload) : nullptr;
    if (format == nullptr || !format->parameters.empty()) return false;
    format->parameters = declared->parameters;
    return true;
}

bool take_rtcp(media& line, std::string_view value) {
    auto const written = line.rtcp ? std::nullopt : read_rtcp(value);
    if (!written) return false;
    auto& rtcp = line.rtcp.emplace();
    rtcp.port = written->port;
    if (written->address) assign(rtcp.address.emplace(), *written->address);
    return true;
}

bool take_rtcp_mux(media& line, std::string_view value) noexcept {
    if (line.rtcp_mux || !trimmed(value).empty()) return false;
    line.rtcp_mux = true;
    return true;
}

bool take_crypto(media& line, std::string_view value) {
    if (line.crypto.size() == most_crypto_lines) return false;
    auto read = read_crypto(value);
    if (!read) return false;
    for (auto const& earlier : line.crypto) {
        if (earlier.tag == read->tag) return false;  // RFC 4568 4.1: a tag is unique in its m= section.
    }
    line.crypto.push_back(std::move(*read));
    return true;
}

bool take_packet_time(std::optional<std::chrono::milliseconds>& field, std::string_view value) noexcept {
    if (field) return false;
    field = read_packet_time(value);
    return field.has_value();
}

}  // namespace

void assign(connection& to, connection_view from) {
    to.family = from.family;
    to.address = from.address;
}

bool take_direction(std::optional<direction>& field, std::string_view name, std::string_view value) {
    if (field || !trimmed(value).empty()) return false;
    field = read_direction(name);
    return field.has_value();
}

bool take_media_attribute(media& line, std::string_view name, std::string_view value) {
    if (same_text(name, "rtpmap")) return take_rtpmap(line, value);
    if (same_text(name, "fmtp")) return take_fmtp(line, value);
    if (same_text(name, "ptime")) return take_packet_time(line.ptime, value);
    if (same_text(name, "maxptime")) return take_packet_time(line.maxptime, value);
    if (same_text(name, "rtcp")) return take_rtcp(line, value);
    if (same_text(name, "rtcp-mux")) return take_rtcp_mux(line, value);
    if (same_text(name, "crypto")) return take_crypto(line, value);
    return take_direction(line.direction, name, value);
}

}  // namespace sdp

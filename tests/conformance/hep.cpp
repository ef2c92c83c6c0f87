#include "conformance/hep.hpp"

#include <cstdint>
#include <string_view>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "conformance/capture/link.hpp"

namespace conformance {

namespace {

constexpr std::size_t packet_header = 6, chunk_header = 6;

/// The chunks of interest; the names are those of the HEP3 document.
enum chunk : std::uint16_t {
    source_address = 3,
    destination_address = 4,
    source_address_6 = 5,
    destination_address_6 = 6,
    source_port = 7,
    destination_port = 8,
    time_seconds = 9,
    time_microseconds = 10,
    protocol_type = 11,
    payload = 15
};
constexpr std::uint32_t protocol_sip = 1;

std::uint32_t number(std::span<const unsigned char> bytes) {
    std::uint32_t out = 0;
    for (const auto byte : bytes)
        out = out << 8U | byte;
    return out;
}

}  // namespace

std::string line_of_hep(std::span<const unsigned char> packet, const std::string& proxy_address) {
    const auto begins = std::string_view(reinterpret_cast<const char*>(packet.data()), packet.size()).substr(0, 4);
    if (packet.size() < packet_header || begins != "HEP3") return {};
    std::string from_host, to_host;
    std::uint32_t from_port = 0, to_port = 0, s = 0, us = 0, protocol = 0;
    std::string_view text;
    for (auto rest = packet.subspan(packet_header); rest.size() >= chunk_header;) {
        const auto type = number(rest.subspan(2, 2));
        const auto length = number(rest.subspan(4, 2));
        if (length < chunk_header || length > rest.size()) return {};
        const auto value = rest.subspan(chunk_header, length - chunk_header);
        if (type == source_address || type == source_address_6) from_host = text_of_address(value);
        if (type == destination_address || type == destination_address_6) to_host = text_of_address(value);
        if (type == source_port) from_port = number(value);
        if (type == destination_port) to_port = number(value);
        if (type == time_seconds) s = number(value);
        if (type == time_microseconds) us = number(value);
        if (type == protocol_type) protocol = number(value);
        if (type == payload) text = {reinterpret_cast<const char*>(value.data()), value.size()};
        rest = rest.subspan(length);
    }
    if (protocol != protocol_sip || text.empty() || from_host.empty() || to_host.empty()) return {};
    // Over TCP what arrives may come to a port that the proxy opened for a connection.
    const auto from = fmt::format("{}:{}", from_host, from_port), to = fmt::format("{}:{}", to_host, to_port);
    const bool arrived = from != proxy_address;
    return boost::json::serialize(boost::json::object{
        {"time", static_cast<double>(s) + static_cast<double>(us) / 1e6},
        {"direction", arrived ? "in" : "out"},
        {"local", proxy_address},
        {"remote", arrived ? from : to},
        {"text", text}});
}

}  // namespace conformance

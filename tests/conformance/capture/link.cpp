#include "conformance/capture/link.hpp"

#include <arpa/inet.h>
#include <pcap/dlt.h>

#include <algorithm>

#include <fmt/format.h>

namespace conformance {

namespace {

constexpr std::uint8_t tcp = 6, udp = 17;
constexpr std::size_t most_waiting = 64;  ///< packets whose fragments are being gathered
constexpr std::size_t largest_packet = 65535;

std::uint32_t number(bytes from, std::size_t at, std::size_t size) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i != size; ++i)
        out = out << 8U | from[at + i];
    return out;
}

std::optional<transport_unit> read_transport(
    const std::string& from, const std::string& to, std::uint8_t protocol, bytes packet
) {
    transport_unit out;
    std::size_t header = 8;
    if (packet.size() < header || (protocol == tcp && packet.size() < 20)) return std::nullopt;
    if (protocol == udp) {
        const auto length = number(packet, 4, 2);
        if (length < header || length > packet.size()) return std::nullopt;
        packet = packet.first(length);
    } else {
        header = static_cast<std::size_t>(packet[12] >> 4U) * 4;
        if (header < 20 || header > packet.size()) return std::nullopt;
        out.is_tcp = true;
        out.sequence = number(packet, 4, 4);
        out.begins = (packet[13] & 2U) != 0;
        out.ends = (packet[13] & 5U) != 0;
    }
    out.from = fmt::format("{}:{}", from, number(packet, 0, 2));
    out.to = fmt::format("{}:{}", to, number(packet, 2, 2));
    out.payload = packet.subspan(header);
    return out;
}

}  // namespace

std::string text_of_address(bytes address) {
    if (address.size() != 4 && address.size() != 16) return {};
    char room[INET6_ADDRSTRLEN] = {};
    ::inet_ntop(address.size() == 4 ? AF_INET : AF_INET6, address.data(), room, sizeof room);
    return address.size() == 4 ? std::string(room) : fmt::format("[{}]", room);
}

bool link_reader::knows(int type) noexcept {
    return type == DLT_EN10MB || type == DLT_RAW || type == DLT_LINUX_SLL || type == DLT_LINUX_SLL2 ||
           type == DLT_NULL || type == DLT_LOOP || type == DLT_IPV4 || type == DLT_IPV6;
}

std::optional<transport_unit> link_reader::read(bytes frame) {
    std::size_t header = 0;
    if (link_type_ == DLT_EN10MB) {
        header = 14;
        // Tags of virtual networks (IEEE 802.1Q) stand before the type.
        while (frame.size() >= header &&
               (number(frame, header - 2, 2) == 0x8100 || number(frame, header - 2, 2) == 0x88A8))
            header += 4;
    } else if (link_type_ == DLT_LINUX_SLL) {
        header = 16;
    } else if (link_type_ == DLT_LINUX_SLL2) {
        header = 20;
    } else if (link_type_ == DLT_NULL || link_type_ == DLT_LOOP) {
        header = 4;
    }
    if (frame.size() <= header) return std::nullopt;
    return read_ip(frame.subspan(header));
}

std::optional<transport_unit> link_reader::read_ip(bytes packet) {
    if (packet[0] >> 4U == 4) return read_ipv4(packet);
    if (packet[0] >> 4U == 6) return read_ipv6(packet);
    return std::nullopt;
}

std::optional<transport_unit> link_reader::read_ipv4(bytes packet) {
    if (packet.size() < 20) return std::nullopt;
    const auto header = static_cast<std::size_t>(packet[0] & 15U) * 4;
    const auto length = number(packet, 2, 2);
    if (header < 20 || length < header || length > packet.size()) return std::nullopt;
    const auto from = text_of_address(packet.subspan(12, 4)), to = text_of_address(packet.subspan(16, 4));
    const auto protocol = packet[9];
    if (protocol != tcp && protocol != udp) return std::nullopt;
    auto payload = packet.first(length).subspan(header);
    const auto place = number(packet, 6, 2);
    const bool more = (place & 0x2000U) != 0;
    if (const auto offset = static_cast<std::size_t>(place & 0x1FFFU) * 8; more || offset != 0)
        payload = join({from, to, number(packet, 4, 2), protocol}, offset, more, payload);
    return read_transport(from, to, protocol, payload);
}

std::optional<transport_unit> link_reader::read_ipv6(bytes packet) {
    if (packet.size() < 40) return std::nullopt;
    const auto length = number(packet, 4, 2);
    if (length + 40 > packet.size()) return std::nullopt;
    const auto from = text_of_address(packet.subspan(8, 16)), to = text_of_address(packet.subspan(24, 16));
    auto next = packet[6];
    auto rest = packet.first(length + 40).subspan(40);
    constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragment = 44, destination = 60;
    while (next == hop_by_hop || next == routing || next == destination || next == fragment) {
        if (rest.size() < 8) return std::nullopt;
        const auto size = next == fragment ? 8 : (static_cast<std::size_t>(rest[1]) + 1) * 8;
        if (rest.size() < size) return std::nullopt;
        const auto extension = rest.first(size);
        rest = rest.subspan(size);
        if (next == fragment) {
            const auto place = number(extension, 2, 2);
            rest = join({from, to, number(extension, 4, 4), extension[0]}, place & 0xFFF8U, (place & 1U) != 0, rest);
        }
        next = extension[0];
    }
    if (next != tcp && next != udp) return std::nullopt;
    return read_transport(from, to, next, rest);
}

/// The whole once every part is there; empty before.
bytes link_reader::join(const fragment_key& key, std::size_t offset, bool more, bytes part) {
    if (offset + part.size() > largest_packet || (more && part.size() % 8 != 0)) return {};
    if (waiting_.size() >= most_waiting && !waiting_.contains(key)) waiting_.erase(waiting_.begin());
    auto& all = waiting_[key];
    all.data.resize(std::max(all.data.size(), offset + part.size()));
    std::copy(part.begin(), part.end(), all.data.begin() + static_cast<std::ptrdiff_t>(offset));
    all.filled.resize((all.data.size() + 7) / 8);
    for (std::size_t i = offset / 8; i < (offset + part.size() + 7) / 8; ++i)
        all.filled[i] = true;
    if (!more) all.size = offset + part.size();
    const bool is_whole = all.size != 0 && std::find(all.filled.begin(), all.filled.end(), false) == all.filled.end();
    if (!is_whole) return {};
    joined_ = std::move(all.data);
    waiting_.erase(key);
    return joined_;
}

}  // namespace conformance

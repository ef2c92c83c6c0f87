#include "rtp/wire/rtcp.hpp"

#include "rtp/wire/bytes.hpp"

namespace rtp {

namespace {

struct common_header {
    unsigned version;
    bool padding;
    std::uint8_t count;
    rtcp_type type;
    std::size_t size;  // of the whole packet
};

common_header read_header(std::span<const std::byte> at) noexcept {
    auto const first = std::to_integer<unsigned>(at[0]);
    return {
        first >> 6, (first & 0x20U) != 0, static_cast<std::uint8_t>(first & 0x1FU),
        static_cast<rtcp_type>(std::to_integer<std::uint8_t>(at[1])), 4 * (std::size_t{load_u16(at.subspan(2))} + 1)};
}

std::size_t padding_size(std::span<const std::byte> packet) noexcept {
    return std::to_integer<std::size_t>(packet.back());
}

}  // namespace

parsed<compound_view> compound_view::parse(std::span<const std::byte> datagram, rtcp_form form) noexcept {
    auto const failure = [](errc code, std::size_t offset) {
        return parse_failure{code, static_cast<std::uint32_t>(offset)};
    };
    if (datagram.size() < rtcp_header_size) return failure(errc::truncated, datagram.size());
    for (std::size_t at = 0; at < datagram.size();) {
        auto const rest = datagram.subspan(at);
        if (rest.size() < rtcp_header_size) return failure(errc::truncated, datagram.size());
        auto const header = read_header(rest);
        if (header.version != 2) return failure(errc::bad_version, at);
        bool const starts_well = form == rtcp_form::reduced_size || header.type == rtcp_type::sender_report ||
                                 header.type == rtcp_type::receiver_report;
        if (at == 0 && !starts_well) return failure(errc::bad_rtcp_start, 1);
        if (header.size > rest.size()) return failure(errc::bad_rtcp_length, at + 2);
        if (header.padding) {
            if (header.size != rest.size()) return failure(errc::bad_rtcp_start, at);
            // RFC 3550 6.4.1: the count includes itself and is a multiple of four.
            auto const padding = padding_size(rest);
            if (padding == 0 || padding % 4 != 0 || padding > header.size - rtcp_header_size)
                return failure(errc::bad_padding, datagram.size() - 1);
        }
        at += header.size;
    }
    return compound_view(datagram);
}

compound_view::iterator compound_view::begin() const noexcept {
    return {bytes_, 0};
}
compound_view::iterator compound_view::end() const noexcept {
    return {bytes_, bytes_.size()};
}

rtcp_packet compound_view::iterator::operator*() const noexcept {
    auto const rest = bytes_.subspan(at_);
    auto const header = read_header(rest);
    auto const packet = rest.first(header.size);
    auto const unused = header.padding ? padding_size(packet) : 0;
    return {
        header.type, header.count, packet.subspan(rtcp_header_size, packet.size() - rtcp_header_size - unused),
        static_cast<std::uint32_t>(at_)};
}

compound_view::iterator& compound_view::iterator::operator++() noexcept {
    at_ += read_header(bytes_.subspan(at_)).size;
    return *this;
}

std::optional<std::span<std::byte>> append_rtcp(
    packet_buffer& compound, rtcp_type type, std::size_t count, std::size_t body_size
) noexcept {
    auto const size = rtcp_header_size + body_size;
    // The tail-room is not for us: SRTCP needs it.
    if (count > max_rtcp_count || compound.size() + size > packet_buffer::max_size) return std::nullopt;
    auto const packet = compound.append(size);
    if (packet.empty()) return std::nullopt;
    packet[0] = static_cast<std::byte>(0x80U | count);
    packet[1] = static_cast<std::byte>(type);
    store_u16(packet.subspan(2), static_cast<std::uint16_t>(size / 4 - 1));
    return packet.subspan(rtcp_header_size);
}

}  // namespace rtp

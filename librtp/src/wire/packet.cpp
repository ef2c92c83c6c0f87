#include "rtp/wire/packet.hpp"

#include <algorithm>

namespace rtp {

namespace {

constexpr std::uint16_t one_byte_profile = 0xBEDE;

constexpr bool is_two_byte_profile(std::uint16_t profile) noexcept {
    return (profile & 0xFFF0U) == 0x1000U;  // RFC 8285 4.3: the low four bits belong to the application
}

parse_failure failure(errc code, std::size_t offset) noexcept {
    return {code, static_cast<std::uint32_t>(offset)};
}

unsigned byte_at(std::span<const std::byte> bytes, std::size_t index) noexcept {
    return std::to_integer<unsigned>(bytes[index]);
}

}  // namespace

parsed<packet_view> packet_view::parse(std::span<const std::byte> datagram) noexcept {
    if (datagram.size() < fixed_header_size) return failure(errc::truncated, datagram.size());
    auto const first = byte_at(datagram, 0);
    if (first >> 6 != 2) return failure(errc::bad_version, 0);

    packet_view packet(datagram);
    std::size_t payload_at = fixed_header_size + 4 * std::size_t{first & 0x0FU};
    if (payload_at > datagram.size()) return failure(errc::truncated, fixed_header_size);
    if ((first & 0x10U) != 0) {
        if (payload_at + 4 > datagram.size()) return failure(errc::truncated, payload_at);
        auto const size = 4 + 4 * std::size_t{load_u16(datagram.subspan(payload_at + 2))};
        if (payload_at + size > datagram.size()) return failure(errc::bad_extension, payload_at + 2);
        payload_at += size;
    }
    if ((first & 0x20U) != 0) {
        // RFC 3550 5.1: the last octet counts the padding, itself included, so zero is impossible.
        auto const padding = byte_at(datagram, datagram.size() - 1);
        if (padding == 0 || padding > datagram.size() - payload_at)
            return failure(errc::bad_padding, datagram.size() - 1);
        packet.padding_ = static_cast<std::uint16_t>(padding);
    }
    packet.payload_at_ = payload_at;
    return packet;
}

ssrc_t packet_view::csrc(std::size_t index) const noexcept {
    return static_cast<ssrc_t>(load_u32(bytes_.subspan(fixed_header_size + 4 * index)));
}

std::optional<header_extension> packet_view::extension() const noexcept {
    if ((byte_at(bytes_, 0) & 0x10U) == 0) return std::nullopt;
    auto const at = fixed_header_size + 4 * csrc_count();
    return header_extension{load_u16(bytes_.subspan(at)), bytes_.subspan(at + 4, payload_at_ - at - 4)};
}

std::optional<extension_element> extension_reader::next() noexcept {
    bool const one_byte = profile_ == one_byte_profile;
    if (!one_byte && !is_two_byte_profile(profile_)) return std::nullopt;
    while (!rest_.empty()) {
        auto const first = byte_at(rest_, 0);
        if (first == 0) {  // padding between elements, RFC 8285 4.1.2 and 4.1.3
            rest_ = rest_.subspan(1);
            continue;
        }
        extension_element element;
        std::size_t header = 1;
        std::size_t length = 0;
        if (one_byte) {
            element.id = static_cast<std::uint8_t>(first >> 4);
            // RFC 8285 4.1.2 and 4.2: at id 0 with a length, and at the reserved id 15, processing stops.
            if (element.id == 0 || element.id == 15) break;
            length = (first & 0x0FU) + 1;
        } else {
            if (rest_.size() < 2) {
                failed_ = true;
                break;
            }
            element.id = static_cast<std::uint8_t>(first);
            header = 2;
            length = byte_at(rest_, 1);
        }
        if (header + length > rest_.size()) {
            failed_ = true;
            break;
        }
        element.data = rest_.subspan(header, length);
        rest_ = rest_.subspan(header + length);
        return element;
    }
    rest_ = {};
    return std::nullopt;
}

namespace {

struct extension_plan {
    bool one_byte = true;
    std::size_t padded_size = 0;
};

std::optional<extension_plan> plan_extensions(std::span<const extension_element> elements) noexcept {
    extension_plan plan;
    std::size_t data_size = 0;
    for (auto const& element : elements) {
        if (element.id == 0 || element.data.size() > 255) return std::nullopt;
        if (element.id > 14 || element.data.empty() || element.data.size() > 16) plan.one_byte = false;
        data_size += element.data.size();
    }
    auto const size = data_size + elements.size() * (plan.one_byte ? 1U : 2U);
    plan.padded_size = (size + 3) / 4 * 4;
    return plan;
}

void write_extensions(byte_writer& out, std::span<const extension_element> elements, extension_plan plan) noexcept {
    out.u16(plan.one_byte ? one_byte_profile : std::uint16_t{0x1000});
    out.u16(static_cast<std::uint16_t>(plan.padded_size / 4));
    auto const end = out.size() + plan.padded_size;
    for (auto const& element : elements) {
        if (plan.one_byte) {
            out.u8(static_cast<std::uint8_t>(unsigned{element.id} << 4 | (element.data.size() - 1)));
        } else {
            out.u8(element.id);
            out.u8(static_cast<std::uint8_t>(element.data.size()));
        }
        out.bytes(element.data);
    }
    out.zeros(end - out.size());
}

}  // namespace

error_code prepend_header(packet_buffer& buffer, packet_header const& header) noexcept {
    if (static_cast<unsigned>(header.type) > 127 || header.csrcs.size() > max_csrcs) return errc::invalid_argument;
    auto const plan = plan_extensions(header.extensions);
    if (!plan) return errc::invalid_argument;
    bool const extended = !header.extensions.empty();
    auto const size = fixed_header_size + 4 * header.csrcs.size() + (extended ? 4 + plan->padded_size : 0);
    auto const space = buffer.prepend(size);
    if (space.empty()) return errc::too_large;

    byte_writer out(space);
    out.u8(static_cast<std::uint8_t>(0x80U | (extended ? 0x10U : 0U) | header.csrcs.size()));
    out.u8(static_cast<std::uint8_t>((header.marker ? 0x80U : 0U) | static_cast<unsigned>(header.type)));
    out.u16(static_cast<std::uint16_t>(header.sequence));
    out.u32(static_cast<std::uint32_t>(header.timestamp));
    out.u32(static_cast<std::uint32_t>(header.ssrc));
    for (auto const csrc : header.csrcs)
        out.u32(static_cast<std::uint32_t>(csrc));
    if (extended) write_extensions(out, header.extensions, *plan);
    return {};
}

error_code append_padding(packet_buffer& packet, std::size_t multiple) noexcept {
    if (multiple < 2 || multiple > 252 || packet.size() < fixed_header_size) return errc::invalid_argument;
    auto const count = multiple - packet.size() % multiple;
    if (count == multiple) return {};
    auto const space = packet.append(count);
    if (space.empty()) return errc::too_large;
    std::ranges::fill(space, std::byte{0});
    space.back() = static_cast<std::byte>(count);
    packet.bytes()[0] |= std::byte{0x20};
    return {};
}

}  // namespace rtp

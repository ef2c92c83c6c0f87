#include "sip/transport/stun.hpp"

#include <algorithm>
#include <cstddef>

#include "transport/big_endian.hpp"

namespace sip::stun {
namespace {

// RFC 8489 5: two zero bits, a 14-bit type in which method and class are interleaved, length, cookie, transaction.
constexpr std::size_t header_size = 20;
constexpr std::uint32_t magic_cookie = 0x2112A442;
constexpr std::uint16_t binding = 0x0001, class_mask = 0x0110;

enum attribute : std::uint16_t {
    mapped_address = 0x0001,
    username = 0x0006,
    message_integrity = 0x0008,
    error_code_attribute = 0x0009,
    unknown_attributes = 0x000A,
    realm = 0x0014,
    nonce = 0x0015,
    message_integrity_sha256 = 0x001C,
    xor_mapped_address = 0x0020,
    alternate_server = 0x8023,
    first_optional = 0x8000,  ///< from here on whoever does not know an attribute passes it over (14)
    fingerprint = 0x8028,
};
constexpr std::uint8_t family_v4 = 1, family_v6 = 2;
constexpr std::uint32_t fingerprint_mask = 0x5354554e;
constexpr std::uint16_t unknown_attribute = 420;

std::uint8_t byte_at(std::string_view text, std::size_t at) noexcept {
    return static_cast<std::uint8_t>(text[at]);
}
std::uint16_t read_16(std::string_view text, std::size_t at) noexcept {
    return static_cast<std::uint16_t>(byte_at(text, at) << 8 | byte_at(text, at + 1));
}
std::uint32_t read_32(std::string_view text, std::size_t at) noexcept {
    return static_cast<std::uint32_t>(read_16(text, at)) << 16 | read_16(text, at + 2);
}

/// ITU-T V.42's CRC-32, which FINGERPRINT is made of (14.7).
std::uint32_t crc_32(std::string_view bytes) noexcept {
    std::uint32_t crc = 0xffffffff;
    for (char const c : bytes) {
        crc ^= static_cast<std::uint8_t>(c);
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
    }
    return ~crc;
}

/// The message class, and what of the type is method.
constexpr message_class class_of(std::uint16_t type) noexcept {
    return static_cast<message_class>((type >> 7 & 2) | (type >> 4 & 1));
}
constexpr std::uint16_t type_of(message_class what) noexcept {
    auto const bits = static_cast<unsigned>(what);
    return static_cast<std::uint16_t>(binding | (bits & 2) << 7 | (bits & 1) << 4);
}

/// What XOR-MAPPED-ADDRESS hides an address with: the cookie, and behind it the transaction (14.2).
std::array<std::uint8_t, 16> mask_of(transaction const& id) noexcept {
    std::array<std::uint8_t, 16> mask{0x21, 0x12, 0xA4, 0x42};
    std::copy(id.begin(), id.end(), mask.begin() + 4);
    return mask;
}

constexpr std::array<std::uint8_t, 16> no_mask{};  // of MAPPED-ADDRESS and ALTERNATE-SERVER (14.1, 14.15)

std::optional<endpoint> read_address(std::string_view value, std::array<std::uint8_t, 16> const& mask) noexcept {
    if (value.size() < 4) return std::nullopt;
    endpoint found;
    found.address.is_v6 = byte_at(value, 1) == family_v6;
    std::size_t const size = found.address.is_v6 ? 16 : 4;
    if (value.size() != 4 + size || (!found.address.is_v6 && byte_at(value, 1) != family_v4)) return std::nullopt;
    found.port = static_cast<std::uint16_t>(read_16(value, 2) ^ (mask[0] << 8 | mask[1]));
    for (std::size_t i = 0; i < size; ++i)
        found.address.bytes[i] = byte_at(value, 4 + i) ^ mask[i];
    return found;
}

/// Attributes of authentication, which this usage does without (RFC 5626 8): they are known, and prove nothing.
constexpr bool is_understood(std::uint16_t type) noexcept {
    switch (type) {
        case mapped_address:
        case username:
        case message_integrity:
        case error_code_attribute:
        case unknown_attributes:
        case realm:
        case nonce:
        case message_integrity_sha256:
        case xor_mapped_address:
            return true;
        default:
            return type >= first_optional;
    }
}

bool is_right_fingerprint(std::string_view datagram, std::size_t at) noexcept {
    bool const is_last = at + 8 == datagram.size() && read_16(datagram, at + 2) == 4;
    return is_last && read_32(datagram, at + 4) == (crc_32(datagram.substr(0, at)) ^ fingerprint_mask);
}

/// Header and attributes of a response; the length is counted here.
std::string response(message_class what, transaction const& id, std::string_view attributes) {
    std::string made;
    append_u16(made, type_of(what));
    append_u16(made, static_cast<std::uint16_t>(attributes.size()));
    append_u32(made, magic_cookie);
    made.append(id.begin(), id.end());
    return made.append(attributes);
}

}  // namespace

transaction new_transaction(random_source const& random) {
    transaction made{};
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < made.size(); ++i) {
        if (i % 8 == 0) bits = random();
        made[i] = static_cast<std::uint8_t>(bits >> 8 * (i % 8));
    }
    return made;
}

bool is_stun(std::string_view datagram) noexcept {
    return datagram.size() >= header_size && byte_at(datagram, 0) <= 1 && read_32(datagram, 4) == magic_cookie &&
           datagram.size() == header_size + read_16(datagram, 2) && datagram.size() % 4 == 0;
}

std::optional<message> parse(std::string_view datagram) {
    if (!is_stun(datagram)) return std::nullopt;
    auto const type = read_16(datagram, 0);
    if ((type & ~class_mask) != binding) return std::nullopt;
    message read;
    std::optional<endpoint> plain;
    read.what = class_of(type);
    std::copy_n(datagram.begin() + 8, read.id.size(), read.id.begin());
    for (std::size_t at = header_size; at < datagram.size();) {
        auto const kind = read_16(datagram, at);
        std::size_t const size = read_16(datagram, at + 2);
        if (size > datagram.size() - at - 4) return std::nullopt;
        auto const value = datagram.substr(at + 4, size);
        if (kind == fingerprint && !is_right_fingerprint(datagram, at)) return std::nullopt;
        if (kind == xor_mapped_address && !read.mapped) read.mapped = read_address(value, mask_of(read.id));
        if (kind == mapped_address && !plain) plain = read_address(value, no_mask);
        if (kind == alternate_server && !read.alternate) read.alternate = read_address(value, no_mask);
        if (kind == error_code_attribute && size >= 4 && read.error == 0)
            read.error = static_cast<std::uint16_t>((byte_at(value, 2) & 7) * 100 + byte_at(value, 3) % 100);
        if (!is_understood(kind)) read.unknown.push_back(kind);
        at += 4 + (size + 3) / 4 * 4;
    }
    // Translators that rewrite addresses wherever they see them do not see the hidden one.
    if (!read.mapped) read.mapped = plain;
    return read;
}

std::string binding_request(transaction const& id) {
    return response(message_class::request, id, {});
}

std::optional<std::string> answer(std::string_view datagram, endpoint const& from) {
    auto const request = parse(datagram);
    if (!request || request->what != message_class::request) return std::nullopt;
    std::string attributes;
    if (!request->unknown.empty()) {
        constexpr std::string_view reason = "Unknown Attribute";
        append_u16(attributes, error_code_attribute);
        append_u16(attributes, static_cast<std::uint16_t>(4 + reason.size()));
        append_u16(attributes, 0);
        append_u16(attributes, unknown_attribute / 100 << 8 | unknown_attribute % 100);
        attributes += reason;
        attributes.append((4 - attributes.size() % 4) % 4, '\0');
        append_u16(attributes, unknown_attributes);
        append_u16(attributes, static_cast<std::uint16_t>(2 * request->unknown.size()));
        for (auto const kind : request->unknown)
            append_u16(attributes, kind);
        attributes.append((4 - attributes.size() % 4) % 4, '\0');
        return response(message_class::error, request->id, attributes);
    }
    auto const mask = mask_of(request->id);
    std::size_t const size = from.address.is_v6 ? 16 : 4;
    append_u16(attributes, xor_mapped_address);
    append_u16(attributes, static_cast<std::uint16_t>(4 + size));
    append_u16(attributes, from.address.is_v6 ? family_v6 : family_v4);
    append_u16(attributes, static_cast<std::uint16_t>(from.port ^ (mask[0] << 8 | mask[1])));
    for (std::size_t i = 0; i < size; ++i)
        attributes += static_cast<char>(from.address.bytes[i] ^ mask[i]);
    return response(message_class::success, request->id, attributes);
}

}  // namespace sip::stun

// Where the parts of an SRTP or SRTCP packet lie (RFC 3711 3.1, 3.4; RFC 7714 8.2, 9.2, 9.3).
//
//     counter mode    header | text | [E, index] | [MKI] | tag
//     GCM             header | text | tag | [E, index] | [MKI]
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "crypto/transform.hpp"
#include "rtp/crypto/suite.hpp"
#include "rtp/error.hpp"
#include "rtp/wire/bytes.hpp"

namespace rtp {

struct srtp_layout {
    std::span<std::byte> header;  ///< What is never encrypted.
    std::span<std::byte> text;
    std::span<std::byte> index_word;  ///< Empty for RTP.
    std::span<std::byte> mki;
    std::span<std::byte> tag;
    ssrc_t ssrc{};
};

/// What SRTP adds behind a packet.
[[nodiscard]] inline std::size_t trailer_size(suite_traits const& traits, packet_kind kind, std::size_t mki) noexcept {
    return kind == packet_kind::rtp ? traits.rtp_tag_size + mki : traits.rtcp_tag_size + mki + srtcp_index_size;
}

/// Cuts up a packet that has its trailer. Failures: truncated, bad_version.
[[nodiscard]] inline parsed<srtp_layout> lay_out(
    std::span<std::byte> packet, packet_kind kind, suite_traits const& traits, std::size_t mki_size
) noexcept {
    bool const is_rtp = kind == packet_kind::rtp;
    auto const least = is_rtp ? fixed_header_size : std::size_t{8};
    auto const behind = trailer_size(traits, kind, mki_size);
    auto const truncated = [&] { return parse_failure{errc::truncated, static_cast<std::uint32_t>(packet.size())}; };
    if (packet.size() < least + behind) return truncated();
    auto const first = std::to_integer<unsigned>(packet[0]);
    if (first >> 6 != 2) return parse_failure{errc::bad_version, 0};

    auto rest = packet;
    auto const take_back = [&](std::size_t size) {
        auto const part = rest.last(size);
        rest = rest.first(rest.size() - size);
        return part;
    };
    srtp_layout parts;
    if (!traits.is_aead) parts.tag = take_back(is_rtp ? traits.rtp_tag_size : traits.rtcp_tag_size);
    parts.mki = take_back(mki_size);
    if (!is_rtp) parts.index_word = take_back(srtcp_index_size);
    if (traits.is_aead) parts.tag = take_back(is_rtp ? traits.rtp_tag_size : traits.rtcp_tag_size);

    auto header = least;
    if (is_rtp) {
        header += 4 * (first & 0x0FU);
        if ((first & 0x10U) != 0) {  // RFC 3550 5.3.1
            if (rest.size() < header + 4) return truncated();
            header += 4 + 4 * std::size_t{load_u16(rest.subspan(header + 2))};
        }
        if (rest.size() < header) return truncated();
    }
    parts.header = rest.first(header);
    parts.text = rest.subspan(header);
    parts.ssrc = static_cast<ssrc_t>(load_u32(rest.subspan(is_rtp ? 8 : 4)));
    return parts;
}

}  // namespace rtp

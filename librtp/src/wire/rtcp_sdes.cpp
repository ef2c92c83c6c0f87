#include "rtp/wire/rtcp_sdes.hpp"

#include "wire/text.hpp"

namespace rtp {

std::optional<sdes_item> sdes_reader::next() noexcept {
    while (!in_.has_failed()) {
        if (!in_chunk_) {
            if (chunks_left_ == 0) return std::nullopt;
            --chunks_left_;
            source_ = static_cast<ssrc_t>(in_.u32());
            in_chunk_ = true;
            continue;
        }
        auto const type = static_cast<sdes_type>(in_.u8());
        if (type == sdes_type::end) {
            // RFC 3550 6.5: a chunk is filled with zeros up to the next 32-bit boundary.
            in_.take((4 - in_.offset() % 4) % 4);
            in_chunk_ = false;
            continue;
        }
        auto const length = in_.u8();
        auto const text = in_.take(length);
        if (!in_.has_failed()) return sdes_item{source_, type, as_text(text)};
    }
    return std::nullopt;
}

error_code append_cname(packet_buffer& compound, ssrc_t source, std::string_view cname) noexcept {
    if (cname.empty() || cname.size() > 255) return errc::invalid_argument;
    auto const used = 4 + 2 + cname.size();
    auto const size = used / 4 * 4 + 4;  // at least one zero closes the item list
    auto const body = append_rtcp(compound, rtcp_type::source_description, 1, size);
    if (!body) return errc::too_large;
    byte_writer out(*body);
    out.u32(static_cast<std::uint32_t>(source));
    out.u8(static_cast<std::uint8_t>(sdes_type::cname));
    out.u8(static_cast<std::uint8_t>(cname.size()));
    out.bytes(as_octets(cname));
    out.zeros(size - used);
    return {};
}

}  // namespace rtp

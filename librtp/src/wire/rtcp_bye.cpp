#include "rtp/wire/rtcp_bye.hpp"

#include "rtp/wire/bytes.hpp"
#include "wire/text.hpp"

namespace rtp {

parsed<bye_view> bye_view::parse(rtcp_packet const& packet) noexcept {
    byte_reader in(packet.body);
    bye_view bye;
    bye.sources_ = in.take(4 * std::size_t{packet.count});
    if (!in.has_failed() && in.remaining() > 0) {
        auto const length = in.u8();
        bye.reason_ = as_text(in.take(length));
    }
    if (in.has_failed()) return parse_failure{errc::bad_rtcp_item, packet.offset};
    return bye;
}

ssrc_t bye_view::source(std::size_t index) const noexcept {
    return static_cast<ssrc_t>(load_u32(sources_.subspan(4 * index)));
}

error_code append_bye(packet_buffer& compound, std::span<const ssrc_t> sources, std::string_view reason) noexcept {
    reason = reason.substr(0, 255);
    auto const reason_size = reason.empty() ? 0 : (1 + reason.size() + 3) / 4 * 4;
    auto const body = append_rtcp(compound, rtcp_type::bye, sources.size(), 4 * sources.size() + reason_size);
    if (!body) return errc::too_large;
    byte_writer out(*body);
    for (auto const source : sources)
        out.u32(static_cast<std::uint32_t>(source));
    if (!reason.empty()) {
        out.u8(static_cast<std::uint8_t>(reason.size()));
        out.bytes(as_octets(reason));
        out.zeros(body->size() - out.size());
    }
    return {};
}

}  // namespace rtp

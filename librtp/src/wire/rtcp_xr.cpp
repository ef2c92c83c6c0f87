#include "rtp/wire/rtcp_xr.hpp"

#include "rtp/wire/bytes.hpp"

namespace rtp {

namespace {

constexpr std::size_t ssrc_size = 4;
constexpr std::size_t block_header_size = 4;
constexpr std::size_t dlrr_item_size = 12;

}  // namespace

parsed<xr_reader> xr_reader::parse(rtcp_packet const& packet) noexcept {
    if (packet.body.size() < ssrc_size) return parse_failure{errc::bad_rtcp_item, packet.offset};
    auto const blocks_at = packet.offset + static_cast<std::uint32_t>(rtcp_header_size + ssrc_size);
    return xr_reader(static_cast<ssrc_t>(load_u32(packet.body)), packet.body.subspan(ssrc_size), blocks_at);
}

std::optional<xr_block> xr_reader::next() noexcept {
    if (rest_.empty()) return std::nullopt;
    byte_reader in(rest_);
    xr_block block;
    block.type = static_cast<xr_type>(in.u8());
    block.specific = in.u8();
    // RFC 3611 3: the length counts 32-bit words, the header's own left out.
    block.body = in.take(4 * std::size_t{in.u16()});
    block.offset = offset_;
    if (in.has_failed()) {
        has_failed_ = true;
        rest_ = {};
        return std::nullopt;
    }
    rest_ = rest_.subspan(in.offset());
    offset_ += static_cast<std::uint32_t>(in.offset());
    return block;
}

parsed<ntp64_t> parse_receiver_reference_time(xr_block const& block) noexcept {
    if (block.body.size() != 8) return parse_failure{errc::bad_rtcp_item, block.offset};
    return static_cast<ntp64_t>(byte_reader(block.body).u64());
}

parsed<dlrr_view> dlrr_view::parse(xr_block const& block) noexcept {
    if (block.body.size() % dlrr_item_size != 0) return parse_failure{errc::bad_rtcp_item, block.offset};
    return dlrr_view(block.body);
}

std::size_t dlrr_view::size() const noexcept {
    return items_.size() / dlrr_item_size;
}

dlrr_item dlrr_view::operator[](std::size_t index) const noexcept {
    byte_reader in(items_.subspan(dlrr_item_size * index, dlrr_item_size));
    dlrr_item item;
    item.receiver = static_cast<ssrc_t>(in.u32());
    item.last_rr = static_cast<ntp32_t>(in.u32());
    item.delay = static_cast<ntp32_t>(in.u32());
    return item;
}

std::optional<std::span<std::byte>> xr_writer::append_block(
    xr_type type, std::uint8_t specific, std::size_t body_size
) noexcept {
    auto const block_size = block_header_size + body_size;
    std::span<std::byte> block;
    if (!started_at_) {
        auto const before = compound_.size();
        auto const body = append_rtcp(compound_, rtcp_type::extended_report, 0, ssrc_size + block_size);
        if (!body) return std::nullopt;
        started_at_ = before;
        store_u32(*body, static_cast<std::uint32_t>(reporter_));
        block = body->subspan(ssrc_size);
    } else {
        // The tail-room is not for us: SRTCP needs it.
        if (compound_.size() + block_size > packet_buffer::max_size) return std::nullopt;
        block = compound_.append(block_size);
        if (block.empty()) return std::nullopt;
        auto const packet = compound_.bytes().subspan(*started_at_);
        store_u16(packet.subspan(2), static_cast<std::uint16_t>(packet.size() / 4 - 1));
    }
    block[0] = static_cast<std::byte>(type);
    block[1] = static_cast<std::byte>(specific);
    store_u16(block.subspan(2), static_cast<std::uint16_t>(body_size / 4));
    return block.subspan(block_header_size);
}

error_code xr_writer::append_receiver_reference_time(ntp64_t time) noexcept {
    auto const body = append_block(xr_type::receiver_reference_time, 0, 8);
    if (!body) return errc::too_large;
    byte_writer(*body).u64(static_cast<std::uint64_t>(time));
    return {};
}

error_code xr_writer::append_dlrr(std::span<const dlrr_item> items) noexcept {
    if (items.empty()) return {};
    auto const body = append_block(xr_type::delay_since_last_rr, 0, dlrr_item_size * items.size());
    if (!body) return errc::too_large;
    byte_writer out(*body);
    for (auto const& item : items) {
        out.u32(static_cast<std::uint32_t>(item.receiver));
        out.u32(static_cast<std::uint32_t>(item.last_rr));
        out.u32(static_cast<std::uint32_t>(item.delay));
    }
    return {};
}

}  // namespace rtp

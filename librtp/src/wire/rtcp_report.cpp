#include "rtp/wire/rtcp_report.hpp"

#include <algorithm>

#include "rtp/wire/bytes.hpp"

namespace rtp {

namespace {

constexpr std::size_t ssrc_size = 4;
constexpr std::size_t sender_info_size = 20;
constexpr std::size_t block_size = 24;

// RFC 3550 6.4.1: 24 bits in two's complement.
std::int32_t sign_extend_24(std::uint32_t raw) noexcept {
    return (raw & 0x80'0000U) != 0 ? static_cast<std::int32_t>(raw) - 0x100'0000 : static_cast<std::int32_t>(raw);
}

void write_blocks(byte_writer& out, std::span<const report_block> blocks) noexcept {
    for (auto const& block : blocks) {
        out.u32(static_cast<std::uint32_t>(block.source));
        out.u8(block.fraction_lost);
        // RFC 3550 A.3: clamp instead of wrapping.
        out.u24(static_cast<std::uint32_t>(std::clamp(block.cumulative_lost, -0x80'0000, 0x7F'FFFF)) & 0xFF'FFFFU);
        out.u32(block.highest_sequence);
        out.u32(block.jitter);
        out.u32(static_cast<std::uint32_t>(block.last_report));
        out.u32(static_cast<std::uint32_t>(block.delay));
    }
}

}  // namespace

parsed<report_view> report_view::parse(rtcp_packet const& packet) noexcept {
    auto const blocks_at = ssrc_size + (packet.type == rtcp_type::sender_report ? sender_info_size : 0);
    if (blocks_at + block_size * packet.count > packet.body.size())
        return parse_failure{errc::bad_rtcp_item, packet.offset};
    return report_view(packet.body, blocks_at, packet.count);
}

ssrc_t report_view::reporter() const noexcept {
    return static_cast<ssrc_t>(load_u32(body_));
}

std::optional<sender_info> report_view::sender() const noexcept {
    if (blocks_at_ == ssrc_size) return std::nullopt;
    byte_reader in(body_.subspan(ssrc_size));
    sender_info info;
    info.wall = static_cast<ntp64_t>(in.u64());
    info.media = static_cast<timestamp_t>(in.u32());
    info.packets = in.u32();
    info.octets = in.u32();
    return info;
}

report_block report_view::block(std::size_t index) const noexcept {
    byte_reader in(body_.subspan(blocks_at_ + block_size * index, block_size));
    report_block block;
    block.source = static_cast<ssrc_t>(in.u32());
    block.fraction_lost = in.u8();
    block.cumulative_lost = sign_extend_24(in.u24());
    block.highest_sequence = in.u32();
    block.jitter = in.u32();
    block.last_report = static_cast<ntp32_t>(in.u32());
    block.delay = static_cast<ntp32_t>(in.u32());
    return block;
}

std::span<const std::byte> report_view::profile_extension() const noexcept {
    return body_.subspan(blocks_at_ + block_size * count_);
}

error_code append_sender_report(
    packet_buffer& compound, ssrc_t reporter, sender_info const& info, std::span<const report_block> blocks
) noexcept {
    auto const size = ssrc_size + sender_info_size + block_size * blocks.size();
    auto const body = append_rtcp(compound, rtcp_type::sender_report, blocks.size(), size);
    if (!body) return errc::too_large;
    byte_writer out(*body);
    out.u32(static_cast<std::uint32_t>(reporter));
    out.u64(static_cast<std::uint64_t>(info.wall));
    out.u32(static_cast<std::uint32_t>(info.media));
    out.u32(info.packets);
    out.u32(info.octets);
    write_blocks(out, blocks);
    return {};
}

error_code append_receiver_report(
    packet_buffer& compound, ssrc_t reporter, std::span<const report_block> blocks
) noexcept {
    auto const size = ssrc_size + block_size * blocks.size();
    auto const body = append_rtcp(compound, rtcp_type::receiver_report, blocks.size(), size);
    if (!body) return errc::too_large;
    byte_writer out(*body);
    out.u32(static_cast<std::uint32_t>(reporter));
    write_blocks(out, blocks);
    return {};
}

}  // namespace rtp

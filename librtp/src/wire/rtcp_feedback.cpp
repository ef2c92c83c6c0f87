#include "rtp/wire/rtcp_feedback.hpp"

#include "rtp/wire/bytes.hpp"

namespace rtp {

namespace {

constexpr std::size_t sources_size = 8;
constexpr std::size_t nack_item_size = 4;
constexpr unsigned nack_reach = 16;  // packets after the first that the bit mask of an item covers

// Calls `use` with the first number and the bit mask of each item.
template <class Use>
void for_each_item(std::span<const sequence_t> missing, Use&& use) {
    for (std::size_t i = 0; i < missing.size();) {
        auto const first = static_cast<unsigned>(missing[i]);
        unsigned mask = 0;
        unsigned last = 0;
        for (++i; i < missing.size(); ++i) {
            unsigned const ahead = static_cast<std::uint16_t>(static_cast<unsigned>(missing[i]) - first);
            if (ahead > nack_reach || ahead < last) break;
            if (ahead > 0) mask |= 1U << (ahead - 1);
            last = ahead;
        }
        use(static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(mask));
    }
}

void write_sources(byte_writer& out, ssrc_t sender, ssrc_t media_source) noexcept {
    out.u32(static_cast<std::uint32_t>(sender));
    out.u32(static_cast<std::uint32_t>(media_source));
}

}  // namespace

parsed<feedback_view> feedback_view::parse(rtcp_packet const& packet) noexcept {
    byte_reader in(packet.body);
    feedback_view feedback;
    feedback.type = packet.type;
    feedback.format = packet.count;
    feedback.sender = static_cast<ssrc_t>(in.u32());
    feedback.media_source = static_cast<ssrc_t>(in.u32());
    feedback.messages = in.take(in.remaining());
    if (in.has_failed()) return parse_failure{errc::bad_rtcp_item, packet.offset};
    return feedback;
}

bool feedback_view::is_generic_nack() const noexcept {
    return type == rtcp_type::transport_feedback &&
           static_cast<transport_format>(format) == transport_format::generic_nack;
}

bool feedback_view::is_picture_loss() const noexcept {
    return type == rtcp_type::payload_feedback && static_cast<payload_format>(format) == payload_format::picture_loss;
}

std::optional<sequence_t> nack_reader::next() noexcept {
    if (pending_ == 0) {
        if (items_.size() < nack_item_size) return std::nullopt;
        packet_id_ = load_u16(items_);
        pending_ = std::uint32_t{load_u16(items_.subspan(2))} << 1 | 1U;
        items_ = items_.subspan(nack_item_size);
    }
    while ((pending_ & 1U) == 0) {
        pending_ >>= 1;
        ++packet_id_;
    }
    auto const missing = static_cast<sequence_t>(packet_id_);
    pending_ >>= 1;
    ++packet_id_;
    return missing;
}

error_code append_generic_nack(
    packet_buffer& compound, ssrc_t sender, ssrc_t media_source, std::span<const sequence_t> missing
) noexcept {
    if (missing.empty()) return errc::invalid_argument;
    std::size_t items = 0;
    for_each_item(missing, [&](std::uint16_t, std::uint16_t) { ++items; });
    auto const format = static_cast<std::size_t>(transport_format::generic_nack);
    auto const body =
        append_rtcp(compound, rtcp_type::transport_feedback, format, sources_size + nack_item_size * items);
    if (!body) return errc::too_large;
    byte_writer out(*body);
    write_sources(out, sender, media_source);
    for_each_item(missing, [&](std::uint16_t first, std::uint16_t mask) {
        out.u16(first);
        out.u16(mask);
    });
    return {};
}

error_code append_picture_loss(packet_buffer& compound, ssrc_t sender, ssrc_t media_source) noexcept {
    auto const format = static_cast<std::size_t>(payload_format::picture_loss);
    auto const body = append_rtcp(compound, rtcp_type::payload_feedback, format, sources_size);
    if (!body) return errc::too_large;
    byte_writer out(*body);
    write_sources(out, sender, media_source);
    return {};
}

}  // namespace rtp

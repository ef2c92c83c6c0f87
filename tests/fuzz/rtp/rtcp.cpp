// One datagram as RTCP, compound or reduced size: every view stays inside it, and what is read of reports, feedback and
// extended reports is written again to read the same.
#include "rtp/wire/rtcp.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "support/rtcp_reading.hpp"

namespace {

using namespace rtp;

void require(bool holds) {
    if (!holds) std::abort();
}

rtcp_packet only_packet(packet_buffer const& datagram) {
    auto const again = compound_view::parse(datagram.bytes(), rtcp_form::reduced_size);
    require(again.has_value());
    return *again->begin();
}

void check_report(rtcp_packet const& packet) {
    auto const report = report_view::parse(packet);
    if (!report) return;
    std::vector<report_block> blocks;
    for (std::size_t i = 0; i < report->block_count(); ++i)
        blocks.push_back(report->block(i));
    auto copy = packet_buffer::unpooled();
    auto const sender = report->sender();
    auto const error = sender ? append_sender_report(copy, report->reporter(), *sender, blocks)
                              : append_receiver_report(copy, report->reporter(), blocks);
    require(!error);
    auto const again = report_view::parse(only_packet(copy));
    require(again && again->reporter() == report->reporter() && again->sender() == sender);
    require(again->block_count() == blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i)
        require(again->block(i) == blocks[i]);
}

void check_feedback(rtcp_packet const& packet) {
    auto const feedback = feedback_view::parse(packet);
    if (!feedback || !feedback->is_generic_nack()) return;
    std::vector<sequence_t> missing;
    for (nack_reader reader(*feedback); auto const sequence = reader.next();)
        missing.push_back(*sequence);
    require(missing.size() <= feedback->messages.size() / 4 * 17);
    auto copy = packet_buffer::unpooled();
    if (append_generic_nack(copy, feedback->sender, feedback->media_source, missing)) return;
    auto const again = feedback_view::parse(only_packet(copy));
    require(again && again->sender == feedback->sender && again->media_source == feedback->media_source);
    nack_reader reader(*again);
    for (std::size_t i = 0; i < missing.size(); ++i) {
        // Items may name a packet twice; written it is named once.
        if (i > 0 && missing[i] == missing[i - 1]) continue;
        require(reader.next() == missing[i]);
    }
}

template <class Value, class Parse, class Append>
void check_block(xr_block const& block, Parse parse, Append append) {
    auto const value = parse(block);
    if (!value) return;
    auto copy = packet_buffer::unpooled();
    xr_writer writer(copy, ssrc_t{1});
    require(!append(writer, *value));
    auto again = xr_reader::parse(only_packet(copy));
    require(again.has_value());
    auto const read = again->next();
    require(read && read->type == block.type && parse(*read).has_value() && *parse(*read) == *value);
    require(!again->next() && !again->has_failed());
}

void check_extended(rtcp_packet const& packet) {
    auto blocks = xr_reader::parse(packet);
    if (!blocks) return;
    while (auto const block = blocks->next()) {
        if (block->type == xr_type::statistics_summary)
            check_block<xr_statistics_summary>(*block, parse_statistics_summary, append_statistics_summary);
        if (block->type == xr_type::voip_metrics)
            check_block<xr_voip_metrics>(*block, parse_voip_metrics, append_voip_metrics);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const datagram = std::as_bytes(std::span(data, size));
    auto const compound = compound_view::parse(datagram, rtcp_form::reduced_size);
    if (!compound) {
        require(compound.error().offset <= size);
        require(compound_view::parse(datagram).has_error());
        return 0;
    }
    std::size_t count = 0;
    for (auto const& packet : *compound) {
        require(++count <= size / rtcp_header_size);
        if (packet.type == rtcp_type::sender_report || packet.type == rtcp_type::receiver_report) check_report(packet);
        if (packet.type == rtcp_type::transport_feedback) check_feedback(packet);
        if (packet.type == rtcp_type::extended_report) check_extended(packet);
    }
    require(count > 0);
    volatile auto const kept = rtp_test::touch_rtcp(datagram, rtcp_form::reduced_size);
    require(kept > 0);
    return 0;
}

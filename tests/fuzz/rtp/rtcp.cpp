// One datagram as a compound RTCP packet: every view stays inside it, and reports that were read are written again to
// read the same.
#include "rtp/wire/rtcp.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "rtp/wire/rtcp_app.hpp"
#include "rtp/wire/rtcp_bye.hpp"
#include "rtp/wire/rtcp_report.hpp"
#include "rtp/wire/rtcp_sdes.hpp"

namespace {

using namespace rtp;

void require(bool holds) {
    if (!holds) std::abort();
}

// Reading the bytes is what lets a sanitizer see a view that reaches too far.
unsigned sum_of(std::span<const std::byte> bytes) {
    unsigned sum = 0;
    for (auto const byte : bytes)
        sum += std::to_integer<unsigned>(byte);
    return sum;
}
unsigned sum_of(std::string_view text) {
    return sum_of(std::as_bytes(std::span(text.data(), text.size())));
}

void check_report(rtcp_packet const& packet) {
    auto const report = report_view::parse(packet);
    if (!report) return;
    std::vector<report_block> blocks;
    for (std::size_t i = 0; i < report->block_count(); ++i)
        blocks.push_back(report->block(i));
    (void)sum_of(report->profile_extension());
    auto copy = packet_buffer::unpooled();
    auto const sender = report->sender();
    auto const error = sender ? append_sender_report(copy, report->reporter(), *sender, blocks)
                              : append_receiver_report(copy, report->reporter(), blocks);
    require(!error);
    auto const compound = compound_view::parse(copy.bytes());
    require(compound.has_value());
    auto const again = report_view::parse(*compound->begin());
    require(again && again->reporter() == report->reporter() && again->sender() == sender);
    require(again->block_count() == blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i)
        require(again->block(i) == blocks[i]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const datagram = std::as_bytes(std::span(data, size));
    auto const compound = compound_view::parse(datagram);
    if (!compound) {
        require(compound.error().offset <= size);
        return 0;
    }
    unsigned sum = 0;
    std::size_t count = 0;
    for (auto const& packet : *compound) {
        require(++count <= size / rtcp_header_size);
        sum += sum_of(packet.body);
        check_report(packet);
        sdes_reader items(packet);
        while (auto const item = items.next())
            sum += sum_of(item->text);
        if (auto const bye = bye_view::parse(packet)) {
            for (std::size_t i = 0; i < bye->source_count(); ++i)
                sum += static_cast<unsigned>(bye->source(i));
            sum += sum_of(bye->reason());
        }
        if (auto const application = parse_application(packet))
            sum += sum_of(application->name) + sum_of(application->data);
    }
    require(count > 0);
    volatile unsigned kept = sum;
    (void)kept;
    return 0;
}

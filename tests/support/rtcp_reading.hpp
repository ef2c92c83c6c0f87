// Reads everything that librtp can read of an RTCP datagram and touches every byte of every view, so that a sanitizer
// sees one that reaches too far. For the fuzz target and the unit test of length fields.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "rtp/wire/rtcp_app.hpp"
#include "rtp/wire/rtcp_bye.hpp"
#include "rtp/wire/rtcp_feedback.hpp"
#include "rtp/wire/rtcp_report.hpp"
#include "rtp/wire/rtcp_sdes.hpp"
#include "rtp/wire/rtcp_xr_metrics.hpp"
#include "rtp/wire/rtcp_xr_trace.hpp"

namespace rtp_test {

inline std::size_t touch(std::span<const std::byte> bytes) {
    std::size_t sum = 0;
    for (auto const byte : bytes)
        sum += std::to_integer<std::size_t>(byte);
    return sum;
}
inline std::size_t touch(std::string_view text) {
    return touch(std::as_bytes(std::span(text.data(), text.size())));
}

inline std::size_t touch_block(rtp::xr_block const& block) {
    auto sum = touch(block.body);
    if (auto trace = rtp::xr_trace_reader::parse(block))
        while (auto const bit = trace->next())
            sum += static_cast<std::size_t>(bit->sequence) + (bit->value ? 1U : 0U);
    if (auto const times = rtp::receipt_times_view::parse(block))
        for (std::size_t i = 0; i < times->size(); ++i)
            sum += static_cast<std::size_t>((*times)[i]) + static_cast<std::size_t>(times->interval().sequence(i));
    if (auto const time = rtp::parse_receiver_reference_time(block)) sum += static_cast<std::size_t>(*time);
    if (auto const answers = rtp::dlrr_view::parse(block))
        for (std::size_t i = 0; i < answers->size(); ++i)
            sum += static_cast<std::size_t>((*answers)[i].receiver);
    if (auto const summary = rtp::parse_statistics_summary(block)) sum += summary->lost.value_or(0);
    if (auto const metrics = rtp::parse_voip_metrics(block)) sum += metrics->loss_rate;
    return sum;
}

/// The readers are tried on packets of every type: what they make of a foreign body must be safe too.
inline std::size_t touch_packet(rtp::rtcp_packet const& packet) {
    auto sum = touch(packet.body);
    if (auto const report = rtp::report_view::parse(packet)) {
        for (std::size_t i = 0; i < report->block_count(); ++i)
            sum += report->block(i).jitter;
        sum += touch(report->profile_extension());
    }
    rtp::sdes_reader items(packet);
    while (auto const item = items.next())
        sum += touch(item->text);
    if (auto const bye = rtp::bye_view::parse(packet)) {
        for (std::size_t i = 0; i < bye->source_count(); ++i)
            sum += static_cast<std::size_t>(bye->source(i));
        sum += touch(bye->reason());
    }
    if (auto const application = rtp::parse_application(packet))
        sum += touch(application->name) + touch(application->data);
    if (auto const feedback = rtp::feedback_view::parse(packet)) {
        sum += touch(feedback->messages);
        rtp::nack_reader missing(*feedback);
        while (auto const sequence = missing.next())
            sum += static_cast<std::size_t>(*sequence);
    }
    if (auto blocks = rtp::xr_reader::parse(packet))
        while (auto const block = blocks->next())
            sum += touch_block(*block);
    return sum;
}

/// What is read adds up to a number, so that no compiler leaves the reading out. Nothing if the datagram is refused.
inline std::size_t touch_rtcp(std::span<const std::byte> datagram, rtp::rtcp_form form) {
    auto const compound = rtp::compound_view::parse(datagram, form);
    if (!compound) return 0;
    std::size_t sum = 1;
    for (auto const& packet : *compound)
        sum += touch_packet(packet);
    return sum;
}

}  // namespace rtp_test

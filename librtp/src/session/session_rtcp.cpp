// The RTCP side of rtp::session: what the others report, and when we do. What we say is in session_report.cpp.
#include <algorithm>
#include <utility>

#include "rtp/session/session.hpp"
#include "rtp/stats/ntp.hpp"
#include "rtp/wire/rtcp_bye.hpp"
#include "rtp/wire/rtcp_feedback.hpp"
#include "rtp/wire/rtcp_report.hpp"
#include "rtp/wire/rtcp_sdes.hpp"
#include "rtp/wire/rtcp_xr_metrics.hpp"
#include "session/rtcp_size.hpp"

namespace rtp {

namespace {

constexpr int timeout_multiplier = 5;  // RFC 3550 6.3.5

}  // namespace

rtcp_group session::group() const noexcept {
    auto group = members_.count();
    ++group.members;
    group.we_sent = stream_.has_sent() && stream_.last_sent() >= last_reports_[1];
    if (group.we_sent) ++group.senders;
    return group;
}

void session::on_rtcp(now_t now, packet_buffer datagram, endpoint const& from, outbox& out) {
    if (settings_.rtcp == rtcp_transport::off || (is_stopped_ && !scheduler_.is_leaving())) return;
    if (!peer_.is_heard(component::rtcp, from, now.mono)) {
        ++statistics_.foreign_address;
        return;
    }
    auto const size = rtcp_size_on_wire(datagram.size(), from);  // RFC 3711 3.4: with what SRTCP adds
    if (!is_authentic(protection_.unprotect_rtcp(now.mono, datagram))) return;
    auto const compound = compound_view::parse(datagram.bytes(), features_.form);
    if (!compound) {
        ++statistics_.malformed;
        return;
    }
    ++statistics_.rtcp_received;
    if (scheduler_.is_leaving()) {
        for (auto const& packet : *compound)
            if (packet.type == rtcp_type::bye) scheduler_.on_bye_received(size);
        return;
    }
    scheduler_.on_received(size);
    on_life(now.mono, out);
    if (settings_.rtcp == rtcp_transport::separate_port && peer_.on_valid(component::rtcp, from, now.mono))
        out.events.emplace_back(remote_learned{component::rtcp, from});
    for (auto const& packet : *compound) {
        switch (packet.type) {
            case rtcp_type::sender_report:
            case rtcp_type::receiver_report:
                on_report(now, packet, from, out);
                break;
            case rtcp_type::source_description:
                on_description(now.mono, packet);
                break;
            case rtcp_type::bye:
                on_bye(now.mono, packet, out);
                break;
            case rtcp_type::transport_feedback:
            case rtcp_type::payload_feedback:
                on_feedback(packet);
                break;
            case rtcp_type::extended_report:
                on_extended_report(now.mono, packet, out);
                break;
            case rtcp_type::application:
                break;
        }
    }
    scheduler_.on_group_changed(now.mono, group());
}

void session::on_report(now_t now, rtcp_packet const& packet, endpoint const& from, outbox& out) {
    auto const report = report_view::parse(packet);
    if (!report) {
        ++statistics_.malformed;
        return;
    }
    if (report->reporter() == stream_.ssrc()) return on_own_ssrc(now, from, out);
    if (auto* reporter = members_.find_or_add(now.mono, report->reporter())) {
        if (is_conflicting(*reporter, &member::control_address, from)) return;
        members_.on_heard(now.mono, *reporter);
        if (auto const info = report->sender()) reporter->sender_report = {middle(info->wall), now.mono};
    }
    for (std::size_t i = 0; i < report->block_count(); ++i) {
        auto const block = report->block(i);
        if (block.source == stream_.ssrc()) on_report_about_us(now.mono, report->reporter(), block, out);
    }
}

void session::on_report_about_us(time_point now, ssrc_t reporter, report_block const& block, outbox& out) {
    std::optional<duration> measured;
    // Only an LSR that we sent counts. Its age is taken from the monotonic clock, so that a step of the wall clock does
    // no harm.
    if (auto const answered = sent_reports_.find(block.last_report)) {
        measured = rtp::round_trip(now - *answered, block.delay);
        round_trip_ = measured;
    }
    out.events.emplace_back(report_received{reporter, block, measured});
}

// RFC 3550 6.2.1: a CNAME makes a member of somebody who sends no RTP.
void session::on_description(time_point now, rtcp_packet const& packet) {
    sdes_reader items(packet);
    while (auto const item = items.next()) {
        if (item->type != sdes_type::cname || item->source == stream_.ssrc()) continue;
        if (auto* described = members_.find_or_add(now, item->source)) {
            members_.on_heard(now, *described);
            described->is_confirmed = true;
        }
    }
    if (items.has_failed()) ++statistics_.malformed;
}

void session::on_bye(time_point now, rtcp_packet const& packet, outbox& out) {
    auto const bye = bye_view::parse(packet);
    if (!bye) {
        ++statistics_.malformed;
        return;
    }
    for (std::size_t i = 0; i < bye->source_count(); ++i) {
        auto* const gone = members_.find(bye->source(i));
        if (gone == nullptr || gone->left_at) continue;
        gone->is_active = false;
        gone->is_sender = false;
        gone->left_at = now;
        out.events.emplace_back(remote_bye{gone->ssrc, std::string(bye->reason())});
    }
}

void session::on_feedback(rtcp_packet const& packet) {
    auto const feedback = feedback_view::parse(packet);
    if (!feedback) {
        ++statistics_.malformed;
        return;
    }
    if (!feedback->is_generic_nack()) return;
    nack_reader reader(*feedback);
    while (auto const sequence = reader.next()) {
        if (feedback->media_source == stream_.ssrc()) ++statistics_.nacked;
        // RFC 4585 3.5.2 step 5: somebody else of the group has asked for it.
        if (feedback->media_source == heard_)
            missing_.erase(std::remove(missing_.begin(), missing_.end(), *sequence), missing_.end());
    }
    if (missing_.empty()) scheduler_.on_feedback_dropped();
}

void session::on_extended_report(time_point now, rtcp_packet const& packet, outbox& out) {
    auto blocks = xr_reader::parse(packet);
    if (!blocks) {
        ++statistics_.malformed;
        return;
    }
    auto* const reporter = members_.find(blocks->reporter());
    while (auto const block = blocks->next()) {
        switch (block->type) {
            case xr_type::receiver_reference_time:
                if (auto const time = parse_receiver_reference_time(*block); time && reporter != nullptr)
                    reporter->reference_time = {middle(*time), now};
                break;
            case xr_type::delay_since_last_rr:
                on_round_trip_answer(now, *block);
                break;
            case xr_type::voip_metrics:
                if (auto const metrics = parse_voip_metrics(*block); metrics && metrics->source == stream_.ssrc()) {
                    peer_metrics_ = *metrics;
                    out.events.emplace_back(voip_metrics_received{blocks->reporter(), *metrics});
                }
                break;
            case xr_type::loss_rle:
            case xr_type::duplicate_rle:
            case xr_type::packet_receipt_times:
            case xr_type::statistics_summary:
                break;
        }
    }
    if (blocks->has_failed()) ++statistics_.malformed;
}

void session::on_round_trip_answer(time_point now, xr_block const& block) {
    auto const answers = dlrr_view::parse(block);
    if (!answers) {
        ++statistics_.malformed;
        return;
    }
    for (std::size_t i = 0; i < answers->size(); ++i) {
        auto const answer = (*answers)[i];
        if (answer.receiver != stream_.ssrc()) continue;
        if (auto const sent = sent_references_.find(answer.last_rr))
            round_trip_ = rtp::round_trip(now - *sent, answer.delay);
    }
}

void session::on_rtcp_timeout(now_t now, outbox& out) {
    if (settings_.rtcp == rtcp_transport::off || now.mono < scheduler_.next_deadline()) return;
    if (is_stopped_) {
        if (scheduler_.is_leaving() && scheduler_.is_time_to_send(now.mono, {})) {
            (void)send_report(now, bye_reason_, out);
            scheduler_.on_left();
        }
        return;
    }
    if (scheduler_.is_time_for_feedback(now.mono)) {
        send_feedback(now, out);
        if (now.mono < scheduler_.next_deadline()) return;
    }
    auto const interval = scheduler_.member_interval(group());
    members_.expire(now.mono - timeout_multiplier * interval, now.mono - 2 * interval);
    scheduler_.on_group_changed(now.mono, group());
    if (!scheduler_.is_time_to_send(now.mono, group())) return;
    if (!send_report(now, std::nullopt, out)) scheduler_.on_skipped(now.mono, group());
}

}  // namespace rtp

// The RTCP side of rtp::session: what the others report, and what we report when.
#include <algorithm>
#include <utility>

#include "rtp/session/session.hpp"
#include "rtp/stats/ntp.hpp"
#include "rtp/wire/rtcp_bye.hpp"
#include "rtp/wire/rtcp_report.hpp"
#include "rtp/wire/rtcp_sdes.hpp"

namespace rtp {

namespace {

constexpr std::size_t bye_backoff_members = 50;  // RFC 3550 6.3.7
constexpr int timeout_multiplier = 5;            // RFC 3550 6.3.5

// RFC 3550 6.2 counts the headers of the network too.
std::size_t size_on_wire(std::size_t datagram, endpoint const& peer) noexcept {
    return datagram + 8 + (peer.family == address_family::ipv6 ? 40U : 20U);
}

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
    auto const size = size_on_wire(datagram.size(), from);  // RFC 3711 3.4: with what SRTCP adds
    if (!is_authentic(protection_.unprotect_rtcp(now.mono, datagram))) return;
    auto const compound = compound_view::parse(datagram.bytes());
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
            case rtcp_type::application:
            case rtcp_type::transport_feedback:
            case rtcp_type::payload_feedback:
            case rtcp_type::extended_report:
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
    auto const answered = std::ranges::find(sent_reports_, block.last_report, &sent_report::middle);
    if (block.last_report != ntp32_t{} && answered != sent_reports_.end()) {
        measured = rtp::round_trip(now - answered->at, block.delay);
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

void session::on_rtcp_timeout(now_t now, outbox& out) {
    if (settings_.rtcp == rtcp_transport::off || now.mono < scheduler_.next_deadline()) return;
    if (is_stopped_) {
        if (scheduler_.is_leaving() && scheduler_.is_time_to_send(now.mono, {})) {
            (void)send_report(now, bye_reason_, out);
            scheduler_.on_left();
        }
        return;
    }
    auto const interval = scheduler_.member_interval(group());
    members_.expire(now.mono - timeout_multiplier * interval, now.mono - 2 * interval);
    scheduler_.on_group_changed(now.mono, group());
    if (!scheduler_.is_time_to_send(now.mono, group())) return;
    if (!send_report(now, std::nullopt, out)) scheduler_.on_skipped(now.mono, group());
}

// A compound packet as RFC 3550 6.1 wants it: a report, the CNAME, and the BYE if we leave. False if there is nowhere
// to send it, or no key to protect it.
bool session::send_report(now_t now, std::optional<std::string_view> bye_reason, outbox& out) {
    auto const to = peer_.destination(component::rtcp);
    if (settings_.rtcp == rtcp_transport::off || !to.is_usable()) return false;

    boost::container::static_vector<report_block, max_rtcp_count> blocks;
    for (auto& known : members_) {
        if (!known.heard_since_report || blocks.size() == blocks.capacity()) continue;
        known.heard_since_report = false;
        report_block block;
        block.source = known.ssrc;
        block.fraction_lost = known.media->take_interval().fraction_lost();
        block.cumulative_lost =
            static_cast<std::int32_t>(std::clamp<std::int64_t>(known.media->lost(), -0x80'0000, 0x7F'FFFF));
        block.highest_sequence = known.media->extended_highest();
        block.jitter = known.media->jitter();
        if (known.sender_report) {
            block.last_report = known.sender_report->middle;
            block.delay = to_ntp32(now.mono - known.sender_report->arrival);
        }
        blocks.push_back(block);
    }

    packet_buffer compound(*pool_);
    auto const us = stream_.ssrc();
    auto const members = group();
    // The sizes are bounded by 31 blocks and 255 bytes of text, so that nothing can be refused.
    if (members.we_sent) {
        sender_info const info{to_ntp(now.wall), stream_.timestamp_at(now.mono), stream_.packets(), stream_.octets()};
        (void)append_sender_report(compound, us, info, blocks);
        sent_reports_[next_sent_report_] = {middle(info.wall), now.mono};
        next_sent_report_ = (next_sent_report_ + 1) % sent_reports_.size();
    } else {
        (void)append_receiver_report(compound, us, blocks);
    }
    (void)append_cname(compound, us, settings_.cname);
    if (bye_reason) (void)append_bye(compound, std::span(&us, 1), *bye_reason);

    if (protection_.protect_rtcp(compound)) return false;
    auto const size = size_on_wire(compound.size(), to);
    ++statistics_.rtcp_sent;
    statistics_.rtcp_octets_sent += size;
    auto const via = settings_.rtcp == rtcp_transport::multiplexed ? component::rtp : component::rtcp;
    out.datagrams.push_back({via, to, std::move(compound)});
    if (!bye_reason) {
        scheduler_.on_sent(now.mono, size, members);
        last_reports_ = {now.mono, last_reports_[0]};
    }
    return true;
}

void session::stop(now_t now, std::string_view reason, outbox& out) {
    if (is_stopped_) return;
    is_stopped_ = true;
    digits_out_.clear();
    digits_in_.on_source_changed(out);
    // RFC 3550 6.3.7: who never sent anything leaves without a BYE.
    if (statistics_.packets_sent + statistics_.rtcp_sent == 0) return;
    if (group().members < bye_backoff_members) {
        (void)send_report(now, reason, out);
        return;
    }
    if (settings_.rtcp == rtcp_transport::off || !peer_.destination(component::rtcp).is_usable()) return;
    bye_reason_ = reason.substr(0, 255);
    scheduler_.leave(now.mono, 28 + 8 + 12 + settings_.cname.size() + 8 + bye_reason_.size());
}

}  // namespace rtp

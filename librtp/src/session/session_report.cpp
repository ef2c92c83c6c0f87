// What rtp::session says in RTCP: reports, extended reports, feedback, and its farewell.
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

constexpr std::size_t bye_backoff_members = 50;  // RFC 3550 6.3.7
// Room for SRTCP's trailer, IP and UDP in the smallest usual MTU (1280 of IPv6), so that no report is fragmented.
constexpr std::size_t largest_report = 1'200;
constexpr std::size_t block_size = 24;
// Both report headers and the sender's part; an XR with all that we send, DLRR for eight included.
constexpr std::size_t report_overhead = 28 + 8;
constexpr std::size_t most_dlrr_items = 8;
constexpr std::size_t extended_size = 8 + 12 + (4 + 12 * most_dlrr_items) + 40 + 36;

}  // namespace

void session::sent_times::add(ntp64_t time, time_point at) noexcept {
    entries_[next_] = {middle(time), at};
    next_ = (next_ + 1) % entries_.size();
}

std::optional<time_point> session::sent_times::find(ntp32_t time) const noexcept {
    auto const at = std::ranges::find(entries_, time, &entry::middle);
    if (time == ntp32_t{} || at == entries_.end()) return std::nullopt;
    return at->at;
}

// RFC 3550 6.1: where not all fit, the others have their turn in the next report.
session::report_blocks session::collect_blocks(time_point now, std::size_t most, reception_interval& of_heard) {
    report_blocks blocks;
    auto const count = members_.size();
    auto const first = next_reported_;
    for (std::size_t i = 0; i < count && blocks.size() < std::min(most, blocks.capacity()); ++i) {
        auto const index = (first + i) % count;
        auto& known = *(members_.begin() + static_cast<std::ptrdiff_t>(index));
        if (!known.heard_since_report) continue;
        next_reported_ = index + 1;
        known.heard_since_report = false;
        auto const interval = known.media->take_interval();
        if (known.ssrc == heard_) of_heard = interval;
        report_block block;
        block.source = known.ssrc;
        block.fraction_lost = interval.fraction_lost();
        block.cumulative_lost =
            static_cast<std::int32_t>(std::clamp<std::int64_t>(known.media->lost(), -0x80'0000, 0x7F'FFFF));
        block.highest_sequence = known.media->extended_highest();
        block.jitter = known.media->jitter();
        if (known.sender_report) {
            block.last_report = known.sender_report->middle;
            block.delay = to_ntp32(now - known.sender_report->arrival);
        }
        blocks.push_back(block);
    }
    return blocks;
}

void session::append_reports(now_t now, packet_buffer& compound, bool we_sent, std::span<const report_block> blocks) {
    auto const us = stream_.ssrc();
    auto const first = blocks.first(std::min(blocks.size(), max_rtcp_count));
    if (we_sent) {
        sender_info const info{to_ntp(now.wall), stream_.timestamp_at(now.mono), stream_.packets(), stream_.octets()};
        (void)append_sender_report(compound, us, info, first);
        sent_reports_.add(info.wall, now.mono);
    } else {
        (void)append_receiver_report(compound, us, first);
    }
    if (auto const rest = blocks.subspan(first.size()); !rest.empty()) (void)append_receiver_report(compound, us, rest);
}

void session::append_extended_report(
    now_t now, packet_buffer& compound, bool we_sent, reception_interval const& of_heard
) {
    xr_writer report(compound, stream_.ssrc());
    if (features_.measures_round_trip && !we_sent) {
        auto const time = to_ntp(now.wall);
        (void)report.append_receiver_reference_time(time);
        sent_references_.add(time, now.mono);
    }
    boost::container::static_vector<dlrr_item, most_dlrr_items> answers;
    for (auto& known : members_) {
        if (!known.reference_time || answers.size() == answers.capacity()) continue;
        answers.push_back({known.ssrc, known.reference_time->middle, to_ntp32(now.mono - known.reference_time->arrival)}
        );
        known.reference_time.reset();
    }
    (void)report.append_dlrr(std::span(answers.data(), answers.size()));
    if (!heard_) return;
    if (features_.sends_statistics_summary && of_heard.expected > 0) {
        xr_statistics_summary summary;
        summary.source = *heard_;
        summary.begin = of_heard.begin;
        summary.end = of_heard.end;
        summary.lost = static_cast<std::uint32_t>(std::max<std::int64_t>(of_heard.expected - of_heard.received, 0));
        summary.duplicates = of_heard.duplicates;
        summary.jitter = of_heard.jitter;
        (void)append_statistics_summary(report, summary);
    }
    if (features_.sends_voip_metrics) {
        auto const metrics = to_voip_metrics(*heard_, measurements(), playout_.packet_time, playout_.configuration);
        (void)append_voip_metrics(report, metrics);
    }
}

void session::append_feedback(packet_buffer& compound) {
    if (missing_.empty() || !heard_) return;
    if (!append_generic_nack(compound, stream_.ssrc(), *heard_, std::span(missing_.data(), missing_.size())))
        ++statistics_.feedback_sent;
    missing_.clear();
}

// The size with the headers of the network; nothing if there is no key to protect it.
std::optional<std::size_t> session::send_compound(packet_buffer compound, endpoint const& to, outbox& out) {
    if (protection_.protect_rtcp(compound)) return std::nullopt;
    auto const size = rtcp_size_on_wire(compound.size(), to);
    ++statistics_.rtcp_sent;
    statistics_.rtcp_octets_sent += size;
    auto const via = settings_.rtcp == rtcp_transport::multiplexed ? component::rtp : component::rtcp;
    out.datagrams.push_back({via, to, std::move(compound)});
    return size;
}

// A compound packet as RFC 3550 6.1 wants it: reports, the CNAME, what was agreed on beyond, and the BYE if we leave.
// False if there is nowhere to send it, or no key to protect it.
bool session::send_report(now_t now, std::optional<std::string_view> bye_reason, outbox& out) {
    auto const to = peer_.destination(component::rtcp);
    if (settings_.rtcp == rtcp_transport::off || !to.is_usable()) return false;

    // What is reserved for the rest keeps every append below from being refused.
    auto const texts = 12 + 4 + settings_.cname.size() + (bye_reason ? 12 + 4 + bye_reason->size() : 0);
    auto const feedback = missing_.empty() ? 0 : 12 + 4 * missing_.size();
    auto const reserved = report_overhead + texts + extended_size + feedback;
    auto const most_blocks = (std::max(largest_report, reserved + block_size) - reserved) / block_size;

    reception_interval of_heard;
    auto const blocks = collect_blocks(now.mono, most_blocks, of_heard);
    auto const members = group();
    auto const us = stream_.ssrc();
    packet_buffer compound(*pool_);
    append_reports(now, compound, members.we_sent, std::span(blocks.data(), blocks.size()));
    (void)append_cname(compound, us, settings_.cname);
    append_extended_report(now, compound, members.we_sent, of_heard);
    append_feedback(compound);
    if (bye_reason) (void)append_bye(compound, std::span(&us, 1), *bye_reason);

    auto const size = send_compound(std::move(compound), to, out);
    if (!size) return false;
    if (!bye_reason) {
        scheduler_.on_sent(now.mono, *size, members);
        last_reports_ = {now.mono, last_reports_[0]};
    }
    return true;
}

// RFC 4585 3.1: a minimal compound packet, or the feedback alone where both sides take that (RFC 5506 4.1).
void session::send_feedback(now_t now, outbox& out) {
    auto const to = peer_.destination(component::rtcp);
    if (!to.is_usable() || missing_.empty()) {
        missing_.clear();
        return scheduler_.on_feedback_dropped();
    }
    packet_buffer compound(*pool_);
    if (features_.form == rtcp_form::compound) {
        append_reports(now, compound, group().we_sent, {});
        (void)append_cname(compound, stream_.ssrc(), settings_.cname);
    }
    append_feedback(compound);
    auto const size = send_compound(std::move(compound), to, out);
    size ? scheduler_.on_early_sent(*size) : scheduler_.on_feedback_dropped();
}

void session::stop(now_t now, std::string_view reason, outbox& out) {
    if (is_stopped_) return;
    is_stopped_ = true;
    digits_out_.clear();
    digits_in_.on_source_changed(out);
    leave(now, reason, out);
    close_dtls(now, out);
}

void session::leave(now_t now, std::string_view reason, outbox& out) {
    // RFC 3550 6.3.7: who never sent anything leaves without a BYE.
    if (statistics_.packets_sent + statistics_.rtcp_sent == 0) return;
    reason = reason.substr(0, 255);
    if (group().members < bye_backoff_members) {
        (void)send_report(now, reason, out);
        return;
    }
    if (settings_.rtcp == rtcp_transport::off || !peer_.destination(component::rtcp).is_usable()) return;
    bye_reason_ = reason;
    scheduler_.leave(now.mono, 28 + 8 + 12 + settings_.cname.size() + 8 + bye_reason_.size());
}

}  // namespace rtp

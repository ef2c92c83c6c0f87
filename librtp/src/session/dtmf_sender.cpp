#include "rtp/session/dtmf_sender.hpp"

#include <algorithm>

#include "rtp/stats/sequence.hpp"

namespace rtp {

namespace {

constexpr std::int64_t longest_segment = 0xFFFF;

}  // namespace

error_code dtmf_sender::queue(event_code event, std::optional<duration> length) {
    if (waiting_.size() == max_waiting) return errc::queue_full;
    if (length) length = std::max(*length, shortest_digit);
    waiting_.push_back({event, length});
    return {};
}

void dtmf_sender::release(time_point now) noexcept {
    auto const held = std::find_if(waiting_.rbegin(), waiting_.rend(), [](auto const& w) { return !w.length; });
    if (held == waiting_.rend()) return;
    bool const is_being_sent = active_ && &*held == &waiting_.front();
    held->length = is_being_sent ? std::max(now - start_, shortest_digit) : shortest_digit;
}

void dtmf_sender::clear() noexcept {
    waiting_.clear();
    active_ = false;
}

std::optional<time_point> dtmf_sender::next_deadline() const noexcept {
    if (waiting_.empty()) return std::nullopt;
    return active_ ? next_packet_ : not_before_;
}

void dtmf_sender::begin(time_point now, timestamp_t timestamp) noexcept {
    active_ = true;
    first_packet_ = true;
    phase_ = phase::running;
    start_ = now;
    next_packet_ = now;
    segment_timestamp_ = timestamp;
    segment_offset_ = 0;
    told_ = 0;
}

std::optional<dtmf_packet> dtmf_sender::on_timeout(time_point now, clock_rate rate, timestamp_t next_timestamp) {
    auto const deadline = next_deadline();
    if (!deadline || now < *deadline) return std::nullopt;
    if (!active_) begin(now, next_timestamp);

    dtmf_packet packet{};
    packet.timestamp = segment_timestamp_;
    packet.marker = first_packet_;
    packet.report.event = waiting_.front().event;
    packet.report.volume = settings_.volume;
    packet.report.duration = static_cast<std::uint16_t>(choose_duration(now, rate));
    packet.report.end = phase_ == phase::ending;

    first_packet_ = false;
    next_packet_ = start_ + ((now - start_) / settings_.packet_period + 1) * settings_.packet_period;
    if (phase_ != phase::running) after_repeat(now);
    return packet;
}

// What this report says of its segment; moves on to a repeating phase when the event or the segment is complete.
std::uint32_t dtmf_sender::choose_duration(time_point now, clock_rate rate) noexcept {
    if (phase_ == phase::running) {
        auto lasted = to_units(now - start_ + settings_.packet_period, rate);
        bool is_complete = false;
        if (auto const& length = waiting_.front().length) {
            // A digit released early is not shorter than what was told already.
            auto const total = std::max(to_units(*length, rate), told_);
            is_complete = lasted >= total;
            lasted = std::min(lasted, total);
        }
        auto const in_segment = lasted - segment_offset_;
        if (in_segment > longest_segment || (in_segment == longest_segment && !is_complete)) {
            phase_ = phase::segment_end;
            repeats_left_ = settings_.end_packets;
        } else if (is_complete && !first_packet_) {
            // The first packet, which has the marker, never has the end bit as well.
            phase_ = phase::ending;
            repeats_left_ = settings_.end_packets;
        }
        told_ = std::min(lasted, segment_offset_ + longest_segment);
    }
    return static_cast<std::uint32_t>(told_ - segment_offset_);
}

void dtmf_sender::after_repeat(time_point now) noexcept {
    if (--repeats_left_ > 0) return;
    if (phase_ == phase::segment_end) {
        // RFC 4733 2.5.1.3: the event goes on in a segment that starts where this one ended.
        segment_offset_ += longest_segment;
        segment_timestamp_ = advance(segment_timestamp_, longest_segment);
        phase_ = phase::running;
        return;
    }
    auto const end = start_ + *waiting_.front().length;
    not_before_ = std::max(end + settings_.pause, now + settings_.packet_period);
    waiting_.erase(waiting_.begin());
    active_ = false;
}

}  // namespace rtp

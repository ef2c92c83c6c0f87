// rtp::jitter_buffer: its settings, and the way in, from packets as they come to their places in the ring.
#include "rtp/buffer/jitter_buffer.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace rtp {
namespace {

using namespace std::chrono_literals;

// A packet beyond these belongs to another time line, if a second one agrees (RFC 3550 A.1 has the same idea).
constexpr std::int64_t plausible_jump = 3000;  // sequence numbers: a minute of packets
constexpr duration plausible_delay = 2s;
// How far the second packet may be from the first one.
constexpr std::int64_t confirming_jump = 8;
constexpr duration confirming_delay = 1s;

// If only late packets come for so long, the route has become slower than the buffer can bridge: start anew.
constexpr std::uint32_t late_packets = 5;
constexpr duration late_time = 300ms;

delay_estimator_settings estimator_settings(jitter_settings const& settings) {
    delay_estimator_settings made;
    made.late_cost = settings.late_cost;
    made.longest = std::max(settings.maximum, delay_estimator::bin_width);
    made.start = std::clamp(settings.start, settings.minimum, std::max(settings.minimum, settings.maximum));
    return made;
}

// A ring that is too short for the delay would push packets out before their time. Twice the delay in packets of 10 ms.
std::size_t capacity_for(jitter_settings const& settings) {
    auto const longest =
        settings.mode == jitter_mode::fixed ? settings.normal : std::max(settings.minimum, settings.maximum);
    return std::max(settings.capacity, static_cast<std::size_t>(std::max<std::int64_t>(longest / 5ms, 0)));
}

}  // namespace

jitter_buffer::jitter_buffer(jitter_settings const& settings)
    : settings_(settings), estimator_(estimator_settings(settings)), ring_(capacity_for(settings)) {
    settings_.maximum = std::max(settings_.maximum, settings_.minimum);
    if (auto const unit = to_duration(1, settings_.rate); to_units(1s, settings_.rate) * unit == 1s) unit_ = unit;
    period_units_ = in_units(settings_.period);
    settings_.capacity = ring_.capacity();
}

void jitter_buffer::reset() noexcept {
    ring_.restart(0);
    handed_out_ = {};
    stray_ = {};
    phase_ = phase::idle;
}

duration jitter_buffer::target_delay() const noexcept {
    if (settings_.mode == jitter_mode::fixed) return settings_.normal;
    return std::clamp(estimator_.target(), settings_.minimum, settings_.maximum);
}

// As long as the delay is below, a buffer that has run dry waits for the packet whose turn it is; above, time goes on.
duration jitter_buffer::limit() const noexcept {
    return settings_.mode == jitter_mode::fixed ? settings_.normal : settings_.maximum;
}

jitter_buffer::place_in_time jitter_buffer::locate(time_point arrival, packet_view const& view) const noexcept {
    auto const timestamp = timestamps_.peek(view.timestamp());
    return {sequences_.peek(view.sequence()), timestamp, transit(arrival, timestamp)};
}

// Of a packet of the source that is heard.
bool jitter_buffer::is_plausible(place_in_time const& at, packet_content content) const noexcept {
    if (std::abs(at.sequence - sequences_.highest()) >= plausible_jump) return false;
    if (content == packet_content::other) return true;  // all packets of one event carry the time of its beginning
    auto const late = estimator_.delay(at.transit);
    return late > -plausible_delay && late < plausible_delay;
}

bool jitter_buffer::is_confirmed_by(time_point arrival, packet_view const& view) const noexcept {
    if (!stray_.packet.buffer.has_block() || view.ssrc() != stray_.ssrc) return false;
    auto const jump = distance(stray_.sequence, view.sequence());
    if (jump <= 0 || jump > confirming_jump) return false;
    auto const moved = length_of(distance(stray_.timestamp, view.timestamp()));
    auto const late = (arrival - stray_.arrival) - moved;
    return late > -confirming_delay && late < confirming_delay;
}

put_result jitter_buffer::put(
    time_point arrival, packet_view const& view, packet_buffer packet, packet_content content, std::int64_t units
) noexcept {
    if (units <= 0 && content == packet_content::audio) content = packet_content::other;  // nothing in it to play
    queued_packet queued{std::move(packet), view.payload(), 0, 0, std::max<std::int64_t>(units, 0),
                         view.type(),       content};
    if (phase_ == phase::idle) {
        start(arrival, view.ssrc(), view.sequence(), view.timestamp(), std::move(queued));
        return put_result::reset;
    }
    auto const at = locate(arrival, view);
    if (view.ssrc() != ssrc_ || !is_plausible(at, content)) return put_stray(arrival, view, std::move(queued));
    if (stray_.packet.buffer.has_block()) {  // the old time line lives: that one was a stray indeed
        stray_ = {};
        ++statistics_.strays;
    }
    return put_known(arrival, at, std::move(queued));
}

void jitter_buffer::start(
    time_point arrival, ssrc_t ssrc, sequence_t sequence, timestamp_t timestamp, queued_packet&& packet
) noexcept {
    ssrc_ = ssrc;
    sequences_.restart();
    timestamps_.restart();
    packet.sequence = sequences_.extend(sequence);
    packet.timestamp = timestamps_.extend(timestamp);
    anchor_time_ = arrival;
    anchor_ = position_ = packet.timestamp;
    phase_ = phase::starting;
    is_fresh_ = true;
    is_cutting_ = false;
    gap_ = packet_units_ = waited_ = 0;
    late_run_ = 0;
    stray_ = {};
    estimator_.restart();
    static_cast<void>(estimator_.on_packet(arrival, duration::zero(), length_of(packet.units)));
    ring_.restart(packet.sequence);
    ring_.insert(std::move(packet));
    ++statistics_.queued;
}

put_result jitter_buffer::put_stray(time_point arrival, packet_view const& view, queued_packet&& packet) noexcept {
    if (is_confirmed_by(arrival, view)) {
        auto first = std::exchange(stray_, {});
        statistics_.discarded += ring_.size();
        ++statistics_.resets;
        start(first.arrival, first.ssrc, first.sequence, first.timestamp, std::move(first.packet));
        static_cast<void>(put_known(arrival, locate(arrival, view), std::move(packet)));
        return put_result::reset;
    }
    if (stray_.packet.buffer.has_block()) ++statistics_.strays;
    stray_ = {std::move(packet), view.sequence(), view.timestamp(), view.ssrc(), arrival};
    return put_result::held;
}

put_result jitter_buffer::put_known(time_point arrival, place_in_time const& at, queued_packet&& packet) noexcept {
    sequences_.move_to(packet.sequence = at.sequence);
    timestamps_.move_to(packet.timestamp = at.timestamp);
    auto place = ring_.place_of(packet.sequence);
    if (place == packet_ring::place::passed && is_fresh_ && ring_.reopen(packet.sequence))
        place = packet_ring::place::free;  // overtaken by the packet that we took for the first
    if (place == packet_ring::place::taken || place == packet_ring::place::passed_seen) {
        ++statistics_.duplicates;
        return put_result::duplicate;
    }
    duration late{0};
    if (packet.content != packet_content::other) {
        late = estimator_.on_packet(arrival, at.transit, length_of(packet.units));
        newest_delay_ = late;
    }
    // Late for its turn; or later than the buffer may bridge; or time has gone on without it (see limit).
    auto const has_passed = phase_ == phase::playing && ring_.size() == 0 && packet.units > 0 &&
                            packet.timestamp + packet.units <= position_;
    if (place == packet_ring::place::passed || late > limit() + tolerance || has_passed)
        return put_late(arrival, std::move(packet));
    late_run_ = 0;
    auto const has_pushed_out = place == packet_ring::place::beyond && make_room(packet.sequence);
    ring_.insert(std::move(packet));
    ++statistics_.queued;
    return has_pushed_out ? put_result::overflow : put_result::queued;
}

put_result jitter_buffer::put_late(time_point arrival, queued_packet&& packet) noexcept {
    if (late_run_++ == 0) late_since_ = arrival;
    if (late_run_ >= late_packets && arrival - late_since_ >= late_time && ring_.size() == 0 && gap_ > 0) {
        ++statistics_.resets;
        auto const sequence = static_cast<sequence_t>(packet.sequence & 0xFFFF);
        auto const timestamp = static_cast<timestamp_t>(packet.timestamp & 0xFFFFFFFF);
        start(arrival, ssrc_, sequence, timestamp, std::move(packet));
        return put_result::reset;
    }
    ++statistics_.late;
    if (ring_.size() == 0)
        while (ring_.next() <= packet.sequence)
            ring_.pass();
    ring_.mark_seen(packet.sequence);
    return put_result::late;
}

// Pushes the oldest packets out until this number fits. True if there were any.
bool jitter_buffer::make_room(std::int64_t sequence) noexcept {
    auto const wanted = sequence - static_cast<std::int64_t>(ring_.capacity()) + 1;
    auto const waiting = ring_.size();
    // Numbers that nobody waits for are passed at once: the jump may be long.
    if (waiting == 0 && sequence - ring_.next() >= static_cast<std::int64_t>(ring_.capacity())) {
        statistics_.lost += static_cast<std::uint64_t>(sequence - ring_.next());
        ring_.restart(sequence);
    } else {
        while (ring_.next() < wanted) {
            if (!ring_.pass().buffer.has_block()) ++statistics_.lost;
        }
    }
    auto const pushed_out = waiting - ring_.size();
    statistics_.discarded += pushed_out;
    if (phase_ == phase::playing) phase_ = phase::starting;
    return pushed_out > 0;
}

}  // namespace rtp

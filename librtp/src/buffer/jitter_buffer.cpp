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

// Invented sound is convincing for a few hundredths of a second and a nuisance after a tenth.
constexpr duration longest_concealment = 120ms;
// Above the limit by this much, packets are thrown away.
constexpr duration tolerance = 40ms;
// Having run dry is a sign that the delay is needed: for so long it is not shortened.
constexpr duration patience = 100ms;
// Longer than it should be by more than this after a wait, the delay is cut back at once: nothing is heard of it but
// the gap that was heard already, and shortening sound would take the better part of a second.
constexpr duration worth_cutting = 20ms;
// What a stretched packet may gain at most, and how that compares with the price of late packets: gaining delay for
// nothing costs it until it is given back.
constexpr duration longest_stretch = 15ms;
constexpr duration stretch_cost = 4ms;

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

// ---- times

duration jitter_buffer::target_delay() const noexcept {
    if (settings_.mode == jitter_mode::fixed) return settings_.normal;
    return std::clamp(estimator_.target(), settings_.minimum, settings_.maximum);
}

// As long as the delay is below, a buffer that has run dry waits for the packet whose turn it is; above, time goes on.
duration jitter_buffer::limit() const noexcept {
    return settings_.mode == jitter_mode::fixed ? settings_.normal : settings_.maximum;
}

// ---- put

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

// ---- get

playout_frame jitter_buffer::get(time_point now, std::int64_t staged) noexcept {
    handed_out_ = {};
    if (phase_ == phase::idle) return silence(period_units_);
    playout_frame frame;
    // Each round passes at least one number or gives a frame, so the capacity bounds the loop.
    for (;;) {
        auto const* first = ring_.first();
        if (first == nullptr) return run_dry(now, staged);
        auto const is_done = first->sequence == ring_.next() ? play(now, frame) : pass_hole(now, *first, frame);
        if (!is_done) continue;
        // What is fetched now plays after what is staged; in time for being fetched is what counts above.
        if (frame.what == playout_frame::kind::media) delay_ += length_of(staged);
        return frame;
    }
}

// The packet whose turn it is: plays it, waits for its time, or passes it without a sound (then false).
bool jitter_buffer::play(time_point now, playout_frame& frame) noexcept {
    auto& packet = *ring_.turn();
    if (packet.content != packet_content::audio) {
        phase_ = phase::quiet;
        is_fresh_ = false;
        ++statistics_.silent;
        handed_out_ = ring_.pass();
        if (handed_out_.content == packet_content::other) return false;
        frame.payload = handed_out_.payload;
        frame.type = handed_out_.type;
        return true;
    }
    auto const pause = packet.timestamp - position_;
    if (phase_ == phase::quiet || (phase_ == phase::playing && pause * 2 > packet.units)) phase_ = phase::starting;
    auto const delay = delay_of(now, packet.timestamp);
    auto const target = target_delay();
    if (phase_ == phase::starting) {
        // Between two stretches of sound the delay can be set freely.
        if (delay < target) {
            frame = silence(period_units_);
            return true;
        }
        position_ = packet.timestamp;
        phase_ = phase::playing;
    }
    is_fresh_ = false;
    if (delay > limit() + tolerance) is_cutting_ = true;
    // The newest packet is never thrown away: the device may always come for it later than the target.
    if (is_cutting_ && (delay <= target + settings_.period || ring_.size() == 1)) is_cutting_ = false;
    cut_back(delay, target);
    auto const skip = std::max<std::int64_t>(position_ - packet.timestamp, 0);
    if (is_cutting_ || (skip > 0 && skip >= packet.units)) {
        position_ = std::max(position_, packet.timestamp + packet.units);
        ++statistics_.discarded;
        static_cast<void>(ring_.pass());
        return false;
    }
    handed_out_ = ring_.pass();
    position_ = handed_out_.timestamp + handed_out_.units;
    packet_units_ = handed_out_.units;
    gap_ = 0;
    delay_ = delay;
    ++statistics_.played;
    statistics_.media_units += handed_out_.units - skip;
    frame.what = playout_frame::kind::media;
    frame.payload = handed_out_.payload;
    frame.type = handed_out_.type;
    frame.units = handed_out_.units;
    frame.skip = skip;
    // Too little is made up for by a period at least, or a clock that drifts would have it short again at once.
    frame.correction = in_units(delay < target ? std::max(target - delay, settings_.period) : target - delay);
    if (frame.correction < 0 && now - dry_at_ < patience) frame.correction = 0;
    if (is_next_overdue(now)) frame.correction = std::max(frame.correction, in_units(longest_stretch));
    return true;
}

// A packet has been waited for while sound was invented. If those behind it are here as well, the network had stalled
// and is well again; then the beginning of what is late is left out, up to as much as has been invented.
void jitter_buffer::cut_back(duration delay, duration target) noexcept {
    auto const surplus = delay - std::max(target, newest_delay_);
    if (settings_.mode == jitter_mode::adaptive && waited_ > 0 && surplus > worth_cutting)
        position_ += std::min(waited_, in_units(surplus));
    waited_ = 0;
}

// Nothing is left behind the packet that is being played, and the next one is so late that it will probably not come in
// time: the sound at hand had better last a little longer.
bool jitter_buffer::is_next_overdue(time_point now) const noexcept {
    if (settings_.mode == jitter_mode::fixed || ring_.size() > 0) return false;
    auto const so_far = delay_of(now, position_);
    if (so_far <= duration::zero()) return false;
    auto const likely = 1000 * stretch_cost / (settings_.late_cost + stretch_cost);
    return estimator_.later_per_mille(so_far, delay_) > likely;
}

// One or more packets are missing before `later`. Conceals the first of them or passes it (then false).
bool jitter_buffer::pass_hole(time_point now, queued_packet const& later, playout_frame& frame) noexcept {
    auto const missing = later.sequence - ring_.next();
    if (phase_ != phase::playing) {
        lose_until(later.sequence);
        return false;
    }
    // The time of an event packet is that of the event's beginning: it says nothing about the length of the hole.
    auto const expected = missing * packet_units_;
    auto const hole = later.content == packet_content::other ? expected : later.timestamp - position_;
    if (hole > 2 * expected) {  // there was a pause as well
        lose_until(later.sequence);
        phase_ = phase::starting;
        return false;
    }
    auto const piece = std::max<std::int64_t>(hole / missing, 0);
    lose_until(ring_.next() + 1);
    // Less is concealed by what was invented while waiting for this packet, and by what the delay is clearly too long:
    // a hole is where a change of delay costs nothing.
    auto surplus = delay_of(now, position_) - target_delay();
    if (settings_.mode == jitter_mode::fixed || surplus < settings_.period) surplus = duration::zero();
    auto const spared = std::min(std::max(waited_, in_units(surplus)), piece);
    waited_ -= std::min(waited_, piece);
    position_ += piece;
    if (spared == piece) return false;
    if (gap_ >= in_units(longest_concealment)) {
        frame = silence(piece - spared);
        return true;
    }
    frame = conceal(piece - spared);
    if (missing == 1 && later.content == packet_content::audio) {
        frame.payload = later.payload;
        frame.type = later.type;
    }
    return true;
}

// Nothing waits: the packet whose turn it is may be late, lost, or never sent.
playout_frame jitter_buffer::run_dry(time_point now, std::int64_t staged) noexcept {
    // Only as much as the device needs now: the packet may come before the next period.
    auto const piece = staged < period_units_ ? period_units_ - std::max<std::int64_t>(staged, 0) : period_units_;
    if (phase_ != phase::playing) return silence(piece);
    if (gap_ == 0) ++statistics_.empties;
    dry_at_ = now;
    if (delay_of(now, position_) >= limit()) {
        position_ += piece;
    } else {
        waited_ += piece;
    }
    return gap_ < in_units(longest_concealment) ? conceal(piece) : silence(piece);
}

playout_frame jitter_buffer::conceal(std::int64_t units) noexcept {
    gap_ += units;
    statistics_.concealed_units += units;
    playout_frame frame;
    frame.what = playout_frame::kind::conceal;
    frame.units = units;
    return frame;
}

playout_frame jitter_buffer::silence(std::int64_t units) noexcept {
    gap_ += units;
    statistics_.silent_units += units;
    playout_frame frame;
    frame.what = playout_frame::kind::silence;
    frame.units = units;
    return frame;
}

void jitter_buffer::lose_until(std::int64_t sequence) noexcept {
    is_fresh_ = false;
    while (ring_.next() < sequence) {
        static_cast<void>(ring_.pass());
        ++statistics_.lost;
    }
}

}  // namespace rtp

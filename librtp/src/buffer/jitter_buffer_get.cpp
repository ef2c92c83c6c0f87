// The way out of rtp::jitter_buffer: at the pace of the device, from packets in order to what is to be played.
#include <algorithm>
#include <utility>

#include "rtp/buffer/jitter_buffer.hpp"

namespace rtp {
namespace {

using namespace std::chrono_literals;

// Invented sound is convincing for a few hundredths of a second and a nuisance after a tenth.
constexpr duration longest_concealment = 120ms;
// Having run dry is a sign that the delay is needed: for so long it is not shortened.
constexpr duration patience = 100ms;
// Longer than it should be by more than this after a wait, the delay is cut back at once: nothing is heard of it but
// the gap that was heard already, and shortening sound would take the better part of a second.
constexpr duration worth_cutting = 20ms;
// What a stretched packet may gain at most, and how that compares with the price of late packets: gaining delay for
// nothing costs it until it is given back.
constexpr duration longest_stretch = 15ms;
constexpr duration stretch_cost = 4ms;

}  // namespace

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

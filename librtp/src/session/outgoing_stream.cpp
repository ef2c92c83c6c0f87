#include "rtp/session/outgoing_stream.hpp"

#include "rtp/stats/sequence.hpp"

namespace rtp {

outgoing_stream::outgoing_stream(time_point now, environment& environment) : frame_time_(now) {
    auto const bits = environment.random();
    ssrc_ = static_cast<ssrc_t>(static_cast<std::uint32_t>(bits));
    frame_timestamp_ = static_cast<timestamp_t>(static_cast<std::uint32_t>(bits >> 32));
    // In the lower half: a first number near the wrap can put the packet index of SRTP out of step (RFC 3711 3.3.1).
    next_sequence_ = static_cast<sequence_t>(static_cast<std::uint16_t>(environment.random() & 0x7FFFU));
}

bool outgoing_stream::is_gap(time_point now) const noexcept {
    return now - frame_time_ > to_duration(frame_units_, rate_) + tolerated_delay;
}

timestamp_t outgoing_stream::timestamp_at(time_point now) const noexcept {
    return advance(frame_timestamp_, to_units(now - frame_time_, rate_));
}

timestamp_t outgoing_stream::next_timestamp(time_point now) const noexcept {
    return is_gap(now) ? timestamp_at(now) : advance(frame_timestamp_, frame_units_);
}

outgoing_stream::frame_start outgoing_stream::begin_frame(time_point now, std::uint32_t units) noexcept {
    frame_start const start{next_timestamp(now), !has_begun_ || is_gap(now)};
    frame_timestamp_ = start.timestamp;
    frame_time_ = now;
    frame_units_ = units;
    has_begun_ = true;
    return start;
}

void outgoing_stream::skip_to(time_point now, timestamp_t timestamp) noexcept {
    if (!is_newer(timestamp, next_timestamp(now))) return;
    frame_timestamp_ = timestamp;
    frame_time_ = now;
    frame_units_ = 0;
}

void outgoing_stream::on_sent(time_point now, std::size_t payload_size) noexcept {
    next_sequence_ = advance(next_sequence_, 1);
    ++packets_;
    octets_ += static_cast<std::uint32_t>(payload_size);
    has_sent_ = true;
    last_sent_ = now;
}

void outgoing_stream::change_ssrc(ssrc_t ssrc) noexcept {
    ssrc_ = ssrc;
    packets_ = 0;
    octets_ = 0;
}

void outgoing_stream::set_rate(time_point now, clock_rate rate) noexcept {
    if (rate == rate_) return;
    frame_timestamp_ = next_timestamp(now);
    frame_time_ = now;
    frame_units_ = 0;
    rate_ = rate;
}

}  // namespace rtp

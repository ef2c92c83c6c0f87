// A sender, a network and a device for jitter buffer tests, without samples: packets are made with given numbers and
// put at given times; the device fetches at its pace and keeps a trace of what it would have played.
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <string>

#include "rtp/buffer/jitter_buffer.hpp"

namespace test {

using rtp::duration;
using rtp::time_point;

inline constexpr time_point line_start{std::chrono::hours(100)};

/// Numbers of the next packet to send.
struct sender {
    rtp::ssrc_t ssrc{0x11223344};
    rtp::sequence_t sequence{65500};          // wraps around soon
    rtp::timestamp_t timestamp{0xFFFFF000U};  // and so does this
    std::uint32_t units = 160;

    struct sent {
        rtp::ssrc_t ssrc;
        rtp::sequence_t sequence;
        rtp::timestamp_t timestamp;
        std::uint32_t units;
        rtp::packet_content content = rtp::packet_content::audio;
    };

    sent next(rtp::packet_content content = rtp::packet_content::audio) {
        sent const made{ssrc, sequence, timestamp, units, content};
        sequence = rtp::advance(sequence, 1);
        timestamp = rtp::advance(timestamp, units);
        return made;
    }
    /// Time passes and nothing is sent.
    void pause(std::uint32_t silent_units) { timestamp = rtp::advance(timestamp, silent_units); }
};

inline rtp::put_result put(rtp::jitter_buffer& buffer, time_point arrival, sender::sent const& packet) {
    std::array<std::byte, 4> payload{};
    auto const number = static_cast<std::uint16_t>(packet.sequence);
    payload[0] = static_cast<std::byte>(number >> 8);
    payload[1] = static_cast<std::byte>(number & 0xFF);
    auto bytes = rtp::packet_buffer::unpooled(payload);
    rtp::packet_header header;
    header.ssrc = packet.ssrc;
    header.sequence = packet.sequence;
    header.timestamp = packet.timestamp;
    static_cast<void>(rtp::prepend_header(bytes, header));
    auto const view = rtp::packet_view::parse(bytes.bytes());
    auto const units = packet.content == rtp::packet_content::audio ? packet.units : 0;
    return buffer.put(arrival, *view, std::move(bytes), packet.content, units);
}

/// Plays in units. `trace` gets one letter a period: M media, C concealment, . silence (what most of it was).
class device {
public:
    explicit device(rtp::jitter_buffer& buffer) : buffer_(buffer) {}

    /// If set, the next packet fetched may be shortened or doubled by one period, as its sound is quiet.
    bool may_correct = false;
    std::string trace;
    std::deque<std::uint16_t> played;  // sequence numbers
    std::int64_t dropped = 0, repeated = 0;
    duration delay_sum{0}, delay_max{0};
    std::int64_t delays = 0;

    void run_period(time_point now) {
        auto const period = rtp::to_units(buffer_.settings().period, buffer_.settings().rate);
        while (staged_units_ < period)
            fetch(now, period);
        std::array<std::int64_t, 3> share{};
        for (auto left = period; left > 0;) {
            auto& front = staged_.front();
            auto const part = std::min(left, front.second);
            share[static_cast<std::size_t>(front.first)] += part;
            front.second -= part;
            left -= part;
            if (front.second == 0) staged_.pop_front();
        }
        staged_units_ -= period;
        using kind = rtp::playout_frame::kind;
        auto const of = [&](kind which) { return share[static_cast<std::size_t>(which)]; };
        trace += of(kind::media) >= of(kind::conceal) && of(kind::media) >= of(kind::silence) ? 'M'
                 : of(kind::conceal) >= of(kind::silence)                                     ? 'C'
                                                                                              : '.';
    }

private:
    void fetch(time_point now, std::int64_t period) {
        auto const frame = buffer_.get(now, staged_units_);
        auto units = frame.units;
        if (frame.what == rtp::playout_frame::kind::media) {
            played.push_back(static_cast<std::uint16_t>(
                std::to_integer<unsigned>(frame.payload[0]) << 8 | std::to_integer<unsigned>(frame.payload[1])
            ));
            units -= frame.skip;
            delay_sum += buffer_.delay();
            delay_max = std::max(delay_max, buffer_.delay());
            ++delays;
            if (may_correct && frame.correction <= -period && units > period) {
                units -= period;
                dropped += period;
            } else if (may_correct && frame.correction >= period) {
                units += period;
                repeated += period;
            }
        }
        staged_.emplace_back(frame.what, units);
        staged_units_ += units;
        if (units <= 0) staged_.pop_back();
    }

    rtp::jitter_buffer& buffer_;
    std::deque<std::pair<rtp::playout_frame::kind, std::int64_t>> staged_;
    std::int64_t staged_units_ = 0;
};

}  // namespace test

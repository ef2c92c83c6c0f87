// The phone's one sound device as its media layer sees it: linear samples in, linear samples out, one period at a time.
// net/audio_plane.hpp implements it over shared memory or packets; tests implement it with arrays.
//
// The device's clock is the master: it calls on_audio_period once per 10 ms of its own time. While no device is
// attached a timer takes over, with silence as the microphone, so that a call goes on (RTP keeps flowing) when the
// audio driver dies.
#pragma once

#include "phoned/protocol/messages.hpp"
#include "phoned/time.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace phoned {

/// Mono, signed 16-bit, native byte order.
struct audio_format {
    std::uint32_t rate = 8000;         ///< Samples per second: 8000 or 16000
    std::uint32_t period_frames = 80;  ///< Samples per period: always 10 ms

    friend bool operator==(const audio_format&, const audio_format&) = default;
};

/// The format with a period of 10 ms at `rate` samples per second.
[[nodiscard]] constexpr audio_format audio_format_at(std::uint32_t rate) noexcept {
    return {rate, rate / 100};
}

struct audio_period {
    now_t now;
    std::span<const std::int16_t> captured;  ///< period_frames samples; silence where the device gave none
    std::span<std::int16_t> playback;        ///< period_frames samples to fill; zero on entry
    bool from_device;                        ///< False when the timer stands in
    std::chrono::microseconds delay{0};      ///< Hardware's, playback plus capture; zero: the driver tells none
};

/// What went wrong since the device was attached. All only grow.
struct audio_counters {
    std::uint64_t periods = 0;            ///< Periods handed to the phone
    std::uint64_t capture_underruns = 0;  ///< Periods in which the device gave no samples: silence was used
    std::uint64_t capture_overruns = 0;   ///< Periods thrown away because the device ran ahead
    std::uint64_t playback_overruns = 0;  ///< Periods that the device did not take in time: the oldest were dropped
    std::uint64_t bad_frames = 0;         ///< Malformed packets, impossible ring indices
    std::uint32_t delay_frames = 0;       ///< Hardware delay as the driver last told
};

class audio_listener {
public:
    audio_listener() = default;
    audio_listener(const audio_listener&) = delete;
    audio_listener& operator=(const audio_listener&) = delete;
    virtual ~audio_listener() = default;

    virtual void on_audio_period(const audio_period&) = 0;
    virtual void on_audio_attached(now_t, std::string_view driver) = 0;
    virtual void on_audio_lost(now_t, std::string_view reason) = 0;
};

class audio_device {
public:
    audio_device() = default;
    audio_device(const audio_device&) = delete;
    audio_device& operator=(const audio_device&) = delete;
    virtual ~audio_device() = default;

    [[nodiscard]] virtual audio_format format() const = 0;
    /// Periods begin; a no-op when they already run. An idle phone stops them.
    virtual void start() = 0;
    virtual void stop() = 0;
    [[nodiscard]] virtual audio_counters counters() const = 0;
};

}  // namespace phoned

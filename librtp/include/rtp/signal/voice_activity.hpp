// Whether somebody speaks, and what the silence sounds like: what a sender needs that does not send silence (DTX).
//
//     samples of a packet -> voice_activity -> voice            the packet is sent
//                                           -> noise, described a comfort noise packet is sent instead (RFC 3389)
//                                           -> noise            nothing is sent
//
// For codecs that bring no discontinuous sending of their own; Opus does. Linear samples of one channel. No time: the
// samples are the clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/codec/comfort_noise.hpp"

namespace rtp {

/// Level and colour of steady noise: averaged autocorrelation, turned into reflection coefficients (Levinson-Durbin).
class noise_analyser final {
public:
    static constexpr std::size_t order = 8;  ///< The colour of a room needs no more.

    /// Adds a stretch of noise to the average, in which older stretches fade out. Without effect if there are fewer
    /// samples than coefficients.
    void add(std::span<const std::int16_t> samples) noexcept;
    void forget() noexcept { *this = {}; }  ///< Begins anew.

    [[nodiscard]] comfort_noise describe() const noexcept;  ///< The noise heard so far.

private:
    std::array<double, order + 1> correlation_{};  // for one sample
    bool has_any_ = false;
};

/// One stream. Speech is what rises above the noise floor, which follows a room that gets louder within seconds and one
/// that gets quieter at once, but never beyond -45 dBov: what is louder is always sent, be it music or an engine. After
/// speech it waits 200 ms, so that no syllable loses its end.
class voice_activity final {
public:
    /// How it listens.
    struct settings {
        std::size_t sample_rate = 8000;  ///< In Hz.
        std::size_t clock_rate = 8000;  ///< Noise is described at this rate, by which sample_rate can be divided.
        double above_floor = 7;         ///< dB.
        std::size_t hangover_ms = 200;  ///< Voice is taken to go on so long.
        std::size_t describe_again_ms =
            1000;  ///< At least this often, which also keeps NATs open; at most each 100 ms.
    };
    /// What a frame is.
    struct verdict {
        bool is_voice = true;  ///< False: nothing but noise.
        bool begins_talkspurt = false;             ///< The first voice after silence: RTP marker (RFC 3551 4.1).
        std::optional<comfort_noise> description;  ///< In silence: send this now.
    };

    explicit voice_activity(settings const& wanted) noexcept : settings_(wanted) {}  ///< Nothing was heard yet.

    /// The samples of one packet, in order.
    [[nodiscard]] verdict on_packet(std::span<const std::int16_t> samples) noexcept;

    /// In dBov.
    [[nodiscard]] double noise_floor() const noexcept { return floor_; }

private:
    [[nodiscard]] bool is_speech(std::span<const std::int16_t> samples) noexcept;
    void learn(std::span<const std::int16_t> samples) noexcept;
    [[nodiscard]] std::size_t in_samples(std::size_t milliseconds) const noexcept {
        return settings_.sample_rate * milliseconds / 1000;
    }

    settings settings_;
    double floor_ = -60;
    std::size_t since_voice_ = 0;  // samples
    bool is_silent_ = false;
    std::size_t since_description_ = 0;
    comfort_noise described_;
    noise_analyser noise_;
};

}  // namespace rtp

// What happens to the microphone's sound before it is encoded: the loudspeaker's echo is taken out, steady noise is
// suppressed, and the level is kept. By libspeexdsp.
//
//     on_played ---> [delay line] ---.
//                                    v
//     microphone ----------> echo canceller -> noise suppression, gain control -> encoder
//
// An echo canceller learns how the room answers to what was played. It can only look back as far as its filter is long,
// and not at all into the future: told a delay that is too long it hears an echo of what was not played yet, and fails.
// So the device's measured delay is fed in (audio drivers report it), and the filter starts a margin before it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rtp/time.hpp"

struct SpeexEchoState_;
struct SpeexPreprocessState_;

namespace rtp {

/// What is done to the microphone's sound.
struct voice_processing {
    std::uint32_t sample_rate = 8000;  ///< Hz, a multiple of 100.
    bool cancels_echo = true;  ///< Of our own loudspeaker.
    bool suppresses_noise = false;  ///< Of the room.
    /// So that all speak equally loud.
    bool controls_gain = false;
    /// How long an echo may last after it begins.
    duration echo_tail = std::chrono::milliseconds(160);
    /// How much shorter or longer than told the delay may be. A part of the filter is spent on it.
    duration delay_margin = std::chrono::milliseconds(40);

    friend bool operator==(voice_processing const&, voice_processing const&) = default;
};

/// One sound device. Works in periods of 10 ms; allocates on construction only.
class voice_processor final {
public:
    /// Longer delays count as this.
    static constexpr duration longest_delay = std::chrono::milliseconds(500);

    explicit voice_processor(voice_processing const&);  ///< For one call.

    /// From handing samples out to be played until their echo is in the samples that come from the microphone: the
    /// device's playback and capture delay together, as it measures them. May change at any time; a change of more than
    /// half the margin makes the canceller learn anew.
    void set_delay(duration) noexcept;

    /// A period that is handed out to be played.
    void on_played(std::span<const std::int16_t> period) noexcept;

    /// Improves a period from the microphone in place. Call it once for each on_played().
    void process(std::span<std::int16_t> period) noexcept;

    [[nodiscard]] std::size_t period() const noexcept { return period_; }  ///< Samples at a time.
    /// What it was made with.
    [[nodiscard]] voice_processing const& settings() const noexcept { return settings_; }

private:
    struct closer {
        void operator()(SpeexEchoState_*) const noexcept;
        void operator()(SpeexPreprocessState_*) const noexcept;
    };
    [[nodiscard]] std::size_t in_samples(duration) const noexcept;

    voice_processing settings_;
    std::size_t period_;
    duration delay_{};
    std::size_t lag_ = 0;               // samples by which the reference is held back
    std::vector<std::int16_t> played_;  // a ring
    std::size_t written_ = 0;           // where the next played sample goes
    std::vector<std::int16_t> reference_, captured_;
    std::unique_ptr<SpeexEchoState_, closer> echo_;
    std::unique_ptr<SpeexPreprocessState_, closer> polish_;
};

}  // namespace rtp

// Tones and cadences as values, and the player that turns a cadence into samples.
//
// A cadence is a short list of steps, each with up to four frequencies and a length; it repeats until stopped, except
// for steps that sound only once. The player keeps the phase of each frequency over calls and steps, and rises and
// falls within two milliseconds so that nothing clicks. Knows no names, no countries, no grammar. ITU-T E.180.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rtp {

/// One sine of a tone. Hertz 0: unused.
struct tone_component {
    std::uint16_t hertz = 0;  ///< 0: none.
    float dbm0 = 0;  ///< Level.

    friend bool operator==(tone_component const&, tone_component const&) = default;
};

enum class step_repeat : std::uint8_t {
    always,
    once,  ///< Left out when the list starts over.
};

/// A sound of some length.
struct tone_step {
    std::array<tone_component, 4> components{};  ///< None used: silence.
    std::chrono::milliseconds length{0};         ///< 0: until stopped.
    step_repeat repeat = step_repeat::always;  ///< How often it comes.

    friend bool operator==(tone_step const&, tone_step const&) = default;
};

/// At most eight steps. Without steps it is over at once.
struct cadence {
    static constexpr std::size_t max_steps = 8;  ///< Of one tone.

    std::array<tone_step, max_steps> steps{};  ///< Of which `count` are used.
    std::size_t count = 0;  ///< Steps in use.

    friend bool operator==(cadence const&, cadence const&) = default;
};

/// One steady tone until stopped.
[[nodiscard]] cadence steady_tone(std::span<const tone_component> components) noexcept;

/// Makes the samples of one cadence. Allocates nothing. A frequency at or above half the sample rate is left out, since
/// it would sound as another one.
class tone_player final {
public:
    /// `sample_rate` in Hz, 8000 to 192000.
    tone_player(std::uint32_t sample_rate, cadence const&) noexcept;

    /// Writes all of `samples` (silence after the end) and returns how many of them came before the end.
    std::size_t fill(std::span<std::int16_t> samples) noexcept;

    /// True when no step is left: each was to sound once, or there are none.
    [[nodiscard]] bool has_ended() const noexcept { return ended_; }

private:
    // A sine as a rotating pointer: one complex multiplication a sample, exact in phase over any number of calls.
    struct oscillator {
        double cosine = 1, sine = 0;
        double turn_cosine = 1, turn_sine = 0;
        double amplitude = 0;  // where it is
        double target = 0;     // where it goes, by `ramp_` of the peak a sample
        double slope = 0;
    };

    void start_step() noexcept;
    void next_step() noexcept;
    [[nodiscard]] std::int16_t next_sample() noexcept;

    cadence cadence_;
    std::uint32_t sample_rate_;
    std::array<oscillator, 4> oscillators_{};
    std::size_t step_ = 0;
    std::int64_t left_ = 0;          // samples left in this step; -1: without end
    std::int64_t milliseconds_ = 0;  // at the end of this step, so that rounding never adds up
    std::int64_t samples_ = 0;
    bool ended_ = false;
};

}  // namespace rtp

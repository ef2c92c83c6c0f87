// Sound in place of lost packets, for codecs that bring none of their own (G.711): the last pitch periods are repeated,
// ever more quietly, and the real sound is faded back in when it returns.
//
//     real real real|period|period period|period period period| silence ...|real
//                    10 ms  10 ms          ... quieter to 200 ms            \ cross-fade
//
// Works on linear samples of one channel at any rate and adds no delay. The idea is that of ITU-T G.711 Appendix I.
// Knows no packets and no time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "rtp/buffer/pitch.hpp"

namespace rtp {

/// Sees all samples on their way to the device, in order. Allocates on construction only.
class concealment final {
public:
    explicit concealment(std::uint32_t sample_rate);  ///< For a stream of this rate, in Hz.

    /// Real samples are about to be played. After a gap their beginning is changed to join smoothly.
    void on_media(std::span<std::int16_t> samples) noexcept;

    /// Writes invented samples: full for 20 ms, fading to silence by 200 ms. A gap may come in any number of calls.
    void conceal(std::span<std::int16_t> samples) noexcept;

    /// Writes silence, faded into within 5 ms.
    void fall_silent(std::span<std::int16_t> samples) noexcept;

    /// Some real samples have been left out: what comes next does not join what was played last.
    void on_cut() noexcept;

    /// The pitch of what was played last.
    [[nodiscard]] pitch last_pitch() const noexcept {
        return find_pitch(history_, sample_rate_, voice_range(sample_rate_));
    }

private:
    void begin_gap() noexcept;
    void find_trend() noexcept;
    [[nodiscard]] float next() noexcept;
    void remember(std::span<const std::int16_t> samples) noexcept;
    [[nodiscard]] std::size_t in_samples(std::size_t milliseconds) const noexcept {
        return sample_rate_ * milliseconds / 1000;
    }

    std::uint32_t sample_rate_;
    std::vector<std::int16_t> history_;  // what was played last, oldest first
    // The gap that is being filled.
    bool is_in_gap_ = false;
    std::vector<std::int16_t> source_;  // the history at its beginning
    std::size_t period_ = 0;
    std::size_t at_ = 0;       // reading place in source_
    std::size_t periods_ = 1;  // that the next round takes
    std::size_t filled_ = 0;   // samples so far
    float step_ = 0;           // the jump from the last real sample to the first repeated one, taken back gradually
    float gain_ = 1;
    float trend_ = 1;  // of the gain, for each sample of the first ones
};

}  // namespace rtp

// Digits as tones in the audio itself (in-band): the two frequencies of a digit, a player for dialling, a detector.
//
// Digits as telephone-event packets (RFC 4733) are a matter of the session layer. ITU-T Q.23 (frequencies), Q.24
// (reception), ETSI ES 201 235 (levels and times).
#pragma once

#include <array>
#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "rtp/error.hpp"
#include "rtp/signal/tone.hpp"

namespace rtp {

/// The sixteen digits in the order of their telephone-event codes 0 to 15.
inline constexpr std::string_view dtmf_digits = "0123456789*#ABCD";

/// Low and high frequency in Hz; nothing for another character. Small letters count as A to D.
[[nodiscard]] std::optional<std::array<std::uint16_t, 2>> dtmf_frequencies(char digit) noexcept;

/// How digits sound.
struct dtmf_timing {
    std::chrono::milliseconds tone{100};  ///< Of a digit.
    std::chrono::milliseconds pause{100};  ///< Behind it.
    float low_dbm0 = -10;  ///< Of the low frequency.
    float high_dbm0 = -8;  ///< Two decibels more, since lines weaken high frequencies more.
};

/// Plays digits one after the other. Digits can be added while it plays. Allocates nothing.
class dtmf_player final {
public:
    static constexpr std::size_t max_waiting = 32;  ///< Further digits are refused.

    /// For this rate, in Hz.
    explicit dtmf_player(std::uint32_t sample_rate, dtmf_timing timing = {}) noexcept
        : sample_rate_(sample_rate), timing_(timing), player_(sample_rate, {}) {}

    /// Errors: invalid_digit, queue_full.
    [[nodiscard]] error_code push(char digit) noexcept;

    /// Writes all of `samples` and returns how many came before the last digit's pause was over.
    std::size_t fill(std::span<std::int16_t> samples) noexcept;

    /// True where all digits have sounded.
    [[nodiscard]] bool is_idle() const noexcept { return player_.has_ended() && waiting_count_ == 0; }

private:
    std::uint32_t sample_rate_;
    dtmf_timing timing_;
    tone_player player_;
    std::array<char, max_waiting> waiting_{};
    std::size_t first_ = 0;
    std::size_t waiting_count_ = 0;
};

/// A digit that was heard and is over. Sample counts from the start of the detector, exact to a block (13 ms).
struct heard_digit {
    char digit = 0;  ///< '0' to '9', '*', '#', 'A' to 'D'.
    std::uint64_t begin = 0;  ///< Its first sample, counted from the start.
    std::uint64_t length = 0;  ///< In samples.
};

/// Finds digits in audio of 8 kHz and more. A digit counts when two blocks of 13 ms in a row hold it: one row and one
/// column well above the others, not too unequal, both at their frequencies (the phase from block to block shows that
/// far better than the width of a filter does), and together nearly all of the power. Speech rarely manages that
/// (talk-off). Tones of 40 ms are heard, tones of 20 ms are not; a drop-out of 10 ms does not double a digit.
class dtmf_detector final {
public:
    static constexpr std::size_t max_kept = 32;  ///< Digits that wait to be taken.

    explicit dtmf_detector(std::uint32_t sample_rate) noexcept;  ///< For this rate, in Hz.

    void feed(std::span<const std::int16_t> samples) noexcept;  ///< Listens to these samples.

    /// The digit that sounds now.
    [[nodiscard]] std::optional<char> sounding() const noexcept;

    /// The oldest digit not yet fetched. At most 32 are kept, older ones give way.
    [[nodiscard]] std::optional<heard_digit> next() noexcept;

private:
    struct goertzel {
        double factor = 0, now = 0, before = 0;
        std::complex<double> last{};  // the result of the block before
    };

    void end_block() noexcept;
    [[nodiscard]] std::complex<double> result(std::size_t filter) const noexcept;
    [[nodiscard]] char judge_block() const noexcept;
    [[nodiscard]] bool is_confirmed(char digit) const noexcept;
    void keep(heard_digit) noexcept;

    std::uint32_t sample_rate_;
    std::array<goertzel, 8> filters_{};  // four rows, four columns
    std::size_t block_ = 0;
    std::size_t filled_ = 0;
    double power_ = 0;
    std::uint64_t blocks_ = 0;
    char last_ = 0;   // what the block before this one held
    char digit_ = 0;  // what sounds; 0: nothing
    int misses_ = 0;
    std::uint64_t begin_ = 0, end_ = 0;
    std::array<heard_digit, max_kept> kept_{};
    std::size_t first_ = 0, count_ = 0;
};

}  // namespace rtp

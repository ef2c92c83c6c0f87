// Makes a packet's sound longer or shorter without changing its pitch: by one period, cut out of or put into the end of
// it and blended over (pitch-synchronous overlap-add); in near silence by any amount.
//
//     shorten   |a b c d e f|g h i|          lengthen   |a b c d e f|g h i|
//               |a b c|(d e f~g h i)|                   |a b c d e f|(g h i~d e f)|g h i|
//
// Says no where it would be heard: in sound that does not repeat itself, and too soon after the last change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rtp {

/// One stream. Does not allocate.
class time_stretch final {
public:
    /// For a stream of this rate, in Hz.
    explicit time_stretch(std::uint32_t sample_rate) noexcept : sample_rate_(sample_rate) {}

    /// Changes the first `size` of `samples` towards `wanted` samples more (or, negative, less); there is room for half
    /// as many again. Returns the new size, often the old one. All sound passes here, also if nothing is wanted: its
    /// loudness tells what near silence is.
    [[nodiscard]] std::size_t change(std::span<std::int16_t> samples, std::size_t size, std::int64_t wanted) noexcept;

private:
    [[nodiscard]] bool is_quiet(std::span<const std::int16_t>) noexcept;
    [[nodiscard]] std::size_t in_samples(std::size_t microseconds) const noexcept {
        return sample_rate_ * microseconds / 1'000'000;
    }

    std::uint32_t sample_rate_;
    float floor_ = 3000;            // power of the quietest sound of late, in squared 16-bit steps
    std::size_t since_change_ = 0;  // samples
};

/// Takes `less` samples out of the first `size` of `samples`; the last `fade` of what stays are blended. `less` +
/// `fade` is at most `size`. Returns the new size.
std::size_t shorten(std::span<std::int16_t> samples, std::size_t size, std::size_t less, std::size_t fade) noexcept;

/// Puts `more` samples into the first `size` of `samples`, which has room for size + more. `more` + `fade` is at most
/// `size`. Returns the new size.
std::size_t lengthen(std::span<std::int16_t> samples, std::size_t size, std::size_t more, std::size_t fade) noexcept;

}  // namespace rtp

// Plays samples that are in memory, once or over and over: music on hold, announcements. Knows no files; rtp/files
// reads them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace rtp {

enum class sound_repeat : std::uint8_t { once, for_ever };

/// Plays samples once or over and over.
class sound_player final {
public:
    /// From its beginning.
    sound_player(std::vector<std::int16_t> sound, sound_repeat repeat)
        : sound_(std::move(sound)), repeats_(repeat == sound_repeat::for_ever && !sound_.empty()) {}

    /// Fills all of `samples`, with silence behind the end, and returns how many were of the sound. Allocates nothing.
    std::size_t fill(std::span<std::int16_t> samples) noexcept {
        std::size_t filled = 0;
        while (filled < samples.size() && at_ < sound_.size()) {
            auto const count = std::min(samples.size() - filled, sound_.size() - at_);
            std::copy_n(
                sound_.begin() + static_cast<std::ptrdiff_t>(at_), count,
                samples.begin() + static_cast<std::ptrdiff_t>(filled)
            );
            filled += count;
            at_ += count;
            if (repeats_ && at_ == sound_.size()) at_ = 0;
        }
        std::fill(samples.begin() + static_cast<std::ptrdiff_t>(filled), samples.end(), std::int16_t{0});
        return filled;
    }

    [[nodiscard]] bool has_ended() const noexcept { return at_ == sound_.size(); }  ///< True where nothing is left.

private:
    std::vector<std::int16_t> sound_;
    bool repeats_;
    std::size_t at_ = 0;
};

}  // namespace rtp

// A decoder's own concealment makes whole frames, but a gap may be filled in pieces of any length: what a piece leaves
// of a frame waits for the next one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rtp {

template <std::size_t FrameSamples>
class whole_frames final {
public:
    /// Fills `samples`; `make(frame)` writes one frame more each time that it is called.
    template <class Make>
    void fill(std::span<std::int16_t> samples, Make make) noexcept {
        while (!samples.empty()) {
            if (used_ == FrameSamples) {
                make(std::span<std::int16_t, FrameSamples>(frame_));
                used_ = 0;
            }
            auto const count = std::min(samples.size(), FrameSamples - used_);
            std::copy_n(frame_.begin() + static_cast<std::ptrdiff_t>(used_), count, samples.begin());
            used_ += count;
            samples = samples.subspan(count);
        }
    }

    /// The gap is over: what is left was for a moment that has passed.
    void forget() noexcept { used_ = FrameSamples; }

private:
    std::array<std::int16_t, FrameSamples> frame_{};
    std::size_t used_ = FrameSamples;
};

}  // namespace rtp

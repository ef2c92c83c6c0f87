// Between two sample rates, as that of a sound device and that of a codec, by libspeexdsp. Knows samples only.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

struct SpeexResamplerState_;

namespace rtp {

/// One direction of one stream. Samples pass unchanged where both rates are the same.
class resampler final {
public:
    /// In Hz, not zero. Allocates on construction only.
    resampler(std::uint32_t from, std::uint32_t to);

    /// `in` and `out` last equally long; what the filter does not yet fill of `out` is silent.
    void convert(std::span<const std::int16_t> in, std::span<std::int16_t> out) noexcept;

    /// True where it converts just these.
    [[nodiscard]] bool is_between(std::uint32_t from, std::uint32_t to) const noexcept {
        return from == from_ && to == to_;
    }

private:
    struct closer {
        void operator()(SpeexResamplerState_*) const noexcept;
    };
    std::uint32_t from_, to_;
    std::unique_ptr<SpeexResamplerState_, closer> state_;
};

}  // namespace rtp

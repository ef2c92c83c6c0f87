// G.729 Annex A, by bcg729: frames of 10 ms in 10 octets; a last frame of 2 octets describes silence (Annex B). RFC
// 3551 4.5.6.
//
// bcg729 is under the GNU GPL 3, and so is a program that links it: built in only with OFFHOOK_WITH_G729.
extern "C" {
#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
}

#include "c_state.hpp"
#include "list.hpp"
#include "whole_frames.hpp"

namespace rtp {
namespace {

constexpr std::size_t frame_samples = 80;
constexpr std::size_t frame_octets = 10;
constexpr std::size_t silence_octets = 2;

// Voice only, as annexb=no promises. A packet of several frames could not say that voice begins in its middle.
struct g729_encoder {
    result<std::size_t> encode(std::span<const std::int16_t> samples, std::span<std::byte> octets) noexcept {
        std::size_t size = 0;
        for (; !samples.empty(); samples = samples.subspan(frame_samples)) {
            std::uint8_t length = 0;
            bcg729Encoder(state.get(), samples.data(), as_octets(octets.data() + size), &length);
            size += length;
        }
        return size;
    }

    c_state<bcg729EncoderChannelContextStruct, closeBcg729EncoderChannel> state =
        own<closeBcg729EncoderChannel>(initBcg729EncoderChannel(0));
};

class g729_decoder {
public:
    result<std::size_t> decode(std::span<const std::byte> payload, std::span<std::int16_t> samples) noexcept {
        auto const count = g729_decoder::samples(payload);
        if (!count) return make_error_code(errc::invalid_argument);
        if (*count > samples.size()) return make_error_code(errc::too_large);
        rest_.forget();
        for (std::size_t at = 0; at < *count; at += frame_samples) {
            auto const length = std::min(payload.size(), frame_octets);
            run(payload.first(length), samples.subspan(at, frame_samples));
            payload = payload.subspan(length);
        }
        return *count;
    }

    void conceal(std::span<std::int16_t> samples) noexcept {
        rest_.fill(samples, [this](std::span<std::int16_t> frame) { run({}, frame); });
    }

    static std::optional<std::size_t> samples(std::span<const std::byte> payload) noexcept {
        auto const frames = payload.size() / frame_octets;
        auto const rest = payload.size() % frame_octets;
        if (rest != 0 && rest != silence_octets) return std::nullopt;
        return (frames + (rest != 0 ? 1 : 0)) * frame_samples;
    }

private:
    /// An empty frame is a lost one.
    void run(std::span<const std::byte> frame, std::span<std::int16_t> samples) noexcept {
        bcg729Decoder(
            state_.get(), frame.empty() ? nullptr : as_octets(frame.data()), static_cast<std::uint8_t>(frame.size()),
            frame.empty() ? 1 : 0, frame.size() == silence_octets ? 1 : 0, 0, samples.data()
        );
    }

    c_state<bcg729DecoderChannelContextStruct, closeBcg729DecoderChannel> state_ =
        own<closeBcg729DecoderChannel>(initBcg729DecoderChannel());
    whole_frames<frame_samples> rest_;
};

constexpr codec made = define_codec<g729_encoder, g729_decoder>(
    {.format = {"G729", clock_rate{8000}, 1},
     .sample_rate = 8000,
     .frame_samples = frame_samples,
     .max_frame_octets = frame_octets}
);

}  // namespace

codec const& g729() noexcept {
    return made;
}

}  // namespace rtp

// Opus for speech, by libopus: packets of 10, 20, 40 or 60 ms, in-band forward error correction, discontinuous sending,
// and the library's own concealment. RFC 6716; RFC 7587 (always written opus/48000/2, whatever is in it).
//
// libopus converts to and from the sample rate asked for, so there is a codec for each rate of a sound device. Mono: a
// phone has one microphone, and a decoder of one channel mixes stereo down.
#include <opus.h>

#include <array>

#include "c_state.hpp"
#include "list.hpp"
#include "whole_frames.hpp"

namespace rtp {
namespace {

// 128 kbit/s in 10 ms: more than speech needs at any rate, and 60 ms of it still fit a datagram.
constexpr std::uint32_t most_bits_per_second = 128000;
constexpr std::size_t max_frame_octets = most_bits_per_second / 8 / 100;
constexpr int complexity = 5;  // of 10; beyond it the ear hears little and a small processor a lot

int bandwidth_of(std::uint32_t highest_rate) noexcept {  // RFC 7587 6.1, maxplaybackrate
    if (highest_rate == 0 || highest_rate > 24000) return OPUS_BANDWIDTH_FULLBAND;
    if (highest_rate > 16000) return OPUS_BANDWIDTH_SUPERWIDEBAND;
    if (highest_rate > 12000) return OPUS_BANDWIDTH_WIDEBAND;
    return highest_rate > 8000 ? OPUS_BANDWIDTH_MEDIUMBAND : OPUS_BANDWIDTH_NARROWBAND;
}

/// Whether the first frame of a packet carries the frame before it once more (LBRR). RFC 6716 3.1, 4.2.3, 4.2.4: the
/// SILK layer of mono begins with a flag of voice activity for each 20 ms, then the one of LBRR, each coded as a plain
/// bit; for stereo the side channel's follow.
bool has_lbrr(std::span<const std::byte> packet) noexcept {
    auto const size = static_cast<opus_int32>(packet.size());
    auto const* const octets = as_octets(packet.data());
    if (packet.empty() || (octets[0] & 0x80) != 0) return false;  // configurations 16 to 31 have no SILK layer
    std::array<unsigned char const*, 48> frames{};
    std::array<opus_int16, 48> sizes{};
    if (opus_packet_parse(octets, size, nullptr, frames.data(), sizes.data(), nullptr) < 1 || sizes[0] == 0)
        return false;
    auto const voice_flags = std::max(opus_packet_get_samples_per_frame(octets, 48000) / 960, 1);
    unsigned const flags = frames[0][0];
    auto const middle = flags >> (7 - voice_flags) & 1;
    auto const side = opus_packet_get_nb_channels(octets) == 2 ? flags >> (6 - 2 * voice_flags) & 1 : 0;
    return (middle | side) != 0;
}

template <std::uint32_t Rate>
class opus_voice_encoder {
public:
    explicit opus_voice_encoder(encoder_settings const& settings)
        : state_(own<opus_encoder_destroy>(opus_encoder_create(Rate, 1, OPUS_APPLICATION_VOIP, nullptr))) {
        set(OPUS_SET_COMPLEXITY(complexity));
        set(OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
        apply(settings);
    }

    void apply(encoder_settings const& settings) noexcept {
        is_discontinuous_ = settings.has_discontinuous_sending;
        auto const rate = settings.bit_rate == 0 ? OPUS_AUTO : static_cast<opus_int32>(bounded(settings.bit_rate));
        set(OPUS_SET_BITRATE(rate));
        set(OPUS_SET_VBR(settings.is_constant_bit_rate ? 0 : 1));
        set(OPUS_SET_MAX_BANDWIDTH(bandwidth_of(settings.highest_rate)));
        set(OPUS_SET_INBAND_FEC(settings.has_forward_correction ? 1 : 0));
        set(OPUS_SET_PACKET_LOSS_PERC(std::min<int>(settings.expected_loss, 100)));
        set(OPUS_SET_DTX(is_discontinuous_ ? 1 : 0));
    }

    result<std::size_t> encode(std::span<const std::int16_t> samples, std::span<std::byte> octets) noexcept {
        auto const size = opus_encode(
            state_.get(), samples.data(), static_cast<int>(samples.size()), as_octets(octets.data()),
            static_cast<opus_int32>(octets.size())
        );
        if (size < 0) return make_error_code(errc::invalid_argument);
        // A packet that is nothing but its first octet or two says "silence goes on", which a peer assumes anyway.
        if (is_discontinuous_ && size <= 2) return std::size_t{0};
        return static_cast<std::size_t>(size);
    }

private:
    static std::uint32_t bounded(std::uint32_t bits_per_second) noexcept {
        return std::clamp<std::uint32_t>(bits_per_second, 6000, most_bits_per_second);
    }
    void set(int request, opus_int32 value) noexcept { opus_encoder_ctl(state_.get(), request, value); }

    c_state<OpusEncoder, opus_encoder_destroy> state_;
    bool is_discontinuous_ = false;
};

template <std::uint32_t Rate>
class opus_voice_decoder {
public:
    opus_voice_decoder() : state_(own<opus_decoder_destroy>(opus_decoder_create(Rate, 1, nullptr))) {}

    result<std::size_t> decode(std::span<const std::byte> payload, std::span<std::int16_t> samples) noexcept {
        auto const count = opus_voice_decoder::samples(payload);
        if (!count) return make_error_code(errc::invalid_argument);
        if (*count > samples.size()) return make_error_code(errc::too_large);
        rest_.forget();
        auto const made = run(payload, samples.first(*count), from::this_packet);
        if (made < 0) return make_error_code(errc::invalid_argument);
        return static_cast<std::size_t>(made);
    }

    void conceal(std::span<std::int16_t> samples) noexcept {
        rest_.fill(samples, [this](std::span<std::int16_t> frame) {
            if (run({}, frame, from::this_packet) < 0) std::fill(frame.begin(), frame.end(), std::int16_t{0});
        });
    }

    static bool can_recover(std::span<const std::byte> next) noexcept { return has_lbrr(next); }

    /// libopus conceals by itself what lies before the frame that `next` repeats, in steps of 2.5 ms.
    void recover(std::span<const std::byte> next, std::span<std::int16_t> samples) noexcept {
        constexpr auto step = Rate / 400;
        auto const odd = samples.size() % step;
        conceal(samples.first(odd));
        rest_.forget();
        samples = samples.subspan(odd);
        if (!samples.empty() && run(next, samples, from::next_packet) < 0) conceal(samples);
    }

    /// RFC 6716 3.4: at most 120 ms. A payload whose parts do not add up is none.
    static std::optional<std::size_t> samples(std::span<const std::byte> payload) noexcept {
        if (payload.empty() || payload.size() > 1500) return std::nullopt;
        auto const size = static_cast<opus_int32>(payload.size());
        std::array<opus_int16, 48> sizes{};
        if (opus_packet_parse(as_octets(payload.data()), size, nullptr, nullptr, sizes.data(), nullptr) < 1)
            return std::nullopt;
        auto const count = opus_packet_get_nb_samples(as_octets(payload.data()), size, Rate);
        if (count < 0) return std::nullopt;
        return static_cast<std::size_t>(count);
    }

private:
    enum class from : std::uint8_t { this_packet, next_packet };

    int run(std::span<const std::byte> payload, std::span<std::int16_t> samples, from where) noexcept {
        return opus_decode(
            state_.get(), payload.empty() ? nullptr : as_octets(payload.data()),
            static_cast<opus_int32>(payload.size()), samples.data(), static_cast<int>(samples.size()),
            where == from::next_packet ? 1 : 0
        );
    }

    c_state<OpusDecoder, opus_decoder_destroy> state_;
    whole_frames<Rate / 100> rest_;
};

template <std::uint32_t Rate>
constexpr codec opus_at = define_codec<opus_voice_encoder<Rate>, opus_voice_decoder<Rate>>(
    {.format = {"opus", clock_rate{48000}, 2},
     .sample_rate = Rate,
     .frame_samples = Rate / 100,
     .max_frame_octets = max_frame_octets,
     .channels = 1,
     .packet_sizes = 0b101011}  // 10, 20, 40 and 60 ms: what the encoder makes in one piece
);

constexpr std::array<codec const*, 3> all{&opus_at<16000>, &opus_at<8000>, &opus_at<48000>};

}  // namespace

std::span<codec const* const> opus_codecs() noexcept {
    return all;
}

}  // namespace rtp

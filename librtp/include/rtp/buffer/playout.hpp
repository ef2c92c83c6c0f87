// From packets to the loudspeaker: a jitter buffer, the decoders of the session's payload types, concealment, and the
// small changes of length that keep the delay where it should be.
//
//     put(arrival, packet) -> jitter_buffer -> decoder -> time_stretch -> concealment -> get(now, samples)
//                                      comfort noise ----> noise_generator ------^
//
// The device calls `get` for each of its periods, whatever their length; packets may hold any length. One stream, one
// thread; no clock, no sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "rtp/buffer/concealment.hpp"
#include "rtp/buffer/jitter_buffer.hpp"
#include "rtp/buffer/noise_generator.hpp"
#include "rtp/buffer/time_stretch.hpp"
#include "rtp/codec/codec.hpp"
#include "rtp/error.hpp"

namespace rtp {

/// What a payload type of the session means. Types that are not listed are `other`.
struct playout_payload {
    payload_type type{};  ///< The number on the wire.
    packet_content content = packet_content::audio;  ///< Audio, or what tells of silence.
    codec const* decoded_by = nullptr;  ///< For audio; borrowed, a constant of the program.
};

/// What one period consisted of, in samples.
struct playout_period {
    std::size_t media = 0;  ///< Samples that were decoded.
    std::size_t concealed = 0;  ///< Samples that were invented.
    std::size_t silent = 0;  ///< Samples of silence.

    /// What most of it was.
    [[nodiscard]] playout_frame::kind what() const noexcept {
        if (media >= concealed && media >= silent) return playout_frame::kind::media;
        return concealed >= silent ? playout_frame::kind::conceal : playout_frame::kind::silence;
    }
};

/// Besides those of the jitter buffer.
struct playout_statistics {
    std::uint64_t stretched = 0;    ///< Packets that were played longer or shorter than they were.
    std::uint64_t dropped = 0;      ///< Samples left out of them to shorten the delay.
    std::uint64_t repeated = 0;     ///< Samples repeated to lengthen it.
    std::uint64_t recovered = 0;    ///< Lost packets, concealed by what the next one told of them.
    std::uint64_t undecodable = 0;  ///< Packets that their decoder refused; they are concealed.
};

/// Allocates on construction only.
class playout final {
public:
    /// The longest packet that is played; longer ones count as `other`.
    static constexpr duration longest_packet = std::chrono::milliseconds(200);

    /// All audio payloads must be mono and share sample rate and clock rate; settings.rate is set from them. Errors:
    /// invalid_argument (no audio payload, one without a codec, differing rates).
    [[nodiscard]] static result<playout> create(jitter_settings settings, std::span<const playout_payload> payloads);

    /// Replaces the payloads after a new agreement; what waits, and what was learned about the network, stays. The
    /// rates must be those of before. Errors as above; then nothing has changed.
    [[nodiscard]] error_code set_payloads(std::span<const playout_payload> payloads);

    /// Forgets the packets of a source that is gone. The learned delay stays.
    void reset() noexcept {
        buffer_.reset();
        is_noisy_ = false;
    }

    /// Takes any packet of the stream, telephone-events and comfort noise too. `view` is of `packet`.
    put_result put(time_point arrival, packet_view const& view, packet_buffer packet) noexcept;

    /// Fills `samples`, at most longest_packet of them, with what is to be played from `now` on.
    playout_period get(time_point now, std::span<std::int16_t> samples) noexcept;

    [[nodiscard]] std::uint32_t sample_rate() const noexcept { return sample_rate_; }  ///< In Hz.
    [[nodiscard]] jitter_buffer const& buffer() const noexcept { return buffer_; }  ///< Where packets wait.
    /// The numbers so far.
    [[nodiscard]] playout_statistics const& statistics() const noexcept { return statistics_; }

private:
    struct decoding {
        playout_payload payload;
        decoder by;
    };
    // A run of staged samples of one kind.
    struct run {
        playout_frame::kind what;
        std::size_t samples;
    };

    playout(jitter_settings const&, std::uint32_t sample_rate);

    void fetch(time_point now) noexcept;
    void fetch_media(playout_frame const&) noexcept;
    void conceal(playout_frame const&, std::span<std::int16_t> samples) noexcept;
    [[nodiscard]] std::size_t stretch(std::span<std::int16_t> samples, std::size_t size, std::int64_t by) noexcept;
    void stage(playout_frame::kind, std::size_t samples) noexcept;
    [[nodiscard]] decoding* find(payload_type) noexcept;
    [[nodiscard]] std::span<std::int16_t> room() noexcept;
    [[nodiscard]] std::size_t in_samples(duration) const noexcept;

    std::uint32_t sample_rate_;
    clock_rate rate_;
    std::vector<decoding> decodings_;
    std::vector<payload_type> noise_types_;  // those that carry comfort noise
    jitter_buffer buffer_;
    concealment concealment_;
    time_stretch stretch_;
    noise_generator noise_;
    bool is_noisy_ = false;     // the silence has been described
    decoding* last_ = nullptr;  // into decodings_: who decoded last

    std::size_t period_ = 0;            // samples that the device takes at once
    std::vector<std::int16_t> staged_;  // fetched and not yet played: from staged_begin_ to staged_end_
    std::size_t staged_begin_ = 0, staged_end_ = 0;
    std::vector<run> runs_;  // what the staged samples are
    playout_statistics statistics_;
};

}  // namespace rtp

// What a codec is to the rest of the library: its properties, an encoder and a decoder, behind one small value.
//
// A codec is added in one file: two plain classes, one line of define_codec, and its name in the list of codecs.cpp
// (or in the program's own list). docs/codecs.md shows one whole. An encoder class has `encode` and may have `apply`; a
// decoder class has `decode`, and may have `conceal` (it fills lost frames by itself) and `can_recover` and `recover`
// (a payload tells of the one before it), all as declared in `encoder` and `decoder` below. The state of a direction is
// the members of the class. Knows no packets, no time, no negotiation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "rtp/codec/payloads.hpp"
#include "rtp/error.hpp"

namespace rtp {

enum class loss_concealment : std::uint8_t {
    by_receiver,  ///< The codec brings none: buffer/concealment.hpp fills the gap.
    by_codec,     ///< The decoder's `conceal` fills it.
};

/// What is known of a codec beforehand.
struct codec_properties {
    payload_format format;  ///< Its name, clock rate and channels.
    std::uint32_t sample_rate = 0;     ///< Hz of the linear samples; differs from the RTP clock rate for G.722, Opus.
    std::size_t frame_samples = 0;     ///< The encoder takes a whole number of these (all channels together).
    std::size_t max_frame_octets = 0;  ///< The most that one frame can become.
    /// Channels of the linear samples. Opus is always written with two (RFC 7587 7) and used here with one.
    std::uint8_t channels = 1;
    /// Bit n-1 is set if n frames may form one packet. 0: any number may.
    std::uint32_t packet_sizes = 0;
};

/// What the peer asked for in its a=fmtp line and what the network needs, as plain values. A codec takes from it what
/// it knows and ignores the rest.
struct encoder_settings {
    std::uint32_t bit_rate = 0;              ///< Bits per second on average, at most; 0: what suits the codec.
    std::uint32_t highest_rate = 0;          ///< The peer plays no more than this sample rate, in Hz; 0: no limit.
    std::uint8_t expected_loss = 0;          ///< Percent of the packets that do not arrive.
    bool is_constant_bit_rate = false;       ///< Every packet has the same size.
    bool has_forward_correction = false;     ///< Packets may tell of the one before them (Opus in-band FEC).
    bool has_discontinuous_sending = false;  ///< Silence need not be sent (DTX).

    friend bool operator==(encoder_settings const&, encoder_settings const&) = default;
};

using codec_state = std::unique_ptr<void, void (*)(void*) noexcept>;

/// The operations of a codec as a table of functions, so that codecs are constants and no base class is needed. Made
/// by define_codec; used through `encoder` and `decoder`.
struct codec {
    codec_properties properties;  ///< What is known beforehand.
    loss_concealment concealment;  ///< Who hides lost packets.
    codec_state (*make_encoder)(encoder_settings const&);  ///< A new encoder.
    codec_state (*make_decoder)();  ///< A new decoder.
    /// The octets written.
    result<std::size_t> (*encode)(void*, std::span<const std::int16_t>, std::span<std::byte>) noexcept;
    /// Null: nothing can be changed.
    void (*apply)(void*, encoder_settings const&) noexcept;
    /// The samples written.
    result<std::size_t> (*decode)(void*, std::span<const std::byte>, std::span<std::int16_t>) noexcept;
    /// Null where the receiver conceals.
    void (*conceal)(void*, std::span<std::int16_t>) noexcept;
    /// Null: payloads never tell of the one before.
    bool (*can_recover)(std::span<const std::byte>) noexcept;
    /// Fills what the payload before it would have given.
    void (*recover)(void*, std::span<const std::byte>, std::span<std::int16_t>) noexcept;
    /// How many samples a payload holds; nothing for one that is broken.
    std::optional<std::size_t> (*samples)(std::span<const std::byte>) noexcept;
};

/// Whether a packet may hold this many samples.
[[nodiscard]] constexpr bool fits_packet(codec_properties const& codec, std::size_t samples) noexcept {
    if (samples % codec.frame_samples != 0) return false;
    auto const frames = samples / codec.frame_samples;
    if (codec.packet_sizes == 0 || frames == 0) return true;
    return frames <= 32 && (codec.packet_sizes >> (frames - 1)) % 2 != 0;
}

/// How many samples to put into a packet where `wanted` are asked for: the most that are not more, or if the codec's
/// smallest packet holds more than that, the smallest.
[[nodiscard]] constexpr std::size_t packet_samples(codec_properties const& codec, std::size_t wanted) noexcept {
    for (auto frames = wanted / codec.frame_samples; frames > 0; --frames)
        if (fits_packet(codec, frames * codec.frame_samples)) return frames * codec.frame_samples;
    std::size_t fewest = 1;
    while (!fits_packet(codec, fewest * codec.frame_samples))
        ++fewest;
    return fewest * codec.frame_samples;
}

/// One direction of a stream, out. Borrows the codec, which is a constant of the program. Allocates on construction
/// only.
class encoder final {
public:
    /// A new stream of this codec.
    explicit encoder(codec const& which, encoder_settings const& settings = {})
        : codec_(&which), state_(which.make_encoder(settings)) {}

    /// Encodes the samples of one packet into `octets` and returns how many octets were written; 0 means that nothing
    /// needs to be sent. Errors: invalid_argument (a part of a frame, or more or fewer frames than a packet may hold),
    /// too_large (`octets` is too small).
    [[nodiscard]] result<std::size_t> encode(
        std::span<const std::int16_t> samples, std::span<std::byte> octets
    ) noexcept {
        if (!fits_packet(codec_->properties, samples.size())) return make_error_code(errc::invalid_argument);
        if (samples.empty()) return std::size_t{0};
        auto const frames = samples.size() / codec_->properties.frame_samples;
        auto const most = frames * codec_->properties.max_frame_octets;
        if (octets.size() < most) return make_error_code(errc::too_large);
        return codec_->encode(state_.get(), samples, octets.first(most));
    }

    /// From the next packet on. What the codec cannot change while it runs stays.
    void apply(encoder_settings const& settings) noexcept {
        if (codec_->apply != nullptr) codec_->apply(state_.get(), settings);
    }

    /// What is known of it beforehand.
    [[nodiscard]] codec_properties const& properties() const noexcept { return codec_->properties; }

private:
    codec const* codec_;
    codec_state state_;
};

/// One direction of a stream, in.
class decoder final {
public:
    /// A new stream of this codec.
    explicit decoder(codec const& which) : codec_(&which), state_(which.make_decoder()) {}

    /// Decodes a payload and returns how many samples were written. Payloads are given in the order of their sequence
    /// numbers, without those that are lost. Errors: invalid_argument (no payload of this codec), too_large
    /// (`samples` is too small).
    [[nodiscard]] result<std::size_t> decode(
        std::span<const std::byte> payload, std::span<std::int16_t> samples
    ) noexcept {
        return codec_->decode(state_.get(), payload, samples);
    }

    /// True where conceal() does something.
    [[nodiscard]] bool has_concealment() const noexcept { return codec_->concealment == loss_concealment::by_codec; }

    /// Invents samples for a lost stretch, of any length. Only if has_concealment().
    void conceal(std::span<std::int16_t> samples) noexcept { codec_->conceal(state_.get(), samples); }

    /// Whether `next` tells of the payload before it, so that the loss of that one can be made good.
    [[nodiscard]] bool can_recover(std::span<const std::byte> next) const noexcept {
        return codec_->can_recover != nullptr && codec_->can_recover(next);
    }

    /// Fills the lost stretch that ends where `next` begins, in place of the last conceal(); what `next` does not
    /// reach is concealed. Decode `next` afterwards as usual. Only if can_recover(next).
    void recover(std::span<const std::byte> next, std::span<std::int16_t> samples) noexcept {
        codec_->recover(state_.get(), next, samples);
    }

    /// How many samples a payload decodes to, without decoding it; nothing if it is no payload of this codec.
    [[nodiscard]] std::optional<std::size_t> samples(std::span<const std::byte> payload) const noexcept {
        return codec_->samples(payload);
    }

    /// What is known of it beforehand.
    [[nodiscard]] codec_properties const& properties() const noexcept { return codec_->properties; }

private:
    codec const* codec_;
    codec_state state_;
};

/// Makes the function table from two classes. `Decoder::samples` and `Decoder::can_recover` are static. An encoder that
/// has settings is constructed from them.
template <class Encoder, class Decoder>
[[nodiscard]] constexpr codec define_codec(codec_properties const& properties) noexcept {
    codec made{};
    made.properties = properties;
    made.make_encoder = [](encoder_settings const& settings) {
        constexpr auto remove = [](void* state) noexcept { delete static_cast<Encoder*>(state); };
        if constexpr (std::is_constructible_v<Encoder, encoder_settings const&>)
            return codec_state(new Encoder(settings), remove);
        else
            return codec_state(new Encoder, remove);
    };
    made.make_decoder = [] {
        return codec_state(new Decoder, [](void* state) noexcept { delete static_cast<Decoder*>(state); });
    };
    made.encode = [](void* state, std::span<const std::int16_t> samples, std::span<std::byte> octets) noexcept {
        return static_cast<Encoder*>(state)->encode(samples, octets);
    };
    made.decode = [](void* state, std::span<const std::byte> payload, std::span<std::int16_t> samples) noexcept {
        return static_cast<Decoder*>(state)->decode(payload, samples);
    };
    made.samples = [](std::span<const std::byte> payload) noexcept { return Decoder::samples(payload); };
    if constexpr (requires(Encoder & one, encoder_settings const& settings) { one.apply(settings); }) {
        made.apply = [](void* state, encoder_settings const& settings) noexcept {
            static_cast<Encoder*>(state)->apply(settings);
        };
    }
    if constexpr (requires(Decoder & one, std::span<std::int16_t> samples) { one.conceal(samples); }) {
        made.concealment = loss_concealment::by_codec;
        made.conceal = [](void* state, std::span<std::int16_t> samples) noexcept {
            static_cast<Decoder*>(state)->conceal(samples);
        };
    } else {
        made.concealment = loss_concealment::by_receiver;
    }
    if constexpr (requires(std::span<const std::byte> next) { Decoder::can_recover(next); }) {
        made.can_recover = [](std::span<const std::byte> next) noexcept { return Decoder::can_recover(next); };
        made.recover = [](void* state, std::span<const std::byte> next, std::span<std::int16_t> samples) noexcept {
            static_cast<Decoder*>(state)->recover(next, samples);
        };
    }
    return made;
}

/// G.711 at 8 kHz; a frame is one millisecond, so that any packet time fits.
[[nodiscard]] codec const& pcmu() noexcept;
[[nodiscard]] codec const& pcma() noexcept;

/// The codecs that this build of the library can encode and decode. Opus and L16 are there at several sample rates;
/// the first one is what a phone wants.
[[nodiscard]] std::span<codec const* const> built_in_codecs() noexcept;

/// The codec of `candidates` for a format of a session description, the first where there are several; null if there is
/// none.
[[nodiscard]] codec const* find_codec(
    payload_format const&, std::span<codec const* const> candidates = built_in_codecs()
) noexcept;

/// Why an encoding that RFC 3551 or 7587 names is not among the built-in codecs, for people. Empty if it is, or if the
/// name is unknown.
[[nodiscard]] std::string_view why_missing(std::string_view encoding_name) noexcept;

/// How many RTP clock units `samples` of a codec last.
[[nodiscard]] constexpr std::int64_t to_units(std::size_t samples, codec_properties const& properties) noexcept {
    auto const per_second = static_cast<std::int64_t>(properties.sample_rate) * properties.channels;
    return static_cast<std::int64_t>(samples) * static_cast<std::int64_t>(properties.format.rate) / per_second;
}

/// How many samples (all channels) fill a number of RTP clock units.
[[nodiscard]] constexpr std::size_t to_samples(std::int64_t units, codec_properties const& properties) noexcept {
    auto const per_second = static_cast<std::int64_t>(properties.sample_rate) * properties.channels;
    return static_cast<std::size_t>(units * per_second / static_cast<std::int64_t>(properties.format.rate));
}

}  // namespace rtp

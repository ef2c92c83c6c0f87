// What a codec is to the rest of the library: its properties, an encoder and a decoder, behind one small value.
//
// A codec is added in one file: two plain classes, one line of define_codec, and its name in the list of codecs.cpp
// (or in the program's own list). An encoder class has `encode`, a decoder class `decode`, and if the codec fills lost
// frames by itself `conceal`, as declared in `encoder` and `decoder` below; the state of a direction is the members of
// the class. Knows no packets, no time, no negotiation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "rtp/codec/payloads.hpp"
#include "rtp/error.hpp"

namespace rtp {

enum class loss_concealment : std::uint8_t {
    by_receiver,  ///< The codec brings none: buffer/concealment.hpp fills the gap.
    by_codec,     ///< The decoder's `conceal` fills it.
};

struct codec_properties {
    payload_format format;
    std::uint32_t sample_rate = 0;     ///< Hz of the linear samples; differs from the RTP clock rate for G.722.
    std::size_t frame_samples = 0;     ///< The encoder takes a whole number of these (all channels together).
    std::size_t max_frame_octets = 0;  ///< The most that one frame can become.
};

using codec_state = std::unique_ptr<void, void (*)(void*) noexcept>;

/// The operations of a codec as a table of functions, so that codecs are constants and no base class is needed. Made
/// by define_codec; used through `encoder` and `decoder`.
struct codec {
    codec_properties properties;
    loss_concealment concealment;
    codec_state (*make_encoder)();
    codec_state (*make_decoder)();
    result<std::size_t> (*encode)(void*, std::span<const std::int16_t>, std::span<std::byte>) noexcept;
    result<std::size_t> (*decode)(void*, std::span<const std::byte>, std::span<std::int16_t>) noexcept;
    void (*conceal)(void*, std::span<std::int16_t>) noexcept;  // null if by_receiver
    std::optional<std::size_t> (*samples)(std::span<const std::byte>) noexcept;
};

/// One direction of a stream, out. Borrows the codec, which is a constant of the program. Allocates on construction
/// only.
class encoder final {
public:
    explicit encoder(codec const& which) : codec_(&which), state_(which.make_encoder()) {}

    /// Encodes a whole number of frames into `octets` and returns how many octets were written; 0 means that nothing
    /// needs to be sent. Errors: invalid_argument (a part of a frame), too_large (`octets` is too small).
    [[nodiscard]] result<std::size_t> encode(
        std::span<const std::int16_t> samples, std::span<std::byte> octets
    ) noexcept {
        if (samples.size() % codec_->properties.frame_samples != 0) return make_error_code(errc::invalid_argument);
        auto const frames = samples.size() / codec_->properties.frame_samples;
        if (octets.size() < frames * codec_->properties.max_frame_octets) return make_error_code(errc::too_large);
        return codec_->encode(state_.get(), samples, octets);
    }

    [[nodiscard]] codec_properties const& properties() const noexcept { return codec_->properties; }

private:
    codec const* codec_;
    codec_state state_;
};

/// One direction of a stream, in.
class decoder final {
public:
    explicit decoder(codec const& which) : codec_(&which), state_(which.make_decoder()) {}

    /// Decodes a payload and returns how many samples were written. Payloads are given in the order of their sequence
    /// numbers, without those that are lost. Errors: invalid_argument (no payload of this codec), too_large
    /// (`samples` is too small).
    [[nodiscard]] result<std::size_t> decode(
        std::span<const std::byte> payload, std::span<std::int16_t> samples
    ) noexcept {
        return codec_->decode(state_.get(), payload, samples);
    }

    [[nodiscard]] bool has_concealment() const noexcept { return codec_->concealment == loss_concealment::by_codec; }

    /// Invents samples for a lost stretch, of any length. Only if has_concealment().
    void conceal(std::span<std::int16_t> samples) noexcept { codec_->conceal(state_.get(), samples); }

    /// How many samples a payload decodes to, without decoding it; nothing if it is no payload of this codec.
    [[nodiscard]] std::optional<std::size_t> samples(std::span<const std::byte> payload) const noexcept {
        return codec_->samples(payload);
    }

    [[nodiscard]] codec_properties const& properties() const noexcept { return codec_->properties; }

private:
    codec const* codec_;
    codec_state state_;
};

/// Makes the function table from two classes. `Decoder::samples` is static.
template <class Encoder, class Decoder>
[[nodiscard]] constexpr codec define_codec(codec_properties const& properties) noexcept {
    codec made{};
    made.properties = properties;
    made.make_encoder = [] {
        return codec_state(new Encoder, [](void* state) noexcept { delete static_cast<Encoder*>(state); });
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
    if constexpr (requires(Decoder & one, std::span<std::int16_t> samples) { one.conceal(samples); }) {
        made.concealment = loss_concealment::by_codec;
        made.conceal = [](void* state, std::span<std::int16_t> samples) noexcept {
            static_cast<Decoder*>(state)->conceal(samples);
        };
    } else {
        made.concealment = loss_concealment::by_receiver;
    }
    return made;
}

/// G.711 at 8 kHz; a frame is one millisecond, so that any packet time fits.
[[nodiscard]] codec const& pcmu() noexcept;
[[nodiscard]] codec const& pcma() noexcept;

/// The codecs that this library can encode and decode.
[[nodiscard]] std::span<codec const* const> built_in_codecs() noexcept;

/// The codec of `candidates` for a format of a session description; null if there is none.
[[nodiscard]] codec const* find_codec(
    payload_format const&, std::span<codec const* const> candidates = built_in_codecs()
) noexcept;

/// How many RTP clock units `samples` of a codec last.
[[nodiscard]] constexpr std::int64_t to_units(std::size_t samples, codec_properties const& properties) noexcept {
    auto const per_second = static_cast<std::int64_t>(properties.sample_rate) * properties.format.channels;
    return static_cast<std::int64_t>(samples) * static_cast<std::int64_t>(properties.format.rate) / per_second;
}

/// How many samples (all channels) fill a number of RTP clock units.
[[nodiscard]] constexpr std::size_t to_samples(std::int64_t units, codec_properties const& properties) noexcept {
    auto const per_second = static_cast<std::int64_t>(properties.sample_rate) * properties.format.channels;
    return static_cast<std::size_t>(units * per_second / static_cast<std::int64_t>(properties.format.rate));
}

}  // namespace rtp

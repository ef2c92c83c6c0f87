// The way in of a call's audio: packets, jitter buffer, decoder or concealment, the sound device's rate.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "phoned/config/settings.hpp"
#include "phoned/media/description.hpp"
#include "phoned/time.hpp"
#include "rtp/buffer/playout.hpp"
#include "rtp/session/outbox.hpp"
#include "rtp/voice/resampler.hpp"

namespace phoned {

class received_voice final {
public:
    explicit received_voice(const jitter_buffer_settings&);

    /// What the peer may send from now on. What waits to be played and what was learnt of the network stay where they
    /// can.
    void apply(const sdp::negotiated&, const media_plan&);
    /// The peer's sound begins anew: another source, or we have not listened for a while.
    void restart();
    /// A packet of an agreed payload. False where it came too late to be heard.
    [[nodiscard]] bool put(rtp::received_media&);
    /// Adds 10 ms of what the peer says.
    void hear(now_t, std::uint32_t device_rate, std::span<std::int16_t> playback);

    /// Null while nothing can be heard.
    [[nodiscard]] const rtp::jitter_buffer* buffer() const noexcept;
    /// One of the codecs that are decoded now, or null.
    [[nodiscard]] const rtp::codec* played() const noexcept { return played_; }

private:
    void follow_payload(rtp::payload_type);
    void play(const rtp::codec& like);

    rtp::jitter_settings jitter_;
    std::vector<rtp::playout_payload> payloads_;  ///< All that was agreed on
    std::vector<rtp::payload_type> comfort_noise_;
    const rtp::codec* played_ = nullptr;
    std::optional<rtp::playout> playout_;
    std::optional<rtp::resampler> to_device_;
};

}  // namespace phoned

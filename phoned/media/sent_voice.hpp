// The way out of a call's audio: the microphone, digits in band, the encoder, and packets of ptime; and digits one
// after the other, in band or as telephone events.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "phoned/config/settings.hpp"
#include "phoned/media/description.hpp"
#include "phoned/time.hpp"
#include "rtp/session/session.hpp"
#include "rtp/signal/dtmf.hpp"
#include "rtp/signal/voice_activity.hpp"
#include "rtp/voice/resampler.hpp"

namespace phoned {

class sent_voice final {
public:
    /// Both outlive it.
    sent_voice(rtp::session&, rtp::packet_pool&, dtmf_method, bool saves_silence);

    void apply(const media_plan&);
    void set_muted(bool muted) noexcept { is_muted_ = muted; }
    /// Whether a peer that we hold is sent what is captured: music.
    void set_held_media(bool sends) noexcept { sends_held_media_ = sends; }
    /// The more of our packets get lost, the more of each an encoder that can says once more in the next one.
    void on_loss_reported(double fraction);
    [[nodiscard]] std::optional<double> reported_loss() const noexcept { return reported_loss_; }

    /// One period of the microphone: sends what has become a packet, and digits whose time has come.
    void
    on_period(now_t, const media_plan&, std::uint32_t device_rate, std::span<const std::int16_t> captured, rtp::outbox&);
    /// As media_stream::send_digits.
    [[nodiscard]] bool send_digits(now_t, const media_plan&, std::string_view digits, rtp::outbox&);

private:
    [[nodiscard]] bool may_send_audio(const media_plan&) const;
    [[nodiscard]] rtp::encoder_settings encoding_settings() const;
    void speak(bool is_silenced, std::uint32_t device_rate, std::span<const std::int16_t> captured);
    void send_packet(now_t, const media_plan&, std::span<const std::int16_t> said, rtp::outbox&);
    void send_waiting_digits(now_t, rtp::outbox&);
    [[nodiscard]] rtp::error_code hand_over(now_t, char digit, rtp::outbox&);

    rtp::session& session_;
    rtp::packet_pool& packets_;
    dtmf_method digits_;
    bool saves_silence_;
    bool is_muted_ = false, sends_held_media_ = false;

    const rtp::codec* codec_ = nullptr;
    rtp::encoder_settings wanted_;  ///< What the peer asks of the encoder
    std::optional<rtp::encoder> encoder_;
    std::optional<rtp::resampler> from_device_;
    std::vector<std::int16_t> unsent_;
    rtp::voice_activity activity_{{}};
    bool was_silent_ = false;  ///< The last packet's time passed without voice being sent
    std::optional<double> reported_loss_;

    rtp::dtmf_player tones_;
    std::deque<char> waiting_digits_;
    time_point digits_pause_until_{};
};

}  // namespace phoned

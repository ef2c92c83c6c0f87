// The audio of one call: RTP session, jitter buffer, codecs and concealment between a pair of sockets and the phone's
// sound device.
//
//     microphone --on_period--> [digits in band] -> encoder -> packets of ptime -> rtp::session -> datagrams
//     datagrams --on_packet--> rtp::session -> jitter buffer -> decoder / concealment --on_period--> loudspeaker
//
// Sans-IO, one thread. The device's period is the clock of both directions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "phoned/config/settings.hpp"
#include "phoned/media/description.hpp"
#include "phoned/media/sockets.hpp"
#include "phoned/protocol/messages.hpp"
#include "phoned/time.hpp"
#include "rtp/session/session.hpp"

namespace phoned {

struct stream_settings {
    std::string cname;  ///< RFC 7022, the same for all streams of the phone's life
    jitter_buffer_settings jitter;
    std::chrono::seconds media_timeout{0};  ///< offhook.rtp_timeout
    unsigned digit_end_packets = 3;         ///< features.dtmf.repetition
    dtmf_method digits = dtmf_method::telephone_event;
    bool saves_silence = false;  ///< voice.vad, where the peer takes comfort noise or the codec has a way of its own
    rtp::endpoint local;         ///< Where we receive
    symmetric_rtp_policy symmetric = symmetric_rtp_policy::behind_nat;
    const rtp::dtls_identity* dtls = nullptr;  ///< Our certificate, or null; outlives the stream
    bool is_secure_only = false;               ///< Nothing is sent or heard before an agreement brings keys
};

class media_stream final {
public:
    /// `environment` and `pool` outlive the stream. Null where a setting is outside its range (rtp::session::create).
    [[nodiscard]] static std::unique_ptr<media_stream>
    create(now_t, const stream_settings&, rtp::environment&, rtp::packet_pool&);
    ~media_stream();

    /// What an exchange of descriptions agreed on. SSRC, sequence numbers, statistics and the learnt jitter go on.
    /// `owed`: whether a peer that is to send may be reported as silent; early media may pause as it likes.
    void apply(now_t, const sdp::negotiated&, rtp::peer_media owed, rtp::outbox&);
    /// True once apply() has given it something to send or to hear.
    [[nodiscard]] bool is_running() const noexcept;

    void on_packet(now_t, rtp::component, rtp::packet_buffer, const rtp::endpoint& from, rtp::outbox&);

    /// One period of 10 ms: takes the microphone's samples, and adds what is heard to `playback`. Both at 8000 or 16000
    /// samples per second.
    void on_period(now_t, std::span<const std::int16_t> captured, std::span<std::int16_t> playback, rtp::outbox&);

    /// Sends digits 0-9 * # A-D one after the other, `,` is a pause of a second. False where the agreement has no way
    /// for them, or 64 would wait.
    [[nodiscard]] bool send_digits(now_t, std::string_view digits, rtp::outbox&);

    void on_timeout(now_t, rtp::outbox&);
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;
    /// Sends BYE. Nothing else may be called afterwards but on_timeout().
    void stop(now_t, std::string_view reason, rtp::outbox&);

    void set_muted(bool muted) noexcept;
    /// Whether a peer that we hold is sent what on_period() captures, where its description lets it listen: music.
    void set_held_media(bool sends) noexcept;

    /// The numbers for call.stats; `call` and `digits_received` are the caller's.
    [[nodiscard]] call_quality quality() const;
    [[nodiscard]] const std::optional<media_plan>& plan() const noexcept;
    /// Where RTP goes now: the plan's address, or what symmetric RTP has learnt.
    [[nodiscard]] rtp::endpoint remote() const noexcept;

private:
    class implementation;
    explicit media_stream(std::unique_ptr<implementation>);
    std::unique_ptr<implementation> self_;
};

}  // namespace phoned

// One media line of one call: RTP and RTCP in and out, without sockets and clocks.
//
// It validates what arrives, knows whom it hears (peer_address), keeps reception statistics and members, answers with
// RTCP on its own schedule, and turns telephone events into digits and back. It does not know SDP, codecs, playout or
// devices: received audio leaves as packets for a jitter buffer. RFC 3550 with the profile of RFC 3551, RFC 4733, RFC
// 5761.
//
//     rtp::session media(now, settings, environment, pool, out);
//     media.set_remote(now, {peer_rtp, peer_rtcp});  media.set_payloads(now, map);  media.set_direction(now, ...);
//     then for every datagram on_packet(), for every captured frame send(), and on_timeout() at next_deadline().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "rtp/endpoint.hpp"
#include "rtp/environment.hpp"
#include "rtp/error.hpp"
#include "rtp/session/outbox.hpp"
#include "rtp/session/settings.hpp"
#include "rtp/stats/source.hpp"
#include "rtp/time.hpp"
#include "rtp/wire/packet_buffer.hpp"

namespace rtp {

/// One packet of audio to send.
struct outgoing_frame {
    payload_type type{};
    std::uint32_t units = 0;  ///< How long it lasts, in RTP clock units: 160 for 20 ms of G.711.
    bool marker =
        false;  ///< First of a talkspurt after silence suppression. The first after a gap in sending gets it anyway.
    packet_buffer payload;  ///< The encoded audio; the header is put in front of it in place.
};

/// Counters since the start, for display and for tests. Everything dropped is counted under its reason.
struct session_statistics {
    std::uint64_t packets_sent = 0;
    std::uint64_t octets_sent = 0;  ///< of payload
    std::uint64_t packets_delivered = 0;
    std::uint64_t rtcp_sent = 0;
    std::uint64_t rtcp_octets_sent = 0;  ///< with IP and UDP headers
    std::uint64_t rtcp_received = 0;

    std::uint64_t malformed = 0;        ///< Not RTP, or not RTCP, or broken inside.
    std::uint64_t foreign_address = 0;  ///< Not from the peer that is being heard.
    std::uint64_t unknown_payload = 0;  ///< A payload type that is not in the map.
    std::uint64_t on_probation = 0;     ///< Before a source is valid (RFC 3550 A.1), or after it jumped.
    std::uint64_t duplicate = 0;
    std::uint64_t superseded_source = 0;  ///< From a source that another one replaced.
    std::uint64_t not_receiving = 0;      ///< The direction says that we do not listen.
    std::uint64_t looped = 0;             ///< Our own packets coming back (RFC 3550 8.2).
};

class session final {
public:
    /// Draws SSRC, first sequence number and first timestamp, and schedules the first report. `environment` and `pool`
    /// are borrowed and must outlive the session. Errors of the settings (CNAME, ranges) are found by check() below; a
    /// session made of bad settings has undefined reports.
    session(now_t, session_settings, environment&, packet_pool&);
    ~session();
    session(session&&) noexcept;
    session& operator=(session&&) noexcept;

    /// invalid_argument if a setting is outside its range.
    [[nodiscard]] static error_code check(session_settings const&) noexcept;

    /// From a local or remote description. All may be called at any time; SSRC, sequence numbers and statistics go on.
    /// New addresses also forget what symmetric RTP has learned.
    void set_remote(now_t, remote_addresses const&);
    void set_payloads(now_t, payload_map);
    void set_direction(now_t, direction, peer_media);

    /// A datagram from one of our two sockets. Bad ones are counted and dropped.
    void on_packet(now_t, component via, packet_buffer, endpoint const& from, outbox&);

    /// Sends one frame. The timestamp follows from the durations of the frames before, and from `now` after a gap.
    /// While a digit is being sent, the frame's time passes but the digit's packets replace it (RFC 4733 2.5.1.2); that
    /// is no error. Errors: not_sending, no_remote_address, too_large.
    [[nodiscard]] error_code send(now_t, outgoing_frame, outbox&);

    /// Queues a digit (0-9 * # A-D) behind those already waiting. Its length is at least 40 ms; without one it lasts
    /// until release_digit(). Errors: invalid_digit, no_payload_type, not_sending, queue_full (32 waiting).
    [[nodiscard]] error_code send_digit(now_t, char digit, std::optional<duration> length, outbox&);
    /// Ends the last digit that was queued without a length. Without such a digit it does nothing.
    void release_digit(now_t, outbox&);
    [[nodiscard]] bool is_sending_digits() const noexcept;

    void on_timeout(now_t, outbox&);
    /// Nothing only after stop(), once a held-back BYE has been sent.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;

    /// Leaves: sends a BYE if anything was ever sent (RFC 3550 6.3.7) and stops sending and listening. More than 50
    /// members make the BYE wait for its turn: keep calling on_packet() and on_timeout() until next_deadline() is
    /// nothing, or drop the session without.
    void stop(now_t, std::string_view reason, outbox&);

    [[nodiscard]] ssrc_t local_source() const noexcept;
    /// Where RTP is sent now; not usable if unknown.
    [[nodiscard]] endpoint remote() const noexcept;
    [[nodiscard]] session_statistics const& statistics() const noexcept;
    /// Reception statistics of the source that is being heard; null before the first.
    [[nodiscard]] source const* heard_source() const noexcept;
    [[nodiscard]] std::optional<duration> round_trip() const noexcept;

private:
    class implementation;
    std::unique_ptr<implementation> self_;
};

}  // namespace rtp

// One media line of one call: RTP and RTCP in and out, without sockets and clocks.
//
// It validates what arrives, knows whom it hears (peer_address), keeps reception statistics and members, answers with
// RTCP on its own schedule, and turns telephone events into digits and back. It does not know SDP, codecs, playout or
// devices: received audio leaves as packets for a jitter buffer. RFC 3550 with the profile of RFC 3551, RFC 4733, RFC
// 5761; secure with RFC 3711, by keys from the descriptions or from DTLS (RFC 5763). Where the descriptions say so,
// RTCP has extended reports (RFC 3611), feedback before its turn (RFC 4585) and reduced size (RFC 5506).
//
//     auto media = rtp::session::create(now, settings, environment, pool);
//     media->set_remote(now, {peer_rtp, peer_rtcp});  media->set_payloads(now, map);  media->set_direction(now, ...);
//     then for every datagram on_packet(), for every captured frame send(), and on_timeout() at next_deadline().
#pragma once

#include <boost/container/static_vector.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rtp/endpoint.hpp"
#include "rtp/environment.hpp"
#include "rtp/error.hpp"
#include "rtp/session/dtmf_receiver.hpp"
#include "rtp/session/dtmf_sender.hpp"
#include "rtp/session/media_protection.hpp"
#include "rtp/session/media_security.hpp"
#include "rtp/session/member_table.hpp"
#include "rtp/session/outbox.hpp"
#include "rtp/session/outgoing_stream.hpp"
#include "rtp/session/peer_address.hpp"
#include "rtp/session/rtcp_scheduler.hpp"
#include "rtp/session/settings.hpp"
#include "rtp/stats/source.hpp"
#include "rtp/stats/voice_quality.hpp"
#include "rtp/time.hpp"
#include "rtp/wire/packet_buffer.hpp"
#include "rtp/wire/rtcp_xr.hpp"

namespace rtp {

/// One packet of audio to send.
struct outgoing_frame {
    payload_type type{};  ///< The number on the wire.
    std::uint32_t units = 0;  ///< How long it lasts, in RTP clock units: 160 for 20 ms of G.711.
    /// First of a talkspurt after silence suppression. The first after a gap in sending gets it anyway.
    bool marker = false;
    /// The encoded audio; the header is put in front of it in place. Empty: its time passes, and nothing is sent.
    packet_buffer payload;
    /// Whom a mixer mixed, at most 15, and header extensions that both sides agreed on (RFC 8285). Borrowed.
    std::span<const ssrc_t> contributors{};
    std::span<const extension_element> extensions{};  ///< Of this packet.
};

/// Counters since the start, for display and for tests. Everything dropped is counted under its reason.
struct session_statistics {
    std::uint64_t packets_sent = 0;  ///< RTP.
    std::uint64_t octets_sent = 0;  ///< of payload
    std::uint64_t packets_delivered = 0;  ///< To the jitter buffer.
    std::uint64_t octets_delivered = 0;  ///< of payload
    std::uint64_t rtcp_sent = 0;  ///< Compound packets.
    std::uint64_t rtcp_octets_sent = 0;  ///< with IP and UDP headers
    std::uint64_t rtcp_received = 0;  ///< Compound packets.

    std::uint64_t malformed = 0;        ///< Not RTP, or not RTCP, or broken inside.
    std::uint64_t foreign_address = 0;  ///< Not from the peer that is being heard.
    std::uint64_t unknown_payload = 0;  ///< A payload type that is not in the map.
    std::uint64_t on_probation = 0;     ///< Before a source is valid (RFC 3550 A.1), or after it jumped.
    std::uint64_t duplicate = 0;  ///< Dropped: it was here before.
    std::uint64_t superseded_source = 0;  ///< From a source that another one replaced.
    std::uint64_t not_receiving = 0;      ///< The direction says that we do not listen.
    std::uint64_t too_many_sources = 0;   ///< The table of members was full.
    std::uint64_t looped = 0;             ///< Our own packets coming back (RFC 3550 8.2).
    std::uint64_t conflicting = 0;        ///< In a group: of a source that sends from another address (RFC 3550 8.2).
    std::uint64_t feedback_sent = 0;      ///< Generic NACKs, early or with a report.
    std::uint64_t nacked = 0;             ///< Packets of ours that the peer missed, by its generic NACKs.
    std::uint64_t unauthentic = 0;        ///< Secure media: not protected by the peer's key, so plain packets too.
    std::uint64_t replayed = 0;           ///< Secure media: seen before, or older than the replay list.
    std::uint64_t without_keys = 0;       ///< Secure media: came before the keys were known, or after they expired.
};

/// The media of one call: one stream in each direction.
class session final {
public:
    /// Draws SSRC, first sequence number and first timestamp, and schedules the first report. `environment` and `pool`
    /// are borrowed and must outlive the session. Error: invalid_argument for a setting outside its range.
    [[nodiscard]] static result<session> create(now_t, session_settings, environment&, packet_pool&);

    /// From a local or remote description. All may be called at any time; SSRC, sequence numbers and statistics go on.
    /// Before the first calls the session is inactive, with no address and no formats.
    /// How RTCP travels and whether symmetric RTP may learn, in place of what the settings said. Before set_remote().
    void set_transport(latching, rtcp_transport) noexcept;
    /// New addresses also forget what symmetric RTP has learned.
    void set_remote(now_t, remote_addresses const&);
    /// What the numbers mean from now on.
    void set_payloads(now_t, payload_map);
    /// Error: invalid_argument for a regular minimum outside its range; then nothing has changed.
    [[nodiscard]] error_code set_rtcp_features(rtcp_features const&) noexcept;
    /// Whenever it changes, or before each report.
    void set_playout(playout_description const& playout) noexcept { playout_ = playout; }
    /// Whether media is secure, and by which keys. What DTLS has to send leaves at the next on_timeout(), which
    /// next_deadline() then asks for. Errors: those of make_srtp_sender(), invalid_argument; what was set before then
    /// stays.
    [[nodiscard]] error_code set_security(now_t, media_security const&);
    /// A direction that does not send drops digits that wait; one that does not receive ends a digit of the peer.
    void set_direction(now_t, direction, peer_media, outbox&);

    /// A datagram from one of our two sockets. Bad ones are counted and dropped.
    void on_packet(now_t, component via, packet_buffer, endpoint const& from, outbox&);

    /// Sends one frame. The timestamp follows from the durations of the frames before, and from `now` after a gap.
    /// While a digit is being sent, the frame's time passes but the digit's packets replace it (RFC 4733 2.5.1.2); that
    /// is no error. Errors: not_sending, no_remote_address, too_large, invalid_argument (payload type); no_keys and
    /// key_expired of secure media.
    [[nodiscard]] error_code send(now_t, outgoing_frame, outbox&);

    /// Queues a digit (0-9 * # A-D) behind those already waiting. Its length is at least 40 ms; without one it lasts
    /// until release_digit(). Errors: invalid_digit, no_payload_type, event_not_accepted, not_sending, queue_full (32
    /// waiting).
    [[nodiscard]] error_code send_digit(now_t, char digit, std::optional<duration> length, outbox&);
    /// Ends the last digit that was queued without a length. Without such a digit it does nothing.
    void release_digit(now_t);
    /// True while digits wait or are being sent.
    [[nodiscard]] bool is_sending_digits() const noexcept { return digits_out_.has_work(); }

    /// The jitter buffer threw away a packet that had been delivered, for being late or early.
    void on_discarded(ssrc_t, sequence_t) noexcept;
    /// Asks for packets of the heard source that are missing, in ascending order: by a generic NACK, as soon as RFC
    /// 4585 allows. False where that was not agreed on or would come too late.
    [[nodiscard]] bool report_missing(now_t, std::span<const sequence_t>);

    /// Runs what is due.
    void on_timeout(now_t, outbox&);
    /// Nothing after stop(), unless a BYE is held back; without RTCP also when nothing is timed.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;

    /// Leaves: sends a BYE if anything was ever sent (RFC 3550 6.3.7), and stops sending and listening. With 50 members
    /// or more the BYE waits for its turn: go on with on_packet() and on_timeout() until next_deadline() is nothing, or
    /// drop the session without it.
    void stop(now_t, std::string_view reason, outbox&);

    /// Ours.
    [[nodiscard]] ssrc_t local_source() const noexcept { return stream_.ssrc(); }
    /// Where RTP is sent now; not usable if unknown.
    [[nodiscard]] endpoint remote() const noexcept { return peer_.destination(component::rtp); }
    /// The numbers so far.
    [[nodiscard]] session_statistics const& statistics() const noexcept { return statistics_; }
    /// Reception statistics of the source that is being heard; null before the first. Valid until the next input.
    [[nodiscard]] source const* heard_source() const noexcept;
    /// The newest measurement.
    [[nodiscard]] std::optional<duration> round_trip() const noexcept { return round_trip_; }
    /// What is known of the way from the heard source to us; for estimate_quality() and quality reports.
    [[nodiscard]] voice_measurements measurements() const noexcept;
    /// What the peer told last of what it hears of us.
    [[nodiscard]] std::optional<xr_voip_metrics> const& peer_metrics() const noexcept { return peer_metrics_; }

private:
    session(now_t, session_settings, environment&, packet_pool&);

    // session_rtp.cpp
    void on_rtp(now_t, packet_buffer, endpoint const& from, outbox&);
    [[nodiscard]] bool admit(time_point, packet_view const&, payload_mapping const*, endpoint const& from, outbox&);
    [[nodiscard]] bool select_source(time_point, member&, bool is_restart, outbox&);
    void on_contributors(time_point, packet_view const&);
    void on_own_ssrc(now_t, endpoint const& from, outbox&);
    [[nodiscard]] bool is_authentic(error_code unprotected) noexcept;
    [[nodiscard]] payload_mapping const* find_mapping(payload_type) const noexcept;
    void on_life(time_point, outbox&);
    [[nodiscard]] error_code send_rtp(time_point, packet_header, packet_buffer payload, outbox&);
    void send_due_digit(time_point, outbox&);

    // session_dtls.cpp
    void on_dtls(now_t, component via, std::span<const std::byte>, endpoint const& from, outbox&);
    void begin_owed_dtls(now_t, outbox&);
    void settle_dtls(now_t, component, outbox&);
    void on_dtls_timeout(now_t, outbox&);
    void close_dtls(now_t, outbox&);
    [[nodiscard]] std::optional<time_point> dtls_deadline() const noexcept;

    // session_rtcp.cpp
    void on_rtcp(now_t, packet_buffer, endpoint const& from, outbox&);
    void on_report(now_t, rtcp_packet const&, endpoint const& from, outbox&);
    void on_description(time_point, rtcp_packet const&);
    void on_bye(time_point, rtcp_packet const&, outbox&);
    void on_feedback(rtcp_packet const&);
    void on_extended_report(time_point, rtcp_packet const&, outbox&);
    void on_round_trip_answer(time_point, xr_block const&);
    [[nodiscard]] bool is_conflicting(member&, endpoint member::*known, endpoint const& from) noexcept;
    void on_report_about_us(time_point, ssrc_t reporter, report_block const&, outbox&);
    void on_rtcp_timeout(now_t, outbox&);
    [[nodiscard]] rtcp_group group() const noexcept;

    // session_report.cpp
    // What one report can hold: some sources have to wait for the next.
    static constexpr std::size_t max_report_blocks = 2 * max_rtcp_count;
    using report_blocks = boost::container::static_vector<report_block, max_report_blocks>;
    [[nodiscard]] bool send_report(now_t, std::optional<std::string_view> bye_reason, outbox&);
    void send_feedback(now_t, outbox&);
    [[nodiscard]] report_blocks collect_blocks(time_point, std::size_t most, reception_interval& of_heard);
    void append_reports(now_t, packet_buffer& compound, bool we_sent, std::span<const report_block>);
    void append_extended_report(now_t, packet_buffer& compound, bool we_sent, reception_interval const& of_heard);
    void append_feedback(packet_buffer& compound);
    void leave(now_t, std::string_view reason, outbox&);
    [[nodiscard]] std::optional<std::size_t> send_compound(packet_buffer compound, endpoint const& to, outbox&);

    [[nodiscard]] std::optional<time_point> media_deadline() const noexcept;

    session_settings settings_;
    environment* environment_;  // not owned
    packet_pool* pool_;         // not owned

    outgoing_stream stream_;
    peer_address peer_;
    media_protection protection_;
    member_table members_;
    rtcp_scheduler scheduler_;
    dtmf_sender digits_out_;
    dtmf_receiver digits_in_;

    payload_map payloads_;
    direction direction_ = direction::inactive;
    peer_media expectation_ = peer_media::optional;

    std::optional<ssrc_t> heard_;  // the source whose media is delivered
    bool must_announce_ = true;    // media_started is owed
    time_point silent_since_;      // the last life sign, or when media began to be expected
    bool has_timed_out_ = false;

    // RFC 3550 8.2: where packets with our own SSRC came from.
    struct conflict {
        endpoint from;
        time_point last_seen;
    };
    boost::container::static_vector<conflict, 8> conflicts_;

    // The times that we sent, to recognise them when they are answered (LSR, LRR).
    class sent_times {
    public:
        void add(ntp64_t time, time_point at) noexcept;
        [[nodiscard]] std::optional<time_point> find(ntp32_t) const noexcept;

    private:
        struct entry {
            ntp32_t middle{};
            time_point at;
        };
        std::array<entry, 8> entries_{};  // a ring
        std::size_t next_ = 0;
    };
    sent_times sent_reports_;
    sent_times sent_references_;
    std::array<time_point, 2> last_reports_;  // the last and the one before
    std::optional<duration> round_trip_;
    std::size_t next_reported_ = 0;  // the member whose turn in the reports is next

    rtcp_features features_;
    playout_description playout_;
    std::optional<xr_voip_metrics> peer_metrics_;
    boost::container::static_vector<sequence_t, 64> missing_;  // to be asked for

    session_statistics statistics_;
    bool is_stopped_ = false;
    std::string bye_reason_;
};

}  // namespace rtp

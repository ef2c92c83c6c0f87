// What the phone tells its clients and drivers, as plain values: call and account summaries, events, and the levels
// that devices show. The JSON of each is written in protocol/message_json.cpp and described in docs/driver-protocol.md.
// No JSON, sockets or SIP here.
#pragma once

#include "phoned/config/settings.hpp"
#include "phoned/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace phoned {

/// A call's number on the control socket: never reused while the phone runs.
enum class call_number : std::uint32_t {};

// ---- accounts

enum class registration_state { disabled, unregistered, registering, registered, unregistering, failed };

struct account_summary {
    unsigned account;  ///< 1-16, as in the configuration
    std::string label = {};
    std::string address = {};  ///< Address of record, `sip:1001@example.org`
    registration_state state;
    unsigned sip_code = 0;            ///< Last final answer to REGISTER; 0 when none came
    std::string reason = {};          ///< Its phrase, or the cause of a failure without an answer
    std::string server = {};          ///< Where the registration lives, `192.0.2.1:5060;transport=udp`
    std::chrono::seconds expires{0};  ///< As granted
};

// ---- calls

enum class call_direction { outgoing, incoming };

/// The states of RFC 4235 (dialog-info): an incoming call that rings is `early`.
enum class call_state { trying, proceeding, early, confirmed, terminated };

enum class ended_by { nobody, local, remote, network };

struct call_summary {
    call_number call;
    unsigned account;
    call_direction direction;
    call_state state;
    std::string local = {};        ///< Our URI
    std::string remote = {};       ///< The other side's URI
    std::string remote_name = {};  ///< Its display name; may be empty
    bool held_by_us = false;
    bool held_by_peer = false;
    bool muted = false;
    std::string call_id = {}, local_tag = {}, remote_tag = {};  ///< The dialog (RFC 3261 12)
    std::optional<std::chrono::milliseconds> talked = {};       ///< Since the answer; none before
    bool in_conference = false;                                 ///< Mixed with others here
    bool auto_answered = false;                                 ///< The phone has answered by itself
    std::string diverted_by = {};  ///< Who forwarded it to us, and why: `sip:1002@example.org (user-busy)`
    std::string referred_by = {};  ///< Who transferred it (RFC 3892)
    std::string alert = {};        ///< The ring that the caller asks for: `Bellcore-dr2`
    ended_by ended = ended_by::nobody;
    unsigned sip_code = 0;   ///< The final answer that ended it, if one did
    std::string cause = {};  ///< Why it ended, in words: `Busy Here`, `no media for 30 s`
};

/// Our part in a transfer (RFC 5589 2).
enum class transfer_role { transferor, transferee, target };

/// `asked` until the other side agrees, `progress` with each of its reports.
enum class transfer_state { asked, accepted, progress, done, failed };

struct transfer_summary {
    call_number call;  ///< The call that is transferred; for the target the one whose place is taken
    transfer_role role;
    transfer_state state;
    std::string target = {};                   ///< Who is called instead
    unsigned sip_code = 0;                     ///< As reported, or the answer to REFER
    std::string reason = {};                   ///< Its phrase, or what went wrong
    std::optional<call_number> new_call = {};  ///< transferee, target: the call that comes of it; transferor: the
                                               ///< consultation
};

/// What the user has switched on, of the phone (account 0) or of one account.
struct feature_summary {
    unsigned account;
    bool do_not_disturb = false;
    forward_settings forward;
};

enum class history_kind { dialled, received, missed, forwarded };

/// One line of the call lists.
struct history_entry {
    std::int64_t id = 0;  ///< Grows; never used again
    history_kind kind;
    unsigned account;
    std::string remote = {}, remote_name = {};
    wall_time began;
    std::optional<std::chrono::milliseconds> talked = {};
    unsigned sip_code = 0;
    std::string cause = {};  ///< Why it ended; `interrupted` where the phone itself did not see the end
};

// ---- media

enum class media_direction { inactive, sendonly, recvonly, sendrecv };

/// How a call's media are secured, by where the keys of SRTP come from.
enum class media_keying { none, sdes, dtls };

struct call_media {
    call_number call;
    media_direction direction;  ///< As negotiated, seen from us
    std::string codec = {};     ///< `PCMU/8000`
    unsigned payload_type = 0;
    std::chrono::milliseconds ptime{0};
    std::string local = {};  ///< `192.0.2.1:11780`
    std::string remote = {};
    std::optional<unsigned> dtmf_payload_type = {};
    media_keying security = media_keying::none;
    std::string srtp_suite = {};  ///< Empty while the keys are not known, and for plain RTP
};

/// Media statistics of one call so far (RFC 3550). As an event it is a level: the newest replaces one not yet sent.
struct call_quality {
    call_number call;
    std::uint64_t packets_sent = 0, packets_received = 0, octets_sent = 0, octets_received = 0;
    std::uint64_t packets_refused = 0;  ///< Of secure media: not authentic, replayed, or before the keys were known
    std::uint64_t packets_lost = 0, packets_late = 0, packets_duplicated = 0, frames_concealed = 0;
    std::chrono::microseconds jitter{0};
    std::chrono::milliseconds playout_delay{0};
    std::optional<std::chrono::microseconds> round_trip = {};  ///< From RTCP; none until the first report came back
    std::optional<double> remote_fraction_lost = {};           ///< 0-1, what the other side reports of us
    // ITU-T G.107; none until sound came, nor for codecs without published impairment factors.
    std::optional<double> r_factor = {};  ///< 0-100, of conversation; needs the round trip
    std::optional<double> mos_lq = {};    ///< 1-4.5, of listening
    std::optional<double> mos_cq = {};    ///< 1-4.5, of conversation
    std::string digits_received = {};     ///< Digits heard so far, oldest first; the newest 64
};

// ---- what devices report

enum class driver_kind { keypad, hook, display, led, audio, ringer, expansion, misc };

/// A key going down or up: an edge, never dropped or merged. Names: 0-9 * #, L1.., S1.., P1.., UP DOWN LEFT RIGHT OK
/// CANCEL, HOLD TRANSFER CONF REDIAL MESSAGE MUTE SPEAKER HEADSET DND VOL_UP VOL_DOWN.
struct key_event {
    std::string key = {};
    bool down;
    bool repeat = false;
    std::uint64_t ts_us = 0;  ///< CLOCK_MONOTONIC of the driver's machine
};

/// Levels: what is known of the hook after the message; a member left out keeps its last value.
struct hook_state {
    bool off_hook = false;  ///< The handset is lifted
    bool headset_plugged = false;
    bool headset_hook = false;  ///< The headset's own hook switch (EHS) is open
    friend bool operator==(const hook_state&, const hook_state&) = default;
};

struct audio_status {
    std::uint64_t overruns = 0, underruns = 0;
    std::uint32_t delay_frames = 0;  ///< Hardware delay, playback plus capture
};

// ---- what devices show
// (levels)

struct led_pattern_step {
    std::uint32_t on_ms, off_ms;
    friend bool operator==(const led_pattern_step&, const led_pattern_step&) = default;
};

enum class led_preset { off, on, slow, fast, ring, custom };

struct led {
    std::string id = {};      ///< `L1`, `message`, `speaker`, ...
    std::string colour = {};  ///< `green`, `red`; drivers with one colour ignore it
    led_preset pattern = led_preset::off;
    std::vector<led_pattern_step> steps = {};  ///< Only for `custom`
    friend bool operator==(const led&, const led&) = default;
};

struct line_key_label {
    std::string label = {};
    std::string icon = {};  ///< `idle`, `ringing`, `talking`, `held`, `unregistered`, ...
    friend bool operator==(const line_key_label&, const line_key_label&) = default;
};

/// What the display means; a driver renders it as it can. The hub counts the revision.
struct screen {
    std::string id = {};  ///< `idle`, `dialling`, `incoming`, `talking`, ...
    std::string title = {};
    std::vector<std::string> rows = {};
    std::vector<std::string> soft_keys = {};                             ///< S1.. from the left
    std::vector<line_key_label> line_keys = {};                          ///< L1.. in order
    std::optional<std::pair<std::uint32_t, std::uint32_t>> cursor = {};  ///< row, column
    std::uint64_t revision = 0;
    friend bool operator==(const screen&, const screen&) = default;
};

struct ringer {
    bool ringing = false;
    std::string tone = {};                       ///< Tone id, `Ring1`, `Bellcore-dr2`, ...
    std::vector<led_pattern_step> cadence = {};  ///< Empty: the tone's own
    unsigned volume = 8;                         ///< 0-15
    friend bool operator==(const ringer&, const ringer&) = default;
};

enum class audio_output { handset, headset, speaker, ringer };

struct audio_gain {
    double microphone_db = 0, speaker_db = 0;
    friend bool operator==(const audio_gain&, const audio_gain&) = default;
};

// ---- events

struct account_state_event {
    account_summary account;
};
struct call_state_event {
    call_summary call;
};
struct call_media_event {
    call_media media;
};
struct call_quality_event {
    call_quality quality;
};

struct call_transfer_event {
    transfer_summary transfer;
};
struct feature_state_event {
    feature_summary features;
};
struct history_added_event {
    history_entry entry;
};

/// Published by the hub itself.
struct driver_event {
    bool up;
    std::string name = {};
    std::vector<driver_kind> kinds = {};
    std::string reason = {};  ///< Why it went down
};

enum class alarm_severity { warning, error, critical };

struct alarm_event {
    alarm_severity level;
    std::string source = {};  ///< `driver:keypad`, `account.1`, `config`, ...
    std::string text = {};
};

enum class trace_direction { received, sent };

/// One SIP message as it was on the wire (topic `trace`).
struct trace_event {
    wall_time at;
    trace_direction direction;
    std::string transport = {};           ///< `udp`, `tcp`, `tls`
    std::string local = {}, remote = {};  ///< `192.0.2.1:5060`
    std::string text = {};  ///< Bytes outside UTF-8 are shown as U+FFFD; longer than max_trace_text is cut and marked
};

using event = std::variant<
    account_state_event, call_state_event, call_media_event, call_quality_event, call_transfer_event,
    feature_state_event, history_added_event, driver_event, alarm_event, trace_event>;

}  // namespace phoned

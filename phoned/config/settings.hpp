// What the phone is set to: a plain struct, filled by config/load.hpp from the guide's configuration files.
//
// Members have no defaults of their own: names, defaults, ranges and meanings stand once, in config/parameter_table.cpp
// (printed as docs/configuration.md), and default_settings() applies them. Every member names its parameter. Units are
// in the types. Knows nothing of SIP, SDP or RTP (a tone is the signal layer's own value): phoned/phone and
// phoned/media turn these values into the libraries'
// own configuration.
#pragma once

#include "rtp/signal/tone.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace phoned {

inline constexpr unsigned max_accounts = 16;
inline constexpr unsigned max_codecs = 13;  ///< Y runs from 0: editions of the guide number codecs from 0 or from 1
inline constexpr unsigned max_servers = 2;
inline constexpr unsigned max_access_rules = 16;

enum class sip_transport { udp, tcp, tls, dns };
/// Whose signature makes a certificate good: the system's authorities, those of trusted_certificates.url, or both.
enum class ca_choice { system, own, both };

/// When requests go to the first server again (account.X.sip_server.1.failback_mode).
enum class fail_back_mode { every_request, after_dns_lifetime, at_renewal, after_time };

/// How digits travel (account.X.dtmf.type).
enum class dtmf_method { in_band, telephone_event, info, telephone_event_and_info };

/// When RTP goes where the peer's RTP comes from instead of where its description says (offhook.symmetric_rtp).
enum class symmetric_rtp_policy { never, behind_nat, always };

/// Whether media are secure (account.X.srtp_encryption).
enum class srtp_policy { off, forced, negotiated };

/// Whether the keys of secure media may come from a DTLS handshake (offhook.dtls_srtp).
enum class dtls_policy { never, where_offered, preferred };

enum class log_level { trace, debug, info, warning, error, off };

/// What is heard while a caller hears ring-back and early media at once (voice.call_preview_mode).
enum class call_preview { mix = 1, tone = 2, media = 3 };

/// Which headers tell who calls, the first that is there (account.X.cid_source).
enum class caller_source {
    from,
    asserted,
    asserted_from,
    party_asserted_from,
    asserted_party_from,
    party_from,
};

/// Who is shown as the one who was reached (account.X.cp_source).
enum class callee_source {
    asserted,  ///< whom the network names, else whom we dialled
    dialled,
    connected,  ///< as asserted; and whoever the other side says it is now (RFC 4916)
};

/// When the transferor of a call lets go of it (offhook.transfer_bye).
enum class transfer_release {
    when_done,      ///< when the other side has told that its new call is up: it can still be taken back until then
    when_accepted,  ///< at once after the 202, as the guide's flows print it
};

/// What is dialled when a user switches a feature, for a server that keeps it too; empty: nothing.
struct server_codes {
    std::string on;   ///< .on_code
    std::string off;  ///< .off_code
};

/// One kind of forwarding: forward.always, .busy, .no_answer; account.X.always_fwd, .busy_fwd, .timeout_fwd.
struct forward_rule {
    bool enabled;
    std::string target;  ///< A number, `user@host`, or a SIP URI
    unsigned rings;      ///< Of 6 s each; only for no answer
    server_codes codes = {};
};

/// distinctive_ring_tones.alert_info.X
struct distinctive_ring {
    std::string text;  ///< What stands in Alert-Info
    unsigned ringer;   ///< 1-8
};

inline constexpr unsigned max_distinctive_rings = 10;

struct forward_settings {
    forward_rule always, busy, no_answer;
};

struct codec_setting {
    std::string payload_type;  ///< account.X.codec.Y.payload_type: the name, as in `PCMU`
    unsigned rtpmap;           ///< account.X.codec.Y.rtpmap: the RTP payload type number, 0-127
    unsigned priority;         ///< account.X.codec.Y.priority: 1 is the first choice, 0 the last
    bool enabled;              ///< account.X.codec.Y.enable
};

/// A host and a port as configured. Port 0 asks the locator to look for NAPTR and SRV records (RFC 3263).
struct server_setting {
    std::string host;
    std::uint16_t port;
};

struct registrar_setting {
    std::string host;              ///< account.X.sip_server.Y.address, account.X.sip_server_host
    std::uint16_t port;            ///< account.X.sip_server.Y.port
    std::chrono::seconds expires;  ///< account.X.sip_server.Y.expires: the interval asked for
    sip_transport transport;       ///< account.X.transport, account.X.sip_server.2.transport_type
    unsigned retry_counts;         ///< account.X.sip_server.Y.retry_counts: copies before the next server; 0: 64*T1
    bool register_first;           ///< account.X.sip_server.Y.register_on_enable
};

struct account_settings {
    bool enabled;              ///< account.X.enable
    std::string label;         ///< account.X.label: shown beside the line key
    std::string display_name;  ///< account.X.display_name: goes into From
    std::string user_name;     ///< account.X.user_name: user part of the address of record
    std::string auth_name;     ///< account.X.auth_name: digest user; empty means user_name
    std::string password;      ///< account.X.password. Never logged, never sent to a client

    std::array<registrar_setting, max_servers> servers;
    bool outbound_proxy_enabled;                   ///< account.X.outbound_proxy_enable
    server_setting outbound_proxy;                 ///< account.X.outbound_host, .outbound_port
    server_setting backup_proxy;                   ///< account.X.backup_outbound_host, .backup_outbound_port
    fail_back_mode fail_back;                      ///< account.X.sip_server.1.failback_mode
    std::chrono::seconds fail_back_time;           ///< account.X.sip_server.1.failback_timeout; 0 stays
    bool one_at_a_time;                            ///< account.X.fallback.redundancy_type: one registration at a time
    std::chrono::seconds test_interval;            ///< account.X.fallback.timeout
    bool outbound;                                 ///< offhook.outbound (RFC 5626)
    std::uint16_t listen_port;                     ///< account.X.sip_listen_port; 0 lets the system choose
    std::chrono::milliseconds timer_t1;            ///< account.X.advanced.timer_t1
    std::chrono::milliseconds timer_t2;            ///< account.X.advanced.timer_t2
    std::chrono::milliseconds timer_t4;            ///< account.X.advanced.timer_t4
    std::chrono::seconds reg_fail_retry_interval;  ///< account.X.reg_fail_retry_interval; 0 means no retry
    bool user_equal_phone;                         ///< account.X.enable_user_equal_phone
    bool rport;                                    ///< account.X.nat.rport (RFC 3581)
    bool reliable_provisional;                     ///< account.X.100rel_enable (RFC 3262)

    std::array<codec_setting, max_codecs> codecs;  ///< By Y, as the files number them: use codec_preference()
    std::chrono::milliseconds ptime;               ///< account.X.ptime; 0 means that none is asked for
    srtp_policy srtp;                              ///< account.X.srtp_encryption
    dtmf_method dtmf;                              ///< account.X.dtmf.type
    unsigned dtmf_info_type;  ///< account.X.dtmf.info_type: 0 off, 1 dtmf-relay, 2 dtmf, 3 telephone-event
    unsigned dtmf_payload;    ///< account.X.dtmf.dtmf_payload

    bool session_timer;                     ///< account.X.session_timer.enable (RFC 4028)
    std::chrono::seconds session_interval;  ///< account.X.session_timer.expires
    bool callee_refreshes;                  ///< account.X.session_timer.refresher: 0 the caller, 1 the callee

    bool auto_answer;              ///< account.X.auto_answer
    bool do_not_disturb;           ///< account.X.dnd.enable, used when features.dnd_mode is 1
    server_codes dnd_codes;        ///< account.X.dnd.on_code, .off_code
    forward_settings forward;      ///< account.X.always_fwd and so on, used when features.fwd_mode is 1
    bool is_anonymous;             ///< account.X.anonymous_call: our calls tell nobody who we are
    caller_source caller;          ///< account.X.cid_source
    bool honours_privacy;          ///< account.X.cid_source_privacy: callers who ask for it stay unknown
    bool shows_preferred;          ///< account.X.cid_source_ppi: P-Preferred-Identity counts before all others
    callee_source callee;          ///< account.X.cp_source
    bool rejects_anonymous;        ///< account.X.reject_anonymous_call
    bool fetches_alert_sounds;     ///< account.X.alert_info_url_enable: Alert-Info may name a sound by its URI
    std::string intercom_alert;    ///< account.X.alert_info: Alert-Info of outgoing intercom calls
    bool logs_missed_calls;        ///< account.X.missed_calllog
    bool network_conference;       ///< account.X.conf_type is 2
    std::string conference_uri;    ///< account.X.conf_uri: a number or a SIP URI
    std::string music_server_uri;  ///< account.X.music_server_uri: a number or a SIP URI; empty: no music server
    bool music_after_hold;         ///< account.X.music_on_hold_type: the server is called when the peer is held already
};

/// The enabled codecs in the order in which they are to be offered: priority 1 first, then upward, priority 0 last.
/// Identified by payload_type, never by index (the index base differs between firmware generations).
[[nodiscard]] std::vector<codec_setting> codec_preference(const account_settings& account);

/// The digest user: auth_name, or user_name where none is set.
[[nodiscard]] std::string_view digest_user(const account_settings& account) noexcept;

/// A tone of the configuration; without steps none is set, and the country's standard tone is meant.
using tone_setting = rtp::cadence;

struct tone_settings {
    std::string country;  ///< voice.tone.country; `Custom` makes the lists below count
    tone_setting dial, ring, busy, congestion, call_waiting;
};

struct jitter_buffer_settings {
    bool adaptive;                      ///< voice.jib.adaptive
    std::chrono::milliseconds minimum;  ///< voice.jib.min
    std::chrono::milliseconds maximum;  ///< voice.jib.max
    std::chrono::milliseconds normal;   ///< voice.jib.normal: the delay of the fixed buffer
};

struct voice_settings {
    bool saves_silence;  ///< voice.vad: nothing is sent while nobody speaks
    bool comfort_noise;  ///< voice.cng: silence may be described (RFC 3389), and is made audible
    bool cancels_echo;   ///< voice.echo_cancellation, where the audio driver tells its delay
};

/// Who may do what on the sockets: `offhook.access.X = user:1000 controller`.
struct access_rule {
    enum class subject { nobody, user, group, everybody };
    subject who;
    std::uint32_t id;  ///< uid or gid
    std::string role;  ///< observer, controller, admin, driver, or driver:<kind>
};

struct settings {
    std::array<account_settings, max_accounts> accounts;  ///< accounts[0] is account.1

    std::uint16_t min_rtp_port;  ///< network.port.min_rtpport
    std::uint16_t max_rtp_port;  ///< network.port.max_rtpport
    unsigned rtp_dscp;           ///< network.qos.rtptos
    unsigned signalling_dscp;    ///< network.qos.signaltos

    bool verify_servers;               ///< security.trust_certificates: take only servers with a trusted certificate
    ca_choice authorities;             ///< security.ca_cert
    std::string trusted_certificates;  ///< trusted_certificates.url: a PEM file of further authorities
    std::string server_certificates;   ///< server_certificates.url: a PEM file with our certificate, its chain and key

    unsigned normal_refuse_code;  ///< features.normal_refuse_code: the user's reject, and busy
    unsigned dnd_refuse_code;     ///< features.dnd_refuse_code
    bool dnd_per_account;         ///< features.dnd_mode is 1
    bool do_not_disturb;          ///< features.dnd.enable
    server_codes dnd_codes;       ///< features.dnd.on_code, .off_code
    bool forward_per_account;     ///< features.fwd_mode is 1
    forward_settings forward;     ///< forward.always, .busy, .no_answer
    bool forward_international;   ///< forward.international.enable: targets may begin with 00
    bool shows_diversion;         ///< features.fwd_diversion_enable: who forwarded a call is read and shown
    std::string dnd_authorized;   ///< features.dnd.emergency_authorized_number: callers that get through, with commas
    bool dnd_lets_authorized_through;  ///< features.dnd.emergency_enable
    bool intercom_allowed;             ///< features.intercom.allow: calls that ask for it are answered by the phone
    bool intercom_muted;               ///< features.intercom.mute: with the microphone off
    bool intercom_tone;                ///< features.intercom.tone
    bool intercom_barges;              ///< features.intercom.barge: also during a call, which is put on hold
    bool alert_info_tones;             ///< features.alert_info_tone: Bellcore-drN sounds as such, not as RingN.wav
    std::array<distinctive_ring, max_distinctive_rings> distinctive_rings;
    bool auto_redial;                           ///< auto_redial.enable: dial a busy number again
    std::chrono::seconds auto_redial_interval;  ///< auto_redial.interval
    unsigned auto_redial_times;                 ///< auto_redial.times
    bool call_waiting;                          ///< call_waiting.enable
    bool call_waiting_tone;                     ///< call_waiting.tone
    bool direct_ip_call;                        ///< features.direct_ip_call_enable
    bool allow_mute;                            ///< features.allow_mute
    std::chrono::seconds
        busy_tone_delay;  ///< features.busy_tone_delay: how long busy sounds after the other side hung up
    std::chrono::seconds auto_answer_delay;  ///< features.auto_answer_delay
    unsigned pound_key;  ///< features.pound_key.mode: the key that sends a number: 0 none, 1 `#`, 2 `*`
    bool rfc2543_hold;   ///< sip.rfc2543_hold: hold with c=0.0.0.0
    bool hold_inactive;  ///< features.hold_use_inactive: hold with a=inactive
    bool hold_reminder;  ///< features.play_hold_tone.enable
    std::chrono::seconds hold_reminder_interval;    ///< features.play_hold_tone.delay
    std::chrono::milliseconds hold_transfer_delay;  ///< features.hold_trans_delay: a call is held so long, then its
                                                    ///< transfer is asked for; 0: it is not held for that
    bool semi_attended;               ///< transfer.semi_attend_tran_enable: a transfer waits for a target that rings
    bool hang_up_completes_transfer;  ///< transfer.on_hook_trans_enable
    bool leaving_joins_others;        ///< transfer.tran_others_after_conf_enable
    bool ringing_after_media;         ///< phone_setting.is_deal180
    bool keeps_history;               ///< features.save_call_history
    bool escape_pound;                ///< sip.use_23_as_pound: `#` in a dialled number becomes `%23`
    std::chrono::seconds registration_spread;  ///< sip.reg_surge_prevention: random delay of the first REGISTER

    bool play_local_dtmf_tone;  ///< features.play_local_dtmf_tone_enable
    unsigned dtmf_repetition;   ///< features.dtmf.repetition: end packets of a digit (RFC 4733)
    jitter_buffer_settings jitter_buffer;
    voice_settings voice;
    call_preview preview;  ///< voice.call_preview_mode
    tone_settings tones;

    // What the guide has no name for. Its parameters begin with `offhook.`.
    std::string local_address;       ///< offhook.local_address: bind SIP and RTP here; empty means all, chosen by route
    std::chrono::seconds ring_time;  ///< offhook.ring_time: an unanswered incoming call is given up after this; 0 never
    std::chrono::seconds
        no_answer_time;  ///< offhook.no_answer_time: an unanswered outgoing call is cancelled after this; 0 never
    std::chrono::seconds rtp_timeout;    ///< offhook.rtp_timeout: an active call without media ends after this; 0 never
    symmetric_rtp_policy symmetric_rtp;  ///< offhook.symmetric_rtp
    dtls_policy dtls_srtp;               ///< offhook.dtls_srtp
    transfer_release release_transferred;  ///< offhook.transfer_bye
    std::string hold_music;                ///< offhook.hold_music: a sound file that held peers hear; empty: nothing
    std::size_t large_message_limit;  ///< offhook.large_message_limit: bytes above which a request leaves by TCP (RFC
                                      ///< 3261 18.1.1)
    std::uint32_t audio_rate;         ///< offhook.audio_rate: samples/s between phone and audio driver, 8000 or 16000
    log_level level;                  ///< offhook.log_level
    std::array<access_rule, max_access_rules> access;  ///< offhook.access.X
};

/// The settings of a phone whose files say nothing.
[[nodiscard]] settings default_settings();

}  // namespace phoned

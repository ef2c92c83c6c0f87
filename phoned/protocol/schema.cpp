#include "phoned/protocol/schema.hpp"

#include <array>

namespace phoned {
namespace {

using enum member_type;
using audience = outgoing_schema::audience;
using form = outgoing_schema::form;

constexpr std::string_view call_state_words = "trying proceeding early confirmed terminated";
constexpr std::string_view directions = "inactive sendonly recvonly sendrecv";

constexpr member account_members[] = {
    required("account", integer, "its number in the configuration"),
    required("label", string, "text beside the line key"),
    required("address", string, "address of record"),
    one_of(
        required("state", string, "registration"), "disabled unregistered registering registered unregistering failed"
    ),
    optional("sip_code", integer, "last final answer to REGISTER"),
    optional("reason", string, "its phrase, or why there was none"),
    optional("server", string, "where the registration lives"),
    optional("expires", integer, "seconds granted"),
};

constexpr member call_members[] = {
    required("call", integer, "number of the call, never used again while the phone runs"),
    required("account", integer, "number of the account"),
    one_of(required("direction", string, "who called"), "outgoing incoming"),
    one_of(required("state", string, "as in RFC 4235; an incoming call that rings is early"), call_state_words),
    required("local", string, "own URI"),
    required("remote", string, "the other side's URI"),
    optional("remote_name", string, "its display name"),
    required("held_by_us", boolean, "we put it on hold"),
    required("held_by_peer", boolean, "the other side did"),
    required("muted", boolean, "our microphone is off"),
    required("in_conference", boolean, "mixed with others here"),
    required("auto_answered", boolean, "the phone answered by itself"),
    optional("diverted_by", string, "who forwarded it to us, and why (RFC 5806, RFC 7044)"),
    optional("referred_by", string, "who transferred it (RFC 3892)"),
    optional("alert", string, "the ring that the caller asks for (Alert-Info)"),
    of(optional("dialog", object, "RFC 3261 12"), "dialog"),
    optional("talked_ms", integer, "time since the answer"),
    one_of(optional("ended_by", string, "once terminated"), "nobody local remote network"),
    optional("sip_code", integer, "the final answer that ended it"),
    optional("cause", string, "why it ended, in words"),
};

constexpr member dialog_members[] = {
    required("call_id", string, "Call-ID"),
    required("local_tag", string, "own tag"),
    required("remote_tag", string, "the other side's tag; empty before it answered"),
};

constexpr member media_members[] = {
    required("call", integer, "number of the call"),
    one_of(required("direction", string, "as negotiated, seen from us"), directions),
    required("codec", string, "name and rate, `PCMU/8000`"),
    required("payload_type", integer, "RTP payload type"),
    required("ptime_ms", integer, "packet time"),
    required("local", string, "own RTP address"),
    required("remote", string, "the other side's"),
    optional("dtmf_payload_type", integer, "telephone-event (RFC 4733), if agreed"),
    one_of(
        required("security", string, "where the keys of SRTP come from: RFC 4568, RFC 5763; none: plain RTP"),
        "none sdes dtls"
    ),
    optional("srtp_suite", string, "as in a=crypto, `AES_CM_128_HMAC_SHA1_80`"),
};

constexpr member quality_members[] = {
    required("call", integer, "number of the call"),
    required("packets_sent", integer, "RTP packets"),
    required("packets_received", integer, "RTP packets"),
    required("octets_sent", integer, "RTP payload"),
    required("octets_received", integer, "RTP payload"),
    required("packets_refused", integer, "of secure media: plain, not authentic, or seen before"),
    required("packets_lost", integer, "never came (RFC 3550 A.3)"),
    required("packets_late", integer, "came after their time to play"),
    required("packets_duplicated", integer, "came twice"),
    required("frames_concealed", integer, "made up in place of lost ones"),
    required("jitter_us", integer, "interarrival jitter (RFC 3550 A.8)"),
    required("playout_delay_ms", integer, "of the jitter buffer"),
    optional("round_trip_us", integer, "from RTCP"),
    optional("remote_fraction_lost", number, "0-1, as the other side reports of us"),
    optional("r_factor", number, "0-100, of conversation (ITU-T G.107), once it can be known"),
    optional("mos_lq", number, "1-4.5, of listening, once it can be known"),
    optional("mos_cq", number, "1-4.5, of conversation, once it can be known"),
    required("digits_received", string, "heard so far, the newest 64"),
};

constexpr member transfer_members[] = {
    required("call", integer, "the call that is transferred; for the target the one whose place is taken"),
    one_of(required("role", string, "our part (RFC 5589 2)"), "transferor transferee target"),
    one_of(required("state", string, "how far it is"), "asked accepted progress done failed"),
    required("target", string, "who is called instead"),
    optional("sip_code", integer, "of the report, or the answer to REFER"),
    optional("reason", string, "its phrase, or what went wrong"),
    optional("new_call", integer, "transferee, target: the call that comes of it; transferor: the consultation"),
};

constexpr member rule_members[] = {
    required("on", boolean, "calls are forwarded"),
    required("target", string, "where to"),
    required("rings", integer, "of 6 s before that; counts for no_answer"),
};

constexpr member features_members[] = {
    required("account", integer, "0: the phone"),
    required("dnd", boolean, "do not disturb"),
    of(required("always", object, "forward every call"), "rule"),
    of(required("busy", object, "forward when busy"), "rule"),
    of(required("no_answer", object, "forward when nobody answers"), "rule"),
};

constexpr std::string_view history_words = "dialled received missed forwarded";

constexpr member entry_members[] = {
    required("entry", integer, "its number; grows, and is never used again"),
    one_of(required("kind", string, "which list"), history_words),
    required("account", integer, "number of the account"),
    required("remote", string, "the other side's URI"),
    optional("remote_name", string, "its display name"),
    required("began", string, "calendar time, UTC"),
    optional("talked_ms", integer, "from the answer to the end"),
    optional("sip_code", integer, "the final answer that ended it"),
    optional("cause", string, "why it ended; `interrupted` where the phone itself stopped before"),
};

constexpr member led_members[] = {
    required("id", string, "`L1`, `message`, `speaker`"),
    required("colour", string, "for lamps that have several"),
    one_of(required("pattern", string, "how it blinks"), "off on slow fast ring custom"),
    optional("steps", pairs, "for custom: [on_ms, off_ms], repeated"),
};

constexpr member screen_members[] = {
    required("id", string, "which screen: idle, dialling, incoming, talking"),
    required("title", string, "heading"),
    required("rows", strings, "lines of text"),
    required("soft_keys", strings, "labels of S1 and on, from the left"),
    of(required("line_keys", objects, "labels of L1 and on"), "line_key"),
    optional("cursor", pair, "[row, column]"),
    required("revision", integer, "grows with every change"),
};

constexpr member line_key_members[] = {
    required("label", string, "text"),
    required("icon", string, "idle, ringing, talking, held, unregistered"),
};

constexpr member ringer_members[] = {
    required("tone", string, "tone id"),
    required("cadence", pairs, "[on_ms, off_ms]; empty: the tone's own"),
    within(required("volume", integer, "loudness"), 0, 15),
};

constexpr member gain_members[] = {
    required("microphone_db", number, "amplification"),
    required("speaker_db", number, "amplification"),
};

constexpr member route_members[] = {
    one_of(required("output", string, "where sound goes"), "handset headset speaker ringer"),
};

constexpr member snapshot_members[] = {
    of(optional("leds", objects, "for led and expansion"), "led"),
    of(optional("screen", object, "for display and expansion"), "screen"),
    of(optional("ringer", object, "for ringer, while it rings"), "ringer"),
    of(optional("route", object, "for audio"), "route"),
    of(optional("gain", object, "for audio"), "gain"),
    of(optional("hook", object, "for hook"), "hook"),
};

constexpr member hook_members[] = {
    required("off_hook", boolean, "the handset is lifted"),
    required("headset_plugged", boolean, "a headset is there"),
    required("headset_hook", boolean, "its own hook switch is open"),
};

constexpr object_schema objects_list[] = {
    {"account", "An account and its registration.", account_members},
    {"call", "A call.", call_members},
    {"dialog", "How other SIP elements know a call.", dialog_members},
    {"media", "What a call's media were agreed to be.", media_members},
    {"quality", "How a call's media fare.", quality_members},
    {"transfer", "How a transfer goes.", transfer_members},
    {"features", "What the user has switched on.", features_members},
    {"rule", "One kind of forwarding.", rule_members},
    {"entry", "One line of the call lists.", entry_members},
    {"led", "A lamp.", led_members},
    {"screen", "What the display means; a driver renders it as it can.", screen_members},
    {"line_key", "The label beside a line key.", line_key_members},
    {"ringer", "A ring that sounds.", ringer_members},
    {"route", "Where sound goes.", route_members},
    {"gain", "How loud.", gain_members},
    {"hook", "The hook as last known.", hook_members},
    {"snapshot", "Every level a driver of these kinds shows.", snapshot_members},
};

constexpr member hello_members[] = {
    required("product", string, "phoned"),
    required("version", string, "of the product"),
    required("protocol", pair, "[major, minor]"),
    required("auth", string, "peercred"),
    required("max_line", integer, "bytes in a line"),
    required("instance", string, "differs from run to run"),
};

constexpr member sequence = required("seq", integer, "number of the event, growing by one over all topics");
constexpr member moment = required("time", string, "calendar time, UTC");

constexpr member account_state_event[] = {sequence, moment, of(required("account", object, "as it is now"), "account")};
constexpr member call_state_event[] = {sequence, moment, of(required("call", object, "as it is now"), "call")};
constexpr member call_media_event[] = {sequence, moment, of(required("media", object, "as it is now"), "media")};
constexpr member call_quality_event[] = {moment, of(required("quality", object, "so far"), "quality")};
constexpr member call_transfer_event[] = {
    sequence, moment, of(required("transfer", object, "as it is now"), "transfer")};
constexpr member feature_state_event[] = {
    sequence, moment, of(required("features", object, "as they are now"), "features")};
constexpr member history_added_event[] = {sequence, moment, of(required("entry", object, "the new line"), "entry")};
constexpr member driver_up_event[] = {
    sequence, moment, required("name", string, "the driver"), required("kinds", strings, "what it drives")};
constexpr member driver_down_event[] = {
    sequence,
    moment,
    required("name", string, "the driver"),
    required("kinds", strings, "what it drove"),
    required("reason", string, "why it left"),
};
constexpr member alarm_event[] = {
    sequence,
    moment,
    one_of(required("severity", string, "how bad"), "warning error critical"),
    required("source", string, "what is concerned: `driver:keypad`, `account.1`"),
    required("text", string, "what is wrong"),
};
constexpr member trace_event[] = {
    sequence,
    required("time", string, "when the message crossed the socket"),
    one_of(required("direction", string, ""), "received sent"),
    required("transport", string, "udp, tcp, tls"),
    required("local", string, "own address"),
    required("remote", string, "the other side's"),
    required("text", string, "the message"),
    optional("truncated", boolean, "there was more"),
};
constexpr member ringer_level[] = {
    required("ringing", boolean, ""), of(required("ringer", object, "what sounds or sounded last"), "ringer")};
constexpr member audio_open[] = {
    required("rate", integer, "samples per second"),
    required("period_frames", integer, "samples in 10 ms"),
    required("channels", integer, "1"),
    required("format", string, "s16"),
    one_of(required("transport", string, "how samples cross"), "shm packet"),
};
constexpr member audio_attach[] = {
    one_of(required("transport", string, "as opened"), "shm packet"),
    required("descriptors", integer, "how many travel with this line (SCM_RIGHTS)"),
};
constexpr member shutdown_members[] = {required("reason", string, "why")};

constexpr outgoing_schema outgoing_list[] = {
    {"hello", audience::everybody, form::edge, "The first line of a connection.", hello_members},
    {"ping", audience::everybody, form::call, "Sent after 5 s of silence; answer with an empty result.", {}},
    {"shutdown", audience::everybody, form::edge, "The phone stops; the connection closes next.", shutdown_members},
    {"account.state", audience::subscribers, form::edge, "A registration changed.", account_state_event},
    {"call.state", audience::subscribers, form::edge, "A call changed.", call_state_event},
    {"call.media", audience::subscribers, form::edge, "Media were agreed on anew.", call_media_event},
    {"call.quality", audience::subscribers, form::level, "Media statistics, from time to time.", call_quality_event},
    {"call.transfer", audience::subscribers, form::edge, "A transfer began, went on or ended.", call_transfer_event},
    {"feature.state", audience::subscribers, form::edge, "The user switched a feature.", feature_state_event},
    {"history.added", audience::subscribers, form::edge, "A call that has ended is in the call lists.",
     history_added_event},
    {"driver.up", audience::subscribers, form::edge, "A driver registered.", driver_up_event},
    {"driver.down", audience::subscribers, form::edge, "A driver left.", driver_down_event},
    {"alarm", audience::subscribers, form::edge, "Something needs attention.", alarm_event},
    {"trace", audience::subscribers, form::edge, "A SIP message crossed a socket; not kept for `since`.", trace_event},
    {"led.set", audience::drivers, form::level, "To led and expansion.", led_members},
    {"display.update", audience::drivers, form::level, "To display and expansion.", screen_members},
    {"ringer.start", audience::drivers, form::level, "To ringer.", ringer_members},
    {"ringer.stop", audience::drivers, form::level, "To ringer.", {}},
    {"audio.open", audience::drivers, form::call, "To audio: prepare for this format.", audio_open},
    {"audio.attach", audience::drivers, form::edge, "To audio, after it agreed: the descriptors of the audio plane.",
     audio_attach},
    {"audio.start", audience::drivers, form::call, "To audio: begin periods.", {}},
    {"audio.stop", audience::drivers, form::call, "To audio: rest.", {}},
    {"audio.route", audience::drivers, form::call, "To audio.", route_members},
    {"audio.gain", audience::drivers, form::call, "To audio.", gain_members},
    {"screen", audience::subscribers, form::level, "What drivers are shown, for clients that draw a phone.",
     screen_members},
    {"led", audience::subscribers, form::level, "The same for lamps.", led_members},
    {"ringer", audience::subscribers, form::level, "The same for the ringer.", ringer_level},
};

}  // namespace

std::span<const object_schema> object_table() {
    return objects_list;
}
std::span<const outgoing_schema> outgoing_table() {
    return outgoing_list;
}

}  // namespace phoned

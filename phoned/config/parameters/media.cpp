// Codecs, digits, ports, quality of service, voice processing, jitter buffer.
#include "phoned/config/fields.hpp"

#include <algorithm>
#include <cctype>

namespace phoned::config {
namespace {

using enum file_scope;
using account = account_settings;

// The guide's codec table. It knows no Opus, so that one has Y 0; the edition that counts from 0 puts its own there.
constexpr std::string_view codec_names[] = {"opus", "PCMU",    "PCMA",    "G723_53", "G723_63", "G729", "G722",
                                            "iLBC", "G726-16", "G726-24", "G726-32", "G726-40", "GSM"};
constexpr std::string_view codec_numbers[] = {"107", "0",   "8",   "4",   "4",   "18", "9",
                                              "106", "103", "104", "102", "105", "3"};
constexpr std::string_view codec_enabled[] = {"0", "1", "1", "0", "0", "1", "1", "0", "0", "0", "0", "0", "0"};
constexpr std::string_view codec_priorities[] = {"0", "1", "2", "0", "0", "3", "4", "0", "0", "0", "0", "0", "0"};

bool same_codec(std::string_view a, std::string_view b) {
    const auto fold = [](char c) {
        return c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    };
    return std::ranges::equal(a, b, {}, fold, fold);
}

// Later editions name the codec instead of numbering it.
template <auto Member>
bool named_codec_field(settings& to, const place& at, const parsed_value& value) {
    auto& codecs = to.accounts[at.x() - 1].codecs;
    const auto slot = std::ranges::find_if(codecs, [&](const codec_setting& codec) {
        return same_codec(codec.payload_type, at.name);
    });
    if (slot == codecs.end()) return false;
    assign((*slot).*Member, value);
    return true;
}

constexpr parameter rows[] = {
    {"account.X.codec.Y.enable", per_codec, phone, flag(), "", "the codec is offered",
     codec_field<&codec_setting::enabled>, codec_enabled},
    {"account.X.codec.Y.payload_type", per_codec, phone, text(32), "", "the codec's name",
     codec_field<&codec_setting::payload_type>, codec_names},
    {"account.X.codec.Y.priority", per_codec, phone, integer(0, 13), "", "1 is the first choice",
     codec_field<&codec_setting::priority>, codec_priorities},
    {"account.X.codec.Y.rtpmap", per_codec, phone, integer(0, 127), "", "RTP payload type number",
     codec_field<&codec_setting::rtpmap>, codec_numbers},
    {"account.X.codec.NAME.enable", per_account, phone, flag(), "", "the same by name (later editions)",
     named_codec_field<&codec_setting::enabled>},
    {"account.X.codec.NAME.priority", per_account, phone, integer(0, 13), "", "the same by name (later editions)",
     named_codec_field<&codec_setting::priority>},
    {"account.X.ptime", per_account, phone, choice(0, 10, 20, 30, 40, 50, 60), "20",
     "packet time asked for, ms; 0 asks for none", account_field<&account::ptime>},
    {"account.X.srtp_encryption", per_account, phone, integer(0, 2), "0",
     "secure media (SRTP): 0 off, 1 forced, 2 negotiated (the order of the T46G generation; later ones swap 1 and 2)",
     account_field<&account::srtp>},
    {"account.X.dtmf.type", per_account, phone, integer(0, 3), "1",
     "digits: 0 in-band, 1 telephone-event (RFC 4733), 2 SIP INFO, 3 telephone-event and INFO",
     account_field<&account::dtmf>},
    {"account.X.dtmf.info_type", per_account, phone, integer(0, 3), "0",
     "INFO body: 0 off, 1 dtmf-relay, 2 dtmf, 3 telephone-event", account_field<&account::dtmf_info_type>},
    {"account.X.dtmf.dtmf_payload", per_account, phone, integer(96, 127), "101",
     "payload type of telephone-event (the guide prints 96-255; RTP has 7 bits)",
     account_field<&account::dtmf_payload>},
    {"features.dtmf.repetition", no_index, common, integer(1, 3), "3", "end packets of a digit",
     phone_field<&settings::dtmf_repetition>},
    {"features.dtmf.hide", no_index, common, flag(), "0", "show digits as *"},
    {"features.dtmf.hide_delay", no_index, common, flag(), "0", "hide a digit a moment later"},
    {"features.dtmf.transfer", no_index, common, text(32), "", "digits that stand for a transfer"},
    {"features.dtmf.replace_tran", no_index, common, flag(), "0", "send them instead of a transfer"},
    {"features.play_local_dtmf_tone_enable", no_index, common, flag(), "1", "own digits are heard",
     phone_field<&settings::play_local_dtmf_tone>},
    {"network.port.min_rtpport", no_index, common, integer(0, 65535), "11780", "first RTP port",
     phone_field<&settings::min_rtp_port>},
    {"network.port.max_rtpport", no_index, common, integer(0, 65535), "11800", "last RTP port",
     phone_field<&settings::max_rtp_port>},
    {"network.qos.rtptos", no_index, common, integer(0, 63), "46", "DSCP of RTP", phone_field<&settings::rtp_dscp>},
    {"network.qos.signaltos", no_index, common, integer(0, 63), "26", "DSCP of SIP",
     phone_field<&settings::signalling_dscp>},
    {"voice.vad", no_index, common, flag(), "0", "send nothing in silence",
     phone_part_field<&settings::voice, &voice_settings::saves_silence>},
    {"voice.cng", no_index, common, flag(), "1", "comfort noise (RFC 3389)",
     phone_part_field<&settings::voice, &voice_settings::comfort_noise>},
    {"voice.echo_cancellation", no_index, common, flag(), "1",
     "echo cancellation, where the audio driver tells its delay",
     phone_part_field<&settings::voice, &voice_settings::cancels_echo>},
    {"voice.side_tone", no_index, common, integer(-48, 0), "-3", "own voice in the handset, dB"},
    {"voice.call_preview_mode", no_index, common, integer(1, 3), "1",
     "ring-back against early media: 1 mix, 2 tone only, 3 media only", phone_field<&settings::preview>},
    {"voice.jib.adaptive", no_index, common, flag(), "1", "jitter buffer: 0 fixed, 1 adaptive",
     phone_part_field<&settings::jitter_buffer, &jitter_buffer_settings::adaptive>},
    {"voice.jib.min", no_index, common, integer(0, 1000), "0", "its least delay, ms",
     phone_part_field<&settings::jitter_buffer, &jitter_buffer_settings::minimum>},
    {"voice.jib.max", no_index, common, integer(0, 1000), "300", "its greatest delay, ms",
     phone_part_field<&settings::jitter_buffer, &jitter_buffer_settings::maximum>},
    {"voice.jib.normal", no_index, common, integer(0, 1000), "120", "delay of the fixed buffer, ms",
     phone_part_field<&settings::jitter_buffer, &jitter_buffer_settings::normal>},
    {"voice.rtcp_xr.enable", no_index, common, flag(), "0", "RTCP extended reports (later editions)"},
    {"phone_setting.vq_rtcpxr.*", no_index, common, text(), "", "voice quality reports (later editions)"},
    {"account.X.vq_rtcpxr.*", per_account, phone, text(), "", "voice quality reports (later editions)"},
    {"multicast.codec", no_index, common, text(32), "G722", "codec of paging"},
};

}  // namespace

std::span<const parameter> media_parameters() {
    return rows;
}

}  // namespace phoned::config

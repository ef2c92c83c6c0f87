// What the guide has no name for.
#include "phoned/config/fields.hpp"

namespace phoned::config {
namespace {

using enum file_scope;

bool access_field(settings& to, const place& at, const parsed_value& value) {
    to.access[at.x() - 1] = value.access;
    return true;
}

constexpr parameter rows[] = {
    {"offhook.local_address", no_index, phone, host(), "", "bind SIP and RTP to this address; empty: by route",
     phone_field<&settings::local_address>},
    {"offhook.outbound", no_index, phone, flag(), "0",
     "a connection to each server and outbound proxy, which is kept alive and over which calls come (RFC 5626)",
     every_account_field<&account_settings::outbound>},
    {"offhook.ring_time", no_index, phone, integer(0, 3600), "120", "an incoming call rings so long, s; 0 without end",
     phone_field<&settings::ring_time>},
    {"offhook.no_answer_time", no_index, phone, integer(0, 3600), "180",
     "an outgoing call is cancelled after ringing so long, s; 0 never", phone_field<&settings::no_answer_time>},
    {"offhook.rtp_timeout", no_index, phone, integer(0, 3600), "30",
     "a call that should get media and gets none ends after this, s; 0 never", phone_field<&settings::rtp_timeout>},
    {"offhook.symmetric_rtp", no_index, phone, integer(0, 2), "1",
     "send RTP to where the peer's comes from (RFC 4961): 0 never, 1 where the address it names is private and ours is "
     "not, 2 always",
     phone_field<&settings::symmetric_rtp>},
    {"offhook.dtls_srtp", no_index, phone, integer(0, 2), "1",
     "keys of secure media by DTLS (RFC 5763), where account.X.srtp_encryption allows media to be secure: 0 never, 1 "
     "where the peer offers it, 2 offered before keys in the description",
     phone_field<&settings::dtls_srtp>},
    {"offhook.transfer_bye", no_index, phone, choice(0, 1), "0",
     "whoever transfers a call leaves it: 0 when the new call is up, so that it can be taken back until then, 1 as "
     "soon "
     "as the transfer is accepted",
     phone_field<&settings::release_transferred>},
    {"offhook.hold_music", no_index, phone, text(), "", "sound file that a peer on hold hears; empty: silence",
     phone_field<&settings::hold_music>},
    {"offhook.large_message_limit", no_index, phone, integer(0, 65535), "1300",
     "requests above this size leave by TCP, bytes (RFC 3261 18.1.1); 0 never",
     phone_field<&settings::large_message_limit>},
    {"offhook.audio_rate", no_index, phone, choice(8000, 16000), "8000", "samples per second to the audio driver",
     phone_field<&settings::audio_rate>},
    {"offhook.log_level", no_index, phone, integer(0, 5), "2", "0 trace, 1 debug, 2 info, 3 warning, 4 error, 5 off",
     phone_field<&settings::level>},
    {"offhook.access.X", numbered(max_access_rules), phone, access(), "",
     "who may do what on the sockets; the rules that fit add up", access_field},
};

}  // namespace

std::span<const parameter> offhook_parameters() {
    return rows;
}

}  // namespace phoned::config

// Call features of one account.
#include "phoned/config/fields.hpp"

namespace phoned::config {
namespace {

using enum file_scope;
using account = account_settings;

constexpr parameter rows[] = {
    {"account.X.anonymous_call", per_account, phone, flag(), "0", "hide own identity"},
    {"account.X.anonymous_call_oncode", per_account, phone, text(32), "", "code that switches it on at the server"},
    {"account.X.anonymous_call_offcode", per_account, phone, text(32), "", "code that switches it off"},
    {"account.X.send_anonymous_code", per_account, phone, flag(), "0", "dial the code when the user switches"},
    {"account.X.reject_anonymous_call", per_account, phone, flag(), "0", "answer 433 to a caller without identity"},
    {"account.X.anonymous_reject_oncode", per_account, phone, text(32), "", "code that switches it on at the server"},
    {"account.X.anonymous_reject_offcode", per_account, phone, text(32), "", "code that switches it off"},
    {"account.X.auto_answer", per_account, phone, flag(), "0", "answer by itself, except during a call",
     account_field<&account::auto_answer>},
    {"account.X.missed_calllog", per_account, phone, flag(), "1", "keep missed calls"},
    {"account.X.dnd.enable", per_account, phone, flag(), "0", "do not disturb; counts when features.dnd_mode is 1",
     account_field<&account::do_not_disturb>},
    {"account.X.dnd.on_code", per_account, phone, text(32), "", "code that switches it on at the server"},
    {"account.X.dnd.off_code", per_account, phone, text(32), "", "code that switches it off"},
    {"account.X.always_fwd.enable", per_account, phone, flag(), "0",
     "forward every call; counts when features.fwd_mode is 1"},
    {"account.X.always_fwd.target", per_account, phone, text(), "", "where to"},
    {"account.X.always_fwd.on_code", per_account, phone, text(32), "", "code that switches it on at the server"},
    {"account.X.always_fwd.off_code", per_account, phone, text(32), "", "code that switches it off"},
    {"account.X.busy_fwd.enable", per_account, phone, flag(), "0", "forward when busy"},
    {"account.X.busy_fwd.target", per_account, phone, text(), "", "where to"},
    {"account.X.busy_fwd.on_code", per_account, phone, text(32), "", "code that switches it on at the server"},
    {"account.X.busy_fwd.off_code", per_account, phone, text(32), "", "code that switches it off"},
    {"account.X.timeout_fwd.enable", per_account, phone, flag(), "0", "forward when nobody answers"},
    {"account.X.timeout_fwd.target", per_account, phone, text(), "", "where to"},
    {"account.X.timeout_fwd.timeout", per_account, phone, integer(0, 20), "2", "after so many rings of 6 s"},
    {"account.X.timeout_fwd.on_code", per_account, phone, text(32), "", "code that switches it on at the server"},
    {"account.X.timeout_fwd.off_code", per_account, phone, text(32), "", "code that switches it off"},
    {"account.X.session_timer.enable", per_account, phone, flag(), "0", "session timers (RFC 4028)",
     account_field<&account::session_timer>},
    {"account.X.session_timer.expires", per_account, phone, clamped(90, 9999), "1800",
     "session interval, s (the guide allows 1; RFC 4028 does not go below 90)",
     account_field<&account::session_interval>},
    {"account.X.session_timer.refresher", per_account, phone, flag(), "0", "who refreshes: 0 the caller, 1 the callee",
     account_field<&account::callee_refreshes>},
    {"account.X.music_on_hold_type", per_account, phone, flag(), "0",
     "0 calls the music server then holds, 1 the other way"},
    {"account.X.music_server_uri", per_account, phone, text(), "", "music on hold server"},
    {"account.X.conf_type", per_account, phone, choice(0, 2), "0", "conference: 0 in the phone, 2 in the network"},
    {"account.X.conf_uri", per_account, phone, text(), "", "conference server"},
    {"account.X.cid_source", per_account, phone, integer(0, 5), "0",
     "who calls: 0 From, 1 PAI, 2 PAI From, 3 PRID PAI From, 4 PAI RPID From, 5 RPID From"},
    {"account.X.cid_source_privacy", per_account, phone, flag(), "1", "Privacy: id hides the caller"},
    {"account.X.cid_source_ppi", per_account, phone, flag(), "1", "P-Preferred-Identity counts"},
    {"account.X.cp_source", per_account, phone, integer(0, 2), "0",
     "who was reached: 0 PAI RPID, 1 dialled, 2 RFC 4916"},
    {"account.X.alert_info_url_enable", per_account, phone, flag(), "1", "fetch the ring tone that Alert-Info names"},
    {"account.X.alert_info", per_account, phone, text(), "", "Alert-Info of outgoing intercom calls"},
    {"account.X.ringtone.ring_type", per_account, phone, text(), "common", "ring tone"},
    {"account.X.picture_info_enable", per_account, phone, flag(), "1", "show a picture of the caller"},
    {"account.X.dialoginfo_callpickup", per_account, phone, flag(), "0", "pick up by dialog information"},
    {"account.X.direct_pickup_code", per_account, phone, text(32), "", "directed pickup code"},
    {"account.X.group_pickup_code", per_account, phone, text(32), "", "group pickup code"},
    {"account.X.subscribe_mwi", per_account, phone, flag(), "0", "subscribe to message-summary"},
    {"account.X.subscribe_mwi_expires", per_account, phone, integer(0, 84600), "3600", "its interval, s"},
    {"account.X.subscribe_mwi_to_vm", per_account, phone, flag(), "0",
     "subscribe to the mailbox instead of the account"},
    {"voice_mail.number.X", per_account, phone, text(), "", "mailbox number"},
    {"account.X.blf.blf_list_uri", per_account, phone, text(), "", "list of watched lines"},
    {"account.X.blf_list_code", per_account, phone, text(32), "", "pickup code of the list"},
    {"account.X.blf_list_barge_in_code", per_account, phone, text(32), "", "barge-in code of the list"},
    {"account.X.blf.subscribe_period", per_account, phone, integer(30, 2147483647), "1800", "interval, s"},
    {"account.X.blf.subscribe_event", per_account, phone, flag(), "0", "0 dialog, 1 presence"},
    {"account.X.out_dialog_blf_enable", per_account, phone, flag(), "0", "take NOTIFY outside a dialog"},
    {"account.X.shared_line", per_account, phone, integer(0, 3), "0", "0 off, 1 BroadSoft, 2 or 3 bridged lines"},
    {"account.X.bla_number", per_account, phone, text(), "", "number of the bridged line"},
    {"account.X.bla_subscribe_period", per_account, phone, integer(60, 7200), "300", "interval, s"},
    {"account.X.subscribe_acd_expires", per_account, phone, integer(120, 3600), "3600", "interval, s"},
    {"account.X.acd.enable", per_account, phone, flag(), "0", "call distribution"},
    {"account.X.acd.available", per_account, phone, flag(), "0", "available at start"},
    {"account.X.acd.initial_state", per_account, phone, integer(0, 3), "1", "first state"},
    {"account.X.acd.unavailable_reason_enable", per_account, phone, flag(), "0", "ask for a reason"},
    {"account.X.hoteling.*", per_account, phone, text(), "", "BroadSoft hoteling"},
    {"account.X.call_center.*", per_account, phone, text(), "", "BroadSoft call centre"},
    {"account.X.xsi.*", per_account, phone, text(), "", "BroadSoft XSI"},
};

}  // namespace

std::span<const parameter> account_call_parameters() {
    return rows;
}

}  // namespace phoned::config

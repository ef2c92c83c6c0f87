// Calls.
#include "phoned/protocol/message_json.hpp"
#include "phoned/protocol/method_table.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace phoned {
namespace {

namespace json = boost::json;
using enum member_type;

constexpr member call_member = required("call", integer, "number of the call");
constexpr member call_param[] = {call_member};
constexpr member target_member = within(required("target", string, "a number, user@host, or a SIP URI"), 0, 512);
constexpr member dial_params[] = {
    target_member,
    within(optional("account", integer, "which account calls; the first usable if left out"), 1, max_accounts),
    optional("anonymous", boolean, "the other side is not told who calls"),
    optional("intercom", boolean, "the other side is asked to answer by itself"),
};
constexpr member from_params[] = {
    within(optional("account", integer, "which account calls; that of the former call if left out"), 1, max_accounts),
};
constexpr member target_params[] = {call_member, target_member};
constexpr member to_params[] = {
    required("call", integer, "whose peer is sent away"),
    required("to", integer, "the call to whose peer; it talks, or rings there"),
};
constexpr member with_params[] = {
    call_member,
    required("with", integer, "number of the other call"),
};
constexpr member conference_results[] = {
    optional("call", integer, "the call to the conference, where the network mixes"),
};
constexpr member swap_results[] = {required("call", integer, "the call that talks now")};
constexpr member dial_results[] = {required("call", integer, "number of the new call")};
constexpr member reject_params[] = {
    call_member,
    within(optional("sip_code", integer, "final answer; features.normal_refuse_code if left out"), 400, 699),
};
constexpr member mute_params[] = {call_member, optional("muted", boolean, "true if left out")};
constexpr member dtmf_params[] = {
    call_member,
    within(required("digits", string, "0-9 A-D * #, and a comma for a pause of one second"), 0, 64),
};
constexpr member list_results[] = {
    of(required("calls", objects, "those that live and those that ended lately, oldest first"), "call")};
constexpr member stats_results[] = {of(required("quality", object, "so far"), "quality")};

call_number number_of(const method_call& call) {
    return call_number{call.args.integer("call")};
}

method_result made_call(const command_result<call_number>& made) {
    if (!made) return made.error();
    return json::object{{"call", static_cast<std::uint32_t>(*made)}};
}

method_result dial(const method_call& call) {
    return made_call(call.phone().call_dial(
        call.context(), {call.args.text("target"), call.args.integer_if("account"), call.args.flag("anonymous"),
                         call.args.flag("intercom")}
    ));
}

method_result redial(const method_call& call) {
    return made_call(call.phone().call_redial(call.context(), call.args.integer_if("account")));
}

method_result call_back(const method_call& call) {
    return made_call(call.phone().call_return(call.context(), call.args.integer_if("account")));
}

method_result answer(const method_call& call) {
    return nothing(call.phone().call_answer(call.context(), number_of(call)));
}

method_result reject(const method_call& call) {
    return nothing(call.phone().call_reject(call.context(), number_of(call), call.args.integer_if("sip_code")));
}

method_result hangup(const method_call& call) {
    return nothing(call.phone().call_hangup(call.context(), number_of(call)));
}

method_result hold(const method_call& call) {
    return nothing(call.phone().call_hold(call.context(), number_of(call)));
}

method_result resume(const method_call& call) {
    return nothing(call.phone().call_resume(call.context(), number_of(call)));
}

method_result mute(const method_call& call) {
    return nothing(call.phone().call_mute(call.context(), number_of(call), call.args.flag_if("muted").value_or(true)));
}

method_result swap(const method_call& call) {
    return made_call(call.phone().call_swap(call.context()));
}

method_result forward(const method_call& call) {
    return nothing(call.phone().call_forward(call.context(), number_of(call), call.args.text("target")));
}

method_result transfer(const method_call& call) {
    return nothing(call.phone().call_transfer(call.context(), number_of(call), call.args.text("target")));
}

method_result transfer_attended(const method_call& call) {
    return nothing(
        call.phone().call_transfer_attended(call.context(), number_of(call), call_number{call.args.integer("to")})
    );
}

method_result conference(const method_call& call) {
    const auto made =
        call.phone().call_conference(call.context(), number_of(call), call_number{call.args.integer("with")});
    if (!made) return made.error();
    json::object answer;
    if (*made) answer["call"] = static_cast<std::uint32_t>(**made);
    return answer;
}

method_result split(const method_call& call) {
    return nothing(call.phone().call_split(call.context(), number_of(call)));
}

method_result leave(const method_call& call) {
    return nothing(call.phone().call_leave_conference(call.context()));
}

method_result dtmf(const method_call& call) {
    const auto digits = call.args.text("digits");
    const auto is_digit = [](char c) {
        return std::string_view{"0123456789ABCD*#,"}.find(c) != std::string_view::npos;
    };
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) {
        return command_failure{
            .code = error_number::invalid_params,
            .message = "call.dtmf: `digits` has something else than 0-9 A-D * # and commas",
            .cause = "digits",
            .layer = "protocol",
        };
    }
    return nothing(call.phone().call_dtmf(call.context(), number_of(call), digits));
}

method_result list(const method_call& call) {
    json::array calls;
    for (const auto& one : call.phone().call_list(call.context()))
        calls.push_back(to_json(one));
    return json::object{{"calls", std::move(calls)}};
}

method_result stats(const method_call& call) {
    const auto quality = call.phone().call_stats(call.context(), number_of(call));
    if (!quality) return quality.error();
    return json::object{{"quality", to_json(*quality)}};
}

constexpr method rows[] = {
    {"call.dial", caller::controller, "Begins a call; call.state tells how it goes.", dial_params, dial_results, dial},
    {"call.answer", caller::controller, "Answers an incoming call.", call_param, {}, answer},
    {"call.reject", caller::controller, "Refuses an incoming call.", reject_params, {}, reject},
    {"call.hangup", caller::controller, "Ends a call in whatever state it is.", call_param, {}, hangup},
    {"call.hold", caller::controller, "Puts a call on hold.", call_param, {}, hold},
    {"call.resume", caller::controller, "Takes it back.", call_param, {}, resume},
    {"call.mute", caller::controller, "Switches the microphone of a call.", mute_params, {}, mute},
    {"call.dtmf", caller::controller, "Sends digits, one after the other.", dtmf_params, {}, dtmf},
    {"call.redial", caller::controller, "Calls whom the phone called last.", from_params, dial_results, redial},
    {"call.return", caller::controller, "Calls whoever called last.", from_params, dial_results, call_back},
    {"call.forward", caller::controller, "Sends a ringing call somewhere else (302).", target_params, {}, forward},
    {"call.swap",
     caller::controller,
     "The held call talks, the one that talks is held; of several held ones the newest.",
     {},
     swap_results,
     swap},
    {"call.transfer",
     caller::controller,
     "Sends the other side to somebody else (blind); call.transfer tells how it goes.",
     target_params,
     {},
     transfer},
    {"call.transfer_attended",
     caller::controller,
     "Joins the other sides of two calls; call.transfer tells how it goes. A target that still rings is waited for, or "
     "called anew where transfer.semi_attend_tran_enable is 0.",
     to_params,
     {},
     transfer_attended},
    {"call.conference", caller::controller,
     "Joins two calls in a conference, here or, on accounts with conf_type 2, at conf_uri; what is on hold is taken "
     "back first.",
     with_params, conference_results, conference},
    {"call.split",
     caller::controller,
     "Ends the conference: this call goes on, the others are put on hold.",
     call_param,
     {},
     split},
    {"call.leave_conference",
     caller::controller,
     "Leaves the conference: the others are joined by transfer (transfer.tran_others_after_conf_enable), or hung up.",
     {},
     {},
     leave},
    {"call.list", caller::observer, "All calls.", {}, list_results, list},
    {"call.stats", caller::observer, "Media statistics of a call.", call_param, stats_results, stats},
};

}  // namespace

std::span<const method> call_methods() {
    return rows;
}

}  // namespace phoned

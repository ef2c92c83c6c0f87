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
constexpr member dial_params[] = {
    within(required("target", string, "a number, user@host, or a SIP URI"), 0, 512),
    within(optional("account", integer, "which account calls; the first usable if left out"), 1, max_accounts),
};
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

method_result dial(const method_call& call) {
    const auto made =
        call.phone().call_dial(call.context(), {call.args.text("target"), call.args.integer_if("account")});
    if (!made) return made.error();
    return json::object{{"call", static_cast<std::uint32_t>(*made)}};
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
    {"call.list", caller::observer, "All calls.", {}, list_results, list},
    {"call.stats", caller::observer, "Media statistics of a call.", call_param, stats_results, stats},
};

}  // namespace

std::span<const method> call_methods() {
    return rows;
}

}  // namespace phoned

// What users switch on and off, and the call lists.
#include "phoned/protocol/message_json.hpp"
#include "phoned/protocol/method_table.hpp"
#include "phoned/protocol/names.hpp"

#include <boost/json/array.hpp>

namespace phoned {
namespace {

namespace json = boost::json;
using enum member_type;

constexpr member whose_member = within(
    optional("account", integer, "whose, where accounts have their own; all of them if left out"), 1, max_accounts
);
constexpr member dnd_params[] = {required("on", boolean, "switched on"), whose_member};
constexpr member forward_params[] = {
    one_of(required("kind", string, "which calls"), "always busy no_answer"),
    required("on", boolean, "switched on"),
    within(optional("target", string, "a number, user@host, or a SIP URI; as it was if left out"), 0, 255),
    within(optional("rings", integer, "of 6 s, before no_answer forwards; as they were if left out"), 0, 20),
    whose_member,
};
constexpr member feature_results[] = {
    of(required("features", objects, "one for the phone or, where accounts have their own, one for each"), "features")};
constexpr member history_params[] = {
    one_of(optional("kind", string, "which list; all if left out"), "all dialled received missed forwarded"),
    within(optional("limit", integer, "so many at most; 50 if left out"), 1, 200),
};
constexpr member history_results[] = {
    of(required("entries", objects, "newest first"), "entry"),
    required("missed", integer, "how many of those that are kept were missed"),
};

method_result set_dnd(const method_call& call) {
    return nothing(call.phone().dnd_set(call.context(), call.args.flag("on"), call.args.integer_if("account")));
}

method_result set_forward(const method_call& call) {
    const auto kind = call.args.text("kind");
    forward_request wanted{
        .kind = kind == "always" ? forward_kind::always
                : kind == "busy" ? forward_kind::busy
                                 : forward_kind::no_answer,
        .on = call.args.flag("on"),
        .rings = call.args.integer_if("rings"),
        .account = call.args.integer_if("account"),
    };
    if (call.args.has("target")) wanted.target = call.args.text("target");
    return nothing(call.phone().forward_set(call.context(), wanted));
}

method_result list_features(const method_call& call) {
    json::array all;
    for (const auto& one : call.phone().feature_list(call.context()))
        all.push_back(to_json(one));
    return json::object{{"features", std::move(all)}};
}

method_result list_history(const method_call& call) {
    const auto page = call.phone().history_list(
        call.context(), {history_kind_named(call.args.text("kind")), call.args.integer_if("limit").value_or(50)}
    );
    if (!page) return page.error();
    json::array entries;
    for (const auto& one : page->entries)
        entries.push_back(to_json(one));
    return json::object{{"entries", std::move(entries)}, {"missed", page->missed}};
}

method_result clear_history(const method_call& call) {
    return nothing(call.phone().history_clear(call.context()));
}

constexpr method rows[] = {
    {"dnd.set", caller::controller, "Do not disturb.", dnd_params, {}, set_dnd},
    {"forward.set", caller::controller, "Forwards calls, or no longer.", forward_params, {}, set_forward},
    {"feature.list", caller::observer, "What is switched on.", {}, feature_results, list_features},
    {"history.list", caller::observer, "The call lists.", history_params, history_results, list_history},
    {"history.clear", caller::controller, "Empties them.", {}, {}, clear_history},
};

}  // namespace

std::span<const method> feature_methods() {
    return rows;
}

}  // namespace phoned

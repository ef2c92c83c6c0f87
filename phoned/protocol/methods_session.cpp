// Joining, subscribing, staying alive, asking what there is.
#include "phoned/protocol/message_json.hpp"
#include "phoned/protocol/method_table.hpp"
#include "phoned/protocol/names.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>

namespace phoned {
namespace {

namespace json = boost::json;
using enum member_type;

constexpr std::string_view kind_words = "keypad hook display led audio ringer expansion misc";

constexpr member name_member = within(required("name", string, "for logs and events"), 0, 64);
constexpr member protocol_member = required("protocol", pair, "[major, minor] that the client speaks");

constexpr member register_driver_params[] = {
    name_member,
    protocol_member,
    one_of(optional("kind", string, "what it drives"), kind_words),
    optional("kinds", strings, "the same, for a driver of several"),
    optional("capabilities", object, "audio: `transports`, a list of `shm` and `packet`; packet only if left out"),
};
constexpr member register_driver_results[] = {
    required("protocol", pair, "[major, minor] of phoned"),
    of(required("snapshot", object, "every level these kinds show"), "snapshot"),
};
constexpr member register_client_params[] = {
    name_member,
    protocol_member,
    one_of(optional("role", string, "asks for no more than this"), "observer controller admin"),
};
constexpr member register_client_results[] = {
    required("protocol", pair, "[major, minor] of phoned"),
    one_of(required("role", string, "granted"), "observer controller admin"),
};
constexpr member subscribe_params[] = {
    required("topics", strings, "event names; `call.*` for all that begin so, `*` for all but trace"),
    optional("since", integer, "the last number seen: newer events that are still kept come again"),
    optional("instance", string, "from the hello in which that number was seen"),
};
constexpr member subscribe_results[] = {
    required("seq", integer, "number of the newest event"),
    required("gap", boolean, "events after `since` are lost: ask for the lists again"),
};
constexpr member unsubscribe_params[] = {
    optional("topics", strings, "as subscribed; all if left out"),
};
constexpr member discover_results[] = {
    required("protocol", pair, "[major, minor]"),
    required("methods", objects, "what clients may send"),
    required("notifications", objects, "what phoned sends"),
    required("objects", objects, "values that several messages share"),
};

command_failure failure(error_number code, std::string message, std::string cause = {}) {
    return {.code = code, .message = std::move(message), .cause = std::move(cause), .layer = "protocol"};
}

std::optional<command_failure> check_version(const method_call& call) {
    const auto [major, minor] = call.args.pair("protocol");
    if (major == protocol_major) return std::nullopt;
    return failure(
        error_number::wrong_protocol_version,
        fmt::format("the client speaks protocol {}.{}, phoned {}.{}", major, minor, protocol_major, protocol_minor)
    );
}

json::array own_version() {
    return {protocol_major, protocol_minor};
}

method_result register_driver(const method_call& call) {
    if (auto wrong = check_version(call)) return *wrong;
    std::vector<driver_kind> kinds;
    auto words = call.args.texts("kinds");
    if (call.args.has("kind")) words.push_back(call.args.text("kind"));
    for (const auto& word : words) {
        const auto kind = driver_kind_named(word);
        if (!kind)
            return failure(
                error_number::invalid_params,
                fmt::format("driver.register: `{}` is not one of: {}", clean_text(word), kind_words), "kinds"
            );
        if (!call.from.granted.drivers.test(static_cast<std::size_t>(*kind))) {
            return failure(error_number::denied, fmt::format("this user may not drive a {}", word), "role");
        }
        if (std::find(kinds.begin(), kinds.end(), *kind) == kinds.end()) kinds.push_back(*kind);
    }
    if (kinds.empty()) return failure(error_number::invalid_params, "driver.register: `kind` is missing", "kind");
    if (const auto* const capabilities = call.args.object("capabilities")) {
        const auto transports = arguments{*capabilities}.texts("transports");
        call.from.has_shared_memory = std::find(transports.begin(), transports.end(), "shm") != transports.end();
    }
    call.from.name = clean_text(call.args.text("name"));
    call.from.kinds = std::move(kinds);
    call.from.is_registered = true;
    call.hub.after_answer = [&hub = call.hub, id = call.from.id, now = call.now] {
        if (auto* const driver = hub.find(id)) hub.register_driver(now, *driver);
    };
    return json::object{{"protocol", own_version()}, {"snapshot", call.hub.snapshot_for(call.from)}};
}

method_result register_client(const method_call& call) {
    if (auto wrong = check_version(call)) return *wrong;
    const auto asked = call.args.text("role");
    auto role = call.from.granted.control;
    if (!asked.empty()) {
        const auto wanted = asked == "admin"        ? control_role::admin
                            : asked == "controller" ? control_role::controller
                                                    : control_role::observer;
        if (wanted > role) return failure(error_number::denied, fmt::format("this user may not be {}", asked), "role");
        role = wanted;
    }
    if (role == control_role::none)
        return failure(error_number::denied, "this user has no role on the control socket", "role");
    call.from.name = clean_text(call.args.text("name"));
    call.from.role = role;
    call.from.is_registered = true;
    return json::object{{"protocol", own_version()}, {"role", name_of(role)}};
}

bool is_topic(std::string_view topic) {
    if (topic == "*") return true;
    const auto matches = [&](const outgoing_schema& row) {
        if (row.to != outgoing_schema::audience::subscribers || row.name == "trace") return false;
        return row.name == topic || (topic.ends_with(".*") && row.name.starts_with(topic.substr(0, topic.size() - 1)));
    };
    return std::ranges::any_of(outgoing_table(), matches);
}

method_result subscribe(const method_call& call) {
    const auto topics = call.args.texts("topics");
    for (const auto& topic : topics) {
        if (topic == "trace")
            return failure(error_number::invalid_params, "subscribe: traces begin with trace.start", "topics");
        if (!is_topic(topic)) {
            return failure(
                error_number::invalid_params, fmt::format("subscribe: there is no topic `{}`", clean_text(topic)),
                "topics"
            );
        }
    }
    call.from.topics.insert(topics.begin(), topics.end());
    std::optional<std::uint64_t> since;
    bool gap = false;
    if (call.args.has("since")) {
        const bool same_run = !call.args.has("instance") || call.args.text("instance") == call.hub.options.instance;
        since = same_run ? call.args.large_integer("since") : 0;
        gap = !same_run || call.hub.history.has_gap_after(*since);
    }
    call.hub.after_answer = [&hub = call.hub, id = call.from.id, now = call.now, since] {
        auto* const client = hub.find(id);
        if (client == nullptr) return;
        for (const auto& kept : hub.history.kept()) {
            if (since && kept.seq > *since && client->wants(kept.topic))
                client->connection.send_line(now.mono, kept.line);
        }
        hub.send_levels_to(now, *client);
    };
    return json::object{{"seq", call.hub.history.last()}, {"gap", gap}};
}

method_result unsubscribe(const method_call& call) {
    if (!call.args.has("topics")) call.from.topics.clear();
    for (const auto& topic : call.args.texts("topics"))
        call.from.topics.erase(topic);
    return json::object{};
}

method_result ping(const method_call&) {
    return json::object{};
}

method_result discover(const method_call&) {
    boost::system::error_code error;
    auto schema = json::parse(protocol_schema(), error);
    if (error || !schema.is_object()) return failure(error_number::internal_error, "the schema is not JSON");
    return std::move(schema.get_object());
}

constexpr method rows[] = {
    {"driver.register", caller::new_driver, "The first message of a driver. Answered with everything it has to show.",
     register_driver_params, register_driver_results, register_driver},
    {"client.register", caller::new_client, "The first message of a control client.", register_client_params,
     register_client_results, register_client},
    {"subscribe", caller::observer,
     "Adds topics. Kept events after `since` come again, then the levels as they are now.", subscribe_params,
     subscribe_results, subscribe},
    {"unsubscribe", caller::observer, "Takes topics away.", unsubscribe_params, {}, unsubscribe},
    {"ping", caller::anybody, "Shows that the other side is alive; either side may ask.", {}, {}, ping},
    {"rpc.discover", caller::anybody, "This page for machines.", {}, discover_results, discover},
};

}  // namespace

std::span<const method> session_methods() {
    return rows;
}

}  // namespace phoned

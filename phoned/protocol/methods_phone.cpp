// The phone as a whole: keys, screen, traces, metrics, log, end.
#include "phoned/protocol/message_json.hpp"
#include "phoned/protocol/method_table.hpp"
#include "phoned/protocol/names.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

namespace phoned {
namespace {

namespace json = boost::json;
using enum member_type;

constexpr member key_params[] = {within(required("key", string, "name of the key, as in key.event"), 0, 16)};
constexpr member screen_results[] = {
    of(required("screen", object, "as drivers show it"), "screen"),
    of(required("leds", objects, "lamps that were ever set"), "led"),
    required("ringing", boolean, "the ringer sounds"),
};
constexpr member metrics_results[] = {required("metrics", objects, "name, value and help of each")};
constexpr member log_params[] = {
    one_of(optional("level", string, "new level; only told if left out"), "trace debug info warning error off")};
constexpr member log_results[] = {required("level", string, "as it is now")};

method_result press(const method_call& call) {
    const auto key = call.args.text("key");
    if (!is_key_name(key)) {
        return command_failure{
            .code = error_number::invalid_params,
            .message = fmt::format("key.press: there is no key `{}`", clean_text(key)),
            .cause = "key",
            .layer = "protocol",
        };
    }
    const auto stamp = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(call.now.mono.time_since_epoch()).count()
    );
    for (const bool down : {true, false})
        call.phone().on_key(call.context(), {key, down, false, stamp});
    return json::object{};
}

method_result get_screen(const method_call& call) {
    const auto& levels = call.hub.levels;
    json::array leds;
    for (const auto& [id, lamp] : levels.leds)
        leds.push_back(to_json(lamp));
    return json::object{{"screen", to_json(levels.shown)}, {"leds", std::move(leds)}, {"ringing", levels.ring.ringing}};
}

method_result start_trace(const method_call& call) {
    call.hub.set_trace(call.from, true);
    return json::object{};
}

method_result stop_trace(const method_call& call) {
    call.hub.set_trace(call.from, false);
    return json::object{};
}

method_result get_metrics(const method_call& call) {
    auto all = call.phone().metrics(call.context());
    const auto add = [&](std::string_view name, auto value, std::string_view help) {
        all.push_back({std::string{name}, static_cast<double>(value), std::string{help}});
    };
    std::size_t drivers = 0;
    for (const auto& [id, client] : call.hub.clients)
        drivers += client.came_to == plane::driver ? 1 : 0;
    add("phoned_drivers", drivers, "Connections on the driver socket");
    add("phoned_clients", call.hub.clients.size() - drivers, "Connections on the control socket");
    add("phoned_events_total", call.hub.history.last(), "Events published");
    add("phoned_clients_expelled_total", call.hub.expelled, "Connections closed because the other side broke a rule");
    add("phoned_bad_lines_total", call.hub.bad_lines, "Lines that were not JSON-RPC");
    json::array metrics;
    for (const auto& one : all) {
        metrics.push_back(json::object{
            {"name", clean_text(one.name)}, {"value", one.value}, {"help", clean_text(one.help)}});
    }
    return json::object{{"metrics", std::move(metrics)}};
}

method_result log_level_of(const method_call& call) {
    if (const auto level = log_level_named(call.args.text("level"))) call.phone().set_log_level(*level);
    return json::object{{"level", name_of(call.phone().current_log_level())}};
}

method_result shut_down(const method_call& call) {
    call.hub.after_answer = [&phone = call.phone(), name = call.from.name, now = call.now] {
        phone.shut_down(command_context{now, name});
    };
    return json::object{};
}

constexpr method rows[] = {
    {"key.press", caller::controller, "Presses and releases a key, as if a keypad had.", key_params, {}, press},
    {"screen.get", caller::observer, "What the display and the lamps show.", {}, screen_results, get_screen},
    {"trace.start",
     caller::controller,
     "Every SIP message from now on, as topic trace, until the connection ends.",
     {},
     {},
     start_trace},
    {"trace.stop", caller::controller, "No more of them.", {}, {}, stop_trace},
    {"metrics.get", caller::observer, "Counters of the phone and of its sockets.", {}, metrics_results, get_metrics},
    {"log.level", caller::admin, "Sets or tells what is logged.", log_params, log_results, log_level_of},
    {"shutdown", caller::admin, "Ends calls, unregisters, stops.", {}, {}, shut_down},
};

}  // namespace

std::span<const method> phone_methods() {
    return rows;
}

}  // namespace phoned

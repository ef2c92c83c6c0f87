#include "phoned/tools/phonectl/commands.hpp"

#include "phoned/tools/json_access.hpp"
#include "phoned/tools/printable.hpp"

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>

namespace phoned::tools {
namespace {

void put(const std::string& line) {
    std::fputs((line + "\n").c_str(), stdout);
    // A script that reads a pipe wants each line when it happens.
    std::fflush(stdout);
}

void print_line(const std::string& line) {
    put(printable(line));
}

void print_json(const json::value& value) {
    put(json::serialize(value));
}

// The call that is meant when none is named: for answer, reject and forward one that rings here, for resume one on
// hold, otherwise the newest that lives.
unsigned chosen_call(session& phone, const std::string& method) {
    std::optional<unsigned> chosen;
    for (const auto& entry : array_of(phone.call("call.list"), "calls")) {
        const auto& call = entry.as_object();
        const auto state = text_of(call, "state");
        if (state == "terminated") continue;
        const bool rings = text_of(call, "direction") == "incoming" && state == "early";
        if ((method == "call.answer" || method == "call.reject" || method == "call.forward") && !rings) continue;
        if (method == "call.resume" && !flag_of(call, "held_by_us")) continue;
        chosen = static_cast<unsigned>(integer_of(call, "call"));
    }
    if (!chosen) throw command_error{exit_code::refused, fmt::format("{}: there is no such call now", method)};
    return *chosen;
}

std::string call_line(const json::object& call) {
    auto line = fmt::format(
        "{:>3}  {:<8}  {:<10}  {}", integer_of(call, "call"), text_of(call, "direction"), text_of(call, "state"),
        text_of(call, "remote")
    );
    if (const auto name = text_of(call, "remote_name"); !name.empty()) line += fmt::format(" ({})", name);
    if (const auto ms = integer_of(call, "talked_ms", -1); ms >= 0)
        line += fmt::format(", {}.{:01} s", ms / 1000, ms % 1000 / 100);
    if (flag_of(call, "held_by_us")) line += ", on hold";
    if (flag_of(call, "held_by_peer")) line += ", held by the other side";
    if (flag_of(call, "muted")) line += ", muted";
    if (const auto code = integer_of(call, "sip_code"); code != 0) line += fmt::format(", {}", code);
    if (const auto cause = text_of(call, "cause"); !cause.empty()) line += fmt::format(" {}", cause);
    return line;
}

std::string account_line(const json::object& account) {
    auto line = fmt::format(
        "{:>3}  {:<12}  {}", integer_of(account, "account"), text_of(account, "state"), text_of(account, "address")
    );
    if (const auto server = text_of(account, "server"); !server.empty()) line += fmt::format("  at {}", server);
    if (const auto code = integer_of(account, "sip_code"); code != 0 && code != 200) line += fmt::format("  {}", code);
    if (const auto reason = text_of(account, "reason"); !reason.empty() && reason != "OK")
        line += fmt::format(" {}", reason);
    return line;
}

void subscribe(session& phone, const std::vector<std::string>& topics, const std::optional<std::uint64_t>& since) {
    json::object params{{"topics", json::array(topics.begin(), topics.end())}};
    if (since) params["since"] = *since;
    const auto answer = phone.call("subscribe", std::move(params));
    if (flag_of(answer, "gap")) std::fputs("phonectl: some events since then are lost\n", stderr);
}

// Events until a limit; false if the time ran out.
template <class Handle>
void each_event(session& phone, const watch_limits& limits, Handle handle) {
    const auto forever = std::chrono::hours{24 * 365};
    const auto until = std::chrono::steady_clock::now() + limits.time.value_or(forever);
    for (unsigned seen = 0; !limits.count || seen < *limits.count; ++seen) {
        arrived event;
        try {
            event = phone.next(until);
        } catch (const command_error& error) {
            // The end of --for is a good end, unless something particular was waited for.
            if (error.code != exit_code::timed_out || !limits.until.empty()) throw;
            return;
        }
        handle(event);
        if (!limits.until.empty() && all_hold(limits.until, event.params)) return;
    }
}

}  // namespace

void show_accounts(session& phone) {
    const auto answer = phone.call("account.list");
    if (phone.options().as_json) return print_json(answer);
    for (const auto& account : array_of(answer, "accounts"))
        print_line(account_line(account.as_object()));
}

void show_calls(session& phone) {
    const auto answer = phone.call("call.list");
    if (phone.options().as_json) return print_json(answer);
    for (const auto& call : array_of(answer, "calls"))
        print_line(call_line(call.as_object()));
}

void show_stats(session& phone, std::optional<unsigned> call) {
    const auto answer = phone.call("call.stats", {{"call", call ? *call : chosen_call(phone, "call.stats")}});
    if (phone.options().as_json) return print_json(answer);
    for (const auto& [name, value] : object_of(answer, "quality")) {
        print_line(fmt::format("{:<22} {}", std::string_view{name}, json::serialize(value)));
    }
}

void show_screen(session& phone) {
    const auto answer = phone.call("screen.get");
    if (phone.options().as_json) return print_json(answer);
    const auto screen = object_of(answer, "screen");
    print_line(text_of(screen, "title"));
    for (const auto& row : array_of(screen, "rows"))
        print_line("  " + std::string{row.as_string()});
    std::string keys;
    for (const auto& key : array_of(screen, "soft_keys"))
        keys += fmt::format("[{}] ", std::string_view{key.as_string()});
    if (!keys.empty()) print_line(keys);
    for (const auto& lamp : array_of(answer, "leds")) {
        print_line(fmt::format(
            "lamp {} {} {}", text_of(lamp.as_object(), "id"), text_of(lamp.as_object(), "colour"),
            text_of(lamp.as_object(), "pattern")
        ));
    }
}

void show_metrics(session& phone) {
    const auto answer = phone.call("metrics.get");
    if (phone.options().as_json) return print_json(answer);
    for (const auto& entry : array_of(answer, "metrics")) {
        const auto& one = entry.as_object();
        print_line(fmt::format("# HELP {} {}", text_of(one, "name"), text_of(one, "help")));
        const auto* const value = one.if_contains("value");
        print_line(fmt::format(
            "{} {:.15g}", text_of(one, "name"),
            value != nullptr && value->is_number() ? value->to_number<double>() : 0.0
        ));
    }
}

void show_features(session& phone) {
    const auto answer = phone.call("feature.list");
    if (phone.options().as_json) return print_json(answer);
    for (const auto& entry : array_of(answer, "features")) {
        const auto& one = entry.as_object();
        const auto number = integer_of(one, "account");
        const auto who = number == 0 ? std::string("the phone") : fmt::format("account {}", number);
        print_line(fmt::format("{}: do not disturb {}", who, flag_of(one, "dnd") ? "on" : "off"));
        for (const auto* kind : {"always", "busy", "no_answer"}) {
            const auto rule = object_of(one, kind);
            print_line(fmt::format(
                "{}: forwards {} {} {}", who, kind, flag_of(rule, "on") ? "on" : "off", text_of(rule, "target")
            ));
        }
    }
}

void show_history(session& phone, const std::string& kind, unsigned limit) {
    const auto answer = phone.call("history.list", {{"kind", kind}, {"limit", limit}});
    if (phone.options().as_json) return print_json(answer);
    for (const auto& entry : array_of(answer, "entries")) {
        const auto& one = entry.as_object();
        print_line(fmt::format(
            "{}  {:<9}  {}  {}", text_of(one, "began"), text_of(one, "kind"), text_of(one, "remote"),
            text_of(one, "cause")
        ));
    }
}

void begin_call(session& phone, const std::string& method, json::object params) {
    const auto answer = phone.call(method, std::move(params));
    if (phone.options().as_json) return print_json(answer);
    print_line(fmt::format("call {}", integer_of(answer, "call")));
}

void act_on_call(session& phone, const std::string& method, std::optional<unsigned> call, json::object more) {
    more["call"] = call ? *call : chosen_call(phone, method);
    const auto answer = phone.call(method, std::move(more));
    if (phone.options().as_json) print_json(answer);
}

void send_digits(session& phone, const std::string& digits, std::optional<unsigned> call) {
    act_on_call(phone, "call.dtmf", call, {{"digits", digits}});
}

void act_on_account(session& phone, const std::string& method, unsigned account) {
    const auto answer = phone.call(method, {{"account", account}});
    if (phone.options().as_json) print_json(answer);
}

void press_keys(session& phone, const std::vector<std::string>& keys) {
    for (const auto& key : keys)
        phone.call("key.press", {{"key", key}});
}

void raw(session& phone, const std::string& method, const std::string& params) {
    boost::system::error_code error;
    const auto parsed = json::parse(params.empty() ? "{}" : params, error);
    if (error || !parsed.is_object()) throw command_error{exit_code::usage, "the parameters are not a JSON object"};
    print_json(phone.call(method, parsed.get_object()));
}

void watch(session& phone, const std::vector<std::string>& topics, const watch_limits& limits) {
    subscribe(phone, topics.empty() ? std::vector<std::string>{"*"} : topics, limits.since);
    each_event(phone, limits, [](const arrived& event) {
        print_json(json::object{{"event", event.method}, {"params", event.params}});
    });
}

void wait_for(
    session& phone, const std::string& topic, const std::vector<condition>& conditions, std::chrono::milliseconds time
) {
    subscribe(phone, {topic}, std::nullopt);
    const auto finish = [&](const json::object& params) {
        if (phone.options().as_json) print_json(params);
    };
    // What happened before the subscription counts too; after it nothing is missed.
    const auto look = [&](std::string_view method, std::string_view list, std::string_view member) {
        for (const auto& entry : array_of(phone.call(method), list)) {
            const json::object params{{member, entry}};
            if (!all_hold(conditions, params)) continue;
            finish(params);
            return true;
        }
        return false;
    };
    if (topic == "call.state" && look("call.list", "calls", "call")) return;
    if (topic == "account.state" && look("account.list", "accounts", "account")) return;
    const auto until = std::chrono::steady_clock::now() + time;
    for (;;) {
        arrived event;
        try {
            event = phone.next(until);
        } catch (const command_error& error) {
            if (error.code != exit_code::timed_out) throw;
            throw command_error{exit_code::timed_out, fmt::format("no such {} within {} ms", topic, time.count())};
        }
        if (event.method != topic || !all_hold(conditions, event.params)) continue;
        return finish(event.params);
    }
}

void trace(session& phone, const watch_limits& limits) {
    phone.call("trace.start");
    each_event(phone, limits, [&](const arrived& event) {
        if (event.method != "trace") return;
        if (phone.options().as_json) return print_json(event.params);
        const auto& message = event.params;
        const bool sent = text_of(message, "direction") == "sent";
        print_line(fmt::format(
            "{} {} {} {} {}", text_of(message, "time"), text_of(message, "transport"), text_of(message, "local"),
            sent ? "->" : "<-", text_of(message, "remote")
        ));
        auto text = text_of(message, "text");
        text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
        print_line(text);
    });
}

}  // namespace phoned::tools

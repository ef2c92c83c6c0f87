// phonectl: the phone from the command line and from scripts.
#include "phoned/protocol/hub.hpp"
#include "phoned/tools/phonectl/commands.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>

using namespace phoned::tools;

namespace {

constexpr auto footer =
    R"(Exit codes: 0 done, 1 the phone refused, 2 wrong use, 3 no phone there or connection lost, 4 time ran out.

CALL is the number that `calls` shows. Without it the call that is meant is taken: one that rings here for answer, reject and forward,
one on hold for resume, otherwise the newest.
CONDITION is NAME=VALUE, NAME!=VALUE, NAME~PART, NAME>=NUMBER, NAME<=NUMBER; NAME is a member of the event, such as state or remote.
The socket is also taken from the environment variable PHONED_CONTROL.

Examples:
  phonectl dial 1002
  phonectl wait call.state state=confirmed --timeout 5
  phonectl watch call.state alarm --until state=terminated
  phonectl raw call.stats '{"call":1}')";

// Everything the command line can fill in.
struct arguments {
    target phone;
    double timeout = 5, for_time = 0, wait_time = 10;
    unsigned account = 0, call = 0, other_call = 0, count = 0, code = 0, rings = 0, limit = 20;
    std::uint64_t since = 0;
    bool intercom = false, anonymous = false;
    std::string number, digits, method, params, topic, level, on_or_off, kind = "all";
    std::vector<std::string> keys, topics, conditions;
};

std::chrono::milliseconds milliseconds(double seconds) {
    return std::chrono::milliseconds{static_cast<long long>(seconds * 1000)};
}

std::optional<unsigned> if_given(unsigned number) {
    return number == 0 ? std::nullopt : std::optional{number};
}

std::vector<condition> conditions_of(const std::vector<std::string>& texts) {
    std::vector<condition> all;
    for (const auto& text : texts) {
        const auto parsed = condition::parse(text);
        if (!parsed) throw command_error{exit_code::usage, fmt::format("`{}` is not a condition", text)};
        all.push_back(*parsed);
    }
    return all;
}

watch_limits limits_of(const arguments& given) {
    watch_limits limits{
        .count = if_given(given.count), .time = {}, .until = conditions_of(given.conditions), .since = {}};
    if (given.for_time > 0) limits.time = milliseconds(given.for_time);
    if (given.since != 0) limits.since = given.since;
    return limits;
}

using action = std::function<void(session&)>;

// Adds the sub-commands; `chosen` becomes what the one that was named does.
void add_commands(CLI::App& app, arguments& given, action& chosen) {
    const auto add = [&](const char* name, const char* what, action act) {
        auto* const command = app.add_subcommand(name, what);
        command->callback([&chosen, act = std::move(act)] { chosen = act; });
        return command;
    };
    const auto with_call = [&](CLI::App* command) { command->add_option("CALL", given.call, "number of the call"); };
    const auto on_call = [&](const char* name, const char* what, const char* method) {
        const std::string full = method;
        with_call(add(name, what, [&given, full](session& phone) { act_on_call(phone, full, if_given(given.call)); }));
    };

    add("accounts", "accounts and their registrations", show_accounts);
    for (const auto* name : {"register", "unregister"}) {
        const auto method = fmt::format("account.{}", name);
        add(name, "an account", [&given, method](session& phone) { act_on_account(phone, method, given.account); })
            ->add_option("ACCOUNT", given.account, "its number")
            ->required();
    }
    auto* const dialling = add("dial", "begin a call; prints its number", [&given](session& phone) {
        json::object more{{"target", given.number}};
        if (given.account != 0) more["account"] = given.account;
        if (given.intercom) more["intercom"] = true;
        if (given.anonymous) more["anonymous"] = true;
        begin_call(phone, "call.dial", std::move(more));
    });
    const auto with_number = [&](CLI::App* command) {
        command->add_option("NUMBER", given.number, "a number, user@host, or a SIP URI")->required();
    };
    with_number(dialling);
    dialling->add_option("--account", given.account, "which account calls");
    dialling->add_flag("--anonymous", given.anonymous, "do not tell who calls");
    dialling->add_flag("--intercom", given.intercom, "ask the other side to answer by itself");
    for (const auto* name : {"redial", "return"}) {
        const auto method = fmt::format("call.{}", name);
        add(name, name[2] == 'd' ? "call whom the phone called last" : "call whoever called last",
            [&given, method](session& phone) {
                json::object more;
                if (given.account != 0) more["account"] = given.account;
                begin_call(phone, method, std::move(more));
            }
        )->add_option("--account", given.account, "which account calls");
    }
    on_call("answer", "answer the call that rings", "call.answer");
    auto* const rejecting = add("reject", "refuse the call that rings", [&given](session& phone) {
        json::object more;
        if (given.code != 0) more["sip_code"] = given.code;
        act_on_call(phone, "call.reject", if_given(given.call), std::move(more));
    });
    with_call(rejecting);
    rejecting->add_option("--code", given.code, "SIP status, 400-699");
    on_call("hangup", "end a call", "call.hangup");
    on_call("hold", "put a call on hold", "call.hold");
    on_call("resume", "take it back", "call.resume");
    add("swap", "hold the call that talks, take the held one back; prints its number",
        [](session& phone) { begin_call(phone, "call.swap", {}); });
    for (const auto* name : {"transfer", "forward"}) {
        const auto method = fmt::format("call.{}", name);
        auto* const sending =
            add(name, name[0] == 't' ? "send the other side to a number" : "send the call that rings to a number (302)",
                [&given, method](session& phone) {
                    act_on_call(phone, method, if_given(given.call), {{"target", given.number}});
                });
        with_number(sending);
        with_call(sending);
    }
    const auto on_two_calls = [&](const char* name, const char* what, const char* method, const char* member) {
        const std::string full = method, other = member;
        auto* const command = add(name, what, [&given, full, other](session& phone) {
            act_on_call(phone, full, given.call, {{other, given.other_call}});
        });
        command->add_option("CALL", given.call, "number of the call")->required();
        command->add_option("OTHER", given.other_call, "number of the other call")->required();
    };
    on_two_calls("join", "transfer CALL's other side to OTHER's", "call.transfer_attended", "to");
    on_two_calls("conference", "mix two calls, or send both to the conference server", "call.conference", "with");
    on_call("split", "end the conference: this call goes on, the others are held", "call.split");
    add("leave", "leave the conference", [](session& phone) { phone.call("call.leave_conference"); });
    for (const bool muted : {true, false}) {
        with_call(
            add(muted ? "mute" : "unmute", muted ? "switch the microphone off" : "and on again",
                [&given, muted](session& phone) {
                    act_on_call(phone, "call.mute", if_given(given.call), {{"muted", muted}});
                })
        );
    }
    auto* const sending = add("digits", "send digits in a call", [&given](session& phone) {
        send_digits(phone, given.digits, if_given(given.call));
    });
    sending->add_option("DIGITS", given.digits, "0-9 A-D * #, a comma pauses")->required();
    sending->add_option("--call", given.call, "number of the call");
    auto* const disturbing = add("dnd", "do not disturb", [&given](session& phone) {
        json::object params{{"on", given.on_or_off == "on"}};
        if (given.account != 0) params["account"] = given.account;
        phone.call("dnd.set", std::move(params));
    });
    auto* const redirecting = add("forwarding", "forward calls", [&given](session& phone) {
        json::object params{{"kind", given.kind}, {"on", given.on_or_off == "on"}};
        if (given.account != 0) params["account"] = given.account;
        if (!given.number.empty()) params["target"] = given.number;
        if (given.rings != 0) params["rings"] = given.rings;
        phone.call("forward.set", std::move(params));
    });
    redirecting->add_option("KIND", given.kind, "which calls")
        ->required()
        ->check(CLI::IsMember({"always", "busy", "no_answer"}));
    for (auto* const command : {disturbing, redirecting}) {
        command->add_option("STATE", given.on_or_off, "on or off")->required()->check(CLI::IsMember({"on", "off"}));
        command->add_option("--account", given.account, "whose, where accounts have their own");
    }
    redirecting->add_option("NUMBER", given.number, "where to; as it was if left out");
    redirecting->add_option("--rings", given.rings, "of 6 s, before no_answer forwards");
    add("features", "what is switched on", show_features);
    auto* const remembering = add("history", "the call lists, newest first", [&given](session& phone) {
        show_history(phone, given.kind, given.limit);
    });
    remembering->add_option("KIND", given.kind, "which list")
        ->check(CLI::IsMember({"all", "dialled", "received", "missed", "forwarded"}));
    remembering->add_option("--limit", given.limit, "so many at most")->capture_default_str();
    add("calls", "calls that live, and those that ended lately", show_calls);
    with_call(add("stats", "media statistics of a call", [&given](session& phone) {
        show_stats(phone, if_given(given.call));
    }));
    add("key", "press keys, as on a keypad", [&given](session& phone) { press_keys(phone, given.keys); })
        ->add_option("KEY", given.keys, "1, OK, L1, HOLD, ...")
        ->required();
    add("screen", "what the display and the lamps show", show_screen);
    add("metrics", "counters, in Prometheus' text form", show_metrics);

    const auto with_limits = [&](CLI::App* command) {
        command->add_option("--count", given.count, "end after so many events");
        command->add_option("--for", given.for_time, "end after so many seconds");
        command->add_option("--until", given.conditions, "end after an event for which all these hold")
            ->allow_extra_args(false);
    };
    auto* const watching = add("watch", "events as JSON lines", [&given](session& phone) {
        watch(phone, given.topics, limits_of(given));
    });
    watching->add_option("TOPIC", given.topics, "call.state, call.*, ...; all but trace if none is given");
    watching->add_option("--since", given.since, "begin behind the event of this number");
    with_limits(watching);
    auto* const waiting = add("wait", "wait for an event; what is so already counts", [&given](session& phone) {
        wait_for(phone, given.topic, conditions_of(given.conditions), milliseconds(given.wait_time));
    });
    waiting->add_option("TOPIC", given.topic, "call.state, account.state, ...")->required();
    waiting->add_option("CONDITION", given.conditions, "all of them must hold");
    waiting->add_option("--timeout", given.wait_time, "seconds to wait at most")->capture_default_str();
    with_limits(add("trace", "SIP messages as they cross the wire", [&given](session& phone) {
        trace(phone, limits_of(given));
    }));

    add("log-level", "show or set what is logged", [&given](session& phone) {
        json::object params;
        if (!given.level.empty()) params["level"] = given.level;
        std::puts(std::string{phone.call("log.level", std::move(params)).at("level").as_string()}.c_str());
    })->add_option("LEVEL", given.level, "trace, debug, info, warning, error, off");
    add("shutdown", "stop the phone", [](session& phone) { phone.call("shutdown"); });
    auto* const rawly = add("raw", "any method; prints its answer", [&given](session& phone) {
        raw(phone, given.method, given.params);
    });
    rawly->add_option("METHOD", given.method, "as in docs/driver-protocol.md; rpc.discover lists them")->required();
    rawly->add_option("JSON", given.params, "its parameters");
}

int run(int count, char** words) {
    CLI::App app{"Controls a running phone through its control socket.", "phonectl"};
    arguments given;
    if (const auto* const socket = std::getenv("PHONED_CONTROL")) given.phone.socket = socket;
    if (given.phone.socket.empty()) given.phone.socket = "/run/phoned/control.sock";
    action chosen;
    app.add_option("--socket", given.phone.socket, "the phone's control.sock")->capture_default_str();
    app.add_option("--answer-within", given.timeout, "seconds to wait for an answer of the phone")
        ->capture_default_str();
    app.add_flag("--json", given.phone.as_json, "print answers as JSON");
    app.add_flag_callback(
        "--print-protocol-reference",
        [] {
            std::fputs(phoned::protocol_reference().c_str(), stdout);
            throw CLI::Success{};
        },
        "print the tables of docs/driver-protocol.md, and end"
    );
    app.footer(footer);
    app.require_subcommand(1);
    add_commands(app, given, chosen);
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? static_cast<int>(exit_code::done) : static_cast<int>(exit_code::usage);
    }
    given.phone.patience = milliseconds(given.timeout);
    session phone{given.phone};
    chosen(phone);
    return static_cast<int>(exit_code::done);
}

}  // namespace

int main(int count, char** words) {
    try {
        return run(count, words);
    } catch (const command_error& error) {
        fmt::print(stderr, "phonectl: {}\n", error.text);
        return static_cast<int>(error.code);
    }
}

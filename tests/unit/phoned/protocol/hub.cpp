// Covers: registering and its version rules, roles, malformed lines, parameters, subscriptions and gaps, coalescing and
// overflow, liveness, snapshots, drivers, audio hand-over, traces, shut-down. Not covered here: sockets
// (tests/loopback), line cutting (line_framer.cpp).
#include "hub_world.hpp"

#include <doctest/doctest.h>

using namespace phoned;
using namespace phoned::testing;

namespace {

call_state_event a_call(call_state state, std::string remote = "sip:1002@example.org") {
    return {
        {.call = call_number{7},
         .account = 1,
         .direction = call_direction::outgoing,
         .state = state,
         .local = "sip:1001@example.org",
         .remote = std::move(remote)}};
}

}  // namespace

// ---- joining

TEST_CASE("the server speaks first: product, version, protocol, limits") {
    hub_world world;
    const auto client = world.connect(plane::control);
    const auto hello = world.read_one(client);
    CHECK(
        json::serialize(hello) ==
        R"({"jsonrpc":"2.0","method":"hello","params":{"product":"phoned","version":"0.1.0","protocol":[1,0],"auth":"peercred","max_line":65536,"instance":"run-1"}})"
    );
}

TEST_CASE("nothing but ping and rpc.discover works before registering") {
    hub_world world;
    const auto client = world.connect(plane::control);
    world.read(client);
    world.call(client, 1, "call.list");
    CHECK(world.error_code(client) == -32002);
    world.call(client, 2, "no.such.method");
    CHECK(world.error_code(client) == -32002);
    world.call(client, 3, "ping");
    CHECK(world.names(client) == "answer");
    world.call(client, 4, "rpc.discover");
    CHECK(world.names(client) == "answer");
    const auto driver = world.connect(plane::driver);
    world.read(driver);
    world.notify(driver, "key.event", R"({"key":"5","state":"down"})");
    CHECK(world.error_code(driver) == -32002);
    CHECK(world.phone.asked.empty());
}

TEST_CASE("another major version is refused and the connection closed, another minor is welcome") {
    hub_world world;
    const auto client = world.connect(plane::control);
    world.call(client, 1, "client.register", R"({"name":"new","protocol":[2,0]})");
    CHECK(world.names(client) == "hello error -32001");
    CHECK(world.centre.is_finished(client));

    const auto newer = world.connect(plane::control);
    world.call(
        newer, 1, "client.register", R"({"name":"newer","protocol":[1,9],"colour":"unknown members are ignored"})"
    );
    CHECK(world.names(newer) == "hello answer");
    CHECK_FALSE(world.centre.is_finished(newer));
}

TEST_CASE("registering twice, or on the other socket, is refused") {
    hub_world world;
    const auto client = world.control();
    world.call(client, 2, "client.register", R"({"name":"again","protocol":[1,0]})");
    CHECK(world.error_code(client) == -32004);
    const auto lost = world.connect(plane::control);
    world.read(lost);
    world.call(lost, 1, "driver.register", R"({"name":"d","protocol":[1,0],"kind":"keypad"})");
    CHECK(world.error_code(lost) == -32003);
}

TEST_CASE("a connection that does not register is closed after 30 s, however often it asks") {
    hub_world world;
    const auto client = world.connect(plane::control);
    for (int second = 0; second < 29; ++second) {
        world.advance(1s);
        world.notify(client, "ping");
        world.read(client);
    }
    CHECK_FALSE(world.centre.is_finished(client));
    world.advance(1s);
    CHECK(world.names(client) == "error -32002");
    CHECK(world.centre.is_finished(client));
}

// ---- roles

TEST_CASE("an observer looks, a controller calls, an admin stops the phone") {
    hub_world world;
    struct {
        std::string_view method, params;
        bool observer, controller;
    } const cases[] = {
        {"call.list", "{}", true, true},
        {"account.list", "{}", true, true},
        {"screen.get", "{}", true, true},
        {"metrics.get", "{}", true, true},
        {"call.dial", R"({"target":"1002"})", false, true},
        {"call.hangup", R"({"call":7})", false, true},
        {"key.press", R"({"key":"5"})", false, true},
        {"trace.start", "{}", false, true},
        {"log.level", "{}", false, false},
        {"shutdown", "{}", false, false},
    };
    const auto observer = world.control("observer");
    const auto controller = world.control("controller");
    const auto admin = world.control("admin");
    for (const auto& one : cases) {
        CAPTURE(std::string{one.method});
        world.call(observer, 1, one.method, one.params);
        CHECK(world.names(observer) == (one.observer ? "answer" : "error -32003"));
        world.call(controller, 1, one.method, one.params);
        CHECK(world.names(controller) == (one.controller ? "answer" : "error -32003"));
        world.call(admin, 1, one.method, one.params);
        CHECK(world.names(admin) == "answer");
    }
}

TEST_CASE("another user observes and drives by default, and gets no role by asking for it") {
    hub_world world;
    const auto client = world.connect(plane::control, stranger);
    world.call(client, 1, "client.register", R"({"name":"s","protocol":[1,0],"role":"controller"})");
    world.call(client, 2, "client.register", R"({"name":"s","protocol":[1,0]})");
    const auto messages = world.read(client);
    REQUIRE(messages.size() == 3);
    CHECK(messages[1].at("error").at("code").to_number<int>() == -32003);
    CHECK(messages[2].at("result").at("role").as_string() == "observer");
}

TEST_CASE("access rules add up, and with rules a stranger without one gets nothing") {
    auto options = standard_options();
    options.access[0] = {access_rule::subject::user, 2000, "driver:keypad"};
    options.access[1] = {access_rule::subject::group, 2000, "controller"};
    hub_world world{options};
    const auto control = world.connect(plane::control, stranger);
    world.call(control, 1, "client.register", R"({"name":"s","protocol":[1,0]})");
    CHECK(world.read(control).at(1).at("result").at("role").as_string() == "controller");
    const auto keypad = world.connect(plane::driver, stranger);
    world.call(keypad, 1, "driver.register", R"({"name":"k","protocol":[1,0],"kind":"keypad"})");
    CHECK(world.names(keypad) == "hello answer");
    const auto audio = world.connect(plane::driver, stranger);
    world.call(audio, 1, "driver.register", R"({"name":"a","protocol":[1,0],"kinds":["keypad","audio"]})");
    CHECK(world.names(audio) == "hello error -32003");
    const auto other = world.connect(plane::control, {3000, 3000, 1});
    world.call(other, 1, "client.register", R"({"name":"o","protocol":[1,0]})");
    CHECK(world.names(other) == "hello error -32003");
}

TEST_CASE("a keypad can press keys, not dial, and only drivers of a kind report for it") {
    hub_world world;
    const auto keypad = world.driver(R"(["keypad"])");
    world.read(keypad);
    world.call(keypad, 2, "call.dial", R"({"target":"1002"})");
    CHECK(world.error_code(keypad) == -32003);
    world.notify(keypad, "hook.state", R"({"off_hook":true})");
    CHECK(world.error_code(keypad) == -32003);
    world.notify(keypad, "key.event", R"({"key":"5","state":"down","ts_us":12})");
    world.notify(keypad, "key.event", R"({"key":"5","state":"up"})");
    CHECK(world.names(keypad).empty());
    CHECK(world.phone.asked == std::vector<std::string>{"key 5 down", "key 5 up"});
}

// ---- lines and parameters

TEST_CASE("a bad line is answered with what is wrong, and the next one counts") {
    hub_world world;
    const auto client = world.control();
    struct {
        std::string_view line;
        int code;
    } const cases[] = {
        {"hello", -32700},
        {R"({"jsonrpc":"2.0","id":1,"method":"ping")", -32700},
        {R"({"jsonrpc":"2.0","id":1,"method":"ping"} x)", -32700},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", -32700},
        {R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])", -32600},
        {"5", -32600},
        {"{}", -32600},
        {R"({"id":1,"method":5})", -32600},
        {R"({"id":{},"method":"ping"})", -32600},
        {R"({"id":1.5,"method":"ping"})", -32600},
        {R"({"id":1,"method":"ping","params":[1]})", -32600},
        {R"({"id":1,"method":"no.such"})", -32601},
    };
    for (const auto& one : cases) {
        CAPTURE(std::string{one.line});
        world.send(client, one.line);
        CHECK(world.error_code(client) == one.code);
    }
    world.send(client, std::string(40, '[') + std::string(40, ']'));
    CHECK(world.error_code(client) == -32700);
    world.call(client, 2, "ping");
    CHECK(world.names(client) == "answer");
    world.send(client, "");
    world.notify(client, "unknown.note");
    world.send(client, R"({"jsonrpc":"2.0","id":99,"result":{}})");
    CHECK(world.names(client).empty());
}

TEST_CASE("half lines wait, a line beyond 64 KiB is refused once and skipped, and the stream goes on behind it") {
    hub_world world;
    const auto client = world.control();
    world.centre.on_bytes(world.now, client, R"({"jsonrpc":"2.0",)");
    CHECK(world.names(client).empty());
    world.centre.on_bytes(world.now, client, R"("id":1,"method":"ping"})");
    CHECK(world.names(client).empty());
    world.centre.on_bytes(world.now, client, "\r\n");
    CHECK(world.names(client) == "answer");
    for (int i = 0; i < 40; ++i)
        world.centre.on_bytes(world.now, client, std::string(5000, 'x'));
    CHECK(world.names(client) == "error -32012");
    world.centre.on_bytes(world.now, client, "tail\n{\"id\":2,\"method\":\"ping\"}\n");
    CHECK(world.names(client) == "answer");
}

TEST_CASE("parameters are checked by name, type, range and word before the phone hears of them") {
    hub_world world;
    const auto client = world.control();
    struct {
        std::string_view method, params, message;
    } const cases[] = {
        {"call.dial", "{}", "call.dial: `target` is missing"},
        {"call.dial", R"({"target":5})", "call.dial: `target` is not a string"},
        {"call.dial", R"({"target":"1","account":17})", "call.dial: `account` is not within 1-16"},
        {"call.dial", R"({"target":"1","account":-1})", "call.dial: `account` is not a whole number from 0"},
        {"call.answer", R"({"call":"7"})", "call.answer: `call` is not a whole number from 0"},
        {"call.reject", R"({"call":7,"sip_code":200})", "call.reject: `sip_code` is not within 400-699"},
        {"call.mute", R"({"call":7,"muted":1})", "call.mute: `muted` is neither true nor false"},
        {"call.dtmf", R"({"call":7,"digits":"12x"})",
         "call.dtmf: `digits` has something else than 0-9 A-D * # and commas"},
        {"key.press", R"({"key":"L0"})", "key.press: there is no key `L0`"},
        {"subscribe", R"({"topics":["call.state",5]})", "subscribe: `topics` is not a list of strings"},
        {"subscribe", R"({"topics":["call.stat"]})", "subscribe: there is no topic `call.stat`"},
        {"log.level", R"({"level":"loud"})", "log.level: `level` is not one of: trace debug info warning error off"},
    };
    for (const auto& one : cases) {
        world.call(client, 1, one.method, one.params);
        const auto answer = world.read_one(client);
        CHECK(answer.at("error").at("code").to_number<int>() == -32602);
        CHECK(answer.at("error").at("message").as_string() == one.message);
        CHECK(answer.at("error").at("data").at("layer").as_string() == "protocol");
    }
    CHECK(world.phone.asked.empty());
}

TEST_CASE("commands reach the phone, and its refusals come back with their cause") {
    hub_world world;
    const auto client = world.control();
    for (const auto* one : {"answer", "hangup", "hold", "resume", "mute", "stats"})
        world.call(client, 1, std::string{"call."} + one, R"({"call":7})");
    world.call(client, 1, "call.mute", R"({"call":7,"muted":false})");
    world.call(client, 1, "call.reject", R"({"call":7,"sip_code":603})");
    world.call(client, 1, "call.dtmf", R"({"call":7,"digits":"12,#"})");
    world.call(client, 1, "account.register", R"({"account":1})");
    world.call(client, 1, "account.unregister", R"({"account":2})");
    CHECK(world.names(client) == "answer answer answer answer answer answer answer answer answer answer answer");
    CHECK(
        world.phone.asked ==
        std::vector<std::string>{
            "answer", "hangup", "hold", "resume", "mute", "stats", "unmute", "reject with 603", "dtmf 12,#",
            "register 1", "unregister 2"}
    );
    world.call(client, 1, "call.hangup", R"({"call":8})");
    CHECK(world.error_code(client) == -32021);
    world.call(client, 1, "call.dial", R"({"target":"nobody"})");
    CHECK(
        json::serialize(world.read_one(client).at("error")) ==
        R"({"code":-32023,"message":"nobody cannot be called","data":{"layer":"phone","cause":"target","sip_code":404}})"
    );
}

TEST_CASE("text from outside is made valid UTF-8 and bounded before it becomes JSON") {
    hub_world world;
    world.phone.calls.push_back(a_call(call_state::early, "sip:\xff\xfe\"" + std::string(5000, 'x')).call);
    const auto client = world.control();
    world.call(client, 1, "call.list");
    const auto calls = world.read_one(client).at("result").at("calls").as_array();
    const std::string_view remote = calls.at(0).at("remote").as_string();
    CHECK(remote.starts_with("sip:\xEF\xBF\xBD\xEF\xBF\xBD\"xxx"));
    CHECK(remote.size() <= 512);
}

TEST_CASE("an answer that does not fit a line becomes an error, not a broken line") {
    hub_world world;
    for (int i = 0; i < 400; ++i)
        world.phone.calls.push_back(a_call(call_state::early, std::string(500, 'x')).call);
    const auto client = world.control();
    world.call(client, 1, "call.list");
    CHECK(world.error_code(client) == -32603);
}

// ---- events

TEST_CASE("events go to their subscribers, numbered in one row over all topics") {
    hub_world world;
    const auto calls = world.control(), all = world.control(), none = world.control();
    world.call(calls, 2, "subscribe", R"({"topics":["call.*"]})");
    world.call(all, 2, "subscribe", R"({"topics":["*"]})");
    world.read(calls);
    world.read(all);
    world.centre.publish(world.now, a_call(call_state::trying));
    world.centre.publish(world.now, alarm_event{alarm_severity::error, "config", "broken"});
    world.centre.publish(world.now, a_call(call_state::confirmed));
    const auto heard = world.read(calls);
    REQUIRE(heard.size() == 2);
    CHECK(heard[0].at("params").at("seq").to_number<int>() == 1);
    CHECK(heard[0].at("params").at("time").as_string() == "2024-06-07T12:34:56.000000Z");
    CHECK(heard[0].at("params").at("call").at("state").as_string() == "trying");
    CHECK(heard[1].at("params").at("seq").to_number<int>() == 3);
    CHECK(world.names(all) == "call.state alarm call.state");
    CHECK(world.names(none).empty());
    world.call(all, 3, "unsubscribe");
    world.read(all);
    world.centre.publish(world.now, a_call(call_state::terminated));
    CHECK(world.names(all).empty());
}

TEST_CASE("an event that a command causes comes before its answer, and is complete") {
    hub_world world;
    const auto client = world.control();
    world.call(client, 2, "subscribe", R"({"topics":["call.state"]})");
    world.read(client);
    world.phone.on_dial = [&](now_t now) { world.centre.publish(now, a_call(call_state::trying)); };
    world.call(client, 3, "call.dial", R"({"target":"1002"})");
    CHECK(world.names(client) == "call.state answer");
}

TEST_CASE("since brings back what was missed, and tells when something is lost") {
    auto options = standard_options();
    options.history = 4;
    hub_world world{options};
    for (int i = 0; i < 6; ++i)
        world.centre.publish(world.now, a_call(call_state::early));
    const auto client = world.control();
    world.call(client, 2, "subscribe", R"({"topics":["call.state"],"since":4,"instance":"run-1"})");
    auto messages = world.read(client);
    REQUIRE(messages.size() == 3);
    CHECK(messages[0].at("result").at("gap").as_bool() == false);
    CHECK(messages[0].at("result").at("seq").to_number<int>() == 6);
    CHECK(messages[1].at("params").at("seq").to_number<int>() == 5);

    const auto gap = [&](std::string_view params) {
        const auto late = world.control();
        world.call(late, 2, "subscribe", params);
        return world.read(late).at(0).at("result").at("gap").as_bool();
    };
    CHECK_FALSE(gap(R"({"topics":["call.state"],"since":2})"));
    CHECK(gap(R"({"topics":["call.state"],"since":1})"));
    CHECK(gap(R"({"topics":["call.state"],"since":99})"));
    CHECK(gap(R"({"topics":["call.state"],"since":6,"instance":"run-0"})"));
    CHECK_FALSE(gap(R"({"topics":["call.state"]})"));
}

TEST_CASE("levels coalesce to the newest while a client does not read, edges all stay and in order") {
    hub_world world;
    const auto client = world.control();
    const auto lamp_driver = world.driver(R"(["led","display"])");
    world.call(client, 2, "subscribe", R"({"topics":["*"]})");
    world.read(client);
    world.read(lamp_driver);
    for (int i = 0; i < 1000; ++i) {
        world.centre.set_led(
            world.now, {.id = "L1", .colour = "green", .pattern = i % 2 == 0 ? led_preset::on : led_preset::off}
        );
        world.centre.set_screen(world.now, {.id = "idle", .title = std::to_string(i)});
        world.centre.publish(
            world.now, call_quality_event{{.call = call_number{7}, .packets_sent = static_cast<std::uint64_t>(i)}}
        );
        if (i % 10 == 0) world.centre.publish(world.now, a_call(call_state::early));
    }
    auto messages = world.read(client);
    int edges = 0, levels = 0;
    std::int64_t last_seq = 0;
    for (const auto& message : messages) {
        const auto& params = message.at("params").as_object();
        if (const auto* seq = params.if_contains("seq")) {
            ++edges;
            CHECK(seq->to_number<std::int64_t>() > last_seq);
            last_seq = seq->to_number<std::int64_t>();
        } else {
            ++levels;
            if (message.at("method") == "screen") CHECK(params.at("title").as_string() == "999");
            if (message.at("method") == "call.quality")
                CHECK(params.at("quality").at("packets_sent").to_number<int>() == 999);
        }
    }
    CHECK(edges == 100);
    CHECK(levels == 3);
    CHECK(world.names(lamp_driver) == "led.set display.update");
}

TEST_CASE("a client that does not read is closed with -32010 when its queue is full, and nobody else notices") {
    hub_world world;
    const auto slow = world.control(), quick = world.control();
    for (const auto client : {slow, quick})
        world.call(client, 2, "subscribe", R"({"topics":["call.state"]})");
    world.read(slow);
    world.read(quick);
    // The slow client's socket has taken half of one line: that line must stay whole.
    world.centre.publish(world.now, a_call(call_state::trying));
    world.centre.on_written(world.now, slow, 10);
    int heard = 0;
    for (int i = 0; i < 300; ++i) {
        world.centre.publish(world.now, a_call(call_state::early));
        heard += static_cast<int>(world.read(quick).size());
    }
    CHECK(heard == 301);
    const std::string rest{world.centre.output(slow).bytes};
    CHECK(rest.ends_with("}\n"));
    world.centre.on_written(world.now, slow, rest.size());
    CHECK(world.error_code(slow) == -32010);
    CHECK(world.centre.is_finished(slow));
    // It does not even read that: the connection ends a second later.
    const auto slower = world.control();
    world.call(slower, 2, "subscribe", R"({"topics":["call.state"]})");
    for (int i = 0; i < 300; ++i)
        world.centre.publish(world.now, a_call(call_state::early));
    CHECK_FALSE(world.centre.is_finished(slower));
    world.advance(1s);
    CHECK(world.centre.is_finished(slower));
}

TEST_CASE("requests without reading the answers end the same way") {
    hub_world world;
    const auto client = world.control();
    for (int i = 0; i < 300; ++i)
        world.call(client, i, "ping");
    CHECK(world.error_code(client) == -32010);
}

// ---- liveness

TEST_CASE("after 5 s of silence comes a ping, and after three without an answer the client is dead") {
    hub_world world;
    const auto client = world.control();
    world.advance(4999ms);
    CHECK(world.names(client).empty());
    world.advance(1ms);
    const auto ping = world.read_one(client);
    CHECK(ping.at("method").as_string() == "ping");
    world.send(client, fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{{}}}})", ping.at("id").to_number<int>()));
    world.advance(5s);
    CHECK(world.names(client) == "ping");
    world.advance(5s);
    CHECK(world.names(client) == "ping");
    world.advance(5s);
    CHECK(world.names(client) == "ping");
    world.advance(5s);
    CHECK(world.names(client) == "error -32013");
    CHECK(world.centre.is_finished(client));
}

TEST_CASE("a clock that jumps still gives a client all its pings") {
    hub_world world;
    const auto client = world.control();
    world.now.mono += 10min;
    world.centre.on_timeout(world.now);
    CHECK(world.names(client) == "ping");
    world.centre.on_timeout(world.now);
    CHECK(world.names(client).empty());
    CHECK(*world.centre.next_deadline() == world.now.mono + 5s);
}

// ---- drivers

TEST_CASE("a restarted driver gets everything it has to show, and nothing that it has not") {
    hub_world world;
    world.centre.set_led(world.now, {.id = "L1", .colour = "green", .pattern = led_preset::slow});
    world.centre.set_led(
        world.now, {.id = "message", .colour = "red", .pattern = led_preset::custom, .steps = {{100, 900}}}
    );
    world.centre.set_screen(
        world.now,
        {.id = "talking", .title = "1002", .rows = {"00:12"}, .soft_keys = {"Hold"}, .line_keys = {{"Desk", "talking"}}}
    );
    world.centre.set_ringer(world.now, {.ringing = true, .tone = "Ring1"});
    const auto first = world.driver(R"(["display","led","ringer","hook","audio"])");
    world.notify(first, "hook.state", R"({"off_hook":true})");
    world.centre.on_disconnect(world.now, first, "killed");
    const auto again = world.driver(R"(["display","led","ringer","hook","audio"])");
    const auto snapshot = world.read(again).at(1).at("result").at("snapshot");
    CHECK(
        json::serialize(snapshot) ==
        R"({"leds":[{"id":"L1","colour":"green","pattern":"slow"},{"id":"message","colour":"red","pattern":"custom","steps":[[100,900]]}],)"
        R"("screen":{"id":"talking","title":"1002","rows":["00:12"],"soft_keys":["Hold"],"line_keys":[{"label":"Desk","icon":"talking"}],"revision":1},)"
        R"("ringer":{"tone":"Ring1","cadence":[],"volume":8},"route":{"output":"handset"},"gain":{"microphone_db":0E0,"speaker_db":0E0},)"
        R"("hook":{"off_hook":true,"headset_plugged":false,"headset_hook":false}})"
    );
    const auto keypad = world.driver(R"(["keypad"])");
    CHECK(json::serialize(world.read(keypad).at(1).at("result").at("snapshot")) == "{}");
}

TEST_CASE("levels go to the drivers concerned, once per change") {
    hub_world world;
    const auto lamps = world.driver(R"(["led"])"), display = world.driver(R"(["display"])"),
               expansion = world.driver(R"(["expansion"])"), bell = world.driver(R"(["ringer"])");
    for (const auto id : {lamps, display, expansion, bell})
        world.read(id);
    for (int i = 0; i < 2; ++i) {
        world.centre.set_led(world.now, {.id = "L1", .colour = "red", .pattern = led_preset::on});
        world.centre.set_screen(world.now, {.id = "idle", .title = "Offhook"});
        world.centre.set_ringer(world.now, {.ringing = true, .tone = "Ring1"});
    }
    CHECK(world.names(lamps) == "led.set");
    CHECK(world.names(display) == "display.update");
    CHECK(world.names(expansion) == "led.set display.update");
    CHECK(world.names(bell) == "ringer.start");
    world.centre.set_ringer(world.now, {});
    CHECK(world.names(bell) == "ringer.stop");
}

TEST_CASE("a lost driver is an event and an alarm, and the hook keeps its last state") {
    hub_world world;
    const auto client = world.control();
    world.call(client, 2, "subscribe", R"({"topics":["driver.*","alarm"]})");
    world.read(client);
    const auto hook = world.driver(R"(["hook"])", "cradle");
    world.notify(hook, "hook.state", R"({"off_hook":true,"headset_plugged":true})");
    world.notify(hook, "hook.state", R"({"off_hook":true})");
    world.notify(hook, "driver.fault", R"({"text":"spring worn"})");
    world.centre.on_disconnect(world.now, hook, "connection closed");
    const auto events = world.read(client);
    REQUIRE(events.size() == 4);
    CHECK(events[0].at("method").as_string() == "driver.up");
    CHECK(events[1].at("params").at("text").as_string() == "spring worn");
    CHECK(events[2].at("params").at("reason").as_string() == "connection closed");
    CHECK(events[3].at("params").at("source").as_string() == "driver:cradle");
    CHECK(world.phone.asked == std::vector<std::string>{"hook off"});
}

TEST_CASE("an audio driver is asked to open, is given its plane, and follows route, gain and start") {
    hub_world world;
    const auto audio = world.driver(R"(["audio"])", "sound", R"(,"capabilities":{"transports":["shm","packet"]})");
    const auto messages = world.read(audio);
    REQUIRE(messages.size() == 3);
    CHECK(messages[2].at("method").as_string() == "audio.open");
    CHECK(
        json::serialize(messages[2].at("params")) ==
        R"({"rate":8000,"period_frames":80,"channels":1,"format":"s16","transport":"shm"})"
    );
    CHECK(world.centre.take_requests().empty());
    const auto answer = [&](const json::object& call, std::string_view outcome) {
        world.send(audio, fmt::format(R"({{"jsonrpc":"2.0","id":{},{}}})", call.at("id").to_number<int>(), outcome));
    };
    answer(messages[2], R"("result":{})");
    auto requests = world.centre.take_requests();
    REQUIRE(requests.size() == 1);
    CHECK(std::get<audio_wanted>(requests[0]).driver == audio);
    CHECK(std::get<audio_wanted>(requests[0]).shared_memory);
    world.centre.attach_audio(world.now, audio, 77);
    CHECK(world.names(audio) == "audio.attach audio.route audio.gain");
    CHECK(world.attachments == std::vector<std::uint32_t>{77});
    world.centre.set_audio_running(world.now, true);
    world.centre.set_audio_running(world.now, true);
    world.centre.set_audio_output(world.now, audio_output::speaker);
    world.centre.set_audio_gain(world.now, {-3.0, 2.5});
    world.centre.set_audio_running(world.now, false);
    CHECK(world.names(audio) == "audio.start audio.route audio.gain audio.stop");
    world.notify(audio, "audio.status", R"({"delay_frames":160})");
    CHECK(world.phone.asked == std::vector<std::string>{"audio delay 160"});
    world.centre.on_disconnect(world.now, audio, "killed");
    requests = world.centre.take_requests();
    REQUIRE(requests.size() == 1);
    CHECK(std::get<audio_gone>(requests[0]).reason == "killed");
}

TEST_CASE("the audio driver that came last has the device; when it leaves the one before has it again") {
    hub_world world;
    world.centre.set_audio_running(world.now, true);
    const auto open = [&](client_id id) {
        for (const auto& message : world.read(id)) {
            if (message.contains("method") && message.at("method") == "audio.open") {
                world.send(id, fmt::format(R"({{"id":{},"result":{{}}}})", message.at("id").to_number<int>()));
            }
        }
        for (const auto& request : world.centre.take_requests()) {
            if (const auto* wanted = std::get_if<audio_wanted>(&request))
                world.centre.attach_audio(world.now, wanted->driver, 1);
        }
        return world.names(id);
    };
    const auto first = world.driver(R"(["audio"])", "first");
    CHECK(open(first) == "audio.attach audio.route audio.gain audio.start");
    const auto second = world.driver(R"(["audio"])", "second");
    CHECK(world.names(first) == "audio.stop");
    const auto gone = world.centre.take_requests();
    REQUIRE(gone.size() == 1);
    CHECK(std::get<audio_gone>(gone[0]).driver == first);
    CHECK(open(second) == "audio.attach audio.route audio.gain audio.start");
    world.centre.on_disconnect(world.now, second, "killed");
    CHECK(open(first) == "audio.attach audio.route audio.gain audio.start");
}

TEST_CASE("an audio driver that refuses or ignores audio.open is passed over with an alarm") {
    hub_world world;
    const auto client = world.control();
    world.call(client, 2, "subscribe", R"({"topics":["alarm"]})");
    world.read(client);
    const auto refusing = world.driver(R"(["audio"])", "refusing");
    const auto open = world.read(refusing).at(2);
    world.send(
        refusing,
        fmt::format(R"({{"id":{},"error":{{"code":1,"message":"no such rate"}}}})", open.at("id").to_number<int>())
    );
    CHECK(world.read_one(client).at("params").at("text").as_string() == "refused audio.open: no such rate");
    const auto mute = world.driver(R"(["audio"])", "mute");
    world.advance(4s);
    world.notify(mute, "audio.status");
    world.read(client);
    world.advance(1s);
    world.notify(client, "ping");
    bool told = false;
    for (const auto& message : world.read(client)) {
        told |= message.at("method") == "alarm" && message.at("params").at("text") == "did not answer audio.open";
    }
    CHECK(told);
    CHECK(world.centre.take_requests().empty());
}

// ---- traces, end, bounds

TEST_CASE("tracing is on while some client traces, and off when the last one has gone") {
    hub_world world;
    const auto one = world.control(), two = world.control();
    CHECK_FALSE(world.centre.is_tracing());
    world.call(one, 2, "trace.start");
    world.call(two, 2, "trace.start");
    CHECK(world.centre.is_tracing());
    world.read(one);
    world.read(two);
    world.centre.publish(
        world.now,
        trace_event{
            world.now.wall, trace_direction::sent, "udp", "192.0.2.1:5060", "192.0.2.2:5060",
            "OPTIONS sip:x SIP/2.0\r\n\r\n"}
    );
    const auto trace = world.read_one(one);
    CHECK(trace.at("params").at("text").as_string() == "OPTIONS sip:x SIP/2.0\r\n\r\n");
    CHECK(trace.at("params").at("direction").as_string() == "sent");
    world.call(one, 3, "trace.stop");
    CHECK(world.phone.asked == std::vector<std::string>{"trace on"});
    world.centre.on_disconnect(world.now, two, "closed");
    CHECK(world.phone.asked == std::vector<std::string>{"trace on", "trace off"});
    CHECK_FALSE(world.centre.is_tracing());
}

TEST_CASE("a traced message of any size and content fits a line") {
    hub_world world;
    const auto client = world.control();
    world.call(client, 2, "trace.start");
    world.read(client);
    world.centre.publish(
        world.now, trace_event{world.now.wall, trace_direction::received, "tcp", "a", "b", std::string(65000, '\x01')}
    );
    const auto out = world.centre.output(client).bytes;
    CHECK(out.size() <= 65536);
    CHECK(world.read_one(client).at("params").at("truncated").as_bool());
}

TEST_CASE("the phone's end is told to everybody, and connections close when that is read") {
    hub_world world;
    const auto client = world.control();
    const auto driver = world.driver(R"(["keypad"])");
    world.read(driver);
    world.call(client, 2, "shutdown");
    CHECK(world.names(client) == "answer");
    CHECK(world.phone.asked == std::vector<std::string>{"shutdown by test"});
    world.centre.shut_down(world.now, "asked to");
    CHECK_FALSE(world.centre.is_finished(client));
    CHECK(world.names(client) == "shutdown");
    CHECK(world.names(driver) == "shutdown");
    CHECK(world.centre.is_finished(client));
    CHECK(world.centre.is_finished(driver));
}

TEST_CASE("too many clients are told so and closed, far too many are not let in at all") {
    auto options = standard_options();
    options.max_clients = 2;
    hub_world world{options};
    world.control();
    world.control();
    const auto third = world.connect(plane::control);
    CHECK(world.names(third) == "error -32011");
    CHECK(world.centre.is_finished(third));
    for (int i = 0; i < 7; ++i)
        world.connect(plane::driver);
    CHECK_FALSE(world.centre.on_connect(world.now, plane::driver, same_user).has_value());
    CHECK(world.centre.client_count() == 10);
}

TEST_CASE("what a vanished client still has waiting is forgotten with it") {
    hub_world world;
    const auto client = world.control();
    world.call(client, 2, "ping");
    world.centre.on_disconnect(world.now, client, "reset");
    CHECK(world.centre.output(client).bytes.empty());
    CHECK(world.centre.is_finished(client));
    CHECK_FALSE(world.centre.next_deadline().has_value());
    world.centre.on_bytes(world.now, client, "{}\n");
    world.centre.on_disconnect(world.now, client, "again");
    CHECK(world.centre.client_count() == 0);
}

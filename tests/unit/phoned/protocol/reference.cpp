// Covers: the protocol's description agrees with what is sent, with itself, and with docs/driver-protocol.md.
#include "hub_world.hpp"
#include "phoned/protocol/message_json.hpp"
#include "phoned/protocol/method_table.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <set>

using namespace phoned;
using namespace phoned::testing;

namespace {

std::span<const member> object_named(std::string_view name) {
    for (const auto& row : object_table()) {
        if (row.name == name) return row.members;
    }
    FAIL("no object named " << std::string{name});
    return {};
}

// Every member that is sent is described, with its type; every required member is sent.
void check_object(std::span<const member> described, const json::object& sent);

void check_value(const member& one, const json::value& value) {
    CAPTURE(std::string{one.name});
    switch (one.type) {
        case member_type::string:
            REQUIRE(value.is_string());
            if (!one.choices.empty()) {
                const auto words = " " + std::string{one.choices} + " ";
                CHECK(words.find(" " + std::string{std::string_view{value.get_string()}} + " ") != std::string::npos);
            }
            break;
        case member_type::integer:
            CHECK((value.is_int64() || value.is_uint64()));
            break;
        case member_type::number:
            CHECK(value.is_number());
            break;
        case member_type::boolean:
            CHECK(value.is_bool());
            break;
        case member_type::strings:
            for (const auto& entry : value.as_array())
                CHECK(entry.is_string());
            break;
        case member_type::object:
            REQUIRE(value.is_object());
            if (!one.object_name.empty()) check_object(object_named(one.object_name), value.get_object());
            break;
        case member_type::objects:
            for (const auto& entry : value.as_array()) {
                if (!one.object_name.empty()) check_object(object_named(one.object_name), entry.as_object());
            }
            break;
        case member_type::pair:
            CHECK(value.as_array().size() == 2);
            break;
        case member_type::pairs:
            for (const auto& entry : value.as_array())
                CHECK(entry.as_array().size() == 2);
            break;
    }
}

void check_object(std::span<const member> described, const json::object& sent) {
    for (const auto& [name, value] : sent) {
        const auto row =
            std::find_if(described.begin(), described.end(), [&, key = std::string_view{name}](const member& one) {
                return one.name == key;
            });
        CAPTURE(std::string{std::string_view{name}});
        REQUIRE(row != described.end());
        check_value(*row, value);
    }
    for (const auto& one : described) {
        CAPTURE(std::string{one.name});
        if (one.needed == presence::required) CHECK(sent.contains(one.name));
    }
}

void check_sent(const json::object& message, std::set<std::string, std::less<>>& seen) {
    if (!message.contains("method")) return;
    const std::string name{std::string_view{message.at("method").as_string()}};
    CAPTURE(name);
    const auto rows = outgoing_table();
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const outgoing_schema& one) { return one.name == name; });
    REQUIRE(row != rows.end());
    CHECK(message.contains("id") == (row->kind == outgoing_schema::form::call));
    check_object(row->members, message.at("params").as_object());
    seen.insert(name);
}

call_summary a_full_call() {
    return {
        .call = call_number{7},
        .account = 1,
        .direction = call_direction::incoming,
        .state = call_state::terminated,
        .local = "sip:a@x",
        .remote = "sip:b@x",
        .remote_name = "B",
        .held_by_us = true,
        .held_by_peer = true,
        .muted = true,
        .call_id = "c",
        .local_tag = "l",
        .remote_tag = "r",
        .talked = 5000ms,
        .ended = ended_by::remote,
        .sip_code = 200,
        .cause = "BYE",
    };
}

}  // namespace

TEST_CASE("everything that phoned sends is described, and sent as described") {
    hub_world world;
    std::set<std::string, std::less<>> seen;
    const auto client = world.control();
    const auto check = [&](client_id id) {
        for (const auto& message : world.read(id))
            check_sent(message, seen);
    };
    world.call(client, 1, "trace.start");
    world.call(client, 2, "subscribe", R"({"topics":["*"]})");
    const auto device =
        world.driver(R"(["led","display","ringer","audio"])", "all", R"(,"capabilities":{"transports":["packet"]})");
    const auto opening = world.read(device);
    for (const auto& message : opening)
        check_sent(message, seen);
    world.send(device, fmt::format(R"({{"id":{},"result":{{}}}})", opening.back().at("id").to_number<int>()));
    world.centre.attach_audio(world.now, device, 1);
    world.centre.set_audio_running(world.now, true);
    world.centre.set_audio_running(world.now, false);
    world.centre.set_led(world.now, {.id = "L1", .colour = "red", .pattern = led_preset::custom, .steps = {{1, 2}}});
    world.centre.set_screen(
        world.now,
        {.id = "a", .title = "b", .rows = {"c"}, .soft_keys = {"d"}, .line_keys = {{"e", "f"}}, .cursor = {{1, 2}}}
    );
    world.centre.set_ringer(world.now, {.ringing = true, .tone = "Ring1", .cadence = {{400, 200}}});
    check(device);
    world.centre.set_ringer(world.now, {});
    world.centre.publish(
        world.now,
        account_state_event{{1, "Desk", "sip:a@x", registration_state::failed, 403, "Forbidden", "192.0.2.1", 60s}}
    );
    world.centre.publish(world.now, call_state_event{a_full_call()});
    world.centre.publish(
        world.now, call_media_event{{call_number{7}, media_direction::sendrecv, "PCMU/8000", 0, 20ms, "a", "b", 101}}
    );
    world.centre.publish(
        world.now,
        call_quality_event{
            {.call = call_number{7},
             .round_trip = 20ms,
             .remote_fraction_lost = 0.5,
             .r_factor = 90,
             .mos_lq = 4.4,
             .mos_cq = 4.3}}
    );
    world.centre.publish(
        world.now,
        call_transfer_event{
            {call_number{7}, transfer_role::target, transfer_state::failed, "sip:c@x", 486, "Busy Here",
             call_number{8}}}
    );
    world.centre.publish(world.now, feature_state_event{{0, true, {}}});
    world.centre.publish(
        world.now,
        history_added_event{{5, history_kind::forwarded, 1, "sip:c@x", "C", world.now.wall, 20ms, 302, "forwarded"}}
    );
    world.centre.publish(
        world.now, trace_event{world.now.wall, trace_direction::sent, "udp", "a", "b", std::string(20000, 'x')}
    );
    world.advance(5s);
    check(client);
    check(device);
    world.centre.on_disconnect(world.now, device, "gone");
    world.centre.shut_down(world.now, "done");
    check(client);
    check(world.connect(plane::control));
    for (const auto& row : outgoing_table()) {
        CAPTURE(std::string{row.name});
        CHECK(seen.contains(row.name));
    }
}

TEST_CASE("answers are as described") {
    hub_world world;
    world.phone.calls.push_back(a_full_call());
    world.phone.accounts.push_back({1, "Desk", "sip:a@x", registration_state::registered, 200, "OK", "192.0.2.1", 60s});
    world.centre.set_led(world.now, {.id = "L1", .colour = "red", .pattern = led_preset::on});
    const auto client = world.control();
    const auto answered = [&](std::string_view name, std::string_view params) {
        CAPTURE(std::string{name});
        const auto* const row = find_method(name);
        REQUIRE(row != nullptr);
        world.call(client, 1, name, params);
        for (const auto& message : world.read(client)) {
            if (message.contains("method")) continue;
            REQUIRE(message.contains("result"));
            check_object(row->results, message.at("result").as_object());
        }
    };
    for (const auto group : method_table()) {
        for (const auto& row : group) {
            if (row.open_to == caller::new_client || row.open_to == caller::new_driver || row.open_to == caller::driver)
                continue;
            // `kind` means one thing for forwarding and another for the call lists; each row leaves the rest out.
            const auto* const more = row.name == "forward.set" ? R"("kind":"busy")" : R"("kind":"missed")";
            answered(
                row.name, fmt::format(
                              R"({{"call":7,"account":1,"target":"1002","digits":"1","key":"5","topics":["*"],)"
                              R"("since":0,"to":8,"with":8,"on":true,{}}})",
                              more
                          )
            );
        }
    }
    const auto driver = world.driver(R"(["led","display","ringer","hook","audio","expansion"])");
    check_object(find_method("driver.register")->results, world.read(driver).at(1).at("result").as_object());
}

TEST_CASE("no name stands twice, and every object that is named exists") {
    std::set<std::string_view> methods;
    const auto check_names = [](std::span<const member> members) {
        std::set<std::string_view> names;
        for (const auto& one : members) {
            CHECK(names.insert(one.name).second);
            if (!one.object_name.empty()) object_named(one.object_name);
        }
    };
    for (const auto group : method_table()) {
        for (const auto& row : group) {
            CHECK(methods.insert(row.name).second);
            check_names(row.params);
            check_names(row.results);
        }
    }
    for (const auto& row : outgoing_table())
        check_names(row.members);
    for (const auto& row : object_table())
        check_names(row.members);
}

TEST_CASE("rpc.discover answers with the schema, in one line") {
    hub_world world;
    const auto client = world.connect(plane::control);
    world.read(client);
    world.call(client, 1, "rpc.discover");
    const auto schema = world.read_one(client).at("result").as_object();
    std::size_t rows = 0;
    for (const auto group : method_table())
        rows += group.size();
    CHECK(schema.at("methods").as_array().size() == rows);
    CHECK(schema.at("notifications").as_array().size() == outgoing_table().size());
    CHECK(protocol_schema().size() < max_line - 100);
}

TEST_CASE("docs/driver-protocol.md holds the printed tables") {
    std::ifstream file{OFFHOOK_SOURCE_DIR "/docs/driver-protocol.md"};
    const std::string page{std::istreambuf_iterator<char>{file}, {}};
    // Differs: put the output of `phonectl --print-protocol-reference` in their place.
    CHECK(page.find(protocol_reference()) != std::string::npos);
}

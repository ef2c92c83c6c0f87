// Covers: each method about calls, features and call lists reaches the phone with what its client meant, and answers
// and events are written as the tables say. Not here: roles, bad parameters and connections (hub.cpp).
#include "hub_world.hpp"

using namespace phoned;
using namespace phoned::testing;

TEST_CASE("methods reach the phone with their parameters") {
    struct {
        std::string_view method, params, asked;
    } const cases[] = {
        {"call.redial", "{}", "redial"},
        {"call.return", "{}", "return"},
        {"call.forward", R"({"call":7,"target":"1003"})", "forward to 1003"},
        {"call.swap", "{}", "swap"},
        {"call.transfer", R"({"call":7,"target":"1003"})", "transfer to 1003"},
        {"call.transfer_attended", R"({"call":7,"to":8})", "transfer to call 8"},
        {"call.conference", R"({"call":7,"with":8})", "conference with 8"},
        {"call.split", R"({"call":7})", "split"},
        {"call.leave_conference", "{}", "leave"},
        {"dnd.set", R"({"on":true,"account":2})", "dnd on 2"},
        {"forward.set", R"({"kind":"busy","on":true,"target":"1003"})", "forward 1 on to 1003 after 99"},
        {"forward.set", R"({"kind":"no_answer","on":false,"rings":4})", "forward 2 off to - after 4"},
        {"history.list", R"({"kind":"missed"})", "history 2 50"},
        {"history.list", R"({"kind":"all","limit":3})", "history -1 3"},
        {"history.clear", "{}", "history clear"},
    };
    hub_world world;
    const auto client = world.control();
    for (const auto& one : cases) {
        CAPTURE(std::string{one.method});
        world.phone.asked.clear();
        world.call(client, 1, one.method, one.params);
        CHECK(world.names(client) == "answer");
        REQUIRE(world.phone.asked.size() == 1);
        CHECK(world.phone.asked[0] == one.asked);
    }
    for (const auto* wrong : {R"({"kind":"sometimes","on":true})", R"({"kind":"busy"})"}) {
        world.call(client, 2, "forward.set", wrong);
        CHECK(world.error_code(client) == -32602);
    }
    world.call(client, 3, "call.split", R"({"call":9})");
    CHECK(world.error_code(client) == -32021);
}

TEST_CASE("call lists, features and transfers are written with their words") {
    hub_world world;
    const auto client = world.control();
    world.call(client, 1, "history.list");
    const auto page = world.read_one(client).at("result").as_object();
    CHECK(page.at("missed").to_number<int>() == 1);
    CHECK(page.at("entries").at(0).at("kind").as_string() == "missed");
    world.call(client, 2, "feature.list");
    const auto features = world.read_one(client).at("result").at("features").at(0).as_object();
    CHECK(features.at("dnd").as_bool());
    CHECK(features.at("no_answer").at("rings").to_number<int>() == 0);

    world.call(client, 3, "subscribe", R"({"topics":["call.transfer"]})");
    world.read(client);
    transfer_summary done{call_number{4}, transfer_role::transferee, transfer_state::done, "sip:c@example.org"};
    done.sip_code = 200;
    done.reason = "OK";
    done.new_call = call_number{5};
    world.centre.publish(world.now, call_transfer_event{done});
    const auto told = world.read_one(client).at("params").at("transfer").as_object();
    CHECK(told.at("role").as_string() == "transferee");
    CHECK(told.at("state").as_string() == "done");
    CHECK(told.at("new_call").to_number<int>() == 5);
    CHECK(told.at("sip_code").to_number<int>() == 200);
}

// Covers: what users switch on and what the phone remembers: do not disturb, call lists, redial, call return, auto
// redial, intercom, rings, music on hold. Not here: forwarding, the rules alone (incoming_rules.cpp), the lists' file
// (net/history_store.cpp).
#include <doctest/doctest.h>

#include "phoned/config/load.hpp"
#include "phoned/phone/user_settings.hpp"
#include "support/phoned/three_phones.hpp"

using namespace std::chrono_literals;
using phoned::call_state;
using phoned::history_kind;

TEST_CASE("do not disturb is switched on and off by clients and by its key") {
    for (const bool per_account : {false, true}) {
        CAPTURE(per_account);
        test::three_phones world({}, [&](phoned::settings& s) { s.dnd_per_account = per_account; });
        auto& b = world.b;
        const auto is_on = [&] { return b.phone().feature_list(b.context()).back().do_not_disturb; };
        REQUIRE(b.phone().dnd_set(b.context(), true, std::nullopt).has_value());
        CHECK(is_on());
        CHECK(b.has_told("feature.state", "\"dnd\":true", per_account ? "\"account\":1" : "\"account\":0"));
        const auto call = world.a.dial("1002");
        REQUIRE(world.run_until(2s, [&] { return world.a.live_calls() == 0; }));
        CHECK(world.a.call(call).sip_code == 480);
        CHECK(b.history.entries.at(0).kind == history_kind::missed);
        b.key("DND");
        CHECK_FALSE(is_on());
        CHECK(b.phone().dnd_set(b.context(), true, 9).error().code == phoned::error_number::no_such_account);
    }
}

TEST_CASE_FIXTURE(test::three_phones, "every call is in the lists from its beginning on, and its end is added") {
    const auto [call, at_b] = connect(a, b);
    REQUIRE(a.history.entries.size() == 1);
    CHECK(a.history.entries[0].cause == "interrupted");  // what a crash would leave behind
    run(1s);
    hang_up(b, at_b);
    run(1s);
    CHECK(a.history.entries[0].kind == history_kind::dialled);
    CHECK(a.history.entries[0].remote == "sip:1002@10.0.0.1");
    CHECK(a.history.entries[0].cause == "the other side hung up");
    CHECK(a.history.entries[0].talked >= 2s);
    CHECK(b.history.entries[0].kind == history_kind::received);
    CHECK(b.has_told("history.added", "\"kind\":\"received\""));

    (void)a.dial("1002");
    run(1s);
    hang_up(a, a.last_call().call);  // nobody took it
    run(1s);
    (void)c.dial("1002");
    run(1s);
    REQUIRE(b.phone().call_reject(b.context(), b.last_call().call, std::nullopt).has_value());
    run(1s);
    const auto page = b.phone().history_list(b.context(), {});
    REQUIRE(page.has_value());
    REQUIRE(page->entries.size() == 3);
    CHECK(page->entries[0].kind == history_kind::received);  // refused by hand is not missed
    CHECK(page->entries[1].kind == history_kind::missed);
    CHECK(page->missed == 1);
    CHECK(b.phone().history_list(b.context(), {history_kind::missed, 5})->entries.size() == 1);
    REQUIRE(b.phone().history_clear(b.context()).has_value());
    CHECK(b.phone().history_list(b.context(), {})->entries.empty());
}

TEST_CASE("lists are left out where they are switched off, and a broken file disturbs no call") {
    test::three_phones world(
        [](phoned::settings& s) { s.keeps_history = false; },
        [](phoned::settings& s) { s.accounts[0].logs_missed_calls = false; }
    );
    world.c.history.is_broken = true;
    (void)world.a.dial("1002");
    (void)world.c.dial("1002");
    world.run(500ms);
    world.hang_up(world.a, world.a.last_call().call);
    world.hang_up(world.c, world.c.last_call().call);
    world.expect_all_over();
    CHECK(world.a.history.entries.empty());
    CHECK(world.b.history.entries.empty());
    CHECK(world.c.history.entries.empty());
}

TEST_CASE_FIXTURE(test::three_phones, "redial calls whom the phone called last, call return whoever called last") {
    CHECK(a.phone().call_redial(a.context(), std::nullopt).has_error());
    CHECK(b.phone().call_return(b.context(), std::nullopt).has_error());
    const auto first = a.dial("1002");
    run(500ms);
    hang_up(a, first);
    run(500ms);
    REQUIRE(a.phone().call_redial(a.context(), std::nullopt).has_value());
    CHECK(run_until(2s, [&] { return b.live_calls() == 1; }));
    hang_up(a, a.last_call().call);
    run(500ms);
    REQUIRE(b.phone().call_return(b.context(), std::nullopt).has_value());
    CHECK(run_until(2s, [&] { return a.live_calls() == 1; }));
    CHECK(a.last_call().remote == "sip:1002@10.0.0.1");
}

TEST_CASE("what users have switched is kept as a file of the guide's form, and counts at the next start") {
    test::phone_world world;
    auto& one = world.add(1001, [](phoned::settings& s) { s.dnd_per_account = true; });
    world.register_all();
    CHECK(one.kept.empty());
    REQUIRE(one.phone().dnd_set(one.context(), true, 1).has_value());
    phoned::forward_request wanted{phoned::forward_kind::no_answer, true, "1003", 4};
    REQUIRE(one.phone().forward_set(one.context(), wanted).has_value());
    const auto again = [&] {
        const std::string before =
            "#!version:1.0.0.1\nfeatures.dnd_mode = 1\naccount.1.enable = 1\naccount.1.user_name = 1001\n"
            "account.1.sip_server_host = 10.0.0.1\nforward.always.target = 1009\n";
        const phoned::config_source sources[] = {{"phone.cfg", before}, {"local.cfg", one.kept}};
        const auto loaded = phoned::load_config(sources);
        for (const auto& each : loaded.diagnostics)
            FAIL_CHECK(phoned::to_string(each));
        return loaded.values;
    };
    auto next = again();
    CHECK(next.accounts[0].do_not_disturb);
    CHECK(next.forward.no_answer.enabled);
    CHECK(next.forward.no_answer.target == "1003");
    CHECK(next.forward.no_answer.rings == 4);
    CHECK(next.forward.always.target == "1009");  // nobody has switched that

    wanted.on = false;
    REQUIRE(one.phone().forward_set(one.context(), wanted).has_value());
    REQUIRE(one.phone().dnd_set(one.context(), false, std::nullopt).has_value());
    next = again();
    CHECK_FALSE(next.accounts[0].do_not_disturb);
    CHECK_FALSE(next.forward.no_answer.enabled);
    // A target that would write a line of its own is refused, on or off.
    wanted.target = "1003\noffhook.access.1 = everybody admin";
    CHECK(one.phone().forward_set(one.context(), wanted).has_error());
    CHECK(one.kept.find("access") == std::string::npos);
}

TEST_CASE("what users have not switched follows the provisioned files, and what they have switched stays") {
    struct start {
        phoned::settings values;
        std::string provisioned;
    };
    const auto begin = [](const std::string& files, const std::string& local) {
        const std::string account = "#!version:1.0.0.1\naccount.1.enable = 1\naccount.1.user_name = 1001\n";
        const auto all = account + files;
        const phoned::config_source sources[] = {{"phone.cfg", all}, {"local.cfg", local}};
        const auto as_provisioned = phoned::load_config(std::span(sources).first(1)).values;
        return start{phoned::load_config(sources).values, phoned::user_settings_text(as_provisioned)};
    };
    const std::string nothing = "#!version:1.0.0.1\n";
    auto first = begin("forward.busy.target = 1007\n", nothing);
    first.values.do_not_disturb = true;  // the user
    const auto local = phoned::user_settings_text(first.values, first.provisioned);
    CHECK(local.find("features.dnd.enable = 1") != std::string::npos);
    CHECK(local.find("forward.") == std::string::npos);

    // The administrator changes both.
    auto second = begin("forward.busy.target = 1008\nforward.busy.enable = 1\nfeatures.dnd.enable = 0\n", local);
    CHECK(second.values.do_not_disturb);
    CHECK(second.values.forward.busy.enabled);
    CHECK(second.values.forward.busy.target == "1008");
    second.values.forward.busy.enabled = false;  // the user
    const auto later = phoned::user_settings_text(second.values, second.provisioned);
    CHECK(later.find("features.dnd.enable = 1") != std::string::npos);
    CHECK(later.find("forward.busy.enable = 0") != std::string::npos);
    CHECK(later.find("1008") == std::string::npos);

    // As the files have it again: then the files count again.
    second.values.do_not_disturb = false;
    second.values.forward.busy.enabled = true;
    CHECK(phoned::user_settings_text(second.values, second.provisioned).find(" = ") == std::string::npos);
}

TEST_CASE("a server that keeps a feature is told by a call to its code: once for each change, with the target") {
    test::three_phones world([](phoned::settings& s) {
        s.dnd_codes = {"*78", "*79"};
        s.forward.always.codes = {"*72", "*73"};
    });
    auto& a = world.a;
    const auto sent_to = [&](const std::string& user) {
        return std::count(world.wire.begin(), world.wire.end(), "A>P INVITE " + user);
    };
    REQUIRE(a.phone().dnd_set(a.context(), true, std::nullopt).has_value());
    REQUIRE(a.phone().dnd_set(a.context(), true, std::nullopt).has_value());
    world.run(1s);
    CHECK(sent_to("*78@") > 0);
    CHECK(a.phone().call_list(a.context()).size() == 1);
    REQUIRE(a.phone().dnd_set(a.context(), false, std::nullopt).has_value());
    REQUIRE(a.phone().forward_set(a.context(), {phoned::forward_kind::always, true, "1002"}).has_value());
    world.run(1s);
    CHECK(sent_to("*79@") > 0);
    CHECK(sent_to("*721") > 0);
    CHECK(a.last_call().remote == "sip:*721002@10.0.0.1");
    REQUIRE(a.phone().forward_set(a.context(), {phoned::forward_kind::always, false}).has_value());
    world.run(1s);
    CHECK(sent_to("*73@") > 0);
    CHECK(a.phone().call_list(a.context()).size() == 4);
    CHECK(a.history.entries.empty());
    CHECK(a.phone().call_redial(a.context(), std::nullopt).has_error());
}

TEST_CASE("who was dialled and who called last is known after a restart") {
    test::phone_world world;
    const auto entry = [](std::int64_t id, history_kind kind, const char* remote) {
        phoned::history_entry out{};
        out.id = id;
        out.kind = kind;
        out.account = 1;
        out.remote = remote;
        return out;
    };
    world.known_calls = {
        entry(1, history_kind::dialled, "sip:1003@10.0.0.1"), entry(2, history_kind::dialled, "sip:1002@10.0.0.1"),
        entry(3, history_kind::missed, "sip:1004@10.0.0.1"), entry(4, history_kind::received, "sip:1005@10.0.0.1"),
        entry(5, history_kind::missed, "sip:anonymous@anonymous.invalid")};
    auto& one = world.add(1001);
    world.register_all();
    REQUIRE(one.phone().call_redial(one.context(), std::nullopt).has_value());
    CHECK(one.last_call().remote == "sip:1002@10.0.0.1");
    REQUIRE(one.phone().call_return(one.context(), std::nullopt).has_value());
    CHECK(one.last_call().remote == "sip:1005@10.0.0.1");
}

TEST_CASE("a busy number is dialled again, so often and in such intervals (auto_redial)") {
    test::three_phones world(
        [](phoned::settings& s) {
            s.auto_redial = true;
            s.auto_redial_interval = 20s;
            s.auto_redial_times = 2;
        },
        [](phoned::settings& s) { s.call_waiting = false; }
    );
    (void)world.connect(world.b, world.c);
    (void)world.a.dial("1002");
    world.run(1s);
    CHECK(world.a.live_calls() == 0);
    SUBCASE("until it is free") {
        world.hang_up(world.b, world.b.last_call().call);
        world.run(17s);
        CHECK(world.b.live_calls() == 0);
        CHECK(world.run_until(4s, [&] { return world.b.live_calls() == 1; }));
    }
    SUBCASE("no more than that") {
        world.run_long(90s);
        CHECK(world.a.history.entries.size() == 3);
    }
    SUBCASE("unless the user does something else") {
        world.a.key("CANCEL");
        world.run_long(60s);
        CHECK(world.a.history.entries.size() == 1);
    }
}

TEST_CASE("an intercom call is answered at once by a phone that allows it") {
    for (const bool allowed : {true, false}) {
        CAPTURE(allowed);
        test::three_phones world({}, [&](phoned::settings& s) {
            s.intercom_allowed = allowed;
            s.intercom_muted = true;
        });
        const auto call = world.a.phone().call_dial(world.a.context(), {"1002", std::nullopt, false, true});
        REQUIRE(call.has_value());
        world.run(2s);
        CHECK((world.a.call(*call).state == call_state::confirmed) == allowed);
        CHECK(world.b.last_call().auto_answered == allowed);
        if (!allowed) continue;
        CHECK(world.b.hears(world.a.tone));
        CHECK(world.a.level() < -60);  // the microphone is off
        // A second one rings only, until it may barge in.
        const auto second = world.c.phone().call_dial(world.c.context(), {"1002", std::nullopt, false, true});
        world.run(2s);
        CHECK(world.c.call(*second).state == call_state::early);
    }
}

TEST_CASE("an intercom call asks by Alert-Info where the account says so") {
    test::three_phones world([](phoned::settings& s) {
        s.accounts[0].intercom_alert = "<http://127.0.0.1>;info=alert-autoanswer";
    });
    REQUIRE(world.a.phone().call_dial(world.a.context(), {"1002", std::nullopt, false, true}).has_value());
    CHECK(world.run_until(2s, [&] { return world.a.last_call().state == call_state::confirmed; }));
}

TEST_CASE("a held peer hears music where a file is set, in the form of hold that lets it listen") {
    std::vector<std::int16_t> music(8000);
    for (std::size_t n = 0; n < music.size(); ++n)
        music[n] =
            static_cast<std::int16_t>(6000 * std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(n) / 8000));
    for (const bool inactive : {false, true}) {
        CAPTURE(inactive);
        test::phone_world world;
        world.hold_music = music;
        auto& a = world.add(1001, [&](phoned::settings& s) { s.hold_inactive = inactive; });
        world.hold_music.clear();
        auto& b = world.add(1002);
        world.register_all();
        const auto [call, at_b] = world.connect(a, b);
        REQUIRE(a.phone().call_mute(a.context(), call, true).has_value());
        REQUIRE(a.phone().call_hold(a.context(), call).has_value());
        world.run(2500ms);
        CHECK(b.hears(1000) == !inactive);
        CHECK(a.level() < -60);
        REQUIRE(a.phone().call_mute(a.context(), call, false).has_value());
        REQUIRE(a.phone().call_resume(a.context(), call).has_value());
        world.run(2500ms);
        CHECK(b.hears(a.tone));
    }
}

TEST_CASE(
    "whoever calls anonymously is shown as nobody, is refused where the account says so, and cannot be called back"
) {
    for (const bool by_account : {true, false}) {
        CAPTURE(by_account);
        test::three_phones world(
            [&](phoned::settings& s) { s.accounts[0].is_anonymous = by_account; }, {},
            [](phoned::settings& s) { s.accounts[0].rejects_anonymous = true; }
        );
        auto& a = world.a;
        const auto dial = [&](const char* target) {
            const auto made = a.phone().call_dial(a.context(), {target, std::nullopt, !by_account});
            REQUIRE(made.has_value());
            world.run(1s);
            return *made;
        };
        const auto taken = dial("1002");
        CHECK(a.call(taken).state == call_state::early);
        CHECK(world.b.last_call().remote == "sip:anonymous@anonymous.invalid");
        CHECK(world.b.last_call().remote_name == "Anonymous");
        CHECK(world.b.phone().call_return(world.b.context(), std::nullopt).has_error());
        world.hang_up(a, taken);
        const auto refused = dial("1003");
        CHECK(a.call(refused).sip_code == 433);
        CHECK(world.c.history.entries.at(0).kind == history_kind::missed);
    }
}

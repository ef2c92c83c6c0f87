// Covers: both sockets with real clients in a folder of their own: joining, many clients at once, half lines, a client
// that does not read, one that dies, a restarted driver, stale and busy socket files, modes, the lock, the end.
// Virtual-time rules are in tests/unit/phoned/protocol.
#include "phoned_support.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <thread>

using namespace phoned;
using namespace phoned::testing;

TEST_CASE("a control client joins, calls, and hears events") {
    phone_process phone;
    auto client = phone.control();
    auto answer = client.call("subscribe", {{"topics", {"call.state"}}}, 2s);
    REQUIRE(answer.has_value());
    auto dialled = client.call("call.dial", {{"target", "1002"}}, 2s);
    REQUIRE(dialled.has_value());
    CHECK(dialled->at("call").to_number<int>() == 7);
    phone.run([&] { phone.centre.publish(net::read_clocks(), a_call_state(call_state::early)); });
    const auto event = client.next(soon());
    REQUIRE(event.has_value());
    CHECK(event->method == "call.state");
    CHECK(event->params.at("call").at("state").as_string() == "early");
    const auto refused = client.call("call.hangup", {{"call", 99}}, 2s);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == -32021);
}

TEST_CASE("sixty clients work at once, each with its own answers") {
    phone_process phone;
    std::vector<tools::connection> clients;
    for (int i = 0; i < 60; ++i)
        clients.push_back(phone.control());
    for (int round = 0; round < 5; ++round) {
        for (auto& client : clients) {
            const auto answer = client.call("call.list", {}, 2s);
            REQUIRE(answer.has_value());
            CHECK(answer->at("calls").as_array().empty());
        }
    }
}

TEST_CASE("half lines wait for their other half, and bad lines cost nothing but an answer") {
    phone_process phone;
    raw_client client{phone.folder + "/control.sock"};
    CHECK(client.read_line().find("\"hello\"") != std::string::npos);
    client.write(R"({"jsonrpc":"2.0","id":1,"meth)");
    std::this_thread::sleep_for(20ms);
    client.write("od\":\"ping\"}\nrubbish\n{\"id\":2,\"method\":\"ping\"}\n");
    CHECK(client.read_line() == R"({"jsonrpc":"2.0","id":1,"result":{}})");
    CHECK(client.read_line().find("-32700") != std::string::npos);
    CHECK(client.read_line() == R"({"jsonrpc":"2.0","id":2,"result":{}})");
    client.write(std::string(200000, 'x') + "\n");
    CHECK(client.read_line().find("-32012") != std::string::npos);
    client.write("{\"id\":3,\"method\":\"ping\"}\n");
    CHECK(client.read_line() == R"({"jsonrpc":"2.0","id":3,"result":{}})");
}

TEST_CASE("a client that does not read is closed, and others hear every event meanwhile") {
    phone_process phone;
    auto slow = phone.control("slow");
    auto quick = phone.control("quick");
    REQUIRE(slow.call("subscribe", {{"topics", {"call.state"}}}, 2s).has_value());
    REQUIRE(quick.call("subscribe", {{"topics", {"call.state"}}}, 2s).has_value());
    // Far more than a socket buffer and the queue hold together.
    constexpr int events = 4000;
    int heard = 0;
    std::int64_t last = 0;
    for (int i = 0; i < events / 100; ++i) {
        phone.run([&] {
            for (int k = 0; k < 100; ++k)
                phone.centre.publish(net::read_clocks(), a_call_state(call_state::early));
            phone.server.flush();
        });
        for (int k = 0; k < 100; ++k) {
            const auto event = quick.next(soon());
            REQUIRE(event.has_value());
            const auto seq = event->params.at("seq").to_number<std::int64_t>();
            CHECK(seq == last + 1);
            last = seq;
            ++heard;
        }
    }
    CHECK(heard == events);
    // What the slow client finds when it looks at last: events in order, then the reason, then the end.
    std::size_t found = 0;
    for (;;) {
        const auto event = slow.next(soon());
        if (!event) {
            CHECK(event.error().kind == tools::failure_kind::closed);
            CHECK(event.error().text.find("reads too slowly") != std::string::npos);
            break;
        }
        ++found;
    }
    CHECK(found < events);
    CHECK(found > 0);
}

TEST_CASE("a client that dies in the middle of a line leaves nothing behind") {
    phone_process phone;
    auto watcher = phone.control();
    REQUIRE(watcher.call("subscribe", {{"topics", {"driver.*", "alarm"}}}, 2s).has_value());
    {
        auto driver = phone.driver("keypad", "keys");
        const auto up = watcher.next(soon());
        REQUIRE(up.has_value());
        CHECK(up->method == "driver.up");
        const std::string_view half = R"({"jsonrpc":"2.0","method":"key.)";
        CHECK(::send(driver.socket(), half.data(), half.size(), MSG_NOSIGNAL) > 0);
    }
    const auto down = watcher.next(soon());
    REQUIRE(down.has_value());
    CHECK(down->method == "driver.down");
    CHECK(down->params.at("reason").as_string() == "connection closed");
    const auto alarm = watcher.next(soon());
    REQUIRE(alarm.has_value());
    CHECK(alarm->params.at("source").as_string() == "driver:keys");
    phone.run([&] { CHECK(phone.centre.client_count() == 1); });
}

TEST_CASE("a restarted driver is told the lamps and the screen as they are now") {
    phone_process phone;
    phone.run([&] {
        phone.centre.set_led(net::read_clocks(), {.id = "L1", .colour = "green", .pattern = led_preset::slow});
    });
    { auto first = phone.driver("led", "lamps"); }
    phone.run([&] {
        phone.centre.set_led(net::read_clocks(), {.id = "L1", .colour = "green", .pattern = led_preset::on});
        phone.server.flush();
    });
    auto again = tools::connection::open(phone.folder + "/driver.sock", 2s);
    REQUIRE(again.has_value());
    const auto registered =
        again->call("driver.register", {{"name", "lamps"}, {"kind", "led"}, {"protocol", {1, 0}}}, 2s);
    REQUIRE(registered.has_value());
    CHECK(json::serialize(registered->at("snapshot")) == R"({"leds":[{"id":"L1","colour":"green","pattern":"on"}]})");
}

TEST_CASE("a keypad's keys arrive, down and up, in order") {
    phone_process phone;
    auto keypad = phone.driver("keypad", "keys");
    for (const auto* key : {"1", "0", "0", "2", "OK"}) {
        keypad.notify("key.event", {{"key", key}, {"state", "down"}, {"ts_us", 5}});
        keypad.notify("key.event", {{"key", key}, {"state", "up"}});
    }
    REQUIRE(keypad.call("ping", {}, 2s).has_value());
    phone.run([&] {
        CHECK(
            phone.phone.asked ==
            std::vector<std::string>{
                "key 1 down", "key 1 up", "key 0 down", "key 0 up", "key 0 down", "key 0 up", "key 2 down", "key 2 up",
                "key OK down", "key OK up"}
        );
    });
}

TEST_CASE("two phones cannot share a folder, and the second says why") {
    phone_process phone;
    phone.run([&] {
        recording_phone other;
        hub centre{{}, other};
        net::socket_server second{phone.context.get_executor(), centre, audio_format_at(8000)};
        const auto opened = second.open(phone.folder);
        REQUIRE_FALSE(opened.has_value());
        CHECK(opened.error().text == phone.folder + ": another phone runs here");
    });
    CHECK(phone.control().call("ping", {}, 2s).has_value());
}

TEST_CASE("a socket file left by a dead phone is replaced; one that somebody listens on, or another file, is not") {
    temporary_folder folder;
    boost::asio::io_context context;
    const auto path = folder.path + "/control.sock";
    const auto try_to_listen = [&] {
        net::unix_listener listener{context.get_executor()};
        return listener.open(path, [](auto) {});
    };
    {
        // Bound, never listening, never removed: what a crash leaves.
        raw_listener dead{path, false};
    }
    CHECK(try_to_listen().has_value());
    {
        raw_listener alive{path, true};
        const auto opened = try_to_listen();
        REQUIRE_FALSE(opened.has_value());
        CHECK(opened.error().text == path + ": somebody listens there already");
    }
    ::unlink(path.c_str());
    REQUIRE(::mkdir(path.c_str(), 0700) == 0);
    const auto opened = try_to_listen();
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().text == path + ": exists and is not a socket");
    ::rmdir(path.c_str());
    net::unix_listener listener{context.get_executor()};
    CHECK_FALSE(listener.open(std::string(200, 'x'), [](auto) {}).has_value());
}

TEST_CASE("the folder is made with mode 0750 and the sockets with 0660, and they are gone after the end") {
    temporary_folder outer;
    const auto inner = outer.path + "/run";
    {
        phone_process phone{inner};
        struct stat found {};
        REQUIRE(::stat(inner.c_str(), &found) == 0);
        CHECK((found.st_mode & 07777) == 0750);
        for (const auto* name : {"/driver.sock", "/control.sock"}) {
            REQUIRE(::stat((inner + name).c_str(), &found) == 0);
            CHECK((found.st_mode & 07777) == 0660);
        }
    }
    struct stat found {};
    CHECK(::stat((inner + "/driver.sock").c_str(), &found) != 0);
    CHECK(::stat((inner + "/control.sock").c_str(), &found) != 0);
    ::unlink((inner + "/phoned.lock").c_str());
    ::rmdir(inner.c_str());
}

TEST_CASE("when the phone stops, clients are told and the connection ends") {
    phone_process phone;
    auto client = phone.control();
    phone.run([&] {
        phone.centre.shut_down(net::read_clocks(), "asked to");
        phone.server.flush();
    });
    const auto told = client.next(soon());
    REQUIRE(told.has_value());
    CHECK(told->method == "shutdown");
    CHECK(told->params.at("reason").as_string() == "asked to");
    const auto end = client.next(soon());
    REQUIRE_FALSE(end.has_value());
    CHECK(end.error().kind == tools::failure_kind::closed);
}

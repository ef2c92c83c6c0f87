// Covers: phonectl, drv-file and drv-term as programs, against a hub with a phone that writes down what it is asked:
// what they print, their exit codes, and what becomes of them when the phone goes.
#include "phoned_support.hpp"
#include "support/phoned/program.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

using namespace phoned;
using namespace phoned::testing;

namespace {

ended phonectl(const phone_process& phone, std::vector<std::string> words) {
    words.insert(words.begin(), {"--socket", phone.folder + "/control.sock"});
    return program{"phonectl", std::move(words)}.end();
}

call_summary a_call(unsigned number, call_direction direction, call_state state) {
    return {
        .call = call_number{number},
        .account = 1,
        .direction = direction,
        .state = state,
        .local = "sip:a@x",
        .remote = "sip:b@x"};
}

}  // namespace

TEST_CASE("phonectl dials, acts on calls, and prints what it is told") {
    phone_process phone;
    auto result = phonectl(phone, {"dial", "1002"});
    CHECK(result.code == 0);
    CHECK(result.printed == "call 7\n");
    CHECK(phonectl(phone, {"hold", "7"}).code == 0);
    CHECK(phonectl(phone, {"resume", "7"}).code == 0);
    CHECK(phonectl(phone, {"mute", "7"}).code == 0);
    CHECK(phonectl(phone, {"unmute", "7"}).code == 0);
    CHECK(phonectl(phone, {"digits", "12#", "--call", "7"}).code == 0);
    CHECK(phonectl(phone, {"reject", "7", "--code", "603"}).code == 0);
    CHECK(phonectl(phone, {"register", "1"}).code == 0);
    CHECK(phonectl(phone, {"key", "1", "OK"}).code == 0);
    CHECK(phonectl(phone, {"shutdown"}).code == 0);
    phone.run([&] {
        CHECK(
            phone.phone.asked ==
            std::vector<std::string>{
                "dial 1002 by phonectl", "hold", "resume", "mute", "unmute", "dtmf 12#", "reject with 603",
                "register 1", "key 1 down", "key 1 up", "key OK down", "key OK up", "shutdown by phonectl"}
        );
    });
    result = phonectl(phone, {"raw", "call.stats", R"({"call":7})"});
    CHECK(json::parse(result.printed).at("quality").at("packets_sent").to_number<int>() == 50);
    CHECK(phonectl(phone, {"metrics"}).printed.find("phone_calls_total 3\n") != std::string::npos);
}

TEST_CASE("phonectl takes the call that is meant when none is named") {
    phone_process phone;
    phone.run([&] {
        phone.phone.calls = {
            a_call(5, call_direction::outgoing, call_state::confirmed),
            a_call(7, call_direction::incoming, call_state::early),
            a_call(9, call_direction::outgoing, call_state::terminated)};
    });
    CHECK(phonectl(phone, {"answer"}).code == 0);
    CHECK(phonectl(phone, {"hangup"}).code == 0);
    const auto none_held = phonectl(phone, {"resume"});
    CHECK(none_held.code == 1);
    CHECK(none_held.printed == "phonectl: call.resume: there is no such call now\n");
    phone.run([&] { CHECK(phone.phone.asked == std::vector<std::string>{"answer", "hangup"}); });
    const auto calls = phonectl(phone, {"calls"}).printed;
    CHECK(calls.find("  5  outgoing  confirmed   sip:b@x\n") != std::string::npos);
    CHECK(calls.find("  7  incoming  early       sip:b@x\n") != std::string::npos);
}

TEST_CASE("phonectl says what is wrong and its exit codes tell a script") {
    phone_process phone;
    const auto refused = phonectl(phone, {"hangup", "99"});
    CHECK(refused.code == 1);
    CHECK(refused.printed == "phonectl: there is no call 99\n");
    CHECK(phonectl(phone, {"dial"}).code == 2);
    CHECK(phonectl(phone, {"fly"}).code == 2);
    CHECK(phonectl(phone, {"raw", "ping", "[1]"}).code == 2);
    CHECK(phonectl(phone, {"wait", "call.state", "confirmed"}).code == 2);
    CHECK(phonectl(phone, {"--help"}).code == 0);
    const auto nobody = program{"phonectl", {"--socket", "/nonexistent/control.sock", "calls"}}.end();
    CHECK(nobody.code == 3);
    CHECK(nobody.printed == "phonectl: /nonexistent/control.sock: No such file or directory\n");
    const auto late = phonectl(phone, {"wait", "call.state", "state=confirmed", "--timeout", "0.2"});
    CHECK(late.code == 4);
    CHECK(late.printed == "phonectl: no such call.state within 200 ms\n");
}

TEST_CASE("phonectl waits for what comes, and does not wait for what is so already") {
    phone_process phone;
    program waiting{
        "phonectl",
        {"--socket", phone.folder + "/control.sock", "wait", "call.state", "state=confirmed", "--timeout", "10"}};
    while (true) {
        bool subscribed = false;
        phone.run([&] { subscribed = phone.centre.client_count() > 0; });
        if (subscribed) break;
        std::this_thread::sleep_for(10ms);
    }
    for (int i = 0; i < 20; ++i) {
        phone.run([&] { phone.centre.publish(net::read_clocks(), a_call_state(call_state::early)); });
        std::this_thread::sleep_for(5ms);
    }
    for (int i = 0; i < 20; ++i) {
        phone.run([&] { phone.centre.publish(net::read_clocks(), a_call_state(call_state::confirmed)); });
        std::this_thread::sleep_for(20ms);
    }
    CHECK(waiting.end().code == 0);
    phone.run([&] { phone.phone.calls = {a_call(7, call_direction::incoming, call_state::early)}; });
    CHECK(phonectl(phone, {"wait", "call.state", "state=early", "direction=incoming", "--timeout", "1"}).code == 0);
}

TEST_CASE("phonectl watches events as lines, up to a count or a condition") {
    phone_process phone;
    program watching{
        "phonectl", {"--socket", phone.folder + "/control.sock", "watch", "call.state", "--until", "state=terminated"}};
    std::thread events{[&] {
        // From the moment it subscribes it sees each of them.
        for (int i = 0; i < 100; ++i) {
            phone.run([&] {
                phone.centre.publish(net::read_clocks(), a_call_state(call_state::early));
                phone.centre.publish(net::read_clocks(), a_call_state(call_state::terminated));
            });
            std::this_thread::sleep_for(10ms);
        }
    }};
    const auto result = watching.end();
    events.join();
    CHECK(result.code == 0);
    const auto last_line = result.printed.substr(result.printed.rfind('\n', result.printed.size() - 2) + 1);
    const auto event = json::parse(last_line);
    CHECK(event.at("event").as_string() == "call.state");
    CHECK(event.at("params").at("call").at("state").as_string() == "terminated");
    CHECK(phonectl(phone, {"watch", "call.state", "--for", "0.1"}).code == 0);
    const auto replayed = phonectl(phone, {"watch", "call.state", "--since", "198", "--count", "2"});
    CHECK(replayed.code == 0);
    CHECK(std::count(replayed.printed.begin(), replayed.printed.end(), '\n') == 2);
}

TEST_CASE("phonectl ends when the phone does, and says so") {
    std::optional<program> watching;
    {
        phone_process phone;
        watching.emplace("phonectl", std::vector<std::string>{"--socket", phone.folder + "/control.sock", "watch"});
        // Levels come at once after subscribing.
        watching->wait_for("\"screen\"");
    }
    const auto result = watching->end();
    CHECK(result.code == 3);
    CHECK(result.printed.find("the phone closed the connection") != std::string::npos);
}

TEST_CASE("drv-file plays its tone, hears the phone's, and records it") {
    class answering_tone final : public audio_listener {
    public:
        void on_audio_period(const audio_period& period) override {
            heard.insert(heard.end(), period.captured.begin(), period.captured.end());
            for (auto& sample : period.playback) {
                sample = static_cast<std::int16_t>(
                    8000 * std::sin(2 * 3.14159265358979 * 1000 * static_cast<double>(at++) / 8000)
                );
            }
        }
        void on_audio_attached(now_t, std::string_view) override {}
        void on_audio_lost(now_t, std::string_view) override {}
        std::vector<std::int16_t> heard;
        std::uint64_t at = 0;
    } tone;
    for (const std::string transport : {"shm", "packet"}) {
        CAPTURE(transport);
        tone.heard.clear();
        phone_process phone;
        phone.run([&] {
            phone.server.audio().set_listener(&tone);
            phone.server.audio().start();
        });
        const auto recording = phone.folder + "/heard.wav";
        program card{
            "drv-file",
            {"--socket", phone.folder + "/driver.sock", "--tone", "440/0", "--record", recording, "--duration", "1.5",
             "--transport", transport}};
        const auto result = card.end();
        phone.run([&] {
            phone.server.audio().stop();
            phone.server.audio().set_listener(nullptr);
        });
        CHECK(result.code == 0);
        CHECK(result.printed.find("\"event\":\"attached\",\"rate\":8000") != std::string::npos);
        CHECK(result.printed.find("\"kind\":\"tone\",\"hertz\":1000") != std::string::npos);
        CHECK(std::filesystem::file_size(recording) > 16000);
        // The phone heard the driver's tone: its samples cross zero 880 times a second.
        const auto begin =
            std::find_if(tone.heard.begin(), tone.heard.end(), [](std::int16_t sample) { return sample != 0; });
        REQUIRE(tone.heard.end() - begin > 4000);
        int crossings = 0;
        for (auto at = begin; at != begin + 4000; ++at)
            crossings += (*at < 0) != (*(at + 1) < 0) ? 1 : 0;
        CHECK(crossings > 400);
        CHECK(crossings < 480);
    }
}

TEST_CASE("drv-file as an echo gives back what the phone plays") {
    class counting final : public audio_listener {
    public:
        void on_audio_period(const audio_period& period) override {
            if (period.captured.front() != 0) heard.push_back(period.captured.front());
            std::fill(period.playback.begin(), period.playback.end(), ++last);
        }
        void on_audio_attached(now_t, std::string_view) override {}
        void on_audio_lost(now_t, std::string_view) override {}
        std::vector<std::int16_t> heard;
        std::int16_t last = 0;
    } counter;
    phone_process phone;
    phone.run([&] {
        phone.server.audio().set_listener(&counter);
        phone.server.audio().start();
    });
    CHECK(
        program{"drv-file", {"--socket", phone.folder + "/driver.sock", "--echo", "--duration", "0.5"}}.end().code == 0
    );
    phone.run([&] {
        phone.server.audio().stop();
        phone.server.audio().set_listener(nullptr);
    });
    REQUIRE(counter.heard.size() > 10);
    CHECK(std::is_sorted(counter.heard.begin(), counter.heard.end()));
    CHECK(counter.heard.back() > 10);
}

TEST_CASE("drv-file says what it cannot do") {
    phone_process phone;
    const auto missing =
        program{"drv-file", {"--socket", phone.folder + "/driver.sock", "--play", "/nonexistent.wav"}}.end();
    CHECK(missing.code == 3);
    CHECK(missing.printed.find("drv-file: /nonexistent.wav: ") != std::string::npos);
    CHECK(program{"drv-file", {"--socket", "/nonexistent", "--tone", "440/0"}}.end().code == 3);
    CHECK(program{"drv-file", {"--transport", "pigeon"}}.end().code == 2);
}

TEST_CASE("drv-term draws the phone, passes keys and hook on, and comes back after the phone does") {
    temporary_folder folder;
    std::optional<program> telephone;
    {
        phone_process phone{folder.path};
        phone.run([&] {
            phone.centre.set_screen(
                net::read_clocks(), {.id = "idle", .title = "Offhook", .line_keys = {{"1001", "idle"}}}
            );
        });
        telephone.emplace("drv-term", std::vector<std::string>{"--socket", folder.path + "/driver.sock"}, true);
        telephone->wait_for("Offhook");
        telephone->wait_for("1001");
        telephone->type("5#\r\x1bOAoh");
        std::vector<std::string> asked;
        for (int i = 0; i < 300 && asked.size() < 11; ++i) {
            std::this_thread::sleep_for(20ms);
            phone.run([&] { asked = phone.phone.asked; });
        }
        CHECK(
            asked ==
            std::vector<std::string>{
                "key 5 down", "key 5 up", "key # down", "key # up", "key OK down", "key OK up", "key UP down",
                "key UP up", "key HOLD down", "key HOLD up", "hook off"}
        );
        phone.run([&] { phone.centre.set_ringer(net::read_clocks(), {.ringing = true, .tone = "Ring1"}); });
        telephone->wait_for("RINGING");
    }
    telephone->wait_for("no phone");
    phone_process again{folder.path};
    again.run([&] { again.centre.set_screen(net::read_clocks(), {.id = "idle", .title = "Back again"}); });
    telephone->wait_for("Back again");
    telephone->type("q");
    CHECK(telephone->end().code == 0);
}

TEST_CASE("drv-term wants a terminal and a phone") {
    CHECK(program{"drv-term", {}}.end().code == 2);
    const auto lonely = program{"drv-term", {"--socket", "/nonexistent"}, true}.end();
    CHECK(lonely.code == 3);
    CHECK(lonely.printed.find("drv-term: /nonexistent: No such file or directory") != std::string::npos);
}

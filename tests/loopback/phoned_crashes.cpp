// Covers: two phones and a proxy as processes, in a call with sound, and what remains when one of their programs is
// killed without a word (a driver, the proxy, a phone) or a phone is asked to end; over UDP and over TCP.
#include "conformance/run/network.hpp"
#include "conformance/run/phoned_process.hpp"
#include "conformance/run/port_block.hpp"
#include "support/phoned/event_watch.hpp"
#include "support/phoned/program.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

using namespace phoned::testing;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr auto patience = 10s;
constexpr auto rtp_timeout = 2s;

/// A phone with its sound device, both as processes.
class telephone {
public:
    telephone(conformance::handset_setting setting, int tone)
        : phone(
              OFFHOOK_PROGRAMS "/phoned", std::move(setting),
              {"offhook.rtp_timeout = 2", "account.1.reg_fail_retry_interval = 1"}
          ),
          tone_(tone) {}

    void start() {
        succeed(phone.start(patience));
        events.emplace(phone.control_socket());
        succeed(phone.wait_for_registration(patience));
        start_sound();
    }
    void start_sound() {
        sound.emplace(
            "drv-file",
            std::vector<std::string>{"--socket", phone.driver_socket(), "--tone", std::to_string(tone_) + "/0"}
        );
        sound->wait_for("\"attached\"");
    }
    void kill() {
        events.reset();
        phone.process().kill();
        sound->end();  // it notices that its phone is gone
    }

    void command(const char* method) { succeed(phone.command(method, {{"call", phone.current_call()}})); }
    [[nodiscard]] int tone() const { return tone_; }

    /// Until the sound device hears the tone of the other one; 0 is silence.
    void wait_to_hear(int hertz) {
        const auto until = std::chrono::steady_clock::now() + patience;
        for (;;) {
            const auto line = sound->next_line(until);
            REQUIRE_MESSAGE(!line.empty(), "not heard: " << hertz << " Hz but: " << sound->printed());
            const auto told = json::parse(line).as_object();
            if (told.at("event") != "sound") continue;
            const auto* heard = told.if_contains("hertz");
            const bool fits = heard != nullptr ? std::abs(heard->to_number<double>() - hertz) < 10
                                               : hertz == 0 && told.at("kind") == "silence";
            if (fits) return;
        }
    }
    /// A second of sound arrives, and it is still the same sound.
    void expect_sound_to_go_on() {
        const auto before = phone.packets_received();
        REQUIRE(before.has_value());
        const auto until = std::chrono::steady_clock::now() + patience;
        while (phone.packets_received().value_or(0) < *before + 50) {
            REQUIRE_MESSAGE(
                std::chrono::steady_clock::now() < until, phone.setting().party << " receives no sound any more"
            );
            const auto told = sound->next_line(std::chrono::steady_clock::now() + 20ms);
            REQUIRE_MESSAGE(told.empty(), "the sound has changed: " << told);
        }
    }

    static void succeed(const std::optional<std::string>& problem) {
        REQUIRE_MESSAGE(!problem.has_value(), problem.value_or(""));
    }

    conformance::phoned_process phone;
    std::optional<event_watch> events;
    std::optional<program> sound;

private:
    int tone_;
};

/// A proxy and two phones.
class exchange {
public:
    explicit exchange(const std::string& transport)
        : proxy({.program = OFFHOOK_PROXY, .port = ports.first(), .folder = folder.path + "/proxy"}),
          a(setting_of("1001", 2, transport), 700),
          b(setting_of("1002", 4, transport), 1000) {
        REQUIRE(ports.first() != 0);
        telephone::succeed(proxy.start(patience));
        a.start();
        b.start();
    }

    /// A calls B, B answers, and each hears the other.
    void call() {
        telephone::succeed(a.phone.command("call.dial", {{"target", "1002"}}));
        b.events->wait_for("call.state", {"state=early", "direction=incoming"});
        b.command("call.answer");
        a.events->wait_for("call.state", {"state=confirmed"});
        a.wait_to_hear(b.tone());
        b.wait_to_hear(a.tone());
    }
    void hang_up() {
        b.command("call.hangup");
        b.events->wait_for("call.state", {"state=terminated", "ended_by=local"});
        a.events->wait_for("call.state", {"state=terminated", "ended_by=remote"});
    }

    test::temporary_folder folder;
    conformance::port_block ports;
    conformance::network proxy;
    telephone a, b;

private:
    [[nodiscard]] conformance::handset_setting setting_of(
        const std::string& user, std::uint16_t offset, const std::string& transport
    ) const {
        conformance::handset_setting out;
        out.party = out.user = user;
        out.password = "secret" + user;
        out.proxy_port = ports.first();
        out.transport = transport;
        out.sip_port = static_cast<std::uint16_t>(ports.first() + offset);
        out.first_rtp_port = static_cast<std::uint16_t>(ports.first() + 10 * offset);
        out.folder = folder.path + '/' + user;
        return out;
    }
};

/// Whether the proxy has seen such a message come in.
bool has_come(const std::vector<std::string>& trace, std::string_view start, std::string_view line = {}) {
    return std::any_of(trace.begin(), trace.end(), [&](const std::string& text) {
        const auto message = json::parse(text).as_object();
        const std::string_view content = message.at("text").as_string();
        return message.at("direction") == "in" && content.starts_with(start) &&
               content.find(line) != std::string_view::npos;
    });
}

void kill_drivers(const std::string& transport) {
    exchange e(transport);
    std::optional<program> face;
    const auto start_face = [&] {
        face.emplace("drv-term", std::vector<std::string>{"--socket", e.a.phone.driver_socket()}, true);
    };
    e.call();
    start_face();
    face->wait_for("1002: talking");

    face->kill();
    CHECK(e.a.events->wait_for("driver.down", {"name=drv-term"}).at("reason") != "");
    e.a.sound->kill();
    CHECK(e.a.events->wait_for("driver.down", {"name=drv-file"}).at("reason") != "");
    e.b.wait_to_hear(0);  // a timer takes the place of the driver's clock: silence is sent
    e.b.expect_sound_to_go_on();
    e.a.events->expect_none("call.state", {"state=terminated"}, 0s);

    e.a.start_sound();
    e.a.wait_to_hear(e.b.tone());
    e.b.wait_to_hear(e.a.tone());
    start_face();
    face->wait_for("1002: talking");  // nothing has changed: this is the snapshot
    face->type("o");
    e.b.events->wait_for("call.state", {"held_by_peer=true"});
    face->wait_for("on hold");
    e.hang_up();
}

void kill_proxy(const std::string& transport) {
    exchange e(transport);
    e.call();
    e.proxy.kill();
    e.a.expect_sound_to_go_on();
    e.b.expect_sound_to_go_on();

    e.a.command("call.hangup");
    e.a.events->wait_for("call.state", {"state=terminated", "ended_by=local", "cause=hung up"}, 1s);
    // Its BYE finds no way: the other phone notices by the missing sound.
    const auto lost = e.b.events->wait_for("call.state", {"state=terminated"}, rtp_timeout + 3s);
    CHECK(lost.at("call").at("ended_by") == "network");
    CHECK(lost.at("call").at("cause") == "no media for 2 s");

    telephone::succeed(e.proxy.start(patience));
    if (transport == "tcp") {
        // Their connections went with the proxy: they make new ones.
        for (auto* each : {&e.a, &e.b})
            each->events->wait_for("account.state", {"state=registered"}, 20s);
    }
    e.call();
    e.hang_up();
}

void kill_phone(const std::string& transport) {
    exchange e(transport);
    e.call();
    // Who is on hold sends nothing, and that is no reason to end the call.
    e.a.command("call.hold");
    e.b.events->wait_for("call.state", {"held_by_peer=true"});
    e.a.events->expect_none("call.state", {"state=terminated"}, rtp_timeout + 1s);
    e.b.events->expect_none("call.state", {"state=terminated"}, 0s);
    e.a.command("call.resume");
    e.b.events->wait_for("call.state", {"held_by_peer=false"});
    e.b.wait_to_hear(e.a.tone());

    e.b.kill();
    const auto lost = e.a.events->wait_for("call.state", {"state=terminated"}, rtp_timeout + 3s);
    CHECK(lost.at("call").at("ended_by") == "network");
    CHECK(lost.at("call").at("cause") == "no media for 2 s");
    CHECK(e.a.phone.current_call() == 0);

    e.b.start();
    e.call();
    e.hang_up();
}

void end_phone(const std::string& transport) {
    exchange e(transport);
    e.call();
    (void)e.proxy.take_trace();
    CHECK(e.a.phone.process().stop() == 0);
    e.b.events->wait_for("call.state", {"state=terminated", "ended_by=remote", "cause=the other side hung up"});
    const auto trace = e.proxy.take_trace();
    CHECK(has_come(trace, "BYE "));
    CHECK(has_come(trace, "REGISTER ", "\r\nExpires: 0\r\n"));
    // Nobody is registered there any more.
    telephone::succeed(e.b.phone.command("call.dial", {{"target", "1001"}}));
    const auto refused = e.b.events->wait_for("call.state", {"state=terminated", "ended_by=remote"});
    CHECK(refused.at("call").at("sip_code") == 480);
}

}  // namespace

TEST_CASE("udp: a call outlives its drivers, and drivers that come back find the phone as it is") {
    kill_drivers("udp");
}
TEST_CASE("udp: a call outlives the proxy; a hang-up reaches the other phone by silence; the next call works") {
    kill_proxy("udp");
}
TEST_CASE("udp: a phone notices that the other one died, and can call it when it is back") {
    kill_phone("udp");
}
TEST_CASE("udp: a phone that is asked to end hangs up and unregisters") {
    end_phone("udp");
}
TEST_CASE("tcp: a call outlives its drivers, and drivers that come back find the phone as it is") {
    kill_drivers("tcp");
}
TEST_CASE("tcp: a call outlives the proxy; the phones find it again; the next call works") {
    kill_proxy("tcp");
}
TEST_CASE("tcp: a phone notices that the other one died, and can call it when it is back") {
    kill_phone("tcp");
}
TEST_CASE("tcp: a phone that is asked to end hangs up and unregisters") {
    end_phone("tcp");
}

// Covers: calls between phoned and SIPp with its built-in scenarios, one after the other, in both directions, over UDP
// and TCP; phoned answers by itself or when told. SIPp's own statistics must not know of a failed call.
#include "conformance/run/child.hpp"
#include "conformance/run/network.hpp"
#include "conformance/run/phoned_process.hpp"
#include "conformance/run/port_block.hpp"
#include "support/phoned/event_watch.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <sstream>

using namespace std::chrono_literals;
using phoned::testing::event_watch;

namespace {

constexpr int calls = 5;
constexpr auto patience = 10s;

void succeed(const std::optional<std::string>& problem) {
    REQUIRE_MESSAGE(!problem.has_value(), problem.value_or(""));
}

/// A phone at a proxy: it is registered, but its calls go to SIPp and come from it without the proxy.
class phone_at_work {
public:
    phone_at_work(const std::string& transport, std::vector<std::string> more)
        : proxy({.program = OFFHOOK_PROXY, .port = ports.first(), .folder = folder.path + "/proxy"}),
          phone(
              OFFHOOK_PROGRAMS "/phoned",
              [&] {
                  conformance::handset_setting out;
                  out.party = out.user = "1001";
                  out.password = "secret1001";
                  out.proxy_port = ports.first();
                  out.transport = transport;
                  out.sip_port = static_cast<std::uint16_t>(ports.first() + 2);
                  out.first_rtp_port = static_cast<std::uint16_t>(ports.first() + 20);
                  out.folder = folder.path + "/phone";
                  return out;
              }(),
              std::move(more)
          ) {
        REQUIRE(ports.first() != 0);
        succeed(proxy.start(patience));
        succeed(phone.start(patience));
        succeed(phone.wait_for_registration(patience));
        events.emplace(phone.control_socket());
    }

    test::temporary_folder folder;
    conformance::port_block ports;
    conformance::network proxy;
    conformance::phoned_process phone;
    std::optional<event_watch> events;
};

/// True once a socket of that port is open (TCP: listens), as the kernel lists it.
bool is_open(const std::string& transport, std::uint16_t port) {
    std::ifstream list("/proc/net/" + transport);
    const auto wanted = fmt::format(":{:04X} 00000000:0000 {}", port, transport == "tcp" ? "0A" : "07");
    for (std::string line; std::getline(list, line);)
        if (line.find(wanted) != std::string::npos) return true;
    return false;
}

class sipp {
public:
    /// `scenario` is "uac" or "uas"; it uses the ports from `port` on.
    sipp(
        const std::string& scenario, const std::string& transport, std::uint16_t port, std::string folder,
        const std::vector<std::string>& more = {}
    )
        : folder_(std::move(folder)) {
        std::vector<std::string> words{
            "sipp",
            "-sn",
            scenario,
            "-i",
            "127.0.0.1",
            "-p",
            std::to_string(port),
            "-mp",
            std::to_string(port + 4),
            "-t",
            transport == "tcp" ? "t1" : "u1",
            "-m",
            std::to_string(calls),
            "-nostdin",
            "-trace_err",
            "-error_file",
            folder_ + "/sipp.errors",
            "-trace_stat",
            "-stf",
            folder_ + "/sipp.csv"};
        words.insert(words.end(), more.begin(), more.end());
        process_ = conformance::child::start(words, folder_ + "/sipp.log", folder_);
        if (scenario == "uac") return;
        const auto until = std::chrono::steady_clock::now() + patience;
        while (!is_open(transport, port)) {
            if (const auto code = process_.wait(10ms)) FAIL(ended_with(*code));
            REQUIRE_MESSAGE(std::chrono::steady_clock::now() < until, "SIPp opens no socket");
        }
    }

    /// That it ends by itself, and counts every call as successful.
    void expect_success() {
        const auto code = process_.wait(30s);
        REQUIRE_MESSAGE(code.has_value(), "SIPp still runs: " << count("CurrentCall") << " calls are open");
        REQUIRE_MESSAGE(*code == 0, ended_with(*code));
        CHECK(count("SuccessfulCall(C)") == calls);
        CHECK(count("FailedCall(C)") == 0);
    }

private:
    /// A column of the last line of its statistics; -1 where there is none.
    int count(const std::string& column) const {
        std::ifstream in(folder_ + "/sipp.csv");
        std::string names, values;
        std::getline(in, names);
        for (std::string line; std::getline(in, line);)
            values = line;
        std::istringstream name(names), value(values);
        for (std::string n, v; std::getline(name, n, ';') && std::getline(value, v, ';');)
            if (n == column) return std::stoi(v);
        return -1;
    }
    std::string ended_with(int code) const {
        if (code == 127) return "SIPp cannot be started: is it installed? (Debian: sip-tester)";
        std::ifstream errors(folder_ + "/sipp.errors");
        std::ostringstream text;
        text << "SIPp ended with " << code << ": " << errors.rdbuf();
        return text.str();
    }

    std::string folder_;
    conformance::child process_;
};

void call_sipp(const std::string& transport) {
    phone_at_work at(transport, {});
    const auto sipp_port = static_cast<std::uint16_t>(at.ports.first() + 50);
    sipp callee("uas", transport, sipp_port, at.folder.path);
    for (int i = 0; i < calls; ++i) {
        succeed(at.phone.command(
            "call.dial", {{"target", fmt::format("sip:sipp@127.0.0.1:{};transport={}", sipp_port, transport)}}
        ));
        at.events->wait_for("call.state", {"state=early"});
        at.events->wait_for("call.state", {"state=confirmed"});
        const auto media = at.events->wait_for("call.media", {"codec=PCMU/8000"});
        CHECK(media.at("media").at("direction") == "sendrecv");
        succeed(at.phone.command("call.hangup", {{"call", at.phone.current_call()}}));
        const auto over = at.events->wait_for("call.state", {"state=terminated", "ended_by=local"});
        CHECK(over.at("call").at("cause") == "hung up");
        CHECK(at.phone.current_call() == 0);
    }
    callee.expect_success();
}

enum class answering { by_itself, when_told };

void called_by_sipp(const std::string& transport, answering how) {
    const bool by_itself = how == answering::by_itself;
    phone_at_work at(transport, {fmt::format("account.1.auto_answer = {}", by_itself ? 1 : 0)});
    const auto own_address = fmt::format("127.0.0.1:{}", at.phone.setting().sip_port);
    sipp caller(
        "uac", transport, static_cast<std::uint16_t>(at.ports.first() + 50), at.folder.path,
        {own_address, "-s", "1001", "-l", "1", "-r", "10", "-d", "200"}
    );
    for (int i = 0; i < calls; ++i) {
        const auto ringing = at.events->wait_for("call.state", {"state=early", "direction=incoming"});
        CHECK(ringing.at("call").at("remote").as_string().starts_with("sip:sipp@127.0.0.1"));
        if (!by_itself) succeed(at.phone.command("call.answer", {{"call", at.phone.current_call()}}));
        at.events->wait_for("call.state", {"state=confirmed"});
        const auto over = at.events->wait_for("call.state", {"state=terminated"});
        CHECK(over.at("call").at("ended_by") == "remote");
        CHECK(over.at("call").at("cause") == "the other side hung up");
    }
    CHECK(at.phone.current_call() == 0);
    caller.expect_success();
}

}  // namespace

TEST_CASE("udp: phoned calls SIPp") {
    call_sipp("udp");
}
TEST_CASE("udp: SIPp calls phoned, which answers when it is told") {
    called_by_sipp("udp", answering::when_told);
}
TEST_CASE("udp: SIPp calls phoned, which answers by itself") {
    called_by_sipp("udp", answering::by_itself);
}
TEST_CASE("tcp: phoned calls SIPp") {
    call_sipp("tcp");
}
TEST_CASE("tcp: SIPp calls phoned, which answers when it is told") {
    called_by_sipp("tcp", answering::when_told);
}
TEST_CASE("tcp: SIPp calls phoned, which answers by itself") {
    called_by_sipp("tcp", answering::by_itself);
}

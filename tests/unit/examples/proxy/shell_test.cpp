// Covered: the proxy's trace lines and its reading of listen addresses and user files. The program as a whole is tested
// by proxy_program.py.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include <boost/json/parse.hpp>

#include "proxy/command_line.hpp"
#include "proxy/trace.hpp"
#include "support/sim_network.hpp"

using namespace proxy;

namespace {

boost::json::object traced(std::string_view bytes) {
    sip::net::traced_message message;
    message.direction = sip::net::direction::sent;
    message.local = test::at("127.0.0.1:5060", sip::transport_kind::tcp);
    message.remote = test::at("127.0.0.1:40000", sip::transport_kind::tcp);
    message.bytes = bytes;
    message.at = std::chrono::system_clock::time_point(std::chrono::microseconds(1700000000123456));
    auto line = trace_line(message);
    CHECK(line.find('\n') == std::string::npos);
    return boost::json::parse(line).as_object();
}

std::string text_of(std::string_view bytes) {
    return std::string(traced(bytes).at("text").as_string());
}

}  // namespace

TEST_CASE("A trace line is one JSON object with time, direction, transport, ends and text") {
    auto line = traced("SIP/2.0 200 OK\r\nSubject: \"quoted\\\"\r\n\r\n");
    CHECK(line.at("time").as_double() == doctest::Approx(1700000000.123456));
    CHECK(line.at("direction").as_string() == "out");
    CHECK(line.at("transport").as_string() == "TCP");
    CHECK(line.at("local").as_string() == "127.0.0.1:5060");
    CHECK(line.at("remote").as_string() == "127.0.0.1:40000");
    CHECK(line.at("text").as_string() == "SIP/2.0 200 OK\r\nSubject: \"quoted\\\"\r\n\r\n");
}

TEST_CASE("A trace line shows no credentials") {
    auto const text = text_of(
        "REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username=\"1001\", response=\"0123456789abcdef\"\r\n\r\n"
    );
    CHECK(text.find("username=\"1001\"") != std::string::npos);
    CHECK(text.find("0123456789abcdef") == std::string::npos);
    CHECK(text.ends_with("x\r\n\r\n"));
}

TEST_CASE("Whatever bytes a peer sends, the line stays JSON") {
    CHECK(
        text_of("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\x9e") ==
        "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\x9e"
    );
    CHECK(text_of("\xff") == "\xef\xbf\xbd");
    CHECK(text_of("a\xc3") == "a\xef\xbf\xbd");                                                // cut short
    CHECK(text_of("\xc0\xaf") == "\xef\xbf\xbd\xef\xbf\xbd");                                  // overlong
    CHECK(text_of("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");                  // surrogate
    CHECK(text_of("\xf4\x90\x80\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // beyond U+10FFFF
    CHECK(text_of(std::string_view("a\0b", 3)) == std::string("a\0b", 3));
    for (int byte = 0; byte < 256; ++byte) {
        char const one = static_cast<char>(byte);
        CHECK_FALSE(text_of({&one, 1}).empty());
    }
}

TEST_CASE("Listen addresses name one transport, or both that need no certificate") {
    auto text = [](std::string const& given) {
        std::string all;
        for (auto const& each : listen_addresses(given))
            all += sip::to_string(each) + " ";
        return all;
    };
    CHECK(text("127.0.0.1:5060") == "udp 127.0.0.1:5060 tcp 127.0.0.1:5060 ");
    CHECK(text("udp:127.0.0.1:0") == "udp 127.0.0.1:0 ");
    CHECK(text("tcp:[::1]:5060") == "tcp [::1]:5060 ");
    CHECK(text("tls:127.0.0.1:5061") == "tls 127.0.0.1:5061 ");
    CHECK(text("wss:127.0.0.1:443") == "wss 127.0.0.1:443 ");
    for (auto const* wrong :
         {"", ":", "5060", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "::1:5060", "localhost:5060",
          "sctp:127.0.0.1:5061", "127.0.0.1:-1"})
        CHECK_MESSAGE(text(wrong).empty(), wrong);
}

TEST_CASE("A user file is read to its last good line or to its first bad one, which is named") {
    auto path = (std::filesystem::temp_directory_path() / "offhook-users-test").string();
    auto read = [&](std::string const& text, std::map<std::string, std::string>& users) {
        std::ofstream(path) << text;
        std::string why;
        return read_users(path, users, why) ? "read" : why.substr(path.size());
    };
    std::map<std::string, std::string> users;
    CHECK(read("# ours\n\n1001 one # Alice\n  1002\ttwo  \n", users) == "read");
    CHECK(users == std::map<std::string, std::string>{{"1001", "one"}, {"1002", "two"}});
    users.clear();
    CHECK(read("1001 one\n1002\n", users) == ":2: expected \"name password\"");
    users.clear();
    CHECK(read("1001 one two\n", users) == ":1: expected \"name password\"");
    CHECK(read("1003 a\n1003 b\n", users) == ":2: 1003 is there twice");
    std::filesystem::remove(path);
    std::string why;
    CHECK_FALSE(read_users(path, users, why));
    CHECK(why == path + ": cannot be read");
}

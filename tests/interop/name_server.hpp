// A name server of a test's own: dnsmasq with the records that the test wants.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "conformance/run/child.hpp"
#include "conformance/run/port_block.hpp"
#include "loopback/sip_support.hpp"
#include "support/temporary_folder.hpp"

namespace test {

/// dnsmasq with the records of one test; answers for .test only.
class name_server {
public:
    explicit name_server(std::vector<std::string> records) {
        REQUIRE(ports.first() != 0);
        std::vector<std::string> words = {
            "dnsmasq",
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--no-resolv",
            "--no-hosts",
            "--pid-file=",
            "--bind-interfaces",
            "--listen-address=127.0.0.1",
            "--port=" + std::to_string(ports.first()),
            "--local=/test/",
            "--local-ttl=300",
            "--log-facility=" + folder_.path + "/dnsmasq.log",
            "--user=root"};
        words.insert(words.end(), records.begin(), records.end());
        process_ = conformance::child::start(words, folder_.path + "/dnsmasq.out");
        REQUIRE_MESSAGE(answers(), "dnsmasq (package dnsmasq-base) does not answer");
    }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(ports.first()); }
    /// Another port of this run's own.
    [[nodiscard]] std::uint16_t port(std::uint16_t n) const { return static_cast<std::uint16_t>(ports.first() + n); }
    void stop() { process_.stop(); }

    static inline conformance::port_block ports;

private:
    [[nodiscard]] bool answers() {
        boost::asio::io_context loop{1};
        boost::asio::ip::udp::socket socket(loop, {boost::asio::ip::address_v4::loopback(), 0});
        socket.non_blocking(true);
        std::string const query("\x12\x34\x01\0\0\1\0\0\0\0\0\0\1x\4test\0\0\1\0\1", 24);
        char reply[512];
        auto const give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (std::chrono::steady_clock::now() < give_up && process_.is_running()) {
            sip::error_code error;
            socket.send_to(
                boost::asio::buffer(query), {boost::asio::ip::address_v4::loopback(), ports.first()}, 0, error
            );
            sip_test::run_for(loop, std::chrono::milliseconds(50));
            if (socket.receive(boost::asio::buffer(reply), 0, error) > 0 && !error) return true;
        }
        return false;
    }
    test::temporary_folder folder_;
    conformance::child process_;
};

}  // namespace test

// Covers: where a phone listens: on all addresses of the machine, so that it goes on when its own changes, or on the
// one that is set. Not here: what follows from a change (tests/loopback/sip_addresses.cpp,
// tests/unit/sip/ua/address_change.cpp).
#include "phoned/config/load.hpp"
#include "phoned/net/daemon.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::udp;

/// A port that is free on all addresses.
unsigned free_port() {
    asio::io_context context;
    return udp::socket(context, {udp::v4(), 0}).local_endpoint().port();
}

/// A phone that runs in a thread of its own.
class running_phone {
public:
    running_phone(unsigned port, const std::string& more) {
        const auto text =
            "#!version:1.0.0.1\naccount.1.enable = 1\naccount.1.user_name = 1001\n"
            "account.1.sip_server.1.address = 127.0.0.1\naccount.1.sip_server.1.port = 9\n"
            "account.1.sip_listen_port = " +
            std::to_string(port) + "\n" + more;
        const phoned::config_source file{"phone.cfg", text};
        phoned::net::daemon_options options;
        options.config = phoned::load_config({&file, 1}).values;
        options.runtime_folder = folder_.path;
        options.state_folder = folder_.path;
        auto made = phoned::net::daemon::create(std::move(options));
        REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().text));
        daemon_ = std::move(*made);
        thread_ = std::thread{[this] { daemon_->run(); }};
    }
    ~running_phone() {
        // The second one does not wait for the registrar, which is not there.
        for (int i = 0; i < 2; ++i) {
            std::raise(SIGTERM);
            std::this_thread::sleep_for(100ms);
        }
        thread_.join();
    }
    running_phone(const running_phone&) = delete;
    running_phone& operator=(const running_phone&) = delete;

private:
    test::temporary_folder folder_;
    std::unique_ptr<phoned::net::daemon> daemon_;
    std::thread thread_;
};

/// Whether OPTIONS to this address is answered with 200.
bool answers_at(const std::string& address, unsigned port) {
    asio::io_context context;
    udp::socket socket(context, {asio::ip::make_address("127.0.0.3"), 0});
    socket.non_blocking(true);
    const auto own = std::to_string(socket.local_endpoint().port());
    const auto text = "OPTIONS sip:1001@" + address + " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.3:" + own +
                      ";branch=z9hG4bKx\r\nMax-Forwards: 70\r\nFrom: <sip:a@127.0.0.3>;tag=1\r\nTo: <sip:1001@" +
                      address + ">\r\nCall-ID: " + own + "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    boost::system::error_code ignored;
    std::array<char, 4096> answer{};
    for (int i = 0; i < 20; ++i) {
        socket.send_to(
            asio::buffer(text), {asio::ip::make_address(address), static_cast<asio::ip::port_type>(port)}, 0, ignored
        );
        std::this_thread::sleep_for(50ms);
        udp::endpoint from;
        const auto size = socket.receive_from(asio::buffer(answer), from, 0, ignored);
        if (!ignored && std::string(answer.data(), size).starts_with("SIP/2.0 200 ")) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("a phone without an address of its own listens on all of them, and so follows a change") {
    const auto port = free_port();
    const running_phone phone(port, "");
    CHECK(answers_at("127.0.0.1", port));
    CHECK(answers_at("127.0.0.2", port));
}

TEST_CASE("a phone with an address of its own listens there only") {
    const auto port = free_port();
    const running_phone phone(port, "offhook.local_address = 127.0.0.2\n");
    CHECK(answers_at("127.0.0.2", port));
    CHECK_FALSE(answers_at("127.0.0.1", port));
}

// A hub behind real sockets in a thread of its own, with a phone that writes down what it is asked; and clients of
// several kinds.
#pragma once

#include "phoned/net/clock.hpp"
#include "phoned/net/socket_server.hpp"
#include "phoned/tools/client.hpp"
#include "support/phoned/recording_phone.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <cstring>
#include <future>
#include <string>
#include <thread>

namespace phoned::testing {

using namespace std::chrono_literals;
namespace json = boost::json;

inline tools::deadline soon() {
    return std::chrono::steady_clock::now() + 5s;
}

using test::temporary_folder;

inline call_state_event a_call_state(call_state state) {
    return {
        {.call = call_number{7},
         .account = 1,
         .direction = call_direction::outgoing,
         .state = state,
         .local = "sip:1001@example.org",
         .remote = "sip:1002@example.org"}};
}

/// The hub and its shell run in `thread`; everything of theirs is touched only inside run().
class phone_process {
public:
    explicit phone_process(const std::string& where = {}, std::uint32_t rate = 8000)
        : folder(where.empty() ? own.path : where),
          centre(
              [&] {
                  hub_options options;
                  options.own_uid = ::getuid();
                  options.audio = audio_format_at(rate);
                  return options;
              }(),
              phone
          ),
          server(context.get_executor(), centre, audio_format_at(rate)) {
        const auto opened = server.open(folder);
        REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().text));
        thread = std::thread{[this] { context.run(); }};
    }
    ~phone_process() {
        run([&] { server.close(); });
        work.reset();
        thread.join();
    }
    phone_process(const phone_process&) = delete;
    phone_process& operator=(const phone_process&) = delete;

    template <class Work>
    void run(Work task) {
        std::promise<void> finished;
        boost::asio::post(context, [&] {
            task();
            server.flush();
            finished.set_value();
        });
        finished.get_future().wait();
    }

    tools::connection control(const std::string& name = "test") {
        return join("/control.sock", "client.register", {{"name", name}, {"protocol", {1, 0}}});
    }
    tools::connection driver(const std::string& kind, const std::string& name, json::object capabilities = {}) {
        return join(
            "/driver.sock", "driver.register",
            {{"name", name}, {"kind", kind}, {"protocol", {1, 0}}, {"capabilities", std::move(capabilities)}}
        );
    }

    temporary_folder own;
    std::string folder;
    boost::asio::io_context context;
    recording_phone phone;
    hub centre;
    net::socket_server server;

private:
    tools::connection join(const std::string& socket, const std::string& method, json::object params) {
        auto opened = tools::connection::open(folder + socket, 5s);
        REQUIRE(opened.has_value());
        REQUIRE(opened->call(method, std::move(params), 5s).has_value());
        return std::move(*opened);
    }

    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
    std::thread thread;
};

inline sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

/// Bytes as they are, for what a well-behaved client would not send.
class raw_client {
public:
    explicit raw_client(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const auto address = address_of(path);
        REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            REQUIRE(sent > 0);
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    std::string read_line() {
        for (;;) {
            if (const auto end = held_.find('\n'); end != std::string::npos) {
                auto line = held_.substr(0, end);
                held_.erase(0, end + 1);
                return line;
            }
            pollfd watched{socket_.get(), POLLIN, 0};
            REQUIRE(::poll(&watched, 1, 5000) == 1);
            char bytes[4096];
            const auto got = ::recv(socket_.get(), bytes, sizeof bytes, 0);
            REQUIRE(got > 0);
            held_.append(bytes, static_cast<std::size_t>(got));
        }
    }

private:
    net::descriptor socket_;
    std::string held_;
};

/// A socket file as another program would leave it.
class raw_listener {
public:
    raw_listener(const std::string& path, bool listens) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const auto address = address_of(path);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        if (listens) REQUIRE(::listen(socket_.get(), 4) == 0);
    }

private:
    net::descriptor socket_;
};

}  // namespace phoned::testing

// The other end of driver.sock and control.sock for programs that may block: phonectl, the reference drivers, tests.
// One connection, JSON-RPC lines, descriptors by SCM_RIGHTS. Pings are answered whenever the connection is read.
#pragma once

#include "phoned/net/descriptor.hpp"
#include "phoned/protocol/line_framer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phoned::tools {

namespace json = boost::json;

enum class failure_kind { cannot_connect, timed_out, closed, refused, bad_peer };

struct client_failure {
    failure_kind kind;
    std::string text;  ///< For people
    int code = 0;      ///< Of a refusal: JSON-RPC's error code
};

template <class Value>
using client_result = boost::system::result<Value, client_failure>;

/// A notification, or with an id a call, from phoned.
struct arrived {
    std::string method;
    json::object params;
    std::optional<json::value> id;
};

using deadline = std::chrono::steady_clock::time_point;

class connection {
public:
    /// Connects and reads the hello.
    [[nodiscard]] static client_result<connection> open(const std::string& path, std::chrono::milliseconds patience);

    [[nodiscard]] const json::object& hello() const noexcept { return hello_; }

    /// Sends a call and waits for its answer. What arrives meanwhile waits for next().
    [[nodiscard]] client_result<json::object> call(
        std::string_view method, json::object params, std::chrono::milliseconds patience
    );
    /// Errors show at the next read.
    void notify(std::string_view method, json::object params);
    void answer(const json::value& id, json::object result);
    void refuse(const json::value& id, std::string_view why);

    /// The next notification or call; fails with timed_out at the deadline.
    [[nodiscard]] client_result<arrived> next(deadline until);
    /// What has arrived and been read, without waiting; reads if there is something to read.
    [[nodiscard]] client_result<std::optional<arrived>> poll();

    /// Descriptors that came with lines, oldest first.
    [[nodiscard]] std::optional<net::descriptor> take_descriptor();
    [[nodiscard]] int socket() const noexcept { return socket_.get(); }
    /// What phoned said of a faulty notification or line, if it said something since the last call.
    [[nodiscard]] std::optional<std::string> take_complaint();

private:
    explicit connection(net::descriptor socket);
    /// Reads once, waiting until the deadline; false on end, error or time-out (why_ says which).
    [[nodiscard]] bool read_more(deadline until);
    void take_line(std::string_view text);
    void send(const json::object& message);

    net::descriptor socket_;
    line_framer framer_;
    json::object hello_;
    std::deque<arrived> waiting_;
    std::deque<net::descriptor> descriptors_;
    std::optional<json::object> answer_;  // to the call in progress
    std::int64_t last_id_ = 0;
    std::optional<std::string> complaint_;
    client_failure why_{failure_kind::closed, "the connection is closed"};
};

}  // namespace phoned::tools

// One connection, speaking JSON-RPC 2.0 in lines: cuts and checks what comes in, queues what goes out, and notices
// silence and slowness. Knows neither methods nor roles: that is the hub's. Sans-IO; private to protocol.
#pragma once

#include "phoned/protocol/line_framer.hpp"
#include "phoned/protocol/outgoing_queue.hpp"
#include "phoned/protocol/phone_commands.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace phoned {

struct peer_limits {
    std::size_t max_queue;
    duration idle;
    unsigned pings;
};

/// A request or, without an id, a notification.
struct incoming_call {
    std::optional<boost::json::value> id;
    std::string method;
    boost::json::object params;
};

/// An answer to a call of ours.
struct incoming_answer {
    std::string method;                         ///< Of the call
    std::optional<boost::json::object> result;  ///< None: it failed
    std::string error;                          ///< Then why
};

using incoming = std::variant<incoming_call, incoming_answer>;

class peer {
public:
    peer(time_point now, const peer_limits&);

    // In.
    void on_bytes(time_point now, std::string_view bytes);
    /// The next message. Lines that are not JSON-RPC are answered with an error here and skipped.
    [[nodiscard]] std::optional<incoming> next(time_point now);
    /// Pings a silent peer, gives up a dead one.
    void on_timeout(time_point now);
    [[nodiscard]] time_point next_deadline() const noexcept;

    // Out. All of these close the peer when it reads too slowly.
    void answer(time_point now, const boost::json::value& id, boost::json::object result);
    void refuse(time_point now, const boost::json::value& id, const command_failure&);
    void notify(time_point now, std::string_view method, boost::json::object params, std::uint32_t attachment = 0);
    void notify_level(time_point now, std::string_view key, std::string_view method, boost::json::object params);
    void call(time_point now, std::string_view method, boost::json::object params);
    /// A line already made; shared by all subscribers of an event.
    void send_line(time_point now, std::string line);
    void send_level_line(time_point now, std::string_view key, std::string line);

    /// Says why, then closes as soon as that is written or a second has passed.
    void close(time_point now, const command_failure& why);
    /// Closes when what waits is written or a second has passed.
    void close_gently(time_point now);

    [[nodiscard]] const outgoing_queue& queue() const noexcept { return queue_; }
    void on_written(std::size_t bytes);
    [[nodiscard]] bool is_closing() const noexcept { return close_by_.has_value(); }
    [[nodiscard]] bool is_finished() const noexcept;
    /// Why it was closed by us; empty if it was not.
    [[nodiscard]] const std::string& close_reason() const noexcept { return close_reason_; }
    [[nodiscard]] std::uint64_t bad_lines() const noexcept { return bad_lines_; }

private:
    std::optional<incoming> read_line(time_point now, std::string_view text);
    std::optional<incoming> read_answer(const boost::json::object&);
    void refuse_line(time_point now, const boost::json::value& id, error_number, std::string why);
    void put(time_point now, bool fits);

    peer_limits limits_;
    line_framer framer_;
    outgoing_queue queue_;
    std::vector<std::pair<std::uint32_t, std::string>> calls_;  // ours that wait for an answer: id and method
    std::uint32_t last_call_ = 0;
    time_point last_heard_;
    unsigned pings_out_ = 0;
    std::optional<time_point> close_by_;
    bool gave_up_ = false;
    std::string close_reason_;
    std::uint64_t bad_lines_ = 0;
};

/// A whole line of a notification.
[[nodiscard]] std::string notification_line(std::string_view method, const boost::json::object& params);

}  // namespace phoned

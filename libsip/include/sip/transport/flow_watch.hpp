// Whether a flow still works (RFC 5626 4.4): pings at random intervals, and how long their answers may take. Over
// connections CRLF CRLF is answered by CRLF (4.4.1); over datagrams a STUN Binding request by its response (4.4.2),
// which also tells whether an address translator between has forgotten us. WebSocket has pings of its own (RFC 7118 6).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/environment.hpp"
#include "sip/time.hpp"
#include "sip/transport/stun_client.hpp"

namespace sip {

/// Bounds of the time from one ping to the next, which is drawn anew each time.
struct keep_alive_interval {
    duration shortest{}, longest{};  ///< the bounds
    /// One of the times between, both bounds among them.
    [[nodiscard]] duration draw(random_source const& random) const {
        return shortest + duration(random.below(static_cast<std::uint64_t>((longest - shortest).count()) + 1));
    }
};

/// When pings are sent where the server names no time of its own.
struct keep_alive_settings {
    keep_alive_interval stream{std::chrono::seconds(95), std::chrono::seconds(120)};   ///< RFC 5626 4.4.1
    keep_alive_interval datagram{std::chrono::seconds(24), std::chrono::seconds(29)};  ///< RFC 5626 4.4.2
};

/// Watches one flow: says when to ping, and whether the answers show that the flow still works.
class flow_watch {
public:
    /// `stream`: over a connection. The first ping is due after an interval.
    flow_watch(time_point now, bool stream, keep_alive_interval, random_source);

    /// What the server asks for: Flow-Timer, from which 80 to 100 % are taken (4.4).
    [[nodiscard]] static keep_alive_interval from_flow_timer(std::uint32_t seconds) noexcept;

    /// From the next ping on; for a refresh that names another time.
    void set_interval(keep_alive_interval interval) noexcept { interval_ = interval; }

    /// What is known of the flow.
    enum class verdict : std::uint8_t {
        unknown,  ///< not ours: an answer to something else
        alive,    ///< the ping was answered
        failed,   ///< no answer in time, an error response, or another address of ours than before
    };
    /// What is to be done when time has passed.
    struct due {
        std::string ping;                 ///< to be sent now; empty where there is nothing to send
        verdict flow = verdict::unknown;  ///< failed: no answer came in time
    };
    /// After next_deadline().
    [[nodiscard]] due on_timeout(time_point now);
    /// Anything that came over the flow and is no SIP message.
    [[nodiscard]] verdict on_answer(time_point now, std::string_view bytes);
    [[nodiscard]] time_point next_deadline() const noexcept { return deadline_; }  ///< when on_timeout() is due

    static constexpr duration pong_limit = std::chrono::seconds(10);  ///< for the answer over a connection (4.4.1)

private:
    void wait(time_point now);
    [[nodiscard]] verdict answered(time_point now);

    bool is_stream_;
    keep_alive_interval interval_;
    random_source random_;
    time_point deadline_{};
    bool is_open_ = false;   ///< a ping is not answered yet
    stun::client stun_;
    std::optional<endpoint> mapped_;  ///< our address as the server sees it
};

}  // namespace sip

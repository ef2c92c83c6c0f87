// One Binding transaction of ours over datagrams (RFC 8489 6.2.1): when its request is sent again, and which response
// is its own. What the response means is for the two who ask: flow_watch.hpp and address_discovery.hpp.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "sip/environment.hpp"
#include "sip/time.hpp"
#include "sip/transport/stun.hpp"

namespace sip::stun {

/// Sends a request again until it is answered or given up: 39.5 s.
class client {
public:
    explicit client(random_source random) : random_(random) {}  ///< Draws the transactions.

    /// A new transaction, whose first request is due at once. One that is open is forgotten.
    void begin(time_point now);
    [[nodiscard]] bool is_open() const noexcept { return is_open_; }  ///< A response is waited for.

    /// What is to be done when time has passed.
    struct due {
        std::string request;       ///< to be sent now; empty where there is nothing to send
        bool is_given_up = false;  ///< the last wait is over, and so is the transaction
    };
    /// After next_deadline(), of a transaction that is open.
    [[nodiscard]] due on_timeout(time_point now);
    /// The response to the open transaction, which it ends; nothing for everything else that may come.
    [[nodiscard]] std::optional<message> on_answer(std::string_view datagram);
    [[nodiscard]] time_point next_deadline() const noexcept { return deadline_; }  ///< Of a transaction that is open.

    static constexpr duration first_wait = std::chrono::milliseconds(500);  ///< RTO
    static constexpr unsigned most_requests = 7;                            ///< Rc
    static constexpr unsigned last_wait = 16;  ///< Rm: behind the last request, in first waits

private:
    random_source random_;
    bool is_open_ = false;
    unsigned requests_ = 0;
    transaction id_{};
    time_point deadline_{};
};

/// The address in a response that can be believed: a success response that asks for nothing that we do not understand
/// (6.3.3).
[[nodiscard]] std::optional<endpoint> mapped_by(message const& response) noexcept;

}  // namespace sip::stun

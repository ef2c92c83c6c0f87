// Which address our datagrams come from behind an address translator, as a STUN server sees it (RFC 8489, the usage
// that RFC 3489 called binding discovery). One socket and one server; asked again and again, since the translator may
// forget us or begin to use another address. What is done with the address is for the user agent (Contact, Via) and
// for whoever describes media.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/environment.hpp"
#include "sip/time.hpp"
#include "sip/transport/flow_watch.hpp"
#include "sip/transport/stun_client.hpp"

namespace sip {

/// Asks one STUN server about one socket.
class address_discovery {
public:
    /// The first request is due at once, the next one an interval behind each answer.
    address_discovery(time_point now, endpoint const& server, keep_alive_interval, random_source);

    /// What is to be done when time has passed.
    struct due {
        std::string request;      ///< to be sent to server(); empty where there is nothing to send
        bool has_failed = false;  ///< nobody answered; it is asked again after the interval
    };
    /// After next_deadline().
    [[nodiscard]] due on_timeout(time_point now);

    /// What an answer says.
    enum class verdict : std::uint8_t {
        unknown,    ///< not ours: from somebody else, or to something else
        same,       ///< mapped() is as it was
        changed,    ///< mapped() is known now, or is another one than before
        elsewhere,  ///< another server is to be asked: a request to it is due at once (10)
        failed,     ///< refused, or no answer that can be used; it is asked again after the interval
    };
    /// Anything that came over the socket and may be STUN.
    [[nodiscard]] verdict on_answer(time_point now, endpoint const& from, std::string_view datagram);

    /// Our address as the server saw it last. A server that falls silent does not take it away: the translator has
    /// said nothing.
    [[nodiscard]] std::optional<endpoint> const& mapped() const noexcept { return mapped_; }
    [[nodiscard]] endpoint const& server() const noexcept { return server_; }  ///< The one that is asked.
    [[nodiscard]] time_point next_deadline() const noexcept;                   ///< When on_timeout() is due.

    static constexpr std::size_t most_alternates = 3;  ///< further servers of one question

private:
    void wait(time_point now);

    keep_alive_interval interval_;
    random_source random_;
    endpoint first_;  ///< where each question begins
    endpoint server_;
    std::vector<endpoint> asked_;  ///< before server_, for this question
    stun::client client_;
    std::optional<endpoint> mapped_;
    time_point next_question_{};
};

}  // namespace sip

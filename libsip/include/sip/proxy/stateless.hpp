// Forwarding without transactions: all that a stateless proxy does (RFC 3261 16.11), and the ACK of a 2xx, which has no
// transaction anywhere. The same request gives the same copy, branch and destination each time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "sip/proxy/forwarding.hpp"
#include "sip/proxy/own_names.hpp"
#include "sip/proxy/settings.hpp"
#include "sip/proxy/ways.hpp"
#include "sip/syntax/message.hpp"
#include "sip/transport/actions.hpp"
#include "sip/transport/locator.hpp"

namespace sip::proxy {

/// Forwarding without transactions (RFC 3261 16.11).
class stateless {
public:
    /// What forwarding leans on; all outlive it.
    struct surroundings {
        settings const& config;  ///< the proxy's
        buffer_pool& pool;  ///< the proxy's
        proxy::ways& ways;  ///< the proxy's
        own_names const& names;  ///< the proxy's
        sip::locator& locator;  ///< the proxy's
        hash_key key;  ///< of the branches
    };
    explicit stateless(surroundings s) : around_(s) {}  ///< All of them outlive it.

    /// A request and how it came, with the top Via as the transport stamped it (18.2.1).
    struct passing {
        message request;  ///< the request itself
        flow_id arrival = flow_id::none;  ///< what the request came over
        endpoint from;  ///< the sender's address
        routing route;  ///< where it goes
        std::optional<way> over;  ///< where nothing has to be looked up
        std::string mark;         ///< loop_mark() of the request
    };
    /// Sends it on, now or once the name of the next hop is known; nothing where there is no way.
    void forward(time_point now, passing, actions& out);
    /// The answer to a look-up; ignored where it is not ours.
    void on_located(lookup const&, actions& out);
    /// Sends a response to the Via below ours (16.7 step 3, 18.2.2), over the connection that the request came by. One
    /// without a Via of ours is dropped (18.1.2).
    void on_response(message_view response, actions& out);

    /// Requests that wait for the name service.
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
    static constexpr std::size_t most_waiting = 256;  ///< for names; what comes beyond is lost, as on a bad network

private:
    void send(passing const&, way const&, actions& out) const;
    [[nodiscard]] std::string branch(passing const&) const;

    surroundings around_;
    std::map<std::uint32_t, passing> waiting_;
};

}  // namespace sip::proxy

// Ways to peers: the flows that exist, the one that leads to an address (opened if need be), and tokens by which a URI
// of ours remembers a flow (RFC 5626 5.2), so that requests reach phones that can only be reached over the connection
// or through the address translator that they came by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/proxy/own_names.hpp"
#include "sip/proxy/sealer.hpp"
#include "sip/syntax/message.hpp"
#include "sip/transport/actions.hpp"
#include "sip/transport/flow_table.hpp"
#include "sip/transport/locator.hpp"

namespace sip::proxy {

/// A flow, or an address, that leads to a client.
struct way {
    flow_id flow = flow_id::none;  ///< the socket or connection
    endpoint to;                   ///< where to
    endpoint sent_by;              ///< our address on this way, for Via and Record-Route
    bool by_flow = false;  ///< only this very flow leads to the peer: URIs of ours that lead there carry its token
};

/// What a token in a URI of ours leads to.
enum class token_state : std::uint8_t {
    none,    ///< there is no token
    forged,  ///< it is not ours, or not of this life
    gone,    ///< its flow is down
    up,
};
/// What a flow token says.
struct token_way {
    token_state state = token_state::none;  ///< whether it is ours and still good
    std::optional<proxy::way> way;          ///< with up
};

/// The flows of the proxy, and how they are named in URIs.
class ways {
public:
    /// Both outlive the ways.
    ways(own_names& names, sealer const& seals) : names_(&names), seals_(&seals) {}

    flow_id add(flow_description const&);  ///< a new flow
    /// News of a flow.
    void on_event(flow_event const&);
    /// Learns the other names of the sender's connection (RFC 5923, RFC 7118).
    void on_request(flow_id flow, message_view request) { flows_.on_request(flow, request); }

    /// A flow to this place: one that exists, or a new connection, which is then asked for in `out`. Nothing where we
    /// have no socket of that kind.
    [[nodiscard]] std::optional<way> towards(location const& place, actions& out);
    /// How the sender of a datagram can be reached. (That of a connection is reached over the connection.)
    enum class reach : std::uint8_t { by_address, by_flow };
    /// The way back to the sender of a message; nothing where its connection is gone.
    [[nodiscard]] std::optional<way> back_to(flow_id flow, endpoint const& from, reach) const;

    /// A note of where a registration came from, for the location service, and the way that it leads to: the very
    /// connection, which must still be up, or the socket that it came to.
    [[nodiscard]] std::string note_of(flow_id flow, endpoint const& from) const;
    /// The way that a note names; nothing where it is none.
    [[nodiscard]] std::optional<way> noted(std::string_view note) const;
    /// True for a note of a connection.
    [[nodiscard]] static bool is_of_connection(std::string_view note) noexcept;

    /// The name of a way, for a URI.
    [[nodiscard]] std::string token_of(way const&) const;
    /// The way that a token names.
    [[nodiscard]] token_way along(std::string_view token) const;
    /// A URI of ours at which this peer finds us again (16.6 step 4), with a token where there has to be one:
    /// "<sip:token@192.0.2.1:5060;transport=tcp;lr>".
    [[nodiscard]] std::string route_to(way const&, uri_scheme scheme) const;

    /// What a dialog that this request begins is known by when it comes back in a URI of ours: nobody else can make it.
    [[nodiscard]] std::string signature_of(message_view request) const;
    /// True where the signature is that of the request's dialog, whichever side sends it.
    [[nodiscard]] bool is_signed(message_view request, std::string_view signature) const;

    /// True while the flow lives.
    [[nodiscard]] bool knows(flow_id id) const noexcept { return flows_.find(id) != nullptr; }
    [[nodiscard]] std::size_t count() const noexcept { return flows_.size(); }  ///< flows that live

private:
    [[nodiscard]] way over(flow_entry const&, endpoint const& to, reach) const;

    own_names* names_;
    sealer const* seals_;
    flow_table flows_;
};

}  // namespace sip::proxy

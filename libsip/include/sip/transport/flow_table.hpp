// Which flows exist, and which of them leads to an address (RFC 3261 18.1.1, 18.2.1: connections are shared and
// reused). A TLS connection leads only to the names that its peer proved to be (RFC 5922 7.3, RFC 5923 8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/container/static_vector.hpp>

#include "sip/syntax/message.hpp"
#include "sip/transport/flow.hpp"

namespace sip {

enum class flow_state : std::uint8_t { opening, up };

/// One socket or connection, as the core knows it.
struct flow_entry {
    flow_id id = flow_id::none;      ///< its number
    endpoint local;                  ///< of an opening connection: kind only
    std::optional<endpoint> remote;  ///< nothing for a datagram socket
    /// Whether messages can be sent.
    flow_state state = flow_state::up;
    /// Over TLS the names that the peer has proved (while opening: the one that it will have to prove). Of an accepted
    /// WebSocket also the ".invalid" names by which its client calls itself.
    std::vector<std::string> names;
    bool is_authenticated = false;  ///< an accepted connection whose client showed a good certificate
    std::optional<endpoint> alias;  ///< the address where an accepted connection's client listens (RFC 5923 8.2)
};

/// The sockets and connections of one core.
class flow_table {
public:
    /// A flow the shell already has: a bound datagram socket or an accepted connection.
    flow_id add(flow_description const&);
    /// A connection that the shell is going to open to prove itself as `server_name`; the caller emits open_flow.
    flow_id add_opening(endpoint const& remote, std::string_view server_name = {});
    /// Keeps `up` connections with the address they got, and sockets that have moved; forgets all other flows that
    /// changed.
    void on_event(flow_event const&);
    /// Learns from a request that came over `flow` how its sender may be reached over it: the `alias` of Via, where a
    /// certificate has proved who it is (RFC 5923 9.2), and the ".invalid" host of a WebSocket client (RFC 7118). A
    /// name stays with the first living connection that uses it, so that nobody takes over another's.
    void on_request(flow_id, message_view);

    /// Nullptr where it is gone.
    [[nodiscard]] flow_entry const* find(flow_id) const noexcept;
    /// The address that our messages over this flow name; also of a connection that is gone, for as long as it is among
    /// the last ones: what came over it may still be answered.
    [[nodiscard]] std::optional<endpoint> named_by(flow_id) const noexcept;
    /// The flow that leads to `to`. For connections the newest one to that very endpoint, preferring one that is up; a
    /// secure one only where its peer proved `server_name`. For datagrams the socket of that address family whose
    /// address suits best as source (RFC 6724 5: the same address, the same scope, the longest common prefix), the
    /// first among equals.
    [[nodiscard]] std::optional<flow_id> towards(endpoint const& to, std::string_view server_name = {}) const noexcept;
    /// The connection whose other end is that very address, whatever name it proved. For requests inside a dialog: a
    /// peer that names itself by number names the end of its connection, and nobody else can be there.
    [[nodiscard]] std::optional<flow_id> connected_to(endpoint const& to) const noexcept;
    /// The datagram socket that is bound to this very address.
    [[nodiscard]] std::optional<flow_id> bound_to(endpoint const& local) const noexcept;
    /// Where the WebSocket client is that calls itself by this ".invalid" name.
    [[nodiscard]] std::optional<endpoint> named(std::string_view host) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return flows_.size(); }  ///< how many there are

    /// An accepted connection has at most this many ".invalid" names.
    static constexpr std::size_t most_names = 4;
    static constexpr std::size_t most_remembered = 64;  ///< flows that are gone whose local address is still known

private:
    flow_entry* find_mutable(flow_id) noexcept;
    [[nodiscard]] std::optional<flow_id> socket_towards(endpoint const& to) const noexcept;

    /// Ascending by id, since ids are given in order. A user agent has few flows; a proxy's shell bounds them.
    std::vector<flow_entry> flows_;
    struct former {
        flow_id id = flow_id::none;
        endpoint local;
    };
    boost::container::static_vector<former, most_remembered> former_;  ///< the oldest first
    std::uint32_t last_ = 0;
};

/// True for a host under the top level domain that never exists (RFC 2606 2): a client's way of saying that it cannot
/// be reached but over its own connection (RFC 7118).
[[nodiscard]] bool is_invalid_name(std::string_view host) noexcept;

}  // namespace sip

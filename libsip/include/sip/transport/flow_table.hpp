// Which flows exist, and which of them leads to an address (RFC 3261 18.1.1, 18.2.1: connections are shared and
// reused).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sip/transport/flow.hpp"

namespace sip {

enum class flow_state : std::uint8_t { opening, up };

struct flow_entry {
    flow_id id = flow_id::none;
    endpoint local;                  ///< of an opening connection: kind only
    std::optional<endpoint> remote;  ///< nothing for a datagram socket
    flow_state state = flow_state::up;
};

class flow_table {
public:
    /// A flow the shell already has: a bound datagram socket or an accepted connection.
    flow_id add(flow_description const&);
    /// A connection that the shell is going to open; the caller emits open_flow.
    flow_id add_opening(endpoint const& remote);
    /// Keeps `up` connections with the address they got; forgets failed and closed flows.
    void on_event(flow_event const&);

    [[nodiscard]] flow_entry const* find(flow_id) const noexcept;
    /// The flow that leads to `to`: for datagrams the first socket of that address family, for connections the newest
    /// one to that very endpoint, preferring one that is up.
    [[nodiscard]] std::optional<flow_id> towards(endpoint const& to) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return flows_.size(); }

private:
    flow_entry* find_mutable(flow_id) noexcept;

    /// Ascending by id, since ids are given in order. A user agent has few flows; a proxy's shell bounds them.
    std::vector<flow_entry> flows_;
    std::uint32_t last_ = 0;
};

}  // namespace sip

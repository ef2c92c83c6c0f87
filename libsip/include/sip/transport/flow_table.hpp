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
    void on_event(flow_event const&);

    [[nodiscard]] flow_entry const* find(flow_id) const noexcept;
    /// The flow that leads to `to`: for datagrams the socket of that address family, for connections one to that very
    /// endpoint, up or opening.
    [[nodiscard]] std::optional<flow_id> towards(endpoint const& to) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return flows_.size(); }

private:
    std::vector<flow_entry> flows_;  ///< a user agent has few; a proxy's shell bounds them
    std::uint32_t last_ = 0;
};

}  // namespace sip

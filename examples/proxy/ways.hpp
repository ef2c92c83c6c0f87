// Ways to peers: the flows that exist, the one that leads to an address (opened if need be), and tokens by which a
// Record-Route remembers a phone's connection (as RFC 5626 5.2 does it), so that requests reach phones that can only be
// reached over the connection they opened themselves.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "own_names.hpp"
#include "settings.hpp"
#include "sip/environment.hpp"
#include "sip/transaction/keyed_hash.hpp"
#include "sip/transport/actions.hpp"
#include "sip/transport/flow_table.hpp"

namespace proxy {

struct way {
    sip::flow_id flow = sip::flow_id::none;
    sip::endpoint to;
    sip::endpoint sent_by;  ///< our address on this way, for Via and Record-Route
};

class ways {
public:
    ways(own_names& names, sip::environment&);

    sip::flow_id add(sip::flow_description const&);
    void on_event(sip::flow_event const&);

    /// A flow to this address: one that exists, or a new connection, which is then asked for in `out`. Nothing where we
    /// have no socket of that kind.
    [[nodiscard]] std::optional<way> towards(sip::endpoint const& to, sip::actions& out);
    /// The way that a phone registered from: "udp 192.0.2.7:5060" or a connection that must still be up.
    [[nodiscard]] std::optional<way> back_to(std::string_view received);
    /// The connection that a token names, if it is still up.
    [[nodiscard]] std::optional<way> along(std::string_view token) const;

    /// What a request that arrives on one flow and leaves on another gets recorded: one element, or two where the two
    /// sides differ (RFC 5658). The first is the one for the side that it leaves to.
    [[nodiscard]] std::vector<std::string> record_routes(sip::flow_id arrival, way const& departure) const;

    [[nodiscard]] bool knows(sip::flow_id id) const noexcept { return flows_.find(id) != nullptr; }
    [[nodiscard]] std::size_t count() const noexcept { return flows_.size(); }

private:
    [[nodiscard]] way over(sip::flow_entry const&, sip::endpoint const& to) const;
    [[nodiscard]] std::string token(sip::flow_entry const&) const;

    own_names* names_;
    sip::flow_table flows_;
    sip::hash_key key_;
};

}  // namespace proxy

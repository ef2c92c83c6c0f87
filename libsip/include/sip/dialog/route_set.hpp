// Route sets (RFC 3261 8.1.2, 12.2.1.1): how Record-Route becomes one, and what Request-URI, Route and next hop a
// request gets from it, with loose and with strict routers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/container/small_vector.hpp>

#include "sip/error.hpp"
#include "sip/syntax/build.hpp"
#include "sip/syntax/message.hpp"

namespace sip {

/// Elements of Route as they are written, the nearest proxy first.
using route_set = boost::container::small_vector<std::string, 2>;

/// Record-Route in the order in which a UAS uses it, or reversed for a UAC (12.1.1, 12.1.2).
enum class route_order : unsigned char { as_received, reversed };

/// errc::too_large where there are more than `most` values; the parse failure of an element that is no name-addr.
[[nodiscard]] parsed<route_set> route_set_from(message_view, route_order, std::size_t most);

/// A target and a route set put together. Borrows both.
class routed_target {
public:
    /// For a request to `target` over these routes. Both are borrowed.
    routed_target(std::string_view target, route_set const& routes);

    /// What the start line names: the target, or the first route where that is a strict router.
    [[nodiscard]] std::string_view request_uri() const noexcept { return strict_ ? strict_uri_ : target(); }
    /// The URI that says where the request is sent.
    [[nodiscard]] std::string_view next_hop() const noexcept;
    /// The first route is a strict router: the request goes to its Request-URI, whatever Route says (12.2.1.1).
    [[nodiscard]] bool is_strict() const noexcept { return strict_; }
    void write_routes(message_builder&) const;  ///< the Route headers, in order

private:
    [[nodiscard]] std::string_view target() const noexcept { return plain_target_.empty() ? target_ : plain_target_; }

    std::string_view target_;
    std::string plain_target_;  ///< without what may not stand in a Request-URI, where it has any of that (19.1.1)
    route_set const& routes_;
    bool strict_ = false;
    std::string strict_uri_;  ///< the first route, without what may not stand in a Request-URI
    std::string_view first_uri_;
};

}  // namespace sip

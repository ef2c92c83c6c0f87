// Where a request for one of our users goes (RFC 3261 16.5): extensions, bindings, GRUUs (RFC 5627 6.1), and of several
// bindings of one phone one at a time (RFC 5626 7).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sip/proxy/location_store.hpp"
#include "sip/proxy/own_names.hpp"
#include "sip/proxy/sealer.hpp"
#include "sip/proxy/settings.hpp"
#include "sip/proxy/ways.hpp"
#include "sip/syntax/uri.hpp"

namespace sip::proxy {

/// One URI to try, and what the location service knows beside it.
struct target {
    std::string uri;  ///< where to
    std::uint16_t q_milli = 1000;  ///< thousandths of q
    std::string user = {};            ///< whose binding it is; empty where it is none
    binding known = {};               ///< that binding
    std::string history = {};         ///< rc or mp of the 3xx that named it (RFC 7044 10.4)
    std::string diversions = {};      ///< lines of Diversion of that 3xx (RFC 5806 5.4)
    bool is_redirected = false;       ///< a 3xx named it
    std::vector<target> others = {};  ///< further bindings of the same phone, best first: for when its flow has failed
};

/// Where a request goes.
struct found_targets {
    std::vector<target> targets;  ///< from the highest q down; always in the same order
    std::uint16_t status = 404;   ///< where there are none: what to answer
};

/// What the search leans on; all outlive it.
struct target_sources {
    settings const& config;  ///< the proxy's
    own_names const& names;  ///< the proxy's
    sealer const& seals;  ///< the proxy's
    proxy::ways const& ways;  ///< the proxy's
    location_store& store;  ///< the proxy's
};
/// `uri` is ours (own_names::is_ours).
[[nodiscard]] found_targets find_targets(target_sources const&, uri_view const& uri, wall_time now);

}  // namespace sip::proxy

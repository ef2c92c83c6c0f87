// What a proxy is told: names, users, limits, how it forwards. Plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sip/hashing.hpp"
#include "sip/time.hpp"
#include "sip/transport/flow.hpp"

namespace sip::proxy {

enum class authentication : std::uint8_t { digest, none };

enum class forwarding : std::uint8_t {
    stateful,
    /// RFC 3261 16.11: one target, no forks, no memory of requests. Registrations are answered with transactions all
    /// the same. It asks nobody but those who register for a password: a retransmission would look like a replay.
    stateless,
};

/// What becomes of a 3xx (RFC 3261 16.7 step 4).
enum class redirects : std::uint8_t {
    passed_on,  ///< the caller decides
    followed,   ///< its Contacts become further targets
};

/// What the operator of a proxy sets.
struct settings {
    /// Host names and addresses whose users are ours; the first one is the realm. Beside them, every address that the
    /// proxy listens on is ours.
    std::vector<std::string> domains;
    /// Where connections reach us, if that is not where we listen: a relay or an address translator stands before us.
    /// Named instead of the listener of the same transport and address family in Via, Record-Route and Path.
    std::vector<endpoint> advertised;
    std::map<std::string, std::string> users;       ///< name -> password
    std::map<std::string, std::string> extensions;  ///< name -> the URI that it always leads to
    /// Domains whose edge we are (RFC 3327 5.2, RFC 5626 5): domain -> URI of the next hop, "sip:192.0.2.8;lr". Their
    /// requests and registrations go there unasked, since that server asks; registrations with our Path.
    std::map<std::string, std::string> relays;

    /// Whether clients must say who they are.
    authentication check = authentication::digest;
    /// Offered in this order (RFC 8760 2.4: the most preferred first).
    std::vector<hash_algorithm> algorithms = {hash_algorithm::sha256, hash_algorithm::md5};
    /// After which a nonce is stale.
    std::chrono::seconds nonce_life{300};
    /// Behind flow tokens and temporary GRUUs. Kept from one life to the next, both outlive a restart; empty: drawn.
    std::string secret;

    /// Of a binding: shorter is refused with 423, longer is cut.
    std::chrono::seconds min_expires{30}, default_expires{300}, max_expires{3600};
    std::size_t max_contacts = 10;            ///< bindings of one user
    std::vector<std::string> service_routes;  ///< "<sip:proxy.example.com;lr>", told to who registers (RFC 3608)
    /// Told to phones that register flows: keep them alive at least this often (RFC 5626 5.4).
    std::optional<std::chrono::seconds> flow_timer;

    forwarding how = forwarding::stateful;  ///< with or without transactions
    redirects on_redirect = redirects::passed_on;  ///< what a 3xx of a branch does
    /// The proxy enters into History-Info whom it sends a request to (RFC 7044). Off by default: it tells callers where
    /// users are. Entries that ask for privacy are not hidden by it.
    bool keeps_history = false;
    duration timer_c = std::chrono::seconds(185);  ///< RFC 3261 16.6 step 11: more than 3 minutes
    /// After this time without an answer targets of lower q get their turn; zero: they wait for refusals or Timer C.
    duration no_answer{};
    sip::timing timing;  ///< T1, T2 and T4
    std::size_t datagram_limit = 1300;   ///< RFC 3261 18.1.1; 0: never switch to TCP
    std::size_t transactions = 65536;    ///< live ones; beyond, requests are answered 503
    std::uint32_t largest_breadth = 60;  ///< RFC 5393 5.3.3
    /// What the shell speaks (RFC 3263 4.1).
    std::vector<transport_kind> transports{transport_kind::udp, transport_kind::tcp, transport_kind::tls};
};

}  // namespace sip::proxy

// Where a request for a URI goes (RFC 3263), as a machine without I/O: numeric hosts are answered at once, names by
// asking the name service through resolve_name. It chooses transport and port, and applies the rule for large datagrams
// (RFC 3261 18.1.1). It opens nothing and remembers nothing of a finished look-up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sip/syntax/uri.hpp"
#include "sip/transport/actions.hpp"
#include "sip/transport/flow.hpp"

namespace sip {

struct locator_settings {
    /// A request of more bytes than this that would go by UDP goes by TCP, with UDP as the fall-back (RFC 3261 18.1.1).
    /// 0: never.
    std::size_t datagram_limit = 1300;
};

struct location_query {
    uri_view uri;  ///< of the next hop: the top Route's or the Request-URI
    /// Where the URI names no transport: what the user prefers. A sips URI takes TLS below it all the same.
    transport_kind preferred = transport_kind::udp;
    std::size_t message_size = 0;
};

/// One place to try.
struct location {
    endpoint to;
    std::string server_name;  ///< the host that the URI names: what TLS must verify (RFC 5922)

    friend bool operator==(location const&, location const&) = default;
};

/// What is known of a look-up. Its number is the one of the resolve_name request, and names the look-up until it is
/// done.
struct lookup {
    std::uint32_t number = 0;  ///< 0 where the answer was known at once
    bool is_done = false;
    std::vector<location> locations;  ///< best first; empty where nothing can be reached
    /// errc::unsupported_scheme for a URI that is neither sip nor sips, errc::transport_failed for a transport that we
    /// do not speak or that contradicts sips, errc::name_not_found, or what the name service said.
    error_code error;
};

class locator {
public:
    explicit locator(locator_settings settings = {}) noexcept : settings_(settings) {}

    /// Done at once for a numeric host and for errors; else puts resolve_name into `out`.
    [[nodiscard]] lookup locate(location_query const&, actions& out);
    /// Goes on with the answer to resolve_name. Not done where a further question was put into `out`; number 0 and not
    /// done where the request is unknown (forgotten meanwhile).
    [[nodiscard]] lookup on_resolved(std::uint32_t request, std::span<ip_address const>, error_code, actions& out);
    /// The asker is gone: the answer will be ignored.
    void forget(std::uint32_t request) noexcept;

    [[nodiscard]] std::size_t pending() const noexcept { return waiting_.size(); }

private:
    struct question {
        std::uint32_t number = 0;
        std::string host, server_name;
        std::uint16_t port = 0;
        transport_kind kind = transport_kind::udp;
        bool is_large = false;
    };
    [[nodiscard]] static lookup answer(question const&, std::span<ip_address const>);

    locator_settings settings_;
    std::vector<question> waiting_;
    std::uint32_t last_ = 0;
};

}  // namespace sip

// Where a request for a URI goes (RFC 3263), as a machine without I/O: numeric hosts are answered at once, names by
// asking the name service through resolve_name, as many questions as it takes: NAPTR for the transport, SRV for the
// servers, A and AAAA for their addresses. It applies the rule for large datagrams (RFC 3261 18.1.1), keeps answers for
// their time, and puts servers last that did not answer a moment ago. It opens nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "sip/environment.hpp"
#include "sip/syntax/uri.hpp"
#include "sip/transport/actions.hpp"
#include "sip/transport/dns_cache.hpp"
#include "sip/transport/flow.hpp"
#include "sip/transport/grey_list.hpp"
#include "sip/transport/service_order.hpp"

namespace sip {

/// What the search for servers keeps to.
struct locator_settings {
    /// A request of more bytes than this that would go by UDP goes by TCP, with UDP as the fall-back (RFC 3261 18.1.1).
    /// 0: never.
    std::size_t datagram_limit = 1300;
    /// What we speak, in the order that counts where a domain leaves it to us.
    std::vector<transport_kind> transports{transport_kind::udp, transport_kind::tcp, transport_kind::tls};
    weight_rule weights = weight_rule::draw;  ///< how servers of one priority share the load
    duration no_record_ttl = std::chrono::seconds(60);  ///< for how long "there is none" holds
    duration grey_time = std::chrono::seconds(60);      ///< for how long a server that failed is tried last
    std::size_t cached_answers = 256;  ///< of the name service
    std::size_t grey_targets = 64;  ///< servers that did not answer
};

/// Whom a request is for.
struct location_query {
    uri_view uri;  ///< of the next hop: the top Route's or the Request-URI
    /// Where the URI names no transport: what the user prefers; nothing leaves it to the domain's records. A sips URI
    /// takes TLS below it all the same.
    std::optional<transport_kind> preferred = transport_kind::udp;
    std::size_t message_size = 0;  ///< bytes; a large one goes over TCP (RFC 3261 18.1.1)
};

/// One place to try.
struct location {
    endpoint to;  ///< where to
    std::string server_name;  ///< the host that the URI names: what TLS must verify (RFC 5922)

    friend bool operator==(location const&, location const&) = default;
};

/// What is known of a look-up.
struct lookup {
    std::uint32_t number = 0;  ///< names the look-up until it is done; 0 where the answer was known at once
    bool is_done = false;  ///< there are no further targets
    std::vector<location> locations;  ///< best first; empty where nothing can be reached
    std::optional<time_point> valid_until = std::nullopt;  ///< of the first of its answers to end; of names only
    /// errc::unsupported_scheme for a URI that is neither sip nor sips, errc::transport_failed for a transport that we
    /// do not speak or that contradicts sips, errc::name_not_found, or what the name service said.
    error_code error;
};

/// Finds servers as RFC 3263 says, one target after the other.
class locator {
public:
    /// The random source draws among servers of one priority; it outlives the locator.
    explicit locator(random_source random, locator_settings settings = {});

    /// Done at once for a numeric host, for names whose answers are known, and for errors; else puts resolve_name into
    /// `out`.
    [[nodiscard]] lookup locate(time_point now, location_query const&, actions& out);
    /// Goes on with the answer to resolve_name. Not done where further answers are waited for; number 0 and not done
    /// where the question is unknown (its look-up is forgotten, or done).
    [[nodiscard]] lookup on_resolved(
        time_point now, std::uint32_t request, dns_answer const&, error_code, actions& out
    );
    /// The asker is gone: answers will be ignored.
    void forget(std::uint32_t number) noexcept;

    /// A request to this place met no answer, or 503: it is tried last for a while, or for as long as the 503 says.
    void on_unreachable(time_point now, endpoint const&, std::optional<duration> retry_after = {});
    /// It answered.
    void on_reached(endpoint const& where) noexcept { grey_.remove(where); }
    /// What the servers of another network said holds no more.
    void on_network_changed() noexcept { cache_.clear(); }

    /// Searches that wait for the name service.
    [[nodiscard]] std::size_t pending() const noexcept { return searches_.size(); }

    /// Of one look-up: questions, servers and places that are followed; what a domain has beyond that is left out.
    /// Bounds of one search.
    static constexpr std::size_t most_questions = 16, most_servers = 16, most_locations = 32;

private:
    // A numeric host, the next hop of most requests in a call, takes no memory for its search.
    using transport_list = boost::container::small_vector<transport_kind, 5>;

    /// A server that SRV named, or the host itself.
    struct server {
        std::size_t rank = 0;  ///< of the pointer or transport that led here: lower ones first
        std::string name;
        std::uint16_t port = 0;
        transport_kind kind = transport_kind::udp;
        boost::container::small_vector<ip_address, 1> addresses;
    };
    struct question {
        std::uint32_t request = 0;
        dns_type type{};
        std::string name;
        std::size_t rank = 0;
        transport_kind kind = transport_kind::udp;  ///< srv: of the servers it will name
    };
    struct search {
        std::uint32_t number = 0;
        std::string host, server_name;
        transport_list transports;  ///< that may be used, best first
        bool is_large = false;
        bool is_declined = false;  ///< a domain said that it has no such service
        std::size_t asked = 0;     ///< questions so far
        std::vector<question> open;
        boost::container::small_vector<server, 1> servers;
        error_code error;  ///< of the last question that failed
        std::optional<time_point> valid_until;
    };

    [[nodiscard]] static transport_list acceptable(location_query const&, std::vector<transport_kind> const& ours);
    void ask(time_point now, search&, question, actions& out);
    void ask_services(time_point now, search&, actions& out);
    void take(time_point now, search&, question const&, dns_answer const&, actions& out);
    void take_pointers(time_point now, search&, question const&, dns_answer const&, actions& out);
    void take_services(time_point now, search&, question const&, dns_answer const&, actions& out);
    void add_server(time_point now, search&, server, actions& out);
    /// Asks the next kind of question where all of one kind are answered. True where nothing is left to ask.
    [[nodiscard]] bool settle(time_point now, search&, actions& out);
    static void note_end(search&, time_point answer_ends) noexcept;
    [[nodiscard]] lookup finish(time_point now, search const&) const;

    random_source random_;
    locator_settings settings_;
    dns_cache cache_;
    grey_list grey_;
    std::vector<search> searches_;
    std::uint32_t last_ = 0;
};

}  // namespace sip

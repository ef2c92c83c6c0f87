#include "sip/transport/locator.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace sip {
namespace {

/// The kind with TLS below it (RFC 3261 26.2.2: "sips:...;transport=tcp" means TLS over TCP; RFC 7118 5.5). There is no
/// sips over UDP here.
std::optional<transport_kind> secured(transport_kind kind) noexcept {
    switch (kind) {
        case transport_kind::udp:
            return std::nullopt;
        case transport_kind::tcp:
        case transport_kind::tls:
            return transport_kind::tls;
        case transport_kind::ws:
        case transport_kind::wss:
            return transport_kind::wss;
    }
    return std::nullopt;
}

// RFC 3263 4.1: the transport parameter decides, sips asks for TLS, and otherwise it is the user's choice.
std::optional<transport_kind> choose_transport(uri_view const& uri, transport_kind preferred) noexcept {
    bool is_sips = uri.scheme == uri_scheme::sips;
    auto named = uri.params.find("transport");
    if (!named) return is_sips ? secured(preferred).value_or(transport_kind::tls) : preferred;
    auto kind = transport_from(named->value);
    return kind && is_sips ? secured(*kind) : kind;
}

}  // namespace

lookup locator::locate(location_query const& query, actions& out) {
    lookup failed;
    failed.is_done = true;
    if (!query.uri.is_sip_or_sips()) {
        failed.error = errc::unsupported_scheme;
        return failed;
    }
    auto kind = choose_transport(query.uri, query.preferred);
    if (!kind) {
        failed.error = errc::transport_failed;
        return failed;
    }
    // RFC 3263 4: TARGET is maddr where the URI has one.
    auto maddr = query.uri.params.value("maddr");
    question asked;
    asked.host = maddr.empty() ? query.uri.host : maddr;
    asked.server_name = query.uri.host;  // maddr says where it is, not who (RFC 5922 7.3)
    asked.port = query.uri.port.value_or(default_port(*kind));
    asked.kind = *kind;
    asked.is_large = settings_.datagram_limit != 0 && query.message_size > settings_.datagram_limit;
    if (auto address = ip_address::from(asked.host)) return answer(asked, {&*address, 1});

    if (++last_ == 0) ++last_;
    asked.number = last_;
    out.push_back(resolve_name{asked.number, asked.host});
    lookup begun;
    begun.number = asked.number;
    waiting_.push_back(std::move(asked));
    return begun;
}

lookup locator::on_resolved(std::uint32_t request, std::span<ip_address const> addresses, error_code error, actions&) {
    auto asked = std::find_if(waiting_.begin(), waiting_.end(), [&](question const& q) { return q.number == request; });
    if (asked == waiting_.end()) return {};
    lookup done = answer(*asked, addresses);
    if (done.locations.empty()) done.error = error ? error : make_error_code(errc::name_not_found);
    waiting_.erase(asked);
    return done;
}

void locator::forget(std::uint32_t request) noexcept {
    waiting_.erase(
        std::remove_if(waiting_.begin(), waiting_.end(), [&](question const& q) { return q.number == request; }),
        waiting_.end()
    );
}

lookup locator::answer(question const& asked, std::span<ip_address const> addresses) {
    lookup done;
    done.number = asked.number;
    done.is_done = true;
    for (auto const& address : addresses) {
        endpoint to{address, asked.port, asked.kind};
        if (asked.is_large && to.kind == transport_kind::udp) {
            // A server that refuses the connection may be of RFC 2543's time: it gets the datagram before the next
            // address is tried.
            to.kind = transport_kind::tcp;
            done.locations.push_back({to, asked.server_name});
            to.kind = transport_kind::udp;
        }
        done.locations.push_back({to, asked.server_name});
    }
    return done;
}

}  // namespace sip

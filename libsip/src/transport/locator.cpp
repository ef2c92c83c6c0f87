#include "sip/transport/locator.hpp"

#include <algorithm>
#include <utility>

#include "syntax/chars.hpp"

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

}  // namespace

locator::locator(random_source random, locator_settings settings)
    : random_(random),
      settings_(std::move(settings)),
      cache_(settings_.cached_answers),
      grey_(settings_.grey_time, settings_.grey_targets) {}

// RFC 3263 4.1: the transport parameter decides, then the user, then the domain's records among what we speak.
locator::transport_list locator::acceptable(location_query const& query, std::vector<transport_kind> const& ours) {
    bool const is_sips = query.uri.scheme == uri_scheme::sips;
    if (auto const named = query.uri.params.find("transport")) {
        auto kind = transport_from(named->value);
        if (kind && is_sips) kind = secured(*kind);
        return kind ? transport_list{*kind} : transport_list{};
    }
    if (query.preferred) return {is_sips ? secured(*query.preferred).value_or(transport_kind::tls) : *query.preferred};
    transport_list kinds;
    for (auto const kind : ours)
        if (!is_sips || is_secure(kind)) kinds.push_back(kind);
    return kinds;
}

lookup locator::locate(time_point now, location_query const& query, actions& out) {
    lookup failed;
    failed.is_done = true;
    if (!query.uri.is_sip_or_sips()) {
        failed.error = errc::unsupported_scheme;
        return failed;
    }
    search begun;
    begun.transports = acceptable(query, settings_.transports);
    if (begun.transports.empty()) {
        failed.error = errc::transport_failed;
        return failed;
    }
    // RFC 3263 4: TARGET is maddr where the URI has one.
    auto const maddr = query.uri.params.value("maddr");
    begun.host = maddr.empty() ? query.uri.host : maddr;
    begun.server_name = query.uri.host;  // maddr says where it is, not who (RFC 5922 7.3)
    begun.is_large = settings_.datagram_limit != 0 && query.message_size > settings_.datagram_limit;
    if (++last_ == 0) ++last_;
    begun.number = last_;

    // 4.1: without a transport in the URI, an address or a port stand for UDP, or for TLS where the scheme is SIPS.
    auto const kind = begun.transports.front();
    auto const address = ip_address::from(begun.host);
    if (address || query.uri.port || !service_name(kind, {})) {
        add_server(now, begun, {0, begun.host, query.uri.port.value_or(default_port(kind)), kind, {}}, out);
    } else if (begun.transports.size() == 1) {
        ask_services(now, begun, out);
    } else {
        ask(now, begun, {0, dns_type::naptr, begun.host, 0, kind}, out);
    }
    if (!settle(now, begun, out)) {
        lookup waiting;
        waiting.number = begun.number;
        searches_.push_back(std::move(begun));
        return waiting;
    }
    auto done = finish(now, begun);
    done.number = 0;
    return done;
}

lookup locator::on_resolved(
    time_point now, std::uint32_t request, dns_answer const& answer, error_code error, actions& out
) {
    for (auto at = searches_.begin(); at != searches_.end(); ++at) {
        auto const open =
            std::find_if(at->open.begin(), at->open.end(), [&](question const& one) { return one.request == request; });
        if (open == at->open.end()) continue;
        auto const asked = std::move(*open);
        at->open.erase(open);
        bool const is_known = !error || error == make_error_code(errc::name_not_found);
        if (!is_known) at->error = error;
        if (!error && answer.ttl > duration::zero()) note_end(*at, now + answer.ttl);
        if (is_known) {
            auto kept = answer;
            if (error || (answer.addresses.empty() && answer.services.empty() && answer.pointers.empty()))
                kept.ttl = settings_.no_record_ttl;
            cache_.keep(now, asked.type, asked.name, std::move(kept));
        }
        // A server that fails to answer for SRV or NAPTR may still know addresses: it is as if there were none.
        take(now, *at, asked, error ? dns_answer{} : answer, out);
        lookup result;
        result.number = at->number;
        if (!settle(now, *at, out)) return result;
        result = finish(now, *at);
        searches_.erase(at);
        return result;
    }
    return {};
}

void locator::forget(std::uint32_t number) noexcept {
    std::erase_if(searches_, [&](search const& one) { return one.number == number; });
}

void locator::on_unreachable(time_point now, endpoint const& where, std::optional<duration> retry_after) {
    grey_.add(now, where, retry_after);
}

// ---- one step of a search

void locator::ask(time_point now, search& of, question next, actions& out) {
    if (++of.asked > most_questions) return;
    if (auto const* known = cache_.find(now, next.type, next.name)) {
        auto const answer = known->answer;  // what it leads to may be kept in the cache, too
        note_end(of, known->until);
        return take(now, of, next, answer, out);
    }
    if (++last_ == 0) ++last_;
    next.request = last_;
    out.push_back(resolve_name{next.request, next.name, next.type});
    of.open.push_back(std::move(next));
}

void locator::ask_services(time_point now, search& of, actions& out) {
    for (std::size_t rank = 0; rank < of.transports.size(); ++rank)
        if (auto name = service_name(of.transports[rank], of.host))
            ask(now, of, {0, dns_type::srv, std::move(*name), rank, of.transports[rank]}, out);
}

void locator::take(time_point now, search& of, question const& asked, dns_answer const& answer, actions& out) {
    switch (asked.type) {
        case dns_type::naptr:
            return take_pointers(now, of, asked, answer, out);
        case dns_type::srv:
            return take_services(now, of, asked, answer, out);
        case dns_type::address:
            for (auto& one : of.servers)
                if (one.addresses.empty() && chars::equal_ignoring_case(one.name, asked.name))
                    one.addresses.assign(answer.addresses.begin(), answer.addresses.end());
    }
}

// 4.1: the order of the records is the domain's wish, and goes before ours. A domain without usable ones is asked for
// each service that we speak.
void locator::take_pointers(time_point now, search& of, question const& asked, dns_answer const& answer, actions& out) {
    auto const usable = usable_pointers(answer.pointers, {of.transports.data(), of.transports.size()});
    if (usable.empty()) return ask_services(now, of, out);
    for (std::size_t at = 0; at < usable.size(); ++at) {
        auto const& one = usable[at];
        auto const rank = asked.rank * most_servers + at;
        auto const kind = transport_of_service(one.service).value_or(asked.kind);
        if (one.flags.empty())
            ask(now, of, {0, dns_type::naptr, one.replacement, rank, kind}, out);
        else if (chars::equal_ignoring_case(one.flags, "s"))
            ask(now, of, {0, dns_type::srv, one.replacement, rank, kind}, out);
        else if (chars::equal_ignoring_case(one.flags, "a"))
            add_server(now, of, {rank, one.replacement, default_port(kind), kind, {}}, out);
    }
}

void locator::take_services(time_point now, search& of, question const& asked, dns_answer const& answer, actions& out) {
    for (auto const& one : answer.services)
        if (one.target.empty()) of.is_declined = true;
    for (auto& one : in_service_order(answer.services, settings_.weights, random_))
        add_server(now, of, {asked.rank, std::move(one.target), one.port, asked.kind, {}}, out);
}

void locator::add_server(time_point now, search& of, server next, actions& out) {
    if (of.servers.size() >= most_servers) return;
    auto const numeric = ip_address::from(next.name);
    if (numeric) next.addresses = {*numeric};
    // Servers of one rank keep their order; a better rank that is answered later goes before.
    auto const place =
        std::upper_bound(of.servers.begin(), of.servers.end(), next.rank, [](std::size_t rank, server const& one) {
            return rank < one.rank;
        });
    bool const is_asked = std::any_of(of.servers.begin(), of.servers.end(), [&](server const& one) {
        return chars::equal_ignoring_case(one.name, next.name);
    });
    question const asked{0, dns_type::address, next.name, next.rank, next.kind};
    auto const at = of.servers.insert(place, std::move(next));
    if (numeric) return;
    if (!is_asked) return ask(now, of, asked, out);
    auto const twin = std::find_if(of.servers.begin(), of.servers.end(), [&](server const& one) {
        return !one.addresses.empty() && chars::equal_ignoring_case(one.name, at->name);
    });
    if (twin != of.servers.end()) at->addresses = twin->addresses;
}

bool locator::settle(time_point now, search& of, actions& out) {
    if (!of.open.empty()) return false;
    // 4.2: no SRV record at all: the host itself, on the default port. RFC 2782: unless it said that there is no
    // service.
    if (of.servers.empty() && !of.is_declined) {
        bool const has_udp =
            std::find(of.transports.begin(), of.transports.end(), transport_kind::udp) != of.transports.end();
        auto const kind = has_udp ? transport_kind::udp : of.transports.front();
        of.asked = 0;
        add_server(now, of, {0, of.host, default_port(kind), kind, {}}, out);
    }
    return of.open.empty();
}

void locator::note_end(search& of, time_point answer_ends) noexcept {
    of.valid_until = std::min(of.valid_until.value_or(answer_ends), answer_ends);
}

lookup locator::finish(time_point now, search const& of) const {
    lookup done;
    done.valid_until = of.valid_until;
    done.number = of.number;
    done.is_done = true;
    auto const add = [&](endpoint const& to) {
        location place{to, of.server_name};
        bool const is_new = std::find(done.locations.begin(), done.locations.end(), place) == done.locations.end();
        if (is_new && done.locations.size() < most_locations) done.locations.push_back(std::move(place));
    };
    for (auto const& one : of.servers)
        for (auto const& address : one.addresses) {
            endpoint to{address, one.port, one.kind};
            if (of.is_large && to.kind == transport_kind::udp) {
                // A server that refuses the connection may be of RFC 2543's time: it gets the datagram before the next
                // address is tried.
                add({address, one.port, transport_kind::tcp});
            }
            add(to);
        }
    std::stable_partition(done.locations.begin(), done.locations.end(), [&](location const& one) {
        return !grey_.holds(now, one.to);
    });
    if (done.locations.empty()) done.error = of.error ? of.error : make_error_code(errc::name_not_found);
    return done;
}

}  // namespace sip

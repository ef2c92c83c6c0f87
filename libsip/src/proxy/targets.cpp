#include "sip/proxy/targets.hpp"

#include <algorithm>
#include <tuple>

#include "sip/proxy/gruu.hpp"

namespace sip::proxy {
namespace {

/// RFC 5626 7: a flow that is down leads nowhere, for whomever it was registered.
bool is_down(binding const& one, ways const& ways) {
    return one.reg_id != 0 && ways::is_of_connection(one.received) && !ways.noted(one.received);
}

/// A secure call stays one to its end (RFC 3261 26.2.2, RFC 5630 5.3): it goes to no contact that does without.
bool is_downgrade(uri_view const& asked, std::string_view contact) {
    auto const uri = parse_uri(contact);
    return asked.scheme == uri_scheme::sips && (!uri || uri->scheme != uri_scheme::sips);
}

std::vector<target> as_targets(std::string const& user, std::vector<binding> bindings) {
    // Of one phone the newest first (RFC 5627 6.1).
    std::stable_sort(bindings.begin(), bindings.end(), [](binding const& a, binding const& b) {
        return std::tuple(a.q_milli, a.refreshed) > std::tuple(b.q_milli, b.refreshed);
    });
    std::vector<target> targets;
    for (auto& one : bindings) {
        auto const first = std::find_if(targets.begin(), targets.end(), [&](target const& known) {
            return !one.instance.empty() && known.known.instance == one.instance;
        });
        target fresh{one.contact, one.q_milli, user, std::move(one)};
        if (first == targets.end())
            targets.push_back(std::move(fresh));
        else
            first->others.push_back(std::move(fresh));
    }
    return targets;
}

}  // namespace

found_targets find_targets(target_sources const& from, uri_view const& uri, wall_time now) {
    auto const gruu = read_gruu(uri, from.seals);
    if (gruu && !gruu->is_ours) return {};
    auto user = gruu ? gruu->user : unescape(uri.user);
    // An extension may lead to a user of ours, or to another extension; a circle ends where it is noticed. A GRUU means
    // one phone, and is led nowhere else (RFC 5627 6.1).
    for (std::size_t steps = 0; !gruu && steps <= from.config.extensions.size(); ++steps) {
        auto const extension = from.config.extensions.find(user);
        if (extension == from.config.extensions.end()) break;
        auto const leads_to = parse_uri(extension->second);
        if (!leads_to || !from.names.is_ours(*leads_to)) {
            if (is_downgrade(uri, extension->second)) return {{}, 480};
            return {{{extension->second}}, 0};
        }
        user = unescape(leads_to->user);
    }
    auto bindings = from.store.find(user, now);
    if (!bindings) return {{}, 500};
    std::erase_if(*bindings, [&](binding const& one) {
        return is_down(one, from.ways) || is_downgrade(uri, one.contact) || (gruu && !gruu->fits(one, from.seals));
    });
    // A temporary GRUU is void with the registration that it was made for; a public one waits for the phone's next.
    bool const is_void = gruu && gruu->is_temporary() && bindings->empty();
    auto const status = from.config.users.contains(user) && !is_void ? 480 : 404;
    return {as_targets(user, std::move(*bindings)), static_cast<std::uint16_t>(status)};
}

}  // namespace sip::proxy

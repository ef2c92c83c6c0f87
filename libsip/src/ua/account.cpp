// Accounts as they are set: what can be used, and what is wrong where it cannot.
#include "account.hpp"

#include <fmt/format.h>

#include "core_impl.hpp"

namespace sip {

namespace {

std::string display_address(std::string_view display_name, std::string_view uri) {
    auto const name = quote_display_name(display_name);
    return name.empty() ? fmt::format("<{}>", uri) : fmt::format("{} <{}>", name, uri);
}

/// "<sip:proxy;lr>" or "sip:proxy;lr": without brackets the parameters would belong to the header (20.10).
std::string_view without_brackets(std::string_view route) noexcept {
    bool const has_brackets = route.starts_with('<') && route.ends_with('>');
    return has_brackets ? route.substr(1, route.size() - 2) : route;
}

/// One server; `of` supplies what `from` leaves out. What cannot be used, and its name, where that is so.
struct unusable {
    std::string_view what;
    std::string value;
};
std::optional<unusable> read_server(
    account_config const& of, alternative_server const& from, server& made, std::vector<std::string>& own_hosts
) {
    auto const& aor_text = from.address_of_record.empty() ? of.address_of_record : from.address_of_record;
    auto const aor = parse_uri(aor_text);
    if (!aor || !aor->is_sip_or_sips() || aor->host.empty()) return unusable{"address of record", aor_text};
    made.host = aor->host;
    made.from_address = made.secure_address = display_address(of.display_name, aor_text);
    if (aor->scheme == uri_scheme::sip)
        made.secure_address = display_address(of.display_name, fmt::format("sips{}", aor_text.substr(3)));
    own_hosts.push_back(made.host);
    made.registrar = from.registrar.empty() ? of.registrar : from.registrar;
    if (!made.registrar.empty()) {
        auto const registrar = parse_uri(made.registrar);
        // 10.2: it names a domain, and nobody in it.
        if (!registrar || !registrar->is_sip_or_sips() || registrar->host.empty() || !registrar->user.empty())
            return unusable{"registrar", made.registrar};
        own_hosts.emplace_back(registrar->host);
    }
    for (auto const& route : from.route_set.empty() ? of.route_set : from.route_set) {
        auto const bare = without_brackets(route);
        auto const uri = parse_uri(bare);
        if (!uri || !uri->is_sip_or_sips() || uri->host.empty()) return unusable{"outbound proxy", route};
        // A request may have to change its routes on the way; that of a strict router stands in its first line, too.
        if (!of.alternatives.empty() && !uri->params.has("lr")) return unusable{"loose route without ;lr", route};
        made.routes.push_back(fmt::format("<{}>", bare));
        own_hosts.emplace_back(uri->host);
    }
    made.expires = from.expires == duration::zero() ? of.expires : from.expires;
    made.attempts = from.attempts == 0 ? of.redundancy.attempts : from.attempts;
    made.needs_registration = from.needs_registration;
    return std::nullopt;
}

/// A URN without what would end the quoted string that it stands in.
bool is_instance(std::string_view text) noexcept {
    return text.starts_with("urn:") && text.find_first_of("<>\"\\ \r\n") == std::string_view::npos;
}

/// A host, or a host and a port, and nothing else that a URI may have.
bool is_host_port(std::string_view text) {
    auto const whole = fmt::format("sip:{}", text);
    auto const uri = parse_uri(whole);
    if (!uri || uri->host.empty()) return false;
    return text == (uri->port ? fmt::format("{}:{}", uri->host, *uri->port) : uri->host);
}

}  // namespace

result<identity> identity::from(account_config config, std::string* why) {
    auto const refuse = [&](std::string_view what, std::string_view value) {
        if (why != nullptr) *why = fmt::format("{}: \"{}\" cannot be used", what, value);
        return make_error_code(errc::invalid_argument);
    };
    if (has_line_break(config.display_name)) return refuse("display name", config.display_name);
    if (has_line_break(config.contact_params)) return refuse("contact parameters", config.contact_params);
    if (config.outbound.use ? !is_instance(config.instance) : !config.instance.empty() && !is_instance(config.instance))
        return refuse("instance", config.instance);
    if (config.alternatives.size() >= account::most_servers)
        return refuse("number of alternative servers", std::to_string(config.alternatives.size()));
    auto const& stun = config.stun_server;
    if (!stun.empty() && !is_host_port(stun)) return refuse("STUN server", stun);
    identity made;
    std::vector<alternative_server> all{{}};
    all.insert(all.end(), config.alternatives.begin(), config.alternatives.end());
    for (auto const& one : all)
        if (auto const bad = read_server(config, one, made.servers.emplace_back(), made.own_hosts))
            return refuse(bad->what, bad->value);
    for (auto const& peer : config.trusted_peers) {
        auto const address = ip_address::from(peer);
        if (!address) return refuse("trusted peer", peer);
        made.trusted.push_back(*address);
    }
    auto const aor = parse_uri(config.address_of_record);
    made.user = unescape(aor->user);
    made.host = aor->host;
    made.contact_user = config.contact_user.empty() ? std::string(aor->user) : escape_user(config.contact_user);
    made.config = std::move(config);
    return made;
}

route_set account::routes_to(std::string_view target, std::size_t at) const {
    auto list = routes(at);
    auto const uri = parse_uri(target);
    if (!uri || uri->scheme != uri_scheme::sips) return list;
    for (auto& route : list) {
        auto const address = parse_name_addr(route);
        if (!address || address->uri.scheme != uri_scheme::sip) continue;
        auto const begin = static_cast<std::size_t>(address->uri.text.data() - route.data());
        route.insert(begin + 3, 1, 's');  // "sip" is as long as the name of the scheme may be written
    }
    return list;
}

bool identity::is_own_host(std::string_view name) const noexcept {
    for (auto const& own : own_hosts)
        if (detail::equal_ignoring_case(own, name)) return true;
    return false;
}

account_credentials identity::credentials() const {
    return {
        .auth_name = config.auth_name.empty() ? user : config.auth_name,
        .password = config.password,
        .realm = config.realm,
        .own_domains = own_hosts,
        .minimum_strength = config.minimum_strength,
    };
}

registration_state account::state() const noexcept {
    using enum registration_state;
    for (auto const wanted : {registered, registering, unregistering, failed})
        for (auto const& one : bindings)
            if (one.registration.state() == wanted) return wanted;
    return unregistered;
}

std::optional<time_point> account::next_deadline() const noexcept {
    std::optional<time_point> first;
    auto const consider = [&first](std::optional<time_point> at) {
        if (at && (!first || *at < *first)) first = at;
    };
    consider(own_address.next_question());
    consider(own_address.waits_until);
    for (auto const& one : bindings) {
        consider(one.registration.next_deadline());
        if (one.watch) consider(one.watch->next_deadline());
    }
    return first;
}

}  // namespace sip

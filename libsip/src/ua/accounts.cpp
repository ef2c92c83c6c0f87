// Accounts: reading their settings, and the REGISTER requests that usage/registration asks for (RFC 3261 10.2).
#include <fmt/format.h>

#include "core_impl.hpp"

namespace sip {

namespace {

std::string display_address(std::string_view display_name, std::string_view uri) {
    auto const name = quote_display_name(display_name);
    return name.empty() ? fmt::format("<{}>", uri) : fmt::format("{} <{}>", name, uri);
}

/// RFC 3261 8.1.1.8: then Contact is a SIPS URI.
bool leads_over_sips(routed_target const& way) noexcept {
    auto const is_sips = [](std::string_view text) {
        auto const uri = parse_uri(text);
        return uri && uri->scheme == uri_scheme::sips;
    };
    return is_sips(way.request_uri()) || is_sips(way.next_hop());
}

registration_settings settings_of(account_config const& config) {
    registration_settings settings;
    settings.expires = config.expires;
    settings.retry_after_failure = config.retry_after_failure;
    return settings;
}

}  // namespace

result<identity> identity::from(account_config config, std::string* why) {
    auto const refuse = [&](std::string_view what, std::string_view value) {
        if (why != nullptr) *why = fmt::format("{}: \"{}\" cannot be used", what, value);
        return make_error_code(errc::invalid_argument);
    };
    identity made;
    auto const aor = parse_uri(config.address_of_record);
    if (!aor || !aor->is_sip_or_sips() || aor->host.empty())
        return refuse("address of record", config.address_of_record);
    if (has_line_break(config.display_name)) return refuse("display name", config.display_name);
    if (has_line_break(config.contact_params)) return refuse("contact parameters", config.contact_params);
    made.user = unescape(aor->user);
    made.host = aor->host;
    made.contact_user = config.contact_user.empty() ? std::string(aor->user) : escape_user(config.contact_user);
    made.from_address = display_address(config.display_name, config.address_of_record);
    made.own_hosts.push_back(made.host);
    if (!config.registrar.empty()) {
        auto const registrar = parse_uri(config.registrar);
        // 10.2: it names a domain, and nobody in it.
        if (!registrar || !registrar->is_sip_or_sips() || registrar->host.empty() || !registrar->user.empty())
            return refuse("registrar", config.registrar);
        made.own_hosts.emplace_back(registrar->host);
    }
    for (auto const& route : config.route_set) {
        // "<sip:proxy;lr>" or "sip:proxy;lr": without brackets the parameters would belong to the header (20.10).
        auto const bare = route.starts_with('<') && route.ends_with('>')
                              ? std::string_view(route).substr(1, route.size() - 2)
                              : std::string_view(route);
        auto const uri = parse_uri(bare);
        if (!uri || !uri->is_sip_or_sips() || uri->host.empty()) return refuse("outbound proxy", route);
        made.routes.push_back(fmt::format("<{}>", bare));
        made.own_hosts.emplace_back(uri->host);
    }
    for (auto const& peer : config.trusted_peers) {
        auto const address = ip_address::from(peer);
        if (!address) return refuse("trusted peer", peer);
        made.trusted.push_back(*address);
    }
    made.config = std::move(config);
    return made;
}

route_set account::routes_to(std::string_view target) const {
    auto list = routes();
    auto const uri = parse_uri(target);
    if (!uri || uri->scheme != uri_scheme::sips) return list;
    for (auto& route : list) {
        auto const address = parse_name_addr(route);
        if (!address || address->uri.scheme != uri_scheme::sip) continue;
        auto const at = static_cast<std::size_t>(address->uri.text.data() - route.data());
        route.insert(at + 3, 1, 's');  // "sip" is as long as the name of the scheme may be written
    }
    return list;
}

bool identity::is_own_host(std::string_view name) const noexcept {
    for (auto const& own : own_hosts)
        if (detail::equal_ignoring_case(own, name)) return true;
    return false;
}

std::string identity::secure_address() const {
    std::string_view uri = config.address_of_record;
    if (!detail::equal_ignoring_case(uri.substr(0, 4), "sip:")) return from_address;
    return display_address(config.display_name, fmt::format("sips{}", uri.substr(3)));
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

result<account_id> user_agent_core::impl::add_account(account_config settings, std::string* why) {
    auto made = identity::from(std::move(settings), why);
    if (!made) return made.error();
    auto credentials = made->credentials();
    auto const registration_options = settings_of(made->config);
    auto options = options_for(made->config);
    account fresh{
        .identity = std::move(*made),
        .auth = authenticator(std::move(credentials)),
        .registration = registration(registration_options, env),
        .register_request = {},
        .registered_flow = flow_id::none,
        .service_routes = {},
        .contact_uri = {},
        .supported = std::move(options),
        .server_addresses = {},
        .registered_at = {},
    };
    return insert(accounts, deadline_owner::account, std::move(fresh), std::nullopt);
}

error_code user_agent_core::impl::update_account(account_id id, account_config settings, std::string* why) {
    auto* found = accounts.find(id);
    if (found == nullptr) return errc::no_such_account;
    auto made = identity::from(std::move(settings), why);
    if (!made) return made.error();
    found->auth = authenticator(made->credentials());
    found->registration.update(settings_of(made->config));
    found->supported = options_for(made->config);
    found->identity = std::move(*made);
    found->server_addresses.clear();
    found->service_routes.clear();
    return {};
}

void user_agent_core::impl::apply(turn& t, account_id id, registration::outcome outcome, std::string const& detail) {
    try {
        tell_and_send(t, id, outcome, detail);
    } catch (...) {
        // Memory ran out. A REGISTER that never left has failed like one that nobody answers, and is tried again.
        auto* account = accounts.find(id);
        if (outcome.send && account != nullptr && !account->register_request)
            apply(t, id, account->registration.on_failed(t.now.mono, errc::transport_failed));
        throw;
    }
}

void user_agent_core::impl::tell_and_send(
    turn& t, account_id id, registration::outcome const& outcome, std::string const& detail
) {
    auto* account = accounts.find(id);
    if (account == nullptr) return;
    deadlines.set(deadline_owner::account, id, account->registration.next_deadline());
    if (outcome.news) {
        auto const& news = *outcome.news;
        t.out.events.emplace_back(registration_changed{
            .account = id,
            .state = news.state,
            .status = news.status,
            .error = news.error,
            .detail = detail,
            .expires = news.expires,
            .next_attempt = news.next_attempt,
        });
    }
    if (outcome.send) send_register(t, id, *outcome.send);
}

void user_agent_core::impl::send_register(turn& t, account_id id, registration::request wanted) {
    auto& account = *accounts.find(id);
    auto const& own = account.identity;
    routed_target const way(own.config.registrar, own.routes);
    // RFC 5630 5.1.1.1: who registers a SIPS Contact does so for the SIPS form of the address.
    auto const address = leads_over_sips(way) ? own.secure_address() : own.from_address;
    auto const from = fmt::format("{};tag={}", address, account.registration.from_tag());
    auto out = start_draft(
        buffers, {.method = "REGISTER",
                  .way = way,
                  .from = from,
                  .to = address,
                  .call_id = account.registration.call_id(),
                  .cseq = wanted.cseq}
    );
    out.header(header_id::expires, wanted.expires);
    add_own_headers(out, method::register_);
    auto draft = finish_draft(buffers, out);
    if (!draft) return apply(t, id, account.registration.on_failed(t.now.mono, errc::invalid_argument));
    outgoing request;
    request.what = purpose::registration;
    request.account = id;
    request.draft = std::move(*draft);
    request.strict_route = way.is_strict();
    request.cseq = wanted.cseq;
    account.register_request = start(t, std::move(request));
}

void user_agent_core::impl::on_register_response(
    turn& t, outgoing_id id, message_view response, error_code auth_error
) {
    auto const owner = requests.find(id)->account;
    auto const server = requests.find(id)->to;
    forget(id);
    auto* account = accounts.find(owner);
    if (account == nullptr || account->register_request != id) return;
    account->register_request = {};
    if (response.status() < 300) account->registered_at = server;
    apply(t, owner, account->registration.on_response(t.now.mono, response, account->contact_uri, auth_error));
    if (response.status() < 300) take_service_routes(*account, response);
}

void user_agent_core::impl::take_service_routes(account& of, message_view response) {
    // RFC 3608 5: the newest answer counts; behind the outbound proxies, which are how we get out at all.
    of.service_routes.clear();
    if (!response.has(header_id::service_route)) return;
    route_set routes = of.identity.routes;
    auto const values = response.all<header_id::service_route>();
    for (auto at = values.begin(); at != values.end(); ++at) {
        if (!*at || routes.size() >= config.limits.route_set) return;
        if (routes.empty() || routes.back() != at.text()) routes.emplace_back(at.text());
    }
    if (routes.size() != of.identity.routes.size()) of.service_routes = std::move(routes);
}

void user_agent_core::impl::on_register_failed(turn& t, outgoing_id id, errc why) {
    auto const owner = requests.find(id)->account;
    auto const detail = std::move(requests.find(id)->failure);
    forget(id);
    auto* account = accounts.find(owner);
    if (account == nullptr || account->register_request != id) return;
    account->register_request = {};
    apply(t, owner, account->registration.on_failed(t.now.mono, why), detail);
}

void user_agent_core::impl::on_account_flow_down(turn& t, flow_id flow, std::string const& why) {
    accounts.for_each([&](account_id id, account& account) {
        if (account.registered_flow != flow || account.register_request) return;
        account.registered_flow = flow_id::none;
        apply(t, id, account.registration.on_flow_lost(t.now.mono), why);
    });
}

}  // namespace sip

// Accounts and the REGISTER requests that usage/registration asks for (RFC 3261 10.2, RFC 5626 4.2): one registration
// with each server of an account, all at once or one at a time.
#include <fmt/format.h>

#include "abilities.hpp"
#include "core_impl.hpp"
#include "sip/syntax/headers/retargeting.hpp"

namespace sip {

namespace {

/// RFC 3261 8.1.1.8: then Contact is a SIPS URI.
bool leads_over_sips(routed_target const& way) noexcept {
    auto const is_sips = [](std::string_view text) {
        auto const uri = parse_uri(text);
        return uri && uri->scheme == uri_scheme::sips;
    };
    return is_sips(way.request_uri()) || is_sips(way.next_hop());
}

/// RFC 5627 4.2: the public GRUU with our own contact; empty where there is none that can be used.
std::string gruu_given(message_view response, std::string_view our_contact_uri) {
    auto const ours = parse_uri(our_contact_uri);
    for (auto const& contact : response.all<header_id::contact>()) {
        if (!contact || !ours || contact->is_star || !equivalent(contact->uri, *ours)) continue;
        auto const given = gruus_of(*contact).pub;
        if (auto const uri = parse_uri(given); uri && uri->is_sip_or_sips() && uri->params.has("gr"))
            return std::string(given);
    }
    return {};
}

constexpr std::uint16_t first_hop_lacks_outbound = 439;  // RFC 5626 11.6

}  // namespace

registration_settings user_agent_core::impl::registration_settings_of(account const& of, std::size_t at) {
    auto const& config = of.identity.config;
    registration_settings settings;
    settings.expires = of.identity.servers[at].expires;
    settings.retry_after_failure = config.retry_after_failure;
    if (of.reg_id(at) == 0) return settings;
    // RFC 5626 4.5: W = base * 2^failures, and there has been one when we wait for the first time.
    bool is_only_one = true;
    for (std::size_t other = 0; other < of.bindings.size(); ++other)
        if (other != at && of.is_registered_at(other)) is_only_one = false;
    settings.retry_after_failure = 2 * (is_only_one ? config.outbound.base_time_all_failed : config.outbound.base_time);
    settings.longest_retry = config.outbound.longest_wait;
    settings.needs_proof = of.bindings[at].watch.has_value();
    return settings;
}

result<account_id> user_agent_core::impl::add_account(account_config settings, std::string* why) {
    auto made = identity::from(std::move(settings), why);
    if (!made) return made.error();
    auto credentials = made->credentials();
    auto options = options_for(made->config);
    account fresh{
        .identity = std::move(*made),
        .auth = authenticator(std::move(credentials)),
        .bindings = {},
        .supported = std::move(options),
        .server_addresses = {},
    };
    make_bindings(fresh);
    return insert(accounts, deadline_owner::account, std::move(fresh), std::nullopt);
}

void user_agent_core::impl::make_bindings(account& of) {
    auto const wanted = of.identity.servers.size();
    while (of.bindings.size() > wanted)
        of.bindings.pop_back();
    while (of.bindings.size() < wanted)
        of.bindings.push_back({.registration = registration({}, env)});
    for (std::size_t at = 0; at < wanted; ++at) {
        of.bindings[at].service_routes.clear();
        of.bindings[at].registration.update(registration_settings_of(of, at));
    }
    of.is_one_at_a_time = of.identity.config.redundancy.registering == registering::one_at_a_time;
    of.serving = 0;
    of.return_at.reset();
}

error_code user_agent_core::impl::update_account(account_id id, account_config settings, std::string* why) {
    auto* found = accounts.find(id);
    if (found == nullptr) return errc::no_such_account;
    auto made = identity::from(std::move(settings), why);
    if (!made) return made.error();
    if (made->config.stun_server != found->identity.config.stun_server) forget_own_address(*found);
    found->auth = authenticator(made->credentials());
    found->supported = options_for(made->config);
    found->identity = std::move(*made);
    found->server_addresses.clear();
    make_bindings(*found);
    schedule_account(id);
    // A server that is not ours any more: its binding ends by itself, and what is on its way to it goes on as it is.
    std::vector<outgoing_id> idle;
    requests.for_each([&](outgoing_id which, outgoing& one) {
        if (one.account != id || one.server < found->bindings.size()) return;
        one.server = 0;
        if (one.what == purpose::registration) idle.push_back(which);
    });
    for (auto const which : idle)
        forget(which);
    return {};
}

error_code user_agent_core::impl::register_account(turn& t, account_id id) {
    auto* account = accounts.find(id);
    if (account == nullptr) return errc::no_such_account;
    if (account->identity.config.registrar.empty()) return errc::wrong_state;
    auto const count = account->is_one_at_a_time ? std::size_t{1} : account->bindings.size();
    for (std::size_t at = 0; at < count; ++at)
        apply(t, id, at, account->bindings[at].registration.start(t.now.mono));
    return {};
}

error_code user_agent_core::impl::unregister_account(turn& t, account_id id) {
    auto* account = accounts.find(id);
    if (account == nullptr) return errc::no_such_account;
    for (std::size_t at = 0; at < account->bindings.size(); ++at)
        apply(t, id, at, account->bindings[at].registration.stop(t.now.mono));
    return {};
}

void user_agent_core::impl::apply(
    turn& t, account_id id, std::size_t at, registration::outcome outcome, std::string const& detail
) {
    try {
        tell_and_send(t, id, at, outcome, detail);
    } catch (...) {
        // Memory ran out. A REGISTER that never left has failed like one that nobody answers, and is tried again.
        auto* account = accounts.find(id);
        if (outcome.send && account != nullptr && !account->bindings[at].request)
            apply(t, id, at, account->bindings[at].registration.on_failed(t.now.mono, errc::transport_failed));
        throw;
    }
}

void user_agent_core::impl::tell_and_send(
    turn& t, account_id id, std::size_t at, registration::outcome const& outcome, std::string const& detail
) {
    auto* account = accounts.find(id);
    if (account == nullptr) return;
    schedule_account(id);
    if (outcome.news) {
        auto const& news = *outcome.news;
        t.out.events.emplace_back(registration_changed{
            .account = id,
            .state = account->state(),
            .server = at,
            .at_server = news.state,
            .status = news.status,
            .error = news.error,
            .detail = detail,
            .expires = news.expires,
            .next_attempt = news.next_attempt,
        });
    }
    if (outcome.send) send_register(t, id, at, *outcome.send);
    if (outcome.news) on_registration_news(t, id, at, outcome.news->state);
}

void user_agent_core::impl::schedule_account(account_id id) {
    deadlines.set(deadline_owner::account, id, accounts.find(id)->next_deadline());
}

void user_agent_core::impl::on_account_due(turn& t, account_id id) {
    auto const count = accounts.find(id)->bindings.size();
    for (std::size_t at = 0; at < count; ++at) {
        auto* account = accounts.find(id);
        if (account == nullptr) return;
        account->bindings[at].registration.update(registration_settings_of(*account, at));
        apply(t, id, at, account->bindings[at].registration.on_timeout(t.now.mono));
        on_keep_alive_due(t, id, at);
    }
    on_own_address_due(t, id);
}

void user_agent_core::impl::send_register(turn& t, account_id id, std::size_t at, registration::request wanted) {
    auto& account = *accounts.find(id);
    auto& binding = account.bindings[at];
    auto const& own = account.identity.servers[at];
    routed_target const way(own.registrar, own.routes);
    // RFC 5630 5.1.1.1: who registers a SIPS Contact does so for the SIPS form of the address.
    auto const& address = leads_over_sips(way) ? own.secure_address : own.from_address;
    auto const from = fmt::format("{};tag={}", address, binding.registration.from_tag());
    auto out = start_draft(
        buffers, {.method = "REGISTER",
                  .way = way,
                  .from = from,
                  .to = address,
                  .call_id = binding.registration.call_id(),
                  .cseq = wanted.cseq}
    );
    out.header(header_id::expires, wanted.expires);
    add_own_headers(out, method::register_);
    auto draft = finish_draft(buffers, out);
    if (!draft) return apply(t, id, at, binding.registration.on_failed(t.now.mono, errc::invalid_argument));
    outgoing request;
    request.what = purpose::registration;
    request.account = id;
    request.server = at;
    request.draft = std::move(*draft);
    request.strict_route = way.is_strict();
    request.cseq = wanted.cseq;
    binding.request = start(t, std::move(request));
}

/// RFC 5626 4.1, 4.2.1: our name, and which of its flows this is.
std::string user_agent_core::impl::register_contact_params(account const& of, std::size_t at) {
    std::string params;
    if (!of.identity.config.instance.empty())
        params = fmt::format(";+sip.instance=\"<{}>\"", of.identity.config.instance);
    if (auto const number = of.reg_id(at); number != 0) params += fmt::format(";reg-id={}", number);
    return params + of.identity.config.contact_params;
}

void user_agent_core::impl::on_register_response(
    turn& t, outgoing_id id, message_view response, error_code auth_error
) {
    auto const owner = requests.find(id)->account;
    auto const at = requests.find(id)->server;
    auto const place = requests.find(id)->to;
    forget(id);
    auto* account = accounts.find(owner);
    if (account == nullptr || at >= account->bindings.size() || account->bindings[at].request != id) return;
    auto& binding = account->bindings[at];
    binding.request = {};
    bool const is_taken = response.status() < 300;
    auto const reg_id = account->reg_id(at);
    if (is_taken) {
        binding.registered_at = place;
        watch_flow(t, *account, at, response);
        take_service_routes(*account, at, response);
        binding.gruu = gruu_given(response, binding.contact_uri);
    }
    binding.registration.update(registration_settings_of(*account, at));
    auto const outcome =
        binding.registration.on_response(t.now.mono, response, binding.contact_uri, auth_error, reg_id);
    // Without flows behind it one binding is enough: others would only bring each call twice (RFC 5626 4.2.1).
    if (is_taken && account->identity.config.outbound.use && !lists<header_id::require>(response, "outbound"))
        account->is_one_at_a_time = true;
    apply(t, owner, at, outcome);
    if (is_taken && account->bindings[at].is_contact_void) lose_flow(t, owner, at, "our address has changed");
    if (response.status() != first_hop_lacks_outbound || reg_id == 0) return;
    account->bindings[at].is_refused_outbound = true;
    apply(t, owner, at, account->bindings[at].registration.retry_now(t.now.mono));
}

void user_agent_core::impl::take_service_routes(account& of, std::size_t at, message_view response) {
    // RFC 3608 5: the newest answer counts; behind the outbound proxies, which are how we get out at all.
    auto const& own = of.identity.servers[at].routes;
    auto& learnt = of.bindings[at].service_routes;
    learnt.clear();
    if (!response.has(header_id::service_route)) return;
    route_set routes = own;
    auto const values = response.all<header_id::service_route>();
    for (auto value = values.begin(); value != values.end(); ++value) {
        if (!*value || routes.size() >= config.limits.route_set) return;
        if (routes.empty() || routes.back() != value.text()) routes.emplace_back(value.text());
    }
    if (routes.size() != own.size()) learnt = std::move(routes);
}

void user_agent_core::impl::on_register_failed(turn& t, outgoing_id id, errc why) {
    auto const owner = requests.find(id)->account;
    auto const at = requests.find(id)->server;
    auto const detail = std::move(requests.find(id)->failure);
    forget(id);
    auto* account = accounts.find(owner);
    if (account == nullptr || at >= account->bindings.size() || account->bindings[at].request != id) return;
    auto& binding = account->bindings[at];
    binding.request = {};
    binding.registration.update(registration_settings_of(*account, at));
    apply(t, owner, at, binding.registration.on_failed(t.now.mono, why), detail);
}

}  // namespace sip

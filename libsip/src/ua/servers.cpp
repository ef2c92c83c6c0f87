// Which of an account's servers a request takes, what happens when one fails, and when the first one is tried again
// (account_config::redundancy). A request outside of dialogs moves to the next server with new addresses and routes;
// one inside a dialog goes where its dialog leads.
#include <fmt/format.h>

#include "core_impl.hpp"

namespace sip {

namespace {

/// The target as the other server names it: who belongs to our domain is looked for in the other one. Port and
/// transport belong to the server; where the other one listens says its registrar.
std::string target_at(server const& to, server const& from, std::string_view target) {
    auto const uri = parse_uri(target);
    bool const is_ours = uri && detail::equal_ignoring_case(uri->host, from.host);
    if (!is_ours || detail::equal_ignoring_case(to.host, from.host)) return std::string(target);
    uri_parts moved{.scheme = uri->scheme, .user = unescape(uri->user), .host = to.host, .port = {}, .params = {}};
    for (auto const& param : uri->params) {
        if (detail::equal_ignoring_case(param.name, "transport")) continue;
        moved.params += fmt::format(";{}", param.name);
        if (param.has_value) moved.params += fmt::format("={}", param.value);
    }
    if (auto const registrar = parse_uri(to.registrar)) {
        moved.port = registrar->port;
        if (auto const transport = registrar->params.value("transport"); !transport.empty())
            moved.params += fmt::format(";transport={}", transport);
    }
    return to_string(moved);
}

}  // namespace

std::size_t user_agent_core::impl::serving_now(account& of, time_point now) const noexcept {
    auto const rule = of.identity.config.redundancy.fail_back;
    if (rule == fail_back::every_request || (of.return_at && *of.return_at <= now)) of.serving = 0;
    if (of.serving == 0) of.return_at.reset();
    if (!of.is_registering() || of.is_registered_at(of.serving)) return of.serving;
    for (std::size_t at = 0; at < of.bindings.size(); ++at)
        if (of.is_registered_at(at)) return at;
    return of.serving;
}

void user_agent_core::impl::on_server_failed(turn& t, account_id id, std::size_t at) {
    auto& account = *accounts.find(id);
    auto const& rules = account.identity.config.redundancy;
    if (account.serving == at) account.serving = (at + 1) % account.bindings.size();
    if (at == 0) {
        account.return_at.reset();
        if (rules.fail_back == fail_back::after_dns_lifetime) account.return_at = account.first_known_until;
        if (rules.fail_back == fail_back::after_time && rules.fail_back_after > duration::zero())
            account.return_at = t.now.mono + rules.fail_back_after;
    }
}

// The registration there is in doubt: whoever does not answer a call will not bring one either.
void user_agent_core::impl::doubt_registration(turn& t, account_id id, std::size_t at) {
    auto& account = *accounts.find(id);
    apply(t, id, at, account.bindings[at].registration.on_flow_lost(t.now.mono));
}

void user_agent_core::impl::on_registration_news(turn& t, account_id id, std::size_t at, registration_state state) {
    auto* account = accounts.find(id);
    auto const count = account->bindings.size();
    if (count == 1) return;
    if (state == registration_state::registered) {
        bool const returns = account->identity.config.redundancy.fail_back == fail_back::when_registered ||
                             account->identity.config.redundancy.fail_back == fail_back::at_renewal ||
                             (account->is_one_at_a_time && at < account->serving);
        if (at == 0 && returns) account->serving = 0;
        if (!account->is_one_at_a_time) return;
        if (!account->is_registered_at(account->serving)) account->serving = at;
        for (auto other = at + 1; other < count; ++other)
            if (account->bindings[other].registration.is_wanted())
                apply(t, id, other, account->bindings[other].registration.stop(t.now.mono));
        return;
    }
    if (state != registration_state::failed) return;
    on_server_failed(t, id, at);
    if (!account->is_one_at_a_time) return;
    auto const next = (at + 1) % count;
    auto& there = account->bindings[next].registration;
    if (!there.is_wanted()) {
        apply(t, id, next, there.start(t.now.mono));
    } else if (next == 0) {
        apply(t, id, next, there.retry_now(t.now.mono));
    }
    plan_return(t, id);
}

void user_agent_core::impl::plan_return(turn& t, account_id id) {
    auto& account = *accounts.find(id);
    auto const& rules = account.identity.config.redundancy;
    auto& first = account.bindings.front().registration;
    switch (rules.fail_back) {
        case fail_back::when_registered:
        case fail_back::every_request:
        case fail_back::at_renewal:
            first.retry_at(t.now.mono + rules.test_interval);
            break;
        case fail_back::after_dns_lifetime:
        case fail_back::after_time:
            first.retry_at(account.return_at);
            break;
    }
    schedule_account(id);
}

bool user_agent_core::impl::try_next_server(turn& t, outgoing_id id) {
    auto& request = *requests.find(id);
    auto* account = accounts.find(request.account);
    bool const is_outside = request.what != purpose::registration && request.draft.view().to_tag().empty();
    if (account == nullptr || !is_outside || request.client.is_cancelled()) return false;
    auto const failed = request.server;
    on_server_failed(t, request.account, failed);
    if (!has_next_server(request)) return false;
    if (!move_to_server(request, *account, (failed + 1) % account->bindings.size())) return false;
    ++request.servers_tried;
    request.client.restart();
    request.stage = outgoing::stage::locating;
    request.locations.clear();
    request.next_location = 0;
    auto const account_of = request.account;
    locate(t, id);
    doubt_registration(t, account_of, failed);
    return true;
}

bool user_agent_core::impl::has_next_server(outgoing const& of) const noexcept {
    auto const* account = accounts.find(of.account);
    bool const is_outside = of.what != purpose::registration && of.draft.view().to_tag().empty();
    if (account == nullptr || !is_outside || of.servers_tried + 1 >= account->bindings.size()) return false;
    auto const next = (of.server + 1) % account->bindings.size();
    return !account->identity.servers[next].needs_registration || !account->is_registering() ||
           account->is_registered_at(next);
}

bool user_agent_core::impl::move_to_server(outgoing& request, account const& of, std::size_t to) {
    auto const& from = of.identity.servers[request.server];
    auto const& next = of.identity.servers[to];
    auto const draft = request.draft.view();
    auto const own = draft.get<header_id::from>();
    if (!own || request.strict_route) return false;
    auto const target = target_at(next, from, draft.request_uri());
    auto const routes = of.routes_to(target, to);
    routed_target const way(target, routes);
    // A From or To of the user's own making stays as it is.
    auto const keep_or = [&](header_id id, std::string before, std::string now) {
        return draft.raw(id) == before ? now : std::string(draft.raw(id));
    };
    auto const tag = std::string(own->tag());
    auto const from_there = keep_or(
        header_id::from, fmt::format("{};tag={}", from.from_address, tag),
        fmt::format("{};tag={}", next.from_address, tag)
    );
    auto const to_there = keep_or(header_id::to, fmt::format("<{}>", draft.request_uri()), fmt::format("<{}>", target));
    auto moved = with_route(buffers, draft, way, from_there, to_there);
    if (!moved || way.is_strict()) return false;
    request.draft = std::move(*moved);
    request.server = to;
    return true;
}

}  // namespace sip

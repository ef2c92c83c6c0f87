// Our address as a STUN server sees it (RFC 8489), for accounts that ask for it: Contact and Via name it in the place
// of the socket's own. Requests that begin before it is known wait a little; when it changes, registrations are renewed
// and calls are told, as if the socket had moved.
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core_impl.hpp"

namespace sip {

namespace {

/// Three requests have had the time for an answer by then. Whoever registers or calls is not kept waiting longer: the
/// socket's own address may do, and is replaced once the server answers after all.
constexpr duration patience = std::chrono::seconds(2);

}  // namespace

std::optional<endpoint> user_agent_core::impl::address_named(account_id id, flow_id flow) const noexcept {
    if (auto const* account = accounts.find(id))
        if (auto const* mapped = account->own_address.on(flow)) return *mapped;
    return flows.named_by(flow);
}

bool user_agent_core::impl::must_wait_for_address(turn& t, account_id id) {
    auto* account = accounts.find(id);
    if (account == nullptr || account->identity.config.stun_server.empty()) return false;
    // A server that sees a datagram knows nothing of connections.
    auto const transport = account->identity.config.transport;
    if (transport && is_reliable(*transport)) return false;
    auto& own = account->own_address;
    if (!own.next_search) {
        own.waits_until = t.now.mono + patience;
        search_own_address(t, id);
    }
    return own.waits_until.has_value();
}

void user_agent_core::impl::search_own_address(turn& t, account_id id) {
    auto& account = *accounts.find(id);
    auto& own = account.own_address;
    own.next_search = t.now.mono + account.identity.config.outbound.keep_alive.datagram.draw(env.random);
    schedule_account(id);
    auto const text = fmt::format("sip:{};transport=udp", account.identity.config.stun_server);
    auto const uri = parse_uri(text);
    auto found = names.locate(t.now.mono, {.uri = *uri, .preferred = transport_kind::udp}, t.out.actions);
    own.lookup = found.number;
    if (found.is_done) take_stun_server(t, id, found);
}

bool user_agent_core::impl::on_stun_server_located(turn& t, lookup const& found) {
    account_id asker;
    accounts.for_each([&](account_id id, account const& one) {
        if (one.own_address.lookup == found.number) asker = id;
    });
    if (!asker) return false;
    take_stun_server(t, asker, found);
    return true;
}

void user_agent_core::impl::take_stun_server(turn& t, account_id id, lookup const& found) {
    auto& account = *accounts.find(id);
    auto& own = account.own_address;
    own.lookup = 0;
    for (auto const& place : found.locations) {
        auto const flow = flows.towards(place.to);
        if (!flow) continue;  // no socket of this address family
        own.flow = *flow;
        own.asking.emplace(t.now.mono, place.to, account.identity.config.outbound.keep_alive.datagram, env.random);
        return on_own_address_due(t, id);
    }
    env.log.log(log_level::info, "the STUN server {} has no address", account.identity.config.stun_server);
    go_on_without_waiting(t, id);
}

void user_agent_core::impl::on_own_address_due(turn& t, account_id id) {
    auto* account = accounts.find(id);
    if (account == nullptr) return;
    auto& own = account->own_address;
    if (own.asking) {
        auto const due = own.asking->on_timeout(t.now.mono);
        auto const& server = own.asking->server();
        if (!due.request.empty()) t.out.actions.push_back(send_keep_alive{own.flow, server, buffers.copy(due.request)});
        if (due.has_failed) {
            env.log.log(log_level::info, "no answer from the STUN server {}", to_string(server));
            names.on_unreachable(t.now.mono, server);  // its name may have other addresses, which come first now
            own.asking.reset();
            own.next_search = t.now.mono;
        }
    }
    if (auto const next = own.next_question(); !own.asking && next && *next <= t.now.mono) {
        search_own_address(t, id);
    }
    schedule_account(id);
    if (own.waits_until && *own.waits_until <= t.now.mono) go_on_without_waiting(t, id);
}

void user_agent_core::impl::on_stun_answer(turn& t, flow_id flow, endpoint const& from, std::string_view bytes) {
    using verdict = address_discovery::verdict;
    account_id asker;
    auto said = verdict::unknown;
    accounts.for_each([&](account_id id, account& one) {
        auto& own = one.own_address;
        if (said != verdict::unknown || !own.asking || own.flow != flow) return;
        said = own.asking->on_answer(t.now.mono, from, bytes);
        asker = id;
    });
    if (said == verdict::unknown) return;
    auto& own = accounts.find(asker)->own_address;
    if (said == verdict::failed) env.log.log(log_level::info, "the STUN server {} tells no address", to_string(from));
    if (said == verdict::changed) {
        own.mapped = own.asking->mapped();
        env.log.log(log_level::info, "others see us as {}", to_string(*own.mapped));
        on_own_address_changed(t, asker);
    }
    if (said == verdict::elsewhere) return on_own_address_due(t, asker);
    schedule_account(asker);
    go_on_without_waiting(t, asker);
}

void user_agent_core::impl::on_own_address_changed(turn& t, account_id id) {
    auto const flow = accounts.find(id)->own_address.flow;
    auto const count = accounts.find(id)->bindings.size();
    for (std::size_t at = 0; at < count; ++at) {
        auto& binding = accounts.find(id)->bindings[at];
        if (binding.flow != flow) continue;
        binding.is_contact_void = true;  // also of a REGISTER that is out
        lose_flow(t, id, at, "our address there has changed");
    }
    on_contact_void(t, flow, id);
}

void user_agent_core::impl::forget_own_address(account& of) {
    names.forget(of.own_address.lookup);
    of.own_address = {.waits_until = of.own_address.waits_until};
}

void user_agent_core::impl::forget_own_address(turn& t, flow_id moved) {
    std::vector<account_id> searching;
    accounts.for_each([&](account_id id, account& one) {
        if (one.own_address.flow == moved && moved != flow_id::none) searching.push_back(id);
    });
    for (auto const id : searching) {
        auto& account = *accounts.find(id);
        forget_own_address(account);
        account.own_address.waits_until = t.now.mono + patience;
        search_own_address(t, id);
    }
}

void user_agent_core::impl::go_on_without_waiting(turn& t, account_id id) {
    accounts.find(id)->own_address.waits_until.reset();
    schedule_account(id);
    std::vector<std::pair<std::uint64_t, outgoing_id>> waiting;
    requests.for_each([&](outgoing_id which, outgoing const& request) {
        if (request.account == id && request.stage == outgoing::stage::waiting)
            waiting.emplace_back(request.serial, which);
    });
    std::sort(waiting.begin(), waiting.end());
    for (auto const& [order, which] : waiting) {
        requests.find(which)->stage = outgoing::stage::locating;
        locate(t, which);
    }
}

std::optional<user_agent_core::discovered_address> user_agent_core::impl::own_address(account_id id) const {
    auto const* account = accounts.find(id);
    if (account == nullptr || !account->own_address.asking || !account->own_address.mapped) return std::nullopt;
    return discovered_address{.server = account->own_address.asking->server(), .mapped = *account->own_address.mapped};
}

}  // namespace sip

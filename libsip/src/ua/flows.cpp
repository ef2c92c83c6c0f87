// The flows of registrations (RFC 5626): each server has one of its own, which is kept alive, used for requests, and
// replaced when it fails. And the way back of responses whose connection is gone (RFC 3261 18.2.2).
#include "abilities.hpp"
#include "core_impl.hpp"

namespace sip {

// ---- which flow a request takes

std::optional<flow_id> user_agent_core::impl::flow_for(outgoing const& request, location const& to) const {
    auto const* account = accounts.find(request.account);
    bool const is_stream = is_reliable(to.to.kind);
    if (account == nullptr || !is_stream) return flows.towards(to.to, to.server_name);
    auto const leads_there = [&](binding const& one) {
        auto const* flow = flows.find(one.flow);
        return flow != nullptr && flow->remote == to.to;
    };
    // 4.3: a request goes over the flow that the server has for us, if it goes to that server.
    auto const& own = account->bindings[request.server];
    if (leads_there(own)) return own.flow;
    auto const found = flows.towards(to.to, to.server_name);
    if (request.what != purpose::registration || account->reg_id(request.server) == 0) return found;
    // 4.2.1: each registration has a flow of its own, also where two names lead to one place.
    for (auto const& other : account->bindings)
        if (&other != &own && found && other.flow == *found) return std::nullopt;
    return found;
}

void user_agent_core::impl::bind_flow(outgoing const& registration) {
    auto* account = accounts.find(registration.account);
    if (account == nullptr) return;
    auto& binding = account->bindings[registration.server];
    if (binding.flow != registration.flow || binding.remote != registration.to) binding.watch.reset();
    binding.flow = registration.flow;
    binding.remote = registration.to;
}

// ---- keep-alives

void user_agent_core::impl::watch_flow(turn& t, account& of, std::size_t at, message_view response) {
    auto& binding = of.bindings[at];
    // 4.2.1: the registrar and all before it know flows; nothing else says that STUN may be sent (8).
    bool const is_outbound = of.reg_id(at) != 0 && lists<header_id::require>(response, "outbound");
    if (!is_outbound || is_websocket(binding.remote.kind)) return binding.watch.reset();
    bool const is_stream = is_reliable(binding.remote.kind);
    auto const& settings = of.identity.config.outbound.keep_alive;
    auto interval = is_stream ? settings.stream : settings.datagram;
    auto const asked = parse_number(response.raw("Flow-Timer"));
    if (asked && *asked > 0) interval = flow_watch::from_flow_timer(*asked);
    if (binding.watch)
        binding.watch->set_interval(interval);
    else
        binding.watch.emplace(t.now.mono, is_stream, interval, env.random);
}

void user_agent_core::impl::on_keep_alive(turn& t, flow_id flow, endpoint const& from, std::string_view bytes) {
    account_id owner;
    std::size_t which = 0;
    auto verdict = flow_watch::verdict::unknown;
    accounts.for_each([&](account_id id, account& one) {
        for (std::size_t at = 0; at < one.bindings.size() && verdict == flow_watch::verdict::unknown; ++at) {
            auto& binding = one.bindings[at];
            if (!binding.watch || binding.flow != flow || binding.remote != from) continue;
            verdict = binding.watch->on_answer(t.now.mono, bytes);
            if (verdict == flow_watch::verdict::alive) binding.registration.prove();
            owner = id;
            which = at;
        }
    });
    if (verdict == flow_watch::verdict::failed) return fail_flow(t, owner, which, "our address there has changed");
    if (verdict == flow_watch::verdict::alive) return schedule_account(owner);
    on_stun_answer(t, flow, from, bytes);
}

void user_agent_core::impl::on_keep_alive_due(turn& t, account_id id, std::size_t at) {
    auto* account = accounts.find(id);
    if (account == nullptr || !account->bindings[at].watch) return;
    auto& binding = account->bindings[at];
    auto const due = binding.watch->on_timeout(t.now.mono);
    if (due.flow == flow_watch::verdict::failed) return fail_flow(t, id, at, "a keep-alive was not answered");
    if (!due.ping.empty())
        t.out.actions.push_back(send_keep_alive{binding.flow, binding.remote, buffers.copy(due.ping)});
    schedule_account(id);
}

void user_agent_core::impl::fail_flow(turn& t, account_id id, std::size_t at, std::string const& why) {
    auto const& binding = accounts.find(id)->bindings[at];
    auto const flow = binding.flow;
    auto const remote = binding.remote;
    auto const text = "the flow to " + to_string(remote) + " has failed: " + why;
    env.log.log(log_level::info, "{}", text);
    if (is_reliable(remote.kind)) {
        t.out.actions.push_back(close_flow{flow});
        return on_flow_gone(t, {flow, flow_change::failed, {}, errc::transport_failed, text});
    }
    // A socket reaches others all the same.
    lose_flow(t, id, at, text);
}

void user_agent_core::impl::on_flow_gone(turn& t, flow_event const& news) {
    flows.on_event(news);
    transactions.on_flow_failed(t.now.mono, news.flow, t.transactions());
    on_flow_down(t, news.flow, news.cause_text);
    on_account_flow_down(t, news.flow, news.cause_text);
}

void user_agent_core::impl::on_account_flow_down(turn& t, flow_id flow, std::string const& why) {
    std::vector<std::pair<account_id, std::size_t>> lost;
    accounts.for_each([&](account_id id, account& one) {
        for (std::size_t at = 0; at < one.bindings.size(); ++at)
            if (one.bindings[at].flow == flow) lost.emplace_back(id, at);
    });
    for (auto const& [id, at] : lost)
        lose_flow(t, id, at, why);
}

void user_agent_core::impl::lose_flow(turn& t, account_id id, std::size_t at, std::string const& why) {
    auto& account = *accounts.find(id);
    auto& binding = account.bindings[at];
    // The settings still tell whether the flow has had to prove itself.
    binding.registration.update(registration_settings_of(account, at));
    binding.watch.reset();
    binding.flow = flow_id::none;
    schedule_account(id);
    if (binding.request) return;  // its answer, or its failure, decides
    apply(t, id, at, binding.registration.on_flow_lost(t.now.mono), why);
}

// ---- the way back of responses

bool user_agent_core::impl::find_way_back(turn& t, transaction_id transaction) {
    auto const request = transactions.request_of(transaction);
    auto const to = transactions.way_back(transaction);
    if (!to) return false;
    auto const name = std::string(request.top_via().host);
    auto flow = is_invalid_name(name) ? flow_of_name(name) : flows.towards(*to, name);
    if (!flow) {
        // Nobody connects to a WebSocket client (RFC 7118 5).
        if (!is_reliable(to->kind) || is_websocket(to->kind)) return false;
        flow = flows.add_opening(*to, name);
        t.out.actions.push_back(open_flow{*flow, *to, name});
    }
    return !transactions.reroute(transaction, *flow, *to, t.transactions());
}

std::optional<flow_id> user_agent_core::impl::flow_of_name(std::string_view invalid_name) const {
    auto const place = flows.named(invalid_name);
    return place ? flows.towards(*place, invalid_name) : std::nullopt;
}

}  // namespace sip

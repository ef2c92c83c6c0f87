// How a request of ours gets out: find the addresses of its next hop (transport/locator), take or open a flow to the
// first of them, write the message for that flow, give it to a transaction; after a failure go on with the next
// address (RFC 3263 4.3). Challenges are answered here for all kinds of requests (RFC 3261 22.2).
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "abilities.hpp"
#include "core_impl.hpp"

namespace sip {

namespace {

/// Via, Contact and credentials are not part of the draft yet; the limit for datagrams counts them (18.1.1).
constexpr std::size_t room_for_headers = 220;

/// 8.1.1.8, RFC 5630 5.1: a SIPS Contact where the Request-URI or the top Route is SIPS.
bool is_for_sips(message_view draft) noexcept {
    auto const route = draft.get<header_id::route>();
    return draft.request_uri_parts().scheme == uri_scheme::sips || (route && route->uri.scheme == uri_scheme::sips);
}

/// 8.1.1.8: requests that make a dialog or refresh its target carry Contact, and so does REGISTER.
bool wants_contact(message_view draft) noexcept {
    auto const name = draft.method();
    return name == method::invite || name == method::register_ || name == method::options ||
           name == method::subscribe || name == method::refer || name == method::update || name == method::notify;
}

}  // namespace

endpoint user_agent_core::impl::sent_by(endpoint const& local) const {
    auto const door = std::find_if(listeners.begin(), listeners.end(), [&](endpoint const& at) {
        bool const takes_all = at.address.is_unspecified() && at.address.is_v6 == local.address.is_v6;
        return at.kind == local.kind && (takes_all || at.address == local.address);
    });
    return {local.address, door != listeners.end() ? door->port : local.port, local.kind};
}

sip::timing user_agent_core::impl::timing_of(account_id id) const noexcept {
    auto const* account = accounts.find(id);
    return account != nullptr ? account->identity.config.timing : config.timing;
}

void user_agent_core::impl::set_deadline(outgoing_id id, std::optional<time_point> at) {
    auto* request = requests.find(id);
    if (request == nullptr) return;
    request->deadline = at;
    deadlines.set(deadline_owner::outgoing, id, at);
}

void user_agent_core::impl::forget(outgoing_id id) {
    auto* request = requests.find(id);
    if (request == nullptr) return;
    if (request->stage == outgoing::stage::locating) names.forget(request->lookup);
    deadlines.set(deadline_owner::outgoing, id, std::nullopt);
    requests.erase(id);
}

// ---- on the way out

outgoing_id user_agent_core::impl::start(turn& t, outgoing request) {
    request.serial = ++serial;
    if (auto* account = accounts.find(request.account);
        account != nullptr && request.what != purpose::registration && request.draft.view().to_tag().empty()) {
        auto const serving = serving_now(*account, t.now.mono);
        if (serving != request.server) (void)move_to_server(request, *account, serving);
    }
    bool const waits = request.draft.view().to_tag().empty() && must_wait_for_address(t, request.account);
    request.stage = waits ? outgoing::stage::waiting : outgoing::stage::locating;
    // Not even a look-up or a connection attempt may outlast what a transaction would have (pjsip #1583).
    request.deadline = t.now.mono + transaction_life(timing_of(request.account));
    auto const give_up_at = request.deadline;
    auto const id = insert(requests, deadline_owner::outgoing, std::move(request), give_up_at);
    if (waits) return id;
    try {
        locate(t, id);
    } catch (...) {
        forget(id);  // whoever wanted it sees the exception, and hears of no end
        throw;
    }
    return id;
}

void user_agent_core::impl::locate(turn& t, outgoing_id id) {
    auto& made = *requests.find(id);
    auto const draft = made.draft.view();
    auto const route = draft.get<header_id::route>();
    auto const hop = parse_uri(route && !made.strict_route ? route->uri.text : draft.request_uri());
    auto const* account = accounts.find(made.account);
    if (hop && is_invalid_name(hop->host)) {
        // A WebSocket client can be reached over the connection that it opened, and not otherwise (RFC 7118 5).
        auto const to = flows.named(hop->host);
        if (!to) made.failure = "the connection of " + std::string(hop->host) + " is gone";
        if (to) made.locations = {{*to, std::string(hop->host)}};
        return try_next_location(t, id);
    }
    auto found = hop ? names.locate(
                           t.now.mono,
                           {.uri = *hop,
                            .preferred = account != nullptr ? account->identity.config.transport
                                                            : std::optional(transport_kind::udp),
                            .message_size = draft.text().size() + room_for_headers},
                           t.out.actions
                       )
                     : lookup{.number = 0, .is_done = true, .locations = {}, .error = hop.error().code};
    made.lookup = found.number;
    if (found.is_done) take_locations(t, id, std::move(found));
}

void user_agent_core::impl::on_located(turn& t, lookup found) {
    if (!found.is_done || on_stun_server_located(t, found)) return;
    outgoing_id waiting;
    requests.for_each([&](outgoing_id id, outgoing const& request) {
        if (request.stage == outgoing::stage::locating && request.lookup == found.number) waiting = id;
    });
    if (waiting) take_locations(t, waiting, std::move(found));
}

void user_agent_core::impl::take_locations(turn& t, outgoing_id id, lookup found) {
    auto& request = *requests.find(id);
    if (found.locations.empty()) {
        // The name service was asked, now or for an earlier request that still knows its answer.
        bool const was_asked = found.number != 0 || found.error == make_error_code(errc::name_not_found);
        auto const why = was_asked ? errc::name_not_found : errc::transport_failed;
        t.events.push_back(request_failed{{}, token_of(id), why});
        return;
    }
    if (auto* account = accounts.find(request.account)) {
        learn_servers(*account, found.locations);
        bool const is_first = request.server == 0 && account->identity.is_own_host(found.locations.front().server_name);
        if (is_first) account->first_known_until = found.valid_until;
    }
    request.locations = std::move(found.locations);
    prefer_registered(request, request.locations);
    try_next_location(t, id);
}

void user_agent_core::impl::learn_servers(account& of, std::vector<location> const& found) {
    auto& known = of.server_addresses;
    for (auto const& place : found) {
        if (!of.identity.is_own_host(place.server_name) || ip_address::from(place.server_name)) continue;
        if (std::find(known.begin(), known.end(), place.to.address) != known.end()) continue;
        if (known.size() >= account::most_server_addresses) known.erase(known.begin());
        known.push_back(place.to.address);
    }
}

// Calls and subscriptions go through the server that holds the registration: only that one may have the connection, or
// the state, that leads back to us.
void user_agent_core::impl::prefer_registered(outgoing const& request, std::vector<location>& places) const {
    auto const* from = accounts.find(request.account);
    if (from == nullptr) return;
    auto const& registered_at = from->bindings[request.server].registered_at;
    if (!registered_at) return;
    auto const at =
        std::find_if(places.begin(), places.end(), [&](location const& one) { return one.to == *registered_at; });
    if (at != places.end()) std::rotate(places.begin(), at, at + 1);
}

void user_agent_core::impl::try_next_location(turn& t, outgoing_id id) {
    auto& request = *requests.find(id);
    while (request.next_location < request.locations.size()) {
        auto const& location = request.locations[request.next_location++];
        auto flow = flow_for(request, location);
        bool const is_inside = !request.draft.view().to_tag().empty();
        if (!flow && is_inside && ip_address::from(location.server_name)) flow = flows.connected_to(location.to);
        if (!flow && !is_reliable(location.to.kind)) continue;  // no socket of this address family
        if (!flow && is_invalid_name(location.server_name)) continue;
        if (!flow) {
            flow = flows.add_opening(location.to, location.server_name);
            t.out.actions.push_back(open_flow{*flow, location.to, location.server_name});
        }
        auto const* account = accounts.find(request.account);
        request.flow = *flow;
        request.to = location.to;
        if (request.what == purpose::registration) bind_flow(request);
        request.flow_was_up = is_reliable(location.to.kind) && flows.find(*flow)->state == flow_state::up;
        request.reached_own_server =
            account != nullptr &&
            (account->identity.is_own_host(location.server_name) ||
             std::find(account->server_addresses.begin(), account->server_addresses.end(), location.to.address) !=
                 account->server_addresses.end());
        if (flows.find(*flow)->state == flow_state::up) return transmit(t, id);
        request.stage = outgoing::stage::opening;
        auto const limit = trial_time(request).value_or(transaction_life(timing_of(request.account)));
        set_deadline(id, t.now.mono + limit);
        return;
    }
    t.events.push_back(request_failed{{}, token_of(id), errc::transport_failed});
}

void user_agent_core::impl::transmit(turn& t, outgoing_id id) {
    auto& request = *requests.find(id);
    auto const draft = request.draft.view();
    auto* account = accounts.find(request.account);
    auto out = compose_head(buffers, draft, request.cseq);
    if (wants_contact(draft)) {
        // 12.2.1.1, RFC 5630 5.1.1.2: in a dialog that a SIPS URI has begun, whatever Contact the peer gave.
        auto const* in = draft.to_tag().empty() ? nullptr : dialogs.find(dialogs.find(dialog_of_response(draft)));
        auto const* flow = flows.find(request.flow);
        bool const stays_sips = in != nullptr && in->is_secure() && flow != nullptr && is_secure(flow->local.kind);
        write_contact(
            out, request.account, request.flow, contact_user(request.account, draft), is_for_sips(draft) || stays_sips,
            contact_parts_of(request)
        );
    }
    auto const options = request.options                   ? std::string_view(*request.options)
                         : tells_abilities(draft.method()) ? supported_by(request.account)
                                                           : std::string_view{};
    if (!options.empty()) out.header(header_id::supported, options);
    // RFC 5626 4.2.1: what stands between us and the registrar may put itself into Path.
    if (request.what == purpose::registration && account != nullptr && account->reg_id(request.server) != 0)
        out.header(header_id::supported, "path");
    write_session_timer(out, request);
    if (account != nullptr && request.what != purpose::ack) {
        account->auth.write_credentials(
            out, draft.method_text(), draft.request_uri(), draft.body(), origin_of(request), env
        );
    }
    auto wire = compose_tail(out, draft);
    if (!wire) {
        t.events.push_back(request_failed{{}, token_of(id), errc::invalid_argument});
        return;
    }
    auto const* flow = flows.find(request.flow);
    outgoing_request sent;
    sent.wire = std::move(*wire);
    sent.flow = request.flow;
    sent.to = request.to;
    auto const* mapped = account != nullptr ? account->own_address.on(request.flow) : nullptr;
    sent.sent_by = mapped != nullptr ? *mapped : sent_by(flow->local);
    bool const wants_rport = account == nullptr || account->identity.config.use_rport;
    sent.rport = wants_rport ? rport_request::yes : rport_request::no;
    sent.timing = timing_of(request.account);
    sent.owner = token_of(id);
    if (request.what == purpose::ack) {
        auto const bytes = transactions.send_ack(sent, t.transactions());
        if (auto* kept = acks.find(request.ack); kept != nullptr && bytes) {
            kept->state = ack_state::sent;
            kept->wire = *bytes;
            kept->flow = request.flow;
            kept->to = request.to;
        }
        forget(id);
        return;
    }
    if (request.what == purpose::registration && account != nullptr) {
        auto& binding = account->bindings[request.server];
        binding.contact_uri =
            contact_uri(request.account, request.flow, account->identity.contact_user, is_for_sips(draft));
        binding.is_contact_void = false;
    }
    if (auto* call = calls.find(request.session); call != nullptr && wants_contact(draft)) {
        call->contact_flow = request.flow;
        call->is_contact_void = false;
    }
    auto const transaction = transactions.send_request(t.now.mono, sent, t.transactions());
    if (!transaction) {
        t.events.push_back(request_failed{{}, token_of(id), errc::limit_reached});
        return;
    }
    request.transaction = *transaction;
    request.stage = outgoing::stage::sent;
    if (auto const limit = trial_time(request)) {
        request.is_on_trial = true;
        return set_deadline(id, t.now.mono + *limit);
    }
    // A re-INVITE that nobody finishes is cancelled like a call that nobody answers; all else ends by itself.
    set_deadline(id, request.what == purpose::reinvite ? std::optional(t.now.mono + config.ring_limit) : std::nullopt);
}

// ---- trials

std::optional<duration> user_agent_core::impl::trial_time(outgoing const& of) const noexcept {
    auto const* account = accounts.find(of.account);
    auto const attempts = account != nullptr ? account->identity.servers[of.server].attempts : 0U;
    if (attempts == 0 || !of.draft.view().to_tag().empty()) return std::nullopt;
    bool const may_register_elsewhere =
        of.what == purpose::registration && account->is_one_at_a_time && of.server + 1 < account->bindings.size();
    bool const has_other = of.next_location < of.locations.size() || has_next_server(of) || may_register_elsewhere;
    if (!has_other) return std::nullopt;
    // Until just before one more copy would be sent (17.1.1.2, 17.1.2.2).
    auto const& timing = account->identity.config.timing;
    bool const is_invite = of.draft.view().method() == method::invite;
    duration passed{}, interval = timing.t1;
    for (unsigned i = 0; i < attempts && passed < transaction_life(timing); ++i) {
        passed += interval;
        interval = is_invite ? 2 * interval : std::min<duration>(2 * interval, timing.t2);
    }
    return std::min<duration>(passed, transaction_life(timing)) - std::chrono::milliseconds(1);
}

void user_agent_core::impl::end_trial(outgoing_id id) {
    auto* request = requests.find(id);
    if (request != nullptr && std::exchange(request->is_on_trial, false)) set_deadline(id, std::nullopt);
}

void user_agent_core::impl::give_up_on_place(turn& t, outgoing_id id) {
    auto& request = *requests.find(id);
    request.is_on_trial = false;
    auto const left = request.transaction;
    transactions.stop_repeating(left);
    if (request.what == purpose::invite) {
        // Whoever answers after all is cancelled, or acknowledged and released.
        outgoing rest = request;
        rest.session = {};
        rest.locations.clear();
        rest.next_location = 0;
        (void)rest.client.cancel();
        transactions.set_owner(
            left, token_of(insert(requests, deadline_owner::outgoing, std::move(rest), std::nullopt))
        );
    } else {
        transactions.set_owner(left, {});
    }
    t.events.push_back(request_failed{left, token_of(id), errc::transaction_timeout});
}

void user_agent_core::impl::on_flow_up(turn& t, flow_id flow) {
    // Requests leave in the order in which they were made: a BYE behind its ACK.
    std::vector<std::pair<std::uint64_t, outgoing_id>> waiting;
    requests.for_each([&](outgoing_id id, outgoing const& request) {
        if (request.stage == outgoing::stage::opening && request.flow == flow) waiting.emplace_back(request.serial, id);
    });
    std::sort(waiting.begin(), waiting.end());
    for (auto const& [order, id] : waiting)
        transmit(t, id);
}

void user_agent_core::impl::on_flow_down(turn& t, flow_id flow, std::string const& why) {
    std::vector<std::pair<std::uint64_t, outgoing_id>> waiting;
    requests.for_each([&](outgoing_id id, outgoing& request) {
        if (request.flow != flow) return;
        request.failure = why;
        if (request.stage == outgoing::stage::opening) waiting.emplace_back(request.serial, id);
    });
    std::sort(waiting.begin(), waiting.end());
    for (auto const& [order, id] : waiting)
        try_next_location(t, id);
}

void user_agent_core::impl::on_contact_void(turn& t, flow_id flow, account_id of) {
    calls.for_each([&](session_id id, call& one) {
        if (one.contact_flow != flow || (of && one.account != of)) return;
        one.is_contact_void = true;
        tell_void_contact(t, id, one);
    });
}

void user_agent_core::impl::tell_void_contact(turn& t, session_id id, call& of) {
    if (!of.is_contact_void || of.stage != call_stage::up) return;
    of.is_contact_void = false;
    t.out.events.emplace_back(local_address_changed{id});
}

// ---- after a failure

challenge_origin user_agent_core::impl::origin_of(outgoing const& request) const noexcept {
    if (request.what == purpose::registration) return challenge_origin::registrar;
    return request.reached_own_server ? challenge_origin::own_server : challenge_origin::stranger;
}

error_code user_agent_core::impl::answer_challenge(turn& t, outgoing_id id, message_view response) {
    auto& request = *requests.find(id);
    auto* account = accounts.find(request.account);
    if (account == nullptr) return errc::no_credentials;
    if (request.client.is_cancelled()) return errc::wrong_state;
    if (auto const refused = account->auth.on_challenge(response, origin_of(request), request.attempts)) return refused;

    send_again(t, id, response);
    return {};
}

void user_agent_core::impl::send_again(turn& t, outgoing_id id, message_view response) {
    auto& request = *requests.find(id);
    // 22.2: the same request with the next CSeq. In a dialog that number belongs to the dialog.
    if (auto* account = accounts.find(request.account); account != nullptr && request.what == purpose::registration) {
        request.cseq = account->bindings[request.server].registration.retry().cseq;
    } else {
        // A challenge to a call's first INVITE may have a tag and so look like one from within an early dialog.
        auto* inside =
            request.what != purpose::invite ? dialogs.find(dialogs.find(dialog_of_response(response))) : nullptr;
        request.cseq = inside != nullptr ? inside->next_local_cseq() : request.cseq + 1;
        // What was early ended with this answer.
        if (auto* call = calls.find(request.session); call != nullptr && request.what == purpose::invite)
            drop_forks(t, request.session, *call);
    }
    request.client.restart();
    if (flows.find(request.flow) == nullptr) {
        --request.next_location;
        try_next_location(t, id);
    } else {
        transmit(t, id);
    }
}

bool user_agent_core::impl::try_elsewhere(turn& t, outgoing_id id, errc why) {
    auto& request = *requests.find(id);
    bool const never_answered = request.client.current() != invite_client::state::proceeding;
    bool const is_unreachable =
        why == errc::transport_failed || why == errc::transaction_timeout || why == errc::name_not_found;
    if (!is_unreachable || request.client.is_cancelled() || !never_answered) return false;
    // RFC 3263 4.3: whoever does not answer is passed over, now and for a while.
    if (request.stage == outgoing::stage::sent) {
        names.on_unreachable(t.now.mono, request.to);
        if (auto* account = accounts.find(request.account)) {
            auto& registered_at = account->bindings[request.server].registered_at;
            if (registered_at == request.to) registered_at.reset();
        }
    }
    // A connection that was open before may have died unnoticed: the same address deserves a fresh one.
    bool const was_up = std::exchange(request.flow_was_up, false);
    if (was_up && why == errc::transport_failed) --request.next_location;
    // Whoever was silent over a connection is not asked again by a datagram: that is for refused connections (18.1.1).
    auto const is_same_place = [&](location const& one) {
        return one.to.address == request.to.address && one.to.port == request.to.port;
    };
    while (why == errc::transaction_timeout && request.next_location < request.locations.size() &&
           is_same_place(request.locations[request.next_location]))
        ++request.next_location;
    if (request.next_location >= request.locations.size()) return try_next_server(t, id);
    request.client.restart();
    try_next_location(t, id);
    return true;
}

void user_agent_core::impl::cancel(turn& t, outgoing_id id, std::string_view reason) {
    auto* request = requests.find(id);
    if (request == nullptr) return;
    request->cancel_reason = reason;
    if (request->client.cancel() == invite_client::step::send_cancel)
        send_cancel(t, id);
    else if (request->stage != outgoing::stage::sent && request->stage != outgoing::stage::answered)
        forget(id);  // it never left
}

void user_agent_core::impl::send_cancel(turn& t, outgoing_id id) {
    try {
        auto const& request = *requests.find(id);
        (void)transactions.cancel(t.now.mono, request.transaction, 0, t.transactions(), request.cancel_reason);
    } catch (...) {
        set_deadline(id, t.now.mono + config.timing.t1);  // out of memory: it is still to be sent
        throw;
    }
}

void user_agent_core::impl::on_outgoing_due(turn& t, outgoing_id id) {
    auto* request = requests.find(id);
    if (request == nullptr) return;
    request->deadline.reset();
    switch (request->stage) {
        case outgoing::stage::waiting:
        case outgoing::stage::locating:
        case outgoing::stage::opening:
        case outgoing::stage::lost:
            t.events.push_back(request_failed{{}, token_of(id), errc::transaction_timeout});
            return;
        case outgoing::stage::sent:
            if (request->is_on_trial) return give_up_on_place(t, id);
            return request->client.is_cancelled() ? send_cancel(t, id) : cancel(t, id);
        case outgoing::stage::answered:
            return forget(id);
    }
}

// ---- ACK and BYE

result<message> user_agent_core::impl::draft_in_dialog(
    dialog const& in, std::string_view method_name, std::uint32_t cseq, std::span<extra_header const> headers,
    std::string_view content_type, std::string_view body
) {
    auto const way = in.way();
    auto out = start_draft(
        buffers, {.method = method_name,
                  .way = way,
                  .from = in.local_address(),
                  .to = in.remote_address(),
                  .call_id = in.id().call_id,
                  .cseq = cseq}
    );
    add_own_headers(out, method_from(method_name));
    if (!in.privacy().empty()) out.header(header_id::privacy, in.privacy());
    for (auto const& [name, value] : headers)
        out.header(name, value);
    if (!body.empty()) out.body(content_type, body);
    return finish_draft(buffers, out);
}

void user_agent_core::impl::add_own_headers(message_builder& out, method name) const {
    if (!config.product.empty()) out.header(header_id::user_agent, config.product);
    bool const tells_methods =
        name == method::invite || name == method::options || name == method::register_ || name == method::update;
    if (!tells_methods) return;
    out.header(header_id::allow, allow);
    if (!recv_info.empty() && name == method::invite) out.header("Recv-Info", recv_info);
    if (!allow_events.empty() && name == method::invite) out.header(header_id::allow_events, allow_events);
    if (name == method::options) out.header(header_id::accept, config.accept);
}

ack_handle user_agent_core::impl::hold_ack(turn& t, dialog const& in, message_view success, outgoing const& invite) {
    // 22.1: the INVITE's credentials as they were; nobody can ask an ACK for others.
    std::vector<extra_header> credentials;
    auto const sent = transactions.request_of(invite.transaction);
    for (auto const& entry : sent.headers())
        if (entry.id == header_id::authorization || entry.id == header_id::proxy_authorization)
            credentials.emplace_back(sent.name(entry), sent.value(entry));
    auto draft = draft_in_dialog(in, "ACK", success.cseq().number, credentials, {}, {});
    if (!draft) return {};
    auto const id = acks.keep(std::move(*draft), ack_state::awaits_answer);
    acks.find(id)->strict_route = in.way().is_strict();
    try {
        deadlines.set(deadline_owner::ack, id, t.now.mono + transaction_life(timing_of(invite.account)));
    } catch (...) {
        acks.forget(id);
        throw;
    }
    return id;
}

void user_agent_core::impl::send_ack(turn& t, ack_handle id, account_id account) {
    auto* kept = acks.find(id);
    if (kept == nullptr) return;
    outgoing ack;
    ack.what = purpose::ack;
    ack.account = account;
    ack.ack = id;
    ack.draft = kept->draft;
    ack.strict_route = kept->strict_route;
    ack.cseq = kept->draft.view().cseq().number;
    kept->state = ack_state::on_its_way;
    try {
        (void)start(t, std::move(ack));
    } catch (...) {
        kept->state = ack_state::sent;  // the next copy of the 2xx tries again
        throw;
    }
}

void user_agent_core::impl::acknowledge(turn& t, dialog const& in, message_view success, outgoing const& invite) {
    if (auto const id = hold_ack(t, in, success, invite); acks.find(id) != nullptr) send_ack(t, id, invite.account);
}

void user_agent_core::impl::repeat_ack(turn& t, ack_handle id, account_id account) {
    auto* kept = acks.find(id);
    if (kept == nullptr || kept->state != ack_state::sent) return;  // it will go as soon as it can
    if (kept->wire && flows.find(kept->flow) != nullptr)
        t.out.actions.push_back(send_message{kept->flow, kept->to, kept->wire, {}});
    else
        send_ack(t, id, account);  // the connection it went over is gone
}

void user_agent_core::impl::send_bye(turn& t, dialog& in, account_id account, std::string_view reason) {
    auto const cseq = in.next_local_cseq();
    std::array<extra_header, 1> header;
    if (!reason.empty()) header[0] = {"Reason", std::string(reason)};
    auto draft = draft_in_dialog(in, "BYE", cseq, {header.data(), reason.empty() ? 0U : 1U}, {}, {});
    if (!draft) return;
    outgoing bye;
    bye.what = purpose::bye;
    bye.account = account;
    bye.inside = dialogs.find(in.id());
    bye.draft = std::move(*draft);
    bye.strict_route = in.way().is_strict();
    bye.cseq = cseq;
    (void)start(t, std::move(bye));
}

}  // namespace sip

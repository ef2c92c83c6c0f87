// The front of the user agent: each input makes a turn, whose events are worked off before it ends.
#include "sip/ua/core.hpp"

#include <exception>
#include <utility>

#include "in_turn.hpp"
#include "sip/syntax/parse.hpp"

namespace sip {

namespace {

std::string list_of_methods(std::vector<method> const& more) {
    std::string list = "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE";
    for (auto const name : more) {
        list += ", ";
        list += to_string(name);
    }
    return list;
}

std::string list_of_packages(std::vector<event_package> const& packages) {
    std::string list;
    for (auto const& package : packages) {
        if (!list.empty()) list += ", ";
        list += package.name;
    }
    return list;
}

/// RFC 3261 8.1.3.3: a response that carries another Via below the first one is on its way to somebody else.
bool is_misrouted(message_view received) noexcept {
    if (!received.is_response()) return false;
    auto const vias = received.all<header_id::via>();
    auto via = vias.begin();
    return ++via != vias.end();
}

std::string joined(std::vector<std::string> const& words) {
    std::string list;
    for (auto const& word : words) {
        if (!list.empty()) list += ", ";
        list += word;
    }
    return list;
}

locator_settings locator_settings_of(user_agent_config const& config) {
    locator_settings settings;
    settings.datagram_limit = config.datagram_limit;
    settings.transports = config.transports;
    settings.weights = config.srv_weights;
    return settings;
}

}  // namespace

user_agent_core::impl::impl(user_agent_config c, environment& e)
    : config(std::move(c)),
      env(e),
      allow(list_of_methods(config.methods)),
      allow_events(list_of_packages(config.packages)),
      recv_info(joined(config.info_packages)),
      supported(options_for({})),
      names(env.random, locator_settings_of(config)),
      transactions(env, buffers, {.transactions = config.limits.transactions, .server_timing = config.timing}),
      dialogs({env.random(), env.random()}),
      acks({env.random(), env.random()}),
      ended({env.random(), env.random()}),
      subscription_key{env.random(), env.random()},
      stateless_key{env.random(), env.random()} {}

bool user_agent_core::impl::serves(method name) const noexcept {
    return std::find(config.methods.begin(), config.methods.end(), name) != config.methods.end();
}

// ---- what the transaction layer says

void user_agent_core::impl::finish(turn& t) {
    std::exception_ptr failure;
    // Working on one event may add further ones; indices stay valid while the list grows.
    for (std::size_t i = 0; i < t.events.size(); ++i) {
        auto const next = std::move(t.events[i]);
        handle_or_recover(t, next, failure);
    }
    t.events.clear();
    if (failure) std::rethrow_exception(failure);
}

void user_agent_core::impl::handle_or_recover(turn& t, transaction_event const& next, std::exception_ptr& failure) {
    try {
        t.make_room();
        std::visit([&](auto const& input) { handle(t, input); }, next);
    } catch (...) {
        if (!failure) failure = std::current_exception();
        // Nothing may wait for ever for what was lost here: a request of the peer gets an answer, one of ours fails in
        // time, unless a copy of its 2xx comes before.
        try {
            if (auto const* request = std::get_if<request_received>(&next); request != nullptr && request->id)
                (void)respond(t, request->id, request->request.view(), {.status = 500});
        } catch (...) {
        }
        auto const give_up = [&](owner_token owner) {
            auto const id = handle_of<outgoing_id>(owner);
            auto* request = requests.find(id);
            if (request == nullptr) return;
            request->stage = outgoing::stage::lost;
            set_deadline(id, t.now.mono + transaction_life(timing_of(request->account)));
        };
        auto const* response = std::get_if<response_received>(&next);
        if (response != nullptr && response->response.view().status() >= 200) give_up(response->owner);
        if (auto const* failed = std::get_if<request_failed>(&next)) give_up(failed->owner);
    }
}

void user_agent_core::impl::handle(turn& t, response_received const& input) {
    auto const id = handle_of<outgoing_id>(input.owner);
    auto* request = requests.find(id);
    if (request == nullptr) return;
    auto const response = input.response.view();
    auto const status = response.status();
    bool const is_invite = request->what == purpose::invite || request->what == purpose::reinvite;

    end_trial(id);
    if (status < 200) {
        if (!is_invite) return;
        if (request->client.on_provisional() == invite_client::step::send_cancel) send_cancel(t, id);
        if (status == 100) return;
        if (request->what == purpose::invite) return on_invite_provisional(t, id, input.response);
        return on_reinvite_provisional(t, id, input.response);
    }
    if (status < 300 && is_invite) {
        if (auto const known = acks.find(response)) return repeat_ack(t, known, request->account);
        if (request->what == purpose::invite) return on_invite_success(t, id, input.response);
        return on_reinvite_success(t, id, input.response);
    }

    if (status < 300)
        if (auto* account = accounts.find(request->account)) account->auth.on_success(response, origin_of(*request));

    error_code auth_error;
    if (apply_remedy(t, id, input.response, auth_error)) return;
    if (status != 503) names.on_reached(request->to);
    if (status == 503 && try_next_server(t, id)) return;
    switch (request->what) {
        case purpose::invite:
            if (follow_redirect(t, id, input.response)) return;
            return on_invite_failure(t, id, input.response, auth_error);
        case purpose::reinvite:
            return on_reinvite_failure(t, id, input.response, {});
        case purpose::prack:
            return on_prack_done(t, id, input.response, auth_error);
        case purpose::update:
            return on_update_done(t, id, input.response, {});
        case purpose::refresh:
            return on_refresh_done(t, id, input.response, {});
        case purpose::registration:
            return on_register_response(t, id, response, auth_error);
        case purpose::in_call:
        case purpose::single:
            return on_request_done(t, id, input.response, auth_error);
        case purpose::subscribe:
            return on_subscribe_response(t, id, input.response, auth_error);
        case purpose::refer:
            return on_refer_response(t, id, input.response, auth_error);
        case purpose::notify:
            return on_notify_done(t, id, input.response, auth_error);
        case purpose::publish:
            return on_publish_done(t, id, input.response, auth_error, {});
        case purpose::bye: {
            auto const inside = request->inside;
            forget(id);
            if (effect_of_failure(status) == failure_effect::dialog) lose_dialog(t, inside, input.response);
            return;
        }
        case purpose::ack:
            return forget(id);
    }
}

void user_agent_core::impl::handle(turn& t, request_failed const& input) {
    auto const id = handle_of<outgoing_id>(input.owner);
    auto* request = requests.find(id);
    if (request == nullptr || try_elsewhere(t, id, input.why)) return;
    switch (request->what) {
        case purpose::invite:
            if (follow_redirect(t, id, {})) return;
            return on_invite_failure(t, id, {}, input.why);
        case purpose::reinvite:
            return on_reinvite_failure(t, id, {}, input.why);
        case purpose::prack:
            return on_prack_done(t, id, {}, input.why);
        case purpose::update:
            return on_update_done(t, id, {}, input.why);
        case purpose::refresh:
            return on_refresh_done(t, id, {}, input.why);
        case purpose::registration:
            return on_register_failed(t, id, input.why);
        case purpose::in_call:
        case purpose::single:
            return on_request_done(t, id, {}, input.why);
        case purpose::subscribe:
        case purpose::refer:
            return on_subscribe_failed(t, id, input.why);
        case purpose::notify:
            return on_notify_done(t, id, {}, input.why);
        case purpose::publish:
            return on_publish_done(t, id, {}, {}, input.why);
        case purpose::bye:
            return forget(id);
        case purpose::ack:
            // The next copy of the 2xx tries again.
            if (auto* kept = acks.find(request->ack)) kept->state = ack_state::sent;
            return forget(id);
    }
}

void user_agent_core::impl::handle(turn&, response_failed const&) {
    // A refusal that was not acknowledged is forgotten; a 2xx is repeated by its call, over another connection if need
    // be, until its own time is over.
}

void user_agent_core::impl::handle(turn& t, stray_response const& input) {
    if (auto const known = acks.find(input.response.view())) repeat_ack(t, known, {});
}

// ---- time

void user_agent_core::impl::on_timeout(turn& t) {
    transactions.on_timeout(t.now.mono, t.transactions());
    finish(t);
    for (;;) {
        t.make_room();
        auto const due = deadlines.pop_due(t.now.mono);
        if (!due) return;
        try {
            on_due(t, *due);
        } catch (...) {
            if (is_live(*due)) deadlines.put_back(*due, t.now.mono + config.timing.t1);  // not done, so due again
            throw;
        }
        finish(t);
    }
}

void user_agent_core::impl::on_due(turn& t, schedule::entry const& due) {
    switch (due.owner) {
        case deadline_owner::call:
            return on_call_due(t, calls.handle_at(due.index));
        case deadline_owner::outgoing:
            return on_outgoing_due(t, requests.handle_at(due.index));
        case deadline_owner::ack:
            return acks.forget(acks.handle_at(due.index));
        case deadline_owner::request:
            // The user forgot it. Its sender has given up by now (RFC 4320); this ends the transaction.
            (void)respond_held(t, held.handle_at(due.index), 500, {}, {}, {});
            return;
        case deadline_owner::account:
            return on_account_due(t, accounts.handle_at(due.index));
        case deadline_owner::subscription:
            return on_subscription_due(t, subscriptions.handle_at(due.index));
        case deadline_owner::notifier:
            return on_notifier_due(t, notifiers.handle_at(due.index));
        case deadline_owner::publication:
            return on_publication_due(t, publications.handle_at(due.index));
    }
}

bool user_agent_core::impl::is_live(schedule::entry const& due) const noexcept {
    switch (due.owner) {
        case deadline_owner::call:
            return static_cast<bool>(calls.handle_at(due.index));
        case deadline_owner::outgoing:
            return static_cast<bool>(requests.handle_at(due.index));
        case deadline_owner::ack:
            return static_cast<bool>(acks.handle_at(due.index));
        case deadline_owner::request:
            return static_cast<bool>(held.handle_at(due.index));
        case deadline_owner::account:
            return static_cast<bool>(accounts.handle_at(due.index));
        case deadline_owner::subscription:
            return static_cast<bool>(subscriptions.handle_at(due.index));
        case deadline_owner::notifier:
            return static_cast<bool>(notifiers.handle_at(due.index));
        case deadline_owner::publication:
            return static_cast<bool>(publications.handle_at(due.index));
    }
    return false;
}

std::optional<wakeup> user_agent_core::impl::next_deadline() const noexcept {
    auto const transaction = transactions.next_deadline();
    auto const own = deadlines.next();
    if (!own && !transaction) return std::nullopt;
    if (!own || (transaction && *transaction <= own->at)) return wakeup{*transaction, wake_reason::transaction};
    switch (own->owner) {
        case deadline_owner::account:
            return wakeup{own->at, wake_reason::registration};
        case deadline_owner::subscription:
        case deadline_owner::notifier:
        case deadline_owner::publication:
            return wakeup{own->at, wake_reason::subscription};
        case deadline_owner::call:
            return wakeup{own->at, calls.find(calls.handle_at(own->index))->reason_for(own->at)};
        case deadline_owner::outgoing:
        case deadline_owner::ack:
        case deadline_owner::request:
            return wakeup{own->at, wake_reason::other};
    }
    return std::nullopt;
}

// ---- the public face

user_agent_core::user_agent_core(user_agent_config config, environment& env)
    : impl_(std::make_unique<impl>(std::move(config), env)) {}
user_agent_core::~user_agent_core() = default;

result<account_id> user_agent_core::add_account(account_config config, std::string* why) {
    return impl_->add_account(std::move(config), why);
}
error_code user_agent_core::update_account(account_id id, account_config config, std::string* why) {
    return impl_->update_account(id, std::move(config), why);
}
error_code user_agent_core::register_account(now_t now, account_id id, outbox& out) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->register_account(t, id); });
}
error_code user_agent_core::unregister_account(now_t now, account_id id, outbox& out) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->unregister_account(t, id); });
}

result<session_id> user_agent_core::invite(now_t now, account_id id, invite_options const& options, outbox& out) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->invite(t, id, options); });
}
error_code user_agent_core::ring(
    now_t now, session_id id, std::uint16_t status, std::string_view description, outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->ring(t, id, status, description); });
}
error_code user_agent_core::answer(now_t now, session_id id, std::string_view description, outbox& out) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->answer(t, id, description); });
}
error_code user_agent_core::reject(
    now_t now, session_id id, std::uint16_t status, std::string_view reason, std::span<extra_header const> headers,
    outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->reject(t, id, status, reason, headers); });
}
error_code user_agent_core::hang_up(now_t now, session_id id, std::string_view reason, outbox& out) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->hang_up(t, id, reason); });
}
error_code user_agent_core::reoffer(
    now_t now, session_id id, std::string_view description, outbox& out, offer_options const& how
) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->reoffer(t, id, description, how); });
}
error_code user_agent_core::answer_offer(
    now_t now, session_id id, std::string_view description, outbox& out, std::uint32_t fork
) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->answer_offer(t, id, description, fork); });
}
error_code user_agent_core::refuse_offer(
    now_t now, session_id id, std::uint16_t status, outbox& out, std::uint32_t fork, std::string_view formal_answer
) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->refuse_offer(t, id, status, fork, formal_answer); });
}
result<request_id> user_agent_core::request_in_call(
    now_t now, session_id id, method name, std::string_view content_type, std::string_view body, outbox& out,
    std::span<extra_header const> headers
) {
    return in_turn(*impl_, now, out, [&](turn& t) {
        return impl_->request_in_call(t, id, name, headers, content_type, body);
    });
}
result<request_id> user_agent_core::send_request(
    now_t now, account_id id, method name, std::string_view target, std::span<extra_header const> headers,
    std::string_view content_type, std::string_view body, outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) {
        return impl_->send_request(t, id, name, target, headers, content_type, body);
    });
}
error_code user_agent_core::respond(
    now_t now, request_id id, std::uint16_t status, std::span<extra_header const> headers,
    std::string_view content_type, std::string_view body, outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) {
        return impl_->respond_held(t, id, status, headers, content_type, body);
    });
}

void user_agent_core::add_listener(endpoint const& at) {
    impl_->listeners.push_back(at);
}
flow_id user_agent_core::add_flow(now_t, flow_description const& description, outbox&) {
    return impl_->flows.add(description);
}
void user_agent_core::on_flow(now_t now, flow_event const& news, outbox& out) {
    in_turn(*impl_, now, out, [&](turn& t) {
        impl_->flows.on_event(news);
        if (news.change == flow_change::up) return impl_->on_flow_up(t, news.flow);
        if (impl_->flows.find(news.flow) == nullptr)
            impl_->on_flow_gone(t, news);
        else
            impl_->on_account_flow_down(t, news.flow, news.cause_text);
        if (news.change != flow_change::moved) return;
        impl_->forget_own_address(t, news.flow);
        impl_->on_contact_void(t, news.flow);
    });
}
void user_agent_core::on_bytes(now_t now, flow_id flow, endpoint const& from, buffer_ref bytes, outbox& out) {
    in_turn(*impl_, now, out, [&](turn& t) {
        auto parsed = parse_message(std::move(bytes), impl_->buffers, impl_->config.limits.parse);
        if (!parsed) return impl_->refuse_malformed(t, parsed.error(), flow, from);
        if (is_misrouted(parsed->view())) return;
        if (parsed->view().is_request()) impl_->flows.on_request(flow, parsed->view());
        impl_->transactions.on_message(now.mono, std::move(*parsed), flow, from, t.transactions());
    });
}
void user_agent_core::on_keep_alive(
    now_t now, flow_id flow, endpoint const& from, std::string_view bytes, outbox& out
) {
    in_turn(*impl_, now, out, [&](turn& t) { impl_->on_keep_alive(t, flow, from, bytes); });
}
void user_agent_core::on_resolved(
    now_t now, std::uint32_t request, dns_answer const& answer, error_code error, outbox& out
) {
    in_turn(*impl_, now, out, [&](turn& t) {
        impl_->on_located(t, impl_->names.on_resolved(now.mono, request, answer, error, out.actions));
    });
}
void user_agent_core::on_timeout(now_t now, outbox& out) {
    in_turn(*impl_, now, out, [&](turn& t) { impl_->on_timeout(t); });
}
std::optional<wakeup> user_agent_core::next_deadline() const noexcept {
    return impl_->next_deadline();
}
bool user_agent_core::still_wanted(transaction_id id) const noexcept {
    return !id || impl_->transactions.is_live(id);
}
std::optional<dialog_identity> user_agent_core::identity(session_id id) const {
    return impl_->identity_of(id);
}
buffer_pool& user_agent_core::pool() noexcept {
    return impl_->buffers;
}
transaction_counter_table const& user_agent_core::transaction_counts() const noexcept {
    return impl_->transactions.counters();
}

std::optional<user_agent_core::discovered_address> user_agent_core::own_address(account_id id) const {
    return impl_->own_address(id);
}
user_agent_core::counts user_agent_core::live() const noexcept {
    return {
        .sessions = impl_->calls.size(),
        .dialogs = impl_->dialogs.size(),
        .transactions = impl_->transactions.live(),
        .ack_keepers = impl_->acks.size(),
        .requests = impl_->requests.size() + impl_->held.size(),
        .buffers = impl_->buffers.live(),
        .subscriptions = impl_->subscriptions.size(),
        .notifiers = impl_->notifiers.size(),
        .publications = impl_->publications.size(),
    };
}

}  // namespace sip

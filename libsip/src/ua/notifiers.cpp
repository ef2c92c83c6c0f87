// Events as notifier (RFC 6665 4.2): SUBSCRIBE of peers, and the NOTIFYs that we owe them.
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "in_turn.hpp"
#include "sip/dialog/destruction.hpp"

namespace sip {

namespace {

constexpr std::chrono::seconds longest_retry_after = std::chrono::hours(1);

/// True where the SUBSCRIBE takes bodies of this type (RFC 3261 20.1); without Accept the package's own is meant.
bool accepts_body(message_view request, std::string_view content_type) noexcept {
    auto const ours = parse_media_type(content_type);
    if (!ours || !request.has(header_id::accept)) return true;
    for (auto const& range : request.all<header_id::accept>())
        if (range && (range->is(ours->type, ours->subtype) || range->is(ours->type, "*") || range->is("*", "*")))
            return true;
    return false;
}

/// RFC 3515 2.4.4: nothing but a REFER begins such a subscription.
bool wants_reports(message_view subscribe) noexcept {
    auto const named = subscribe.get<header_id::event>();
    return named && named->token == "refer";
}

constexpr subscription_status timed_out{.phase = subscription_phase::terminated, .reason = termination_reason::timeout};

}  // namespace

event_package const* user_agent_core::impl::package_of(message_view request) const noexcept {
    auto const named = request.get<header_id::event>();
    if (!named) return nullptr;
    for (auto const& package : config.packages)
        if (package.name == named->token) return &package;  // 8.2.1: with regard to case
    return nullptr;
}

// ---- SUBSCRIBE

void user_agent_core::impl::on_subscribe(turn& t, request_received const& input) {
    auto const request = input.request.view();
    auto const refuse = [&](reply const& r) { (void)respond(t, input.id, request, r); };
    if (wants_reports(request) && serves(method::refer)) return refuse({.status = 403});
    auto const* package = package_of(request);
    if (package == nullptr)
        return refuse({.status = 489, .extra = header_id::allow_events, .extra_value = allow_events});
    std::optional<std::uint32_t> wanted;
    if (auto const expires = request.get<header_id::expires>()) wanted = *expires;
    auto const granted = notifier::grant(package->settings, wanted);
    if (!granted) return refuse_brief(t, input, package->settings);
    if (!accepts_body(request, package->content_type))
        return refuse({.status = 406, .extra = header_id::accept, .extra_value = package->content_type});
    if (notifiers.size() >= config.limits.notifiers)
        return refuse({.status = 503, .extra = header_id::retry_after, .extra_value = "60"});

    // Inside the dialog of a call (4.5.2), or with one of its own.
    auto const at = request.to_tag().empty() ? dialog_handle{} : dialogs.find(dialog_of_request(request));
    std::optional<dialog> made;
    if (!at) {
        made = make_peer_dialog(t, input);
        if (!made) return;
    }
    auto settings = package->settings;
    auto const account = account_for(request);
    settings.timing = timing_of(account);
    peer_subscription fresh{
        .account = account,
        .event = std::string(request.raw(header_id::event)),
        .state = notifier(settings),
        .dialog = at,
        .transaction = input.id,
        .request = input.request,
        .flow = input.flow,
        .wanted = *granted,
        .decide_by = t.now.mono + transaction_life(settings.timing),
    };
    auto const call = dialogs.usage(at, usage_kind::invite);
    begin_notifier(std::move(fresh), std::move(made), [&](notifier_id id) {
        t.out.events.emplace_back(incoming_subscription{
            .id = id,
            .account = account,
            .session = call ? handle_of<session_id>(call->owner) : session_id{},
            .request = input.request,
            .expires = *granted,
        });
    });
}

std::optional<dialog> user_agent_core::impl::make_peer_dialog(turn& t, request_received const& input) {
    auto const request = input.request.view();
    auto made = dialog::from_request(request, new_tag(env).view(), config.limits.route_set);
    if (made) return std::move(*made);
    auto const reason = to_string(made.error());
    (void)respond(t, input.id, request, {.status = made.error().suggested_status, .reason = reason});
    return std::nullopt;
}

void user_agent_core::impl::refuse_brief(turn& t, request_received const& input, notifier_settings const& settings) {
    auto const minimum = fmt::format("{}", settings.shortest);
    (void)respond(
        t, input.id, input.request.view(), {.status = 423, .extra = header_id::min_expires, .extra_value = minimum}
    );
}

notifier_id user_agent_core::impl::notifier_in(dialog_handle at, token_params_view const& wanted) const noexcept {
    for (auto const& usage : dialogs.usages(at)) {
        if (usage.kind != usage_kind::notifier) continue;
        auto const id = handle_of<notifier_id>(usage.owner);
        auto const* found = notifiers.find(id);
        if (found == nullptr) continue;
        auto const own = parse_token_params(found->event);
        if (own && is_same_event(*own, wanted)) return id;
    }
    return {};
}

void user_agent_core::impl::on_subscribe_in_dialog(turn& t, dialog_handle at, request_received const& input) {
    auto const request = input.request.view();
    auto const named = request.get<header_id::event>();
    auto const id = named ? notifier_in(at, *named) : notifier_id{};
    auto* found = notifiers.find(id);
    // 4.2.1.4: a dialog that has only subscriptions knows no others than those it has.
    if (found == nullptr && !dialogs.usage(at, usage_kind::invite) && !wants_reports(request))
        return (void)respond(t, input.id, request, {.status = 481});
    if (found == nullptr) return on_subscribe(t, input);
    // The first SUBSCRIBE still waits for the user: this one comes too soon.
    if (found->transaction)
        return (void
        )respond(t, input.id, request, {.status = 500, .extra = header_id::retry_after, .extra_value = "5"});
    auto const* package = package_of(request);
    if (package == nullptr && !found->is_transfer) return (void)respond(t, input.id, request, {.status = 489});
    auto const settings = found->is_transfer ? implicit_settings() : package->settings;
    std::optional<std::uint32_t> wanted;
    if (auto const expires = request.get<header_id::expires>()) wanted = *expires;
    auto const granted = notifier::grant(settings, wanted);
    if (!granted) return refuse_brief(t, input, settings);
    dialogs.find(at)->refresh_target(request);
    auto const seconds = fmt::format("{}", *granted);
    (void)respond(
        t, input.id, request,
        {.status = 200,
         .extra = header_id::expires,
         .extra_value = seconds,
         .contact_flow = input.flow,
         .account = found->account}
    );
    if (*granted == 0) {
        finish_notifier(t, id, timed_out, {}, notifier_end::unsubscribed);
        return;
    }
    found->state.last_for(t.now.mono, *granted);
    schedule_notifier(id);
    t.out.events.emplace_back(subscription_refreshed{.id = id, .request = input.request, .expires = *granted});
}

// ---- the user's commands

error_code user_agent_core::impl::accept_subscription(
    turn& t, notifier_id id, subscription_phase phase, notification_body body
) {
    auto* found = notifiers.find(id);
    if (found == nullptr) return errc::no_such_session;
    if (!found->transaction || found->is_transfer) return errc::wrong_state;
    if (phase == subscription_phase::terminated || has_line_break(body.content_type)) return errc::invalid_argument;
    auto const seconds = fmt::format("{}", found->wanted);
    (void)respond(
        t, found->transaction, found->request.view(),
        {.status = 200,
         .to_tag = dialogs.find(found->dialog)->id().local_tag,
         .extra = header_id::expires,
         .extra_value = seconds,
         .contact_flow = found->flow,
         .account = found->account}
    );
    found->transaction = {};
    found->request = {};
    found->decide_by.reset();
    if (found->wanted == 0) {
        // 4.4.3: a fetch is over with its answer.
        finish_notifier(t, id, timed_out, body, notifier_end::unsubscribed);
        return {};
    }
    found->state.set_phase(phase);
    found->state.last_for(t.now.mono, found->wanted);
    (void)found->state.put(std::move(body));
    send_due_notify(t, id);
    return {};
}

error_code user_agent_core::impl::refuse_subscription(
    turn& t, notifier_id id, std::uint16_t status, std::span<extra_header const> headers
) {
    auto* found = notifiers.find(id);
    if (found == nullptr) return errc::no_such_session;
    if (found->is_undecided && status >= 300) return report_transfer(t, id, status, {});
    if (!found->transaction) return errc::wrong_state;
    if (status < 300 || status > 699 || !are_free_headers(headers)) return errc::invalid_argument;
    auto const failed = respond(
        t, found->transaction, found->request.view(),
        {.status = status, .to_tag = dialogs.find(found->dialog)->id().local_tag, .headers = headers}
    );
    if (failed == errc::invalid_argument) return failed;  // the user's text cannot be sent; the peer still waits
    t.out.events.emplace_back(notifier_ended{.id = id, .why = notifier_end::closed, .status = 0});
    erase_notifier(id);
    return {};
}

error_code user_agent_core::impl::notify(turn& t, notifier_id id, subscription_phase phase, notification_body body) {
    auto* found = notifiers.find(id);
    if (found == nullptr) return errc::no_such_session;
    if (found->transaction) return errc::wrong_state;
    if (phase == subscription_phase::terminated || has_line_break(body.content_type)) return errc::invalid_argument;
    if (auto const full = found->state.put(std::move(body))) return full;
    found->state.set_phase(phase);
    send_due_notify(t, id);
    return {};
}

error_code user_agent_core::impl::end_subscription(
    turn& t, notifier_id id, termination_reason why, std::optional<std::uint32_t> retry_after, notification_body body
) {
    auto const* found = notifiers.find(id);
    if (found == nullptr) return errc::no_such_session;
    if (found->transaction) return errc::wrong_state;
    if (has_line_break(body.content_type)) return errc::invalid_argument;
    finish_notifier(
        t, id, {.phase = subscription_phase::terminated, .reason = why, .retry_after = retry_after}, body,
        notifier_end::closed
    );
    return {};
}

// ---- NOTIFY

void user_agent_core::impl::send_due_notify(turn& t, notifier_id id) {
    auto* found = notifiers.find(id);
    if (found->state.is_due(t.now.mono)) {
        auto const body = found->state.take(t.now.mono);
        send_notify(t, id, found->state.status(t.now.mono), body);
    }
    schedule_notifier(id);
}

void user_agent_core::impl::send_notify(
    turn& t, notifier_id id, subscription_status const& status, notification_body const& body
) {
    auto& of = *notifiers.find(id);
    auto& in = *dialogs.find(of.dialog);  // a usage keeps its dialog
    bool const is_last = status.phase == subscription_phase::terminated;
    std::vector<extra_header> const headers{{"Event", of.event}, {"Subscription-State", to_string(status)}};
    outgoing request;
    request.what = purpose::notify;
    request.account = of.account;
    if (!is_last) request.notifier = id;
    auto draft = draft_in_dialog(in, "NOTIFY", in.local_cseq() + 1, headers, body.content_type, body.text);
    if (!draft) return (void)of.state.on_failed(t.now.mono, std::nullopt);
    request.draft = std::move(*draft);
    request.strict_route = in.way().is_strict();
    request.cseq = in.next_local_cseq();
    try {
        (void)start(t, std::move(request));
    } catch (...) {
        // Memory ran out: told again later.
        if (!is_last) (void)of.state.on_failed(t.now.mono, std::nullopt);
        if (!is_last) schedule_notifier(id);
        throw;
    }
}

void user_agent_core::impl::finish_notifier(
    turn& t, notifier_id id, subscription_status const& last, notification_body const& body, notifier_end why
) {
    t.out.events.emplace_back(notifier_ended{.id = id, .why = why, .status = 0});
    try {
        send_notify(t, id, last, body);
    } catch (...) {
        erase_notifier(id);  // out of memory: over all the same
        throw;
    }
    erase_notifier(id);
}

void user_agent_core::impl::on_notify_done(turn& t, outgoing_id id, message const& response, error_code error) {
    auto const owner = requests.find(id)->notifier;
    auto const cseq = requests.find(id)->cseq;
    forget(id);
    auto* found = notifiers.find(owner);
    if (found == nullptr) return;  // it was the last one
    // RFC 3261 8.1.3.1: no answer counts as 408, no way to the peer as 503.
    std::uint16_t const silence = error == errc::transaction_timeout ? 408 : 503;
    auto const status = response ? response.view().status() : silence;
    if (auto* in = dialogs.find(found->dialog)) {
        in->raise_local_cseq(cseq);
        if (status < 300) in->refresh_target(response.view());
    }
    if (status < 300) {
        found->state.on_delivered();
        return send_due_notify(t, owner);
    }
    std::optional<duration> wait;
    if (response)
        if (auto const after = response.view().get<header_id::retry_after>())
            wait = std::min(std::chrono::seconds(after->seconds), longest_retry_after);
    // 4.2.2, RFC 5057: some answers, and none at all, say that nobody listens any more.
    auto const effect = effect_of_failure(status);
    if (effect == failure_effect::transaction && found->state.on_failed(t.now.mono, wait))
        return schedule_notifier(owner);
    auto const at = found->dialog;
    t.out.events.emplace_back(notifier_ended{
        .id = owner, .why = notifier_end::failed, .status = response ? status : std::uint16_t{0}});
    erase_notifier(owner);
    if (effect == failure_effect::dialog) lose_dialog(t, at, response);
}

// ---- time and ends

void user_agent_core::impl::on_notifier_due(turn& t, notifier_id id) {
    auto* found = notifiers.find(id);
    if (found == nullptr) return;
    if (found->decide_by && *found->decide_by <= t.now.mono) {
        if (found->is_transfer) return on_transfer_undecided(t, id);
        // The user forgot it, and the peer has given up (RFC 4320); this ends the transaction.
        (void)respond(t, found->transaction, found->request.view(), {.status = 500});
        t.out.events.emplace_back(notifier_ended{.id = id, .why = notifier_end::unanswered, .status = 0});
        return erase_notifier(id);
    }
    if (!found->decide_by && found->state.has_expired(t.now.mono)) {
        return finish_notifier(t, id, timed_out, {}, notifier_end::expired);
    }
    if (!found->decide_by) send_due_notify(t, id);
}

void user_agent_core::impl::schedule_notifier(notifier_id id) {
    if (auto const* found = notifiers.find(id)) deadlines.set(deadline_owner::notifier, id, found->next_deadline());
}

void user_agent_core::impl::erase_notifier(notifier_id id) {
    auto* found = notifiers.find(id);
    if (found == nullptr) return;
    dialogs.remove_usage(found->dialog, notifier_usage(id));
    deadlines.set(deadline_owner::notifier, id, std::nullopt);
    notifiers.erase(id);
}

// ---- the public face

namespace {
notification_body body_of(std::string_view content_type, std::string_view text) {
    return {.content_type = std::string(content_type), .text = std::string(text)};
}
}  // namespace

error_code user_agent_core::accept_subscription(
    now_t now, notifier_id id, subscription_phase phase, std::string_view content_type, std::string_view body,
    outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) {
        return impl_->accept_subscription(t, id, phase, body_of(content_type, body));
    });
}
error_code user_agent_core::refuse_subscription(
    now_t now, notifier_id id, std::uint16_t status, std::span<extra_header const> headers, outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->refuse_subscription(t, id, status, headers); });
}
error_code user_agent_core::notify(
    now_t now, notifier_id id, subscription_phase phase, std::string_view content_type, std::string_view body,
    outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->notify(t, id, phase, body_of(content_type, body)); });
}
error_code user_agent_core::end_subscription(
    now_t now, notifier_id id, termination_reason why, std::optional<std::uint32_t> retry_after,
    std::string_view content_type, std::string_view body, outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) {
        return impl_->end_subscription(t, id, why, retry_after, body_of(content_type, body));
    });
}

}  // namespace sip

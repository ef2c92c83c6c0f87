// Transfers (RFC 3515): REFER and its implicit subscription, as the side that asks and as the side that is asked.
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "in_turn.hpp"
#include "sip/syntax/sipfrag.hpp"

namespace sip {

namespace {

/// How long the asked side promises to report; RFC 3515 2.4.4 leaves that to it. A call rings for three minutes.
constexpr std::uint32_t report_seconds = 200;

}  // namespace

notifier_settings user_agent_core::impl::implicit_settings() noexcept {
    // Every report has to arrive, in order.
    return {.shortest = 0, .longest = 3600, .preferred = report_seconds, .scope = body_scope::partial};
}

// ---- as the side that asks

result<std::string> user_agent_core::impl::replaces_value(session_id id) {
    auto const* call = visible_call(id);
    auto const* in = call != nullptr ? dialogs.find(call->main.dialog) : nullptr;
    if (in == nullptr) return make_error_code(errc::no_such_session);
    // RFC 3891 3: the tags as the side sees them that is asked to replace the call, which is the other one.
    return fmt::format("{};to-tag={};from-tag={}", in->id().call_id, in->id().remote_tag, in->id().local_tag);
}

result<std::vector<extra_header>> user_agent_core::impl::refer_headers(
    account_id account, refer_options const& options, dialog const* about
) {
    auto target = options.refer_to;
    if (!parse_uri(target.uri)) return make_error_code(errc::invalid_argument);
    if (options.replaces) {
        auto const value = replaces_value(*options.replaces);
        if (!value) return value.error();
        target.headers.emplace_back("Replaces", *value);
    }
    std::vector<extra_header> headers{{"Refer-To", to_string(target)}};
    auto const* by = accounts.find(account);
    if (!options.referred_by.empty())
        headers.emplace_back("Referred-By", options.referred_by);
    else if (by != nullptr)
        headers.emplace_back("Referred-By", fmt::format("<{}>", by->identity.config.address_of_record));
    // RFC 4488 4: a wish, which the other side may pass over.
    if (!options.reports) headers.emplace_back("Refer-Sub", "false");
    if (!options.reports) headers.emplace_back("Supported", "norefersub");
    if (about != nullptr) {
        headers.emplace_back("Require", "tdialog");
        headers.emplace_back(
            "Target-Dialog",
            fmt::format(
                "{};local-tag={};remote-tag={}", about->id().call_id, about->id().local_tag, about->id().remote_tag
            )
        );
    }
    headers.insert(headers.end(), options.headers.begin(), options.headers.end());
    return headers;
}

result<subscription_id> user_agent_core::impl::new_transfer(turn& t, account_id account, std::string target) {
    if (!serves(method::notify)) return make_error_code(errc::wrong_state);
    if (subscriptions.size() >= config.limits.subscriptions) return make_error_code(errc::limit_reached);
    subscribe_options options(std::move(target), "refer");
    options.renew = false;
    subscriber_settings settings;
    settings.expires = report_seconds;
    settings.renew = false;
    settings.timing = timing_of(account);
    subscription made{
        .account = account,
        .options = std::move(options),
        .state = subscriber(settings, env),
        .call_id = {},
        .local_tag = {},
        .first = {},
        .request = {},
        .dialog = {},
        .is_transfer = true,
    };
    made.state.start_implicit(t.now.mono);
    return insert(subscriptions, deadline_owner::subscription, std::move(made), std::optional<time_point>());
}

void user_agent_core::impl::start_refer(
    turn& t, subscription_id id, message draft, bool strict_route, std::uint32_t cseq
) {
    auto& made = *subscriptions.find(id);
    outgoing request;
    request.what = purpose::refer;
    request.account = made.account;
    request.subscription = id;
    request.draft = std::move(draft);
    request.strict_route = strict_route;
    request.cseq = made.cseq = cseq;
    made.request = start(t, std::move(request));
    schedule_subscription(id);
}

result<subscription_id> user_agent_core::impl::refer(turn& t, session_id session, refer_options const& options) {
    auto* call = visible_call(session);
    if (call == nullptr) return make_error_code(errc::no_such_session);
    if (call->stage != call_stage::up) return make_error_code(errc::wrong_state);
    if (!are_free_headers(options.headers)) return make_error_code(errc::invalid_argument);
    auto& in = *dialogs.find(call->main.dialog);
    auto const headers = refer_headers(call->account, options, nullptr);
    if (!headers) return headers.error();
    auto draft = draft_in_dialog(in, "REFER", in.local_cseq() + 1, *headers, {}, {});
    if (!draft) return draft.error();
    auto const id = new_transfer(t, call->account, std::string(in.remote_target()));
    if (!id) return id.error();
    try {
        auto& made = *subscriptions.find(*id);
        dialogs.add_usage(call->main.dialog, subscription_usage(*id));
        made.dialog = call->main.dialog;
        start_refer(t, *id, std::move(*draft), in.way().is_strict(), in.next_local_cseq());
    } catch (...) {
        erase_subscription(*id);
        throw;
    }
    return id;
}

result<subscription_id> user_agent_core::impl::refer_to(
    turn& t, account_id account, std::string_view target, refer_options const& options
) {
    auto const* sender = accounts.find(account);
    if (sender == nullptr) return make_error_code(errc::no_such_account);
    auto const uri = parse_uri(target);
    if (!uri || !uri->is_sip_or_sips() || is_whole_request(*uri) || !are_free_headers(options.headers))
        return make_error_code(errc::invalid_argument);
    dialog const* about = nullptr;
    if (options.target_dialog) {
        auto const* call = visible_call(*options.target_dialog);
        about = call != nullptr ? dialogs.find(call->main.dialog) : nullptr;
        if (about == nullptr) return make_error_code(errc::no_such_session);
    }
    auto const headers = refer_headers(account, options, about);
    if (!headers) return headers.error();
    auto const id = new_transfer(t, account, std::string(target));
    if (!id) return id.error();
    try {
        auto& made = *subscriptions.find(*id);
        made.call_id = new_call_id(env).view();
        made.local_tag = new_tag(env).view();
        subscription_tags.insert(hash_of_subscriber(made.call_id, made.local_tag), id->index);
        auto const routes = sender->routes_to(target);
        routed_target const way(target, routes);
        auto out = start_draft(
            buffers, {.method = "REFER",
                      .way = way,
                      .from = fmt::format("{};tag={}", sender->identity.from_address(), made.local_tag),
                      .to = fmt::format("<{}>", target),
                      .call_id = made.call_id,
                      .cseq = 1}
        );
        add_own_headers(out, method::refer);
        for (auto const& [name, value] : *headers)
            out.header(name, value);
        auto draft = finish_draft(buffers, out);
        if (!draft) {
            erase_subscription(*id);
            return draft.error();
        }
        made.first = *draft;
        start_refer(t, *id, std::move(*draft), way.is_strict(), 1);
    } catch (...) {
        erase_subscription(*id);
        throw;
    }
    return id;
}

void user_agent_core::impl::on_refer_response(turn& t, outgoing_id id, message const& response, error_code auth_error) {
    auto const owner = requests.find(id)->subscription;
    auto const status = response.view().status();
    auto const* found = subscriptions.find(owner);
    bool const is_ours = found != nullptr && found->request == id;
    if (is_ours && status < 300) {
        // RFC 4488 4: the other side has agreed not to report.
        auto const reports = response.view().get<header_id::refer_sub>();
        if (reports && detail::equal_ignoring_case(reports->token, "false")) {
            forget(id);
            t.out.events.emplace_back(subscription_ended{
                .id = owner, .status = status, .error = {}, .reason = {}, .cause = response});
            return erase_subscription(owner);
        }
        t.out.events.emplace_back(subscription_changed{
            .id = owner,
            .state = found->state.current(),
            .status = status,
            .error = {},
            .reason = {},
            .next_attempt = std::nullopt,
        });
    }
    on_subscribe_response(t, id, response, auth_error);
}

// ---- as the side that is asked

session_id user_agent_core::impl::session_named_by(message_view request) const noexcept {
    auto const target = request.get<header_id::target_dialog>();
    if (!target) return {};
    // RFC 4538 4: the tags as the sender sees them.
    auto const at = dialogs.find({target->call_id, target->remote_tag, target->local_tag});
    auto const call = dialogs.usage(at, usage_kind::invite);
    return call ? handle_of<session_id>(call->owner) : session_id{};
}

void user_agent_core::impl::on_refer(turn& t, dialog_handle at, request_received const& input) {
    auto const request = input.request.view();
    auto const refuse = [&](reply const& r) { (void)respond(t, input.id, request, r); };
    auto const address = request.get<header_id::refer_to>();
    if (!address) return refuse({.status = 400, .reason = "Missing Refer-To"});  // 2.4.1: exactly one
    auto target = parse_refer_target(*address);
    if (!target) {
        auto const reason = to_string(target.error());
        return refuse({.status = 400, .reason = reason});
    }
    if (notifiers.size() >= config.limits.notifiers)
        return refuse({.status = 503, .extra = header_id::retry_after, .extra_value = "60"});
    std::optional<dialog> made;
    if (!at) {
        made = make_peer_dialog(t, input);
        if (!made) return;
    }
    auto const account = account_for(request);
    auto settings = implicit_settings();
    settings.timing = timing_of(account);
    auto const reports = request.get<header_id::refer_sub>();
    auto const call = dialogs.usage(at, usage_kind::invite);
    peer_subscription fresh{
        .account = account,
        // 2.4.6: several REFERs of one dialog are told apart by their CSeq.
        .event = at ? fmt::format("refer;id={}", request.cseq().number) : std::string("refer"),
        .state = notifier(settings),
        .dialog = at,
        .transaction = input.id,
        .request = input.request,
        .flow = input.flow,
        .wanted = report_seconds,
        .decide_by = t.now.mono + transaction_life(settings.timing) / 2,
        .is_transfer = true,
        // RFC 4488 4, RFC 7614 4.2.
        .wants_no_reports = (reports && detail::equal_ignoring_case(reports->token, "false")) ||
                            request.has_token<header_id::require>("nosub"),
    };
    bool const will_report = !fresh.wants_no_reports;
    begin_notifier(std::move(fresh), std::move(made), [&](notifier_id id) {
        t.out.events.emplace_back(transfer_requested{
            .id = id,
            .account = account,
            .session = call ? handle_of<session_id>(call->owner) : session_named_by(request),
            .request = input.request,
            .target = std::move(*target),
            .reports = will_report,
        });
    });
}

error_code user_agent_core::impl::accept_transfer(turn& t, notifier_id id) {
    auto* found = notifiers.find(id);
    if (found == nullptr) return errc::no_such_session;
    if (std::exchange(found->is_undecided, false)) return {};  // it has been answered, and the first report is out
    if (!found->transaction || !found->is_transfer) return errc::wrong_state;
    bool const is_silent = found->wants_no_reports;
    (void)respond(
        t, found->transaction, found->request.view(),
        {.status = 202,
         .to_tag = dialogs.find(found->dialog)->id().local_tag,
         .extra = is_silent ? header_id::refer_sub : header_id::unknown,
         .extra_value = "false",
         .contact_flow = found->flow,
         .account = found->account}
    );
    found->transaction = {};
    found->request = {};
    found->decide_by.reset();
    if (is_silent) {
        t.out.events.emplace_back(notifier_ended{.id = id, .why = notifier_end::closed, .status = 0});
        erase_notifier(id);
        return {};
    }
    found->state.set_phase(subscription_phase::active);
    found->state.last_for(t.now.mono, found->wanted);
    // 2.4.5: the first report says that the request is on its way.
    (void)found->state.put({"message/sipfrag;version=2.0", make_sipfrag(100)});
    send_due_notify(t, id);
    return {};
}

void user_agent_core::impl::on_transfer_undecided(turn& t, notifier_id id) {
    auto* found = notifiers.find(id);
    if (found->wants_no_reports) {
        // Nobody could tell the peer later what has become of it.
        (void)respond(t, found->transaction, found->request.view(), {.status = 603});
        t.out.events.emplace_back(notifier_ended{.id = id, .why = notifier_end::unanswered, .status = 0});
        return erase_notifier(id);
    }
    (void)accept_transfer(t, id);
    if (auto* answered = notifiers.find(id)) answered->is_undecided = true;
}

error_code user_agent_core::impl::report_transfer(
    turn& t, notifier_id id, std::uint16_t status, std::string_view reason
) {
    auto* found = notifiers.find(id);
    if (found == nullptr) return errc::no_such_session;
    if (found->transaction || !found->is_transfer) return errc::wrong_state;
    if (status < 100 || status > 699) return errc::invalid_argument;
    notification_body body{"message/sipfrag;version=2.0", make_sipfrag(status, reason)};
    if (status < 200) {
        if (auto const full = found->state.put(std::move(body))) return full;
        send_due_notify(t, id);
        return {};
    }
    // 2.4.7: nothing more can be said of it.
    finish_notifier(
        t, id, {.phase = subscription_phase::terminated, .reason = termination_reason::noresource}, body,
        notifier_end::closed
    );
    return {};
}

// ---- the public face

result<subscription_id> user_agent_core::refer(
    now_t now, session_id session, refer_options const& options, outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->refer(t, session, options); });
}
result<subscription_id> user_agent_core::refer_to(
    now_t now, account_id account, std::string_view target, refer_options const& options, outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->refer_to(t, account, target, options); });
}
error_code user_agent_core::accept_transfer(now_t now, notifier_id id, outbox& out) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->accept_transfer(t, id); });
}
error_code user_agent_core::report_transfer(
    now_t now, notifier_id id, std::uint16_t status, std::string_view reason, outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->report_transfer(t, id, status, reason); });
}

}  // namespace sip

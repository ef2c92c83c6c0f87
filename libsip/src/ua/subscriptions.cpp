// Events as subscriber (RFC 6665 4.1, 4.4.1): SUBSCRIBE, the NOTIFYs that make its dialogs, and what comes of them.
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "abilities.hpp"
#include "in_turn.hpp"
#include "sip/dialog/destruction.hpp"

namespace sip {

namespace {

subscriber_settings settings_of(subscribe_options const& options, sip::timing const& timing) {
    subscriber_settings settings;
    settings.expires = options.expires;
    settings.renew = options.renew;
    settings.timing = timing;
    return settings;
}

}  // namespace

result<subscription_id> user_agent_core::impl::subscribe(turn& t, account_id id, subscribe_options const& options) {
    if (accounts.find(id) == nullptr) return make_error_code(errc::no_such_account);
    if (!serves(method::notify)) return make_error_code(errc::wrong_state);
    if (subscriptions.size() >= config.limits.subscriptions) return make_error_code(errc::limit_reached);
    auto const uri = parse_uri(options.target);
    bool const usable = uri && uri->is_sip_or_sips() && !is_whole_request(*uri) &&
                        parse_token_params(options.event).has_value() && are_free_headers(options.headers);
    if (!usable) return make_error_code(errc::invalid_argument);
    subscription made{
        .account = id,
        .options = options,
        .state = subscriber(settings_of(options, timing_of(id)), env),
        .call_id = {},
        .local_tag = {},
        .first = {},
        .request = {},
        .dialog = {},
    };
    auto const wanted = made.state.start(t.now.mono);
    auto const made_id =
        insert(subscriptions, deadline_owner::subscription, std::move(made), std::optional<time_point>());
    try {
        if (!send_subscribe(t, made_id, *wanted.send)) {
            erase_subscription(made_id);
            return make_error_code(errc::invalid_argument);
        }
        schedule_subscription(made_id);
    } catch (...) {
        erase_subscription(made_id);
        throw;
    }
    return made_id;
}

error_code user_agent_core::impl::unsubscribe(turn& t, subscription_id id) {
    auto* found = subscriptions.find(id);
    if (found == nullptr) return errc::no_such_session;
    apply(t, id, found->state.stop(t.now.mono), {});
    return {};
}

error_code user_agent_core::impl::refresh_subscription(turn& t, subscription_id id) {
    auto* found = subscriptions.find(id);
    if (found == nullptr) return errc::no_such_session;
    auto const outcome = found->state.refresh(t.now.mono);
    if (!outcome.send) return errc::wrong_state;
    apply(t, id, outcome, {});
    return {};
}

// ---- what the subscriber decides

void user_agent_core::impl::apply(turn& t, subscription_id id, subscriber::outcome const& outcome, message cause) {
    auto* found = subscriptions.find(id);
    if (found == nullptr) return;
    if (outcome.news) {
        auto const& news = *outcome.news;
        if (found->state.current() == subscriber::state::ended) {
            t.out.events.emplace_back(subscription_ended{
                .id = id, .status = news.status, .error = news.error, .reason = news.reason, .cause = std::move(cause)}
            );
            return erase_subscription(id);
        }
        t.out.events.emplace_back(subscription_changed{
            .id = id,
            .state = found->state.current(),
            .status = news.status,
            .error = news.error,
            .reason = news.reason,
            .next_attempt = found->state.next_attempt(),
        });
    }
    if (found->state.current() == subscriber::state::waiting) leave_dialog(id, *found);
    schedule_subscription(id);
    if (!outcome.send) return;
    try {
        if (!send_subscribe(t, id, *outcome.send))
            apply(t, id, found->state.on_failed(t.now.mono, errc::invalid_argument), {});
    } catch (...) {
        // Memory ran out. A SUBSCRIBE that never left has failed like one that finds no way.
        if (auto* alive = subscriptions.find(id); alive != nullptr && !alive->request)
            apply(t, id, alive->state.on_failed(t.now.mono, errc::transport_failed), {});
        throw;
    }
}

bool user_agent_core::impl::send_subscribe(turn& t, subscription_id id, subscriber::request wanted) {
    auto& of = *subscriptions.find(id);
    auto const& options = of.options;
    std::vector<extra_header> headers;
    headers.reserve(options.headers.size() + 3);
    headers.emplace_back("Event", options.event);
    headers.emplace_back("Expires", fmt::format("{}", wanted.expires));
    if (!options.accept.empty()) headers.emplace_back("Accept", options.accept);
    headers.insert(headers.end(), options.headers.begin(), options.headers.end());

    forget(std::exchange(of.request, {}));  // nobody waits for the answer of one that was overtaken
    outgoing request;
    request.what = purpose::subscribe;
    request.account = of.account;
    request.subscription = id;
    if (options.follows_lists) {
        auto const have = supported_by(of.account);
        request.options = fmt::format("{}{}{}", have, have.empty() ? "" : ", ", list_option);
    }
    if (auto* in = dialogs.find(of.dialog)) {
        auto draft =
            draft_in_dialog(*in, "SUBSCRIBE", in->local_cseq() + 1, headers, options.content_type, options.body);
        if (!draft) return false;
        request.draft = std::move(*draft);
        request.strict_route = in->way().is_strict();
        request.cseq = in->next_local_cseq();
    } else {
        auto const* account = accounts.find(of.account);
        if (account == nullptr) return false;
        if (wanted.fresh) {
            subscription_tags.erase(id.index);
            of.call_id = new_call_id(env).view();
            of.local_tag = new_tag(env).view();
            of.cseq = 0;
            of.forks = 0;
            subscription_tags.insert(hash_of_subscriber(of.call_id, of.local_tag), id.index);
        }
        auto const routes = account->routes_to(options.target);
        routed_target const way(options.target, routes);
        auto out = start_draft(
            buffers, {.method = "SUBSCRIBE",
                      .way = way,
                      .from = fmt::format("{};tag={}", account->identity.from_address(), of.local_tag),
                      .to = fmt::format("<{}>", options.target),
                      .call_id = of.call_id,
                      .cseq = of.cseq + 1}
        );
        add_own_headers(out, method::subscribe);
        for (auto const& [name, value] : headers)
            out.header(name, value);
        if (!options.body.empty()) out.body(options.content_type, options.body);
        auto draft = finish_draft(buffers, out);
        if (!draft) return false;
        of.first = *draft;
        request.draft = std::move(*draft);
        request.strict_route = way.is_strict();
        request.cseq = of.cseq + 1;
    }
    of.cseq = request.cseq;
    of.request = start(t, std::move(request));
    return true;
}

void user_agent_core::impl::schedule_subscription(subscription_id id) {
    if (auto const* found = subscriptions.find(id))
        deadlines.set(deadline_owner::subscription, id, found->state.next_deadline());
}

void user_agent_core::impl::leave_dialog(subscription_id id, subscription& of) {
    if (!of.dialog) return;
    dialogs.remove_usage(std::exchange(of.dialog, {}), subscription_usage(id));
}

void user_agent_core::impl::erase_subscription(subscription_id id) {
    auto* found = subscriptions.find(id);
    if (found == nullptr) return;
    leave_dialog(id, *found);
    subscription_tags.erase(id.index);
    deadlines.set(deadline_owner::subscription, id, std::nullopt);
    forget(found->request);
    subscriptions.erase(id);
}

// ---- responses to SUBSCRIBE

void user_agent_core::impl::on_subscribe_response(
    turn& t, outgoing_id id, message const& response, error_code auth_error
) {
    auto const owner = requests.find(id)->subscription;
    auto const cseq = requests.find(id)->cseq;
    forget(id);
    auto* found = subscriptions.find(owner);
    if (found == nullptr || found->request != id) return;
    found->request = {};
    found->cseq = cseq;
    if (auto* in = dialogs.find(found->dialog)) {
        in->raise_local_cseq(cseq);
        if (response.view().status() < 300) in->refresh_target(response.view());
    }
    auto const at = found->dialog;
    apply(t, owner, found->state.on_response(t.now.mono, response.view(), auth_error), response);
    if (effect_of_failure(response.view().status()) == failure_effect::dialog) lose_dialog(t, at, response);
}

void user_agent_core::impl::on_subscribe_failed(turn& t, outgoing_id id, errc why) {
    auto const owner = requests.find(id)->subscription;
    forget(id);
    auto* found = subscriptions.find(owner);
    if (found == nullptr || found->request != id) return;
    found->request = {};
    apply(t, owner, found->state.on_failed(t.now.mono, why), {});
}

// ---- NOTIFY

bool user_agent_core::impl::is_event_of(subscription const& of, token_params_view const& named) const noexcept {
    auto const own = parse_token_params(of.options.event);
    if (!own) return false;
    if (!of.is_transfer) return is_same_event(*own, named);
    // RFC 3515 2.4.6: the CSeq of the REFER, which the first one of a dialog may leave out. After a challenge it is the
    // number that was sent last.
    if (named.token != own->token) return false;
    auto const id = named.params.value("id");
    if (id.empty()) return true;
    if (auto const known = own->params.value("id"); !known.empty()) return known == id;  // a NOTIFY has named it
    auto const* out = requests.find(of.request);
    auto const number = parse_number(id);
    return number && *number == (out != nullptr ? out->cseq : of.cseq);
}

subscription_id user_agent_core::impl::subscription_in(dialog_handle at, token_params_view const& wanted)
    const noexcept {
    for (auto const& usage : dialogs.usages(at)) {
        if (usage.kind != usage_kind::subscription) continue;
        auto const id = handle_of<subscription_id>(usage.owner);
        auto const* found = subscriptions.find(id);
        if (found != nullptr && is_event_of(*found, wanted)) return id;
    }
    return {};
}

void user_agent_core::impl::on_notify(turn& t, dialog_handle at, request_received const& input) {
    auto const request = input.request.view();
    auto const named = request.get<header_id::event>();
    auto const id = named ? subscription_in(at, *named) : subscription_id{};
    if (!id) return (void)respond(t, input.id, request, {.status = 481});
    take_notify(t, id, input);
}

void user_agent_core::impl::on_first_notify(turn& t, request_received const& input) {
    auto const request = input.request.view();
    auto const refuse = [&](reply const& r) { (void)respond(t, input.id, request, r); };
    auto const named = request.get<header_id::event>();
    auto const at =
        subscription_tags.find(hash_of_subscriber(request.call_id(), request.to_tag()), [&](std::uint32_t index) {
            auto const* found = subscriptions.find(subscriptions.handle_at(index));
            return found->call_id == request.call_id() && found->local_tag == request.to_tag();
        });
    auto const id = at ? subscriptions.handle_at(*at) : subscription_id{};
    auto* found = subscriptions.find(id);
    if (found == nullptr || !named) return refuse({.status = 481});
    if (!is_event_of(*found, *named)) return refuse({.status = 481});
    auto const status = request.get<header_id::subscription_state>();
    if (!status) return refuse({.status = 400, .reason = "Missing Subscription-State"});

    auto const now_at = found->state.current();
    bool const is_first = now_at == subscriber::state::subscribing && !found->dialog;
    bool const may_fork = found->options.forks == fork_rule::each && t.now.mono < found->state.forks_until() &&
                          found->state.is_established() && now_at != subscriber::state::leaving &&
                          found->forks < config.limits.forks && subscriptions.size() < config.limits.subscriptions;
    // 4.1.2.4, 5.4.9: a notifier that we do not want hears that there is no such subscription.
    if (!is_first && !may_fork) return refuse({.status = 481});
    auto made = dialog::from_notify(found->first.view(), request, config.limits.route_set);
    if (!made) return refuse({.status = 400, .reason = to_string(made.error())});
    // The SUBSCRIBE may have been challenged, and have another number by now.
    auto const* out = requests.find(found->request);
    made->raise_local_cseq(out != nullptr ? out->cseq : found->cseq);

    if (is_first) {
        found->dialog = dialogs.add(std::move(*made), subscription_usage(id));
        return take_notify(t, id, input);
    }
    ++found->forks;
    auto const origin = *found;
    subscription fork{
        .account = origin.account,
        .options = origin.options,
        .state = subscriber::of_fork(t.now.mono, settings_of(origin.options, timing_of(origin.account)), env),
        .call_id = {},
        .local_tag = {},
        .cseq = origin.cseq,
        .first = {},
        .request = {},
        .dialog = {},
    };
    auto const fork_id =
        insert(subscriptions, deadline_owner::subscription, std::move(fork), std::optional<time_point>());
    try {
        subscriptions.find(fork_id)->dialog = dialogs.add(std::move(*made), subscription_usage(fork_id));
        t.out.events.emplace_back(subscription_forked{.id = fork_id, .origin = id});
    } catch (...) {
        erase_subscription(fork_id);
        throw;
    }
    take_notify(t, fork_id, input);
}

void user_agent_core::impl::take_notify(turn& t, subscription_id id, request_received const& input) {
    auto const request = input.request.view();
    auto const value = request.get<header_id::subscription_state>();
    if (!value) return (void)respond(t, input.id, request, {.status = 400, .reason = "Missing Subscription-State"});
    auto& of = *subscriptions.find(id);
    if (of.is_transfer) of.options.event = request.raw(header_id::event);  // with the id that a refresh must name
    auto const status = subscription_status_from(*value);
    if (auto* in = dialogs.find(of.dialog)) in->refresh_target(request);
    (void)respond(t, input.id, request, {.status = 200});
    t.out.events.emplace_back(notification{.id = id, .request = input.request, .status = status});
    apply(t, id, of.state.on_notify(t.now.mono, status), input.request);
}

// ---- dialogs with several usages

void user_agent_core::impl::lose_dialog(turn& t, dialog_handle at, message const& response) {
    // RFC 5057 5.1: one usage has learnt that the dialog is gone for all of them.
    auto const usages = dialogs.usages(at);
    std::vector<usage_ref> const others(usages.begin(), usages.end());
    auto const status = response.view().status();
    for (auto const& usage : others)
        switch (usage.kind) {
            case usage_kind::invite:
                if (auto const id = handle_of<session_id>(usage.owner); visible_call(id) != nullptr)
                    lose_call(t, id, end_reason::dialog_lost, status, {}, response);
                break;
            case usage_kind::subscription:
                if (auto* of = subscriptions.find(handle_of<subscription_id>(usage.owner)))
                    apply(
                        t, handle_of<subscription_id>(usage.owner), of->state.on_response(t.now.mono, response.view()),
                        response
                    );
                break;
            case usage_kind::notifier:
                t.out.events.emplace_back(notifier_ended{
                    .id = handle_of<notifier_id>(usage.owner), .why = notifier_end::failed, .status = status});
                erase_notifier(handle_of<notifier_id>(usage.owner));
                break;
        }
}

void user_agent_core::impl::on_subscription_due(turn& t, subscription_id id) {
    if (auto* found = subscriptions.find(id)) apply(t, id, found->state.on_timeout(t.now.mono), {});
}

// ---- the public face

result<subscription_id> user_agent_core::subscribe(
    now_t now, account_id id, subscribe_options const& options, outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->subscribe(t, id, options); });
}
error_code user_agent_core::refresh_subscription(now_t now, subscription_id id, outbox& out) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->refresh_subscription(t, id); });
}
error_code user_agent_core::unsubscribe(now_t now, subscription_id id, outbox& out) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->unsubscribe(t, id); });
}

}  // namespace sip

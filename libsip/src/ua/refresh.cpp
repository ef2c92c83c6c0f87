// Session timers of calls (RFC 4028): refreshes by UPDATE or re-INVITE, 422, and the end of a session that nobody
// refreshes. The arithmetic is usage/session_timer's.
#include <utility>

#include "abilities.hpp"
#include "core_impl.hpp"

namespace sip {

namespace {

/// While another exchange is open a refresh waits; that exchange may well be one itself.
constexpr auto busy_wait = std::chrono::seconds(2);

}  // namespace

session_timer user_agent_core::impl::timer_of(account_id id) const {
    auto const* account = accounts.find(id);
    return session_timer(account != nullptr ? account->identity.config.session_timer : session_timer_settings());
}

void user_agent_core::impl::write_session_timer(message_builder& out, outgoing const& request) {
    auto* call = calls.find(request.session);
    bool const is_refresh = request.what == purpose::invite || request.what == purpose::reinvite ||
                            request.what == purpose::update || request.what == purpose::refresh;
    // Before the call is up there is no session to be kept alive; its INVITE asks for the timer.
    // A peer that refused the option has refused the timer (420).
    if (request.options && !has_token(*request.options, "timer")) return;
    if (!is_refresh || call == nullptr || (request.what == purpose::update && call->stage != call_stage::up)) return;
    auto const headers = call->timer.for_request();
    if (!headers.session_expires.empty()) out.header(header_id::session_expires, headers.session_expires);
    if (!headers.min_se.empty()) out.header(header_id::min_se, headers.min_se);
}

bool user_agent_core::impl::ask_for_longer(turn& t, outgoing_id id, message_view response) {
    auto& request = *requests.find(id);
    auto* call = calls.find(request.session);
    if (call == nullptr || request.client.is_cancelled() || !call->timer.on_too_small(response)) return false;
    send_again(t, id, response);
    return true;
}

bool user_agent_core::impl::refuse_interval(turn& t, session_timer const& timer, request_received const& input) {
    auto const least = timer.too_small(input.request.view());
    if (!least) return false;
    auto const value = std::to_string(least->count());
    (void)respond(t, input.id, input.request.view(), {.status = 422, .extra = header_id::min_se, .extra_value = value});
    return true;
}

void user_agent_core::impl::refresh_session(turn& t, session_id id, call& of) {
    auto& leg = of.main;
    if (leg.own || requests.find(of.refresh) != nullptr || !may_offer(of, leg) || !of.answers.empty())
        return of.timer.refresh_later(t.now.mono, busy_wait);
    auto& in = *dialogs.find(leg.dialog);
    // 7.4: an UPDATE without offer; a re-INVITE with the description that is in force, unchanged. A timer that began
    // with the peer's UPDATE may find none kept, but then the peer knows UPDATE.
    bool const by_update = leg.described.empty() || (leg.peer_takes_update && of.timer.updates_allowed());
    auto draft = draft_in_dialog(
        in, by_update ? "UPDATE" : "INVITE", in.local_cseq() + 1, {}, config.accept,
        by_update ? std::string_view{} : std::string_view(leg.described)
    );
    if (!draft) return of.timer.refresh_failed(t.now.mono);
    if (!by_update) {
        leg.own.emplace();
        leg.own->draft = std::move(*draft);
        leg.own->is_refresh = true;
        return send_own_offer(t, id, of, leg);
    }
    outgoing request;
    request.what = purpose::refresh;
    request.account = of.account;
    request.session = id;
    request.inside = leg.dialog;
    request.draft = std::move(*draft);
    request.strict_route = in.way().is_strict();
    request.cseq = in.next_local_cseq();
    of.refresh = start(t, std::move(request));
}

void user_agent_core::impl::on_refresh_done(turn& t, outgoing_id id, message const& response, errc why) {
    auto const session = requests.find(id)->session;
    forget(id);
    auto* call = calls.find(session);
    if (call == nullptr || call->refresh != id) return;
    call->refresh = {};
    auto const status = response ? response.view().status() : std::uint16_t{0};
    if (response && status < 300) {
        dialogs.find(call->main.dialog)->refresh_target(response.view());
        note_abilities(call->main, response.view());
        call->timer.on_success_received(t.now.mono, response.view());
    } else if (status == 405 || status == 501) {
        call->main.peer_takes_update = false;  // whatever its Allow said: a re-INVITE, then
        call->timer.refresh_later(t.now.mono, {});
    } else if (auto const effect = effect_on_call(method::update, response ? status : 408);
               effect != failure_effect::transaction) {
        // 10: the session is over, once.
        auto const error = response ? error_code() : make_error_code(why);
        return lose_usages(t, session, call->main.dialog, effect, response, error);
    } else {
        call->timer.refresh_failed(t.now.mono);
    }
    schedule_call(session, *call);
    t.out.events.emplace_back(session_refreshed{.id = session, .status = status, .response = response});
}

}  // namespace sip

// What goes back to the caller: the best of several responses, with all challenges (RFC 3261 16.7 steps 4 to 9).
#include "sip/proxy/best_response.hpp"
#include "sip/proxy/forks.hpp"
#include "sip/syntax/build.hpp"
#include "sip/transport/via_rules.hpp"

namespace sip::proxy {

/// 16.7 step 4: its Contacts are tried as well, each once. A call that was to be secure stays so.
void forks::add_redirects(branch_id id, message_view response) {
    auto const of = branches_.find(id)->context;
    bool const is_sips = contexts_.find(of)->request.view().request_uri_parts().scheme == uri_scheme::sips;
    std::string diversions;
    for (auto const& entry : response.headers())
        if (entry.id == header_id::diversion)
            diversions.append("Diversion: ").append(response.value(entry)).append("\r\n");
    for (auto const& contact : response.all<header_id::contact>()) {
        if (!contact || !contact->uri.is_sip_or_sips() || (is_sips && contact->uri.scheme != uri_scheme::sips))
            continue;
        target next{std::string(contact->uri.text), contact->q_milli()};
        next.is_redirected = true;
        next.diversions = diversions;
        for (auto const* name : {"rc", "mp"})
            if (auto const index = contact->params.value(name); !index.empty())
                next.history = std::string(";").append(name).append("=").append(index);
        if (add_target(of, std::move(next))) branches_.find(id)->is_redirected = true;
    }
}

/// The message with header lines more, behind its start line.
buffer_ref forks::with_lines(buffer_ref const& wire, std::string_view lines) const {
    std::string text(wire.text());
    return around_.pool.copy(text.insert(text.find('\n') + 1, lines));
}

void forks::answer(time_point now, context& made, std::uint16_t status, transaction_outbox out) {
    made.has_answered = true;
    auto const tag = std::to_string(around_.environment.random());
    if (auto wire = start_response(around_.pool, made.request.view(), status, tag).finish())
        respond(now, made, with_history(made, *wire, {}), out);
}

void forks::answer_best(time_point now, context& made, transaction_outbox out) {
    std::vector<std::uint16_t> statuses;
    std::vector<branch const*> finished;
    for (auto b : made.branches) {
        auto& each = *branches_.find(b);
        // A phone that we stopped ourselves, as it rang too long, has not answered: the caller did not ask for a 487.
        if (each.cancel_sent && each.status == 487 && !made.was_cancelled) each.status = 408, each.response = {};
        if (each.status == 0 || each.is_redirected) continue;
        statuses.push_back(each.status);
        finished.push_back(&each);
    }
    made.has_answered = true;
    made.is_closed = true;
    if (statuses.empty()) return answer(now, made, 408, out);
    auto const& best = *finished[best_response(statuses, made.was_cancelled ? ending::cancelled : ending::open)];
    // 16.7 step 6: a 503 would say that nothing can be reached through us.
    if (best.status == 503) return answer(now, made, 500, out);
    // RFC 5626 11.5: between proxies only. A caller can do nothing about flows; an authoritative proxy can.
    if (best.status == 430 && !made.route.is_outbound) return answer(now, made, 480, out);
    if (!best.response) return answer(now, made, best.status, out);
    if (best.status != 401 && best.status != 407) return forward(now, made, best.response, out);
    if (auto wire = with_all_challenges(made, best.response.view()))
        respond(now, made, with_history(made, *wire, best.response.view()), out);
}

/// Step 7: what any branch wants to be told is asked for at once.
result<buffer_ref> forks::with_all_challenges(context const& made, message_view chosen) const {
    auto const wire = replace_top_via(around_.pool, chosen, {});
    if (!wire) return wire;
    std::string more;
    for (auto b : made.branches) {
        auto const& other = *branches_.find(b);
        if (!other.response || (other.status != 401 && other.status != 407)) continue;
        auto const view = other.response.view();
        if (view.text().data() == chosen.text().data()) continue;
        for (auto const& entry : view.headers())
            if (entry.id == header_id::www_authenticate || entry.id == header_id::proxy_authenticate)
                more.append(view.name(entry)).append(": ").append(view.value(entry)).append("\r\n");
    }
    return with_lines(*wire, more);
}

/// Takes our Via off and passes the rest on as it is (steps 3 and 9).
void forks::forward(time_point now, context& made, message const& response, transaction_outbox out) {
    auto const view = response.view();
    auto wire = replace_top_via(around_.pool, view, {});
    if (!wire) return;
    // RFC 5626 5.4: the last proxy before the phone tells how often the phone has to show that its flow lives.
    if (around_.config.flow_timer && made.request.view().method() == method::register_ &&
        view.has_token<header_id::require>("outbound") && view.raw("Flow-Timer").empty()) {
        wire = with_lines(*wire, "Flow-Timer: " + std::to_string(around_.config.flow_timer->count()) + "\r\n");
    }
    respond(now, made, with_history(made, *wire, view), out);
}

/// RFC 7044 9.4: what we know takes the place of what the response tells, or none is told to who did not ask.
buffer_ref forks::with_history(context const& made, buffer_ref const& wire, message_view response) const {
    if (!made.history.is_kept()) return wire;
    std::string text(wire.text());
    for (auto const& entry : response.headers()) {
        if (entry.id != header_id::history_info) continue;
        auto const name = response.name(entry), value = response.value(entry);
        std::string_view const line(name.data(), static_cast<std::size_t>(value.data() + value.size() - name.data()));
        auto const at = text.find(line);
        if (at != std::string::npos) text.erase(at, text.find('\n', at + line.size()) + 1 - at);
    }
    if (made.history.is_told()) text.insert(text.find('\n') + 1, made.history.lines());
    return around_.pool.copy(text);
}

void forks::respond(time_point now, context& made, buffer_ref wire, transaction_outbox out) {
    auto error = around_.layer.respond(now, made.server, std::move(wire), out);
    if (error != errc::transport_failed) return;
    // 18.2.2: the caller's connection is gone; we open one to the port that its Via names.
    auto const& via = made.request.view().top_via();
    auto to = response_destination(via, made.from);
    if (!to) return;
    if (auto found = around_.ways.towards({*to, std::string(via.host)}, out.actions))
        (void)around_.layer.reroute(made.server, found->flow, *to, out);
}

}  // namespace sip::proxy

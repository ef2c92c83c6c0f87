// 3xx responses to our INVITE (RFC 3261 8.1.3.4): on to the next target, with the same Call-ID, From and To.
#include "core_impl.hpp"

namespace sip {

bool user_agent_core::impl::follow_redirect(turn& t, outgoing_id id, message const& response) {
    auto& request = *requests.find(id);
    auto* call = calls.find(request.session);
    auto const* account = accounts.find(request.account);
    if (call == nullptr || account == nullptr || request.client.is_cancelled() || request.strict_route) return false;
    auto const most = account->identity.config.most_redirects;
    if (most == 0) return false;
    // 6xx: the person was reached and has declined; no other place is asked (21.6).
    if (response && response.view().status() >= 600) return false;
    if (response) call->redirects.add(response.view(), request.draft.view().request_uri());
    auto const target = call->redirects.next(most);
    if (!target) return false;
    auto draft = with_target(buffers, request.draft.view(), *target);
    if (!draft) return false;

    drop_forks(t, request.session, *call);
    t.out.events.emplace_back(call_redirected{.id = request.session, .target = *target, .response = response});
    retarget(t, id, std::move(*draft));
    return true;
}

void user_agent_core::impl::retarget(turn& t, outgoing_id id, message draft) {
    auto& request = *requests.find(id);
    request.draft = std::move(draft);
    ++request.cseq;
    request.attempts = {};
    request.client.restart();
    request.locations.clear();
    request.next_location = 0;
    request.stage = outgoing::stage::locating;
    set_deadline(id, t.now.mono + transaction_life(timing_of(request.account)));
    locate(t, id);
}

}  // namespace sip

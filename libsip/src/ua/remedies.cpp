// What a refusal asks of a request before it counts as failed (RFC 3261 8.1.3.5): the table is usage/remedies.hpp.
// Every remedy has its bound, and each must change something, so that no peer can keep a request going round.
#include "sip/usage/remedies.hpp"

#include "abilities.hpp"
#include "core_impl.hpp"

namespace sip {

bool user_agent_core::impl::apply_remedy(turn& t, outgoing_id id, message const& response, error_code& why_not) {
    auto const view = response.view();
    switch (remedy_for(view.status())) {
        case remedy::credentials:
            why_not = answer_challenge(t, id, view);
            return !why_not;
        case remedy::longer_interval:
            return ask_for_longer(t, id, view);
        case remedy::other_server:
            return pass_over_server(t, id, view);
        case remedy::accepted_types:
        case remedy::sip_uri:
        case remedy::fewer_options:
        case remedy::more_options:
            return change_and_send(t, id, view);
        case remedy::none:
        case remedy::other_target:   // follow_redirect(), which also goes on to the next target after other failures
        case remedy::longer_expiry:  // registration and subscriber
        case remedy::later:          // wait_before_retry() and notifier
            return false;
    }
    return false;
}

bool user_agent_core::impl::pass_over_server(turn& t, outgoing_id id, message_view response) {
    auto& request = *requests.find(id);
    auto const wait = retry_after_of(response);
    names.on_unreachable(
        t.now.mono, request.to, wait ? std::optional<duration>(std::chrono::seconds(*wait)) : std::nullopt
    );
    if (request.next_location >= request.locations.size() || request.client.is_cancelled()) return false;
    request.client.restart();
    try_next_location(t, id);
    return true;
}

bool user_agent_core::impl::change_and_send(turn& t, outgoing_id id, message_view response) {
    auto& request = *requests.find(id);
    auto const draft = request.draft.view();
    auto const have = supported_by(request.account);
    if (request.client.is_cancelled() || request.changes >= most_changes) return false;
    auto const what = remedy_for(response.status());
    if (what == remedy::sip_uri) {
        auto const uri = parse_uri(draft.request_uri());
        auto const* account = accounts.find(request.account);
        if (!uri || uri->scheme != uri_scheme::tel || account == nullptr) return false;
        auto changed = with_target(buffers, draft, number_at(uri->user, account->identity.host));
        if (!changed) return false;
        ++request.changes;
        retarget(t, id, std::move(*changed));
        return true;
    }
    bool has_changed = false;
    if (what == remedy::accepted_types) {
        auto const part = accepted_part(draft, response);
        auto changed = part ? with_body(buffers, draft, part->content_type, part->body)
                            : result<message>(make_error_code(errc::invalid_argument));
        has_changed = changed.has_value();
        if (changed) request.draft = std::move(*changed);
    } else if (what == remedy::fewer_options) {
        for (auto const& option : response.all<header_id::unsupported>())
            if (option && is_essential(option->token) && draft.has_token<header_id::require>(option->token))
                return false;
        auto options = without_unsupported(request.options ? std::string_view(*request.options) : have, response);
        auto fewer = without_required(buffers, draft, response);
        has_changed = options || fewer;
        if (options) request.options = std::move(*options);
        if (fewer) request.draft = std::move(*fewer);
    } else {
        auto const told = tells_abilities(draft.method()) ? have : std::string_view{};
        auto const now = request.options ? std::string_view(*request.options) : told;
        auto options = with_required(now, have, response);
        has_changed = options.has_value();
        if (options) request.options = std::move(*options);
    }
    if (!has_changed) return false;
    ++request.changes;
    send_again(t, id, response);
    return true;
}

}  // namespace sip

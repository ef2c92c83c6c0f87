// Publishing event state (RFC 3903 4): the PUBLISH requests that usage/publication asks for.
#include <utility>

#include <fmt/format.h>

#include "in_turn.hpp"

namespace sip {

result<publication_id> user_agent_core::impl::publish(turn& t, account_id id, publish_options const& options) {
    auto const* account = accounts.find(id);
    if (account == nullptr) return make_error_code(errc::no_such_account);
    if (publications.size() >= config.limits.publications) return make_error_code(errc::limit_reached);
    auto const uri = parse_uri(options.target);
    bool const usable = uri && uri->is_sip_or_sips() && !is_whole_request(*uri) &&
                        parse_token_params(options.event).has_value() && are_free_headers(options.headers) &&
                        options.expires != 0 && !options.body.text.empty();
    if (!usable) return make_error_code(errc::invalid_argument);
    publication_settings settings;
    settings.expires = options.expires;
    own_publication made{
        .account = id,
        .options = options,
        .state = publication(settings, env),
        .call_id = std::string(new_call_id(env).view()),
        .local_tag = std::string(new_tag(env).view()),
        .request = {},
    };
    auto const wanted = made.state.start(options.body);
    auto const made_id = insert(publications, deadline_owner::publication, std::move(made), std::nullopt);
    try {
        if (!send_publish(t, made_id, *wanted.send)) {
            erase_publication(made_id);
            return make_error_code(errc::invalid_argument);
        }
    } catch (...) {
        erase_publication(made_id);
        throw;
    }
    return made_id;
}

error_code user_agent_core::impl::modify_publication(turn& t, publication_id id, notification_body body) {
    auto* found = publications.find(id);
    if (found == nullptr) return errc::no_such_session;
    if (body.text.empty() || has_line_break(body.content_type)) return errc::invalid_argument;
    apply(t, id, found->state.modify(std::move(body)), {});
    return {};
}

error_code user_agent_core::impl::unpublish(turn& t, publication_id id) {
    auto* found = publications.find(id);
    if (found == nullptr) return errc::no_such_session;
    apply(t, id, found->state.stop(), {});
    return {};
}

void user_agent_core::impl::apply(turn& t, publication_id id, publication::outcome const& outcome, message cause) {
    auto* found = publications.find(id);
    if (found == nullptr) return;
    if (outcome.news) {
        t.out.events.emplace_back(publication_changed{
            .id = id,
            .state = found->state.current(),
            .status = outcome.news->status,
            .error = outcome.news->error,
            .next_attempt = found->state.next_attempt(),
            .cause = std::move(cause),
        });
        if (found->state.current() == publication::state::ended) return erase_publication(id);
    }
    deadlines.set(deadline_owner::publication, id, found->state.next_deadline());
    if (!outcome.send) return;
    try {
        if (!send_publish(t, id, *outcome.send))
            apply(t, id, found->state.on_failed(t.now.mono, errc::invalid_argument), {});
    } catch (...) {
        // Memory ran out. A PUBLISH that never left has failed like one that finds no way.
        if (auto* alive = publications.find(id); alive != nullptr && !alive->request)
            apply(t, id, alive->state.on_failed(t.now.mono, errc::transport_failed), {});
        throw;
    }
}

bool user_agent_core::impl::send_publish(turn& t, publication_id id, publication::request const& wanted) {
    auto& of = *publications.find(id);
    auto const* account = accounts.find(of.account);
    if (account == nullptr) return false;
    of.request = {};
    auto const routes = account->routes_to(of.options.target);
    routed_target const way(of.options.target, routes);
    auto out = start_draft(
        buffers, {.method = "PUBLISH",
                  .way = way,
                  .from = fmt::format("{};tag={}", account->identity.from_address(), of.local_tag),
                  .to = fmt::format("<{}>", of.options.target),
                  .call_id = of.call_id,
                  .cseq = ++of.cseq}
    );
    add_own_headers(out, method::publish);
    out.header(header_id::event, of.options.event);
    out.header(header_id::expires, wanted.expires);
    if (!wanted.if_match.empty()) out.header("SIP-If-Match", wanted.if_match);
    for (auto const& [name, value] : of.options.headers)
        out.header(name, value);
    if (wanted.has_body) out.body(of.state.body().content_type, of.state.body().text);
    auto draft = finish_draft(buffers, out);
    if (!draft) return false;
    outgoing request;
    request.what = purpose::publish;
    request.account = of.account;
    request.publication = id;
    request.draft = std::move(*draft);
    request.strict_route = way.is_strict();
    request.cseq = of.cseq;
    of.request = start(t, std::move(request));
    return true;
}

void user_agent_core::impl::on_publish_done(
    turn& t, outgoing_id id, message const& response, error_code auth_error, errc why
) {
    auto const owner = requests.find(id)->publication;
    auto const cseq = requests.find(id)->cseq;
    forget(id);
    auto* found = publications.find(owner);
    if (found == nullptr || found->request != id) return;
    found->request = {};
    found->cseq = cseq;
    if (response)
        apply(t, owner, found->state.on_response(t.now.mono, response.view(), auth_error), response);
    else
        apply(t, owner, found->state.on_failed(t.now.mono, why), {});
}

void user_agent_core::impl::on_publication_due(turn& t, publication_id id) {
    if (auto* found = publications.find(id)) apply(t, id, found->state.on_timeout(t.now.mono), {});
}

void user_agent_core::impl::erase_publication(publication_id id) {
    auto* found = publications.find(id);
    if (found == nullptr) return;
    deadlines.set(deadline_owner::publication, id, std::nullopt);
    forget(found->request);
    publications.erase(id);
}

// ---- the public face

result<publication_id> user_agent_core::publish(now_t now, account_id id, publish_options const& options, outbox& out) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->publish(t, id, options); });
}
error_code user_agent_core::modify_publication(
    now_t now, publication_id id, std::string_view content_type, std::string_view body, outbox& out
) {
    return in_turn(*impl_, now, out, [&](turn& t) {
        return impl_->modify_publication(t, id, {.content_type = std::string(content_type), .text = std::string(body)});
    });
}
error_code user_agent_core::unpublish(now_t now, publication_id id, outbox& out) {
    return in_turn(*impl_, now, out, [&](turn& t) { return impl_->unpublish(t, id); });
}

}  // namespace sip

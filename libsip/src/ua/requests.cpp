// Single requests outside a dialog: the user's own, and those of peers that the user has to answer.
#include <fmt/format.h>

#include "core_impl.hpp"

namespace sip {

request_id user_agent_core::impl::new_request_id() noexcept {
    // The ids of our own requests only name their end; a generation that no slot reaches keeps them apart from `held`.
    return {++last_request, ~std::uint32_t{0}};
}

/// RFC 3428 8: one at a time to one place, so that a network that is slow is given less to carry, and nothing that a
/// proxy could not pass on over UDP.
error_code user_agent_core::impl::refuse_message(message_view draft) {
    constexpr std::size_t written_later = 200;  // Via, Max-Forwards, Supported
    if (config.datagram_limit != 0 && draft.text().size() + written_later > config.datagram_limit)
        return errc::too_large;
    bool is_pending = false;
    requests.for_each([&](outgoing_id, outgoing const& other) {
        is_pending = is_pending || (other.what == purpose::single && other.draft.view().method() == method::message &&
                                    other.draft.view().request_uri() == draft.request_uri());
    });
    return is_pending ? make_error_code(errc::wrong_state) : error_code{};
}

result<request_id> user_agent_core::impl::send_request(
    turn& t, account_id id, method name, std::string_view target, std::span<extra_header const> headers,
    std::string_view content_type, std::string_view body
) {
    auto const* account = accounts.find(id);
    if (account == nullptr) return make_error_code(errc::no_such_account);
    if (requests.size() >= config.limits.transactions) return make_error_code(errc::limit_reached);
    bool const allowed = name != method::unknown && name != method::invite && name != method::ack &&
                         name != method::bye && name != method::cancel;
    auto const uri = parse_uri(target);
    if (!allowed || !uri || is_whole_request(*uri) || !are_free_headers(headers))
        return make_error_code(errc::invalid_argument);

    new_tag const tag(env);
    new_call_id const call_id(env);
    auto const routes = account->routes_to(target);
    routed_target const way(target, routes);
    auto const& shows = account->identity.config.shows;
    auto const from = shows.anonymous_from ? anonymous_address : std::string_view(account->identity.from_address());
    auto out = start_draft(
        buffers, {.method = to_string(name),
                  .way = way,
                  .from = fmt::format("{};tag={}", from, tag.view()),
                  .to = fmt::format("<{}>", target),
                  .call_id = call_id.view(),
                  .cseq = 1}
    );
    add_own_headers(out, name);
    write_own_identity(out, *account, shows);
    for (auto const& [header, value] : headers)
        out.header(header, value);
    if (!body.empty()) out.body(content_type, body);
    auto draft = finish_draft(buffers, out);
    if (!draft) return draft.error();
    if (name == method::message)
        if (auto const error = refuse_message(draft->view())) return error;
    outgoing request;
    request.what = purpose::single;
    request.account = id;
    request.request = new_request_id();
    request.draft = std::move(*draft);
    request.strict_route = way.is_strict();
    request.cseq = 1;
    auto const made = request.request;
    (void)start(t, std::move(request));
    return made;
}

void user_agent_core::impl::on_request_done(turn& t, outgoing_id id, message const& response, error_code error) {
    auto& request = *requests.find(id);
    auto const session = request.session;
    auto const name = request.draft.view().method();
    auto const status = response ? response.view().status() : std::uint16_t{0};
    t.out.events.emplace_back(request_completed{
        .id = request.request,
        .status = status,
        .error = error,
        .response = response,
        .detail = response ? std::string{} : std::move(request.failure)});
    forget(id);
    // RFC 5057 5.2: no answer at all counts as 408.
    if (auto const* call = visible_call(session))
        lose_usages(t, session, call->main.dialog, effect_on_call(name, response ? status : 408), response, error);
}

void user_agent_core::impl::hold_request(turn& t, request_received const& input) {
    auto const request = input.request.view();
    if (held.size() >= config.limits.pending_requests) {
        (void)respond(t, input.id, request, {.status = 503, .extra = header_id::retry_after, .extra_value = "10"});
        return;
    }
    held_request waiting{
        .transaction = input.id, .request = input.request, .flow = input.flow, .account = account_for(request)};
    auto const id =
        insert(held, deadline_owner::request, std::move(waiting), t.now.mono + transaction_life(config.timing));
    t.out.events.emplace_back(incoming_request{.id = id, .account = held.find(id)->account, .request = input.request});
}

error_code user_agent_core::impl::respond_held(
    turn& t, request_id id, std::uint16_t status, std::span<extra_header const> headers, std::string_view content_type,
    std::string_view body
) {
    auto* waiting = held.find(id);
    if (waiting == nullptr) return errc::no_such_session;
    if (status < 100 || status > 699 || !are_free_headers(headers)) return errc::invalid_argument;
    auto const failed = respond(
        t, waiting->transaction, waiting->request.view(),
        {.status = status, .content_type = content_type, .body = body, .headers = headers}
    );
    if (failed == errc::invalid_argument || status < 200) return failed;
    deadlines.set(deadline_owner::request, id, std::nullopt);
    held.erase(id);
    return {};
}

}  // namespace sip

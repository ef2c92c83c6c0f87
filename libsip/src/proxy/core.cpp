#include "sip/proxy/core.hpp"

#include <exception>

#include <fmt/format.h>

#include "proxy/header_values.hpp"
#include "sip/syntax/build.hpp"
#include "sip/syntax/parse.hpp"
#include "sip/transport/via_rules.hpp"

namespace sip::proxy {
namespace {

constexpr std::string_view served_methods =
    "INVITE, ACK, CANCEL, BYE, REGISTER, OPTIONS, PRACK, UPDATE, INFO, SUBSCRIBE, NOTIFY, REFER, MESSAGE, PUBLISH";

transaction_limits limits_of(settings const& settings) {
    transaction_limits limits;
    limits.transactions = settings.transactions;
    limits.server_timing = settings.timing;
    return limits;
}

locator_settings locator_settings_of(settings const& settings) {
    locator_settings of_locator;
    of_locator.datagram_limit = settings.datagram_limit;
    of_locator.transports = settings.transports;
    // 16.11: what is drawn by lot is not the same each time.
    if (settings.how == forwarding::stateless) of_locator.weights = weight_rule::heaviest_first;
    return of_locator;
}

/// The option tags in a header of the request that `is_known` does not know.
template <header_id Id, class Known>
std::string unknown_tags(message_view request, Known is_known) {
    std::string list;
    for (auto const& element : request.all<Id>())
        if (element && !is_known(element->token)) list += (list.empty() ? "" : ", ") + std::string(element->token);
    return list;
}

/// 128 bits from the environment.
std::string drawn_secret(environment const& environment) {
    return fmt::format("{:016x}{:016x}", environment.random(), environment.random());
}

}  // namespace

core::core(settings config, environment& environment, location_store& store)
    : settings_(std::move(config)),
      environment_(&environment),
      store_(&store),
      loop_key_{environment.random(), environment.random()},
      seals_(settings_.secret.empty() ? drawn_secret(environment) : settings_.secret, environment.hash),
      names_(settings_.domains, settings_.advertised),
      ways_(names_, seals_),
      locator_(environment.random, locator_settings_of(settings_)),
      layer_(environment, pool_, limits_of(settings_)),
      guard_(settings_, settings_.domains.front(), environment),
      registrar_(settings_, store, seals_, environment),
      forks_({settings_, environment, pool_, layer_, ways_, names_, locator_}),
      stateless_({settings_, pool_, ways_, names_, locator_, {environment.random(), environment.random()}}) {}

// ---- inputs

flow_id core::add_flow(now_t, flow_description const& description, outbox&) {
    return ways_.add(description);
}

void core::on_flow(now_t now, flow_event const& event, outbox& out) {
    ways_.on_event(event);
    if (!ways_.knows(event.flow)) layer_.on_flow_failed(now.mono, event.flow, to(out));
    settle(now, out);
}

void core::on_bytes(now_t now, flow_id flow, endpoint const& from, buffer_ref bytes, outbox& out) {
    auto parsed = parse_message(std::move(bytes), pool_);
    if (parsed) {
        auto const view = parsed->view();
        if (view.is_request()) ways_.on_request(flow, view);
        if (settings_.how == forwarding::stateless) {
            // Who registers is answered by us, once for all copies of the request.
            bool const is_ours =
                view.is_request() && view.method() == method::register_ && names_.is_ours(view.request_uri_parts());
            if (!is_ours) return pass_on(now, std::move(*parsed), flow, from, out);
        }
        layer_.on_message(now.mono, std::move(*parsed), flow, from, to(out));
        return settle(now, out);
    }
    auto const& failure = parsed.error();
    environment_->log.log(log_level::warning, "from {}: {}", to_string(from), to_string(failure.why));
    auto request = failure.partial.view();
    if (!failure.is_request || !failure.partial || failure.why.suggested_status == 0 || request.method() == method::ack)
        return;
    // Without a transaction: the same To tag for every copy (8.2.7).
    auto response =
        start_response(pool_, request, failure.why.suggested_status, "unparsed", to_string(failure.why)).finish();
    auto destination = is_reliable(from.kind) ? from : response_destination(request.top_via(), from).value_or(from);
    if (response) out.actions.push_back(send_message{flow, destination, *response, {}});
}

void core::on_resolved(now_t now, std::uint32_t request, dns_answer const& answer, error_code error, outbox& out) {
    auto found = locator_.on_resolved(now.mono, request, answer, error, out.actions);
    if (!found.is_done) return;
    stateless_.on_located(found, out.actions);
    forks_.on_located(now.mono, found, to(out));
    settle(now, out);
}

void core::on_timeout(now_t now, outbox& out) {
    layer_.on_timeout(now.mono, to(out));
    settle(now, out);
    forks_.on_timeout(now.mono, to(out));
    settle(now, out);
}

std::optional<wakeup> core::next_deadline() const noexcept {
    auto transactions = layer_.next_deadline(), forks = forks_.next_deadline();
    if (transactions && (!forks || *transactions <= *forks)) return wakeup{*transactions, wake_reason::transaction};
    return forks ? std::optional(wakeup{*forks, wake_reason::other}) : std::nullopt;
}

bool core::still_wanted(transaction_id id) const noexcept {
    return !id || layer_.is_live(id);
}

core::counts core::live() const noexcept {
    return {forks_.contexts(), forks_.branches(), layer_.live(), stateless_.waiting(), pool_.live()};
}

// ---- events of the transaction layer

void core::settle(now_t now, outbox& out) {
    std::exception_ptr failure;
    while (!events_.empty()) {
        transaction_events told;
        told.swap(events_);
        for (auto const& event : told) {
            try {
                std::visit([&](auto const& each) { handle(now, each, out); }, event);
            } catch (...) {
                if (!failure) failure = std::current_exception();
                recover(now, event, out);
            }
        }
    }
    if (failure) std::rethrow_exception(failure);
    for (auto const& gone : forks_.take_failed_flows())
        registrar_.forget(gone.user, gone.known, now.wall);
}

/// Out of memory: nothing may wait for ever for what was lost here.
void core::recover(now_t now, transaction_event const& lost, outbox& out) noexcept {
    auto const* failed = std::get_if<request_failed>(&lost);
    auto const* response = std::get_if<response_received>(&lost);
    if (failed != nullptr) return forks_.on_lost_event(now.mono, failed->owner, to(out));
    if (response != nullptr && response->response.view().status() >= 200)
        return forks_.on_lost_event(now.mono, response->owner, to(out));
    auto const* request = std::get_if<request_received>(&lost);
    if (request == nullptr || !request->id) return;
    try {
        answer(now, *request, 500, out);
    } catch (...) {
        environment_->log.log(log_level::error, "out of memory, and again while a request is refused");
    }
}

void core::handle(now_t now, request_received const& event, outbox& out) {
    switch (event.request.view().method()) {
        case method::ack:
            return on_ack(now, event, out);
        case method::cancel:
            if (event.id) return on_cancel(now, event, out);
            return on_request(now, event, out);  // 16.11: nothing special to a stateless proxy
        case method::unknown:
        case method::invite:
        case method::bye:
        case method::register_:
        case method::options:
        case method::prack:
        case method::update:
        case method::info:
        case method::subscribe:
        case method::notify:
        case method::refer:
        case method::message:
        case method::publish:
            return on_request(now, event, out);
    }
}

void core::handle(now_t now, response_received const& event, outbox& out) {
    forks_.on_response(now.mono, event, to(out));
}

void core::handle(now_t now, request_failed const& event, outbox& out) {
    forks_.on_failure(now.mono, event, to(out));
}

void core::handle(now_t, response_failed const& event, outbox&) {
    // 16.9: nothing more is done about it.
    environment_->log.log(log_level::info, "a response was not delivered: {}", make_error_code(event.why).message());
}

void core::handle(now_t, stray_response const&, outbox&) {
    // RFC 6026 7.3: a response without a transaction is not forwarded.
}

// ---- requests

std::string core::new_tag() const {
    return fmt::format("{:016x}", environment_->random());
}

void core::answer(
    now_t now, request_received const& event, std::uint16_t status, outbox& out, std::string_view reason,
    fields const& more
) {
    auto const request = event.request.view();
    if (!event.id && (request.method() == method::ack || status < 200)) return;
    // Without a transaction the To tag has to be the same for every copy (8.2.7).
    auto const tag = event.id ? new_tag() : loop_mark(loop_key_, request).substr(1);
    auto response = start_response(pool_, request, status, tag, reason);
    for (auto const& [id, value] : more)
        response.header(id, value);
    auto wire = response.finish();
    if (!wire) return;
    if (event.id) return void(layer_.respond(now.mono, event.id, *wire, to(out)));
    auto const destination = response_destination(request.top_via(), event.from).value_or(event.from);
    out.actions.push_back(send_message{event.flow, is_reliable(event.from.kind) ? event.from : destination, *wire, {}});
}

bool core::validate(now_t now, request_received const& event, std::string const& mark, outbox& out) {
    auto request = event.request.view();
    auto uri = parse_uri(request.request_uri());
    if (!uri) return answer(now, event, 400, out, "Malformed Request-URI"), false;
    if (!uri->is_sip_or_sips()) return answer(now, event, 416, out), false;
    if (!request.get<header_id::from>() || !request.get<header_id::to>())
        return answer(now, event, 400, out, "Malformed From or To"), false;
    for (auto const& route : request.all<header_id::route>())
        if (!route) return answer(now, event, 400, out, "Malformed Route"), false;
    if (request.has(header_id::max_forwards)) {
        auto hops = request.get<header_id::max_forwards>();
        if (!hops) return answer(now, event, 400, out, "Malformed Max-Forwards"), false;
        if (*hops == 0) return answer(now, event, 483, out), false;
    }
    if (number_in<header_id::max_breadth>(request, 1) == 0) return answer(now, event, 440, out), false;
    if (has_looped(request, names_, mark)) return answer(now, event, 482, out), false;
    auto const missing = unknown_tags<header_id::proxy_require>(request, [](auto) { return false; });
    if (!missing.empty()) return answer(now, event, 420, out, {}, {{header_id::unsupported, missing}}), false;
    return true;
}

std::string_view core::relay_of(uri_view const& uri) const {
    for (auto const& [domain, next] : settings_.relays)
        if (detail::equal_ignoring_case(domain, uri.host)) return next;
    return {};
}

std::optional<token_way> core::follow(now_t now, request_received const& event, routing const& route, outbox& out) {
    auto named = ways_.along(route.token);
    if (!route.is_outbound) return named;
    if (named.state == token_state::forged) return answer(now, event, 403, out, "Forged Flow Token"), std::nullopt;
    if (named.state == token_state::gone) return answer(now, event, 430, out), std::nullopt;
    // Its own phone sends it: an "outgoing" request (5.3), which goes where its Request-URI says.
    if (named.way && named.way->flow == event.flow && named.way->to == event.from) named.way.reset();
    return named;
}

/// Who may use us: our users, who prove it, and everybody who wants to reach them.
bool core::admit(now_t now, request_received const& event, bool is_for_us, bool is_relayed, outbox& out) {
    auto const from = *event.request.view().get<header_id::from>();
    bool const is_from_us = names_.is_ours(from.uri);
    if (!is_from_us && !is_for_us && !is_relayed) return answer(now, event, 403, out, "Relaying Denied"), false;
    if (!is_from_us || settings_.check == authentication::none || settings_.how == forwarding::stateless) return true;
    // 22.1: a CANCEL cannot be asked for a password.
    bool const is_cancel = event.request.view().method() == method::cancel;
    if (is_cancel && (is_for_us || is_relayed)) return true;
    if (is_cancel) return answer(now, event, 481, out), false;
    return authenticate(now, event, digest_guard::role::proxy, from, out).has_value();
}

void core::on_request(now_t now, request_received const& event, outbox& out) {
    auto const request = event.request.view();
    auto mark = loop_mark(loop_key_, request);
    if (!validate(now, event, mark, out)) return;

    auto route = read_routes(request, names_);
    auto const target_uri = route.request_uri;
    auto const uri = parse_uri(target_uri);
    if (!uri) return answer(now, event, 400, out, "Malformed Route");
    // RFC 5627 6.1: a GRUU of ours is looked up in the middle of a dialog, too, when others follow in the Route.
    bool const is_for_us = names_.is_ours(*uri) && (route.routes.empty() || uri->params.has("gr"));
    if (is_for_us && request.method() == method::register_) return on_register(now, event, out);
    if (is_for_us && uri->user.empty()) {
        if (request.method() != method::options) return answer(now, event, 404, out);
        return answer(now, event, 200, out, {}, {{header_id::allow, std::string(served_methods)}});
    }

    auto const named = follow(now, event, route, out);
    if (!named) return;
    auto const relay = is_for_us ? std::string_view() : relay_of(*uri);
    // A dialog that we recorded was admitted when it began, and its requests come from either side. Whoever has a token
    // of ours may use the flow that it names, and nothing else.
    bool const is_in_dialog = !request.to_tag().empty() && ways_.is_signed(request, route.signature);
    bool const is_known = is_in_dialog || (named->way && !is_for_us);
    if (!is_known && !admit(now, event, is_for_us, !relay.empty(), out)) return;

    std::vector<target> targets;
    std::optional<way> over;
    if (is_for_us) {
        auto found = locate(*uri, now.wall);
        bool const is_cancel = request.method() == method::cancel;
        if (found.targets.empty()) return answer(now, event, is_cancel ? 481 : found.status, out);
        targets = std::move(found.targets);
    } else {
        targets.push_back({target_uri});
        over = named->way;
        if (!over && !relay.empty() && route.routes.empty()) prepend_routes(route, fmt::format("<{}>", relay));
    }
    if (!event.id) return forward(now, event, std::move(route), std::move(over), targets.front(), std::move(mark), out);
    // 16.2: from here on the answer is up to others, and the caller can stop its retransmissions.
    if (request.method() == method::invite) answer(now, event, 100, out);
    forks_.start(now.mono, event, std::move(route), std::move(over), std::move(targets), std::move(mark), to(out));
}

void core::forward(
    now_t now, request_received const& event, routing route, std::optional<way> over, target const& to_target,
    std::string mark, outbox& out
) {
    route.request_uri = to_target.uri;
    if (route.routes.empty()) {
        if (!over) over = ways_.noted(to_target.known.received);
        prepend_routes(route, to_target.known.path);
    }
    stateless_.forward(
        now.mono, {event.request, event.flow, event.from, std::move(route), std::move(over), std::move(mark)},
        out.actions
    );
}

std::optional<std::string> core::authenticate(
    now_t now, request_received const& event, digest_guard::role role, name_addr_view const& claimed, outbox& out
) {
    auto judged = guard_.judge(now.mono, event.request.view(), role);
    if (judged.verdict == verdict::malformed)
        return answer(now, event, 400, out, "Malformed Credentials"), std::nullopt;
    if (judged.verdict != verdict::accepted) {
        bool is_registrar = role == digest_guard::role::registrar;
        fields challenges;
        for (auto& value : guard_.challenges(now.mono, judged.verdict))
            challenges.emplace_back(
                is_registrar ? header_id::www_authenticate : header_id::proxy_authenticate, std::move(value)
            );
        return answer(now, event, is_registrar ? 401 : 407, out, {}, challenges), std::nullopt;
    }
    if (unescape(claimed.uri.user) != judged.user)
        return answer(now, event, 403, out, "Not Your Address"), std::nullopt;
    return judged.user;
}

void core::on_register(now_t now, request_received const& event, outbox& out) {
    auto request = event.request.view();
    auto const missing = unknown_tags<header_id::require>(request, registrar::understands);
    if (!missing.empty()) return answer(now, event, 420, out, {}, {{header_id::unsupported, missing}});
    auto address = *request.get<header_id::to>();
    bool is_checked = settings_.check == authentication::digest;
    if (is_checked && !authenticate(now, event, digest_guard::role::registrar, address, out)) return;
    auto user = unescape(address.uri.user);
    bool is_known = !is_checked && settings_.users.empty() ? !user.empty() : settings_.users.contains(user);
    if (!names_.is_ours(address.uri) || !is_known) return answer(now, event, 404, out);

    auto const note = ways_.note_of(event.flow, event.from);
    auto response = registrar_.on_register(pool_, request, user, note, now.wall, new_tag());
    if (response) (void)layer_.respond(now.mono, event.id, *response, to(out));
}

void core::on_cancel(now_t now, request_received const& event, outbox& out) {
    if (event.cancels) {
        answer(now, event, 200, out);
        return forks_.cancel(now.mono, event.cancels, event.request.view().raw(header_id::reason), to(out));
    }
    if (event.names_other) return answer(now, event, 200, out);  // it changes nothing (9.2)
    // 16.10: what it cancels may have gone by us before a restart; it follows without state, each copy of it anew. So
    // its transaction ends, in the way that sends nothing (RFC 4320 4.2).
    auto onward = event;
    answer(now, event, 408, out);
    onward.id = {};
    on_request(now, onward, out);
}

// ---- without transactions

void core::on_ack(now_t now, request_received const& event, outbox& out) {
    auto const view = event.request.view();
    auto route = read_routes(view, names_);
    auto const hops = view.get<header_id::max_forwards>();
    bool const is_alive = !view.has(header_id::max_forwards) || (hops && *hops > 0);
    auto const target_uri = route.request_uri;
    auto const uri = parse_uri(target_uri);
    auto mark = loop_mark(loop_key_, view);
    if (!is_alive || !uri || has_looped(view, names_, mark)) return;
    if (route.routes.empty() && names_.is_ours(*uri)) {
        // A caller that does not follow the recorded route: where its user has one place only, that is where it goes. A
        // stateless proxy chooses as it did for the INVITE (16.11).
        auto const found = locate(*uri, now.wall);
        bool const is_clear =
            settings_.how == forwarding::stateless ? !found.targets.empty() : found.targets.size() == 1;
        if (is_clear) forward(now, event, std::move(route), {}, found.targets.front(), std::move(mark), out);
    } else if (ways_.is_signed(view, route.signature) || settings_.how == forwarding::stateless) {
        auto named = ways_.along(route.token);
        forward(now, event, std::move(route), std::move(named.way), {target_uri}, std::move(mark), out);
    }
}

void core::pass_on(now_t now, message received, flow_id flow, endpoint const& from, outbox& out) {
    if (received.view().is_response()) return stateless_.on_response(received.view(), out.actions);
    // 18.2.1, which the transaction layer does for those that it sees.
    std::string via;
    if (stamp_via(received.view().top_via(), from, via))
        if (auto wire = replace_top_via(pool_, received.view(), via))
            if (auto stamped = parse_message(std::move(*wire), pool_)) received = std::move(*stamped);
    handle(now, request_received{{}, std::move(received), flow, from, {}, false}, out);
}

}  // namespace sip::proxy

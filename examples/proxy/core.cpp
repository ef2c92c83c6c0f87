#include "core.hpp"

#include <fmt/format.h>

#include "sip/syntax/build.hpp"
#include "sip/syntax/parse.hpp"
#include "sip/transport/via_rules.hpp"

namespace proxy {
namespace {

using sip::header_id;
using sip::method;

constexpr std::string_view served_methods =
    "INVITE, ACK, CANCEL, BYE, REGISTER, OPTIONS, PRACK, UPDATE, INFO, SUBSCRIBE, NOTIFY, REFER, MESSAGE, PUBLISH";

sip::transaction_limits limits_of(settings const& settings) {
    sip::transaction_limits limits;
    limits.transactions = settings.transactions;
    limits.server_timing = settings.timing;
    return limits;
}

sip::locator_settings locator_settings_of(settings const& settings) {
    sip::locator_settings of_locator;
    of_locator.datagram_limit = settings.datagram_limit;
    return of_locator;
}

template <header_id Id>
std::string all_tokens(sip::message_view request) {
    std::string list;
    for (auto const& element : request.all<Id>())
        if (element) list += (list.empty() ? "" : ", ") + std::string(element->token);
    return list;
}

}  // namespace

core::core(settings config, sip::environment& environment, location_store& store)
    : settings_(std::move(config)),
      environment_(&environment),
      store_(&store),
      loop_key_{environment.random(), environment.random()},
      names_(settings_.domains),
      ways_(names_, environment),
      locator_(environment.random, locator_settings_of(settings_)),
      layer_(environment, pool_, limits_of(settings_)),
      guard_(settings_, settings_.domains.front(), environment),
      registrar_(settings_, store),
      forks_({settings_, environment, pool_, layer_, ways_, names_, locator_}) {}

// ---- inputs

sip::flow_id core::add_flow(sip::now_t, sip::flow_description const& description, sip::outbox&) {
    return ways_.add(description);
}

void core::on_flow(sip::now_t now, sip::flow_event const& event, sip::outbox& out) {
    ways_.on_event(event);
    if (!ways_.knows(event.flow)) layer_.on_flow_failed(now.mono, event.flow, to(out));
    settle(now, out);
}

void core::on_bytes(
    sip::now_t now, sip::flow_id flow, sip::endpoint const& from, sip::buffer_ref bytes, sip::outbox& out
) {
    auto parsed = sip::parse_message(std::move(bytes), pool_);
    if (parsed) {
        layer_.on_message(now.mono, std::move(*parsed), flow, from, to(out));
        return settle(now, out);
    }
    auto const& failure = parsed.error();
    environment_->log.log(sip::log_level::warning, "from {}: {}", sip::to_string(from), sip::to_string(failure.why));
    auto request = failure.partial.view();
    if (!failure.is_request || !failure.partial || failure.why.suggested_status == 0 || request.method() == method::ack)
        return;
    // Without a transaction: the same To tag for every copy (8.2.7).
    auto response =
        sip::start_response(pool_, request, failure.why.suggested_status, "unparsed", sip::to_string(failure.why))
            .finish();
    auto destination =
        sip::is_reliable(from.kind) ? from : sip::response_destination(request.top_via(), from).value_or(from);
    if (response) out.actions.push_back(sip::send_message{flow, destination, *response, {}});
}

void core::on_resolved(
    sip::now_t now, std::uint32_t request, sip::dns_answer const& answer, sip::error_code error, sip::outbox& out
) {
    auto found = locator_.on_resolved(now.mono, request, answer, error, out.actions);
    if (!found.is_done) return;
    if (auto waiting = waiting_acks_.find(found.number); waiting != waiting_acks_.end()) {
        auto [ack, route] = std::move(waiting->second);
        waiting_acks_.erase(waiting);
        if (!found.locations.empty())
            if (auto way = ways_.towards(found.locations.front().to, out.actions)) send_ack(ack, route, *way, out);
        return;
    }
    forks_.on_located(now.mono, found, to(out));
    settle(now, out);
}

void core::on_timeout(sip::now_t now, sip::outbox& out) {
    layer_.on_timeout(now.mono, to(out));
    settle(now, out);
    forks_.on_timeout(now.mono, to(out));
    settle(now, out);
}

std::optional<sip::wakeup> core::next_deadline() const noexcept {
    auto transactions = layer_.next_deadline(), forks = forks_.next_deadline();
    if (transactions && (!forks || *transactions <= *forks))
        return sip::wakeup{*transactions, sip::wake_reason::transaction};
    return forks ? std::optional(sip::wakeup{*forks, sip::wake_reason::other}) : std::nullopt;
}

bool core::still_wanted(sip::transaction_id id) const noexcept {
    return !id || layer_.is_live(id);
}

core::counts core::live() const noexcept {
    return {forks_.contexts(), forks_.branches(), layer_.live(), waiting_acks_.size(), pool_.live()};
}

// ---- events of the transaction layer

void core::settle(sip::now_t now, sip::outbox& out) {
    while (!events_.empty()) {
        sip::transaction_events told;
        told.swap(events_);
        for (auto const& event : told)
            std::visit([&](auto const& each) { handle(now, each, out); }, event);
    }
}

void core::handle(sip::now_t now, sip::request_received const& event, sip::outbox& out) {
    switch (event.request.view().method()) {
        case method::ack:
            return on_ack(now, event.request, out);
        case method::cancel:
            return on_cancel(now, event, out);
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

void core::handle(sip::now_t now, sip::response_received const& event, sip::outbox& out) {
    forks_.on_response(now.mono, event, to(out));
}

void core::handle(sip::now_t now, sip::request_failed const& event, sip::outbox& out) {
    forks_.on_failure(now.mono, event, to(out));
}

void core::handle(sip::now_t, sip::response_failed const& event, sip::outbox&) {
    // 16.9: nothing more is done about it.
    environment_->log.log(
        sip::log_level::info, "a response was not delivered: {}", sip::make_error_code(event.why).message()
    );
}

void core::handle(sip::now_t, sip::stray_response const&, sip::outbox&) {
    // RFC 6026 7.3: a response without a transaction is not forwarded.
}

// ---- requests

std::string core::new_tag() const {
    return fmt::format("{:016x}", environment_->random());
}

void core::answer(
    sip::now_t now, sip::request_received const& event, std::uint16_t status, sip::outbox& out, std::string_view reason,
    fields const& more
) {
    auto response = sip::start_response(pool_, event.request.view(), status, new_tag(), reason);
    for (auto const& [id, value] : more)
        response.header(id, value);
    if (auto wire = response.finish()) (void)layer_.respond(now.mono, event.id, *wire, to(out));
}

bool core::validate(sip::now_t now, sip::request_received const& event, std::string const& mark, sip::outbox& out) {
    auto request = event.request.view();
    auto uri = sip::parse_uri(request.request_uri());
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
    if (has_looped(request, names_, mark)) return answer(now, event, 482, out), false;
    if (request.has(header_id::proxy_require)) {
        auto tags = all_tokens<header_id::proxy_require>(request);
        return answer(now, event, 420, out, {}, {{header_id::unsupported, tags}}), false;
    }
    return true;
}

void core::on_request(sip::now_t now, sip::request_received const& event, sip::outbox& out) {
    auto request = event.request.view();
    auto mark = loop_mark(loop_key_, request);
    if (!validate(now, event, mark, out)) return;

    auto route = read_routes(request, names_);
    auto uri = sip::parse_uri(route.request_uri);
    if (!uri) return answer(now, event, 400, out, "Malformed Route");
    bool is_for_us = route.routes.empty() && names_.is_ours(*uri);
    if (is_for_us && request.method() == method::register_) return on_register(now, event, out);
    if (is_for_us && uri->user.empty()) {
        if (request.method() != method::options) return answer(now, event, 404, out);
        return answer(now, event, 200, out, {}, {{header_id::allow, std::string(served_methods)}});
    }

    // A dialog that we recorded was admitted when it began. Its requests may come from either side.
    bool is_in_dialog = !request.to_tag().empty() && route.came_by_our_route;
    auto from = *request.get<header_id::from>();
    bool is_from_us = names_.is_ours(from.uri);
    if (!is_in_dialog) {
        if (!is_from_us && !is_for_us) return answer(now, event, 403, out, "Relaying Denied");
        if (is_from_us && settings_.check == authentication::digest &&
            !authenticate(now, event, digest_guard::role::proxy, from, out))
            return;
    }

    std::vector<target> targets;
    if (is_for_us) {
        std::uint16_t status = 0;
        targets = locate_user(now, *uri, status);
        if (targets.empty()) return answer(now, event, status, out);
    } else {
        targets.push_back({route.request_uri, 1000, {}});
    }
    // 16.2: from here on the answer is up to others, and the caller can stop its retransmissions.
    if (request.method() == method::invite) answer(now, event, 100, out);
    forks_.start(now.mono, event, std::move(route), std::move(targets), std::move(mark), to(out));
}

std::optional<std::string> core::authenticate(
    sip::now_t now, sip::request_received const& event, digest_guard::role role, sip::name_addr_view const& claimed,
    sip::outbox& out
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
    if (sip::unescape(claimed.uri.user) != judged.user)
        return answer(now, event, 403, out, "Not Your Address"), std::nullopt;
    return judged.user;
}

void core::on_register(sip::now_t now, sip::request_received const& event, sip::outbox& out) {
    auto request = event.request.view();
    if (request.has(header_id::require))
        return answer(now, event, 420, out, {}, {{header_id::unsupported, all_tokens<header_id::require>(request)}});
    auto address = *request.get<header_id::to>();
    bool is_checked = settings_.check == authentication::digest;
    if (is_checked && !authenticate(now, event, digest_guard::role::registrar, address, out)) return;
    auto user = sip::unescape(address.uri.user);
    bool is_known = !is_checked && settings_.users.empty() ? !user.empty() : settings_.users.contains(user);
    if (!names_.is_ours(address.uri) || !is_known) return answer(now, event, 404, out);

    auto response = registrar_.on_register(pool_, request, user, event.from, now.wall, new_tag());
    if (response) (void)layer_.respond(now.mono, event.id, *response, to(out));
}

std::vector<target> core::locate_user(sip::now_t now, sip::uri_view const& uri, std::uint16_t& status) {
    auto user = sip::unescape(uri.user);
    // An extension may lead to a user of ours, or to another extension; a circle ends where it is noticed.
    for (std::size_t steps = 0; steps <= settings_.extensions.size(); ++steps) {
        auto extension = settings_.extensions.find(user);
        if (extension == settings_.extensions.end()) break;
        auto leads_to = sip::parse_uri(extension->second);
        if (!leads_to || !names_.is_ours(*leads_to)) return {{extension->second, 1000, {}}};
        user = sip::unescape(leads_to->user);
    }
    auto bindings = store_->find(user, now.wall);
    if (!bindings) {
        status = 500;
        return {};
    }
    std::vector<target> targets;
    for (auto& each : *bindings)
        targets.push_back({std::move(each.contact), each.q_milli, std::move(each.received)});
    status = settings_.users.contains(user) ? 480 : 404;
    return targets;
}

void core::on_cancel(sip::now_t now, sip::request_received const& event, sip::outbox& out) {
    // We never forward an INVITE statelessly, so a CANCEL that names none of ours has nowhere to go (16.10).
    if (!event.cancels) return answer(now, event, 481, out);
    answer(now, event, 200, out);
    forks_.cancel(now.mono, event.cancels, to(out));
}

// ---- ACK of a 2xx: no transaction (16.11 without the branch, since the layer makes one)

void core::on_ack(sip::now_t now, sip::message const& ack, sip::outbox& out) {
    auto view = ack.view();
    auto route = read_routes(view, names_);
    auto hops = view.get<header_id::max_forwards>();
    bool is_alive = !view.has(header_id::max_forwards) || (hops && *hops > 0);
    if (!is_alive) return;
    auto known = ways_.along(route.token);
    if (auto target = sip::parse_uri(route.request_uri); target && route.routes.empty() && names_.is_ours(*target)) {
        // A caller that does not follow the recorded route. Where its user has one place only, that is where it goes.
        std::uint16_t status = 0;
        auto targets = locate_user(now, *target, status);
        if (targets.size() != 1) return;
        route.request_uri = targets.front().uri;
        known = ways_.back_to(targets.front().received);
    } else if (!route.came_by_our_route) {
        return;
    }
    prepare_for_strict_router(route);
    if (known) return send_ack(ack, route, *known, out);

    auto uri = sip::parse_uri(next_hop(route));
    if (!uri || names_.is_ours(*uri)) return;
    auto found = locator_.locate(now.mono, {*uri, sip::transport_kind::udp, ack.wire().size()}, out.actions);
    if (!found.is_done) {
        if (waiting_acks_.size() < most_waiting_acks)
            waiting_acks_[found.number] = {ack, std::move(route)};
        else
            locator_.forget(found.number);
        return;
    }
    if (found.locations.empty()) return;
    if (auto way = ways_.towards(found.locations.front().to, out.actions)) send_ack(ack, route, *way, out);
}

void core::send_ack(sip::message const& ack, routing const& route, way const& to_peer, sip::outbox& out) {
    changes change;
    change.route = &route;
    change.max_forwards = number_in<header_id::max_forwards>(ack.view(), 71) - 1;
    change.own_realm = names_.realm();
    sip::outgoing_request request;
    request.wire = pool_.copy(forwarded_request(ack.view(), change));
    request.flow = to_peer.flow;
    request.to = to_peer.to;
    request.sent_by = to_peer.sent_by;
    (void)layer_.send_ack(request, to(out));
}

}  // namespace proxy

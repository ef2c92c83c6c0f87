#include "forks.hpp"

#include <algorithm>

#include "best_response.hpp"
#include "sip/syntax/build.hpp"
#include "sip/transport/via_rules.hpp"

namespace proxy {
namespace {

using sip::header_id;

/// What our Via and one Record-Route add to a request over UDP, for the choice of transport by size.
constexpr std::size_t via_and_record_route = 150;

template <class Handle>
sip::owner_token pack(Handle id) {
    return std::uint64_t{id.generation} << 32 | id.index;
}
template <class Handle>
Handle unpack(sip::owner_token token) {
    return {static_cast<std::uint32_t>(token), static_cast<std::uint32_t>(token >> 32)};
}

/// Requests whose answers may make a dialog; a method that we do not know may as well (16.6 step 4).
bool may_make_dialog(sip::method m) {
    return m == sip::method::invite || m == sip::method::subscribe || m == sip::method::refer ||
           m == sip::method::notify || m == sip::method::unknown;
}

/// 16.7 step 3: a response with no Via but ours has nowhere to go.
bool has_via_below(sip::message_view response) {
    auto vias = response.all<header_id::via>();
    auto at = vias.begin();
    return at != vias.end() && !(++at == vias.end());
}

}  // namespace

void forks::start(
    sip::time_point now, sip::request_received const& event, routing route, std::vector<target> targets,
    std::string mark, sip::transaction_outbox out
) {
    auto id = contexts_.emplace();
    auto& made = *contexts_.find(id);
    auto view = event.request.view();
    made.server = event.id;
    made.request = event.request;
    made.arrival = event.flow;
    made.from = event.from;
    made.mark = std::move(mark);
    made.is_invite = view.method() == sip::method::invite;
    made.breadth = std::clamp<std::uint32_t>(
        number_in<header_id::max_breadth>(view, around_.config.largest_breadth), 1, around_.config.largest_breadth
    );
    for (auto& each : targets) {
        branch fresh;
        fresh.context = id;
        fresh.route = route;
        fresh.route.request_uri = each.uri;
        fresh.target = std::move(each);
        made.branches.push_back(branches_.emplace(std::move(fresh)));
    }
    made.route = std::move(route);
    around_.layer.set_owner(event.id, pack(id));
    progress(now, id, out);
}

/// Begins what may begin now; once nothing is under way and nothing waits, answers and lets go.
void forks::progress(sip::time_point now, context_id id, sip::transaction_outbox out) {
    auto* made = contexts_.find(id);
    if (made == nullptr) return;
    auto count = [&](auto&& wanted) {
        return static_cast<std::uint32_t>(std::count_if(made->branches.begin(), made->branches.end(), [&](branch_id b) {
            return wanted(*branches_.find(b));
        }));
    };
    auto is_waiting = [](branch const& b) { return b.at == stage::waiting; };
    auto is_active = [](branch const& b) { return b.at != stage::waiting && b.at != stage::finished; };

    if (!made->is_closed && count(is_waiting) > 0 && count(is_active) == 0) {
        std::uint16_t highest = 0;
        for (auto b : made->branches)
            if (auto const& each = *branches_.find(b); is_waiting(each))
                highest = std::max(highest, each.target.q_milli);
        auto group = count([&](branch const& b) { return is_waiting(b) && b.target.q_milli == highest; });
        // RFC 5393 5.3.3: no more at a time than the request's breadth; the rest of the group follows after these.
        auto parallel = std::min(group, made->breadth);
        made->share = made->breadth / parallel;
        auto all = made->branches;
        for (auto b : all) {
            if (parallel == 0 || !contexts_.find(id)) break;
            auto const& each = *branches_.find(b);
            if (!is_waiting(each) || each.target.q_milli != highest) continue;
            --parallel;
            begin_branch(now, b, out);
        }
        made = contexts_.find(id);
        if (made == nullptr) return;
    }
    if (count(is_active) > 0 || (!made->is_closed && count(is_waiting) > 0)) return;

    if (!made->has_answered) answer_best(now, *made, out);
    bool was_accepted = std::any_of(made->branches.begin(), made->branches.end(), [&](branch_id b) {
        auto status = branches_.find(b)->status;
        return status >= 200 && status < 300;
    });
    if (made->is_invite && was_accepted)
        // 2xx of further forks downstream come this way until Timer M of the branches (RFC 6026 7.2).
        linger_.set(id.index, now + sip::transaction_life(around_.config.timing) + std::chrono::seconds(1));
    else
        forget(id);
}

void forks::begin_branch(sip::time_point now, branch_id id, sip::transaction_outbox out) {
    auto& one = *branches_.find(id);
    auto const& made = *contexts_.find(one.context);
    one.at = stage::locating;
    prepare_for_strict_router(one.route);
    if (made.route.came_by_our_route) one.known_way = around_.ways.along(made.route.token);
    if (!one.known_way && !one.target.received.empty() && one.route.routes.empty())
        one.known_way = around_.ways.back_to(one.target.received);
    if (one.known_way) return try_next_place(now, id, out);

    auto uri = sip::parse_uri(next_hop(one.route));
    if (!uri) return finish(now, id, 416, {}, out);
    auto size = forwarded_request(made.request.view(), changes_for(one, made)).size() + via_and_record_route;
    auto found = around_.locator.locate(now, {*uri, sip::transport_kind::udp, size}, out.actions);
    if (!found.is_done) {
        one.lookup = found.number;
        lookups_[found.number] = id;
        return;
    }
    if (found.error == sip::errc::unsupported_scheme) return finish(now, id, 416, {}, out);
    one.locations.assign(found.locations.rbegin(), found.locations.rend());
    try_next_place(now, id, out);
}

void forks::on_located(sip::time_point now, sip::lookup const& found, sip::transaction_outbox out) {
    auto asked = lookups_.find(found.number);
    if (!found.is_done || asked == lookups_.end()) return;
    auto id = asked->second;
    lookups_.erase(asked);
    auto& one = *branches_.find(id);
    one.lookup = 0;
    one.locations.assign(found.locations.rbegin(), found.locations.rend());
    try_next_place(now, id, out);
}

void forks::forget_lookup(branch& one) {
    if (one.lookup == 0) return;
    lookups_.erase(one.lookup);
    around_.locator.forget(one.lookup);
    one.lookup = 0;
}

/// Step 7: each place gets a client transaction of its own, until one answers or none is left.
void forks::try_next_place(sip::time_point now, branch_id id, sip::transaction_outbox out) {
    auto& one = *branches_.find(id);
    if (auto known = std::exchange(one.known_way, std::nullopt); known && send(now, id, *known, out)) return;
    while (!one.locations.empty()) {
        auto place = std::move(one.locations.back());
        one.locations.pop_back();
        if (auto found = around_.ways.towards(place.to, out.actions); found && send(now, id, *found, out)) return;
    }
    // Step 7: a target that cannot be reached counts as one that did not answer; 16.9: as 503 where the transport
    // failed.
    finish(now, id, one.status != 0 ? one.status : std::uint16_t{503}, {}, out);
}

changes forks::changes_for(branch const& one, context const& made) const {
    changes change;
    change.route = &one.route;
    change.max_forwards = number_in<header_id::max_forwards>(made.request.view(), 71) - 1;
    change.max_breadth = made.share;
    change.own_realm = around_.names.realm();
    return change;
}

bool forks::send(sip::time_point now, branch_id id, way const& to, sip::transaction_outbox out) {
    auto& one = *branches_.find(id);
    auto const& made = *contexts_.find(one.context);
    auto original = made.request.view();
    auto change = changes_for(one, made);
    if (may_make_dialog(original.method())) change.record_routes = around_.ways.record_routes(made.arrival, to);

    sip::outgoing_request request;
    request.wire = around_.pool.copy(forwarded_request(original, change));
    request.flow = to.flow;
    request.to = to.to;
    request.sent_by = to.sent_by;
    request.timing = around_.config.timing;
    request.owner = pack(id);
    request.branch_suffix = made.mark;
    auto sent = around_.layer.send_request(now, request, out);
    if (!sent) return false;
    one.client = *sent;
    one.at = stage::trying;
    if (made.is_invite) timer_c_.set(id.index, now + around_.config.timer_c);
    return true;
}

void forks::on_failure(sip::time_point now, sip::request_failed const& event, sip::transaction_outbox out) {
    auto id = unpack<branch_id>(event.owner);
    auto* one = branches_.find(id);
    if (one == nullptr || one->client != event.id || one->at == stage::finished) return;
    one->status = event.why == sip::errc::transaction_timeout ? 408 : 503;
    auto const& made = *contexts_.find(one->context);
    if (one->cancel_wanted || made.is_closed) return finish(now, id, one->status, {}, out);
    try_next_place(now, id, out);
}

void forks::on_response(sip::time_point now, sip::response_received const& event, sip::transaction_outbox out) {
    auto id = unpack<branch_id>(event.owner);
    auto* one = branches_.find(id);
    if (one == nullptr || one->client != event.id) return;  // of a CANCEL, or of a place that we gave up
    auto& made = *contexts_.find(one->context);
    auto status = event.response.view().status();
    if (!has_via_below(event.response.view())) {
        if (status >= 200 && one->at != stage::finished) finish(now, id, 502, {}, out);
        return;
    }

    if (status < 200) {
        if (one->at == stage::trying) one->at = stage::proceeding;
        if (one->at == stage::finished) return;
        if (status > 100 && made.is_invite) timer_c_.set(id.index, now + around_.config.timer_c);  // 16.7 step 2
        if (one->cancel_wanted) give_up(now, id, out);
        if (status > 100 && !made.has_answered) forward(now, made, event.response, out);
        return;
    }
    if (status < 300) {
        if (made.is_invite || !made.has_answered) forward(now, made, event.response, out);
        made.has_answered = true;
        close(now, made, out);
        if (branches_.find(id) != nullptr) finish(now, id, status, {}, out);
        return;
    }
    if (status >= 600) close(now, made, out);  // 16.7 step 5
    finish(now, id, status, event.response, out);
}

void forks::finish(
    sip::time_point now, branch_id id, std::uint16_t status, sip::message response, sip::transaction_outbox out
) {
    auto& one = *branches_.find(id);
    timer_c_.erase(id.index);
    forget_lookup(one);
    one.at = stage::finished;
    one.status = status;
    one.response = std::move(response);
    progress(now, one.context, out);
}

void forks::cancel(sip::time_point now, sip::transaction_id server, sip::transaction_outbox out) {
    auto id = unpack<context_id>(around_.layer.owner_of(server));
    auto* made = contexts_.find(id);
    if (made == nullptr || made->server != server || made->has_answered) return;
    made->was_cancelled = true;
    close(now, *made, out);
    progress(now, id, out);
}

/// No new branches; those under way are cancelled (16.7 step 10).
void forks::close(sip::time_point now, context& made, sip::transaction_outbox out) {
    made.is_closed = true;
    for (auto id : made.branches)
        give_up(now, id, out);
}

/// Does not answer the context: the caller sees to that.
void forks::give_up(sip::time_point now, branch_id id, sip::transaction_outbox out) {
    auto& one = *branches_.find(id);
    auto const& made = *contexts_.find(one.context);
    switch (one.at) {
        case stage::waiting:
        case stage::locating:
            forget_lookup(one);
            one.at = stage::finished;
            one.status = 487;
            return;
        case stage::trying:
            one.cancel_wanted = made.is_invite;
            return;  // 9.1: not before a provisional response
        case stage::proceeding:
            if (!made.is_invite || one.cancel_sent) return;
            one.cancel_sent = true;
            timer_c_.erase(id.index);
            (void)around_.layer.cancel(now, one.client, 0, out);
            return;
        case stage::finished:
            return;
    }
}

void forks::answer_best(sip::time_point now, context& made, sip::transaction_outbox out) {
    std::vector<std::uint16_t> statuses;
    std::vector<branch const*> finished;
    for (auto b : made.branches) {
        auto const& each = *branches_.find(b);
        if (each.status == 0) continue;
        statuses.push_back(each.status);
        finished.push_back(&each);
    }
    made.has_answered = true;
    made.is_closed = true;
    auto request = made.request.view();
    auto answer = [&](std::uint16_t status) {
        auto tag = std::to_string(around_.environment.random());
        if (auto wire = sip::start_response(around_.pool, request, status, tag).finish())
            respond(now, made, *wire, out);
    };
    if (statuses.empty()) return answer(408);
    auto const& best = *finished[best_response(statuses, made.was_cancelled ? ending::cancelled : ending::open)];
    // 16.7 step 6: a 503 would say that nothing can be reached through us.
    if (best.status == 503) return answer(500);
    if (!best.response) return answer(best.status);
    if (best.status != 401 && best.status != 407) return forward(now, made, best.response, out);
    if (auto wire = with_all_challenges(made, best.response.view())) respond(now, made, *wire, out);
}

/// Step 7: what any branch wants to be told is asked for at once.
sip::result<sip::buffer_ref> forks::with_all_challenges(context const& made, sip::message_view chosen) const {
    sip::message_builder response(around_.pool);
    response.response(chosen.status(), chosen.reason());
    bool is_first_via = true;
    for (auto const& entry : chosen.headers()) {
        if (entry.id == header_id::content_length || entry.id == header_id::content_type) continue;
        if (entry.id != header_id::via || !std::exchange(is_first_via, false))
            response.header(chosen.name(entry), chosen.value(entry));
    }
    for (auto b : made.branches) {
        auto const& other = *branches_.find(b);
        if (!other.response || (other.status != 401 && other.status != 407)) continue;
        if (other.response.view().text().data() == chosen.text().data()) continue;
        response.copy(other.response.view(), header_id::www_authenticate);
        response.copy(other.response.view(), header_id::proxy_authenticate);
    }
    return response.body(chosen.raw(header_id::content_type), chosen.body()).finish();
}

/// Takes our Via off and passes the rest on as it is (steps 3 and 9).
void forks::forward(sip::time_point now, context& made, sip::message const& response, sip::transaction_outbox out) {
    if (auto wire = sip::replace_top_via(around_.pool, response.view(), {})) respond(now, made, *wire, out);
}

void forks::respond(sip::time_point now, context& made, sip::buffer_ref wire, sip::transaction_outbox out) {
    auto error = around_.layer.respond(now, made.server, std::move(wire), out);
    if (error != sip::errc::transport_failed) return;
    // 18.2.2: the caller's connection is gone; we open one to the port that its Via names.
    auto to = sip::response_destination(made.request.view().top_via(), made.from);
    if (!to) return;
    if (auto found = around_.ways.towards(*to, out.actions))
        (void)around_.layer.reroute(made.server, found->flow, *to, out);
}

void forks::on_timeout(sip::time_point now, sip::transaction_outbox out) {
    while (auto const* due = timer_c_.top()) {
        if (due->at > now) break;
        auto id = branches_.handle_at(due->object);
        timer_c_.erase(due->object);
        auto& one = *branches_.find(id);
        if (one.at == stage::proceeding)
            give_up(now, id, out);  // 16.8; then the branch ends with its 487, or 64*T1 after the CANCEL
        else
            finish(now, id, 408, {}, out);
    }
    while (auto const* due = linger_.top()) {
        if (due->at > now) break;
        forget(contexts_.handle_at(due->object));
    }
}

std::optional<sip::time_point> forks::next_deadline() const noexcept {
    auto c = timer_c_.next(), end = linger_.next();
    if (!c || !end) return c ? c : end;
    return std::min(*c, *end);
}

void forks::forget(context_id id) {
    auto* made = contexts_.find(id);
    if (made == nullptr) return;
    for (auto b : made->branches) {
        timer_c_.erase(b.index);
        branches_.erase(b);
    }
    linger_.erase(id.index);
    contexts_.erase(id);
}

}  // namespace proxy

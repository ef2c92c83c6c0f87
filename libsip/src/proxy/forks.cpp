#include "sip/proxy/forks.hpp"

#include <algorithm>
#include <new>

#include "proxy/header_values.hpp"
#include "proxy/recording.hpp"
#include "sip/syntax/build.hpp"

namespace sip::proxy {
namespace {

/// What our Via and one Record-Route add to a request over UDP, for the choice of transport by size.
constexpr std::size_t via_and_record_route = 150;
/// Of one request, those included that 3xx responses brought.
constexpr std::size_t most_targets = 64;

template <class Handle>
owner_token pack(Handle id) {
    return std::uint64_t{id.generation} << 32 | id.index;
}
template <class Handle>
Handle unpack(owner_token token) {
    return {static_cast<std::uint32_t>(token), static_cast<std::uint32_t>(token >> 32)};
}

}  // namespace

template <class Work>
void forks::guarded(time_point now, context_id id, transaction_outbox out, Work&& work) {
    try {
        work();
    } catch (...) {
        abandon(now, id, out);
        throw;
    }
}

/// Nothing new begins. Branches that are under way are cancelled, now or when Timer C says so, and the last one lets
/// go.
void forks::abandon(time_point now, context_id id, transaction_outbox out) noexcept {
    auto* made = contexts_.find(id);
    if (made == nullptr) return;
    try {
        answer(now, *made, 500, out);  // no effect behind a final response that was sent
    } catch (...) {
        around_.environment.log.log(log_level::error, "out of memory, and again while a request is given up");
    }
    made->has_answered = made->is_closed = true;
    bool is_active = false;
    for (auto b : made->branches) {
        try {
            give_up(now, b, out);
        } catch (...) {
            around_.environment.log.log(log_level::error, "out of memory: a branch rings until Timer C");
        }
        is_active = is_active || branches_.find(b)->at != stage::finished;
    }
    if (!is_active) forget(id);
}

void forks::on_lost_event(time_point now, owner_token owner, transaction_outbox out) noexcept {
    auto const id = unpack<branch_id>(owner);
    auto* one = branches_.find(id);
    if (one == nullptr) return;
    one->at = stage::finished;  // its transaction has nothing more to say
    timer_c_.erase(id.index);
    abandon(now, one->context, out);
}

template <class Wanted>
std::uint32_t forks::count(context const& made, Wanted&& wanted) const {
    return static_cast<std::uint32_t>(std::count_if(made.branches.begin(), made.branches.end(), [&](branch_id b) {
        return wanted(*branches_.find(b));
    }));
}

void forks::start(
    time_point now, request_received const& event, routing route, std::optional<way> over, std::vector<target> targets,
    std::string mark, transaction_outbox out
) {
    auto id = contexts_.emplace();
    auto& made = *contexts_.find(id);
    auto view = event.request.view();
    made.server = event.id;
    made.request = event.request;
    made.arrival = event.flow;
    made.from = event.from;
    made.mark = std::move(mark);
    made.over = std::move(over);
    made.route = std::move(route);
    made.is_invite = view.method() == method::invite;
    if (around_.config.keeps_history && view.to_tag().empty()) made.history = request_history(view);
    made.breadth = std::min(
        number_in<header_id::max_breadth>(view, around_.config.largest_breadth), around_.config.largest_breadth
    );
    around_.layer.set_owner(event.id, pack(id));
    guarded(now, id, out, [&] {
        for (auto& each : targets)
            add_target(id, std::move(each));
        progress(now, id, out);
    });
}

bool forks::add_target(context_id id, target next) {
    auto& made = *contexts_.find(id);
    auto const uri = parse_uri(next.uri);
    auto const is_known = count(made, [&](branch const& b) {
        auto const other = parse_uri(b.target.uri);
        // Two phones may call themselves alike, at home, and are told apart by the ways that lead to them.
        return uri && other && equivalent(*uri, *other) && (next.user.empty() || b.target.known == next.known);
    });
    if (is_known != 0 || made.branches.size() >= most_targets) return false;
    branch fresh;
    fresh.context = id;
    fresh.target = std::move(next);
    made.branches.reserve(made.branches.size() + 1);
    made.branches.push_back(branches_.emplace(std::move(fresh)));
    return true;
}

/// Begins what may begin now; once nothing is under way and nothing waits, answers and lets go.
void forks::progress(time_point now, context_id id, transaction_outbox out) {
    auto is_waiting = [](branch const& b) { return b.at == stage::waiting; };
    auto is_active = [](branch const& b) { return b.at != stage::waiting && b.at != stage::finished; };
    auto* made = contexts_.find(id);
    if (made == nullptr) return;
    if (!made->is_closed && count(*made, is_waiting) > 0 && count(*made, is_active) == 0) {
        begin_group(now, id, out);
        made = contexts_.find(id);
        if (made == nullptr) return;
    }
    if (count(*made, is_active) > 0 || (!made->is_closed && count(*made, is_waiting) > 0)) return;

    no_answer_.erase(id.index);
    if (!made->has_answered) answer_best(now, *made, out);
    bool const was_accepted = count(*made, [](branch const& b) { return b.status >= 200 && b.status < 300; }) > 0;
    if (made->is_invite && was_accepted)
        // 2xx of further forks downstream come this way until Timer M of the branches (RFC 6026 7.2).
        linger_.set(id.index, now + transaction_life(around_.config.timing) + std::chrono::seconds(1));
    else
        forget(id);
}

/// The targets of the highest q that have not had their turn.
void forks::begin_group(time_point now, context_id id, transaction_outbox out) {
    auto& made = *contexts_.find(id);
    auto is_waiting = [](branch const& b) { return b.at == stage::waiting; };
    std::uint16_t highest = 0;
    for (auto b : made.branches)
        if (auto const& each = *branches_.find(b); is_waiting(each)) highest = std::max(highest, each.target.q_milli);
    auto const group = count(made, [&](branch const& b) { return is_waiting(b) && b.target.q_milli == highest; });
    // RFC 5393 5.3.3: no more at a time than the request's breadth; the rest of the group follows after these. But what
    // is no INVITE has no time for that (RFC 4320).
    if (group > made.breadth && !made.is_invite) {
        made.is_closed = true;
        if (!made.has_answered) answer(now, made, 440, out);
        return progress(now, id, out);
    }
    auto parallel = std::min(group, made.breadth);
    made.share = made.breadth / parallel;
    bool const others_wait = count(made, is_waiting) > parallel;
    if (made.is_invite && others_wait && around_.config.no_answer > duration::zero())
        no_answer_.set(id.index, now + around_.config.no_answer);
    auto const all = made.branches;
    for (auto b : all) {
        if (parallel == 0 || contexts_.find(id) == nullptr) break;
        auto const& each = *branches_.find(b);
        if (!is_waiting(each) || each.target.q_milli != highest) continue;
        --parallel;
        begin_branch(now, b, out);
    }
}

void forks::begin_branch(time_point now, branch_id id, transaction_outbox out) {
    auto& one = *branches_.find(id);
    auto& made = *contexts_.find(one.context);
    auto const& known = one.target.known;
    if (made.history.is_kept()) {
        using origin = request_history::origin;
        auto const how = one.target.is_redirected                              ? origin::redirected
                         : one.target.uri == made.request.view().request_uri() ? origin::unchanged
                                                                               : origin::registered;
        one.entry = made.history.branch(one.target.uri, how, one.target.history);
    }
    one.at = stage::locating;
    one.route = made.route;
    one.route.request_uri = one.target.uri;
    // RFC 5627 6.1: a request that has Routes of its own left is inside a dialog, and needs no Path.
    if (one.route.routes.empty()) prepend_routes(one.route, known.path);
    prepare_for_strict_router(one.route);
    if (made.over) {
        one.known_way = made.over;
        one.is_tied = made.route.is_outbound;
    } else if (!known.received.empty() && one.route.routes.empty()) {
        one.known_way = around_.ways.noted(known.received);
        one.is_tied = known.reg_id != 0;
    }
    if (one.known_way || one.is_tied) return try_next_place(now, id, out);

    auto uri = parse_uri(next_hop(one.route));
    if (!uri) return finish(now, id, 416, {}, out);
    auto size = forwarded_request(made.request.view(), changes_for(one, made)).size() + via_and_record_route;
    auto found = around_.locator.locate(now, {*uri, std::nullopt, size}, out.actions);
    if (!found.is_done) {
        one.lookup = found.number;
        lookups_[found.number] = id;
        timer_c_.set(id.index, now + transaction_life(around_.config.timing));  // nobody waits longer for a name
        return;
    }
    if (found.error == errc::unsupported_scheme) return finish(now, id, 416, {}, out);
    one.locations.assign(found.locations.rbegin(), found.locations.rend());
    try_next_place(now, id, out);
}

void forks::on_located(time_point now, lookup const& found, transaction_outbox out) {
    auto asked = lookups_.find(found.number);
    if (!found.is_done || asked == lookups_.end()) return;
    auto id = asked->second;
    lookups_.erase(asked);
    auto& one = *branches_.find(id);
    one.lookup = 0;
    guarded(now, one.context, out, [&] {
        one.locations.assign(found.locations.rbegin(), found.locations.rend());
        try_next_place(now, id, out);
    });
}

void forks::forget_lookup(branch& one) {
    if (one.lookup == 0) return;
    lookups_.erase(one.lookup);
    around_.locator.forget(one.lookup);
    one.lookup = 0;
}

/// Step 7: each place gets a client transaction of its own, until one answers or none is left (RFC 3263 4.3).
void forks::try_next_place(time_point now, branch_id id, transaction_outbox out) {
    auto& one = *branches_.find(id);
    timer_c_.erase(id.index);
    one.place.reset();
    if (auto known = std::exchange(one.known_way, std::nullopt); known && send(now, id, *known, out)) return;
    if (one.is_tied) return finish(now, id, 430, {}, out);  // RFC 5626 5.3.1
    while (!one.locations.empty()) {
        auto place = std::move(one.locations.back());
        one.locations.pop_back();
        one.place = place.to;
        if (auto found = around_.ways.towards(place, out.actions); found && send(now, id, *found, out)) return;
    }
    // A target that cannot be reached counts as one that did not answer; 16.9: as 503 where the transport failed.
    finish(now, id, one.status != 0 ? one.status : std::uint16_t{503}, std::exchange(one.response, {}), out);
}

void forks::note_history(branch const& one, std::uint16_t status, message const& response) {
    auto const heard = response ? std::optional(response.view()) : std::nullopt;
    try {
        contexts_.find(one.context)->history.settle(one.entry, status, heard);
    } catch (std::bad_alloc const&) {  // an entry is missing then, and the branch still ends
    }
}

changes forks::changes_for(branch const& one, context const& made) const {
    changes change;
    change.route = &one.route;
    change.max_forwards = number_in<header_id::max_forwards>(made.request.view(), 71) - 1;
    change.max_breadth = made.share;
    change.own_realm = around_.names.realm();
    if (made.history.is_kept()) change.history = made.history.lines(&one.entry);
    change.diversions = one.target.diversions;
    return change;
}

bool forks::send(time_point now, branch_id id, way const& to, transaction_outbox out) {
    auto& one = *branches_.find(id);
    auto const& made = *contexts_.find(one.context);
    auto const original = made.request.view();
    auto change = changes_for(one, made);
    arrived const came{original, made.arrival, made.from};
    if (may_make_dialog(original.method())) change.record_routes = record_routes(around_.ways, came, one.route, to);
    if (original.method() == method::register_) change.path = path_value(around_.ways, came, to);

    outgoing_request request;
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

void forks::on_failure(time_point now, request_failed const& event, transaction_outbox out) {
    auto id = unpack<branch_id>(event.owner);
    auto* one = branches_.find(id);
    if (one == nullptr || one->client != event.id || one->at == stage::finished) return;
    one->status = event.why == errc::transaction_timeout ? 408 : one->is_tied ? 430 : 503;
    if (one->place) around_.locator.on_unreachable(now, *one->place);
    auto const& made = *contexts_.find(one->context);
    if (one->cancel_wanted || one->is_tied || made.is_closed) return finish(now, id, one->status, {}, out);
    try_next_place(now, id, out);
}

void forks::on_response(time_point now, response_received const& event, transaction_outbox out) {
    auto id = unpack<branch_id>(event.owner);
    auto* one = branches_.find(id);
    if (one == nullptr || one->client != event.id) return;  // of a CANCEL, or of a place that we gave up
    auto& made = *contexts_.find(one->context);
    auto const view = event.response.view();
    auto const status = view.status();
    if (vias(view) < 2) {  // 16.7 step 3: it has nowhere to go
        if (status >= 200 && one->at != stage::finished) finish(now, id, 502, {}, out);
        return;
    }
    if (one->place && status != 503) around_.locator.on_reached(*one->place);
    if (status > 100 && status < 300) note_history(*one, status, event.response);

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
        made.cancel_reason = "SIP;cause=200;text=\"Call completed elsewhere\"";  // RFC 3326 3.1: no call was missed
        close(now, made, out);
        if (branches_.find(id) != nullptr) finish(now, id, status, {}, out);
        return;
    }
    if (status == 503 && one->place) {
        // RFC 3263 4.3: a server that is too busy is passed over like one that is down.
        around_.locator.on_unreachable(now, *one->place);
        if (!one->locations.empty() && !one->cancel_wanted && !made.is_closed) {
            one->status = status;
            one->response = event.response;
            return try_next_place(now, id, out);
        }
    }
    if (status < 400 && around_.config.on_redirect == redirects::followed && !made.is_closed) add_redirects(id, view);
    if (status >= 600) close(now, made, out);  // 16.7 step 5
    finish(now, id, status, event.response, out);
}

void forks::finish(time_point now, branch_id id, std::uint16_t status, message response, transaction_outbox out) {
    auto& one = *branches_.find(id);
    timer_c_.erase(id.index);
    forget_lookup(one);
    note_history(one, status, response);
    if (status == 430 && !one.target.user.empty()) failed_flows_.push_back(one.target);
    bool const has_refused = response && status != 408 && status != 430;  // RFC 5626 7: then the phone has spoken
    if (!has_refused && status >= 300 && try_other_flow(now, id, status, out)) return;
    one.at = stage::finished;
    one.status = status;
    one.response = std::move(response);
    progress(now, one.context, out);
}

bool forks::try_other_flow(time_point now, branch_id id, std::uint16_t status, transaction_outbox out) {
    auto& one = *branches_.find(id);
    auto const& made = *contexts_.find(one.context);
    if (one.target.others.empty() || one.cancel_wanted || one.cancel_sent || made.is_closed) return false;
    branch fresh;
    fresh.context = one.context;
    fresh.status = status;
    auto others = std::move(one.target.others);
    fresh.target = std::move(others.front());
    fresh.target.others.assign(std::make_move_iterator(others.begin() + 1), std::make_move_iterator(others.end()));
    one = std::move(fresh);
    begin_branch(now, id, out);
    return true;
}

void forks::cancel(time_point now, transaction_id server, std::string_view reason, transaction_outbox out) {
    auto id = unpack<context_id>(around_.layer.owner_of(server));
    auto* made = contexts_.find(id);
    if (made == nullptr || made->server != server || made->has_answered) return;
    made->was_cancelled = true;
    made->cancel_reason = reason;
    close(now, *made, out);
    progress(now, id, out);
}

/// No new branches; those under way are cancelled (16.7 step 10).
void forks::close(time_point now, context& made, transaction_outbox out) {
    made.is_closed = true;
    for (auto id : made.branches)
        give_up(now, id, out);
}

/// Does not answer the context: the caller sees to that.
void forks::give_up(time_point now, branch_id id, transaction_outbox out) {
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
            (void)around_.layer.cancel(now, one.client, 0, out, made.cancel_reason);
            one.cancel_sent = true;
            timer_c_.erase(id.index);
            return;
        case stage::finished:
            return;
    }
}

void forks::on_timeout(time_point now, transaction_outbox out) {
    while (auto const* due = timer_c_.top()) {
        if (due->at > now) break;
        auto id = branches_.handle_at(due->object);
        timer_c_.erase(due->object);
        auto& one = *branches_.find(id);
        guarded(now, one.context, out, [&] {
            if (one.at == stage::proceeding)
                give_up(now, id, out);  // 16.8; then the branch ends with its 487, or 64*T1 after the CANCEL
            else
                finish(now, id, 408, {}, out);
        });
    }
    while (auto const* due = no_answer_.top()) {
        if (due->at > now) break;
        auto const id = contexts_.handle_at(due->object);
        no_answer_.erase(due->object);
        guarded(now, id, out, [&] {
            for (auto b : contexts_.find(id)->branches)
                if (branches_.find(b)->at != stage::waiting) give_up(now, b, out);
            progress(now, id, out);
        });
    }
    while (auto const* due = linger_.top()) {
        if (due->at > now) break;
        forget(contexts_.handle_at(due->object));
    }
}

std::optional<time_point> forks::next_deadline() const noexcept {
    std::optional<time_point> first;
    for (auto const& next : {timer_c_.next(), no_answer_.next(), linger_.next()})
        if (next && (!first || *next < *first)) first = next;
    return first;
}

void forks::forget(context_id id) {
    auto* made = contexts_.find(id);
    if (made == nullptr) return;
    for (auto b : made->branches) {
        timer_c_.erase(b.index);
        branches_.erase(b);
    }
    no_answer_.erase(id.index);
    linger_.erase(id.index);
    contexts_.erase(id);
}

}  // namespace sip::proxy

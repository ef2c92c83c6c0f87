#include "transaction/store.hpp"

#include <algorithm>
#include <utility>

#include "sip/syntax/build.hpp"

namespace sip {

transaction_store::transaction_store(environment& environment, buffer_pool& pool)
    : environment_(&environment), pool_(&pool), key_{environment.random(), environment.random()} {}

// ---- finding

message_view transaction_store::request_at(std::uint32_t index) const noexcept {
    return table_.find(table_.handle_at(index))->request.view();
}

transaction_id transaction_store::client_of(message_view response) const noexcept {
    auto found = by_key_.find(client_key(key_, response), [&](std::uint32_t index) {
        return table_.find(table_.handle_at(index))->is_client() && is_response_to(response, request_at(index));
    });
    return found ? table_.handle_at(*found) : transaction_id{};
}

transaction_id transaction_store::server_of(message_view request, method as) const noexcept {
    auto found = by_key_.find(server_key(key_, request, as), [&](std::uint32_t index) {
        return !table_.find(table_.handle_at(index))->is_client() &&
               is_same_transaction(request, request_at(index), as);
    });
    return found ? table_.handle_at(*found) : transaction_id{};
}

bool transaction_store::is_other_of(message_view cancel) const noexcept {
    // The CANCEL does not say of which method it is.
    for (auto const as :
         {method::bye, method::options, method::register_, method::prack, method::update, method::info,
          method::subscribe, method::notify, method::refer, method::message, method::publish})
        if (server_of(cancel, as)) return true;
    return false;
}

bool transaction_store::is_merged(message_view request) const noexcept {
    if (!request.to_tag().empty()) return false;
    return by_merge_key_
        .find(merge_key(key_, request), [&](std::uint32_t i) { return is_same_request(request, request_at(i)); })
        .has_value();
}

boost::container::small_vector<transaction_id, 8> transaction_store::on_flow(flow_id flow) const {
    boost::container::small_vector<transaction_id, 8> found;
    auto collect = [&](std::uint32_t index) {
        found.push_back(table_.handle_at(index));
        return false;  // not the last one
    };
    (void)by_flow_.find(static_cast<std::uint64_t>(flow), collect);
    return found;
}

// ---- living

void transaction_store::make_room(transaction_outbox out, std::size_t inputs) {
    auto const reserve = [&](auto& list) {
        auto const wanted = list.size() + inputs;
        if (wanted > list.capacity()) list.reserve(std::max(wanted, 2 * list.capacity()));
    };
    reserve(out.actions);
    reserve(out.events);
}

transaction_id transaction_store::start(time_point now, transaction begun) {
    auto id = table_.emplace(std::move(begun));
    auto& t = *table_.find(id);
    t.state = fsm::first_state(t.machine);
    try {
        auto request = t.request.view();
        by_key_.insert(
            t.is_client() ? client_key(key_, request) : server_key(key_, request, request.method()), id.index
        );
        if (!t.is_client() && request.to_tag().empty()) by_merge_key_.insert(merge_key(key_, request), id.index);
        by_flow_.insert(static_cast<std::uint64_t>(t.flow), id.index);
        for (std::size_t i = 0; i < fsm::timer_count; ++i)
            start_timer(now, t, static_cast<fsm::timer>(i));
        deadlines_.make_room(id.index);
        deadlines_.set(id.index, t.timers.next());
    } catch (...) {
        erase(id);
        throw;
    }
    return id;
}

void transaction_store::erase(transaction_id id) noexcept {
    by_key_.erase(id.index);
    by_merge_key_.erase(id.index);
    by_flow_.erase(id.index);
    deadlines_.erase(id.index);
    table_.erase(id);
}

/// Starts the timer if it belongs to the transaction's state and is not running.
void transaction_store::start_timer(time_point now, transaction& t, fsm::timer timer) {
    if (!fsm::timers_of(t.machine, t.state).contains(timer) || t.timers.is_running(timer)) return;
    auto length = timer_length(timer, t);
    if (fsm::retransmission_timers.contains(timer)) {
        if (t.reliability == fsm::reliability::reliable) return;
        t.interval = length;
    }
    t.timers.set(timer, now + length);
}

void transaction_store::enter(time_point now, transaction& t, fsm::state next) {
    if (t.state == next) return;
    t.state = next;
    auto timers = fsm::timers_of(t.machine, next);
    for (std::size_t i = 0; i < fsm::timer_count; ++i) {
        auto timer = static_cast<fsm::timer>(i);
        if (timers.contains(timer))
            start_timer(now, t, timer);
        else
            t.timers.stop(timer);
    }
}

bool transaction_store::input(
    time_point now, transaction_id id, fsm::input input, arrival const* carried, transaction_outbox out
) {
    auto* t = table_.find(id);
    if (t == nullptr) return false;
    auto step = fsm::next_step(t->machine, t->state, input, t->reliability);
    if (!step) return false;
    environment_->log.log(
        log_level::debug, "transaction {}.{} {} {} -- {} --> {}", id.index, id.generation, to_string(t->machine),
        to_string(t->state), to_string(input), to_string(step->next)
    );

    make_room(out);
    count(*t, input, step->effects);
    enter(now, *t, step->next);
    if (t->state == fsm::state::terminated) {
        // Out of the table first: whatever the effects run into, nothing of it is left behind.
        transaction last = std::move(*t);
        erase(id);
        perform(id, last, step->effects, carried, out);
        return true;
    }
    set_timers(now, id, *t, step->effects);
    perform(id, *t, step->effects, carried, out);
    return true;
}

void transaction_store::count(transaction const& t, fsm::input input, fsm::effect effects) noexcept {
    using fsm::effect, fsm::has;
    bool const is_heard_again = input == fsm::input::request;
    bool const is_repeated = has(effects, effect::send_request);
    bool const is_answered_again =
        has(effects, effect::send_response) && t.reply && (is_heard_again || input == fsm::input::timer_g);
    bool const is_over = has(effects, effect::report_timeout);
    if (!is_heard_again && !is_repeated && !is_answered_again && !is_over) return;
    auto& row = counters_of(t);
    row.requests_heard_again += is_heard_again;
    row.requests_repeated += is_repeated;
    row.responses_repeated += is_answered_again;
    row.timed_out += is_over;
}

void transaction_store::set_timers(time_point now, transaction_id id, transaction& t, fsm::effect effects) {
    if (fsm::has(effects, fsm::effect::stop_trying)) t.timers.stop(fsm::timer::trying);
    if (fsm::has(effects, fsm::effect::await_final)) t.timers.set(fsm::timer::b, now + timer_length(fsm::timer::b, t));
    deadlines_.set(id.index, t.timers.next());
}

void transaction_store::perform(
    transaction_id id, transaction& t, fsm::effect effects, arrival const* carried, transaction_outbox out
) {
    auto wanted = [&](fsm::effect effect) { return fsm::has(effects, effect); };
    // The user's news first: for it there is room, while a message that is made here may fail for want of memory.
    if (wanted(fsm::effect::deliver)) deliver(id, t, *carried, out);
    if (wanted(fsm::effect::report_timeout)) report(id, t, errc::transaction_timeout, out);
    if (wanted(fsm::effect::report_transport)) report(id, t, errc::transport_failed, out);
    if (wanted(fsm::effect::send_request)) out.actions.push_back(send_message{t.flow, t.to, t.request.wire(), id});
    if (wanted(fsm::effect::send_ack)) {
        if (!t.reply)
            if (auto ack = build_ack_for_failure(*pool_, t.request.view(), carried->what.view())) t.reply = *ack;
        // No origin: over a connection the transaction ends with this ACK, which must be sent all the same.
        if (t.reply) out.actions.push_back(send_message{t.flow, t.to, t.reply, {}});
    }
    if (wanted(fsm::effect::send_trying))
        if (auto trying = start_response(*pool_, t.request.view(), 100, {}).finish()) t.reply = *trying;
    if (wanted(fsm::effect::send_response | fsm::effect::send_trying)) send_reply(t, out);
}

void transaction_store::move(transaction_id id, flow_id flow, endpoint const& to) {
    auto* t = table_.find(id);
    if (t == nullptr) return;
    by_flow_.erase(id.index);
    t->flow = flow;
    if (flow == flow_id::none) return;
    t->to = to;
    by_flow_.insert(static_cast<std::uint64_t>(flow), id.index);
}

void transaction_store::stop_repeating(transaction_id id) noexcept {
    auto* t = table_.find(id);
    if (t == nullptr) return;
    t->timers.stop(fsm::timer::a);
    t->timers.stop(fsm::timer::e);
    deadlines_.set(id.index, t->timers.next());
}

void transaction_store::send_reply(transaction const& t, transaction_outbox out) {
    // No origin: a final response over a connection outlives its transaction.
    if (t.reply && t.flow != flow_id::none) out.actions.push_back(send_message{t.flow, t.to, t.reply, {}});
}

void transaction_store::deliver(
    transaction_id id, transaction const& t, arrival const& carried, transaction_outbox out
) {
    if (t.is_client())
        out.events.push_back(response_received{id, t.owner, carried.what});
    else  // the ACK of a 2xx, which has no transaction of its own
        out.events.push_back(request_received{{}, carried.what, carried.flow, carried.from, {}});
}

void transaction_store::report(transaction_id id, transaction const& t, errc why, transaction_outbox out) {
    if (t.is_client())
        out.events.push_back(request_failed{id, t.owner, why});
    else
        out.events.push_back(response_failed{id, t.owner, why});
}

void transaction_store::on_timeout(time_point now, transaction_outbox out) {
    for (;;) {
        auto const* next = deadlines_.top();
        if (next == nullptr || next->at > now) return;
        make_room(out);  // before the timer is taken out
        auto id = table_.handle_at(next->object);
        auto& t = *table_.find(id);
        auto timer = t.timers.pop_due(now);
        if (timer && fsm::retransmission_timers.contains(*timer)) {
            // From now, not from the deadline: after a long sleep one copy is sent, not a burst.
            t.interval = next_interval(*timer, t);
            t.timers.set(*timer, now + t.interval);
        }
        if (!timer || !input(now, id, fsm::fires(*timer), nullptr, out)) deadlines_.set(id.index, t.timers.next());
    }
}

}  // namespace sip

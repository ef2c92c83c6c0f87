#include "net/user_agent_state.hpp"

#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/error.hpp>

#include "sip/net/environment.hpp"

namespace sip::net::detail {

namespace {

/// Events of one call, or changes of one registration, that their user has not taken. A peer can only add without end
/// to those that are dropped here; all others are held back by the protocol itself until the user acts.
constexpr std::size_t untaken_limit = 64;

bool may_be_dropped(event const& what) noexcept {
    return std::holds_alternative<call_progress>(what) || std::holds_alternative<in_call_request>(what) ||
           std::holds_alternative<notification>(what) || std::holds_alternative<subscription_changed>(what) ||
           std::holds_alternative<subscription_refreshed>(what) || std::holds_alternative<identity_changed>(what);
}

}  // namespace

user_agent_state::user_agent_state(
    asio::any_io_executor executor, user_agent_config config, shell_config shell, log_sink log
)
    : home(std::move(executor)),
      surroundings(make_environment(log)),
      core(std::move(config), surroundings),
      loop(home, core, std::move(shell), log),
      arrivals_(std::make_shared<mailbox<call>>(home)),
      subscribers_(std::make_shared<mailbox<notifier>>(home)),
      requests_(std::make_shared<mailbox<incoming_request>>(home)) {}

void user_agent_state::start() {
    // The state owns the driver, so the driver's handler must not own the state.
    loop.on_event([self = weak_from_this()](event& what) {
        if (auto const state = self.lock()) state->route(what);
    });
}

void user_agent_state::shut_down() {
    if (std::exchange(is_over, true)) return;
    loop.close();
    auto const why = error_code(asio::error::operation_aborted);
    for (auto& [id, box] : calls_)
        box->close(why);
    for (auto& [id, box] : subscriptions_)
        box->close(why);
    for (auto& [id, box] : notifiers_)
        box->close(why);
    for (auto& [id, one] : enrolments_) {
        one.changes->close(why);
        one.verdict->close(why);
    }
    for (auto& [id, box] : completions_)
        box->close(why);
    requests_->close(why);
    arrivals_->close(why);
    arrivals_->clear();  // the calls in there hold us
    subscribers_->close(why);
    subscribers_->clear();
    callback_ = nullptr;
}

// ---- events

void user_agent_state::route(event& what) {
    if (callback_) {
        auto const callback = callback_;
        return (*callback)(what);
    }
    std::visit(
        [&](auto& value) {
            using kind = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<kind, incoming_call>)
                take(value, what);
            else if constexpr (std::is_same_v<kind, registration_changed>)
                take(value);
            else if constexpr (std::is_same_v<kind, request_completed>)
                take(value);
            else if constexpr (std::is_same_v<kind, incoming_request>)
                requests_->put(std::move(value));
            else if constexpr (std::is_same_v<kind, incoming_subscription> || std::is_same_v<kind, transfer_requested>)
                arrive(value.id, what);
            else if constexpr (std::is_same_v<kind, subscription_forked>)
                keep(value.origin, what);
            else if constexpr (std::is_same_v<kind, publication_changed>)
                return;  // told to on_event() alone
            else
                keep(value.id, what);
        },
        what
    );
}

void user_agent_state::take(incoming_call& arrived, event& what) {
    auto const id = arrived.id;
    calls_.insert_or_assign(id, std::make_shared<mailbox<event>>(home)).first->second->put(std::move(what));
    arrivals_->put(hold(id));
}

void user_agent_state::keep(session_id id, event& what) {
    auto const found = calls_.find(id);
    if (found == calls_.end()) return;  // its user has let go of it
    auto const box = found->second;
    bool const is_last = std::holds_alternative<call_ended>(what);
    if (may_be_dropped(what) && box->size() >= untaken_limit) {
        surroundings.log.log(log_level::warning, "call {}: nobody takes its events: one is dropped", id.index);
        return;
    }
    box->put(std::move(what));
    if (!is_last) return;
    box->close(errc::no_such_session);
    arrivals_->drop_if([id](call const& waiting) { return waiting.id() == id; });
}

/// False where nobody holds the subscription, or nobody takes its events.
template <class Boxes, class Id>
bool deliver(Boxes& boxes, Id id, event& what, bool is_last) {
    auto const found = boxes.find(id);
    if (found == boxes.end()) return true;  // its user has let go of it
    auto const box = found->second;
    if (may_be_dropped(what) && box->size() >= untaken_limit) return false;
    box->put(std::move(what));
    if (is_last) box->close(errc::no_such_session);
    return true;
}

void user_agent_state::keep(subscription_id id, event& what) {
    bool const is_last = std::holds_alternative<subscription_ended>(what);
    if (auto const* forked = std::get_if<subscription_forked>(&what)) {
        if (!subscriptions_.contains(id)) return abandon(forked->id);
        subscriptions_.try_emplace(forked->id, std::make_shared<mailbox<event>>(home));
    }
    if (!deliver(subscriptions_, id, what, is_last))
        surroundings.log.log(log_level::warning, "subscription {}: nobody takes its events: one is dropped", id.index);
}

void user_agent_state::keep(notifier_id id, event& what) {
    bool const is_last = std::holds_alternative<notifier_ended>(what);
    if (!deliver(notifiers_, id, what, is_last))
        surroundings.log.log(log_level::warning, "subscriber {}: nobody takes its events: one is dropped", id.index);
    if (is_last) subscribers_->drop_if([id](notifier const& waiting) { return waiting.id() == id; });
}

void user_agent_state::arrive(notifier_id id, event& what) {
    notifiers_.insert_or_assign(id, std::make_shared<mailbox<event>>(home)).first->second->put(std::move(what));
    subscribers_->put(hold(id));
}

void user_agent_state::take(registration_changed const& change) {
    auto& account = enrolment_of(change.account);
    account.last = change;
    bool const is_verdict = change.state == account.awaited || change.state == registration_state::failed;
    if (is_verdict && account.verdict->is_waited_for()) return account.verdict->put(change);
    if (account.changes->size() >= untaken_limit) account.changes->drop_oldest();
    account.changes->put(change);
}

void user_agent_state::take(request_completed& done) {
    auto const found = completions_.find(done.id);
    if (found == completions_.end()) return;  // nobody waits for it any more
    auto const box = found->second;
    completions_.erase(found);
    box->put(std::move(done));
}

// ---- waits

template <class Value>
void user_agent_state::refuse(typename waiting_handler<Value>::handler handler, error_code why) {
    waiting_handler<Value>(std::move(handler), home).complete(why, {});
}

void user_agent_state::wait_for_event(session_id id, waiting_handler<event>::handler handler) {
    auto const found = calls_.find(id);
    if (callback_) return refuse<event>(std::move(handler), errc::wrong_state);
    if (found == calls_.end()) return refuse<event>(std::move(handler), errc::no_such_session);
    found->second->take(std::move(handler));
}

void user_agent_state::wait_for_event(subscription_id id, waiting_handler<event>::handler handler) {
    auto const found = subscriptions_.find(id);
    if (callback_) return refuse<event>(std::move(handler), errc::wrong_state);
    if (found == subscriptions_.end()) return refuse<event>(std::move(handler), errc::no_such_session);
    found->second->take(std::move(handler));
}

void user_agent_state::wait_for_event(notifier_id id, waiting_handler<event>::handler handler) {
    auto const found = notifiers_.find(id);
    if (callback_) return refuse<event>(std::move(handler), errc::wrong_state);
    if (found == notifiers_.end()) return refuse<event>(std::move(handler), errc::no_such_session);
    found->second->take(std::move(handler));
}

void user_agent_state::wait_for_subscriber(waiting_handler<notifier>::handler handler) {
    if (callback_) return refuse<notifier>(std::move(handler), errc::wrong_state);
    subscribers_->take(std::move(handler));
}

void user_agent_state::wait_for_call(waiting_handler<call>::handler handler) {
    if (callback_) return refuse<call>(std::move(handler), errc::wrong_state);
    arrivals_->take(std::move(handler));
}

void user_agent_state::wait_for_request(waiting_handler<incoming_request>::handler handler) {
    if (callback_) return refuse<incoming_request>(std::move(handler), errc::wrong_state);
    requests_->take(std::move(handler));
}

void user_agent_state::wait_for_change(account_id id, waiting_handler<registration_changed>::handler handler) {
    if (callback_) return refuse<registration_changed>(std::move(handler), errc::wrong_state);
    enrolment_of(id).changes->take(std::move(handler));
}

void user_agent_state::wait_for_registration(
    account_id id, waiting_handler<registration_changed>::handler handler, registration_state awaited
) {
    auto& account = enrolment_of(id);
    if (is_over) return refuse<registration_changed>(std::move(handler), asio::error::operation_aborted);
    if (callback_ || account.verdict->is_waited_for())
        return refuse<registration_changed>(std::move(handler), errc::wrong_state);
    account.awaited = awaited;
    if (account.last && account.last->state == awaited)
        return waiting_handler<registration_changed>(std::move(handler), home).complete({}, *account.last);
    auto const verdict = account.verdict;
    verdict->take(std::move(handler));
    auto const error = command([&](now_t now, outbox& out) {
        return awaited == registration_state::registered ? core.register_account(now, id, out)
                                                         : core.unregister_account(now, id, out);
    });
    if (error) verdict->abort(error);
}

void user_agent_state::send_and_wait(
    account_id id, request_options const& options, waiting_handler<request_completed>::handler handler
) {
    if (is_over) return refuse<request_completed>(std::move(handler), asio::error::operation_aborted);
    if (callback_) return refuse<request_completed>(std::move(handler), errc::wrong_state);
    // The completion may come before the command returns (no way to the target), so somebody must wait already.
    auto const box = std::make_shared<mailbox<request_completed>>(home);
    box->take(std::move(handler));
    auto const sent = command([&](now_t now, outbox& out) {
        auto made = start(now, id, options, out);
        if (made.has_value()) completions_.emplace(*made, box);
        return made;
    });
    if (sent.has_error()) box->abort(sent.error());
}

// ---- commands

result<request_id> user_agent_state::start(now_t now, account_id id, request_options const& options, outbox& out) {
    return core.send_request(
        now, id, options.method, options.target, options.headers, options.content_type, options.body, out
    );
}

result<request_id> user_agent_state::send(account_id id, request_options const& options) {
    return command([&](now_t now, outbox& out) { return start(now, id, options, out); });
}

result<call> user_agent_state::invite(account_id id, invite_options const& options) {
    // As above: call_ended may come before the command returns.
    auto const made = command([&](now_t now, outbox& out) {
        auto session = core.invite(now, id, options, out);
        if (session.has_value() && !callback_)
            calls_.insert_or_assign(*session, std::make_shared<mailbox<event>>(home));
        return session;
    });
    if (made.has_error()) return made.error();
    return call(shared_from_this(), *made);
}

user_agent_state::enrolment& user_agent_state::enrolment_of(account_id id) {
    return enrolments_.try_emplace(id, home).first->second;
}

// ---- calls

call user_agent_state::hold(session_id id) {
    if (!callback_) calls_.try_emplace(id, std::make_shared<mailbox<event>>(home));
    return {shared_from_this(), id};
}

void user_agent_state::abandon(session_id id) {
    if (is_over) return;
    if (auto const found = calls_.find(id); found != calls_.end()) {
        auto const box = found->second;
        calls_.erase(found);
        box->close(errc::no_such_session);
    }
    (void)command([&](now_t now, outbox& out) { return core.hang_up(now, id, {}, out); });
}

subscription user_agent_state::hold(subscription_id id) {
    if (!callback_) subscriptions_.try_emplace(id, std::make_shared<mailbox<event>>(home));
    return {shared_from_this(), id};
}

notifier user_agent_state::hold(notifier_id id) {
    if (!callback_) notifiers_.try_emplace(id, std::make_shared<mailbox<event>>(home));
    return {shared_from_this(), id};
}

void user_agent_state::abandon(subscription_id id) {
    if (is_over) return;
    if (auto const found = subscriptions_.find(id); found != subscriptions_.end()) {
        auto const box = found->second;
        subscriptions_.erase(found);
        box->close(errc::no_such_session);
        // Forks that nobody has heard of go with it.
        std::vector<subscription_id> forks;
        box->drop_if([&forks](event const& untaken) {
            if (auto const* fork = std::get_if<subscription_forked>(&untaken)) forks.push_back(fork->id);
            return true;
        });
        for (auto const fork : forks)
            abandon(fork);
    }
    (void)command([&](now_t now, outbox& out) { return core.unsubscribe(now, id, out); });
}

void user_agent_state::abandon(notifier_id id) {
    if (is_over) return;
    if (auto const found = notifiers_.find(id); found != notifiers_.end()) {
        auto const box = found->second;
        notifiers_.erase(found);
        box->close(errc::no_such_session);
    }
    (void)command([&](now_t now, outbox& out) {
        auto const refused = core.refuse_subscription(now, id, 480, {}, out);
        if (refused != errc::wrong_state) return refused;
        return core.end_subscription(now, id, termination_reason::deactivated, {}, {}, {}, out);
    });
}

void user_agent_state::on_event(std::function<void(event const&)> callback) {
    callback_ = callback ? std::make_shared<std::function<void(event const&)> const>(std::move(callback)) : nullptr;
}

}  // namespace sip::net::detail

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

bool is_last_event(event const& what) noexcept {
    auto const* published = std::get_if<publication_changed>(&what);
    return std::holds_alternative<call_ended>(what) || std::holds_alternative<subscription_ended>(what) ||
           std::holds_alternative<notifier_ended>(what) ||
           (published != nullptr && published->state == sip::publication::state::ended);
}

char const* name_of(session_id) noexcept {
    return "call";
}
char const* name_of(subscription_id) noexcept {
    return "subscription";
}
char const* name_of(notifier_id) noexcept {
    return "subscriber";
}
char const* name_of(publication_id) noexcept {
    return "publication";
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
    if (is_over.exchange(true)) return;
    loop.close();
    auto const why = error_code(asio::error::operation_aborted);
    std::apply(
        [why](auto const&... kinds) {
            auto const close = [why](auto const& boxes) {
                for (auto const& [id, box] : boxes)
                    box->close(why);
            };
            (close(kinds), ...);
        },
        mailboxes_
    );
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
                announce(value, what);
            else
                keep(value.id, what);
        },
        what
    );
}

void user_agent_state::take(incoming_call& arrived, event& what) {
    auto const id = arrived.id;
    box_for(id)->put(std::move(what));
    arrivals_->put(hold(id));
}

template <class Id>
void user_agent_state::keep(Id id, event& what) {
    auto const box = mailbox_of(id);
    if (!box) return;  // its user has let go of it
    bool const is_last = is_last_event(what);
    if (may_be_dropped(what) && box->size() >= untaken_limit) {
        surroundings.log.log(
            log_level::warning, "{} {}: nobody takes its events: one is dropped", name_of(id), id.index
        );
        return;
    }
    box->put(std::move(what));
    if (!is_last) return;
    box->close(errc::no_such_session);
    auto const is_it = [id](auto const& waiting) { return waiting.id() == id; };
    if constexpr (std::is_same_v<Id, session_id>) arrivals_->drop_if(is_it);
    if constexpr (std::is_same_v<Id, notifier_id>) subscribers_->drop_if(is_it);
}

void user_agent_state::announce(subscription_forked const& fork, event& what) {
    auto const made = fork.id, origin = fork.origin;
    if (!mailbox_of(origin)) return abandon(made);
    if (!mailbox_of(made)) box_for(made);
    keep(origin, what);
}

void user_agent_state::arrive(notifier_id id, event& what) {
    box_for(id)->put(std::move(what));
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

user_agent_state::enrolment& user_agent_state::enrolment_of(account_id id) {
    return enrolments_.try_emplace(id, home).first->second;
}

// ---- handles

call user_agent_state::hold(session_id id) {
    if (!callback_ && !mailbox_of(id)) box_for(id);
    return {shared_from_this(), id};
}

subscription user_agent_state::hold(subscription_id id) {
    if (!callback_ && !mailbox_of(id)) box_for(id);
    return {shared_from_this(), id};
}

notifier user_agent_state::hold(notifier_id id) {
    if (!callback_ && !mailbox_of(id)) box_for(id);
    return {shared_from_this(), id};
}

void user_agent_state::abandon(session_id id) {
    if (is_over) return;
    remove_mailbox(id);
    (void)command([&](now_t now, outbox& out) { return core.hang_up(now, id, {}, out); });
}

void user_agent_state::abandon(subscription_id id) {
    if (is_over) return;
    if (auto const box = remove_mailbox(id)) {
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
    remove_mailbox(id);
    (void)command([&](now_t now, outbox& out) {
        auto const refused = core.refuse_subscription(now, id, 480, {}, out);
        if (refused != errc::wrong_state) return refused;
        return core.end_subscription(now, id, termination_reason::deactivated, {}, {}, {}, out);
    });
}

void user_agent_state::abandon(publication_id id) {
    if (is_over) return;
    remove_mailbox(id);
    (void)command([&](now_t now, outbox& out) { return core.unpublish(now, id, out); });
}

void user_agent_state::on_event(std::function<void(event const&)> callback) {
    callback_ = callback ? std::make_shared<std::function<void(event const&)> const>(std::move(callback)) : nullptr;
}

}  // namespace sip::net::detail

// What stands behind user_agent, account and call: the core, its driver, and who waits for which event.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

#include "net/mailbox.hpp"
#include "sip/net/user_agent.hpp"

namespace sip::net::detail {

namespace asio = boost::asio;

class user_agent_state final : public std::enable_shared_from_this<user_agent_state> {
public:
    user_agent_state(asio::any_io_executor, user_agent_config, shell_config, log_sink);

    void start();
    /// Ends every wait and every socket. Idempotent.
    void shut_down();

    /// Runs on the home executor, at once if we are there.
    template <class Work>
    void at_home(Work&& work) {
        asio::dispatch(home, std::forward<Work>(work));
    }
    /// One command of the core: command([&](now_t now, outbox& out) { ... }).
    template <class Command>
    auto command(Command&& run) {
        return loop.command(std::forward<Command>(run));
    }

    // ---- waits, on the home executor
    template <class Id>
    void wait_for_event(Id id, waiting_handler<event>::handler handler) {
        auto const box = mailbox_of(id);
        if (callback_) return refuse<event>(std::move(handler), errc::wrong_state);
        if (!box) return refuse<event>(std::move(handler), errc::no_such_session);
        box->take(std::move(handler));
    }
    void wait_for_subscriber(waiting_handler<notifier>::handler);
    void wait_for_call(waiting_handler<call>::handler);
    void wait_for_request(waiting_handler<incoming_request>::handler);
    /// Registers or unregisters; `awaited` is the state that ends the wait, as failed does.
    void wait_for_registration(account_id, waiting_handler<registration_changed>::handler, registration_state awaited);
    void wait_for_change(account_id, waiting_handler<registration_changed>::handler);
    /// Runs a command that sends a request, and waits for its completion.
    template <class Command>
    void send_and_wait(Command&& run, waiting_handler<request_completed>::handler handler) {
        if (is_over) return refuse<request_completed>(std::move(handler), asio::error::operation_aborted);
        if (callback_) return refuse<request_completed>(std::move(handler), errc::wrong_state);
        // The completion may come before the command returns (no way to the target), so somebody must wait already.
        auto const box = std::make_shared<mailbox<request_completed>>(home);
        box->take(std::move(handler));
        auto const sent = command([&](now_t now, outbox& out) {
            auto made = run(core, now, out);
            if (made.has_value()) completions_.emplace(*made, box);
            return made;
        });
        if (sent.has_error()) box->abort(sent.error());
    }

    // ---- commands
    [[nodiscard]] call hold(session_id);
    [[nodiscard]] subscription hold(subscription_id);
    [[nodiscard]] notifier hold(notifier_id);
    /// Runs a command that makes a call, subscription or publication, and keeps its events from the first one on.
    template <class Handle, class Command>
    [[nodiscard]] result<Handle> follow(Command&& run) {
        // The last event may come before the command returns.
        auto const made = command([&](now_t now, outbox& out) {
            auto id = run(core, now, out);
            if (id.has_value() && !callback_) box_for(*id);
            return id;
        });
        if (made.has_error()) return made.error();
        return Handle(shared_from_this(), *made);
    }
    /// The user has let go of it: ends it, and forgets what waits for its user.
    void abandon(session_id);
    void abandon(subscription_id);
    void abandon(notifier_id);
    void abandon(publication_id);
    void on_event(std::function<void(event const&)>);

    asio::any_io_executor const home;
    environment surroundings;
    user_agent_core core;
    driver loop;
    std::atomic<bool> is_over{false};  ///< asked by handles that are destroyed on other threads

private:
    /// Of an account: what its user waits for.
    struct enrolment {
        explicit enrolment(asio::any_io_executor const& home)
            : changes(std::make_shared<mailbox<registration_changed>>(home)),
              verdict(std::make_shared<mailbox<registration_changed>>(home)) {}
        std::shared_ptr<mailbox<registration_changed>> changes;  ///< those that no verdict took
        std::shared_ptr<mailbox<registration_changed>> verdict;  ///< of async_register or async_unregister
        registration_state awaited{};
        std::optional<registration_changed> last;
    };

    /// What has happened to each object of one kind and has not been taken yet.
    template <class Id>
    using mailboxes = std::map<Id, std::shared_ptr<mailbox<event>>>;

    template <class Id>
    [[nodiscard]] std::shared_ptr<mailbox<event>> mailbox_of(Id id) const {
        auto const& all = std::get<mailboxes<Id>>(mailboxes_);
        auto const found = all.find(id);
        return found == all.end() ? nullptr : found->second;
    }
    /// A new one, in the place of one of an object that has ended.
    template <class Id>
    std::shared_ptr<mailbox<event>> box_for(Id id) {
        auto const box = std::make_shared<mailbox<event>>(home);
        std::get<mailboxes<Id>>(mailboxes_).insert_or_assign(id, box);
        return box;
    }
    /// Takes it out; nothing more will come.
    template <class Id>
    std::shared_ptr<mailbox<event>> remove_mailbox(Id id) {
        auto const box = mailbox_of(id);
        if (!box) return nullptr;
        std::get<mailboxes<Id>>(mailboxes_).erase(id);
        box->close(errc::no_such_session);
        return box;
    }

    void route(event&);
    /// An event of an object that its user may hold.
    template <class Id>
    void keep(Id, event&);
    void announce(subscription_forked const&, event&);
    void arrive(notifier_id, event&);
    void take(incoming_call&, event&);
    void take(registration_changed const&);
    void take(request_completed&);
    enrolment& enrolment_of(account_id);
    template <class Value>
    void refuse(typename waiting_handler<Value>::handler handler, error_code why) {
        waiting_handler<Value>(std::move(handler), home).complete(why, {});
    }

    std::shared_ptr<std::function<void(event const&)> const> callback_;  ///< shared: it may set another one
    std::tuple<mailboxes<session_id>, mailboxes<subscription_id>, mailboxes<notifier_id>, mailboxes<publication_id>>
        mailboxes_;
    std::shared_ptr<mailbox<call>> arrivals_;
    std::shared_ptr<mailbox<notifier>> subscribers_;
    std::shared_ptr<mailbox<incoming_request>> requests_;
    std::map<account_id, enrolment> enrolments_;
    std::map<request_id, std::shared_ptr<mailbox<request_completed>>> completions_;
};

// ---- what the handles have in common

/// Every command of a handle: `run(core, now, out)`, or errc::no_such_session where nobody is there to take it.
template <class Command>
error_code on_core(std::shared_ptr<user_agent_state> const& owner, Command&& run) {
    if (!owner || owner->is_over) return errc::no_such_session;
    return owner->command([&](now_t now, outbox& out) { return run(owner->core, now, out); });
}

/// Starts the wait for the next event, on the home executor.
template <class Id>
void wait_for_event(std::shared_ptr<user_agent_state> owner, Id id, waiting_handler<event>::handler handler) {
    if (!owner) return answer_for_nobody(std::move(handler), errc::no_such_session);
    auto& state = *owner;
    state.at_home([owner = std::move(owner), id, handler = std::move(handler)]() mutable {
        owner->wait_for_event(id, std::move(handler));
    });
}

/// The end of a handle, soon and on the home executor: it may be destroyed anywhere. Not once the user agent is gone:
/// nothing is left to end, and a handle in a coroutine that nobody resumes any more is destroyed with its io_context.
template <class Id>
void let_go(std::shared_ptr<user_agent_state> owner, Id id) noexcept {
    if (!owner || owner->is_over) return;
    auto const home = owner->home;
    asio::post(home, [owner = std::move(owner), id] { owner->abandon(id); });
}

}  // namespace sip::net::detail

// What stands behind user_agent, account and call: the core, its driver, and who waits for which event.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

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
    void wait_for_event(session_id, waiting_handler<event>::handler);
    void wait_for_event(subscription_id, waiting_handler<event>::handler);
    void wait_for_event(notifier_id, waiting_handler<event>::handler);
    void wait_for_subscriber(waiting_handler<notifier>::handler);
    void wait_for_call(waiting_handler<call>::handler);
    void wait_for_request(waiting_handler<incoming_request>::handler);
    /// Registers or unregisters; `awaited` is the state that ends the wait, as failed does.
    void wait_for_registration(account_id, waiting_handler<registration_changed>::handler, registration_state awaited);
    void wait_for_change(account_id, waiting_handler<registration_changed>::handler);
    void send_and_wait(account_id, request_options const&, waiting_handler<request_completed>::handler);

    // ---- commands
    [[nodiscard]] result<call> invite(account_id, invite_options const&);
    [[nodiscard]] result<request_id> send(account_id, request_options const&);
    [[nodiscard]] call hold(session_id);
    [[nodiscard]] subscription hold(subscription_id);
    [[nodiscard]] notifier hold(notifier_id);
    /// Runs a command that makes a subscription, and keeps its events from the first one on.
    template <class Command>
    [[nodiscard]] result<subscription> follow(Command&& run) {
        // subscription_ended may come before the command returns.
        auto const made = command([&](now_t now, outbox& out) {
            auto id = run(now, out);
            if (id.has_value() && !callback_)
                subscriptions_.insert_or_assign(*id, std::make_shared<mailbox<event>>(home));
            return id;
        });
        if (made.has_error()) return made.error();
        return subscription(shared_from_this(), *made);
    }
    /// The user has let go of a call: hangs it up, and forgets what waits for its user.
    void abandon(session_id);
    void abandon(subscription_id);
    void abandon(notifier_id);
    void on_event(std::function<void(event const&)>);

    asio::any_io_executor const home;
    environment surroundings;
    user_agent_core core;
    driver loop;
    bool is_over = false;

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

    void route(event&);
    void keep(session_id, event&);
    void keep(subscription_id, event&);
    void keep(notifier_id, event&);
    void arrive(notifier_id, event&);
    void take(incoming_call&, event&);
    void take(registration_changed const&);
    void take(request_completed&);
    enrolment& enrolment_of(account_id);
    [[nodiscard]] result<request_id> start(now_t, account_id, request_options const&, outbox&);
    template <class Value>
    void refuse(typename waiting_handler<Value>::handler, error_code);

    std::shared_ptr<std::function<void(event const&)> const> callback_;  ///< shared: it may set another one
    std::map<session_id, std::shared_ptr<mailbox<event>>> calls_;
    std::map<subscription_id, std::shared_ptr<mailbox<event>>> subscriptions_;
    std::map<notifier_id, std::shared_ptr<mailbox<event>>> notifiers_;
    std::shared_ptr<mailbox<call>> arrivals_;
    std::shared_ptr<mailbox<notifier>> subscribers_;
    std::shared_ptr<mailbox<incoming_request>> requests_;
    std::map<account_id, enrolment> enrolments_;
    std::map<request_id, std::shared_ptr<mailbox<request_completed>>> completions_;
};

}  // namespace sip::net::detail

// Subscriptions, as their user holds them: one of ours, and one of a peer's at us (or a transfer that it asks for).
// Events are taken one after the other with async_next_event(); commands take effect at once. All functions but the
// destructors and the asynchronous ones are called on the user agent's executor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>

#include "sip/ua/config.hpp"
#include "sip/ua/events.hpp"

namespace sip::net {

namespace detail {
class user_agent_state;
}

/// Move-only. A subscription that is destroyed is left. An empty one does nothing and answers every command with
/// errc::no_such_session.
class subscription final {
public:
    subscription() noexcept = default;
    subscription(subscription&&) noexcept = default;  ///< takes over the other's subscription
    /// Leaves its own subscription, and takes over the other's.
    subscription& operator=(subscription&& other) noexcept;
    ~subscription();

    /// False for one that names nothing.
    [[nodiscard]] explicit operator bool() const noexcept { return owner_ != nullptr; }
    /// Names this subscription in events.
    [[nodiscard]] subscription_id id() const noexcept { return id_; }

    /// Waits for the next event: `void(error_code, event)`. The last one is subscription_ended; afterwards:
    /// errc::no_such_session. Of a subscription_forked, user_agent::take() holds the new one. One wait at a time;
    /// another is answered errc::wrong_state. Cancellation takes nothing from the subscription.
    template <boost::asio::completion_token_for<void(error_code, event)> Token>
    auto async_next_event(Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, event)>(
            [](auto handler, std::shared_ptr<detail::user_agent_state> owner, subscription_id id) {
                start_next_event(std::move(owner), id, std::move(handler));
            },
            token, owner_, id_
        );
    }

    /// Asks for the whole state again.
    error_code refresh();
    /// Asks for the end; subscription_ended follows.
    error_code leave();

private:
    friend class detail::user_agent_state;
    subscription(std::shared_ptr<detail::user_agent_state> owner, subscription_id id) noexcept
        : owner_(std::move(owner)), id_(id) {}
    static void
        start_next_event(std::shared_ptr<detail::user_agent_state>, subscription_id, boost::asio::any_completion_handler<void(error_code, event)>);
    void let_go() noexcept;

    std::shared_ptr<detail::user_agent_state> owner_;
    subscription_id id_;
};

/// Move-only. One that is destroyed is refused with 480, or ended with reason "deactivated". An empty one does nothing
/// and answers every command with errc::no_such_session.
class notifier final {
public:
    notifier() noexcept = default;
    notifier(notifier&&) noexcept = default;  ///< takes over the other's subscriber
    notifier& operator=(notifier&& other) noexcept;  ///< ends its own subscription, and takes over the other's
    ~notifier();

    /// False for one that names nothing.
    [[nodiscard]] explicit operator bool() const noexcept { return owner_ != nullptr; }
    /// Names this subscription in events.
    [[nodiscard]] notifier_id id() const noexcept { return id_; }

    /// Waits for the next event: `void(error_code, event)`. The first one is incoming_subscription or
    /// transfer_requested, the last notifier_ended; afterwards: errc::no_such_session. One wait at a time; another is
    /// answered errc::wrong_state. Cancellation takes nothing from the subscription.
    template <boost::asio::completion_token_for<void(error_code, event)> Token>
    auto async_next_event(Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, event)>(
            [](auto handler, std::shared_ptr<detail::user_agent_state> owner, notifier_id id) {
                start_next_event(std::move(owner), id, std::move(handler));
            },
            token, owner_, id_
        );
    }

    // ---- a subscription
    /// 200, and the first NOTIFY.
    error_code accept(subscription_phase, std::string_view content_type = {}, std::string_view body = {});
    /// A new state, or a new phase. As user_agent_core::notify().
    error_code notify(subscription_phase, std::string_view content_type, std::string_view body);
    /// The last NOTIFY. `retry_after`: seconds, for probation and giveup.
    error_code end(
        termination_reason, std::optional<std::uint32_t> retry_after = {}, std::string_view content_type = {},
        std::string_view body = {}
    );
    // ---- a transfer
    /// 202, and the first report. Both happen by themselves after half the life of a request; refuse() is then the last
    /// report.
    error_code accept_transfer();
    /// What the new request was answered with; a final status ends it.
    error_code report(std::uint16_t status, std::string_view reason = {});
    // ---- both
    /// 300 to 699; as user_agent_core::refuse_subscription().
    error_code refuse(std::uint16_t status, std::span<extra_header const> headers = {});

private:
    friend class detail::user_agent_state;
    notifier(std::shared_ptr<detail::user_agent_state> owner, notifier_id id) noexcept
        : owner_(std::move(owner)), id_(id) {}
    static void
        start_next_event(std::shared_ptr<detail::user_agent_state>, notifier_id, boost::asio::any_completion_handler<void(error_code, event)>);
    void let_go() noexcept;

    std::shared_ptr<detail::user_agent_state> owner_;
    notifier_id id_;
};

}  // namespace sip::net

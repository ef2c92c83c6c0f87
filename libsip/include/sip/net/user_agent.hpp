// The user agent with its sockets: what a program that makes and takes calls starts with.
//
//     sip::net::user_agent phone(io.get_executor());
//     phone.listen({address, 5060, sip::transport_kind::udp});
//     auto line = phone.add_account(settings);
//     auto call = co_await line->async_invite(options, use_awaitable);
//
// Two ways to hear of things, over the same core: asynchronous operations with any completion token, or one callback
// for all events. Everything runs on one executor that runs one thing at a time; asynchronous operations may be started
// anywhere, and complete on their handler's executor. What an event carries is copied where that is another one.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include "sip/log.hpp"
#include "sip/net/account.hpp"
#include "sip/net/call.hpp"
#include "sip/net/config.hpp"
#include "sip/net/driver.hpp"
#include "sip/net/subscription.hpp"
#include "sip/net/trace.hpp"
#include "sip/ua/config.hpp"
#include "sip/ua/core.hpp"

namespace sip::net {

/// Accounts and calls with their sockets, on one executor.
class user_agent final {
public:
    /// Opens nothing yet: see listen().
    explicit user_agent(boost::asio::any_io_executor, user_agent_config = {}, shell_config = {}, log_sink = {});
    user_agent(user_agent const&) = delete;
    user_agent& operator=(user_agent const&) = delete;
    /// Closes every socket at once; operations that wait complete with operation_aborted. Who wants to part politely
    /// hangs up and unregisters first.
    ~user_agent();

    /// As driver::listen().
    [[nodiscard]] result<endpoint> listen(endpoint const& local, ip_address const& towards = {});
    /// errc::invalid_argument with a sentence in `why` where a URI or name cannot be used.
    [[nodiscard]] result<account> add_account(account_config, std::string* why = nullptr);
    void on_message(message_trace);  ///< Shows every message on the wire from now on; an empty function ends that.

    /// Waits for the next incoming call: `void(error_code, call)`. Until it is accepted a call waits, unanswered; one
    /// whose caller gives up meanwhile is not accepted any more. One wait at a time.
    template <boost::asio::completion_token_for<void(error_code, call)> Token>
    auto async_accept(Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, call)>(
            [](auto handler, std::shared_ptr<detail::user_agent_state> state) {
                start_accept(std::move(state), std::move(handler));
            },
            token, state_
        );
    }
    /// Waits for the next request that the user agent does not answer by itself: `void(error_code, incoming_request)`.
    /// It is answered with respond().
    template <boost::asio::completion_token_for<void(error_code, incoming_request)> Token>
    auto async_next_request(Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, incoming_request)>(
            [](auto handler, std::shared_ptr<detail::user_agent_state> state) {
                start_next_request(std::move(state), std::move(handler));
            },
            token, state_
        );
    }

    /// Waits for the next subscription of a peer, or transfer that one asks for: `void(error_code, notifier)`. The
    /// first event of it tells which. One wait at a time.
    template <boost::asio::completion_token_for<void(error_code, notifier)> Token>
    auto async_next_subscriber(Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, notifier)>(
            [](auto handler, std::shared_ptr<detail::user_agent_state> state) {
                start_next_subscriber(std::move(state), std::move(handler));
            },
            token, state_
        );
    }

    /// The other way: from now on every event goes to this function, and nothing is kept for operations, which are
    /// answered errc::wrong_state. It may do everything, destroying the user agent included; it must not throw.
    void on_event(std::function<void(event const&)>);
    /// Holds the call that an event names, usually an incoming_call.
    [[nodiscard]] call take(session_id);
    /// The same for what an incoming_subscription or transfer_requested names, and for a subscription_forked.
    [[nodiscard]] notifier take(notifier_id);
    [[nodiscard]] subscription take(subscription_id);  ///< as above, for a subscription_forked

    /// Answers an incoming_request. As user_agent_core::respond().
    error_code respond(
        request_id, std::uint16_t status, std::span<extra_header const> headers = {},
        std::string_view content_type = {}, std::string_view body = {}
    );

    [[nodiscard]] boost::asio::any_io_executor get_executor() const noexcept;  ///< where everything runs
    // ---- metrics
    /// Messages, connections, drops.
    [[nodiscard]] driver::counters count() const noexcept;
    /// Messages by direction, transport, method and status.
    [[nodiscard]] traffic_table const& traffic() const noexcept;
    /// Retransmissions and time-outs by method.
    [[nodiscard]] transaction_counter_table const& transaction_counts() const noexcept;
    /// What lives now.
    [[nodiscard]] user_agent_core::counts live() const noexcept;

private:
    static void
        start_accept(std::shared_ptr<detail::user_agent_state>, boost::asio::any_completion_handler<void(error_code, call)>);
    static void
        start_next_request(std::shared_ptr<detail::user_agent_state>, boost::asio::any_completion_handler<void(error_code, incoming_request)>);
    static void
        start_next_subscriber(std::shared_ptr<detail::user_agent_state>, boost::asio::any_completion_handler<void(error_code, notifier)>);

    std::shared_ptr<detail::user_agent_state> state_;
};

}  // namespace sip::net

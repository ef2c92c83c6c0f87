// One account of a user agent: registers, calls, and sends single requests. A cheap value that names the account;
// copies name the same one. Functions that are not asynchronous are called on the user agent's executor.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>

#include "sip/net/call.hpp"
#include "sip/net/publication.hpp"
#include "sip/net/subscription.hpp"
#include "sip/ua/config.hpp"
#include "sip/ua/events.hpp"

namespace sip::net {

/// A request outside a dialog: OPTIONS, MESSAGE ... It has a constructor, since g++ 12 destroys aggregate temporaries
/// twice inside a co_await expression.
class request_options {
public:
    /// A request of this method to a URI.
    request_options(sip::method of, std::string target_uri) : method(of), target(std::move(target_uri)) {}
    /// Adds a header that the user agent does not write itself.
    request_options& with_header(std::string name, std::string value) & {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    /// Sets the body and its Content-Type.
    request_options& with_body(std::string type, std::string text) & {
        content_type = std::move(type);
        body = std::move(text);
        return *this;
    }

    sip::method method;                 ///< not one of a dialog: no INVITE, ACK, BYE, CANCEL
    std::string target;                 ///< "sip:1002@example.com"
    std::vector<extra_header> headers;  ///< see with_header()
    /// See with_body(); empty: no body.
    std::string content_type, body;     ///< empty: no body
};

/// A copyable name of one account. An empty one answers every command with errc::no_such_account.
class account final {
public:
    account() noexcept = default;
    /// Names this account in events.
    [[nodiscard]] account_id id() const noexcept { return id_; }

    /// Registers, and completes with the first verdict: `void(error_code, registration_changed)`, whose state is
    /// registered or failed. A refusal is a verdict, not an error. The registration is then kept fresh until
    /// async_unregister(). Cancellation stops the wait, not the registration. One wait at a time; another is answered
    /// errc::wrong_state.
    template <boost::asio::completion_token_for<void(error_code, registration_changed)> Token>
    auto async_register(Token&& token) {
        return initiate(std::forward<Token>(token), wanted::registered);
    }
    /// Removes the binding; completes with unregistered or failed.
    template <boost::asio::completion_token_for<void(error_code, registration_changed)> Token>
    auto async_unregister(Token&& token) {
        return initiate(std::forward<Token>(token), wanted::unregistered);
    }
    /// Waits for the next change that no other wait takes: a registration that is lost, or comes back.
    template <boost::asio::completion_token_for<void(error_code, registration_changed)> Token>
    auto async_next_change(Token&& token) {
        return initiate(std::forward<Token>(token), wanted::any);
    }

    /// Sends an INVITE: `void(error_code, call)`. Completes at once; the call's events tell the rest.
    template <boost::asio::completion_token_for<void(error_code, call)> Token>
    auto async_invite(invite_options options, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, call)>(
            [](auto handler, account self, invite_options what) {
                self.start_invite(std::move(what), std::move(handler));
            },
            token, *this, std::move(options)
        );
    }

    /// Sends a SUBSCRIBE: `void(error_code, subscription)`. Completes at once; the subscription's events tell the rest.
    template <boost::asio::completion_token_for<void(error_code, subscription)> Token>
    auto async_subscribe(subscribe_options options, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, subscription)>(
            [](auto handler, account self, subscribe_options what) {
                self.start_subscribe(std::move(what), std::move(handler));
            },
            token, *this, std::move(options)
        );
    }

    /// Sends one request and waits for its final response: `void(error_code, request_completed)`. A failure response is
    /// no error. Cancellation stops the wait.
    template <boost::asio::completion_token_for<void(error_code, request_completed)> Token>
    auto async_request(request_options options, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, request_completed)>(
            [](auto handler, account self, request_options what) {
                self.start_request(std::move(what), std::move(handler));
            },
            token, *this, std::move(options)
        );
    }

    /// Publishes state and keeps it fresh (RFC 3903): `void(error_code, publication)`. Completes at once; the
    /// publication's events tell the rest.
    template <boost::asio::completion_token_for<void(error_code, publication)> Token>
    auto async_publish(publish_options options, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, publication)>(
            [](auto handler, account self, publish_options what) {
                self.start_publish(std::move(what), std::move(handler));
            },
            token, *this, std::move(options)
        );
    }

    // ---- without waiting: what the asynchronous functions above start
    /// Starts to register, as user_agent_core::register_account().
    error_code start_registering();
    /// Removes the binding, as user_agent_core::unregister_account().
    error_code stop_registering();
    /// Sends an INVITE.
    [[nodiscard]] result<call> invite(invite_options const&);
    /// Sends one request; its request_completed is an event for on_event().
    [[nodiscard]] result<request_id> request(request_options const&);
    /// Sends a SUBSCRIBE.
    [[nodiscard]] result<subscription> subscribe(subscribe_options const&);
    /// Sends a PUBLISH.
    [[nodiscard]] result<publication> publish(publish_options const&);
    /// A REFER outside of a call.
    [[nodiscard]] result<subscription> refer(std::string_view target, refer_options const&);

    /// Other settings from the next request on; the registration stays. errc::invalid_argument with a sentence in
    /// `why` where a URI or name cannot be used; then all stays as it was.
    error_code update(account_config, std::string* why = nullptr);

private:
    friend class detail::user_agent_state;
    friend class user_agent;
    enum class wanted : std::uint8_t { registered, unregistered, any };
    account(std::shared_ptr<detail::user_agent_state> owner, account_id id) noexcept
        : owner_(std::move(owner)), id_(id) {}

    template <class Token>
    auto initiate(Token&& token, wanted what) {
        return boost::asio::async_initiate<Token, void(error_code, registration_changed)>(
            [](auto handler, account self, wanted which) { self.start_wait(which, std::move(handler)); }, token, *this,
            what
        );
    }
    void start_wait(wanted, boost::asio::any_completion_handler<void(error_code, registration_changed)>);
    void start_invite(invite_options, boost::asio::any_completion_handler<void(error_code, call)>);
    void start_subscribe(subscribe_options, boost::asio::any_completion_handler<void(error_code, subscription)>);
    void start_publish(publish_options, boost::asio::any_completion_handler<void(error_code, publication)>);
    void start_request(request_options, boost::asio::any_completion_handler<void(error_code, request_completed)>);

    std::shared_ptr<detail::user_agent_state> owner_;
    account_id id_;
};

}  // namespace sip::net

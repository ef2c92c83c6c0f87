// One call, as its user holds it. Events are taken one after the other with async_next_event(); commands take effect at
// once. All functions but the destructor and the asynchronous ones are called on the user agent's executor.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>

#include "sip/net/subscription.hpp"
#include "sip/ua/config.hpp"
#include "sip/ua/core.hpp"
#include "sip/ua/events.hpp"
#include "sip/ua/refer_options.hpp"

namespace sip::net {

namespace detail {
class user_agent_state;
}

/// A request inside a call: INFO, MESSAGE ... It has a constructor, since g++ 12 destroys aggregate temporaries twice
/// inside a co_await expression.
class call_request_options {
public:
    /// A request of this method.
    explicit call_request_options(sip::method of) : method(of) {}
    /// Adds a header that the user agent does not write itself: Info-Package (RFC 6086).
    call_request_options& with_header(std::string name, std::string value) & {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    /// Sets the body and its Content-Type.
    call_request_options& with_body(std::string type, std::string text) & {
        content_type = std::move(type);
        body = std::move(text);
        return *this;
    }

    sip::method method;                 ///< not one that makes or ends a call
    std::vector<extra_header> headers;  ///< see with_header()
    std::string content_type, body;     ///< empty: no body
};

/// Move-only. A call that is destroyed is hung up. An empty one (default-constructed, moved-from) does nothing and
/// answers every command with errc::no_such_session.
class call final {
public:
    call() noexcept = default;
    call(call&&) noexcept = default;         ///< takes over the other's call
    call& operator=(call&& other) noexcept;  ///< hangs up its own call, and takes over the other's
    ~call();

    /// False for one that names nothing.
    [[nodiscard]] explicit operator bool() const noexcept { return owner_ != nullptr; }
    /// Names this call in events.
    [[nodiscard]] session_id id() const noexcept { return id_; }

    /// Waits for the next event of this call: `void(error_code, event)`. The first event of an accepted call is its
    /// incoming_call, the last of every call is call_ended. Afterwards: errc::no_such_session. One wait at a time;
    /// another is answered errc::wrong_state. Cancellation takes nothing from the call.
    template <boost::asio::completion_token_for<void(error_code, event)> Token>
    auto async_next_event(Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, event)>(
            [](auto handler, std::shared_ptr<detail::user_agent_state> owner, session_id id) {
                start_next_event(std::move(owner), id, std::move(handler));
            },
            token, owner_, id_
        );
    }

    // ---- as callee
    /// 180, or another status from 101 to 199, with a description for early media if one is given. As
    /// user_agent_core::ring().
    error_code ring(std::uint16_t status = 180, std::string_view description = {});
    /// 200, with our answer or our offer. As user_agent_core::answer().
    error_code answer(std::string_view description);
    /// A final status from 300 to 699. As user_agent_core::reject().
    error_code reject(std::uint16_t status, std::string_view reason = {}, std::span<extra_header const> headers = {});

    // ---- both sides
    /// Ends the call whatever its state; call_ended follows. `reason`: a Reason header value (RFC 3326), or empty.
    error_code hang_up(std::string_view reason = {});
    /// Offers a new session. As user_agent_core::reoffer().
    error_code reoffer(std::string_view description, offer_options const& how = {});
    /// Answers a remote_offer. As user_agent_core::answer_offer().
    error_code answer_offer(std::string_view description, std::uint32_t fork = 0);
    /// Refuses a remote_offer; the session stays as it was. As user_agent_core::refuse_offer().
    error_code refuse_offer(std::uint16_t status = 488, std::uint32_t fork = 0, std::string_view formal_answer = {});
    /// Asks the peer to call somebody else (RFC 3515); the subscription's events tell what becomes of it.
    [[nodiscard]] result<subscription> refer(refer_options const&);
    /// As user_agent_core::set_identity().
    error_code set_identity(std::string_view address);
    /// As user_agent_core::identity(): what names this call for a Replaces elsewhere. refer_options::replacing() takes
    /// the call's id() instead.
    [[nodiscard]] std::optional<dialog_identity> identity() const;

    /// Sends a request inside the call and waits for its final response: `void(error_code, request_completed)`. A
    /// failure response is no error. Cancellation stops the wait.
    template <boost::asio::completion_token_for<void(error_code, request_completed)> Token>
    auto async_request(call_request_options options, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, request_completed)>(
            [](auto handler, std::shared_ptr<detail::user_agent_state> owner, session_id id,
               call_request_options what) { start_request(std::move(owner), id, std::move(what), std::move(handler)); },
            token, owner_, id_, std::move(options)
        );
    }
    /// The same without waiting; its request_completed is an event for on_event().
    [[nodiscard]] result<request_id> request(call_request_options const&);

private:
    friend class detail::user_agent_state;
    call(std::shared_ptr<detail::user_agent_state> owner, session_id id) noexcept : owner_(std::move(owner)), id_(id) {}
    static void
        start_next_event(std::shared_ptr<detail::user_agent_state>, session_id, boost::asio::any_completion_handler<void(error_code, event)>);
    static void
        start_request(std::shared_ptr<detail::user_agent_state>, session_id, call_request_options, boost::asio::any_completion_handler<void(error_code, request_completed)>);
    void let_go() noexcept;

    std::shared_ptr<detail::user_agent_state> owner_;
    session_id id_;
};

}  // namespace sip::net

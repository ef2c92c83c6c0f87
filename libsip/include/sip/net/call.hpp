// One call, as its user holds it. Events are taken one after the other with async_next_event(); commands take effect at
// once. All functions but the destructor and the asynchronous ones are called on the user agent's executor.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>

#include "sip/net/subscription.hpp"
#include "sip/ua/config.hpp"
#include "sip/ua/events.hpp"
#include "sip/ua/refer_options.hpp"

namespace sip::net {

namespace detail {
class user_agent_state;
}

/// Move-only. A call that is destroyed is hung up. An empty one (default-constructed, moved-from) does nothing and
/// answers every command with errc::no_such_session.
class call final {
public:
    call() noexcept = default;
    call(call&&) noexcept = default;
    call& operator=(call&& other) noexcept;
    ~call();

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
    /// 180, or another status from 101 to 199, with a description for early media if one is given.
    error_code ring(std::uint16_t status = 180, std::string_view description = {});
    error_code answer(std::string_view description);
    error_code reject(std::uint16_t status, std::string_view reason = {}, std::span<extra_header const> headers = {});

    // ---- both sides
    /// Ends the call whatever its state; call_ended follows. `reason`: a Reason header value (RFC 3326), or empty.
    error_code hang_up(std::string_view reason = {});
    /// As user_agent_core::reoffer(), answer_offer(), refuse_offer().
    error_code reoffer(std::string_view description, offer_options const& how = {});
    error_code answer_offer(std::string_view description, std::uint32_t fork = 0);
    error_code refuse_offer(std::uint16_t status = 488, std::uint32_t fork = 0);
    /// A request inside the call; its request_completed is an event for on_event().
    /// Asks the peer to call somebody else (RFC 3515); the subscription's events tell what becomes of it.
    [[nodiscard]] result<subscription> refer(refer_options const&);
    [[nodiscard]] result<request_id> request(method, std::string_view content_type, std::string_view body);

private:
    friend class detail::user_agent_state;
    call(std::shared_ptr<detail::user_agent_state> owner, session_id id) noexcept : owner_(std::move(owner)), id_(id) {}
    static void
        start_next_event(std::shared_ptr<detail::user_agent_state>, session_id, boost::asio::any_completion_handler<void(error_code, event)>);
    void let_go() noexcept;

    std::shared_ptr<detail::user_agent_state> owner_;
    session_id id_;
};

}  // namespace sip::net

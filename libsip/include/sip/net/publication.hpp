// State that we publish (RFC 3903), as its user holds it. All functions but the destructor and the asynchronous ones
// are called on the user agent's executor.
#pragma once

#include <memory>
#include <string_view>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>

#include "sip/ua/events.hpp"

namespace sip::net {

namespace detail {
class user_agent_state;
}

/// Move-only. A publication that is destroyed is removed at the server. An empty one does nothing and answers every
/// command with errc::no_such_session.
class publication final {
public:
    publication() noexcept = default;
    publication(publication&&) noexcept = default;  ///< takes over the other's publication
    publication& operator=(publication&& other) noexcept;  ///< removes its own state, and takes over the other's
    ~publication();

    /// False for one that names nothing.
    [[nodiscard]] explicit operator bool() const noexcept { return owner_ != nullptr; }
    /// Names this publication in events.
    [[nodiscard]] publication_id id() const noexcept { return id_; }

    /// Waits for the next publication_changed: `void(error_code, event)`. The last one has the state `ended`;
    /// afterwards: errc::no_such_session. One wait at a time; another is answered errc::wrong_state. Cancellation takes
    /// nothing from the publication.
    template <boost::asio::completion_token_for<void(error_code, event)> Token>
    auto async_next_event(Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, event)>(
            [](auto handler, std::shared_ptr<detail::user_agent_state> owner, publication_id id) {
                start_next_event(std::move(owner), id, std::move(handler));
            },
            token, owner_, id_
        );
    }

    /// New state in the place of the old one.
    error_code modify(std::string_view content_type, std::string_view body);
    /// Removes the state at the server; the last publication_changed follows.
    error_code remove();

private:
    friend class detail::user_agent_state;
    publication(std::shared_ptr<detail::user_agent_state> owner, publication_id id) noexcept
        : owner_(std::move(owner)), id_(id) {}
    static void
        start_next_event(std::shared_ptr<detail::user_agent_state>, publication_id, boost::asio::any_completion_handler<void(error_code, event)>);
    void let_go() noexcept;

    std::shared_ptr<detail::user_agent_state> owner_;
    publication_id id_;
};

}  // namespace sip::net

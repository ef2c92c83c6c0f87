#include "sip/net/call.hpp"

#include "net/user_agent_state.hpp"

namespace sip::net {

call& call::operator=(call&& other) noexcept {
    if (this == &other) return *this;
    let_go();
    owner_ = std::move(other.owner_);
    id_ = other.id_;
    return *this;
}

call::~call() {
    let_go();
}

void call::let_go() noexcept {
    detail::let_go(std::move(owner_), id_);
}

void call::start_next_event(
    std::shared_ptr<detail::user_agent_state> owner, session_id id,
    boost::asio::any_completion_handler<void(error_code, event)> handler
) {
    detail::wait_for_event(std::move(owner), id, std::move(handler));
}

void call::start_request(
    std::shared_ptr<detail::user_agent_state> owner, session_id id, call_request_options options,
    boost::asio::any_completion_handler<void(error_code, request_completed)> handler
) {
    if (!owner) return answer_for_nobody(std::move(handler), errc::no_such_session);
    auto& state = *owner;
    state.at_home([owner = std::move(owner), id, options = std::move(options), handler = std::move(handler)]() mutable {
        owner->send_and_wait(
            [&](user_agent_core& core, now_t now, outbox& out) {
                return core.request_in_call(
                    now, id, options.method, options.content_type, options.body, out, options.headers
                );
            },
            std::move(handler)
        );
    });
}

error_code call::ring(std::uint16_t status, std::string_view description) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.ring(now, id_, status, description, out);
    });
}

error_code call::answer(std::string_view description) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.answer(now, id_, description, out);
    });
}

error_code call::reject(std::uint16_t status, std::string_view reason, std::span<extra_header const> headers) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.reject(now, id_, status, reason, headers, out);
    });
}

error_code call::hang_up(std::string_view reason) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.hang_up(now, id_, reason, out);
    });
}

error_code call::reoffer(std::string_view description, offer_options const& how) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.reoffer(now, id_, description, out, how);
    });
}

error_code call::answer_offer(std::string_view description, std::uint32_t fork) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.answer_offer(now, id_, description, out, fork);
    });
}

error_code call::refuse_offer(std::uint16_t status, std::uint32_t fork, std::string_view formal_answer) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.refuse_offer(now, id_, status, out, fork, formal_answer);
    });
}

result<subscription> call::refer(refer_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_session;
    return owner_->follow<subscription>([&](user_agent_core& core, now_t now, outbox& out) {
        return core.refer(now, id_, options, out);
    });
}

result<request_id> call::request(call_request_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_session;
    return owner_->command([&](now_t now, outbox& out) {
        return owner_->core.request_in_call(
            now, id_, options.method, options.content_type, options.body, out, options.headers
        );
    });
}

std::optional<dialog_identity> call::identity() const {
    if (!owner_ || owner_->is_over) return std::nullopt;
    return owner_->core.identity(id_);
}

error_code call::set_identity(std::string_view address) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.set_identity(now, id_, address, out);
    });
}

}  // namespace sip::net

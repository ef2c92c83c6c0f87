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
    if (!owner_) return;
    auto const home = owner_->home;
    boost::asio::post(home, [owner = std::move(owner_), id = id_] { owner->abandon(id); });
}

void call::start_next_event(
    std::shared_ptr<detail::user_agent_state> owner, session_id id,
    boost::asio::any_completion_handler<void(error_code, event)> handler
) {
    if (!owner) return answer_for_nobody(std::move(handler), errc::no_such_session);
    auto& state = *owner;
    state.at_home([owner = std::move(owner), id, handler = std::move(handler)]() mutable {
        owner->wait_for_event(id, std::move(handler));
    });
}

namespace {
/// Every command of a call: errc::no_such_session where there is none.
template <class Command>
error_code on_core(std::shared_ptr<detail::user_agent_state> const& owner, Command&& run) {
    if (!owner || owner->is_over) return errc::no_such_session;
    return owner->command([&](now_t now, outbox& out) { return run(owner->core, now, out); });
}
}  // namespace

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

error_code call::refuse_offer(std::uint16_t status, std::uint32_t fork) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.refuse_offer(now, id_, status, out, fork);
    });
}

result<subscription> call::refer(refer_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_session;
    return owner_->follow([&](now_t now, outbox& out) { return owner_->core.refer(now, id_, options, out); });
}

result<request_id> call::request(method what, std::string_view content_type, std::string_view body) {
    if (!owner_ || owner_->is_over) return errc::no_such_session;
    return owner_->command([&](now_t now, outbox& out) {
        return owner_->core.request_in_call(now, id_, what, content_type, body, out);
    });
}

}  // namespace sip::net

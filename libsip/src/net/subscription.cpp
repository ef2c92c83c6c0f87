#include "sip/net/subscription.hpp"

#include "net/user_agent_state.hpp"

namespace sip::net {

// ---- ours

subscription& subscription::operator=(subscription&& other) noexcept {
    if (this == &other) return *this;
    let_go();
    owner_ = std::move(other.owner_);
    id_ = other.id_;
    return *this;
}
subscription::~subscription() {
    let_go();
}
void subscription::let_go() noexcept {
    detail::let_go(std::move(owner_), id_);
}
void subscription::start_next_event(
    std::shared_ptr<detail::user_agent_state> owner, subscription_id id,
    boost::asio::any_completion_handler<void(error_code, event)> handler
) {
    detail::wait_for_event(std::move(owner), id, std::move(handler));
}

error_code subscription::refresh() {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.refresh_subscription(now, id_, out);
    });
}
error_code subscription::leave() {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.unsubscribe(now, id_, out);
    });
}

// ---- the peer's

notifier& notifier::operator=(notifier&& other) noexcept {
    if (this == &other) return *this;
    let_go();
    owner_ = std::move(other.owner_);
    id_ = other.id_;
    return *this;
}
notifier::~notifier() {
    let_go();
}
void notifier::let_go() noexcept {
    detail::let_go(std::move(owner_), id_);
}
void notifier::start_next_event(
    std::shared_ptr<detail::user_agent_state> owner, notifier_id id,
    boost::asio::any_completion_handler<void(error_code, event)> handler
) {
    detail::wait_for_event(std::move(owner), id, std::move(handler));
}

error_code notifier::accept(subscription_phase phase, std::string_view content_type, std::string_view body) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.accept_subscription(now, id_, phase, content_type, body, out);
    });
}
error_code notifier::notify(subscription_phase phase, std::string_view content_type, std::string_view body) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.notify(now, id_, phase, content_type, body, out);
    });
}
error_code notifier::end(
    termination_reason why, std::optional<std::uint32_t> retry_after, std::string_view content_type,
    std::string_view body
) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.end_subscription(now, id_, why, retry_after, content_type, body, out);
    });
}
error_code notifier::accept_transfer() {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.accept_transfer(now, id_, out);
    });
}
error_code notifier::report(std::uint16_t status, std::string_view reason) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.report_transfer(now, id_, status, reason, out);
    });
}
error_code notifier::refuse(std::uint16_t status, std::span<extra_header const> headers) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.refuse_subscription(now, id_, status, headers, out);
    });
}

}  // namespace sip::net

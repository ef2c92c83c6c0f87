#include "sip/net/user_agent.hpp"

#include "net/user_agent_state.hpp"

namespace sip::net {

user_agent::user_agent(
    boost::asio::any_io_executor executor, user_agent_config config, shell_config shell, log_sink log
)
    : state_(std::make_shared<detail::user_agent_state>(std::move(executor), std::move(config), std::move(shell), log)
      ) {
    state_->start();
}

user_agent::~user_agent() {
    state_->shut_down();
}

result<endpoint> user_agent::listen(endpoint const& local, ip_address const& towards) {
    return state_->loop.listen(local, towards);
}

result<account> user_agent::add_account(account_config config, std::string* why) {
    auto const added = state_->core.add_account(std::move(config), why);
    if (!added) return added.error();
    return account(state_, *added);
}

void user_agent::on_message(message_trace trace) {
    state_->loop.on_message(std::move(trace));
}

void user_agent::on_event(std::function<void(event const&)> callback) {
    state_->on_event(std::move(callback));
}

call user_agent::take(session_id id) {
    return state_->hold(id);
}

notifier user_agent::take(notifier_id id) {
    return state_->hold(id);
}

subscription user_agent::take(subscription_id id) {
    return state_->hold(id);
}

error_code user_agent::respond(
    request_id id, std::uint16_t status, std::span<extra_header const> headers, std::string_view content_type,
    std::string_view body
) {
    return state_->command([&](now_t now, outbox& out) {
        return state_->core.respond(now, id, status, headers, content_type, body, out);
    });
}

boost::asio::any_io_executor user_agent::get_executor() const noexcept {
    return state_->home;
}

driver::counters user_agent::count() const noexcept {
    return state_->loop.count();
}

traffic_table const& user_agent::traffic() const noexcept {
    return state_->loop.traffic();
}

transaction_counter_table const& user_agent::transaction_counts() const noexcept {
    return state_->core.transaction_counts();
}

user_agent_core::counts user_agent::live() const noexcept {
    return state_->core.live();
}

void user_agent::start_accept(
    std::shared_ptr<detail::user_agent_state> state, boost::asio::any_completion_handler<void(error_code, call)> handler
) {
    auto& home = *state;
    home.at_home([state = std::move(state), handler = std::move(handler)]() mutable {
        state->wait_for_call(std::move(handler));
    });
}

void user_agent::start_next_subscriber(
    std::shared_ptr<detail::user_agent_state> state,
    boost::asio::any_completion_handler<void(error_code, notifier)> handler
) {
    auto& home = *state;
    home.at_home([state = std::move(state), handler = std::move(handler)]() mutable {
        state->wait_for_subscriber(std::move(handler));
    });
}

void user_agent::start_next_request(
    std::shared_ptr<detail::user_agent_state> state,
    boost::asio::any_completion_handler<void(error_code, incoming_request)> handler
) {
    auto& home = *state;
    home.at_home([state = std::move(state), handler = std::move(handler)]() mutable {
        state->wait_for_request(std::move(handler));
    });
}

}  // namespace sip::net

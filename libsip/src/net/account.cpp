#include "sip/net/account.hpp"

#include <boost/asio/error.hpp>

#include "net/user_agent_state.hpp"

namespace sip::net {

namespace {

/// Runs `work(state, handler)` at home; an account that names nothing is answered at once.
template <class Value, class Work>
void begin(
    std::shared_ptr<detail::user_agent_state> owner,
    boost::asio::any_completion_handler<void(error_code, Value)> handler, Work work
) {
    if (!owner) return answer_for_nobody(std::move(handler), errc::no_such_account);
    auto& state = *owner;
    state.at_home([owner = std::move(owner), handler = std::move(handler), work = std::move(work)]() mutable {
        work(*owner, std::move(handler));
    });
}

template <class Value>
void answer(
    detail::user_agent_state& state, boost::asio::any_completion_handler<void(error_code, Value)> handler,
    error_code error, Value value
) {
    waiting_handler<Value>(std::move(handler), state.home).complete(error, std::move(value));
}

}  // namespace

void account::start_wait(
    wanted what, boost::asio::any_completion_handler<void(error_code, registration_changed)> handler
) {
    begin<registration_changed>(
        owner_, std::move(handler),
        [id = id_, what](detail::user_agent_state& state, auto waiting) {
            switch (what) {
                case wanted::registered:
                    return state.wait_for_registration(id, std::move(waiting), registration_state::registered);
                case wanted::unregistered:
                    return state.wait_for_registration(id, std::move(waiting), registration_state::unregistered);
                case wanted::any:
                    return state.wait_for_change(id, std::move(waiting));
            }
        }
    );
}

void account::start_invite(
    invite_options options, boost::asio::any_completion_handler<void(error_code, call)> handler
) {
    begin<call>(
        owner_, std::move(handler),
        [self = *this, options = std::move(options)](detail::user_agent_state& state, auto waiting) mutable {
            auto made = self.invite(options);
            if (made.has_value())
                answer<call>(state, std::move(waiting), {}, std::move(*made));
            else
                answer<call>(state, std::move(waiting), made.error(), {});
        }
    );
}

void account::start_subscribe(
    subscribe_options options, boost::asio::any_completion_handler<void(error_code, subscription)> handler
) {
    begin<subscription>(
        owner_, std::move(handler),
        [self = *this, options = std::move(options)](detail::user_agent_state& state, auto waiting) mutable {
            auto made = self.subscribe(options);
            if (made.has_value())
                answer<subscription>(state, std::move(waiting), {}, std::move(*made));
            else
                answer<subscription>(state, std::move(waiting), made.error(), {});
        }
    );
}

void account::start_request(
    request_options options, boost::asio::any_completion_handler<void(error_code, request_completed)> handler
) {
    begin<request_completed>(
        owner_, std::move(handler),
        [self = *this, options = std::move(options)](detail::user_agent_state& state, auto waiting) mutable {
            state.send_and_wait(self.id_, options, std::move(waiting));
        }
    );
}

error_code account::start_registering() {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->command([&](now_t now, outbox& out) { return owner_->core.register_account(now, id_, out); });
}

error_code account::stop_registering() {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->command([&](now_t now, outbox& out) { return owner_->core.unregister_account(now, id_, out); });
}

result<call> account::invite(invite_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->invite(id_, options);
}

result<subscription> account::subscribe(subscribe_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->follow([&](now_t now, outbox& out) { return owner_->core.subscribe(now, id_, options, out); });
}

result<publication_id> account::publish(publish_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->command([&](now_t now, outbox& out) { return owner_->core.publish(now, id_, options, out); });
}

error_code account::modify(publication_id id, std::string_view content_type, std::string_view body) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->command([&](now_t now, outbox& out) {
        return owner_->core.modify_publication(now, id, content_type, body, out);
    });
}

error_code account::unpublish(publication_id id) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->command([&](now_t now, outbox& out) { return owner_->core.unpublish(now, id, out); });
}

result<subscription> account::refer(std::string_view target, refer_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->follow([&](now_t now, outbox& out) { return owner_->core.refer_to(now, id_, target, options, out); }
    );
}

result<request_id> account::request(request_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->send(id_, options);
}

}  // namespace sip::net

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

/// Answers with the handle that `command` makes, or with its error.
template <class Handle, class Command>
void make(
    std::shared_ptr<detail::user_agent_state> owner,
    boost::asio::any_completion_handler<void(error_code, Handle)> handler, Command command
) {
    begin<Handle>(
        std::move(owner), std::move(handler),
        [command = std::move(command)](detail::user_agent_state& state, auto waiting) mutable {
            auto made = command();
            waiting_handler<Handle> answer(std::move(waiting), state.home);
            if (made.has_value())
                std::move(answer).complete({}, std::move(*made));
            else
                std::move(answer).complete(made.error(), {});
        }
    );
}

result<request_id> send(user_agent_core& core, now_t now, account_id id, request_options const& options, outbox& out) {
    return core.send_request(
        now, id, options.method, options.target, options.headers, options.content_type, options.body, out
    );
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
    make<call>(owner_, std::move(handler), [self = *this, options = std::move(options)]() mutable {
        return self.invite(options);
    });
}

void account::start_subscribe(
    subscribe_options options, boost::asio::any_completion_handler<void(error_code, subscription)> handler
) {
    make<subscription>(owner_, std::move(handler), [self = *this, options = std::move(options)]() mutable {
        return self.subscribe(options);
    });
}

void account::start_publish(
    publish_options options, boost::asio::any_completion_handler<void(error_code, publication)> handler
) {
    make<publication>(owner_, std::move(handler), [self = *this, options = std::move(options)]() mutable {
        return self.publish(options);
    });
}

void account::start_request(
    request_options options, boost::asio::any_completion_handler<void(error_code, request_completed)> handler
) {
    begin<request_completed>(
        owner_, std::move(handler),
        [id = id_, options = std::move(options)](detail::user_agent_state& state, auto waiting) mutable {
            state.send_and_wait(
                [&](user_agent_core& core, now_t now, outbox& out) { return send(core, now, id, options, out); },
                std::move(waiting)
            );
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

error_code account::update(account_config config, std::string* why) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->core.update_account(id_, std::move(config), why);
}

result<call> account::invite(invite_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->follow<call>([&](user_agent_core& core, now_t now, outbox& out) {
        return core.invite(now, id_, options, out);
    });
}

result<subscription> account::subscribe(subscribe_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->follow<subscription>([&](user_agent_core& core, now_t now, outbox& out) {
        return core.subscribe(now, id_, options, out);
    });
}

result<publication> account::publish(publish_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->follow<publication>([&](user_agent_core& core, now_t now, outbox& out) {
        return core.publish(now, id_, options, out);
    });
}

result<subscription> account::refer(std::string_view target, refer_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->follow<subscription>([&](user_agent_core& core, now_t now, outbox& out) {
        return core.refer_to(now, id_, target, options, out);
    });
}

result<request_id> account::request(request_options const& options) {
    if (!owner_ || owner_->is_over) return errc::no_such_account;
    return owner_->command([&](now_t now, outbox& out) { return send(owner_->core, now, id_, options, out); });
}

}  // namespace sip::net

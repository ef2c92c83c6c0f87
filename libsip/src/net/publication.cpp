#include "sip/net/publication.hpp"

#include "net/user_agent_state.hpp"

namespace sip::net {

publication& publication::operator=(publication&& other) noexcept {
    if (this == &other) return *this;
    let_go();
    owner_ = std::move(other.owner_);
    id_ = other.id_;
    return *this;
}
publication::~publication() {
    let_go();
}
void publication::let_go() noexcept {
    detail::let_go(std::move(owner_), id_);
}
void publication::start_next_event(
    std::shared_ptr<detail::user_agent_state> owner, publication_id id,
    boost::asio::any_completion_handler<void(error_code, event)> handler
) {
    detail::wait_for_event(std::move(owner), id, std::move(handler));
}

error_code publication::modify(std::string_view content_type, std::string_view body) {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.modify_publication(now, id_, content_type, body, out);
    });
}
error_code publication::remove() {
    return on_core(owner_, [&](user_agent_core& core, now_t now, outbox& out) {
        return core.unpublish(now, id_, out);
    });
}

}  // namespace sip::net

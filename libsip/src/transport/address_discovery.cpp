#include "sip/transport/address_discovery.hpp"

#include <algorithm>

namespace sip {

namespace {

constexpr std::uint16_t try_alternate = 300;  // RFC 8489 14.8

}  // namespace

address_discovery::address_discovery(
    time_point now, endpoint const& server, keep_alive_interval interval, random_source random
)
    : interval_(interval), random_(random), first_(server), server_(server), client_(random) {
    client_.begin(now);
}

time_point address_discovery::next_deadline() const noexcept {
    return client_.is_open() ? client_.next_deadline() : next_question_;
}

void address_discovery::wait(time_point now) {
    next_question_ = now + interval_.draw(random_);
}

address_discovery::due address_discovery::on_timeout(time_point now) {
    if (now < next_deadline()) return {};
    if (!client_.is_open()) {
        server_ = first_;
        asked_.clear();
        client_.begin(now);
    }
    auto next = client_.on_timeout(now);
    if (next.is_given_up) wait(now);
    return {std::move(next.request), next.is_given_up};
}

address_discovery::verdict address_discovery::on_answer(
    time_point now, endpoint const& from, std::string_view datagram
) {
    if (from != server_) return verdict::unknown;
    auto const response = client_.on_answer(datagram);
    if (!response) return verdict::unknown;
    // 10: of one's own address family, and nobody is asked twice.
    auto const& other = response->alternate;
    if (response->error == try_alternate && other && other->address.is_v6 == server_.address.is_v6 &&
        asked_.size() < most_alternates && *other != server_ &&
        std::find(asked_.begin(), asked_.end(), *other) == asked_.end()) {
        asked_.push_back(server_);
        server_ = *other;
        client_.begin(now);
        return verdict::elsewhere;
    }
    wait(now);
    auto const mapped = stun::mapped_by(*response);
    if (!mapped) return verdict::failed;
    bool const is_new = mapped != mapped_;
    mapped_ = mapped;
    return is_new ? verdict::changed : verdict::same;
}

}  // namespace sip

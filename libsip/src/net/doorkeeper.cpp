#include "net/doorkeeper.hpp"

#include <algorithm>

namespace sip::net {

std::size_t doorkeeper::present_from(ip_address const& address) const noexcept {
    auto const found = places_.find(address);
    return found != places_.end() ? found->second : 0;
}

bool doorkeeper::admits(endpoint const& remote) const noexcept {
    return present_ < config_.connections && present_from(remote.address) < config_.connections_per_address;
}

std::shared_ptr<connection> doorkeeper::one_too_many() const noexcept {
    bool const is_full = !newcomers_.empty() && newcomers_.size() >= config_.newcomers;
    return is_full ? newcomers_.front() : nullptr;
}

void doorkeeper::enter(std::shared_ptr<connection> const& link, endpoint const& remote) {
    newcomers_.push_back(link);
    ++places_[remote.address];
    ++present_;
}

void doorkeeper::prove(connection const& link) {
    std::erase_if(newcomers_, [&](auto const& one) { return one.get() == &link; });
}

void doorkeeper::leave(std::shared_ptr<connection> const& link) {
    prove(*link);
    auto const place = places_.find(link->remote().address);
    if (place != places_.end() && --place->second == 0) places_.erase(place);
    --present_;
}

std::size_t doorkeeper::in_handshake() const noexcept {
    auto const has_no_number = [](auto const& one) { return one->flow() == flow_id::none; };
    return static_cast<std::size_t>(std::count_if(newcomers_.begin(), newcomers_.end(), has_no_number));
}

}  // namespace sip::net

#include "rtp/net/port_pool.hpp"

#include <utility>

namespace rtp::net {

port_lease::port_lease(port_lease&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), port_(other.port_) {}

port_lease& port_lease::operator=(port_lease&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(port_, other.port_);
    return *this;
}

port_lease::~port_lease() {
    if (pool_ != nullptr) pool_->give_back(port_);
}

port_pool::port_pool(port_range range, duration rest, clock_function clock)
    : first_(static_cast<std::uint16_t>(range.first + range.first % 2)), rest_(rest), clock_(clock) {
    auto const first = std::size_t{range.first} + range.first % 2U;
    auto const end = std::size_t{range.last} + 1;
    // Port 0 means "any" to the system and cannot be promised in a description.
    if (first > 0 && end > first) pairs_.resize((end - first) / 2);
}

result<port_lease> port_pool::take() {
    auto const now = clock_();
    for (std::size_t tried = 0; tried < pairs_.size(); ++tried) {
        auto const index = next_;
        next_ = (next_ + 1) % pairs_.size();
        auto& candidate = pairs_[index];
        if (candidate.is_used || (!candidate.has_rested && now - candidate.given_back < rest_)) continue;
        candidate.is_used = true;
        ++in_use_;
        return port_lease(*this, static_cast<std::uint16_t>(first_ + 2 * index));
    }
    return make_error_code(errc::no_ports);
}

void port_pool::give_back(std::uint16_t port) noexcept {
    pairs_[(port - first_) / 2U] = {false, false, clock_()};
    --in_use_;
}

}  // namespace rtp::net

#include "rtp/session/dtls_channel.hpp"

#include <utility>

namespace rtp {

void dtls_channel::forget() noexcept {
    association_.reset();
    is_owed_ = false;
    held_.clear();
}

void dtls_channel::hold(std::span<const std::byte> datagram, endpoint const& from) {
    // The newest is the one most likely to be answered in time.
    if (held_.size() == max_held) held_.erase(held_.begin());
    held_.push_back({from, {datagram.begin(), datagram.end()}});
}

error_code dtls_channel::begin(
    time_point now, dtls_keys const& keys, std::function<bool(endpoint const&)> const& is_agreed
) {
    is_owed_ = false;
    auto const held = std::exchange(held_, {});
    auto made = dtls_association::create(now, *keys.identity, keys.dtls);
    if (!made) return made.error();
    association_.emplace(std::move(*made));
    for (auto const& datagram : held) {
        if (!is_agreed(datagram.from)) continue;
        last_from_ = datagram.from;
        association_->on_datagram(now, datagram.bytes);
    }
    return {};
}

bool dtls_channel::takes_notice_of_end() noexcept {
    using state = dtls_association::state;
    bool const is_over =
        association_ && (association_->current() == state::closed || association_->current() == state::failed);
    return is_over && !std::exchange(has_noticed_end_, true);
}

}  // namespace rtp

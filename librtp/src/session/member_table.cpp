#include "rtp/session/member_table.hpp"

#include <algorithm>
#include <utility>

namespace rtp {

namespace {

constexpr duration straggler_time = std::chrono::seconds(1);

}  // namespace

member const* member_table::find(ssrc_t ssrc) const noexcept {
    auto const at = std::ranges::find(members_, ssrc, &member::ssrc);
    return at == members_.end() ? nullptr : &*at;
}

member* member_table::find(ssrc_t ssrc) noexcept {
    return const_cast<member*>(std::as_const(*this).find(ssrc));
}

member* member_table::find_or_add(time_point now, ssrc_t ssrc) {
    if (auto* known = find(ssrc)) return known;
    member added;
    added.ssrc = ssrc;
    added.last_heard = now;
    if (members_.size() < max_members) return &members_.emplace_back(added);
    auto const by_silence = [](member const& a, member const& b) {
        return a.counts() != b.counts() ? b.counts() : a.last_heard < b.last_heard;
    };
    auto& oldest = *std::ranges::min_element(members_, by_silence);
    if (oldest.counts()) return nullptr;
    oldest = added;
    return &oldest;
}

void member_table::on_heard(time_point now, member& heard) noexcept {
    heard.last_heard = now;
    if (heard.left_at && now - *heard.left_at < straggler_time) return;
    heard.left_at.reset();
    heard.is_active = true;
}

void member_table::expire(time_point member_horizon, time_point sender_horizon) noexcept {
    for (auto& known : members_) {
        if (known.last_heard < member_horizon) known.is_active = false;
        if (known.last_media < sender_horizon) known.is_sender = false;
    }
}

rtcp_group member_table::count() const noexcept {
    rtcp_group group{0, 0, false};
    for (auto const& known : members_) {
        if (!known.counts()) continue;
        ++group.members;
        if (known.is_sender) ++group.senders;
    }
    return group;
}

}  // namespace rtp

#include "rtp/session/peer_address.hpp"

namespace rtp {

bool peer_address::set_described(remote_addresses const& addresses) {
    if (addresses.rtp == described_.rtp && addresses.rtcp == described_.rtcp) return false;
    described_ = addresses;
    destination_ = addresses;
    heard_.reset();
    candidate_.reset();
    has_latched_rtcp_ = false;
    return true;
}

bool peer_address::may_relearn(time_point now) const noexcept {
    return relearn_after_ > duration::zero() && now - last_heard_ >= relearn_after_;
}

bool peer_address::is_heard(component via, endpoint const& from, time_point now) const noexcept {
    if (is_group()) return true;
    if (via == component::rtcp) {
        return from.has_same_address(described_.rtp) || from.has_same_address(described_.rtcp) ||
               (heard_ && from.has_same_address(*heard_));
    }
    return !heard_ || from == *heard_ || from == described_.rtp || may_relearn(now);
}

bool peer_address::may_shake_hands(component via, endpoint const& from) const noexcept {
    bool const is_rtp = via == component::rtp || rtcp_ == rtcp_transport::multiplexed;
    if (from == (is_rtp ? described_.rtp : described_.rtcp) || from == destination(via)) return from.is_usable();
    return latch_ == latching::once && !heard_ && from.is_usable();
}

bool peer_address::on_valid(component via, endpoint const& from, time_point now) {
    if (is_group()) return false;
    return via == component::rtp ? on_valid_rtp(from, now) : on_valid_rtcp(from);
}

bool peer_address::on_valid_rtp(endpoint const& from, time_point now) {
    if (from == heard_) {
        last_heard_ = now;
        return false;
    }
    bool const is_described = from == described_.rtp;
    if (!is_described && candidate_ != from) {
        candidate_ = from;
        return false;
    }
    heard_ = from;
    candidate_.reset();
    last_heard_ = now;
    if (!is_described && latch_ == latching::off) return false;
    if (destination_.rtp == from) return false;
    destination_.rtp = from;
    return true;
}

bool peer_address::on_valid_rtcp(endpoint const& from) {
    bool const is_described = from == described_.rtcp;
    bool const may_latch = latch_ == latching::once && !has_latched_rtcp_ && heard_ && from.has_same_address(*heard_);
    if (!is_described && !may_latch) return false;
    has_latched_rtcp_ = !is_described;
    if (destination_.rtcp == from) return false;
    destination_.rtcp = from;
    return true;
}

endpoint peer_address::destination(component via) const noexcept {
    return via == component::rtp || rtcp_ == rtcp_transport::multiplexed ? destination_.rtp : destination_.rtcp;
}

}  // namespace rtp

// Whom we listen to and where we send: the addresses of the peer's description against those that packets come from.
//
// Strangers who send to our port are not heard once the peer was, and never move our media, except by symmetric RTP as
// configured (RFC 4961, RFC 7362 4). The rules for RTP:
//   - the address of the description is always heard;
//   - as long as nobody was heard, anybody is; two valid packets in a row from one address make it the only other one
//   that is heard;
//   - with latching, that address is also sent to; the description's address takes both back as soon as it is heard
//   itself.
// RTCP is heard from the IP addresses that RTP is heard from or was promised for; only the port may differ (RFC
// 3550 8.2). If the description names a multicast group, everybody is heard and nothing is learned.
#pragma once

#include <array>
#include <optional>

#include "rtp/endpoint.hpp"
#include "rtp/session/settings.hpp"
#include "rtp/time.hpp"

namespace rtp {

/// Where the peer is, as told and as heard.
class peer_address final {
public:
    /// Nothing is known yet.
    peer_address(latching latch, rtcp_transport rtcp, duration relearn_after) noexcept
        : latch_(latch), rtcp_(rtcp), relearn_after_(relearn_after) {}

    /// What was learned stays until the description changes.
    void set_transport(latching latch, rtcp_transport rtcp) noexcept {
        latch_ = latch;
        rtcp_ = rtcp;
    }
    /// From a description. True if the addresses are new; what was learned is then forgotten.
    bool set_described(remote_addresses const&);

    /// The description names a multicast group.
    [[nodiscard]] bool is_group() const noexcept { return described_.rtp.is_multicast(); }
    /// True where packets from there are the peer's.
    [[nodiscard]] bool is_heard(component, endpoint const& from, time_point now) const noexcept;
    /// Whether a DTLS datagram from there counts: from where media is sent to, or, where latching allows it, from
    /// anywhere as long as nobody was heard. The handshake proves who it is.
    [[nodiscard]] bool may_shake_hands(component, endpoint const& from) const noexcept;
    /// A packet that is_heard() and turned out to be valid. True if it changes where that component is sent to.
    bool on_valid(component, endpoint const& from, time_point now);
    /// Where to send; not usable if unknown. With multiplexing RTCP goes where RTP goes.
    [[nodiscard]] endpoint destination(component) const noexcept;

private:
    bool on_valid_rtp(endpoint const& from, time_point now);
    bool on_valid_rtcp(endpoint const& from);
    [[nodiscard]] bool may_relearn(time_point now) const noexcept;

    latching latch_;
    rtcp_transport rtcp_;
    duration relearn_after_;
    remote_addresses described_;
    remote_addresses destination_;
    std::optional<endpoint> heard_;      // where RTP comes from, once sure
    std::optional<endpoint> candidate_;  // where the last valid packet came from, while not sure
    time_point last_heard_;
    bool has_latched_rtcp_ = false;
};

}  // namespace rtp

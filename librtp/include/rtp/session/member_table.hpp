// Everybody heard in the session: who is a member, who a sender, and what each has to appear in our reports. RFC
// 3550 6.2.1, 6.3.3 to 6.3.5.
//
// Bounded: when it is full, a newcomer takes the place of the entry that was silent longest and counts least (never
// valid, left, or timed out). If all count, the newcomer is not taken in. Entries that time out stay, inactive, until
// their place is needed, so that a peer that was on hold goes on with its statistics.
#pragma once

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "rtp/endpoint.hpp"
#include "rtp/session/rtcp_scheduler.hpp"
#include "rtp/stats/source.hpp"
#include "rtp/time.hpp"
#include "rtp/wire/rtcp_report.hpp"

namespace rtp {

/// One other source in the session.
struct member {
    ssrc_t ssrc{};  ///< The source.
    std::optional<source> media;  ///< Present once RTP came.
    time_point last_heard;        ///< By RTP or RTCP.
    time_point last_media;  ///< When its newest RTP packet came.
    bool is_confirmed = false;   ///< By RTP in sequence, or by a CNAME (RFC 3550 6.2.1).
    bool is_active = true;       ///< Has neither left nor timed out.
    bool is_sender = false;      ///< Sent RTP within the last two report intervals.
    bool is_superseded = false;  ///< Another source of the peer took its place.
    bool heard_since_report = false;  ///< It belongs into our next report.
    std::optional<time_point> left_at;  ///< When its BYE came.
    /// The newest sender report of it.
    struct last_report {
        ntp32_t middle;  ///< Middle bits of its NTP time.
        time_point arrival;  ///< When it was received.
    };
    std::optional<last_report> sender_report;  ///< Nothing before the first.
    std::optional<last_report> reference_time;  ///< RFC 3611 4.4; until it has been answered.
    // Where it sends from, in a group (RFC 3550 8.2); without family until heard.
    endpoint media_address;  ///< Where its RTP comes from.
    endpoint control_address;  ///< Where its RTCP comes from.

    /// True where it belongs to the group's size (RFC 3550 6.3.3).
    [[nodiscard]] bool counts() const noexcept { return is_confirmed && is_active; }
};

/// The other sources of a session.
class member_table final {
public:
    static constexpr std::size_t max_members = 64;  ///< Further ones are not remembered.

    /// Pointers stay valid until the next find_or_add().
    [[nodiscard]] member* find(ssrc_t) noexcept;
    /// Nullptr where it is not known.
    [[nodiscard]] member const* find(ssrc_t) const noexcept;
    /// Null if the table is full of members that count.
    [[nodiscard]] member* find_or_add(time_point now, ssrc_t);

    /// Anything valid came from it. Stragglers within a second after its BYE do not make it a member again.
    void on_heard(time_point now, member&) noexcept;
    /// Members silent since `member_horizon` become inactive, senders silent since `sender_horizon` are none any more.
    void expire(time_point member_horizon, time_point sender_horizon) noexcept;

    /// Those that count, ourselves not included.
    [[nodiscard]] rtcp_group count() const noexcept;

    [[nodiscard]] auto begin() noexcept { return members_.begin(); }  ///< The first member.
    [[nodiscard]] auto end() noexcept { return members_.end(); }  ///< Behind the last one.
    [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }  ///< How many there are.

private:
    boost::container::small_vector<member, 2> members_;
};

}  // namespace rtp

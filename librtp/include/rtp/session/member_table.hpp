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

struct member {
    ssrc_t ssrc{};
    std::optional<source> media;  ///< Present once RTP came.
    time_point last_heard;        ///< By RTP or RTCP.
    time_point last_media;
    bool is_confirmed = false;   ///< By RTP in sequence, or by a CNAME (RFC 3550 6.2.1).
    bool is_active = true;       ///< Has neither left nor timed out.
    bool is_sender = false;      ///< Sent RTP within the last two report intervals.
    bool is_superseded = false;  ///< Another source of the peer took its place.
    bool heard_since_report = false;
    std::optional<time_point> left_at;
    struct last_report {
        ntp32_t middle;
        time_point arrival;
    };
    std::optional<last_report> sender_report;
    std::optional<last_report> reference_time;  ///< RFC 3611 4.4; until it has been answered.
    // Where it sends from, in a group (RFC 3550 8.2); without family until heard.
    endpoint media_address;
    endpoint control_address;

    [[nodiscard]] bool counts() const noexcept { return is_confirmed && is_active; }
};

class member_table final {
public:
    static constexpr std::size_t max_members = 64;

    /// Pointers stay valid until the next find_or_add().
    [[nodiscard]] member* find(ssrc_t) noexcept;
    [[nodiscard]] member const* find(ssrc_t) const noexcept;
    /// Null if the table is full of members that count.
    [[nodiscard]] member* find_or_add(time_point now, ssrc_t);

    /// Anything valid came from it. Stragglers within a second after its BYE do not make it a member again.
    void on_heard(time_point now, member&) noexcept;
    /// Members silent since `member_horizon` become inactive, senders silent since `sender_horizon` are none any more.
    void expire(time_point member_horizon, time_point sender_horizon) noexcept;

    /// Those that count, ourselves not included.
    [[nodiscard]] rtcp_group count() const noexcept;

    [[nodiscard]] auto begin() noexcept { return members_.begin(); }
    [[nodiscard]] auto end() noexcept { return members_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }

private:
    boost::container::small_vector<member, 2> members_;
};

}  // namespace rtp

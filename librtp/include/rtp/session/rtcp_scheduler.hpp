// When to send the next RTCP report, when feedback, and when a BYE.
//
// Holds the variables of RFC 3550 6.3 and RFC 4585 3.4 under their RFC names (tp, tn, pmembers, avg_rtcp_size, initial;
// te, T_rr, allow_early, t_rr_last); whom the group consists of is told at every call. Knows no packets. RFC 3550 6.2,
// 6.3.1 to 6.3.7, A.7; RFC 4585 3.4, 3.5.
#pragma once

#include <cstddef>
#include <optional>

#include "rtp/environment.hpp"
#include "rtp/session/settings.hpp"
#include "rtp/time.hpp"

namespace rtp {

/// The session as seen now. `members` and `senders` include ourselves.
struct rtcp_group {
    std::size_t members = 1;  ///< Of the session, ourselves included.
    std::size_t senders = 0;  ///< Of these.
    bool we_sent = false;  ///< We sent RTP since the second last report.
};

/// What RTCP may take of the bandwidth.
struct rtcp_rates {
    double bandwidth = 1000;                     ///< For RTCP of all members together, in octets per second; above 0.
    duration minimum = std::chrono::seconds(5);  ///< Between two reports of ours; half of it before the first.
};

/// The deterministic calculated interval Td (RFC 3550 6.3.1 steps 1 to 3); at most one day.
[[nodiscard]] duration deterministic_interval(
    rtcp_rates const&, rtcp_group const&, double average_size, duration minimum
) noexcept;

/// When the next report is due (RFC 3550 6.3).
class rtcp_scheduler final {
public:
    /// The first report is due after about half the minimum. `first_size` is what it will probably be, with IP and UDP
    /// headers.
    rtcp_scheduler(time_point now, rtcp_rates, std::size_t first_size, environment&);

    /// Under AVPF the fixed minimum is a second before the first report and nothing after it; T_rr_interval holds back
    /// reports without feedback (RFC 4585 3.4 d, m).
    void set_profile(rtcp_profile, duration regular_minimum) noexcept;

    /// Due time of the report, of feedback, or of the BYE after leave().
    [[nodiscard]] time_point next_deadline() const noexcept { return te_ && *te_ < tn_ ? *te_ : tn_; }

    /// Timer reconsideration (6.3.6): true if the report has to go out now; then call on_sent() or on_skipped(). If
    /// not, the deadline has moved on.
    [[nodiscard]] bool is_time_to_send(time_point now, rtcp_group const&);
    /// A report of this size has left.
    void on_sent(time_point now, std::size_t size, rtcp_group const&);
    /// Nothing could be sent, for want of an address.
    void on_skipped(time_point now, rtcp_group const&);

    /// Something is to be fed back (RFC 4585 3.5.2). True if there will be a packet for it soon: an early one at
    /// next_deadline(), or the next report; false if it would come too late, and is to be forgotten. Never under AVP.
    [[nodiscard]] bool request_feedback(time_point now, rtcp_group const&);
    /// True if the early packet has to go out now; then call on_early_sent().
    [[nodiscard]] bool is_time_for_feedback(time_point now) const noexcept { return te_ && *te_ <= now; }
    /// The next report is put off in its place.
    void on_early_sent(std::size_t size) noexcept;
    /// Others have said it already.
    void on_feedback_dropped() noexcept;

    /// A compound packet came; sizes include IP and UDP headers.
    void on_received(std::size_t size) noexcept;
    /// Reverse reconsideration (6.3.4): if members left, the next report comes earlier.
    void on_group_changed(time_point now, rtcp_group const&) noexcept;

    /// BYE back-off (6.3.7). From here on is_time_to_send() is about the BYE, and the group is counted here, by the
    /// BYEs of the others.
    void leave(time_point now, std::size_t bye_size);
    /// A BYE of this size has come (6.3.4).
    void on_bye_received(std::size_t size) noexcept;
    /// The BYE is out.
    void on_left() noexcept { leaving_ = false; }
    [[nodiscard]] bool is_leaving() const noexcept { return leaving_; }  ///< True once our BYE waits for its time.

    /// Td of a receiver, for timing out members (6.3.5); always from the fixed minimum of 5 s (6.2).
    [[nodiscard]] duration member_interval(rtcp_group const&) const noexcept;
    /// Of reports, in bytes, with their headers.
    [[nodiscard]] double average_size() const noexcept { return avg_rtcp_size_; }

private:
    [[nodiscard]] duration fixed_minimum() const noexcept;
    [[nodiscard]] duration random_interval(rtcp_group const&) const;
    [[nodiscard]] bool is_suppressed(time_point now) const;
    void schedule_next(time_point now, rtcp_group const&);

    environment* environment_;  // not owned
    rtcp_rates rates_;
    time_point tp_;
    time_point tn_;
    std::size_t pmembers_ = 1;
    double avg_rtcp_size_;
    bool initial_ = true;
    bool leaving_ = false;
    rtcp_group leaving_group_;

    // RFC 4585
    rtcp_profile profile_ = rtcp_profile::avp;
    duration regular_minimum_{0};  // T_rr_interval
    duration t_rr_{0};             // the interval computed last
    std::optional<time_point> t_rr_last_;
    std::optional<time_point> te_;  // when the early packet is due
    bool allow_early_ = true;
    bool waits_for_report_ = false;  // feedback goes out with the next report
};

}  // namespace rtp

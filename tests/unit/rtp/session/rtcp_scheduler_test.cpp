// Covers: the calculated interval as a table, the initial half interval, randomisation, timer and reverse
// reconsideration, BYE back-off, the average size, extreme inputs, the timing of AVPF. Covered elsewhere: what a report
// says (session_rtcp_test).
#include "rtp/session/rtcp_scheduler.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "unit/rtp/support/random.hpp"

using namespace rtp;
using namespace rtp_test;
using namespace std::chrono_literals;

namespace {

constexpr time_point start = time_point{} + 1000h;
constexpr double compensation = 2.718281828 - 1.5;

bool is_close(duration value, double seconds) {
    return std::abs(std::chrono::duration<double>(value).count() - seconds) < 1e-4 * (1 + seconds);
}

/// Runs the timer until a report goes out at or after `now`; gives the instant.
time_point run_until_sent(rtcp_scheduler& scheduler, rtcp_group const& group) {
    for (;;) {
        auto const now = scheduler.next_deadline();
        if (scheduler.is_time_to_send(now, group)) return now;
        REQUIRE(scheduler.next_deadline() > now);
    }
}

}  // namespace

TEST_CASE("The deterministic interval follows RFC 3550 6.3.1") {
    struct row {
        double bandwidth;
        rtcp_group group;
        double size;
        duration minimum;
        double seconds;
    };
    // clang-format off
    row const table[] = {
        // Two people on the phone: the minimum rules.
        {1000, {2, 2, true}, 120, 5s, 5},
        {1000, {2, 2, true}, 120, 2500ms, 2.5},
        // Many members, few of them senders: a quarter of the bandwidth for the senders, the rest for the others.
        {100, {100, 10, true},  120, 5s, 120.0 * 10 / 25},
        {100, {100, 10, false}, 120, 5s, 120.0 * 90 / 75},
        // Exactly a quarter is still few.
        {100, {100, 25, true},  120, 5s, 120.0 * 25 / 25},
        {100, {100, 25, false}, 120, 5s, 120.0 * 75 / 75},
        // More senders than a quarter: all share everything.
        {100, {100, 26, true},  120, 5s, 120.0 * 100 / 100},
        {100, {100, 26, false}, 120, 5s, 120.0 * 100 / 100},
        {100, {100, 100, true}, 120, 5s, 120.0 * 100 / 100},
        // Nobody but us.
        {100, {1, 0, false}, 120, 5s, 5},
        {10,  {1, 0, false}, 120, 5s, 120.0 / 7.5},
        {10,  {1, 1, true},  120, 5s, 120.0 / 10},
        // Absurd numbers end at a day.
        {1e-9, {1000, 10, false}, 1500, 5s, 86'400},
    };
    // clang-format on
    for (auto const& r : table) {
        CAPTURE(r.bandwidth);
        CAPTURE(r.group.members);
        CAPTURE(r.group.senders);
        CAPTURE(r.group.we_sent);
        auto const interval = deterministic_interval({r.bandwidth, 5s}, r.group, r.size, r.minimum);
        CHECK(is_close(interval, r.seconds));
    }
}

TEST_CASE(
    "The first report waits for half the minimum, later ones for the whole, each times 0.5 to 1.5 (RFC 3550 6.3.1)"
) {
    for (double const fraction : {0.0, 0.25, 0.5, 0.999}) {
        auto environment = constant(fraction);
        rtcp_scheduler scheduler(start, {1000, 5s}, 100, environment);
        rtcp_group const two{2, 2, true};
        auto const first = run_until_sent(scheduler, two);
        CHECK(is_close(first - start, 2.5 * (0.5 + fraction) / compensation));
        scheduler.on_sent(first, 100, two);
        // As in appendix A.7 the interval after the first report is still the short one.
        auto const second = run_until_sent(scheduler, two);
        scheduler.on_sent(second, 100, two);
        auto const third = run_until_sent(scheduler, two);
        CHECK(is_close(third - second, 5 * (0.5 + fraction) / compensation));
    }
}

TEST_CASE("Intervals spread over their whole range and keep their mean (RFC 3550 A.7)") {
    auto environment = seeded(11);
    rtcp_scheduler scheduler(start, {1000, 5s}, 100, environment);
    rtcp_group const two{2, 2, true};
    auto previous = run_until_sent(scheduler, two);
    scheduler.on_sent(previous, 100, two);
    previous = run_until_sent(scheduler, two);
    scheduler.on_sent(previous, 100, two);
    auto shortest = duration::max();
    auto longest = duration::zero();
    auto sum = duration::zero();
    int const count = 5000;
    for (int i = 0; i < count; ++i) {
        auto const sent = run_until_sent(scheduler, two);
        shortest = std::min(shortest, sent - previous);
        longest = std::max(longest, sent - previous);
        sum += sent - previous;
        previous = sent;
        scheduler.on_sent(sent, 100, two);
    }
    auto const least = 2.5 / compensation;
    auto const most = 7.5 / compensation;
    CHECK(shortest >= std::chrono::duration_cast<duration>(std::chrono::duration<double>(least * 0.999)));
    CHECK(longest <= std::chrono::duration_cast<duration>(std::chrono::duration<double>(most * 1.001)));
    // Reconsideration makes the mean longer than T by about what step 5 took off: about 5 s.
    auto const mean = std::chrono::duration<double>(sum).count() / count;
    CHECK(mean > 4.7);
    CHECK(mean < 5.3);
}

TEST_CASE("Timer reconsideration holds a report back while the group grows (RFC 3550 6.3.6)") {
    auto environment = constant(0.5);
    rtcp_scheduler scheduler(start, {100, 5s}, 100, environment);
    auto const first_try = scheduler.next_deadline();
    rtcp_group const crowd{1000, 0, false};
    CHECK_FALSE(scheduler.is_time_to_send(first_try, crowd));
    // tn = tp + T, with tp the start.
    CHECK(is_close(scheduler.next_deadline() - start, 100.0 * 1000 / 75 / compensation));
    CHECK(scheduler.is_time_to_send(scheduler.next_deadline(), crowd));
}

TEST_CASE("Before its deadline nothing is sent and nothing moves (RFC 3550 6.3.2)") {
    auto environment = constant(0.5);
    rtcp_scheduler scheduler(start, {100, 5s}, 100, environment);
    auto const deadline = scheduler.next_deadline();
    CHECK_FALSE(scheduler.is_time_to_send(deadline - 1ns, {1000, 0, false}));
    CHECK(scheduler.next_deadline() == deadline);
}

TEST_CASE("Reverse reconsideration brings the report forward when members leave (RFC 3550 6.3.4)") {
    auto environment = constant(0.5);
    rtcp_scheduler scheduler(start, {100, 5s}, 100, environment);
    rtcp_group const hundred{100, 0, false};
    auto now = run_until_sent(scheduler, hundred);
    scheduler.on_sent(now, 100, hundred);
    auto const deadline = scheduler.next_deadline();
    auto const later = now + (deadline - now) / 2;
    scheduler.on_group_changed(later, {25, 0, false});
    CHECK(is_close(scheduler.next_deadline() - later, std::chrono::duration<double>(deadline - later).count() / 4));
    // tp has moved too: the report goes out at the new time although less than T has passed since the last.
    CHECK(scheduler.is_time_to_send(scheduler.next_deadline() + 1ms, {25, 0, false}));
    // More members change nothing until the timer expires.
    scheduler.on_sent(later, 100, {25, 0, false});
    auto const unchanged = scheduler.next_deadline();
    scheduler.on_group_changed(later, {1000, 0, false});
    CHECK(scheduler.next_deadline() == unchanged);
}

TEST_CASE("The average size moves by a sixteenth of each packet (RFC 3550 6.3.3)") {
    auto environment = constant(0.5);
    rtcp_scheduler scheduler(start, {100, 5s}, 160, environment);
    scheduler.on_received(320);
    CHECK(scheduler.average_size() == doctest::Approx(170));
    scheduler.on_sent(start + 5s, 10, {});
    CHECK(scheduler.average_size() == doctest::Approx(160));
}

TEST_CASE("A skipped report leaves the next one initial") {
    auto environment = constant(0.5);
    rtcp_scheduler scheduler(start, {1000, 5s}, 100, environment);
    rtcp_group const two{2, 1, false};
    auto const first = run_until_sent(scheduler, two);
    scheduler.on_skipped(first, two);
    CHECK(is_close(scheduler.next_deadline() - first, 2.5 / compensation));
}

TEST_CASE("A BYE of a large session counts the BYEs of the others and waits (RFC 3550 6.3.7)") {
    auto environment = constant(0.5);
    rtcp_scheduler scheduler(start, {100, 5s}, 100, environment);
    CHECK_FALSE(scheduler.is_leaving());
    scheduler.leave(start, 80);
    CHECK(scheduler.is_leaving());
    // members = 1, initial: half the minimum.
    auto const first_try = scheduler.next_deadline();
    CHECK(is_close(first_try - start, 2.5 / compensation));
    for (int i = 0; i < 199; ++i)
        scheduler.on_bye_received(80);
    CHECK_FALSE(scheduler.is_time_to_send(first_try, {2, 2, true}));
    CHECK(is_close(scheduler.next_deadline() - start, 80.0 * 200 / 75 / compensation));
    CHECK(scheduler.is_time_to_send(scheduler.next_deadline(), {}));
    scheduler.on_left();
    CHECK_FALSE(scheduler.is_leaving());
}

TEST_CASE("While leaving, changes of the group do not move the BYE") {
    auto environment = constant(0.5);
    rtcp_scheduler scheduler(start, {100, 5s}, 100, environment);
    scheduler.leave(start, 80);
    auto const deadline = scheduler.next_deadline();
    scheduler.on_group_changed(start + 1s, {0, 0, false});
    CHECK(scheduler.next_deadline() == deadline);
}

TEST_CASE("Members time out by the interval of a receiver and the fixed minimum (RFC 3550 6.3.5, 6.2)") {
    auto environment = constant(0.5);
    rtcp_scheduler scheduler(start, {100, 1s}, 100, environment);
    CHECK(scheduler.member_interval({2, 2, true}) == 5s);
    CHECK(is_close(scheduler.member_interval({100, 10, true}), 100.0 * 90 / 75));
}

TEST_CASE("Under AVPF a second passes before the first report, and then only the bandwidth counts (RFC 4585 3.4)") {
    auto environment = constant(0.5);
    rtcp_scheduler scheduler(start, {100'000, 5s}, 100, environment);
    scheduler.set_profile(rtcp_profile::avpf, 0s);
    rtcp_group const two{2, 1, false};
    auto now = scheduler.next_deadline();
    while (!scheduler.is_time_to_send(now, two))
        now = scheduler.next_deadline();
    scheduler.on_sent(now, 100, two);
    now = scheduler.next_deadline();
    CHECK(scheduler.is_time_to_send(now, two));
    scheduler.on_sent(now, 100, two);
    // 100 octets of 75,000 a second: some milliseconds, where AVP would have waited for seconds.
    CHECK(scheduler.next_deadline() - now < 20ms);
}

TEST_CASE("T_rr_interval holds back reports without feedback, and no others (RFC 4585 3.5.3)") {
    auto environment = seeded(4585);
    rtcp_scheduler scheduler(start, {10'000, 5s}, 100, environment);
    scheduler.set_profile(rtcp_profile::avpf, 4s);
    rtcp_group const two{2, 1, false};
    std::vector<time_point> reports;
    auto now = start;
    while (now < start + 10min) {
        now = std::max(now, scheduler.next_deadline());
        if (!scheduler.is_time_to_send(now, two)) continue;
        reports.push_back(now);
        scheduler.on_sent(now, 100, two);
    }
    REQUIRE(reports.size() > 50);
    // The limit is drawn anew at each try, so that it comes out near its lower end of two seconds.
    CHECK(reports.size() <= 302);
    for (std::size_t i = 2; i < reports.size(); ++i)
        CHECK(reports[i] - reports[i - 1] >= 2s);

    // Feedback that could not go early takes the next report with it, held back or not.
    while (!scheduler.request_feedback(now, two))
        now += 1ms;
    scheduler.on_early_sent(80);
    auto const asked = now;
    while (!scheduler.request_feedback(now, two) && now < asked + 5s)
        now += 1ms;
    now = std::max(now, scheduler.next_deadline());
    while (!scheduler.is_time_to_send(now, two))
        now = std::max(now, scheduler.next_deadline());
    CHECK(now - asked < 2s);
}

TEST_CASE("Between two parties feedback goes at once, and costs the next report (RFC 4585 3.5.2)") {
    auto environment = constant(0.5);
    rtcp_scheduler scheduler(start, {1'000, 5s}, 100, environment);
    rtcp_group const two{2, 1, false};
    CHECK_FALSE(scheduler.request_feedback(start, two));
    scheduler.set_profile(rtcp_profile::avpf, 0s);
    auto const due = scheduler.next_deadline();
    REQUIRE(scheduler.request_feedback(start, two));
    CHECK(scheduler.next_deadline() == start);
    CHECK(scheduler.is_time_for_feedback(start));
    scheduler.on_early_sent(100);
    CHECK_FALSE(scheduler.is_time_for_feedback(start));
    CHECK(scheduler.next_deadline() == start + 2 * (due - start));
    // No second early packet before the next report, unless that one is near enough to carry it.
    CHECK_FALSE(scheduler.request_feedback(start + 10ms, two));
    auto const near = scheduler.next_deadline() - 400ms;
    CHECK(scheduler.request_feedback(near, two));
    CHECK_FALSE(scheduler.is_time_for_feedback(near));
    auto now = scheduler.next_deadline();
    while (!scheduler.is_time_to_send(now, two))
        now = scheduler.next_deadline();
    scheduler.on_sent(now, 100, two);
    CHECK(scheduler.request_feedback(now, two));
    CHECK(scheduler.is_time_for_feedback(now));
}

TEST_CASE("In a group feedback waits a random part of half the interval, and can be dropped meanwhile (RFC 4585 3.5.2)"
) {
    rtcp_group const many{10, 1, false};
    std::vector<duration> delays;
    auto environment = seeded(10);
    for (int i = 0; i < 200; ++i) {
        rtcp_scheduler scheduler(start, {1'000, 5s}, 100, environment);
        scheduler.set_profile(rtcp_profile::avpf, 0s);
        auto const interval = scheduler.next_deadline() - start;
        REQUIRE(scheduler.request_feedback(start, many));
        auto const delay = scheduler.next_deadline() - start;
        CHECK(delay <= interval / 2);
        delays.push_back(delay);
        scheduler.on_feedback_dropped();
        CHECK(scheduler.next_deadline() - start == interval);
    }
    CHECK(std::adjacent_find(delays.begin(), delays.end(), std::not_equal_to<>{}) != delays.end());
}

TEST_CASE("Members of an AVPF session with T_rr_interval time out by it (RFC 4585 3.5.4)") {
    auto environment = constant(0.5);
    rtcp_scheduler scheduler(start, {100'000, 5s}, 100, environment);
    CHECK(scheduler.member_interval({2, 1, false}) == 5s);
    scheduler.set_profile(rtcp_profile::avpf, 1s);
    CHECK(scheduler.member_interval({2, 1, false}) == 1s);
    scheduler.set_profile(rtcp_profile::avpf, 0s);
    CHECK(scheduler.member_interval({2, 1, false}) == 5s);
}

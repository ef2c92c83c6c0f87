// Covers: the life of a subscription as its subscriber decides it: Timer N, refresh, 423, failures, every reason for an
// end, back-off, leaving.
// Not covered: messages and dialogs (ua/subscriptions.cpp).
#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "sip/usage/subscriber.hpp"
#include "support/seeded_environment.hpp"
#include "support/wire.hpp"

using namespace std::chrono_literals;
using sip::subscriber;
using sip::subscription_phase;
using sip::termination_reason;
using state = sip::subscriber::state;

namespace {

struct fixture {
    test::seeded_random random{3};
    sip::environment env = test::seeded_environment(random);
    sip::buffer_pool pool;
    sip::time_point now{};
    subscriber of;

    explicit fixture(sip::subscriber_settings settings = {.expires = 600}) : of(settings, env) {}

    sip::message response(unsigned status, std::string const& headers = {}) {
        return *sip::parse_message(
            pool.copy(test::wire(
                "SIP/2.0 " + std::to_string(status) +
                " x\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>;tag=2\nCall-ID: "
                "x\nCSeq: 1 SUBSCRIBE\n" +
                headers
            )),
            pool
        );
    }
    auto answered(unsigned status, std::string const& headers = {}) {
        auto const message = response(status, headers);
        return of.on_response(now, message.view());
    }
    auto notified(sip::subscription_status const& status) { return of.on_notify(now, status); }
    void establish(std::uint32_t seconds = 600) {
        REQUIRE(of.start(now).send.has_value());
        (void)answered(200, "Expires: " + std::to_string(seconds) + "\n");
        auto const outcome = notified({.phase = subscription_phase::active, .expires = seconds});
        REQUIRE(outcome.news.has_value());
        REQUIRE(of.current() == state::active);
    }
    /// To the next deadline.
    auto advance() {
        REQUIRE(of.next_deadline().has_value());
        now = *of.next_deadline();
        return of.on_timeout(now);
    }
};

sip::subscription_status terminated(termination_reason why, std::optional<std::uint32_t> retry_after = {}) {
    return {.phase = subscription_phase::terminated, .reason = why, .retry_after = retry_after};
}

}  // namespace

TEST_CASE("A subscription that no NOTIFY confirms has failed after Timer N, 64*T1 (RFC 6665 4.1.2.4)") {
    fixture f({.expires = 600, .renew = false});
    auto const first = f.of.start(f.now);
    REQUIRE(first.send.has_value());
    CHECK(first.send->fresh);
    CHECK(first.send->expires == 600);
    CHECK(!f.answered(200, "Expires: 600\n").news);
    auto const failed = f.advance();
    CHECK(f.now == sip::time_point{} + 32s);
    REQUIRE(failed.news.has_value());
    CHECK(failed.news->error == sip::errc::transaction_timeout);
    CHECK(f.of.current() == state::ended);
    CHECK(!f.of.next_deadline());
}

TEST_CASE("A NOTIFY before the 2xx establishes the subscription (RFC 6665 4.1.2.4)") {
    fixture f;
    (void)f.of.start(f.now);
    (void)f.notified({.phase = subscription_phase::pending, .expires = 300});
    CHECK(f.of.current() == state::pending);
    CHECK(!f.answered(200, "Expires: 600\n").news);
    CHECK(f.of.expiry() == f.now + 300s);  // what the NOTIFY shortened stays short
    auto const refresh = f.advance();
    CHECK(f.now < sip::time_point{} + 300s);
    REQUIRE(refresh.send.has_value());
    CHECK(!refresh.send->fresh);
}

TEST_CASE("It is refreshed before it lapses, and Timer N watches the refresh (RFC 6665 4.1.2.2)") {
    fixture f;
    f.establish();
    auto const refresh = f.advance();
    CHECK(f.now < sip::time_point{} + 560s);
    CHECK(f.now > sip::time_point{} + 500s);
    REQUIRE(refresh.send.has_value());
    CHECK(!f.answered(200, "Expires: 600\n").news);
    // The answer came, the NOTIFY does not.
    auto const lost = f.advance();
    REQUIRE(lost.news.has_value());
    CHECK(lost.news->error == sip::errc::transaction_timeout);
    CHECK(f.of.current() == state::waiting);
}

TEST_CASE("204 to a refresh says that no NOTIFY will come (RFC 6665 4.1.2.2, RFC 5839)") {
    fixture f;
    f.establish();
    (void)f.advance();
    (void)f.answered(204, "Expires: 600\n");
    auto const next = f.advance();
    CHECK(next.send.has_value());
    CHECK(f.of.current() == state::active);
}

TEST_CASE("423 is answered with the minimum that it names, before and after the first NOTIFY (RFC 6665 4.1.2.1)") {
    fixture f({.expires = 60});
    (void)f.of.start(f.now);
    auto const again = f.answered(423, "Min-Expires: 1800\n");
    REQUIRE(again.send.has_value());
    CHECK(again.send->expires == 1800);
    CHECK(!again.send->fresh);
    // A minimum that is none ends the patience.
    auto const refused = f.answered(423, "Min-Expires: 1800\n");
    CHECK(!refused.send);
    CHECK(refused.news->status == 423);
}

TEST_CASE("481 to a refresh ends the subscription, and an unrelated one is made at once (RFC 6665 4.1.2.2)") {
    fixture f;
    f.establish();
    (void)f.advance();
    auto const lost = f.answered(481);
    REQUIRE(lost.news.has_value());
    CHECK(f.of.current() == state::waiting);
    auto const fresh = f.of.on_timeout(f.now);
    REQUIRE(fresh.send.has_value());
    CHECK(fresh.send->fresh);
}

TEST_CASE("Each refusal that RFC 6665 4.1.2.2 lists ends the subscription (RFC 6665 4.1.2.2)") {
    for (unsigned const status : {404U, 405U, 410U, 416U, 480U, 481U, 482U, 483U, 484U, 485U, 489U, 501U, 604U}) {
        CAPTURE(status);
        fixture f({.expires = 600, .renew = false});
        f.establish();
        (void)f.advance();
        CHECK(f.answered(status).news->status == status);
        CHECK(f.of.current() == state::ended);
    }
}

TEST_CASE("202 to a SUBSCRIBE is as good as 200 (RFC 6665 8.3.1)") {
    for (unsigned const status : {200U, 202U}) {
        CAPTURE(status);
        fixture f;
        (void)f.of.start(f.now);
        CHECK(!f.answered(status, "Expires: 300\n").news);
        (void)f.notified({.phase = subscription_phase::active});
        CHECK(f.of.current() == state::active);
        CHECK(f.of.expiry() == f.now + 300s);
    }
}

TEST_CASE("A subscription that has ended has no time left, whatever expires says (RFC 6665 4.1.3)") {
    fixture f({.expires = 600, .renew = false});
    f.establish();
    (void
    )f.notified({.phase = subscription_phase::terminated, .reason = termination_reason::noresource, .expires = 3000});
    CHECK(f.of.current() == state::ended);
    CHECK(!f.of.next_deadline());
}

TEST_CASE(
    "A refresh that fails otherwise leaves the subscription until it lapses, and is tried again (RFC 6665 4.1.2.2)"
) {
    fixture f;
    f.establish();
    (void)f.advance();
    auto const failed = f.answered(500);
    CHECK(failed.news->status == 500);
    CHECK(f.of.current() == state::active);
    auto const again = f.advance();
    REQUIRE(again.send.has_value());
    CHECK(!again.send->fresh);
    CHECK(f.now < sip::time_point{} + 600s);
    (void)f.answered(200, "Expires: 600\n");
    (void)f.notified({.phase = subscription_phase::active, .expires = 600});
    CHECK(f.of.expiry() == f.now + 600s);
}

TEST_CASE("A subscription whose refreshes all fail lapses and is made anew (RFC 3842 3.6)") {
    fixture f;
    f.establish();
    int refreshes = 0;
    while (f.of.current() == state::active) {
        if (f.advance().send) {
            ++refreshes;
            (void)f.of.on_failed(f.now, sip::errc::transport_failed);
        }
        REQUIRE(refreshes < 20);
    }
    CHECK(refreshes > 1);
    CHECK(f.now == sip::time_point{} + 600s);
    auto const fresh = f.of.on_timeout(f.now);
    CHECK(fresh.send->fresh);
}

TEST_CASE("A first SUBSCRIBE that the notifier will never serve is not repeated; one that may pass is, ever later") {
    for (unsigned const status : {403U, 404U, 489U, 501U, 603U, 302U}) {
        CAPTURE(status);
        fixture f;
        (void)f.of.start(f.now);
        CHECK(f.answered(status).news->status == status);
        CHECK(f.of.current() == state::ended);
    }
    fixture f;
    (void)f.of.start(f.now);
    sip::duration last{};
    for (int i = 0; i < 6; ++i) {
        auto const before = f.now;
        (void)f.answered(480);
        REQUIRE(f.of.current() == state::waiting);
        REQUIRE(f.advance().send->fresh);
        CHECK(f.now - before > last / 2);
        last = f.now - before;
    }
    CHECK(last > 5min);
    auto const before = f.now;
    (void)f.answered(503, "Retry-After: 90\n");
    (void)f.advance();
    CHECK(f.now - before == 90s);
}

TEST_CASE("Each reason for the end is followed as RFC 6665 4.1.3 says (RFC 6665 4.1.3)") {
    auto const after = [](termination_reason why, std::optional<std::uint32_t> retry_after = {}) {
        fixture f;
        f.establish();
        f.now += 100s;
        auto const outcome = f.notified(terminated(why, retry_after));
        CHECK(outcome.news->reason == why);
        return f.of.current() == state::ended ? std::optional<sip::duration>()
                                              : std::optional(*f.of.next_attempt() - f.now);
    };
    CHECK(after(termination_reason::deactivated) == 0s);
    CHECK(after(termination_reason::timeout) == 0s);
    CHECK(after(termination_reason::probation, 40) == 40s);
    CHECK(after(termination_reason::giveup, 50) == 50s);
    CHECK(after(termination_reason::unspecified, 60) == 60s);
    CHECK(after(termination_reason::probation) >= 15s);
    CHECK(!after(termination_reason::rejected, 10));
    CHECK(!after(termination_reason::noresource));
    CHECK(!after(termination_reason::invariant));
}

TEST_CASE("A notifier that ends every subscription as soon as it is made is not asked in a tight loop") {
    fixture f;
    (void)f.of.start(f.now);
    for (int i = 0; i < 8; ++i) {
        (void)f.answered(200, "Expires: 600\n");
        (void)f.notified(terminated(termination_reason::deactivated));
        REQUIRE(f.of.current() == state::waiting);
        CHECK(*f.of.next_attempt() - f.now >= 15s);
        (void)f.advance();
    }
    CHECK(f.now > sip::time_point{} + 10min);
}

TEST_CASE("Leaving waits for the last NOTIFY, for Timer N at most (RFC 6665 4.1.2.3)") {
    fixture f;
    f.establish();
    auto const leave = f.of.stop(f.now);
    REQUIRE(leave.send.has_value());
    CHECK(leave.send->expires == 0);
    CHECK(!leave.send->fresh);
    (void)f.answered(200, "Expires: 0\n");
    // One that crossed our request is not the last.
    (void)f.notified({.phase = subscription_phase::active, .expires = 500});
    CHECK(f.of.current() == state::leaving);
    SUBCASE("it comes") {
        (void)f.notified(terminated(termination_reason::timeout));
        CHECK(f.of.current() == state::ended);
    }
    SUBCASE("it does not") {
        (void)f.advance();
        CHECK(f.of.current() == state::ended);
        CHECK(f.now == sip::time_point{} + 32s);
    }
}

TEST_CASE("Leaving while a refresh is out waits for its answer; before the first NOTIFY it is over at once") {
    fixture f;
    f.establish();
    (void)f.advance();
    CHECK(!f.of.stop(f.now).send);
    auto const leave = f.answered(200, "Expires: 600\n");
    REQUIRE(leave.send.has_value());
    CHECK(leave.send->expires == 0);

    fixture g;
    (void)g.of.start(g.now);
    (void)g.of.stop(g.now);
    CHECK(g.of.current() == state::ended);
    CHECK(!g.of.next_deadline());
}

TEST_CASE("A fetch ends with its first NOTIFY, or with Timer N (RFC 6665 4.4.3)") {
    fixture f({.expires = 0});
    CHECK(f.of.start(f.now).send->expires == 0);
    (void)f.answered(200, "Expires: 0\n");
    (void)f.notified(terminated(termination_reason::timeout));
    CHECK(f.of.current() == state::ended);

    fixture g({.expires = 0});
    (void)g.of.start(g.now);
    (void)g.answered(200, "Expires: 0\n");
    (void)g.advance();
    CHECK(g.of.current() == state::ended);
}

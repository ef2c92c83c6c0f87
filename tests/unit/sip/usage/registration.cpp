// Covers: refresh within the granted time, 423, Retry-After, back-off, removal and its races, loss of the flow.
// Not here: how REGISTER is built, routed and authenticated (ua).
#include "sip/usage/registration.hpp"

#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "support/seeded_random.hpp"

namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using state = sip::registration_state;

constexpr auto contact = "sip:1001@192.0.2.1:5062";

struct fixture {
    sip::buffer_pool pool;
    test::seeded_random random{7};
    sip::environment env{random.source(), {}, {}, {}};
    sip::time_point now{};
    sip::registration usage{{}, env};

    sip::message response(std::uint16_t status, std::string const& headers = {}) {
        auto const text =
            "SIP/2.0 " + std::to_string(status) +
            " X\r\nVia: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1\r\nFrom: <sip:1001@example.com>;tag=a\r\n"
            "To: <sip:1001@example.com>;tag=b\r\nCall-ID: c1\r\nCSeq: 1 REGISTER\r\n" +
            headers + "Content-Length: 0\r\n\r\n";
        auto parsed = sip::parse_message(pool.copy(text), pool);
        REQUIRE(parsed.has_value());
        return *parsed;
    }
    sip::registration::outcome answer(std::uint16_t status, std::string const& headers = {}) {
        return usage.on_response(now, *response(status, headers), contact);
    }
    /// Registers with the given grant.
    void make_registered(int granted) {
        REQUIRE(usage.start(now).send);
        auto const out = answer(200, "Contact: <sip:1001@192.0.2.1:5062>;expires=" + std::to_string(granted) + "\r\n");
        REQUIRE(out.news);
        REQUIRE(out.news->state == state::registered);
    }
    void jump_to_deadline() {
        REQUIRE(usage.next_deadline());
        now = *usage.next_deadline();
    }
};

}  // namespace

TEST_CASE_FIXTURE(
    fixture, "a registration asks for its interval and refreshes within the one that was granted (RFC 3261 10.2.4)"
) {
    auto const first = usage.start(now);
    REQUIRE(first.send);
    CHECK(first.send->expires == 3600);
    CHECK(first.news->state == state::registering);

    for (int granted : {2, 10, 60, 600, 3600, 100000}) {
        CAPTURE(granted);
        auto const out = answer(
            200, "Contact: <sip:other@192.0.2.9>;expires=5, <sip:1001@192.0.2.1:5062>;expires=" +
                     std::to_string(granted) + "\r\n"
        );
        REQUIRE(out.news);
        CHECK(out.news->expires == seconds(granted));
        REQUIRE(usage.next_deadline());
        CHECK(*usage.next_deadline() < now + seconds(granted));
        CHECK(*usage.next_deadline() >= now + seconds(granted) * 2 / 5);
        jump_to_deadline();
        auto const refresh = usage.on_timeout(now);
        REQUIRE(refresh.send);
        CHECK_FALSE(refresh.news);  // a refresh in time is nothing new to the user
    }
}

TEST_CASE_FIXTURE(fixture, "all attempts share one Call-ID, and the CSeq rises with each (RFC 3261 10.2.4)") {
    CHECK_FALSE(usage.call_id().empty());
    auto const first = usage.start(now);
    auto const second = usage.retry();
    CHECK(second.cseq == first.send->cseq + 1);
    CHECK(second.expires == first.send->expires);
    answer(200);
    jump_to_deadline();
    CHECK(usage.on_timeout(now).send->cseq == second.cseq + 1);
}

TEST_CASE_FIXTURE(fixture, "where our contact carries no expires, the Expires header counts, then what we asked for") {
    REQUIRE(usage.start(now).send);
    CHECK(answer(200, "Expires: 120\r\nContact: <sip:1001@192.0.2.1:5062>\r\n").news->expires == seconds(120));
    jump_to_deadline();
    REQUIRE(usage.on_timeout(now).send);
    CHECK(answer(200).news->expires == seconds(3600));
}

TEST_CASE_FIXTURE(fixture, "423 raises the interval at once, and the raised one is kept (RFC 3261 10.2.8)") {
    usage.update({.expires = seconds(20), .retry_after_failure = seconds(30), .longest_retry = minutes(30)});
    CHECK(usage.start(now).send->expires == 20);
    auto const again = answer(423, "Min-Expires: 60\r\n");
    REQUIRE(again.send);
    CHECK(again.send->expires == 60);
    answer(200, "Contact: <sip:1001@192.0.2.1:5062>;expires=60\r\n");
    jump_to_deadline();
    CHECK(usage.on_timeout(now).send->expires == 60);
}

TEST_CASE_FIXTURE(fixture, "a 423 without a higher minimum, or one that never ends, is a failure") {
    REQUIRE(usage.start(now).send);
    CHECK(answer(423).news->state == state::failed);

    jump_to_deadline();
    REQUIRE(usage.on_timeout(now).send);
    int rounds = 0;
    std::uint32_t minimum = 10000;
    for (; rounds < 20; ++rounds) {
        auto const out = answer(423, "Min-Expires: " + std::to_string(minimum++) + "\r\n");
        if (!out.send) {
            CHECK(out.news->state == state::failed);
            break;
        }
    }
    CHECK(rounds == 3);
}

TEST_CASE_FIXTURE(
    fixture,
    "failures are retried after steps that double up to a ceiling, each drawn from the step's upper half (RFC 5626 4.5)"
) {
    REQUIRE(usage.start(now).send);
    sip::duration step = seconds(30);
    for (int attempt = 0; attempt < 12; ++attempt) {
        auto const out = attempt % 2 == 0 ? answer(503) : usage.on_failed(now, sip::errc::transaction_timeout);
        REQUIRE(out.news);
        CHECK(out.news->state == state::failed);
        CHECK(out.news->status == (attempt % 2 == 0 ? 503 : 0));
        auto const wait = *usage.next_deadline() - now;
        CHECK(wait >= step / 2);
        CHECK(wait <= step);
        step = std::min<sip::duration>(step * 2, minutes(30));
        jump_to_deadline();
        auto const again = usage.on_timeout(now);
        REQUIRE(again.send);
        CHECK(again.news->state == state::registering);
    }
    answer(200);
    jump_to_deadline();
    REQUIRE(usage.on_timeout(now).send);
    answer(500);
    CHECK(*usage.next_deadline() - now <= seconds(30));  // success forgets the failures
}

TEST_CASE_FIXTURE(fixture, "Retry-After holds the next attempt back, up to an hour") {
    REQUIRE(usage.start(now).send);
    answer(503, "Retry-After: 300 (maintenance)\r\n");
    CHECK(*usage.next_deadline() - now == seconds(300));
    jump_to_deadline();
    REQUIRE(usage.on_timeout(now).send);
    answer(503, "Retry-After: 4000000\r\n");
    CHECK(*usage.next_deadline() - now == seconds(3600));
}

TEST_CASE_FIXTURE(fixture, "a retry interval of zero means that a failure is final") {
    usage.update({.expires = seconds(3600), .retry_after_failure = {}, .longest_retry = {}});
    REQUIRE(usage.start(now).send);
    auto const out = answer(403);
    CHECK_FALSE(out.news->next_attempt);
    CHECK_FALSE(usage.next_deadline());
    CHECK(usage.start(now).send);  // but the user may try again
}

TEST_CASE_FIXTURE(fixture, "stopping removes the binding with expires 0") {
    make_registered(3600);
    auto const removal = usage.stop(now);
    REQUIRE(removal.send);
    CHECK(removal.send->expires == 0);
    CHECK(removal.news->state == state::unregistering);
    CHECK_FALSE(usage.next_deadline());
    auto const out = answer(200);
    CHECK(out.news->state == state::unregistered);
    CHECK_FALSE(out.send);
    CHECK_FALSE(usage.next_deadline());
}

TEST_CASE_FIXTURE(fixture, "stopping while a REGISTER is out waits for its answer, then removes what it made") {
    REQUIRE(usage.start(now).send);
    CHECK_FALSE(usage.stop(now).send);
    auto const removal = answer(200);
    REQUIRE(removal.send);
    CHECK(removal.send->expires == 0);

    fixture refused;
    REQUIRE(refused.usage.start(refused.now).send);
    CHECK_FALSE(refused.usage.stop(refused.now).send);
    auto const out = refused.answer(403);
    CHECK_FALSE(out.send);
    CHECK(out.news->state == state::unregistered);
}

TEST_CASE_FIXTURE(fixture, "starting again while a removal is out registers anew after it") {
    make_registered(3600);
    REQUIRE(usage.stop(now).send);
    CHECK_FALSE(usage.start(now).send);
    auto const out = answer(200);
    REQUIRE(out.send);
    CHECK(out.send->expires == 3600);
}

TEST_CASE_FIXTURE(fixture, "a registrar that never answers the removal leaves us unregistered") {
    make_registered(3600);
    REQUIRE(usage.stop(now).send);
    auto const out = usage.on_failed(now, sip::errc::transaction_timeout);
    CHECK(out.news->state == state::unregistered);
    CHECK(out.news->error == sip::errc::transaction_timeout);
}

TEST_CASE_FIXTURE(fixture, "a grant of zero seconds is not a registration") {
    REQUIRE(usage.start(now).send);
    CHECK(answer(200, "Contact: <sip:1001@192.0.2.1:5062>;expires=0\r\n").news->state == state::failed);
}

TEST_CASE_FIXTURE(fixture, "losing the flow registers anew within two seconds") {
    make_registered(3600);
    CHECK_FALSE(usage.on_flow_lost(now).send);
    REQUIRE(usage.next_deadline());
    CHECK(*usage.next_deadline() <= now + seconds(2));
    jump_to_deadline();
    CHECK(usage.on_timeout(now).send);
}

TEST_CASE_FIXTURE(fixture, "commands that change nothing do nothing") {
    CHECK_FALSE(usage.stop(now).news);
    make_registered(3600);
    CHECK_FALSE(usage.start(now).send);
    CHECK_FALSE(usage.on_timeout(now).send);  // not due yet
}

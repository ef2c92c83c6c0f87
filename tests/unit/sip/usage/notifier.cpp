// Covers: what a notifier grants, when it may notify, what waits and what is overtaken, failures and expiry.
#include <doctest/doctest.h>

#include "sip/usage/notifier.hpp"

using namespace std::chrono_literals;
using sip::body_scope;
using sip::notifier;
using sip::notifier_settings;
using sip::subscription_phase;

namespace {

sip::time_point const start{};

notifier accepted(notifier_settings settings = {}) {
    notifier made(settings);
    made.set_phase(subscription_phase::active);
    made.last_for(start, 600);
    return made;
}

}  // namespace

TEST_CASE("A subscription is shortened to what the package allows, never lengthened (RFC 6665 4.2.1.1)") {
    notifier_settings const settings{.shortest = 120, .longest = 7200, .preferred = 3600};
    CHECK(notifier::grant(settings, 600) == 600);
    CHECK(notifier::grant(settings, 100'000) == 7200);
    CHECK(notifier::grant(settings, std::nullopt) == 3600);
    CHECK(notifier::grant(settings, 0) == 0);
    CHECK(!notifier::grant(settings, 119));
    // An hour is never too brief, whatever the package says.
    CHECK(notifier::grant({.shortest = 5000, .longest = 7200, .preferred = 7200}, 3600) == 3600);
}

TEST_CASE("One NOTIFY at a time, and the newest state overtakes what waits (RFC 6665 4.2.2)") {
    auto n = accepted();
    CHECK(!n.put({"text/plain", "one"}));
    REQUIRE(n.is_due(start));
    CHECK(n.take(start).text == "one");
    CHECK(!n.put({"text/plain", "two"}));
    CHECK(!n.put({"text/plain", "three"}));
    CHECK(!n.is_due(start + 1h));
    n.on_delivered();
    REQUIRE(n.is_due(start));
    CHECK(n.take(start).text == "three");
    n.on_delivered();
    CHECK(!n.is_due(start));
}

TEST_CASE("Partial states all go, in order, and no more than a bound of them wait (RFC 6665 5.4.5)") {
    auto n = accepted({.scope = body_scope::partial});
    for (std::size_t i = 0; i < notifier::most_waiting; ++i)
        CHECK(!n.put({"text/plain", std::to_string(i)}));
    CHECK(n.put({"text/plain", "too many"}) == sip::errc::limit_reached);
    for (std::size_t i = 0; i < notifier::most_waiting; ++i) {
        CHECK(n.take(start).text == std::to_string(i));
        n.on_delivered();
    }
    CHECK(!n.is_due(start));
}

TEST_CASE("NOTIFYs keep the package's interval, but the one that a SUBSCRIBE asks for does not wait (RFC 6665 5.4.10)"
) {
    auto n = accepted({.interval = 5s});
    CHECK(!n.put({"text/plain", "one"}));
    (void)n.take(start);
    n.on_delivered();
    CHECK(!n.put({"text/plain", "two"}));
    CHECK(!n.is_due(start + 4999ms));
    CHECK(n.next_deadline() == start + 5s);
    CHECK(n.is_due(start + 5s));
    n.last_for(start + 1s, 600);
    CHECK(n.is_due(start + 1s));
}

TEST_CASE("A NOTIFY that the user does not write goes without a body after T1 (RFC 6665 4.2.1.2)") {
    auto n = accepted();
    CHECK(!n.is_due(start));
    CHECK(n.next_deadline() == start + 500ms);
    REQUIRE(n.is_due(start + 500ms));
    CHECK(n.take(start + 500ms).text.empty());
}

TEST_CASE("The time left is told, rounded up (RFC 6665 4.2.2)") {
    auto const n = accepted();
    CHECK(n.status(start).expires == 600);
    CHECK(n.status(start + 100500ms).expires == 500);
    CHECK(!n.has_expired(start + 599999ms));
    CHECK(n.has_expired(start + 600s));
}

TEST_CASE("A NOTIFY that failed for now is told again, three times at most (RFC 6665 4.2.2)") {
    auto n = accepted();
    CHECK(!n.put({"text/plain", "one"}));
    (void)n.take(start);
    CHECK(n.on_failed(start, 20s));
    CHECK(!n.is_due(start + 19s));
    REQUIRE(n.is_due(start + 20s));
    CHECK(n.take(start + 20s).text == "one");
    CHECK(!n.put({"text/plain", "two"}));
    CHECK(n.on_failed(start + 20s, std::nullopt));
    CHECK(n.take(start + 25s).text == "two");
    CHECK(!n.on_failed(start + 25s, std::nullopt));
}

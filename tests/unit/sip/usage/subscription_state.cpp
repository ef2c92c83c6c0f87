// Covers: reading and writing Subscription-State, the rule for each reason, comparing Event values.
// Not covered: what a subscriber does with them over time (subscriber.cpp).
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/usage/subscription_state.hpp"

using namespace sip;

namespace {

subscription_status read(std::string const& text) {
    auto const value = parse_token_params(text);
    REQUIRE(value.has_value());
    return subscription_status_from(*value);
}

}  // namespace

TEST_CASE("Subscription-State is read with its reason, expires and retry-after (RFC 6665 8.2.3)") {
    CHECK(
        read("active;expires=600") ==
        subscription_status{subscription_phase::active, termination_reason::unspecified, 600, std::nullopt}
    );
    CHECK(read("Pending ; expires=0").phase == subscription_phase::pending);
    CHECK(
        read("terminated;reason=probation;retry-after=30") ==
        subscription_status{subscription_phase::terminated, termination_reason::probation, std::nullopt, 30}
    );
    CHECK(read("terminated;reason=NoResource").reason == termination_reason::noresource);
    CHECK(read("terminated;reason=expired").reason == termination_reason::unspecified);
    CHECK(!read("active;expires=soon").expires);
    CHECK(!read("active;expires=99999999999").expires);
    CHECK(read("enthusiastic;expires=5").phase == subscription_phase::active);
}

TEST_CASE("What is written is read back the same (RFC 6665 8.2.3)") {
    for (auto const& status :
         {subscription_status{subscription_phase::active, termination_reason::unspecified, 3600, std::nullopt},
          subscription_status{subscription_phase::pending, termination_reason::unspecified, 1, std::nullopt},
          subscription_status{subscription_phase::terminated, termination_reason::giveup, std::nullopt, 120},
          subscription_status{subscription_phase::terminated, termination_reason::timeout, std::nullopt, std::nullopt}})
        CHECK(read(to_string(status)) == status);
}

TEST_CASE("Each reason says whether to subscribe again (RFC 6665 4.1.3)") {
    using enum termination_reason;
    CHECK(resubscription_after(deactivated) == resubscription::at_once);
    CHECK(resubscription_after(timeout) == resubscription::at_once);
    CHECK(resubscription_after(probation) == resubscription::later);
    CHECK(resubscription_after(giveup) == resubscription::later);
    CHECK(resubscription_after(unspecified) == resubscription::later);
    CHECK(resubscription_after(rejected) == resubscription::never);
    CHECK(resubscription_after(noresource) == resubscription::never);
    CHECK(resubscription_after(invariant) == resubscription::never);
}

TEST_CASE("Events are the same where type and id are, byte for byte (RFC 6665 8.2.1)") {
    auto const same = [](std::string const& a, std::string const& b) {
        return is_same_event(*parse_token_params(a), *parse_token_params(b));
    };
    CHECK(same("refer;id=7", "refer ;id=7;other=x"));
    CHECK(!same("refer;id=7", "refer"));
    CHECK(!same("refer;id=a", "refer;id=A"));
    CHECK(!same("presence", "Presence"));
    CHECK(!same("presence", "presence.winfo"));
}

// Covers: the ordinary life of a call between two user agents on a faultless network, over UDP and TCP, with and
// without an offer in the INVITE; refusal, cancellation, hanging up from both sides.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/ua_pair.hpp"

using namespace std::chrono_literals;
using lines = std::vector<std::string>;

TEST_CASE("A call is set up, confirmed and ended (RFC 3665 3.1)") {
    test::ua_pair pair;
    auto const [a, b] = pair.establish();
    CHECK(pair.ladder() == lines{"A INVITE", "B 180 INVITE", "B 200 INVITE", "A ACK"});
    CHECK(pair.alice.count<sip::call_progress>() == 1);
    CHECK(pair.alice.last<sip::call_answered>().has_description);
    CHECK(pair.alice.last<sip::call_answered>().response.view().body() == "answer");
    CHECK(pair.bob.last<sip::incoming_call>().invite.view().body() == "offer");
    CHECK(pair.bob.count<sip::call_confirmed>() == 1);

    CHECK(!pair.alice.hang_up(a));
    CHECK(pair.alice.last<sip::call_ended>().why == sip::end_reason::local_hang_up);
    pair.net.run_for(50ms);
    CHECK(pair.ladder() == lines{"A BYE", "B 200 BYE"});
    CHECK(pair.bob.last<sip::call_ended>().why == sip::end_reason::remote_hang_up);
    REQUIRE(pair.net.run_until_idle());
    CHECK(pair.alice.is_idle());
    CHECK(pair.bob.is_idle());
    (void)b;
}

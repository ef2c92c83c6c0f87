// Covered: the choice among final responses (RFC 3261 16.7 step 6).
#include "sip/proxy/best_response.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {
std::uint16_t best(std::vector<std::uint16_t> const& statuses, sip::proxy::ending how = sip::proxy::ending::open) {
    return statuses[sip::proxy::best_response(statuses, how)];
}
}  // namespace

TEST_CASE("A 6xx goes before everything, then the lowest class") {
    CHECK(best({404, 603, 302}) == 603);
    CHECK(best({503, 404}) == 404);
    CHECK(best({486, 302, 500}) == 302);
    CHECK(best({500}) == 500);
}

TEST_CASE("Within 4xx the answer that tells how to try again wins, and silence comes last") {
    CHECK(best({486, 407}) == 407);
    CHECK(best({404, 401, 420}) == 401);
    CHECK(best({486, 484}) == 484);
    CHECK(best({408, 486}) == 486);
    CHECK(best({487, 486}) == 486);
    // The example of RFC 3261 16.7.
    CHECK(best({503, 407, 501, 404}) == 407);
}

TEST_CASE("A caller who cancelled is told 487, unless somebody refused for all") {
    CHECK(best({486, 487, 404}, sip::proxy::ending::cancelled) == 487);
    CHECK(best({487, 603}, sip::proxy::ending::cancelled) == 603);
}

TEST_CASE("Among equals the first to arrive wins") {
    std::vector<std::uint16_t> const statuses{486, 480, 486};
    CHECK(sip::proxy::best_response(statuses, sip::proxy::ending::open) == 0);
}

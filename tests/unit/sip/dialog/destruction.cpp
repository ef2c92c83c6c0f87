// Covers: RFC 5057 table 2, row by row, and its notes for requests that belong to no usage.
#include "sip/dialog/destruction.hpp"

#include <set>

#include <doctest/doctest.h>

using sip::effect_of_failure;
using sip::effect_on_call;
using sip::failure_effect;
using sip::method;

TEST_CASE("Every status has the effect of RFC 5057 table 1") {
    std::set<int> const usage{405, 408, 480, 481, 489, 501};  // 408 by note 4: as a time-out
    std::set<int> const dialog{404, 410, 416, 482, 483, 484, 485, 502, 604};
    for (int status = 300; status < 700; ++status) {
        CAPTURE(status);
        auto const expected = usage.contains(status)    ? failure_effect::usage
                              : dialog.contains(status) ? failure_effect::dialog
                                                        : failure_effect::transaction;
        CHECK(effect_of_failure(static_cast<std::uint16_t>(status)) == expected);
    }
}

TEST_CASE("A re-INVITE is integral to its call, an INFO is not, a MESSAGE belongs to no usage (RFC 5057 5.1, 5.3)") {
    CHECK(effect_on_call(method::invite, 481) == failure_effect::usage);
    CHECK(effect_on_call(method::invite, 501) == failure_effect::usage);
    CHECK(effect_on_call(method::info, 481) == failure_effect::usage);
    CHECK(effect_on_call(method::info, 405) == failure_effect::transaction);
    CHECK(effect_on_call(method::info, 501) == failure_effect::transaction);
    CHECK(effect_on_call(method::message, 481) == failure_effect::transaction);
    CHECK(effect_on_call(method::options, 408) == failure_effect::transaction);
    CHECK(effect_on_call(method::message, 404) == failure_effect::dialog);
    CHECK(effect_on_call(method::invite, 489) == failure_effect::transaction);
    CHECK(effect_on_call(method::invite, 488) == failure_effect::transaction);
}

// Covers: what becomes of somebody who calls, for all rules and their order. Pure; the calls themselves are in
// calls.cpp and forwarding.cpp.
#include <doctest/doctest.h>

#include "phoned/phone/incoming_rules.hpp"

using namespace std::chrono_literals;
using phoned::decide_incoming;
using action = phoned::incoming_decision::action;
using answer_by = phoned::incoming_decision::answer;

namespace {

struct rules {
    phoned::settings phone = phoned::default_settings();
    phoned::account_settings& account = phone.accounts[0];
    phoned::caller_facts facts{"1001"};

    [[nodiscard]] phoned::incoming_decision decide() const { return decide_incoming(phone, account, facts); }
    void expect_refused(unsigned status) const {
        const auto decision = decide();
        CHECK(decision.what == action::refuse);
        CHECK(decision.status == status);
    }
    void expect_forwarded(std::string_view target, std::string_view why) const {
        const auto decision = decide();
        CHECK(decision.what == action::forward);
        CHECK(decision.forward_target == target);
        CHECK(decision.diversion == why);
    }
};

}  // namespace

TEST_CASE_FIXTURE(rules, "somebody calls, and the phone rings until its user answers") {
    const auto decision = decide();
    CHECK(decision.what == action::ring);
    CHECK(decision.by == answer_by::user);
    CHECK_FALSE(decision.forward_after);
}

TEST_CASE_FIXTURE(rules, "a caller who stays unknown is refused with 433 where the account says so (RFC 5079)") {
    facts.is_anonymous = true;
    CHECK(decide().what == action::ring);
    account.rejects_anonymous = true;
    phone.forward.always = {true, "1003", 0};
    expect_refused(433);
    facts.is_anonymous = false;
    expect_forwarded("1003", "unconditional");
}

TEST_CASE_FIXTURE(
    rules, "do not disturb refuses all but authorised callers, and comes behind forwarding of every call"
) {
    phone.do_not_disturb = true;
    phone.dnd_refuse_code = 404;
    expect_refused(404);
    phone.dnd_authorized = "1000, 1001 ,1002";
    CHECK(decide().what == action::ring);
    phone.forward.no_answer = {true, "1003", 2};
    CHECK_FALSE(decide().forward_after);  // the guide: off while do not disturb is on
    phone.dnd_lets_authorized_through = false;
    expect_refused(404);
    phone.forward.always = {true, "1003", 0};
    expect_forwarded("1003", "unconditional");
}

TEST_CASE_FIXTURE(rules, "do not disturb and forwarding are the account's where the modes say so") {
    phone.dnd_per_account = phone.forward_per_account = true;
    phone.do_not_disturb = true;
    phone.forward.always = {true, "1003", 0};
    CHECK(decide().what == action::ring);
    account.do_not_disturb = true;
    expect_refused(480);
    account.forward.always = {true, "1004", 0};
    expect_forwarded("1004", "unconditional");
}

TEST_CASE_FIXTURE(rules, "a busy phone refuses with 486 or forwards; call waiting makes it ring") {
    facts.has_other_call = true;
    CHECK(decide().what == action::ring);
    phone.call_waiting = false;
    expect_refused(486);
    phone.forward.busy = {true, "1003", 0};
    expect_forwarded("1003", "user-busy");
    CHECK(decide().alerts_first);
    phone.call_waiting = true;
    facts.has_free_place = false;
    expect_forwarded("1003", "user-busy");
}

TEST_CASE_FIXTURE(rules, "no answer forwards after so many rings of 6 s") {
    phone.forward.no_answer = {true, "1003", 3};
    CHECK(decide().forward_after == 18s);
    CHECK(decide().diversion == "no-answer");
    phone.forward.no_answer.rings = 0;
    CHECK(decide().forward_after == 0s);
}

TEST_CASE_FIXTURE(rules, "a rule without a target does nothing, nor one that leads abroad where that is switched off") {
    phone.forward.always = {true, "", 0};
    CHECK(decide().what == action::ring);
    phone.forward.always.target = "0049123";
    CHECK(decide().what == action::ring);
    phone.forward_international = true;
    expect_forwarded("0049123", "unconditional");
}

TEST_CASE_FIXTURE(
    rules, "auto answer works on an idle phone alone; an intercom call may barge in where it is allowed to"
) {
    account.auto_answer = true;
    CHECK(decide().by == answer_by::after_delay);
    facts.has_other_call = true;
    CHECK(decide().by == answer_by::user);
    facts.asks_intercom = true;
    CHECK(decide().by == answer_by::user);
    phone.intercom_barges = true;
    CHECK(decide().by == answer_by::intercom);
    phone.call_waiting = false;
    CHECK(decide().by == answer_by::intercom);
    phone.intercom_allowed = false;
    expect_refused(486);
    facts.has_other_call = false;
    CHECK(decide().by == answer_by::after_delay);  // an ordinary call then
}

// Covers: who counts as member and sender, leaving, stragglers, time-outs, the bound and who gives way.
#include "rtp/session/member_table.hpp"

#include <doctest/doctest.h>

using namespace rtp;
using namespace std::chrono_literals;

namespace {

constexpr time_point now = time_point{} + 1h;

member& add(member_table& table, unsigned ssrc, time_point when, bool confirmed) {
    auto* added = table.find_or_add(when, static_cast<ssrc_t>(ssrc));
    REQUIRE(added != nullptr);
    table.on_heard(when, *added);
    added->is_confirmed = confirmed;
    return *added;
}

}  // namespace

TEST_CASE("Only confirmed members count, and only they count as senders") {
    member_table table;
    add(table, 1, now, true).is_sender = true;
    add(table, 2, now, true);
    add(table, 3, now, false).is_sender = true;
    CHECK(table.count().members == 2);
    CHECK(table.count().senders == 1);
    CHECK(table.find(ssrc_t{4}) == nullptr);
    CHECK(table.find_or_add(now, ssrc_t{1})->is_sender);
}

TEST_CASE("Silent members and senders stop counting and come back when heard") {
    member_table table;
    auto& m = add(table, 1, now, true);
    m.is_sender = true;
    m.last_media = now;
    table.expire(now, now);
    CHECK(table.count().senders == 1);
    table.expire(now, now + 1ns);
    CHECK(table.count().members == 1);
    CHECK(table.count().senders == 0);
    table.expire(now + 1ns, now);
    CHECK(table.count().members == 0);
    table.on_heard(now + 1h, m);
    CHECK(table.count().members == 1);
}

TEST_CASE("Stragglers after a BYE do not bring a member back, later packets do (RFC 3550 6.2.1)") {
    member_table table;
    auto& m = add(table, 1, now, true);
    m.is_active = false;
    m.left_at = now;
    table.on_heard(now + 999ms, m);
    CHECK(table.count().members == 0);
    table.on_heard(now + 1s, m);
    CHECK(table.count().members == 1);
    CHECK_FALSE(m.left_at.has_value());
}

TEST_CASE("A full table makes room by the longest silent entry that does not count, and else takes nobody") {
    member_table table;
    for (unsigned i = 0; i < member_table::max_members; ++i)
        add(table, i, now + i * 1s, true);
    CHECK(table.find_or_add(now + 1h, ssrc_t{1000}) == nullptr);
    table.find(ssrc_t{7})->is_active = false;
    table.find(ssrc_t{5})->is_confirmed = false;
    auto* added = table.find_or_add(now + 1h, ssrc_t{1000});
    REQUIRE(added != nullptr);
    CHECK(added->ssrc == ssrc_t{1000});
    CHECK_FALSE(added->is_confirmed);
    CHECK(table.find(ssrc_t{5}) == nullptr);
    CHECK(table.find(ssrc_t{7}) != nullptr);
    CHECK(table.size() == member_table::max_members);
}

TEST_CASE("A flood of new sources never grows the table") {
    member_table table;
    add(table, 0, now, true);
    for (unsigned i = 1; i < 10'000; ++i)
        REQUIRE(table.find_or_add(now + i * 1ms, static_cast<ssrc_t>(i)) != nullptr);
    CHECK(table.size() == member_table::max_members);
    CHECK(table.find(ssrc_t{0}) != nullptr);
}

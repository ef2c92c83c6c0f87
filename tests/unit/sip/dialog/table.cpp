// Covers: finding dialogs by handle and by id, the usages that keep them alive (RFC 5057 4.1), stale handles, many
// dialogs at once.
#include "sip/dialog/table.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "support/wire.hpp"

namespace {

sip::buffer_pool pool;

sip::dialog dialog(std::string const& call_id, std::string const& local = "l", std::string const& remote = "r") {
    auto const parsed = sip::parse_message(
        pool.copy(test::wire(
            "INVITE sip:b@x SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@x>;tag=" + remote +
            "\nTo: <sip:b@x>\nCall-ID: " + call_id + "\nCSeq: 1 INVITE\nContact: <sip:a@y>\n"
        )),
        pool
    );
    REQUIRE(parsed.has_value());
    auto made = sip::dialog::from_request(parsed->view(), local, 8);
    REQUIRE(made.has_value());
    return std::move(*made);
}

constexpr sip::usage_ref call{sip::usage_kind::invite, 1};
constexpr sip::usage_ref subscription{sip::usage_kind::subscription, 1};

}  // namespace

TEST_CASE("A dialog is found by each of its three parts, and by no two of them") {
    sip::dialog_table table({4, 2});
    auto const one = table.add(dialog("c1"), call);
    auto const other_remote = table.add(dialog("c1", "l", "r2"), call);
    auto const other_local = table.add(dialog("c1", "l2", "r"), call);
    CHECK(table.find({"c1", "l", "r"}) == one);
    CHECK(table.find({"c1", "l", "r2"}) == other_remote);
    CHECK(table.find({"c1", "l2", "r"}) == other_local);
    CHECK(!table.find({"c2", "l", "r"}));
    CHECK(!table.find({"c1", "l", ""}));
    CHECK(!table.find({"c1l", "", "r"}));  // the borders between the parts count
    CHECK(table.find(one)->id().call_id == "c1");
}

TEST_CASE("A dialog goes with its last usage (RFC 3261 12.3, RFC 5057 4.1, 4.2)") {
    sip::dialog_table table({4, 2});
    auto const id = table.add(dialog("c1"), call);
    table.add_usage(id, subscription);
    CHECK(table.usages(id).size() == 2);
    CHECK(table.usage(id, sip::usage_kind::subscription) == subscription);
    table.remove_usage(id, call);
    REQUIRE(table.find(id) != nullptr);
    CHECK(!table.usage(id, sip::usage_kind::invite));
    table.remove_usage(id, call);  // not there any more
    REQUIRE(table.find(id) != nullptr);
    table.remove_usage(id, subscription);
    CHECK(table.find(id) == nullptr);
    CHECK(!table.find({"c1", "l", "r"}));
    CHECK(table.size() == 0);
}

TEST_CASE("A stale handle finds nothing, also after its slot was taken again") {
    sip::dialog_table table({4, 2});
    auto const old = table.add(dialog("c1"), call);
    table.remove_usage(old, call);
    auto const fresh = table.add(dialog("c2"), call);
    CHECK(fresh.index == old.index);
    CHECK(table.find(old) == nullptr);
    CHECK(table.usages(old).empty());
    table.remove_usage(old, call);
    table.add_usage(old, call);
    CHECK(!table.take(old));
    CHECK(table.find(fresh) != nullptr);
}

TEST_CASE("A dialog that is taken out takes all its usages along") {
    sip::dialog_table table({4, 2});
    auto const id = table.add(dialog("c1"), call);
    table.add_usage(id, subscription);
    auto const taken = table.take(id);
    REQUIRE(taken.has_value());
    CHECK(taken->id().call_id == "c1");
    CHECK(table.size() == 0);
    CHECK(!table.find({"c1", "l", "r"}));
}

TEST_CASE("Ten thousand dialogs come and go, and each is found as long as it lives") {
    sip::dialog_table table({4, 2});
    std::vector<sip::dialog_handle> handles;
    for (int i = 0; i < 10'000; ++i)
        handles.push_back(table.add(dialog("call" + std::to_string(i)), call));
    for (int i = 0; i < 10'000; i += 2)
        table.remove_usage(handles[static_cast<std::size_t>(i)], call);
    CHECK(table.size() == 5000);
    int wrong = 0;
    for (int i = 0; i < 10'000; ++i) {
        auto const name = "call" + std::to_string(i);
        auto const expected = i % 2 == 0 ? sip::dialog_handle{} : handles[static_cast<std::size_t>(i)];
        if (table.find({name, "l", "r"}) != expected) ++wrong;
    }
    CHECK(wrong == 0);
}

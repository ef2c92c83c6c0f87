// Covers: every message of RFC 4475 and RFC 5118 gets the verdict of rfc_verdicts.tsv and, when refused, a status that
// the table allows; every example message of other RFCs parses, prints and parses to the same, except those listed in
// rfc_examples_malformed.tsv, which are malformed in print. The messages are the bytes of the RFCs' archives, but for
// an empty line that two of RFC 5118 had lost. What a user agent answers is in rfc_answers_test.cpp.
#include <map>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "torture/message_set.hpp"

namespace {

std::string const folder = TORTURE_FOLDER;

}  // namespace

TEST_CASE("Every message of RFC 4475 and RFC 5118 gets its verdict, and none is without one") {
    auto messages = torture::read_messages(folder + "/rfc4475", ".sip");
    messages.merge(torture::read_messages(folder + "/rfc5118", ".sip"));
    CHECK(messages.size() == 62);
    std::set<std::string> judged;
    for (auto const& row : torture::read_table(folder + "/rfc_verdicts.tsv")) {
        REQUIRE(row.size() == 6);
        auto const &name = row[0], &expected = row[2], &status = row[3];
        CAPTURE(name);
        REQUIRE(messages.count(name) == 1);
        judged.insert(name);
        sip::buffer_pool pool;
        auto verdict = torture::judge(pool, messages[name]);
        CHECK((verdict.failure ? "reject" : "accept") == expected);
        if (!verdict.failure) continue;
        CAPTURE(to_string(*verdict.failure));
        CHECK(std::to_string(verdict.failure->suggested_status) == status);
    }
    CHECK(judged.size() == messages.size());
}

TEST_CASE("Every example message of the RFCs survives parse, print, parse, but for those that are malformed in print") {
    std::map<std::string, std::string> malformed;
    for (auto const& row : torture::read_table(folder + "/rfc_examples_malformed.tsv")) {
        REQUIRE(row.size() == 3);
        malformed[row[0]] = row[1];
    }
    auto const messages = torture::read_examples(folder + "/rfc_examples");
    CHECK(messages.size() == 736);
    for (auto const& [name, bytes] : messages) {
        CAPTURE(std::string(name));
        sip::buffer_pool pool;
        auto verdict = torture::judge(pool, bytes);
        if (verdict.failure) {
            CAPTURE(to_string(*verdict.failure));
            auto where = verdict.failure->where;
            REQUIRE(malformed.count(name) == 1);
            CHECK(malformed[name] == (where == sip::header_id::unknown ? "-" : to_string(where)));
            malformed.erase(name);
            continue;
        }
        auto printed = torture::print(pool, verdict.message.view());
        auto second = sip::parse_message(pool.copy(printed), pool);
        REQUIRE_MESSAGE(second.has_value(), printed);
        CHECK(torture::difference(verdict.message.view(), second->view()) == "");
    }
    for (auto const& [name, where] : malformed)
        FAIL_CHECK(name, " is listed as malformed and is not");
}

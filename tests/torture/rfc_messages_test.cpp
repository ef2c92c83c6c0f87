// Covers, where the messages of the RFCs lie beside the checkout (see message_set.hpp): every file of RFC 4475 gets the
// verdict of its table and, when refused, a status that the table allows; every example message of the RFCs parses,
// prints and parses to the same, except those listed in rfc_examples_malformed.tsv, which are malformed in print.
// Without that folder only our own messages are tested (own_messages_test.cpp); the program says so.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "torture/every_header.hpp"
#include "torture/message_set.hpp"

namespace {

/// True where one of the comma-separated codes is this one; 0 stands for "none".
bool allows(std::string const& codes, int status) {
    auto wanted = status == 0 ? std::string("none") : std::to_string(status);
    return ("," + codes + ",").find("," + wanted + ",") != std::string::npos;
}

std::optional<std::string> folder(char const* name) {
    auto shared = torture::shared_folder();
    if (!shared || torture::read_messages(*shared + "/" + name, ".dat").empty()) {
        MESSAGE("no folder ", std::string(name), " beside the checkout: only our own messages are tested");
        return std::nullopt;
    }
    return *shared + "/" + name;
}

}  // namespace

TEST_CASE("Every RFC 4475 message gets its verdict, and none is without one") {
    auto const place = folder("torture");
    if (!place) return;
    auto messages = torture::read_messages(*place, ".dat");
    std::set<std::string> judged;
    for (auto const& row : torture::read_table(*place + "/VERDICTS.tsv")) {
        REQUIRE(row.size() == 7);
        auto const &name = row[0], &kind = row[3], &expected = row[4], &codes = row[5];
        CAPTURE(name);
        REQUIRE(messages.count(name) == 1);
        judged.insert(name);
        sip::buffer_pool pool;
        auto verdict = torture::judge(pool, messages[name]);
        CHECK(verdict.is_request == (kind == "request"));
        std::string const got = verdict.failure ? "reject" : "accept";
        CHECK((expected == "either" || got == expected));
        if (verdict.failure) {
            CAPTURE(to_string(*verdict.failure));
            CHECK(allows(codes, verdict.failure->suggested_status));
        }
    }
    CHECK(judged.size() == messages.size());
    CHECK(judged.size() >= 49);
}

TEST_CASE("Every example message of the RFCs survives parse, print, parse, but for those that are malformed in print") {
    auto const place = folder("rfc-flows");
    if (!place) return;
    std::map<std::string, std::string> malformed;
    for (auto const& row : torture::read_table(TORTURE_FOLDER "/rfc_examples_malformed.tsv")) {
        REQUIRE(row.size() == 3);
        malformed[row[0]] = row[1];
    }
    std::size_t survived = 0;
    for (auto const& entry : torture::read_messages(*place, ".dat")) {
        auto const &name = entry.first, &bytes = entry.second;
        CAPTURE(name);
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
        ++survived;
    }
    CHECK(survived >= 600);
    for (auto const& [name, where] : malformed)
        FAIL_CHECK(name, " is listed as malformed and is not");
}

// Covers: the HTML page and JUnit's XML of a flow that matches and of one that does not; text from a capture does no
// harm in either.
#include <doctest/doctest.h>
#include <pugixml.hpp>

#include "conformance/capture/judge.hpp"
#include "conformance/reports/entry.hpp"
#include "conformance/unit/rehearsal.hpp"

using namespace conformance;

namespace {

report_entry entry_of(const flow& f, const recording& all) {
    return {f, std::get<judgement>(judge(all, f)).result, "a <setting>", {}, 1.5};
}

bool has(const std::string& text, std::string_view piece) {
    return text.find(piece) != std::string::npos;
}

}  // namespace

TEST_CASE("the HTML page shows each message with its text, and nothing from elsewhere") {
    const auto f = flow_named("1.11");
    const auto page = html_of({entry_of(f, rehearse(f))});
    CHECK(has(page, "1 of 1 call flows match"));
    for (const auto* piece : {"F22 ACK", "3-way conference", "2-way RTP", "<b>a</b>=sendonly", "a &lt;setting&gt;", "</html>"})
        CHECK_MESSAGE(has(page, piece), piece);
    CHECK_FALSE(has(page, "src="));
    CHECK_FALSE(has(page, "http"));
}

TEST_CASE("the table has a row for each flow and setting, with what departs first") {
    const auto f = flow_named("1.1");
    auto cut = rehearse(f);
    cut.messages.pop_back();
    auto refused = report_entry{f, {}, "nobody", "its phone | does not start", 0};
    const auto table = table_of({entry_of(f, rehearse(f)), entry_of(f, cut), refused});
    CHECK(has(table, "| a <setting> | passes, 2 of 3 media states not measured |"));
    CHECK_MESSAGE(has(table, "2 departures, first F11: BYE B -> P passed, but it was never"), table);
    CHECK(has(table, "| nobody | not played: its phone / does not start |"));
}

TEST_CASE("a mismatch is marked on the page with its reason, and markup in a message is text") {
    const auto f = flow_named("1.1");
    auto all = rehearse(f);
    all.messages.pop_back();
    auto& text = all.messages.front().text;
    text.insert(text.find("Call-ID"), "Subject: <script>alert(1)</script>\r\n");
    const auto page = html_of({entry_of(f, all)});
    CHECK(has(page, "0 of 1 call flows match"));
    CHECK(has(page, "F14: 200 (BYE) P -&gt; B did not come"));
    CHECK(has(page, "&lt;script&gt;alert(1)"));
    CHECK_FALSE(has(page, "<script>alert"));
}

TEST_CASE("JUnit's XML has a suite for each flow and a failure with its reason for each mismatch") {
    const auto good = flow_named("1.1"), bad = flow_named("1.2");
    auto all = rehearse(bad);
    all.messages.pop_back();
    pugi::xml_document document;
    REQUIRE(document.load_string(junit_of({entry_of(good, rehearse(good)), entry_of(bad, all)}).c_str()));
    const auto suites = document.child("testsuites");
    const auto first = suites.first_child(), second = first.next_sibling();
    CHECK(first.attribute("failures").as_int(-1) == 0);
    CHECK(first.attribute("tests").as_int() >= 14);
    CHECK(second.attribute("failures").as_int() == 2);
    const auto failures = second.select_nodes("testcase/failure");
    REQUIRE(failures.size() == 2);
    CHECK(
        std::string(failures[1].node().attribute("message").value()).find("F8: ACK P -> B did not come") !=
        std::string::npos
    );
}

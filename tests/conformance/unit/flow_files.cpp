// Covers: the language of flow files, its errors with line and column, and that every flow file of the project reads.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "conformance/flow.hpp"

namespace {

conformance::flow read(std::string_view text) {
    auto parsed = conformance::parse_flow(text);
    if (auto* error = std::get_if<conformance::flow_error>(&parsed))
        FAIL(error->at.line, ":", error->at.column, ": ", error->text);
    return std::get<conformance::flow>(parsed);
}

conformance::flow_error error_in(std::string_view text) {
    auto parsed = conformance::parse_flow(text);
    REQUIRE(std::holds_alternative<conformance::flow_error>(parsed));
    return std::get<conformance::flow_error>(parsed);
}

}  // namespace

TEST_CASE("a flow file tells who takes part, what users do, and which messages and media must follow") {
    auto const flow = read(R"(
# a comment
flow 1.0 "A call"
source "a book"
parties A P B
step A dials B
  F1  A -> P  INVITE      sdp sendrecv, from A, new-call   # the first
  F2  P -> A  100 INVITE  optional, any-order "hop by hop"
  rfc P -> B  487 INVITE  call 2 "RFC 3261 9.2"
  media ring-back A
step B hangs-up
  media none A B
)");
    CHECK(flow.name == "1.0");
    CHECK(flow.title == "A call");
    CHECK(flow.parties == std::vector<std::string>{"A", "P", "B"});
    REQUIRE(flow.steps.size() == 2);
    CHECK(flow.steps[0].action->verb == "dials");
    CHECK(flow.steps[0].action->object == "B");
    REQUIRE(flow.steps[0].messages.size() == 3);
    auto const& first = flow.steps[0].messages[0];
    CHECK(first.label == "F1");
    CHECK(first.method == "INVITE");
    CHECK(first.status == 0);
    REQUIRE(first.facts.size() == 3);
    CHECK(first.facts[0].value == "sendrecv");
    auto const& second = flow.steps[0].messages[1];
    CHECK(second.status == 100);
    CHECK(second.any_order);
    CHECK(second.need == conformance::necessity::allowed);
    auto const& third = flow.steps[0].messages[2];
    CHECK(third.need == conformance::necessity::unprinted);
    CHECK(third.call == 2);
    CHECK(third.reason == "RFC 3261 9.2");
    CHECK(flow.steps[0].media[0].what == conformance::expected_media::kind::ring_back);
    CHECK(flow.steps[1].media[0].what == conformance::expected_media::kind::silence);
}

TEST_CASE("errors name line, column and what was expected") {
    struct row {
        char const* text;
        unsigned line, column;
        char const* piece;
    };
    std::string const head = "flow 1 \"t\"\nparties A P B\nstep A dials B\n";
    for (auto const& wrong : {
             row{"F1 A -> P INVITE", 4, 0, ""},
             row{"  F1 A -> X INVITE", 4, 11, "no party is called 'X'"},
             row{"  F1 A P INVITE", 4, 8, "arrow"},
             row{"  F1 A -> P", 4, 12, "a method or a status is missing"},
             row{"  F1 A -> P 700 INVITE", 4, 13, "between 100 and 699"},
             row{"  F1 A -> P 200", 4, 16, "the method that the response answers is missing"},
             row{"  F1 A -> P INVITE sdp sideways", 4, 24, "'sideways' is no direction"},
             row{"  F1 A -> P INVITE fast", 4, 20, "'fast' is no fact"},
             row{"  rfc A -> P INVITE", 4, 20, "reason"},
             row{"  G1 A -> P INVITE", 4, 3, "begins no line"},
             row{"  media A - B", 4, 11, "media runs"},
             row{"  F1 A -> P INVITE \"open", 4, 20, "does not end"},
             row{"step A dances", 4, 8, "cannot 'dances'"},
             row{"step A dials", 4, 13, "a party is missing"},
         }) {
        if (wrong.piece[0] == '\0') {
            CHECK_NOTHROW(read(head + wrong.text));
            continue;
        }
        CAPTURE(wrong.text);
        auto const error = error_in(head + wrong.text);
        CHECK(error.at.line == wrong.line);
        CHECK(error.at.column == wrong.column);
        CHECK_MESSAGE(error.text.find(wrong.piece) != std::string::npos, error.text);
    }
    CHECK(error_in("").text.find("begins with") != std::string::npos);
    CHECK(error_in("step A dials B").at.line == 1);
    CHECK(error_in("flow 1 \"t\"\nstep A dials B").text.find("parties line") != std::string::npos);
}

TEST_CASE("every flow file of the project reads, and its name is that of its file") {
    std::size_t count = 0;
    for (auto const& entry : std::filesystem::directory_iterator(FLOW_FOLDER)) {
        CAPTURE(entry.path().string());
        std::ifstream in(entry.path());
        std::ostringstream text;
        text << in.rdbuf();
        auto const flow = read(text.str());
        CHECK(entry.path().filename().string().starts_with(flow.name + '-'));
        ++count;
    }
    CHECK(count >= 4);
}

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
    CHECK(first.is_request());
    REQUIRE(first.facts.size() == 3);
    CHECK(first.facts[0].values == std::vector<std::string>{"sendrecv"});
    auto const& second = flow.steps[0].messages[1];
    CHECK(second.statuses == std::vector<std::uint16_t>{100});
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
        const auto file = entry.path().stem().string();
        CHECK((file == flow.name || file.starts_with(flow.name + '-')));
        ++count;
    }
    CHECK(count >= 16);
}

TEST_CASE("a flow of three tells calls, variants, alternatives, times and what a conference sounds like") {
    auto const flow = read(R"(flow 9 "t"
variant early "released at once"
variant late "released later"
parties A P B C
step B transfers-to C
  F1 B -> P REFER        refer-to C, refer-to-replaces none
  F2 P -> B 202|200 REFER any-order
  F3 A -> P INVITE       replaces 2, call 3, after 1 s, within 2.5 s
  F4 A -> P BYE          in early
  F4 A -> P BYE          in late, call 2
  may A -> P NOTIFY      sipfrag 1xx|200, has Event, repeated "progress"
  media mixed A B C
  media music A -> B in late
)");
    auto const& messages = flow.steps[0].messages;
    CHECK(flow.steps[0].action->object == "C");
    CHECK(messages[0].facts[1].values == std::vector<std::string>{"none"});
    CHECK(messages[1].statuses == std::vector<std::uint16_t>{202, 200});
    CHECK(messages[2].earliest == 1.0);
    CHECK(messages[2].latest == 2.5);
    CHECK(messages[2].facts[0].what == conformance::fact::kind::replaces);
    CHECK(messages[5].repeated);
    CHECK(flow.steps[0].media[0].third == "C");
    auto const ways = variants_of(flow);
    REQUIRE(ways.size() == 2);
    CHECK(ways[0].steps[0].messages.size() == 5);
    CHECK(ways[0].steps[0].media.size() == 1);
    CHECK(ways[1].steps[0].messages[3].call == 2);
    CHECK(ways[1].steps[0].media.size() == 2);
    CHECK(ways[1].variants[0].title == "released later");
}

TEST_CASE("errors in what flows of three say name line and column, too") {
    std::string const head = "flow 1 \"t\"\nvariant v \"w\"\nparties A P B C\nstep A dials B\n";
    struct row {
        char const* text;
        unsigned column;
        char const* piece;
    };
    for (auto const& wrong : {
             row{"F1 A -> P INVITE in x", 21, "no variant is called 'x'"},
             row{"F1 A -> P 200|7 INVITE", 11, "between 100 and 699"},
             row{"F1 A -> P NOTIFY sipfrag 7xx", 26, "stands for its class"},
             row{"F1 A -> P INVITE call zero", 23, "a call has a number"},
             row{"F1 A -> P INVITE within soon", 25, "no number of seconds"},
             row{"F1 A -> P INVITE within 3", 26, "the unit is missing"},
             row{"F1 A -> P INVITE sdp sendonly|", 22, "is missing"},
             row{"F1 A -> P REFER refer-to D", 26, "no party is called 'D'"},
             row{"media mixed A B", 16, "a party is missing"},
             row{"media music A B", 15, "media runs"},
             row{"step B transfers-to", 20, "a party is missing"},
         }) {
        CAPTURE(wrong.text);
        auto const error = error_in(head + wrong.text);
        CHECK(error.at.line == 5);
        CHECK(error.at.column == wrong.column);
        CHECK_MESSAGE(error.text.find(wrong.piece) != std::string::npos, error.text);
    }
}

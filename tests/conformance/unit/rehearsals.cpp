// Covers: every flow of the project in each of its variants can be played as it is written, and what was played so
// matches, messages and media; the captures are found right from a file and from the view of one phone alone.
// Does not cover: real phones; run/ does.
#include <doctest/doctest.h>
#include <fmt/ranges.h>

#include "conformance/capture/judge.hpp"
#include "conformance/unit/rehearsal.hpp"

using namespace conformance;

namespace {

judgement judged(const recording& all, const flow& f, const naming& said = {}) {
    auto result = judge(all, f, said);
    if (const auto* reason = std::get_if<std::string>(&result)) FAIL(*reason);
    return std::get<judgement>(std::move(result));
}

}  // namespace

TEST_CASE("every flow, played as it is written, matches in each of its variants") {
    for (const auto& f : all_flows())
        for (const auto& way : variants_of(f)) {
            CAPTURE(f.name);
            const auto result = judged(rehearse(way), f).result;
            CHECK_MESSAGE(result.matches(), fmt::format("{}", fmt::join(result.differences(), "\n")));
            CHECK(result.way.has_value() == !f.variants.empty());
        }
}

TEST_CASE("the flow that a recording is of is found among all flows") {
    const auto flows = all_flows();
    for (const auto& f : flows) {
        // What B's user did before the call is all that tells these apart.
        if (f.name == "1.8" || f.name == "1.9") continue;
        const auto all = rehearse(variants_of(f).front());
        const auto* found = best_fit(all, flows);
        REQUIRE(found != nullptr);
        CHECK(found->name == f.name);
    }
}

TEST_CASE("what one phone's hop shows is compared, and the rest is said to be out of sight") {
    const auto f = flow_named("1.4");
    auto all = rehearse(f);
    std::erase_if(all.messages, [](const captured_message& m) {
        return m.from.ends_with(".2:5060") || m.to.ends_with(".2:5060");
    });
    const auto result = judged(all, f);
    CHECK(result.who.unseen == std::set<std::string>{"B"});
    CHECK(result.result.missing() == 0);
    const auto differences = result.result.differences();
    CHECK_MESSAGE(differences.empty(), fmt::format("{}", fmt::join(differences, "\n")));
}

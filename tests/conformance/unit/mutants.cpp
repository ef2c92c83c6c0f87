// Covers: the checker finds what is wrong with a recording, whatever it is: every mutant of the guide's flows, made
// by operators that know none of them, is found, or listed here with the reason why it conforms; and recordings that
// networks impair as they may raise no alarm.
#include <algorithm>
#include <map>

#include <doctest/doctest.h>
#include <fmt/ranges.h>

#include "conformance/capture/judge.hpp"
#include "conformance/mutants/mutate.hpp"
#include "conformance/mutants/survivors.hpp"
#include "conformance/unit/rehearsal.hpp"

using namespace conformance;

TEST_CASE("every mutant is found, or conforms for a reason that is known") {
    constexpr unsigned places_per_operator = 2;
    std::size_t mutants = 0, found = 0;
    std::map<std::string, std::size_t> conforming;
    for (const auto& f : all_flows()) {
        if (!f.source.starts_with("guide")) continue;
        // As the guide prints it: where a phone waits, voices may go on that must be silent in the guide's way.
        const auto ways = variants_of(f);
        const auto guides = std::find_if(ways.begin(), ways.end(), [](const flow& way) {
            return !way.variants.empty() && way.variants.front().name == "leaves";
        });
        const auto original = rehearse(guides == ways.end() ? ways.front() : *guides);
        each_mutant(original, places_per_operator, [&](const mutant& m) {
            ++mutants;
            const auto judged = judge(m.all, f);
            const auto* done = std::get_if<judgement>(&judged);
            if (done == nullptr || !done->result.matches()) {
                ++found;
                return;
            }
            const auto reason = why_it_conforms(m.what);
            ++conforming[reason];
            CHECK_MESSAGE(!reason.empty(), fmt::format("{} survives: {}", f.name, m.what));
        });
    }
    MESSAGE(fmt::format("{} mutants, {} found, conforming: {}", mutants, found, conforming));
    CHECK(mutants >= 500);
    CHECK(found * 10 >= mutants * 9);
}

TEST_CASE("no alarm is raised by what networks may do") {
    for (const auto& f : all_flows()) {
        const auto original = rehearse(variants_of(f).front());
        for (std::uint64_t seed = 1; seed <= 13; ++seed) {
            CAPTURE(f.name);
            CAPTURE(seed);
            const auto judged = judge(impaired(original, seed), f);
            REQUIRE(std::holds_alternative<judgement>(judged));
            const auto differences = std::get<judgement>(judged).result.differences();
            CHECK_MESSAGE(differences.empty(), fmt::format("{}", fmt::join(differences, "\n")));
        }
    }
}

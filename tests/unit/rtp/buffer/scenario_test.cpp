// Runs every scenario of scenarios/*.txt against the jitter buffer; the language is described there.
// Covered by the files: order, loss, duplicates, delays, adaptation, fixed mode, silence, restarts, drift, a device
// that stops, bounds. Covered here: that the runner can fail.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "scenario.hpp"

TEST_CASE("every scenario comes out as its file says") {
    std::vector<std::filesystem::path> files;
    auto const folder = std::filesystem::path(OFFHOOK_SCENARIOS);
    for (auto const& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    REQUIRE(files.size() >= 5);
    std::size_t count = 0;
    for (auto const& file : files) {
        std::ostringstream text;
        text << std::ifstream(file).rdbuf();
        for (auto const& scenario : test::read_scenarios(file.filename().string(), text.str())) {
            ++count;
            for (auto const& failure : test::run_scenario(scenario))
                FAIL_CHECK(failure);
        }
    }
    MESSAGE(count << " scenarios in " << files.size() << " files");
    CHECK(count >= 40);
}

TEST_CASE("a scenario that asks for something else fails, with its line") {
    auto const run = [](std::string_view text) { return test::run_scenario(test::read_scenarios("x", text).at(0)); };
    CHECK(run("scenario a\nmode adaptive 0 300 20\nsend PPP\nhear ..MM\nlimit lost 0\norder ascending").empty());
    CHECK(run("scenario a\nsend PPP\nhear MM").size() == 1);
    CHECK(run("scenario a\nsend PLP\nlimit lost 0").size() == 1);
    CHECK(run("scenario a\nsend PPP\nlimit lost 1..2").at(0).find("line 3") != std::string::npos);
    CHECK(run("scenario a\nsend PPP\nlimit nonsense 0").size() == 1);
    CHECK(run("scenario a\nsend PP?P").size() == 1);
    CHECK(run("scenario a\nnonsense").size() == 1);
}

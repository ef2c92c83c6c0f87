// Runs the scenario files; their language is described in scenarios/README.md.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace test {

struct scenario {
    struct line {
        int number;
        std::vector<std::string> words;
    };
    std::string title;
    std::string place;  // file and line
    std::vector<line> lines;
};

/// The scenarios of one file.
std::vector<scenario> read_scenarios(std::string_view file_name, std::string_view text);

/// Every way in which the run differed from what the scenario asks, with file and line; empty: passed.
std::vector<std::string> run_scenario(scenario const&);

}  // namespace test

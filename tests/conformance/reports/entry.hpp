// What reports are made of: a flow that was played or captured, with its verdict.
#pragma once

#include <string>
#include <vector>

#include "conformance/check.hpp"

namespace conformance {

struct report_entry {
    flow f;
    report result;
    std::string setting;  ///< "phoned as A and B through the embedded proxy over UDP", or the capture's name
    std::string trouble;  ///< what kept it from being played to its end; empty where nothing did
    double took = 0;      ///< seconds
    std::vector<std::string> network = {};  ///< what a bad network between did, hop by hop; empty for a good one

    [[nodiscard]] bool matches() const noexcept { return result.matches() && trouble.empty(); }
};

/// A page of its own, without anything from elsewhere: a summary, and for each flow the ladder as a picture. A message
/// that is clicked shows its text and what was found; media are bars between the parties; mismatches are red.
[[nodiscard]] std::string html_of(const std::vector<report_entry>&);

/// "passes", or how much departs and what first, or why it was not played.
[[nodiscard]] std::string verdict_on(const report_entry&);

/// A table in Markdown: for each flow and setting whether it matches, else how much of it and what departs first.
[[nodiscard]] std::string table_of(const std::vector<report_entry>&);

/// JUnit's XML, as continuous integration reads it: a test suite for each flow, a test case for each message and each
/// media state of it.
[[nodiscard]] std::string junit_of(const std::vector<report_entry>&);

}  // namespace conformance

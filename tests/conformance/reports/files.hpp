// The files around a check: flow files in, reports out.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "conformance/reports/entry.hpp"

namespace conformance {

/// The flows of a folder with these names (all, where none is given), in the order of their numbers. The reason where
/// one cannot be read, with line and column, or where there is none.
[[nodiscard]] std::variant<std::vector<flow>, std::string> read_flow_files(
    const std::string& folder, const std::vector<std::string>& names
);

/// Writes what is asked for (an empty name asks for nothing) and says where it is. False where a file cannot be
/// written.
[[nodiscard]] bool write_reports(
    const std::vector<report_entry>&, const std::string& html_file, const std::string& junit_file
);

}  // namespace conformance

#include "conformance/reports/files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "conformance/flow_line.hpp"

namespace conformance {

namespace {

namespace fs = std::filesystem;

/// "1.10" comes after "1.9": numbers are compared as such.
std::pair<unsigned, std::string> place_of(const flow& f) {
    const auto dot = f.name.find('.');
    const auto number =
        dot == std::string::npos ? std::nullopt : whole_number(std::string_view(f.name).substr(dot + 1));
    return {number.value_or(1000), f.name};
}

bool write_file(const std::string& path, const std::string& text, std::string_view what) {
    if (path.empty()) return true;
    std::ofstream out(path);
    out << text;
    if (!out.flush()) {
        fmt::print(stderr, "cannot write {}\n", path);
        return false;
    }
    fmt::print("{}: {}\n", what, fs::absolute(path).string());
    return true;
}

}  // namespace

std::variant<std::vector<flow>, std::string> read_flow_files(
    const std::string& folder, const std::vector<std::string>& names
) {
    std::vector<flow> flows;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(folder, problem)) {
        if (entry.path().extension() != ".flow") continue;
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        auto read = parse_flow(text.str());
        if (const auto* error = std::get_if<flow_error>(&read))
            return fmt::format("{}:{}:{}: {}", entry.path().string(), error->at.line, error->at.column, error->text);
        auto& f = std::get<flow>(read);
        if (names.empty() || std::find(names.begin(), names.end(), f.name) != names.end())
            flows.push_back(std::move(f));
    }
    for (const auto& name : names)
        if (std::none_of(flows.begin(), flows.end(), [&](const flow& f) { return f.name == name; }))
            return fmt::format("no flow in {} is called {}", folder, name);
    if (flows.empty()) return fmt::format("no flow file is in {}", folder);
    std::sort(flows.begin(), flows.end(), [](const flow& a, const flow& b) { return place_of(a) < place_of(b); });
    return flows;
}

bool write_reports(
    const std::vector<report_entry>& entries, const std::string& html_file, const std::string& junit_file
) {
    const bool has_html = html_file.empty() || write_file(html_file, html_of(entries), "report");
    const bool has_junit = junit_file.empty() || write_file(junit_file, junit_of(entries), "JUnit report");
    return has_html && has_junit;
}

}  // namespace conformance

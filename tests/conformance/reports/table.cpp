#include <algorithm>

#include <fmt/format.h>

#include "conformance/reports/entry.hpp"

namespace conformance {

namespace {

/// A bar would end the cell.
std::string in_cell(std::string text) {
    std::replace(text.begin(), text.end(), '|', '/');
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

}  // namespace

std::string verdict_on(const report_entry& entry) {
    if (entry.matches()) {
        const auto unmeasured = entry.result.unmeasured();
        return unmeasured == 0
                   ? "passes"
                   : fmt::format("passes, {} of {} media states not measured", unmeasured, entry.result.media.size());
    }
    if (entry.result.messages.empty()) return "not played: " + entry.trouble;
    const auto differences = entry.result.differences();
    auto out = fmt::format("{} departures", differences.size());
    // What could not be done explains what is missing afterwards.
    if (!entry.trouble.empty()) return fmt::format("{}: {}", out, entry.trouble);
    return differences.empty() ? out : fmt::format("{}, first {}", out, differences.front());
}

std::string table_of(const std::vector<report_entry>& entries) {
    std::vector<const report_entry*> rows;
    for (const auto& each : entries)
        rows.push_back(&each);
    // The flows as they came, each with all its settings.
    std::vector<std::string> order;
    for (const auto* each : rows)
        if (std::find(order.begin(), order.end(), each->f.name) == order.end()) order.push_back(each->f.name);
    const auto place = [&order](const report_entry* each) {
        return std::find(order.begin(), order.end(), each->f.name);
    };
    std::stable_sort(rows.begin(), rows.end(), [&](const auto* a, const auto* b) { return place(a) < place(b); });
    std::string out = "| flow | played by | verdict |\n|---|---|---|\n";
    for (const auto* each : rows)
        out += fmt::format(
            "| {} {} | {} | {} |\n", each->f.name, in_cell(each->f.title), in_cell(each->setting),
            in_cell(verdict_on(*each))
        );
    return out;
}

}  // namespace conformance

#include "phoned/config/parameter_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace phoned::config {
namespace {

// Cuts the next segment, up to the next dot, off the front.
std::string_view next_segment(std::string_view& rest) {
    const auto dot = rest.find('.');
    const auto segment = rest.substr(0, dot);
    rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
    return segment;
}

bool read_index(std::string_view segment, unsigned& index) {
    if (segment.empty() || segment.size() > 5) return false;
    const auto [end, error] = std::from_chars(segment.data(), segment.data() + segment.size(), index);
    return error == std::errc{} && end == segment.data() + segment.size();
}

// X, Y and Z are the only segments of one capital letter.
bool is_index(std::string_view segment) {
    return segment == "X" || segment == "Y" || segment == "Z";
}

enum class match { no, yes, index_out_of_range };

match matches(const parameter& row, std::string_view name, place& at, unsigned& bad_index) {
    auto pattern = row.name;
    auto outcome = match::yes;
    while (!pattern.empty() && !name.empty()) {
        const auto wanted = next_segment(pattern);
        if (wanted == "*") return outcome;
        const auto given = next_segment(name);
        if (is_index(wanted)) {
            const auto which = static_cast<std::size_t>(wanted[0] - 'X');
            if (!read_index(given, at.index[which])) return match::no;
            const auto& range = row.indices[which];
            if (at.index[which] < range.first || at.index[which] > range.last) {
                outcome = match::index_out_of_range;
                bad_index = at.index[which];
            }
        } else if (wanted == "NAME") {
            unsigned number{};
            if (read_index(given, number)) return match::no;
            at.name = given;
        } else if (wanted != given) {
            return match::no;
        }
    }
    return pattern.empty() && name.empty() ? outcome : match::no;
}

constexpr std::size_t longest_compared = 64;  // keeps a file of long nonsense cheap

// How many letters must be changed, added, left out or swapped with their neighbour to make one of the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::array<std::array<std::uint8_t, longest_compared + 1>, longest_compared + 1> cost;
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = static_cast<std::uint8_t>(i + j);
                continue;
            }
            const int changed = a[i - 1] == b[j - 1] ? 0 : 1;
            auto least = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + changed});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                least = std::min(least, cost[i - 2][j - 2] + 1);
            cost[i][j] = static_cast<std::uint8_t>(least);
        }
    }
    return cost[a.size()][b.size()];
}

// The name with X, Y, Z in place of its numbers, in order: what a slip of the pen is compared by.
std::string as_pattern(std::string_view name) {
    std::string pattern;
    char letter = 'X';
    while (!name.empty()) {
        const auto segment = next_segment(name);
        unsigned index{};
        if (!pattern.empty()) pattern += '.';
        if (read_index(segment, index) && letter <= 'Z') {
            pattern += letter++;
        } else {
            pattern += segment;
        }
    }
    return pattern;
}

}  // namespace

std::string similar_name(std::string_view name) {
    const auto pattern = as_pattern(name);
    if (pattern.size() > longest_compared) return {};
    std::string_view best;
    std::size_t best_distance = 3;
    for (const auto& chapter : parameter_table()) {
        for (const auto& row : chapter.rows) {
            const auto difference =
                row.name.size() > pattern.size() ? row.name.size() - pattern.size() : pattern.size() - row.name.size();
            if (difference >= best_distance || row.name.size() > longest_compared) continue;
            if (const auto distance = edit_distance(pattern, row.name); distance < best_distance) {
                best_distance = distance;
                best = row.name;
            }
        }
    }
    return std::string{best};
}

std::string written_out(std::string_view pattern, const place& at) {
    std::string name;
    while (!pattern.empty()) {
        const auto segment = next_segment(pattern);
        if (!name.empty()) name += '.';
        if (is_index(segment)) {
            name += std::to_string(at.index[static_cast<std::size_t>(segment[0] - 'X')]);
        } else if (segment == "NAME") {
            name += at.name;
        } else {
            name += segment;
        }
    }
    return name;
}

boost::system::result<found_parameter, unknown_name> find_parameter(std::string_view name) {
    std::string out_of_range;
    for (const auto& chapter : parameter_table()) {
        for (const auto& row : chapter.rows) {
            place at;
            unsigned bad_index{};
            switch (matches(row, name, at, bad_index)) {
                case match::no:
                    break;
                case match::yes:
                    if (!row.alias_of.empty()) return find_parameter(written_out(row.alias_of, at));
                    return found_parameter{&row, at, row.name.ends_with('*')};
                case match::index_out_of_range:
                    out_of_range = fmt::format("has the number {}, which {} does not go to", bad_index, row.name);
                    break;
            }
        }
    }
    if (!out_of_range.empty()) return unknown_name{out_of_range, false};
    return unknown_name{"is not a parameter", true};
}

}  // namespace phoned::config

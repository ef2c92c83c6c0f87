#include "phoned/config/reference.hpp"

#include "phoned/config/value.hpp"

#include <fmt/format.h>

#include <iterator>
#include <vector>

namespace phoned {
namespace {

using namespace config;

constexpr std::string_view introduction = R"(# Configuration

This page is printed by `phoned --print-config-reference` from the table that the parser itself uses.

A file begins with the line `#!version:1.0.0.1`. After it come lines of the form `name = value`; lines that begin with `#` and blank lines mean
nothing. Blanks around names and values do not count, quotation marks are part of the value, lines may end in LF or CRLF, and the text may be
UTF-8 or ISO 8859-1. An empty value leaves the setting as it is; `%NULL%` brings the default back.

Give the file of the whole site first and the file of the one phone after it (`phoned -c common.cfg -c 001565aabbcc.cfg`): for a repeated name the
later one counts. The column *File* says where the guide puts a parameter (C common, P phone); both files may hold every parameter. A line
that cannot be used is reported with file and line, says what is used instead, and does not keep the rest from counting.

X is the number of an account or list entry, Y a number within it. *Status* is `used` where the phone acts on the parameter and `known` where it
reads, checks and otherwise ignores it.
)";

std::string index_text(const parameter& row) {
    std::string text;
    constexpr std::string_view letters = "XYZ";
    for (std::size_t i = 0; i < row.indices.size(); ++i) {
        const auto& range = row.indices[i];
        if (range.last != 0)
            text += fmt::format("{}{} {}-{}", text.empty() ? "" : ", ", letters[i], range.first, range.last);
    }
    return text;
}

std::string default_text(const parameter& row) {
    if (row.defaults_by_y.empty()) return std::string{row.default_value};
    return fmt::format("{}", fmt::join(row.defaults_by_y, " "));
}

void print_row(std::string& page, const parameter& row) {
    const auto file = row.scope == file_scope::common ? "C" : "P";
    if (!row.alias_of.empty()) {
        fmt::format_to(
            std::back_inserter(page), "| `{}` | {} | | | {} | used | same as `{}` |\n", row.name, index_text(row), file,
            row.alias_of
        );
        return;
    }
    const auto standard = default_text(row);
    fmt::format_to(
        std::back_inserter(page), "| `{}` | {} | {} | {} | {} | {} | {} |\n", row.name, index_text(row),
        describe(row.type), standard.empty() ? "" : "`" + standard + "`", file, row.apply != nullptr ? "used" : "known",
        row.meaning
    );
}

}  // namespace

std::string config_reference() {
    std::string page{introduction};
    for (const auto& chapter : parameter_table()) {
        fmt::format_to(std::back_inserter(page), "\n## {}\n\n", chapter.title);
        page += "| Name | Numbers | Values | Default | File | Status | Meaning |\n|---|---|---|---|---|---|---|\n";
        for (const auto& row : chapter.rows)
            print_row(page, row);
    }
    return page;
}

}  // namespace phoned

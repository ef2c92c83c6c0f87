// Covers: the parameter table agrees with itself and with docs/configuration.md.
#include "phoned/config/parameter_name.hpp"
#include "phoned/config/reference.hpp"
#include "phoned/config/value.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

using namespace phoned;
using namespace phoned::config;

namespace {

template <class Visit>
void for_each_row(Visit visit) {
    for (const auto& chapter : parameter_table()) {
        for (const auto& row : chapter.rows)
            visit(row);
    }
}

// A name of the row, with each index at the given end of its range.
std::string an_instance(const parameter& row, bool last) {
    place at;
    at.name = "pcmu";
    for (std::size_t i = 0; i < 3; ++i)
        at.index[i] = last ? row.indices[i].last : row.indices[i].first;
    auto name = written_out(row.name, at);
    if (name.ends_with('*')) name.replace(name.size() - 1, 1, "anything.1");
    return name;
}

}  // namespace

TEST_CASE("every default fits its own parameter") {
    for_each_row([](const parameter& row) {
        if (!row.alias_of.empty() || row.name.find("NAME") != std::string_view::npos) return;
        CAPTURE(row.name);
        if (row.defaults_by_y.empty()) {
            CHECK(parse_value(row.type, row.default_value).has_value());
        } else {
            CHECK(row.defaults_by_y.size() == row.indices[1].last - row.indices[1].first + 1);
            for (const auto text : row.defaults_by_y)
                CHECK(parse_value(row.type, text).has_value());
        }
    });
}

TEST_CASE("no name stands twice, and every name is found by the first and the last of its numbers") {
    std::set<std::string_view> names;
    for_each_row([&](const parameter& row) {
        CAPTURE(row.name);
        CHECK(names.insert(row.name).second);
        for (const bool last : {false, true}) {
            const auto name = an_instance(row, last);
            CAPTURE(name);
            const auto found = find_parameter(name);
            REQUIRE(found.has_value());
            if (row.alias_of.empty()) {
                CHECK(found->row == &row);
            } else {
                CHECK(found->row->alias_of.empty());
            }
        }
    });
    CHECK(names.size() > 300);
}

TEST_CASE("every index that a name uses has a range, and no other") {
    for_each_row([](const parameter& row) {
        CAPTURE(row.name);
        const auto name = "." + std::string(row.name) + ".";
        const std::string letters = "XYZ";
        for (std::size_t i = 0; i < 3; ++i) {
            const bool is_used = name.find(std::string(".") + letters[i] + ".") != std::string::npos;
            CHECK(is_used == (row.indices[i].last != 0));
        }
    });
}

TEST_CASE("every row says what it means") {
    for_each_row([](const parameter& row) {
        CAPTURE(row.name);
        CHECK(row.meaning.empty() == !row.alias_of.empty());
        CHECK(row.meaning.find('|') == std::string_view::npos);
    });
}

TEST_CASE("names with wrong numbers, missing or extra parts are not found") {
    for (const auto* name :
         {"account.0.label", "account.label", "account.1.label.x", "account..label", "account.1.", "", ".",
          "account.1.codec.13.enable", "account.x.label", "account.99999999999.label", "account.1.dns_cache_a.1.",
          "network."}) {
        CAPTURE(name);
        CHECK_FALSE(find_parameter(name).has_value());
    }
}

TEST_CASE("docs/configuration.md is the printed reference") {
    std::ifstream file{OFFHOOK_SOURCE_DIR "/docs/configuration.md"};
    const std::string page{std::istreambuf_iterator<char>{file}, {}};
    // Differs: print it again with `phoned --print-config-reference > docs/configuration.md`.
    CHECK(page == config_reference());
}

// One row of the parameter table: the single source for parsing, range checks, defaults and docs/configuration.md.
// Private to config.
#pragma once

#include "phoned/config/settings.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace phoned::config {

enum class value_kind { flag, integer, choice, seconds, text, host, tone, access };

/// What a value may be. Built by the functions below, so that a row reads like the guide's own table.
struct value_type {
    value_kind kind;
    double minimum = 0, maximum = 0;  // integer and seconds: the range; text and host: maximum is the length
    std::array<int, 8> choices = {};  // choice: the first `choice_count`
    std::size_t choice_count = 0;
    enum class out_of_range { refused, clamped } policy = out_of_range::refused;
    bool is_secret = false;  // the value appears in no diagnostic
};

constexpr value_type flag() {
    return {.kind = value_kind::flag};
}
constexpr value_type integer(double low, double high) {
    return {.kind = value_kind::integer, .minimum = low, .maximum = high};
}
/// An integer that is moved to the nearest end of its range, where the guide says so.
constexpr value_type clamped(double low, double high) {
    return {.kind = value_kind::integer, .minimum = low, .maximum = high, .policy = value_type::out_of_range::clamped};
}
/// Seconds with a fraction, as `0.5`.
constexpr value_type seconds(double low, double high) {
    return {.kind = value_kind::seconds, .minimum = low, .maximum = high};
}
template <class... Numbers>
constexpr value_type choice(Numbers... numbers) {
    return {.kind = value_kind::choice, .choices = {numbers...}, .choice_count = sizeof...(numbers)};
}
constexpr value_type text(double length = 255) {
    return {.kind = value_kind::text, .maximum = length};
}
constexpr value_type secret() {
    return {.kind = value_kind::text, .maximum = 255, .is_secret = true};
}
constexpr value_type host() {
    return {.kind = value_kind::host, .maximum = 255};
}
constexpr value_type url() {
    return text(511);
}
constexpr value_type tone() {
    return {.kind = value_kind::tone};
}
constexpr value_type access() {
    return {.kind = value_kind::access};
}

/// A value that fits its type.
struct parsed_value {
    std::string text;
    double number = 0;
    value_kind kind = value_kind::text;
    tone_setting tone = {};
    access_rule access = {};
};

/// Where a name's X, Y and Z point, and what a NAME segment says.
struct place {
    std::array<unsigned, 3> index = {};
    std::string_view name;
    [[nodiscard]] unsigned x() const { return index[0]; }
    [[nodiscard]] unsigned y() const { return index[1]; }
};

struct index_range {
    unsigned first = 1, last = 0;
};

/// Which file the guide puts a parameter into. Only told to people: both files may hold every parameter.
enum class file_scope { common, phone };

/// Puts a value into the settings; false if the place does not exist.
using setter = bool (*)(settings&, const place&, const parsed_value&);

struct parameter {
    std::string_view name;  // X, Y, Z stand for numbers, NAME for a word, a final * for anything
    std::array<index_range, 3> indices;
    file_scope scope;
    value_type type;
    std::string_view default_value;
    std::string_view meaning;
    setter apply = nullptr;                                // none: known, not acted on yet
    std::span<const std::string_view> defaults_by_y = {};  // instead of default_value, from the first Y
    std::string_view alias_of = {};  // another name of that parameter; everything else is taken from there
};

struct parameter_chapter {
    std::string_view title;
    std::span<const parameter> rows;
};

/// The whole table, in the order of the reference page.
[[nodiscard]] std::span<const parameter_chapter> parameter_table();

// The chapters, one file each in config/parameters/.
[[nodiscard]] std::span<const parameter> registration_parameters();
[[nodiscard]] std::span<const parameter> nat_parameters();
[[nodiscard]] std::span<const parameter> media_parameters();
[[nodiscard]] std::span<const parameter> tone_parameters();
[[nodiscard]] std::span<const parameter> account_call_parameters();
[[nodiscard]] std::span<const parameter> phone_call_parameters();
[[nodiscard]] std::span<const parameter> family_parameters();
[[nodiscard]] std::span<const parameter> security_parameters();
[[nodiscard]] std::span<const parameter> offhook_parameters();

}  // namespace phoned::config

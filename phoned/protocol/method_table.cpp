#include "phoned/protocol/method_table.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <array>
#include <cmath>

namespace phoned {
namespace {

namespace json = boost::json;

bool is_natural(const json::value& value) {
    return value.is_uint64() || (value.is_int64() && value.get_int64() >= 0);
}

bool is_one_of(std::string_view choices, std::string_view word) {
    while (!choices.empty()) {
        const auto end = std::min(choices.find(' '), choices.size());
        if (choices.substr(0, end) == word) return true;
        choices.remove_prefix(std::min(end + 1, choices.size()));
    }
    return false;
}

// What is wrong with a value, as the end of a sentence; none if it fits.
std::optional<std::string> fault_of(const member& wanted, const json::value& value) {
    const bool is_bounded = wanted.minimum != wanted.maximum;
    switch (wanted.type) {
        case member_type::string:
            if (!value.is_string()) return "is not a string";
            if (wanted.maximum > 0 && value.get_string().size() > static_cast<std::size_t>(wanted.maximum)) {
                return fmt::format("is longer than {} bytes", wanted.maximum);
            }
            if (!wanted.choices.empty() && !is_one_of(wanted.choices, value.get_string())) {
                return fmt::format("is not one of: {}", wanted.choices);
            }
            return std::nullopt;
        case member_type::integer:
        case member_type::number: {
            if (!value.is_number() || (wanted.type == member_type::integer && !is_natural(value))) {
                return wanted.type == member_type::integer ? "is not a whole number from 0" : "is not a number";
            }
            const auto number = value.to_number<double>();
            if (is_bounded && !(number >= wanted.minimum && number <= wanted.maximum)) {
                return fmt::format("is not within {:.15g}-{:.15g}", wanted.minimum, wanted.maximum);
            }
            return std::nullopt;
        }
        case member_type::boolean:
            return value.is_bool() ? std::nullopt : std::optional<std::string>{"is neither true nor false"};
        case member_type::strings: {
            constexpr std::size_t most = 64;
            if (!value.is_array()) return "is not a list of strings";
            for (const auto& one : value.get_array()) {
                if (!one.is_string()) return "is not a list of strings";
            }
            return value.get_array().size() <= most ? std::nullopt
                                                    : std::optional{fmt::format("has more than {} entries", most)};
        }
        case member_type::object:
            return value.is_object() ? std::nullopt : std::optional<std::string>{"is not an object"};
        case member_type::objects:
        case member_type::pairs:
            return value.is_array() ? std::nullopt : std::optional<std::string>{"is not a list"};
        case member_type::pair: {
            const auto* const pair = value.if_array();
            const bool fits =
                pair != nullptr && pair->size() == 2 && is_natural(pair->at(0)) && is_natural(pair->at(1));
            return fits ? std::nullopt : std::optional<std::string>{"is not a list of two whole numbers"};
        }
    }
    return std::nullopt;
}

}  // namespace

std::string arguments::text(std::string_view name) const {
    const auto* const value = values_->if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::uint64_t arguments::large_integer(std::string_view name) const {
    const auto* const value = values_->if_contains(name);
    if (value == nullptr || !is_natural(*value)) return 0;
    return value->is_uint64() ? value->get_uint64() : static_cast<std::uint64_t>(value->get_int64());
}

std::uint32_t arguments::integer(std::string_view name) const {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(large_integer(name), UINT32_MAX));
}

bool arguments::flag(std::string_view name) const {
    const auto* const value = values_->if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

std::vector<std::string> arguments::texts(std::string_view name) const {
    std::vector<std::string> all;
    const auto* const value = values_->if_contains(name);
    if (value == nullptr || !value->is_array()) return all;
    for (const auto& one : value->get_array()) {
        if (one.is_string()) all.emplace_back(one.get_string());
    }
    return all;
}

std::pair<std::uint32_t, std::uint32_t> arguments::pair(std::string_view name) const {
    const auto* const value = values_->if_contains(name);
    if (value == nullptr || !value->is_array() || value->get_array().size() != 2) return {};
    const json::object both{{"first", value->get_array()[0]}, {"second", value->get_array()[1]}};
    const arguments split{both};
    return {split.integer("first"), split.integer("second")};
}

const json::object* arguments::object(std::string_view name) const {
    const auto* const value = values_->if_contains(name);
    return value != nullptr ? value->if_object() : nullptr;
}

std::span<const std::span<const method>> method_table() {
    static const std::array<std::span<const method>, 6> groups{
        session_methods(), account_methods(), call_methods(), feature_methods(), phone_methods(), driver_methods(),
    };
    return groups;
}

const method* find_method(std::string_view name) {
    for (const auto group : method_table()) {
        for (const auto& row : group) {
            if (row.name == name) return &row;
        }
    }
    return nullptr;
}

std::optional<command_failure> check_parameters(const method& row, const json::object& params) {
    for (const auto& wanted : row.params) {
        const auto* const value = params.if_contains(wanted.name);
        std::optional<std::string> fault;
        if (value != nullptr) {
            fault = fault_of(wanted, *value);
        } else if (wanted.needed == presence::required) {
            fault = "is missing";
        }
        if (fault) {
            return command_failure{
                .code = error_number::invalid_params,
                .message = fmt::format("{}: `{}` {}", row.name, wanted.name, *fault),
                .cause = std::string{wanted.name},
                .layer = "protocol",
            };
        }
    }
    return std::nullopt;
}

}  // namespace phoned

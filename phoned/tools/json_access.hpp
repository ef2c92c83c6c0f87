// Members of JSON objects, with a default for what is missing or of another type.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace phoned::tools {

namespace json = boost::json;

inline std::string text_of(const json::object& from, std::string_view name) {
    const auto* const value = from.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

inline std::int64_t integer_of(const json::object& from, std::string_view name, std::int64_t otherwise = 0) {
    const auto* const value = from.if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : otherwise;
}

inline bool flag_of(const json::object& from, std::string_view name) {
    const auto* const value = from.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

inline json::object object_of(const json::object& from, std::string_view name) {
    const auto* const value = from.if_contains(name);
    return value != nullptr && value->is_object() ? value->get_object() : json::object{};
}

inline json::array array_of(const json::object& from, std::string_view name) {
    const auto* const value = from.if_contains(name);
    return value != nullptr && value->is_array() ? value->get_array() : json::array{};
}

}  // namespace phoned::tools

#include "phoned/tools/condition.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace phoned::tools {
namespace {

namespace json = boost::json;

const json::value* find(const json::object& in, std::string_view path) {
    if (const auto* const direct = in.if_contains(path)) return direct;
    const auto dot = path.find('.');
    if (dot == std::string_view::npos) return nullptr;
    const auto* const inner = in.if_contains(path.substr(0, dot));
    return inner != nullptr && inner->is_object() ? find(inner->get_object(), path.substr(dot + 1)) : nullptr;
}

const json::value* find_anywhere(const json::object& in, std::string_view path) {
    if (const auto* const found = find(in, path)) return found;
    for (const auto& [name, value] : in) {
        if (!value.is_object()) continue;
        if (const auto* const found = find_anywhere(value.get_object(), path)) return found;
    }
    return nullptr;
}

std::string printed(const json::value& value) {
    return value.is_string() ? std::string{value.get_string()} : json::serialize(value);
}

std::optional<double> number(std::string_view text) {
    double value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<condition> condition::parse(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, comparison>, 7> operators{{
        {"!=", comparison::different},
        {">=", comparison::at_least},
        {"<=", comparison::at_most},
        {"=", comparison::equal},
        {"~", comparison::contains},
        {">", comparison::more},
        {"<", comparison::less},
    }};
    const auto at = text.find_first_of("!=~<>");
    if (at == std::string_view::npos || at == 0) return std::nullopt;
    for (const auto& [sign, meaning] : operators) {
        if (!text.substr(at).starts_with(sign)) continue;
        condition parsed;
        parsed.name_ = text.substr(0, at);
        parsed.how_ = meaning;
        parsed.value_ = text.substr(at + sign.size());
        const bool wants_number = meaning == comparison::at_least || meaning == comparison::at_most ||
                                  meaning == comparison::more || meaning == comparison::less;
        if (wants_number && !number(parsed.value_)) return std::nullopt;
        return parsed;
    }
    return std::nullopt;
}

bool condition::holds(const json::object& params) const {
    const auto* const value = find_anywhere(params, name_);
    if (value == nullptr) return how_ == comparison::different;
    const auto found = printed(*value);
    const auto compare = [&](auto holds_for) {
        const auto left = number(found), right = number(value_);
        return left && right && holds_for(*left, *right);
    };
    switch (how_) {
        case comparison::equal:
            return found == value_;
        case comparison::different:
            return found != value_;
        case comparison::contains:
            return found.find(value_) != std::string::npos;
        case comparison::at_least:
            return compare([](double a, double b) { return a >= b; });
        case comparison::at_most:
            return compare([](double a, double b) { return a <= b; });
        case comparison::more:
            return compare([](double a, double b) { return a > b; });
        case comparison::less:
            return compare([](double a, double b) { return a < b; });
    }
    return false;
}

bool all_hold(const std::vector<condition>& all, const json::object& params) {
    return std::all_of(all.begin(), all.end(), [&](const condition& one) { return one.holds(params); });
}

}  // namespace phoned::tools

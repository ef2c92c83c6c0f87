#include "phoned/config/value.hpp"

#include "rtp/signal/tone_grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace phoned::config {
namespace {

using parse_result = boost::system::result<accepted_value, bad_value>;

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

parse_result in_range(const value_type& type, std::string_view text, double value) {
    parsed_value parsed{.text = std::string(text), .number = value, .kind = type.kind};
    if (value >= type.minimum && value <= type.maximum) return accepted_value{std::move(parsed), {}};
    auto why =
        value < type.minimum ? fmt::format("is below {}", type.minimum) : fmt::format("is above {}", type.maximum);
    if (type.policy == value_type::out_of_range::refused) return bad_value{std::move(why)};
    parsed.number = std::clamp(value, type.minimum, type.maximum);
    return accepted_value{std::move(parsed), std::move(why)};
}

parse_result parse_choice(const value_type& type, std::string_view text) {
    const auto value = number<int>(text);
    const auto allowed = std::span(type.choices).first(type.choice_count);
    if (!value || std::ranges::find(allowed, *value) == allowed.end()) {
        return bad_value{"is not one of " + describe(type)};
    }
    return accepted_value{{.text = std::string(text), .number = static_cast<double>(*value), .kind = type.kind}, {}};
}

parse_result parse_text(const value_type& type, std::string_view text) {
    if (text.size() > static_cast<std::size_t>(type.maximum)) {
        return bad_value{fmt::format("is longer than {} characters", type.maximum)};
    }
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(text, is_control)) return bad_value{"contains a control character"};
    const auto is_host_character = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(".-_:[]%").find(c) != std::string_view::npos;
    };
    if (type.kind == value_kind::host && !std::ranges::all_of(text, is_host_character)) {
        return bad_value{"is neither a host name nor an IP address"};
    }
    return accepted_value{{.text = std::string(text), .kind = type.kind}, {}};
}

parse_result parse_tone(const value_type& type, std::string_view text) {
    parsed_value parsed{.text = std::string(text), .kind = type.kind};
    if (text.empty()) return accepted_value{std::move(parsed), {}};
    const auto tone = rtp::parse_cadence(text);
    if (!tone) {
        return bad_value{fmt::format(
            "is not a tone list, at character {}: {}", tone.error().position + 1, rtp::describe(tone.error().error)
        )};
    }
    parsed.tone = *tone;
    return accepted_value{std::move(parsed), {}};
}

bool is_role(std::string_view role) {
    constexpr std::array known{"observer",         "controller",     "admin",      "driver",       "driver:keypad",
                               "driver:hook",      "driver:display", "driver:led", "driver:audio", "driver:ringer",
                               "driver:expansion", "driver:misc"};
    return std::ranges::find(known, role) != known.end();
}

parse_result parse_access(const value_type& type, std::string_view text) {
    parsed_value parsed{.text = std::string(text), .kind = type.kind};
    if (text.empty()) return accepted_value{std::move(parsed), {}};
    const bad_value usage{
        "is not `user:UID ROLE`, `group:GID ROLE` or `everybody ROLE` with a role of observer, controller, admin, "
        "driver or driver:KIND"};
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return usage;
    const auto who = text.substr(0, space);
    const auto role = trimmed(text.substr(space));
    if (!is_role(role)) return usage;
    parsed.access.role = role;
    if (who == "everybody") {
        parsed.access.who = access_rule::subject::everybody;
        return accepted_value{std::move(parsed), {}};
    }
    const auto colon = who.find(':');
    const auto id = number<std::uint32_t>(who.substr(std::min(who.size(), colon + 1)));
    if (colon == std::string_view::npos || !id) return usage;
    parsed.access.id = *id;
    if (who.starts_with("user:")) {
        parsed.access.who = access_rule::subject::user;
    } else if (who.starts_with("group:")) {
        parsed.access.who = access_rule::subject::group;
    } else {
        return usage;
    }
    return accepted_value{std::move(parsed), {}};
}

}  // namespace

parse_result parse_value(const value_type& type, std::string_view text) {
    switch (type.kind) {
        case value_kind::flag:
            if (text == "0" || text == "1") {
                return accepted_value{
                    {.text = std::string(text), .number = text == "1" ? 1.0 : 0.0, .kind = type.kind}, {}};
            }
            return bad_value{"is neither 0 nor 1"};
        case value_kind::integer:
            if (const auto value = number<long long>(text)) return in_range(type, text, static_cast<double>(*value));
            return bad_value{"is not a whole number"};
        case value_kind::seconds:
            if (const auto value = number<double>(text)) return in_range(type, text, *value);
            return bad_value{"is not a number of seconds"};
        case value_kind::choice:
            return parse_choice(type, text);
        case value_kind::text:
        case value_kind::host:
            return parse_text(type, text);
        case value_kind::tone:
            return parse_tone(type, text);
        case value_kind::access:
            return parse_access(type, text);
    }
    return bad_value{"is of no known type"};
}

std::string describe(const value_type& type) {
    switch (type.kind) {
        case value_kind::flag:
            return "0, 1";
        case value_kind::integer:
        case value_kind::seconds:
            return fmt::format("{:.15g}-{:.15g}", type.minimum, type.maximum);
        case value_kind::choice:
            return fmt::format("{}", fmt::join(std::span(type.choices).first(type.choice_count), ", "));
        case value_kind::text:
            return fmt::format("text up to {}", type.maximum);
        case value_kind::host:
            return "host name or address";
        case value_kind::tone:
            return "tone list";
        case value_kind::access:
            return "access rule";
    }
    return {};
}

}  // namespace phoned::config

// The few operations on text that readers of lines and attributes share: fields, numbers, letters without case.
// Views in, views out; nothing allocates.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace sdp {

[[nodiscard]] constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

[[nodiscard]] constexpr std::string_view trimmed_left(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    return text;
}

[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
    text = trimmed_left(text);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// Takes the next field that blanks delimit off the front of `rest`; empty when there is none.
[[nodiscard]] constexpr std::string_view take_field(std::string_view& rest) noexcept {
    rest = trimmed_left(rest);
    std::size_t length = 0;
    while (length < rest.size() && !is_blank(rest[length]))
        ++length;
    auto const field = rest.substr(0, length);
    rest.remove_prefix(length);
    return field;
}

/// The same from the back.
[[nodiscard]] constexpr std::string_view take_last_field(std::string_view& rest) noexcept {
    rest = trimmed(rest);
    std::size_t start = rest.size();
    while (start > 0 && !is_blank(rest[start - 1]))
        --start;
    auto const field = rest.substr(start);
    rest.remove_suffix(rest.size() - start);
    return field;
}

/// Takes what stands before the first `mark`, and the mark itself,
/// off the front of `rest`; all of it when there is no mark.
[[nodiscard]] constexpr std::string_view take_until(std::string_view& rest, char mark) noexcept {
    std::size_t length = 0;
    while (length < rest.size() && rest[length] != mark)
        ++length;
    auto const field = rest.substr(0, length);
    rest.remove_prefix(length == rest.size() ? length : length + 1);
    return field;
}

/// The decimal number that makes up the whole text, if it fits into T: no sign, no blanks.
template <std::unsigned_integral T>
[[nodiscard]] std::optional<T> to_number(std::string_view text) noexcept {
    T number{};
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

[[nodiscard]] constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Equal but for the case of ASCII letters.
[[nodiscard]] constexpr bool same_text(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i != a.size(); ++i) {
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

}  // namespace sdp

#include "phoned/tools/drv_term/keyboard.hpp"

#include <array>
#include <utility>

namespace phoned::tools {

std::string_view key_for_character(char character) noexcept {
    constexpr std::array<std::pair<char, std::string_view>, 22> keys{{
        {'0', "0"},       {'1', "1"},       {'2', "2"},        {'3', "3"},      {'4', "4"},    {'5', "5"},
        {'6', "6"},       {'7', "7"},       {'8', "8"},        {'9', "9"},      {'*', "*"},    {'#', "#"},
        {'o', "HOLD"},    {'m', "MUTE"},    {'t', "TRANSFER"}, {'r', "REDIAL"}, {'c', "CONF"}, {'d', "DND"},
        {'v', "MESSAGE"}, {'s', "SPEAKER"}, {'e', "HEADSET"},  {'+', "VOL_UP"},
    }};
    if (character == '-') return "VOL_DOWN";
    for (const auto& [sign, key] : keys) {
        if (sign == character) return key;
    }
    return {};
}

std::string_view key_for_special(special which) noexcept {
    switch (which) {
        case special::none:
            return {};
        case special::enter:
            return "OK";
        case special::escape:
        case special::backspace:
            return "CANCEL";
        case special::up:
            return "UP";
        case special::down:
            return "DOWN";
        case special::left:
            return "LEFT";
        case special::right:
            return "RIGHT";
    }
    return {};
}

std::string_view key_for_function(int number) noexcept {
    constexpr std::array<std::string_view, 12> keys{"S1", "S2", "S3", "S4", "L1", "L2",
                                                    "L3", "L4", "L5", "L6", "L7", "L8"};
    return number >= 1 && number <= 12 ? keys[static_cast<std::size_t>(number - 1)] : std::string_view{};
}

}  // namespace phoned::tools

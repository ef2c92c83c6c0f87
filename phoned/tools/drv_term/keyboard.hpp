// Which key of the phone a key of the keyboard is.
#pragma once

#include <string_view>

namespace phoned::tools {

/// Special keys of a keyboard, free of any terminal library.
enum class special { none, enter, escape, backspace, up, down, left, right };

/// The phone's key for a character; empty for none.
[[nodiscard]] std::string_view key_for_character(char character) noexcept;
[[nodiscard]] std::string_view key_for_special(special) noexcept;
/// F1-F4 are the soft keys S1-S4, F5-F12 the line keys L1-L8.
[[nodiscard]] std::string_view key_for_function(int number) noexcept;

/// The lines of help under the face.
inline constexpr const char* keyboard_help[] = {
    "0-9 * #  digits      Enter OK    Esc CANCEL   arrows",
    "F1-F4  soft keys     F5-F12  line keys",
    "h  handset up/down   o hold   m mute    t transfer",
    "r redial   c conference   d DND   v messages",
    "s speaker  e headset      + - volume   q quit   ^L draw again",
};

}  // namespace phoned::tools

// The terminal, by ncurses: draws lines of pieces, reads keys without waiting. One at a time; restores the terminal
// when it goes.
#pragma once

#include "phoned/tools/drv_term/face.hpp"
#include "phoned/tools/drv_term/keyboard.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace phoned::tools {

/// A key of the keyboard: one of the three is set.
struct typed {
    char character = 0;
    special other = special::none;
    int function = 0;
};

class terminal {
public:
    terminal();
    ~terminal();
    terminal(const terminal&) = delete;
    terminal& operator=(const terminal&) = delete;

    void show(const std::vector<drawn_line>&, std::span<const std::string_view> help);
    /// None if nothing was typed.
    [[nodiscard]] std::optional<typed> read();
    void beep();
};

}  // namespace phoned::tools

// The terminal, by ncurses: draws lines of pieces, as much of them as fits, and reads keys without waiting. One at a
// time; restores the terminal when it goes.
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

    /// False where the terminal cannot place the cursor (TERM); nothing else may be called then.
    [[nodiscard]] bool is_usable() const noexcept { return screen_ != nullptr; }

    void show(const std::vector<drawn_line>&, std::span<const std::string> help);
    /// All of it again at the next show(), whatever stands there.
    void repaint();
    /// None if nothing was typed.
    [[nodiscard]] std::optional<typed> read();
    void beep();

private:
    void* screen_;
};

}  // namespace phoned::tools

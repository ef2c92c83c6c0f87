#include "phoned/tools/drv_term/terminal.hpp"

#include <algorithm>
#include <clocale>

#define NCURSES_NOMACROS
#include <ncurses.h>

namespace phoned::tools {
namespace {

constexpr short red_pair = 1, green_pair = 2, alert_pair = 3;

attr_t attributes_of(look how) {
    switch (how) {
        case look::plain:
            return A_NORMAL;
        case look::title:
            return A_BOLD;
        case look::key:
            return A_REVERSE;
        case look::red:
            return A_BOLD | static_cast<attr_t>(COLOR_PAIR(red_pair));
        case look::green:
            return A_BOLD | static_cast<attr_t>(COLOR_PAIR(green_pair));
        case look::dim:
            return A_DIM;
        case look::alert:
            return A_BOLD | static_cast<attr_t>(COLOR_PAIR(alert_pair));
    }
    return A_NORMAL;
}

bool begins_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

int columns_of(std::string_view text) {
    return static_cast<int>(std::count_if(text.begin(), text.end(), begins_character));
}

/// As much of a UTF-8 text as fits, each character taken as one column wide.
std::string_view first_columns(std::string_view text, int columns) {
    std::size_t size = 0;
    for (; size < text.size(); ++size)
        if (begins_character(text[size]) && columns-- <= 0) break;
    return text.substr(0, size);
}

}  // namespace

terminal::terminal() {
    std::setlocale(LC_ALL, "");
    screen_ = newterm(nullptr, stdout, stdin);
    if (screen_ == nullptr) return;
    // A lone Escape is a key here: wait only briefly whether it begins a longer sequence.
    set_escdelay(50);
    cbreak();
    noecho();
    keypad(stdscr, true);
    nodelay(stdscr, true);
    curs_set(0);
    if (has_colors()) {
        start_color();
        use_default_colors();
        init_pair(red_pair, COLOR_RED, -1);
        init_pair(green_pair, COLOR_GREEN, -1);
        init_pair(alert_pair, COLOR_YELLOW, -1);
    }
}

terminal::~terminal() {
    if (screen_ == nullptr) return;
    endwin();
    delscreen(static_cast<SCREEN*>(screen_));
}

void terminal::show(const std::vector<drawn_line>& lines, std::span<const std::string> help) {
    erase();
    int row = 0;
    // Beyond the right edge ncurses would go on in the next row.
    const auto draw = [&](const drawn_line& line) {
        int column = 0;
        for (const auto& one : line) {
            const auto text = first_columns(one.text, COLS - column);
            const auto attributes = static_cast<int>(attributes_of(one.how));
            attron(attributes);
            mvaddnstr(row, column, text.data(), static_cast<int>(text.size()));
            attroff(attributes);
            column += columns_of(text);
        }
        ++row;
    };
    for (const auto& line : lines)
        if (row < LINES) draw(line);
    ++row;
    for (const auto& text : help)
        if (row < LINES) draw({{"  " + text, look::dim}});
    refresh();
}

void terminal::repaint() {
    clearok(curscr, true);
}

std::optional<typed> terminal::read() {
    const int code = getch();
    if (code == ERR) return std::nullopt;
    if (code >= KEY_F(1) && code <= KEY_F(12)) return typed{.function = code - KEY_F(0)};
    switch (code) {
        case '\n':
        case '\r':
        case KEY_ENTER:
            return typed{.other = special::enter};
        case 27:
            return typed{.other = special::escape};
        case KEY_BACKSPACE:
        case 127:
            return typed{.other = special::backspace};
        case KEY_UP:
            return typed{.other = special::up};
        case KEY_DOWN:
            return typed{.other = special::down};
        case KEY_LEFT:
            return typed{.other = special::left};
        case KEY_RIGHT:
            return typed{.other = special::right};
        default:
            return code > 0 && code < 127 ? typed{.character = static_cast<char>(code)} : typed{};
    }
}

void terminal::beep() {
    ::beep();
}

}  // namespace phoned::tools

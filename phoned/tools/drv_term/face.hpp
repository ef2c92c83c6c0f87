// The face of the terminal phone as values and text: what the display, lamps, hook and ringer are, kept up to date from
// messages, and how that looks in lines of a terminal. Knows no terminal library.
#pragma once

#include "phoned/tools/client.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace phoned::tools {

struct lamp {
    std::string colour;
    std::string pattern = "off";
    std::vector<std::pair<std::uint32_t, std::uint32_t>> steps;  ///< For `custom`: on and off in ms
};

/// Whether the lamp is lit at this moment of its pattern (time from anywhere, in ms).
[[nodiscard]] bool is_lit(const lamp&, std::uint64_t at_ms);

struct labelled_key {
    std::string label, icon;
};

struct face {
    std::string title;
    std::vector<std::string> rows, soft_keys;
    std::vector<labelled_key> line_keys;
    std::map<std::string, lamp> lamps;
    bool off_hook = false, ringing = false, connected = false;
    std::string hears;   ///< What the driver's own ear says of the sound, where it has one
    std::string status;  ///< One line from the driver itself

    /// From the answer to driver.register.
    void take_snapshot(const json::object& snapshot);
    /// From a notification; false if it is none of a face's.
    bool take(const arrived&);
};

/// How a piece of text is to look.
enum class look { plain, title, key, red, green, dim, alert };

struct piece {
    std::string text;
    look how = look::plain;
};
using drawn_line = std::vector<piece>;

/// The whole face, 48 columns wide, at this moment of the lamps' patterns.
[[nodiscard]] std::vector<drawn_line> draw(const face&, std::uint64_t at_ms);

}  // namespace phoned::tools

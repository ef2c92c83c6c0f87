#include "phoned/tools/drv_term/face.hpp"

#include "phoned/tools/json_access.hpp"
#include "phoned/tools/printable.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace phoned::tools {
namespace {

constexpr std::size_t width = 48;
constexpr std::size_t least_rows = 4;

void take_screen(face& to, const json::object& screen) {
    to.title = text_of(screen, "title");
    to.rows.clear();
    for (const auto& row : array_of(screen, "rows")) {
        if (row.is_string()) to.rows.emplace_back(row.get_string());
    }
    to.soft_keys.clear();
    for (const auto& key : array_of(screen, "soft_keys")) {
        if (key.is_string()) to.soft_keys.emplace_back(key.get_string());
    }
    to.line_keys.clear();
    for (const auto& key : array_of(screen, "line_keys")) {
        if (key.is_object())
            to.line_keys.push_back({text_of(key.get_object(), "label"), text_of(key.get_object(), "icon")});
    }
}

void take_lamp(face& to, const json::object& led) {
    lamp one{text_of(led, "colour"), text_of(led, "pattern"), {}};
    for (const auto& step : array_of(led, "steps")) {
        if (!step.is_array() || step.get_array().size() != 2) continue;
        const json::object both{{"on", step.get_array()[0]}, {"off", step.get_array()[1]}};
        one.steps.emplace_back(
            static_cast<std::uint32_t>(integer_of(both, "on")), static_cast<std::uint32_t>(integer_of(both, "off"))
        );
    }
    to.lamps[text_of(led, "id")] = std::move(one);
}

// The first characters of a UTF-8 text, filled up with blanks.
std::string fitted(std::string_view text, std::size_t columns) {
    const auto clean = printable(text);
    std::string cut;
    std::size_t used = 0;
    for (std::size_t i = 0; i < clean.size() && used < columns; ++used) {
        do
            cut += clean[i++];
        while (i < clean.size() && (static_cast<unsigned char>(clean[i]) & 0xC0) == 0x80);
    }
    return cut + std::string(columns - used, ' ');
}

drawn_line framed(std::string_view text, look how) {
    return {{"│ ", look::dim}, {fitted(text, width - 4), how}, {" │", look::dim}};
}

std::string rule(std::string_view left, std::string_view right) {
    std::string line{left};
    for (std::size_t i = 0; i < width - 2; ++i)
        line += "─";
    return line + std::string{right};
}

piece lamp_sign(const lamp& one, std::uint64_t at_ms) {
    if (!is_lit(one, at_ms)) return {"○", look::dim};
    return {"●", one.colour == "red" ? look::red : one.colour == "green" ? look::green : look::plain};
}

}  // namespace

bool is_lit(const lamp& one, std::uint64_t at_ms) {
    // Half periods as the guide's lamps blink: slowly by the second, fast and ringing by 200 ms.
    if (one.pattern == "on") return true;
    if (one.pattern == "slow") return at_ms / 1000 % 2 == 0;
    if (one.pattern == "fast" || one.pattern == "ring") return at_ms / 200 % 2 == 0;
    if (one.pattern != "custom") return false;
    std::uint64_t total = 0;
    for (const auto& [on, off] : one.steps)
        total += on + off;
    if (total == 0) return false;
    auto left = at_ms % total;
    for (const auto& [on, off] : one.steps) {
        if (left < on) return true;
        if (left < std::uint64_t{on} + off) return false;
        left -= std::uint64_t{on} + off;
    }
    return false;
}

void face::take_snapshot(const json::object& snapshot) {
    lamps.clear();
    for (const auto& led : array_of(snapshot, "leds")) {
        if (led.is_object()) take_lamp(*this, led.get_object());
    }
    take_screen(*this, object_of(snapshot, "screen"));
    ringing = snapshot.contains("ringer");
    off_hook = flag_of(object_of(snapshot, "hook"), "off_hook");
}

bool face::take(const arrived& message) {
    if (message.method == "display.update") {
        take_screen(*this, message.params);
    } else if (message.method == "led.set") {
        take_lamp(*this, message.params);
    } else if (message.method == "ringer.start") {
        ringing = true;
    } else if (message.method == "ringer.stop") {
        ringing = false;
    } else {
        return false;
    }
    return true;
}

std::vector<drawn_line> draw(const face& shown, std::uint64_t at_ms) {
    std::vector<drawn_line> lines;
    lines.push_back({{rule("┌", "┐"), look::dim}});
    lines.push_back(framed(shown.title, look::title));
    for (std::size_t i = 0; i < std::max(shown.rows.size(), least_rows); ++i) {
        lines.push_back(framed(i < shown.rows.size() ? shown.rows[i] : std::string{}, look::plain));
    }
    drawn_line keys{{"│ ", look::dim}};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto label = i < shown.soft_keys.size() ? shown.soft_keys[i] : std::string{};
        keys.push_back({fitted(label, 10), label.empty() ? look::plain : look::key});
        keys.push_back({" ", look::plain});
    }
    keys.push_back({" │", look::dim});
    lines.push_back(std::move(keys));
    lines.push_back({{rule("└", "┘"), look::dim}});
    for (std::size_t i = 0; i < shown.line_keys.size(); ++i) {
        const auto id = fmt::format("L{}", i + 1);
        const auto known = shown.lamps.find(id);
        lines.push_back({
            {"  ", look::plain},
            lamp_sign(known == shown.lamps.end() ? lamp{} : known->second, at_ms),
            {fmt::format(" {:<3} {} {}", id, fitted(shown.line_keys[i].label, 20), printable(shown.line_keys[i].icon)),
             look::plain},
        });
    }
    drawn_line others{{"  ", look::plain}};
    for (const auto& [id, one] : shown.lamps) {
        if (id.size() > 1 && id[0] == 'L' && id[1] >= '1' && id[1] <= '9') continue;
        others.push_back(lamp_sign(one, at_ms));
        others.push_back({" " + printable(id) + "  ", look::plain});
    }
    if (others.size() > 1) lines.push_back(std::move(others));
    lines.push_back({
        {"  handset ", look::plain},
        {shown.off_hook ? "lifted" : "on the hook", look::plain},
        {"   ", look::plain},
        {shown.ringing ? "*** RINGING ***" : "", look::alert},
    });
    if (!shown.hears.empty()) lines.push_back({{"  hears " + printable(shown.hears), look::plain}});
    if (!shown.connected) lines.push_back({{"  no phone", look::alert}});
    if (!shown.status.empty()) lines.push_back({{"  " + printable(shown.status), look::dim}});
    return lines;
}

}  // namespace phoned::tools

#include "phoned/protocol/names.hpp"

#include <algorithm>
#include <array>

namespace phoned {
namespace {

using std::string_view;

constexpr std::array<string_view, 6> registration_states{"disabled",   "unregistered",  "registering",
                                                         "registered", "unregistering", "failed"};
constexpr std::array<string_view, 2> call_directions{"outgoing", "incoming"};
constexpr std::array<string_view, 5> call_states{"trying", "proceeding", "early", "confirmed", "terminated"};
constexpr std::array<string_view, 4> enders{"nobody", "local", "remote", "network"};
constexpr std::array<string_view, 3> transfer_roles{"transferor", "transferee", "target"};
constexpr std::array<string_view, 5> transfer_states{"asked", "accepted", "progress", "done", "failed"};
constexpr std::array<string_view, 4> history_kinds{"dialled", "received", "missed", "forwarded"};
constexpr std::array<string_view, 4> media_directions{"inactive", "sendonly", "recvonly", "sendrecv"};
constexpr std::array<string_view, 3> media_keyings{"none", "sdes", "dtls"};
constexpr std::array<string_view, 8> driver_kinds{"keypad", "hook",   "display",   "led",
                                                  "audio",  "ringer", "expansion", "misc"};
constexpr std::array<string_view, 6> led_presets{"off", "on", "slow", "fast", "ring", "custom"};
constexpr std::array<string_view, 4> audio_outputs{"handset", "headset", "speaker", "ringer"};
constexpr std::array<string_view, 3> alarm_severities{"warning", "error", "critical"};
constexpr std::array<string_view, 2> trace_directions{"received", "sent"};
constexpr std::array<string_view, 6> log_levels{"trace", "debug", "info", "warning", "error", "off"};

template <class Enumeration, std::size_t Size>
constexpr string_view word(const std::array<string_view, Size>& words, Enumeration value) noexcept {
    const auto index = static_cast<std::size_t>(value);
    return index < Size ? words[index] : string_view{"unknown"};
}

template <class Enumeration, std::size_t Size>
std::optional<Enumeration> value(const std::array<string_view, Size>& words, string_view text) noexcept {
    const auto found = std::find(words.begin(), words.end(), text);
    if (found == words.end()) return std::nullopt;
    return static_cast<Enumeration>(found - words.begin());
}

}  // namespace

string_view name_of(registration_state state) noexcept {
    return word(registration_states, state);
}
string_view name_of(call_direction direction) noexcept {
    return word(call_directions, direction);
}
string_view name_of(call_state state) noexcept {
    return word(call_states, state);
}
string_view name_of(ended_by who) noexcept {
    return word(enders, who);
}
string_view name_of(transfer_role role) noexcept {
    return word(transfer_roles, role);
}
string_view name_of(transfer_state state) noexcept {
    return word(transfer_states, state);
}
string_view name_of(history_kind kind) noexcept {
    return word(history_kinds, kind);
}
string_view name_of(media_direction direction) noexcept {
    return word(media_directions, direction);
}
string_view name_of(media_keying keying) noexcept {
    return word(media_keyings, keying);
}
string_view name_of(driver_kind kind) noexcept {
    return word(driver_kinds, kind);
}
string_view name_of(led_preset preset) noexcept {
    return word(led_presets, preset);
}
string_view name_of(audio_output output) noexcept {
    return word(audio_outputs, output);
}
string_view name_of(alarm_severity level) noexcept {
    return word(alarm_severities, level);
}
string_view name_of(trace_direction direction) noexcept {
    return word(trace_directions, direction);
}
string_view name_of(log_level level) noexcept {
    return word(log_levels, level);
}

std::optional<driver_kind> driver_kind_named(string_view text) noexcept {
    return value<driver_kind>(driver_kinds, text);
}
std::optional<history_kind> history_kind_named(string_view text) noexcept {
    return value<history_kind>(history_kinds, text);
}
std::optional<log_level> log_level_named(string_view text) noexcept {
    return value<log_level>(log_levels, text);
}

bool is_key_name(string_view key) noexcept {
    constexpr std::array<string_view, 15> words{"UP",      "DOWN", "LEFT",     "RIGHT",   "OK",
                                                "CANCEL",  "HOLD", "TRANSFER", "CONF",    "REDIAL",
                                                "MESSAGE", "MUTE", "SPEAKER",  "HEADSET", "DND"};
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (key.size() == 1) return is_digit(key[0]) || key[0] == '*' || key[0] == '#';
    if (key == "VOL_UP" || key == "VOL_DOWN") return true;
    // L1.., S1.., P1..: line, soft and programmable keys, up to three digits.
    if (key.size() >= 2 && key.size() <= 4 && string_view{"LSP"}.find(key[0]) != string_view::npos) {
        return key[1] != '0' && std::all_of(key.begin() + 1, key.end(), is_digit);
    }
    return std::find(words.begin(), words.end(), key) != words.end();
}

}  // namespace phoned

// The words that stand for enumerators on the wire, in one place, both ways. Private to protocol.
#pragma once

#include "phoned/config/settings.hpp"
#include "phoned/protocol/messages.hpp"

#include <optional>
#include <string_view>

namespace phoned {

[[nodiscard]] std::string_view name_of(registration_state) noexcept;
[[nodiscard]] std::string_view name_of(call_direction) noexcept;
[[nodiscard]] std::string_view name_of(call_state) noexcept;
[[nodiscard]] std::string_view name_of(ended_by) noexcept;
[[nodiscard]] std::string_view name_of(transfer_role) noexcept;
[[nodiscard]] std::string_view name_of(transfer_state) noexcept;
[[nodiscard]] std::string_view name_of(history_kind) noexcept;
[[nodiscard]] std::string_view name_of(media_direction) noexcept;
[[nodiscard]] std::string_view name_of(media_keying) noexcept;
[[nodiscard]] std::string_view name_of(driver_kind) noexcept;
[[nodiscard]] std::string_view name_of(led_preset) noexcept;
[[nodiscard]] std::string_view name_of(audio_output) noexcept;
[[nodiscard]] std::string_view name_of(alarm_severity) noexcept;
[[nodiscard]] std::string_view name_of(trace_direction) noexcept;
[[nodiscard]] std::string_view name_of(log_level) noexcept;

[[nodiscard]] std::optional<driver_kind> driver_kind_named(std::string_view) noexcept;
[[nodiscard]] std::optional<history_kind> history_kind_named(std::string_view) noexcept;
[[nodiscard]] std::optional<log_level> log_level_named(std::string_view) noexcept;

/// True for the names that key_event lists.
[[nodiscard]] bool is_key_name(std::string_view) noexcept;

}  // namespace phoned

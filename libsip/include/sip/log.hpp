// Logging seen from the core: a function pointer that may be null. Formatting costs nothing when nobody listens.
#pragma once

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace sip {

enum class log_level : unsigned char { debug, info, warning, error };

/// Where records go. `write` is called on the core's thread with a complete line that lives only during the call.
struct log_sink {
    void (*write)(void* context, log_level, std::string_view line) = nullptr;
    void* context = nullptr;
    log_level least = log_level::warning;

    [[nodiscard]] bool enabled(log_level level) const noexcept { return write != nullptr && level >= least; }

    /// Formats and writes one record, if the level is wanted.
    template <class... Args>
    void log(log_level level, fmt::format_string<Args...> format, Args&&... args) const {
        if (!enabled(level)) return;
        fmt::memory_buffer line;
        fmt::format_to(fmt::appender(line), format, std::forward<Args>(args)...);
        write(context, level, {line.data(), line.size()});
    }
};

}  // namespace sip

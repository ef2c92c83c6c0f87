// Logging seen from the core: a function pointer that may be null. Formatting costs nothing when nobody listens.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace sip {

/// How much a record matters, the least first.
enum class log_level : unsigned char { debug, info, warning, error };

/// The text with every byte that is not printable ASCII as "\x0d": what a peer sends cannot begin a new line of a log,
/// nor command the terminal that shows it.
[[nodiscard]] std::string printable(std::string_view);

/// Where records go. `write` is called on the core's thread with a complete line of printable() text that lives only
/// during the call. No record holds a password, a digest or a key.
struct log_sink {
    /// Takes one line; nullptr: nobody listens.
    void (*write)(void* context, log_level, std::string_view line) = nullptr;
    void* context = nullptr;               ///< handed to `write`
    log_level least = log_level::warning;  ///< records below this are not even formatted

    /// True where a record of this level would be written.
    [[nodiscard]] bool enabled(log_level level) const noexcept { return write != nullptr && level >= least; }

    /// Formats and writes one record, if the level is wanted.
    template <class... Args>
    void log(log_level level, fmt::format_string<Args...> format, Args&&... args) const {
        if (!enabled(level)) return;
        fmt::memory_buffer line;
        fmt::format_to(fmt::appender(line), format, std::forward<Args>(args)...);
        put(level, {line.data(), line.size()});
    }

private:
    void put(log_level, std::string_view line) const;
};

}  // namespace sip

// Reads the guide's configuration files: `#!version:1.0.0.1`, then `name = value` lines. Text in, settings and
// diagnostics out; opening the files is the work of net/config_files.hpp.
//
// Nothing stops the rest from counting: an unknown name, a bad value or a missing first line is a diagnostic that says
// what is used instead. Files are applied in the order given (the common file first, the phone's own file after it);
// for a repeated name the later one wins.
#pragma once

#include "phoned/config/settings.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phoned {

enum class severity { note, warning, error };

/// What is wrong at one line of a file. Never contains the value of a secret parameter.
struct diagnostic {
    std::string file;
    std::size_t line;  ///< From 1; 0 means the file as a whole
    severity level;
    std::string parameter;  ///< The name as written; empty if the line has none
    std::string message;    ///< What is wrong
    std::string used;       ///< What counts instead; empty if nothing needs to
};

/// `common.cfg:12: warning: account.1.ptime: "15" is not one of 0, 10, 20; 20 is used`
[[nodiscard]] std::string to_string(const diagnostic& what);

struct config_source {
    std::string name;  ///< For diagnostics, as a rule the path
    std::string_view text;
};

struct loaded_config {
    settings values;
    std::vector<diagnostic> diagnostics;  ///< In order of file and line; at most max_diagnostics of them
    std::size_t files_read = 0;

    /// True if a line could not be used at all (severity error).
    [[nodiscard]] bool has_errors() const noexcept;
};

inline constexpr std::size_t max_diagnostics = 1000;
inline constexpr std::size_t max_config_line = 2048;

[[nodiscard]] loaded_config load_config(std::span<const config_source> files);

}  // namespace phoned

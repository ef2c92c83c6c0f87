// A registered control connection, and how a command ends: with exit codes that a script can tell apart.
#pragma once

#include "phoned/tools/client.hpp"

#include <chrono>
#include <string>

namespace phoned::tools {

/// As --help lists them.
enum class exit_code { done = 0, refused = 1, usage = 2, no_phone = 3, timed_out = 4 };

/// Ends the program with a message on standard error.
struct command_error {
    exit_code code;
    std::string text;
};

/// Where the phone is and how long to wait for it.
struct target {
    std::string socket;
    std::chrono::milliseconds patience{5000};
    bool as_json = false;
};

class session {
public:
    explicit session(const target&);

    /// The answer, or a command_error.
    json::object call(std::string_view method, json::object params = {});
    [[nodiscard]] arrived next(deadline until);
    [[nodiscard]] const target& options() const noexcept { return options_; }

private:
    target options_;
    connection line_;
};

/// The exit code that says what went wrong.
[[nodiscard]] command_error error_of(const client_failure&);

}  // namespace phoned::tools

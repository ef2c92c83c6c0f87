// A command that the phone does not carry out. Private to phone*.cpp.
#pragma once

#include <string>
#include <utility>

#include "phoned/protocol/phone_commands.hpp"

namespace phoned {

[[nodiscard]] inline command_failure failure(error_number code, std::string text, std::string cause) {
    return {.code = code, .message = std::move(text), .cause = std::move(cause)};
}

}  // namespace phoned

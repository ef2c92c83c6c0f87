// The one place where phoned reads clocks.
#pragma once

#include "phoned/time.hpp"

namespace phoned::net {

[[nodiscard]] inline now_t read_clocks() {
    return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()};
}

}  // namespace phoned::net

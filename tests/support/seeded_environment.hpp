// The environment of a core in tests: repeatable randomness, no log.
#pragma once

#include "sip/environment.hpp"
#include "support/seeded_random.hpp"

namespace test {

/// `random` outlives the environment.
inline sip::environment seeded_environment(seeded_random& random) {
    sip::environment made{};
    made.random = random.source();
    return made;
}

}  // namespace test

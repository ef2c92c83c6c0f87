// What a core needs from outside, handed in once: randomness and a place to log. No clock: time comes with every input.
#pragma once

#include <cstdint>
#include <string>

#include "sip/hashing.hpp"
#include "sip/log.hpp"

namespace sip {

/// A source of random bits. Tags, branches and Call-IDs come from it, so production code gives a cryptographic one (RFC
/// 3261 19.3) and tests a seeded one.
struct random_source {
    std::uint64_t (*next)(void* context) = nullptr;  ///< gives 64 random bits; must be set
    void* context = nullptr;  ///< handed to `next`

    /// 64 random bits.
    [[nodiscard]] std::uint64_t operator()() const { return next(context); }
    /// A number in [0, bound); bound > 0. The modulo bias is below 2^-32 for the bounds used here.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) const { return (*this)() % bound; }
};

/// The surroundings of one core. Outlives every core that uses it.
struct environment {
    random_source random;  ///< of tags, branches and Call-IDs, and of timers that are drawn
    log_sink log;  ///< where records go
    /// Of digests.
    sip::hasher hash;
    /// In front of every Call-ID and tag that this core makes: how a shell with several cores tells whose a message is.
    /// Token characters; empty where there is one core.
    std::string mark;
};

}  // namespace sip

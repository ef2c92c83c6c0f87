// The surroundings that a core gets in production: cryptographic randomness and the OpenSSL hashes.
#pragma once

#include "sip/environment.hpp"

namespace sip::net {

/// Random bits from OpenSSL's generator, fetched in blocks and kept per thread (RFC 3261 19.3 asks for tags that cannot
/// be guessed). Ends the process where the operating system gives no randomness: no phone is safe then.
[[nodiscard]] random_source system_random() noexcept;

/// An environment of system_random(), the hashes of libsip and the given log. One for each core.
[[nodiscard]] environment make_environment(log_sink log = {});

}  // namespace sip::net

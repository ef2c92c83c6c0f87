// A name for a participant that tells nobody who or where it is. RFC 7022.
#pragma once

#include <string>

#include "rtp/environment.hpp"

namespace rtp {

/// A short-term persistent CNAME: 96 random bits in Base64 (RFC 7022 4.2, 5). To be made anew for each call or each
/// start of a program, and to be the same for all media that belong together.
[[nodiscard]] std::string make_cname(environment const&);

}  // namespace rtp

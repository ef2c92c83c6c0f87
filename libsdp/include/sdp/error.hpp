// How libsdp says that something is wrong: one plain value that names the place, the reason and the SIP status that
// fits. It knows nothing of SIP beyond that number; nothing here allocates or throws.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <string_view>

namespace sdp {

enum class errc : std::uint8_t {
    malformed,       ///< The text is not a session description (RFC 8866).
    too_large,       ///< The text passes one of the limits of the parser.
    not_acceptable,  ///< A valid description that leaves nothing we can do (RFC 3264 6).
    bad_answer,      ///< The answer does not fit our offer (RFC 3264 6 and 7).
    glare,           ///< An offer arrived while ours is unanswered (RFC 3264 4).
    out_of_turn,     ///< The call does not fit the phase of the exchange.
};

/// Why a description, an offer or an answer cannot be used.
struct failure {
    /// What is wrong.
    errc code{};
    /// The SIP status with which a request that carried the description is best refused, for example 400 or 488.
    std::uint16_t suggested_status = 0;
    /// Line of the description, the first being 1; 0 when the failure concerns the description as a whole.
    std::uint32_t line = 0;
    /// Bytes from the start of the description to the place of the failure; 0 when it concerns the whole.
    std::uint32_t offset = 0;
    /// Plain words for a log or a Warning header. Always refers to static text, so it may be kept.
    std::string_view reason;

    bool operator==(failure const&) const = default;
};

template <class T>
using result = boost::system::result<T, failure>;

}  // namespace sdp

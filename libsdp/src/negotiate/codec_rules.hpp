// How encodings compare and combine: which carry voice, and what
// their a=fmtp parameters do in an exchange (RFC 3264 6.1).
#pragma once

#include "sdp/model/session.hpp"

#include <string>
#include <string_view>

namespace sdp {

[[nodiscard]] bool is_telephone_event(codec const&) noexcept;

/// False for what only accompanies voice: telephone events and
/// comfort noise. A line with nothing else has no codec in common.
[[nodiscard]] bool carries_voice(codec const&) noexcept;

/// The same encoding in the same configuration: where a parameter is part of what the encoding is (AMR's octet-align),
/// both sides name the same value or leave it out.
[[nodiscard]] bool is_same_format(format const& a, codec const& b, std::string_view parameters_of_b) noexcept;
[[nodiscard]] inline bool is_same_format(format const& a, format const& b) noexcept {
    return is_same_format(a, b.codec, b.parameters);
}

/// Turns the `declared` parameters of one side into what they mean once the other side has declared its own. For those
/// where the weaker side decides (annexb=no of G.729, RFC 7261 3) that value wins; everything else stays as declared.
void settle_parameters(std::string& declared, codec const&, std::string_view other);

}  // namespace sdp

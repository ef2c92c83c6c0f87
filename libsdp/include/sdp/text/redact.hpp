// A description for people: as it came, but for what opens the media to whoever reads it. It works on the text, so that
// what cannot be parsed is safe to show too.
#pragma once

#include <string>
#include <string_view>

namespace sdp {

/// The text with an "x" in place of each character of the key material of a=crypto (RFC 4568), a=key-mgmt (RFC 4567),
/// a=ice-pwd (RFC 8839) and k= lines. It is as long as before, so that the Content-Length of a message around it stays
/// true.
[[nodiscard]] std::string without_keys(std::string_view text);

}  // namespace sdp

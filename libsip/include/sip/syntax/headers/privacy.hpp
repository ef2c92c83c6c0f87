// Privacy (RFC 3323 4.2, RFC 3325 9.3, RFC 7044 10.1): what of a message is to stay hidden.
#pragma once

#include <string>
#include <string_view>

#include "sip/error.hpp"

namespace sip {

/// The values of one Privacy header. A value that we do not know is passed over: it asks somebody else.
struct privacy {
    bool header = false;    ///< Via, Contact and the like, by a privacy service
    bool session = false;   ///< the addresses of the media, by a privacy service
    bool user = false;      ///< From and other headers that a user agent writes, by a privacy service
    bool id = false;        ///< the asserted identity: not beyond the network that knows it
    bool history = false;   ///< the entries of History-Info
    bool critical = false;  ///< who cannot do all this shall refuse the request
    bool none = false;      ///< nothing is to be hidden, whatever the service would do by itself

    /// The person is to stay unknown: id or user (RFC 5079 3).
    [[nodiscard]] bool hides_person() const noexcept { return id || user; }
    /// True where no privacy is asked for.
    [[nodiscard]] bool empty() const noexcept {
        return !(header || session || user || id || history || critical || none);
    }
    friend bool operator==(privacy const&, privacy const&) = default;
};

/// Values are separated by semicolons; commas, which are in the field, are taken as well.
[[nodiscard]] parsed<privacy> parse_privacy(std::string_view) noexcept;
/// A header value: "id;critical". RFC 3323 4.2: `none` stands alone, `critical` only behind others. Empty for nothing.
[[nodiscard]] std::string to_string(privacy const&);

}  // namespace sip

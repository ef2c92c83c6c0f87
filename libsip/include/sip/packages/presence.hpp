// The event package presence (RFC 3856) with PIDF bodies (RFC 3863): who can be reached how.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sip/error.hpp"
#include "sip/time.hpp"

namespace sip::packages {

enum class basic_status : std::uint8_t { unspecified, open, closed };

/// One way to reach the presentity.
struct presence_tuple {
    std::string id;                                  ///< unique in the document
    basic_status basic = basic_status::unspecified;  ///< open or closed for calls
    std::string contact;                             ///< URI; may be empty
    std::uint16_t priority = 0;                      ///< of the contact, in thousandths; 0 where none is given
    std::vector<std::string> notes;                  ///< for people
    std::string timestamp;                           ///< RFC 3339 text; may be empty

    friend bool operator==(presence_tuple const&, presence_tuple const&) = default;
};

/// One application/pidf+xml document.
struct presence {
    static constexpr std::string_view event = "presence";                     ///< the package's name in Event
    static constexpr std::string_view content_type = "application/pidf+xml";  ///< of its documents
    static constexpr std::uint32_t default_expires = 3600;  ///< seconds, where a SUBSCRIBE names none (RFC 3856 6.4)
    static constexpr duration interval = std::chrono::seconds(5);  ///< between two NOTIFYs at least (6.10)

    std::string entity;                  ///< "pres:" or "sip:" URI
    std::vector<presence_tuple> tuples;  ///< by device or service
    std::vector<std::string> notes;      ///< for people

    /// Open where any tuple is open, closed where at least one says so and none is open.
    [[nodiscard]] basic_status summary() const noexcept;
    friend bool operator==(presence const&, presence const&) = default;
};

/// errc::syntax_error for what is no PIDF document, too_large beyond 256 KiB or 1024 tuples. Extensions (RPID and the
/// like) are passed over.
[[nodiscard]] parsed<presence> parse_presence(std::string_view body);
[[nodiscard]] std::string to_string(presence const&);

}  // namespace sip::packages

// The event package message-summary (RFC 3842): whether messages wait, and how many of which kind.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sip/error.hpp"
#include "sip/time.hpp"

namespace sip::packages {

/// The messages of one class (RFC 3458): voice, fax ...
struct message_counts {
    /// "Voice-Message", "Fax-Message", "Pager-Message", "Multimedia-Message", "Text-Message", "None" (RFC 3458).
    std::string context;
    std::uint32_t fresh = 0, old = 0, urgent_fresh = 0, urgent_old = 0;  ///< messages

    friend bool operator==(message_counts const&, message_counts const&) = default;
};

/// One application/simple-message-summary body.
struct message_summary {
    static constexpr std::string_view event = "message-summary";  ///< the package's name in Event
    static constexpr std::string_view content_type = "application/simple-message-summary";  ///< of its bodies
    static constexpr std::uint32_t default_expires = 3600;  ///< seconds, where a SUBSCRIBE names none (RFC 3842 3.4)
    static constexpr duration interval = std::chrono::seconds(1);  ///< between two NOTIFYs at least (3.11)
    /// Bounds of a body that is read.
    static constexpr std::size_t most_lines = 32, largest = 16 * 1024;  ///< of a body

    bool waiting = false;                ///< there are new messages
    std::string account;                 ///< the URI of the mailbox; may be empty
    std::vector<message_counts> counts;  ///< by class

    /// What several mailboxes of one person have together: the answers of the forks of one SUBSCRIBE (RFC 3842 3.10).
    /// Where one of them tells no counts, there are none.
    [[nodiscard]] static message_summary merged(std::vector<message_summary> const&);
    /// The counts of one kind; nothing where the body has no line for it.
    [[nodiscard]] message_counts const* of(std::string_view context) const noexcept;
    friend bool operator==(message_summary const&, message_summary const&) = default;
};

/// Reads the status line, Message-Account, and one line for each kind; headers of single messages behind the first
/// empty line are passed over, as are lines that are none of these. errc::syntax_error without a status line, too_large
/// beyond the bounds.
[[nodiscard]] parsed<message_summary> parse_message_summary(std::string_view body);
[[nodiscard]] std::string to_string(message_summary const&);

}  // namespace sip::packages

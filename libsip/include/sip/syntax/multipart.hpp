// Bodies of several parts (RFC 2046 5.1, RFC 5621): an iterator over what a multipart body holds. It borrows the body,
// copies nothing, and does not descend: a part that is multipart itself is read by an iterator of its own.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sip/error.hpp"
#include "sip/syntax/headers/simple.hpp"
#include "sip/syntax/message.hpp"

namespace sip {

/// One part of a multipart body.
struct body_part {
    std::string_view headers;  ///< lines as they stand, the last one with or without its line end
    std::string_view body;  ///< its bytes

    /// The value of the first header of this name; empty where there is none. Folding is kept.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
    /// text/plain where the part does not say (RFC 2046 5.1).
    [[nodiscard]] parsed<media_type_view> content_type() const noexcept;
    /// Content-ID without its angle brackets.
    [[nodiscard]] std::string_view content_id() const noexcept;
};

/// Goes over the parts of a body (RFC 2046 5.1).
class multipart_reader {
public:
    static constexpr std::size_t most_parts = 256;  ///< further ones are not read

    /// errc::syntax_error where the type is not multipart or its boundary is missing, empty or longer than 70 bytes.
    [[nodiscard]] static parsed<multipart_reader> from(media_type_view const&, std::string_view body) noexcept;

    /// The next part; nothing behind the closing delimiter. A body that ends without one yields its last part, and says
    /// so with is_truncated(). errc::too_large after most_parts.
    [[nodiscard]] parsed<std::optional<body_part>> next() noexcept;
    /// True where the closing boundary is missing, or parts were too many.
    [[nodiscard]] bool is_truncated() const noexcept { return truncated_; }

private:
    multipart_reader(std::string_view boundary, std::string_view body) noexcept : boundary_(boundary), rest_(body) {}

    struct delimiter {
        std::size_t at = 0;      ///< of the line break before it, or of the two hyphens at the very beginning
        std::size_t behind = 0;  ///< of its line
        bool is_last = false;
    };
    [[nodiscard]] std::optional<delimiter> find_delimiter() const noexcept;

    std::string_view boundary_, rest_;
    std::size_t parts_ = 0;
    bool begun_ = false, over_ = false, truncated_ = false;
};

/// What a body holds for one purpose.
struct body_content {
    std::string_view text;    ///< borrows the body; empty: nothing
    bool is_refused = false;  ///< something has to be understood that is not: 415 (RFC 5621 8.4)
};
/// Looks for a body of this type, such as "application/sdp", that is there for this purpose, "session" unless it says
/// otherwise (RFC 3261 20.11): the message's own, or the first part of a multipart one, in up to eight layers (RFC 5621
/// 4.2). Of alternatives the last one that is understood counts (6.1, 8.3); what has handling=optional may be passed
/// over, and what is there for another purpose, or by reference (9.4), is not taken for this one.
[[nodiscard]] body_content content_of(
    message_view, std::string_view content_type, std::string_view purpose = "session"
) noexcept;
/// The session description of a message, whether or not other parts stand beside it; empty where there is none.
[[nodiscard]] inline std::string_view session_description(message_view message) noexcept {
    return content_of(message, "application/sdp").text;
}

/// One part to be written.
struct new_part {
    std::string_view content_type;  ///< of the part
    std::string_view content_id;   ///< without brackets; empty: none
    std::string_view disposition;  ///< empty: none
    std::string_view body;  ///< its bytes
};

/// Writes a multipart body. The boundary is the caller's, since it has to be random enough to stand in no part.
class multipart_writer {
public:
    /// The boundary must not stand in any part.
    explicit multipart_writer(std::string boundary) : boundary_(std::move(boundary)) {}
    /// One part behind the others.
    void add(new_part const&);
    /// Closes and gives the body.
    [[nodiscard]] std::string finish();

private:
    std::string boundary_, text_;
};

}  // namespace sip

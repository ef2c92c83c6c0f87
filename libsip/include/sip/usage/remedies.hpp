// What a refusal says about how the request may succeed (RFC 3261 8.1.3.5, 21, and the RFCs that add a status), as one
// table. A status that is not in it has no remedy: the user is told. The user agent carries the remedies out, each
// within its bound; see ua/remedies.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/syntax/message.hpp"

namespace sip {

enum class remedy : std::uint8_t {
    none,             ///< tell the user
    other_target,     ///< the Contacts of the response, each once
    credentials,      ///< answer the challenge
    accepted_types,   ///< without the parts of a multipart body that Accept does not list
    sip_uri,          ///< the telephone number as a SIP URI of our own domain; never SIP for SIPS (RFC 5630 5.1.1)
    fewer_options,    ///< without the extensions that Unsupported lists
    more_options,     ///< with the extensions that Require lists, where we have them
    longer_interval,  ///< a session timer of at least Min-SE
    longer_expiry,    ///< a lifetime of at least Min-Expires: the registration or subscription asks again
    other_server,     ///< the next address of the next hop; this one is passed over for Retry-After (RFC 3263 4.3)
    later,            ///< inside a dialog: the same again after a while, which its offer or subscription counts
};

/// One row of the table.
struct remedy_row {
    std::uint16_t status;  ///< of the response
    remedy what;  ///< what helps
    bool tells_when = false;  ///< Retry-After says when it may be worth while to try again (RFC 3261 20.33)
};

namespace detail {
inline constexpr std::array remedy_table{
    remedy_row{300, remedy::other_target},        // 21.3.1; 305 and 380 name no target of the same kind
    remedy_row{301, remedy::other_target},        //
    remedy_row{302, remedy::other_target},        //
    remedy_row{401, remedy::credentials},         // 22.2
    remedy_row{404, remedy::none, true},          //
    remedy_row{407, remedy::credentials},         // 22.3
    remedy_row{413, remedy::none, true},          // 21.4.11: a body of ours cannot be made smaller
    remedy_row{415, remedy::accepted_types},      // 21.4.13
    remedy_row{416, remedy::sip_uri},             // 21.4.14
    remedy_row{420, remedy::fewer_options},       // 21.4.15
    remedy_row{421, remedy::more_options},        // 21.4.16
    remedy_row{422, remedy::longer_interval},     // RFC 4028 7.3
    remedy_row{423, remedy::longer_expiry},       // 21.4.17
    remedy_row{480, remedy::none, true},          //
    remedy_row{486, remedy::none, true},          //
    remedy_row{491, remedy::later},               // 14.1
    remedy_row{500, remedy::later, true},         // 14.2
    remedy_row{503, remedy::other_server, true},  // 21.5.4
    remedy_row{600, remedy::none, true},          //
    remedy_row{603, remedy::none, true},          //
};
}  // namespace detail

[[nodiscard]] constexpr remedy_row const* remedy_row_of(std::uint16_t status) noexcept {
    for (auto const& row : detail::remedy_table)
        if (row.status == status) return &row;
    return nullptr;
}
[[nodiscard]] constexpr remedy remedy_for(std::uint16_t status) noexcept {
    auto const* row = remedy_row_of(status);
    return row != nullptr ? row->what : remedy::none;
}

/// The seconds of Retry-After, where the status gives that header a meaning.
[[nodiscard]] std::optional<std::uint32_t> retry_after_of(message_view response) noexcept;

/// One request may be changed and sent again so often by the remedies that change it (415, 416, 420, 421): a chain of
/// proxies may refuse it for several reasons, one after the other.
inline constexpr std::uint8_t most_changes = 4;

/// `options` (a header value) without those of Unsupported. Nothing where none of them is in it.
[[nodiscard]] std::optional<std::string> without_unsupported(std::string_view options, message_view response);
/// 421: `options` with those that Require of the response lists. Nothing where `have` lacks one of them, or where
/// `options` has had them all.
[[nodiscard]] std::optional<std::string> with_required(
    std::string_view options, std::string_view have, message_view response
);
/// True where a request means something else without this option: what it asks for is not to happen by halves
/// (RFC 3891 4, RFC 3911 4, RFC 4538 2), so that no request leaves it out.
[[nodiscard]] bool is_essential(std::string_view option) noexcept;

/// A body and its type. Borrows the message it came from.
struct typed_body {
    std::string_view content_type, body;  ///< of the request to repeat
};
/// 415: the first part of a multipart body that the response's Accept lists. Nothing where the body has one part only,
/// or where no part is welcome.
[[nodiscard]] std::optional<typed_body> accepted_part(message_view request, message_view response) noexcept;

/// A telephone number as a SIP URI of a domain (RFC 3261 19.1.6).
[[nodiscard]] std::string number_at(std::string_view number, std::string_view domain);

}  // namespace sip

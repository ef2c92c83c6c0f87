// The words that SIP gives a meaning: methods and header names, with what must be known of each. One table
// (src/syntax/names.cpp) is the only place where a name, its compact form and its traits are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sip {

/// `unknown` is a valid token that we do not serve; the message keeps its text.
enum class method : std::uint8_t {
    unknown,
    invite,
    ack,
    bye,
    cancel,
    register_,
    options,
    prack,
    update,
    info,
    subscribe,
    notify,
    refer,
    message,
    publish,
};
inline constexpr std::size_t method_count = static_cast<std::size_t>(method::publish) + 1;

enum class header_id : std::uint8_t {
    unknown,
    // what every message is routed and matched by
    via,
    from,
    to,
    call_id,
    cseq,
    contact,
    max_forwards,
    route,
    record_route,
    content_length,
    content_type,
    // the rest, alphabetically
    accept,
    accept_encoding,
    accept_language,
    alert_info,
    allow,
    allow_events,
    authentication_info,
    authorization,
    call_info,
    content_disposition,
    content_encoding,
    content_language,
    date,
    diversion,
    error_info,
    event,
    expires,
    history_info,
    in_reply_to,
    join,
    max_breadth,
    mime_version,
    min_expires,
    min_se,
    organization,
    p_asserted_identity,
    p_preferred_identity,
    path,
    priority,
    privacy,
    proxy_authenticate,
    proxy_authorization,
    proxy_require,
    rack,
    reason,
    refer_sub,
    refer_to,
    referred_by,
    remote_party_id,
    replaces,
    reply_to,
    require,
    retry_after,
    rseq,
    server,
    service_route,
    session_expires,
    subject,
    subscription_state,
    supported,
    target_dialog,
    timestamp,
    unsupported,
    user_agent,
    warning,
    www_authenticate,
};
inline constexpr std::size_t header_id_count = static_cast<std::size_t>(header_id::www_authenticate) + 1;

/// Methods are case-sensitive tokens (RFC 3261 7.1); an unserved one is method::unknown.
[[nodiscard]] method method_from(std::string_view token) noexcept;
[[nodiscard]] std::string_view to_string(method) noexcept;

/// Looks a header name up, case-insensitively, long or compact (RFC 3261 7.3.3).
[[nodiscard]] header_id header_from(std::string_view name) noexcept;
/// The canonical long spelling, as RFC 3261 prints it ("Call-ID"); empty for unknown.
[[nodiscard]] std::string_view to_string(header_id) noexcept;
/// The compact form, or '\0'.
[[nodiscard]] char compact_form(header_id) noexcept;
/// True where several values may stand in one line, separated by commas.
[[nodiscard]] bool is_list(header_id) noexcept;
/// True where the header may stand only once; a second one makes a message malformed.
[[nodiscard]] bool is_single(header_id) noexcept;

/// The reason phrase of RFC 3261 21 (and of the extensions that define a code); "Unknown" for other codes of a known
/// class.
[[nodiscard]] std::string_view reason_phrase(std::uint16_t status) noexcept;

}  // namespace sip

// The small header values: numbers, tokens with parameters, CSeq. One parse function each.
#pragma once

#include <cstdint>
#include <string_view>

#include "sip/error.hpp"
#include "sip/syntax/names.hpp"
#include "sip/syntax/params.hpp"

namespace sip {

/// CSeq: number and method of a request.
struct cseq_view {
    std::uint32_t number = 0;  ///< below 2^31
    method name = method::unknown;  ///< the method, where we know it
    std::string_view method_text;  ///< the method as it stands there
};

/// A token with parameters: Event ("refer;id=7"), Subscription-State, Session-Expires' refresher, Accept elements,
/// option tags ...
struct token_params_view {
    std::string_view text;  ///< the whole element
    std::string_view token;  ///< what stands before the first semicolon
    params_view params;  ///< what stands behind the first semicolon
};

/// Content-Type and Accept: type/subtype;params (RFC 3261 20.15).
struct media_type_view {
    std::string_view type, subtype;  ///< "application", "sdp"
    params_view params;  ///< what stands behind the first semicolon
    [[nodiscard]] bool is(std::string_view type, std::string_view subtype) const noexcept;  ///< case-insensitive
};

/// Retry-After and Session-Expires: seconds, then parameters (the comment of Retry-After is passed over).
struct delta_seconds_view {
    std::uint32_t seconds = 0;  ///< how long
    params_view params;  ///< what stands behind the first semicolon
};

/// RAck: the RSeq and CSeq that a PRACK acknowledges (RFC 3262 7.2).
struct rack_view {
    std::uint32_t rseq = 0;  ///< of the provisional response
    cseq_view cseq;  ///< of its request
};

/// Replaces and Join (RFC 3891, RFC 3911): a dialog named from outside.
struct dialog_reference_view {
    std::string_view call_id, to_tag, from_tag;  ///< as the receiver sees them
    bool early_only = false;  ///< only where it is not answered yet
};

/// Target-Dialog (RFC 4538): a dialog of the receiver's, with the tags as the sender sees them.
struct target_dialog_view {
    std::string_view call_id, local_tag, remote_tag;  ///< as the sender sees them
};

[[nodiscard]] parsed<cseq_view> parse_cseq(std::string_view) noexcept;
/// Expires, Max-Forwards, Min-Expires, RSeq, Content-Length: 0..2^32-1.
[[nodiscard]] parsed<std::uint32_t> parse_number(std::string_view) noexcept;
[[nodiscard]] parsed<token_params_view> parse_token_params(std::string_view) noexcept;
[[nodiscard]] parsed<media_type_view> parse_media_type(std::string_view) noexcept;
[[nodiscard]] parsed<delta_seconds_view> parse_delta_seconds(std::string_view) noexcept;
[[nodiscard]] parsed<rack_view> parse_rack(std::string_view) noexcept;
[[nodiscard]] parsed<dialog_reference_view> parse_dialog_reference(std::string_view) noexcept;
[[nodiscard]] parsed<target_dialog_view> parse_target_dialog(std::string_view) noexcept;
/// Unstructured headers: the text itself, without the white space around it.
[[nodiscard]] parsed<std::string_view> parse_text(std::string_view) noexcept;

}  // namespace sip

// A request before it is known which way it takes. The draft is a whole message whose Via is a placeholder; what
// depends on the flow and on the attempt (CSeq number, Contact, credentials) is filled in when it is composed, each
// time anew: after a challenge, or for the next address. The transaction layer puts the real Via in front.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sip/dialog/route_set.hpp"
#include "sip/syntax/build.hpp"
#include "sip/syntax/message.hpp"

namespace sip {

/// What every request begins with (8.1.1).
struct request_head {
    std::string_view method;
    routed_target const& way;
    std::string_view from, to;  ///< header values, tags included
    std::string_view call_id;
    std::uint32_t cseq = 0;
};

/// Start line and the headers of `head`; the caller adds further headers and the body, and gives it to finish_draft().
[[nodiscard]] message_builder start_draft(buffer_pool&, request_head const&);
/// errc::invalid_argument where a value that the user gave cannot stand in a message.
[[nodiscard]] result<message> finish_draft(buffer_pool&, message_builder&);

/// The draft again with another body and Content-Type: an ACK that gets its answer late.
[[nodiscard]] result<message> with_body(
    buffer_pool&, message_view draft, std::string_view content_type, std::string_view body
);

/// The draft again for another Request-URI: the INVITE of a redirection.
[[nodiscard]] result<message> with_target(buffer_pool&, message_view draft, std::string_view target);

/// The draft again without the options in Require and Proxy-Require that Unsupported of the response lists. Nothing
/// where it requires none of them.
[[nodiscard]] std::optional<message> without_required(buffer_pool&, message_view draft, message_view response);

/// The draft again on another way, from another address of ours.
[[nodiscard]] result<message> with_route(
    buffer_pool&, message_view draft, routed_target const& way, std::string_view from, std::string_view to
);

/// Writes the draft's start line and headers up to and with CSeq, which gets `cseq`. The caller adds Contact and
/// credentials, and ends with compose_tail().
[[nodiscard]] message_builder compose_head(buffer_pool&, message_view draft, std::uint32_t cseq);
/// The headers behind CSeq, and the body.
[[nodiscard]] result<buffer_ref> compose_tail(message_builder&, message_view draft);

}  // namespace sip

// What names a dialog (RFC 3261 12): Call-ID and the two tags, seen from our side.
#pragma once

#include <string_view>

#include "sip/syntax/message.hpp"

namespace sip {

/// Borrows the text of a message or of a dialog.
struct dialog_id_view {
    std::string_view call_id, local_tag, remote_tag;  ///< as RFC 3261 12 names them

    friend bool operator==(dialog_id_view const&, dialog_id_view const&) = default;
};

/// The dialog that a request of the peer names: To is ours.
[[nodiscard]] inline dialog_id_view dialog_of_request(message_view request) noexcept {
    return {request.call_id(), request.to_tag(), request.from_tag()};
}
/// The dialog that a response to our request names: From is ours.
[[nodiscard]] inline dialog_id_view dialog_of_response(message_view response) noexcept {
    return {response.call_id(), response.from_tag(), response.to_tag()};
}

}  // namespace sip

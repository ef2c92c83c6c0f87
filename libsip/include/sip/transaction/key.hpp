// Which transaction a message belongs to: RFC 3261 17.1.3 for responses, 17.2.3 for requests with its fall-back for RFC
// 2543 peers, and 8.2.2.2 for merged requests. A key is a hash; the comparison beside it decides.
#pragma once

#include <cstdint>

#include "sip/syntax/message.hpp"
#include "sip/transaction/keyed_hash.hpp"

namespace sip {

/// Of a request of ours, or of a response to it: branch and method (17.1.3).
[[nodiscard]] std::uint64_t client_key(hash_key, message_view) noexcept;
/// Also the sent-by must be the one that we wrote (18.1.2).
[[nodiscard]] bool is_response_to(message_view response, message_view our_request) noexcept;

/// Of a received request (17.2.3). `as`: the method of the transaction that is looked for: INVITE for ACK and for what
/// a CANCEL cancels, otherwise the request's own.
[[nodiscard]] std::uint64_t server_key(hash_key, message_view request, method as) noexcept;
/// The To tag of an ACK from an RFC 2543 peer is not compared here: it must equal that of the response.
[[nodiscard]] bool is_same_transaction(message_view request, message_view original, method as) noexcept;

/// Of a request without a To tag: the same for every path that it comes over (8.2.2.2).
[[nodiscard]] std::uint64_t merge_key(hash_key, message_view request) noexcept;
[[nodiscard]] bool is_same_request(message_view, message_view) noexcept;

}  // namespace sip

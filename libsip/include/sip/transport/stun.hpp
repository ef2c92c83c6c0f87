// STUN as far as SIP needs it (RFC 8489, RFC 5626 8): Binding requests and their answers, read and written as values.
// Nobody proves who they are in them, so nothing is believed but an answer to a transaction of our own. Where they go
// and when is for stun_client.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/environment.hpp"
#include "sip/transport/flow.hpp"

namespace sip::stun {

/// 96 random bits by which a response finds its request (RFC 8489 5).
using transaction = std::array<std::uint8_t, 12>;
[[nodiscard]] transaction new_transaction(random_source const&);

enum class message_class : std::uint8_t { request, indication, success, error };

/// A Binding message.
struct message {
    stun::message_class what{};  ///< request, indication or one of the responses
    stun::transaction id{};      ///< the same in a request and its response
    /// What our datagrams come from, as the sender of the response sees it: XOR-MAPPED-ADDRESS (14.2), or
    /// MAPPED-ADDRESS (14.1) of a server that has no other.
    std::optional<endpoint> mapped = std::nullopt;
    /// Whom to ask instead: ALTERNATE-SERVER (14.15), of an error response.
    std::optional<endpoint> alternate = std::nullopt;
    std::uint16_t error = 0;                  ///< ERROR-CODE (14.8), of an error response
    std::vector<std::uint16_t> unknown = {};  ///< attributes that have to be understood, and are not (14)
};

/// True where a datagram is STUN and not SIP (RFC 5626 8): its first octet is 0 or 1, the magic cookie stands where it
/// belongs, and the length fits.
[[nodiscard]] bool is_stun(std::string_view datagram) noexcept;
/// Reads a Binding message (6.3). Nothing where it is another method, is cut off, or has a FINGERPRINT that is wrong or
/// not the last attribute.
[[nodiscard]] std::optional<message> parse(std::string_view datagram);

/// A Binding request without attributes, which is all that a keep-alive has (RFC 5626 8).
[[nodiscard]] std::string binding_request(transaction const&);
/// What a datagram from `from` is answered with: a success response with the address, an error response (420) where it
/// asks for what we do not know (6.3.1), nothing where it is no Binding request.
[[nodiscard]] std::optional<std::string> answer(std::string_view datagram, endpoint const& from);

}  // namespace sip::stun

// In which order the servers of a service are tried (RFC 2782), and which pointers lead to a transport of ours (RFC
// 3263 4.1). Pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sip/environment.hpp"
#include "sip/transport/dns_records.hpp"

namespace sip {

/// Among equal priorities RFC 2782 draws by weight, which spreads the load; the phone's guide wants the heavier one
/// first, always.
enum class weight_rule : std::uint8_t { draw, heaviest_first };

/// The records with a target, in the order to try them.
[[nodiscard]] std::vector<srv_record> in_service_order(std::vector<srv_record>, weight_rule, random_source const&);

/// The transport behind the service field of a NAPTR record; nothing for services that are not SIP's or that we do not
/// speak.
[[nodiscard]] std::optional<transport_kind> transport_of_service(std::string_view service) noexcept;

/// The records that lead to one of `transports`, best first; where the scheme is SIPS those for SIPS only.
[[nodiscard]] std::vector<naptr_record> usable_pointers(
    std::vector<naptr_record>, std::span<transport_kind const> transports
);

/// "_sip._udp.example.com". Nothing for transports without such names: WebSocket.
[[nodiscard]] std::optional<std::string> service_name(transport_kind, std::string_view domain);

}  // namespace sip

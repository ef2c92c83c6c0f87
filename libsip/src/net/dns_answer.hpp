// Reads SRV and NAPTR records out of a name server's answer. c-ares knows the records but drops the time that they hold
// (its version in Debian 12 does), so the answer is walked here, with c-ares' help for compressed names.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "sip/transport/dns_records.hpp"

namespace sip::net {

/// The records of this type, and the shortest time of all records that led to them. Nothing where the message is broken
/// or cut off. Records beyond `most_records` are left out.
[[nodiscard]] std::optional<dns_answer> read_dns_answer(std::span<std::uint8_t const> message, dns_type);

inline constexpr std::size_t most_records = 64;

/// The number of a type in a question; SRV or NAPTR.
[[nodiscard]] int record_number(dns_type) noexcept;

}  // namespace sip::net

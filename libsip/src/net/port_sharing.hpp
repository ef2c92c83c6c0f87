// Whether a port belongs to one socket or is shared by the shards of one process.
#pragma once

#include <cstdint>

namespace sip::net {

enum class port_sharing : std::uint8_t { exclusive, among_shards };

}  // namespace sip::net

// Whether a port belongs to one socket or is shared by the shards of one process.
#pragma once

#include <cstdint>

namespace sip::net {

enum class port_sharing : std::uint8_t {
    exclusive,     ///< a port in use is an error
    among_shards,  ///< SO_REUSEPORT: the kernel spreads the peers over the sockets; see shards.hpp
};

}  // namespace sip::net

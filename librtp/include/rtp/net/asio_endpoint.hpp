// From rtp::endpoint to Asio's endpoints and back.
#pragma once

#include <boost/asio/ip/udp.hpp>

#include "rtp/endpoint.hpp"

namespace rtp::net {

/// An endpoint without family becomes 0.0.0.0 with its port.
[[nodiscard]] boost::asio::ip::udp::endpoint to_asio(endpoint const&);
[[nodiscard]] endpoint from_asio(boost::asio::ip::udp::endpoint const&);

}  // namespace rtp::net

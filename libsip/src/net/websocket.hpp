// WebSocket below a connection (RFC 7118): one SIP message in each WebSocket message. Boost.Beast, which is slow to
// compile, stays in websocket.cpp.
#pragma once

#include <memory>
#include <string>

#include "net/byte_stream.hpp"
#include "sip/net/config.hpp"
#include "sip/transport/flow.hpp"

namespace sip::net {

/// Asks `server_name` for the sub-protocol "sip"; without it the handshake fails (4.1). `below` is TCP or TLS.
[[nodiscard]] std::unique_ptr<byte_stream>
make_websocket_client(std::unique_ptr<byte_stream> below, std::string const& server_name, endpoint const& to, shell_config const&);

/// Takes only clients that ask for the sub-protocol "sip", and scripts of the web pages that the configuration names.
[[nodiscard]] std::unique_ptr<byte_stream>
make_websocket_server(std::unique_ptr<byte_stream> below, shell_config const&);

}  // namespace sip::net

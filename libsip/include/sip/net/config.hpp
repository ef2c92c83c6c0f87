// What a user sets on the net shell: sizes of queues and buffers, and the time-outs that keep a slow or dead peer from
// holding anything for ever. Protocol timers are not here: those belong to the core.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sip/net/tls_config.hpp"
#include "sip/syntax/parse.hpp"
#include "sip/time.hpp"

namespace sip::net {

/// Every bound of one driver. The defaults suit a phone; a proxy raises `connections`.
struct shell_config {
    // ---- datagrams
    std::size_t receive_burst = 64;                  ///< datagrams read from one socket before others get their turn
    std::size_t socket_buffer = 4 * 1024 * 1024;     ///< asked of the kernel for each direction; it may give less
    std::size_t datagram_queue_bytes = 1024 * 1024;  ///< waiting for a full socket; beyond, datagrams are dropped
    std::uint8_t dscp = 0;  ///< 0 to 63 in every packet sent (RFC 4594: 24, CS3, for signalling)

    /// Look again when the machine's addresses change: sockets on all addresses then name another one, and connections
    /// from an address that is gone are given up (flow_change::moved).
    bool follow_addresses = true;

    // ---- connections
    std::size_t connections = 256;              ///< accepted ones; more are closed at once
    std::size_t connections_per_address = 128;  ///< of these from one address
    std::size_t newcomers = 64;  ///< accepted ones that have not yet brought a whole message; for one more the one that
                                 ///< has waited longest is closed
    std::size_t write_queue_bytes = 1024 * 1024;  ///< waiting for one peer; beyond, the flow fails (errc::queue_full)
    duration connect_timeout = std::chrono::seconds(10);  ///< of TCP
    duration handshake_timeout = std::chrono::seconds(10);  ///< of TLS and WebSocket, after the connect
    duration write_timeout = std::chrono::seconds(32);      ///< for each message, once its turn to be written has come
    duration half_message_timeout = std::chrono::seconds(32);  ///< from a message's first byte to its last; also from
                                                               ///< accept to the first whole message
    duration idle_timeout = std::chrono::minutes(15);  ///< nothing in either direction, keep-alives included; more than
                                                       ///< the 64*T1 that RFC 3261 18 asks for

    duration keep_alive_interval = std::chrono::seconds(110);  ///< quiet after which a connection of ours is pinged
                                                               ///< (RFC 5626 4.4.1); 0: never
    tls_config tls;  ///< certificates, and whom to trust

    // ---- WebSocket (RFC 7118)
    std::string websocket_path = "/";            ///< asked for as a client; as a server any path will do
    std::vector<std::string> websocket_origins;  ///< the web pages whose scripts may connect (RFC 6455 10.2): values of
                                                 ///< the Origin header, compared as text; empty: any, and none
    duration websocket_silence = std::chrono::seconds(60);  ///< a peer that is silent half as long is pinged; one that
                                                            ///< stays silent is given up

    // ---- names
    std::size_t outstanding_queries = 64;  ///< name look-ups at a time; more are answered errc::limit_reached
    duration query_timeout = std::chrono::seconds(2);  ///< for the first try with one name server
    std::vector<std::string> name_servers;             ///< "192.0.2.53" or "192.0.2.53:5353"; empty: the system's

    // ---- timers
    duration timer_slack = std::chrono::milliseconds(2);  ///< deadlines this close together share one wake-up

    parse_limits parse;  ///< what the framer of a connection accepts
};

}  // namespace sip::net

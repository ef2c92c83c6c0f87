// One connected driver or control client: moves bytes between its socket and the hub, without ever waiting for it.
#pragma once

#include "phoned/net/descriptor.hpp"
#include "phoned/protocol/hub.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace phoned::net {

class json_peer : public std::enable_shared_from_this<json_peer> {
public:
    using socket = boost::asio::local::stream_protocol::socket;

    struct callbacks {
        std::function<void()> flush;  ///< The hub may have something to send
        std::function<void(client_id, const std::string& reason)> closed;
        std::function<std::vector<descriptor>(std::uint32_t attachment)> take;  ///< The descriptors of an attachment
    };

    json_peer(socket, hub&, client_id, callbacks);

    void start();
    /// Writes what the hub has for this client, as far as the socket takes it, and closes it when it is finished.
    void flush();
    void close(const std::string& reason);

private:
    void wait_for_input();
    void on_readable();
    /// Bytes written; none if the socket is full or the peer was closed.
    [[nodiscard]] std::size_t write_some(const hub_output&);

    socket socket_;
    hub& hub_;
    client_id id_;
    callbacks callbacks_;
    bool waiting_to_write_ = false;
};

/// Who is at the other end, as the kernel says (SO_PEERCRED); none if it does not.
[[nodiscard]] std::optional<peer_credentials> credentials_of(const json_peer::socket&);

}  // namespace phoned::net

// The media sockets of one thread: waits for all of them at once, reads each in batches.
//
// Asio knows of one descriptor only, an epoll set with all the sockets in it. So a wake-up costs the same however many
// streams there are, and those that have packets at the same time share it. Lives on one executor, is not thread-safe,
// and outlives its sockets.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>

#include "rtp/error.hpp"
#include "rtp/wire/packet_buffer.hpp"

namespace rtp::net {

/// Waits for many sockets at once.
class media_loop final {
public:
    /// So many datagrams are read from one socket before the others have their turn.
    static constexpr std::size_t batch_size = 32;

    /// `packets` outlives the loop; some of its buffers are kept ready, twice batch_size at most. Should the system
    /// have no epoll set left, rtp_socket::start() tells.
    media_loop(boost::asio::any_io_executor const&, packet_pool& packets);
    media_loop(media_loop const&) = delete;
    media_loop& operator=(media_loop const&) = delete;
    ~media_loop();

    [[nodiscard]] std::size_t sockets() const noexcept;  ///< How many it waits for.

private:
    friend class rtp_socket;
    class implementation;
    std::shared_ptr<implementation> self_;  // shared with the wait that is under way
};

}  // namespace rtp::net

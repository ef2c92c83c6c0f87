// One bound datagram socket: a flow that reaches everybody.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>

#include "net/flow_owner.hpp"
#include "sip/net/config.hpp"
#include "sip/net/port_sharing.hpp"

namespace sip::net {

class udp_socket final : public std::enable_shared_from_this<udp_socket> {
public:
    udp_socket(boost::asio::any_io_executor, flow_owner&, shell_config const&);

    /// Binds; the local address may be unspecified.
    [[nodiscard]] error_code open(endpoint const& local, port_sharing);
    [[nodiscard]] endpoint bound() const noexcept;
    /// Begins to receive for `flow`, whose messages carry `local` as their address.
    void start(flow_id flow, endpoint const& local);

    enum class sent { yes, queued, dropped };
    /// Sends at once where the kernel takes it, else queues up to the bound. A datagram that cannot be sent is lost, as
    /// it might be in the network: the transaction above sends it again or times out. `why` tells the cause.
    [[nodiscard]] sent send(endpoint const& to, buffer_ref const& bytes, error_code& why);
    void close() noexcept;

    [[nodiscard]] endpoint const& local() const noexcept { return local_; }
    /// The address that messages carry from now on.
    void rename(endpoint const& local) { local_ = local; }

private:
    struct waiting {
        boost::asio::ip::udp::endpoint to;
        buffer_ref bytes;
    };
    void receive();
    void on_received(error_code, std::size_t);
    void hand_over(std::size_t size);
    void wait_to_send();
    void flush();
    [[nodiscard]] error_code try_send(boost::asio::ip::udp::endpoint const& to, buffer_ref const& bytes);

    boost::asio::ip::udp::socket socket_;
    flow_owner& owner_;
    shell_config const& config_;
    flow_id flow_ = flow_id::none;
    endpoint local_;
    boost::asio::ip::udp::endpoint from_;
    std::array<char, 65536> datagram_;  ///< the largest UDP payload fits; not cleared
    std::deque<waiting> queue_;
    std::size_t queued_bytes_ = 0;
    bool closed_ = false;
};

}  // namespace sip::net

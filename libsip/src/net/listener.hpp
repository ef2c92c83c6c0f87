// Accepts TCP connections on one address.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "sip/net/port_sharing.hpp"
#include "sip/transport/flow.hpp"

namespace sip::net {

class listener final : public std::enable_shared_from_this<listener> {
public:
    using accepted = std::function<void(boost::asio::ip::tcp::socket)>;

    listener(boost::asio::any_io_executor, accepted);

    [[nodiscard]] error_code open(endpoint const& local, port_sharing);
    [[nodiscard]] endpoint bound() const noexcept;
    void start();
    void close() noexcept;

private:
    void accept();
    void take(error_code&);
    void pause();

    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    accepted accepted_;
    bool closed_ = false;
};

}  // namespace sip::net

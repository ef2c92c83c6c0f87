// A Unix stream socket that listens at a path. A socket file left by a phone that died is removed, but only if nobody
// listens there.
#pragma once

#include "phoned/net/runtime_directory.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <string>

namespace phoned::net {

class unix_listener {
public:
    using socket = boost::asio::local::stream_protocol::socket;
    using accepted = std::function<void(socket)>;

    explicit unix_listener(boost::asio::any_io_executor);
    ~unix_listener();
    unix_listener(const unix_listener&) = delete;
    unix_listener& operator=(const unix_listener&) = delete;

    /// Listens with mode 0660: the folder decides who gets near it.
    [[nodiscard]] boost::system::result<void, start_failure> open(const std::string& path, accepted);
    /// Stops and removes the file.
    void close();

private:
    void accept_next();

    boost::asio::local::stream_protocol::acceptor acceptor_;
    boost::asio::steady_timer pause_;  // after the process ran out of descriptors
    std::string path_;
    accepted on_accepted_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace phoned::net

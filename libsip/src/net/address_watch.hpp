// Tells when addresses or routes of this machine change (Linux: rtnetlink). What has changed is for the asker to find
// out.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "sip/error.hpp"

namespace sip::net {

class address_watch final : public std::enable_shared_from_this<address_watch> {
public:
    /// `changed` is called once for a burst of changes, a moment after the first.
    address_watch(boost::asio::any_io_executor, std::function<void()> changed);

    [[nodiscard]] error_code open();
    void close() noexcept;

private:
    void wait();
    void drain() noexcept;
    void settle();

    boost::asio::posix::stream_descriptor socket_;
    boost::asio::steady_timer timer_;
    std::function<void()> changed_;
    bool settling_ = false, closed_ = false;
};

}  // namespace sip::net

#include "net/address_watch.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

namespace sip::net {

namespace asio = boost::asio;

namespace {
/// A new network comes as a dozen messages: links, addresses, routes.
constexpr auto settle_time = std::chrono::milliseconds(300);
}  // namespace

address_watch::address_watch(asio::any_io_executor executor, std::function<void()> changed)
    : socket_(executor), timer_(executor), changed_(std::move(changed)) {}

error_code address_watch::open() {
    int const opened = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (opened < 0) return {errno, boost::system::system_category()};
    socket_.assign(opened);
    sockaddr_nl local{};
    local.nl_family = AF_NETLINK;
    local.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
    if (::bind(opened, reinterpret_cast<sockaddr const*>(&local), sizeof local) != 0)
        return {errno, boost::system::system_category()};
    wait();
    return {};
}

void address_watch::wait() {
    socket_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](error_code error) {
        if (error || self->closed_) return;
        self->drain();
        self->settle();
        self->wait();
    });
}

void address_watch::drain() noexcept {
    // The messages themselves do not matter, nor does ENOBUFS: something has changed.
    std::array<char, 8192> ignored;
    while (::recv(socket_.native_handle(), ignored.data(), ignored.size(), 0) > 0 || errno == ENOBUFS) {
    }
}

void address_watch::settle() {
    if (std::exchange(settling_, true)) return;
    timer_.expires_after(settle_time);
    timer_.async_wait([self = shared_from_this()](error_code error) {
        self->settling_ = false;
        if (!error && !self->closed_) self->changed_();
    });
}

void address_watch::close() noexcept {
    closed_ = true;
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
}

}  // namespace sip::net

// A timer as a wake-up hint: it is re-armed only when the deadline moves earlier. A deadline that moves later leaves
// the old wake-up standing, which then finds nothing due and arms the new one. So a deadline that moves with every
// message costs one system call now and then instead of one each time.
#pragma once

#include <memory>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "sip/time.hpp"

namespace sip::net {

class lazy_timer final {
public:
    explicit lazy_timer(boost::asio::any_io_executor executor) : timer_(std::move(executor)) {}

    /// Calls (owner.*wake)() no later than `at`, perhaps earlier. The owner lives as long as the wait.
    template <class Owner>
    void arm(time_point at, std::shared_ptr<Owner> owner, void (Owner::*wake)()) {
        if (armed_ && *armed_ <= at) return;
        timer_.expires_at(at);
        timer_.async_wait([this, owner = std::move(owner), wake](error_code error) {
            if (error) return;  // re-armed or stopped
            armed_.reset();
            ((*owner).*wake)();
        });
        armed_ = at;  // not where there was no memory for it
    }

    void stop() noexcept {
        armed_.reset();
        timer_.cancel();
    }

private:
    boost::asio::steady_timer timer_;
    std::optional<time_point> armed_;
};

}  // namespace sip::net

// Values that wait for somebody, or somebody who waits for a value.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/error.hpp>

#include "net/waiting_handler.hpp"

namespace sip::net {

template <class Value>
class mailbox final : public std::enable_shared_from_this<mailbox<Value>> {
public:
    using handler = typename waiting_handler<Value>::handler;

    explicit mailbox(boost::asio::any_io_executor home) : home_(std::move(home)) {}

    void put(Value value) {
        if (waiting_) return take_waiting().complete({}, std::move(value));
        values_.push_back(std::move(value));
    }

    void take(handler what) {
        waiting_handler<Value> next(std::move(what), home_);
        if (waiting_) return std::move(next).complete(errc::wrong_state, {});
        if (!values_.empty()) {
            auto value = std::move(values_.front());
            values_.pop_front();
            return std::move(next).complete({}, std::move(value));
        }
        if (over_) return std::move(next).complete(over_, {});
        waiting_.emplace(std::move(next));
        waiting_->cancel_with([self = this->weak_from_this()] {
            if (auto const box = self.lock()) box->abort(boost::asio::error::operation_aborted);
        });
    }

    /// Nothing more will come: what is here can still be taken, then `why` is the answer.
    void close(error_code why) {
        over_ = why;
        abort(why);
    }
    /// Ends the wait, if there is one.
    void abort(error_code why) {
        if (waiting_) take_waiting().complete(why, {});
    }
    void clear() { values_.clear(); }

    [[nodiscard]] bool is_waited_for() const noexcept { return waiting_.has_value(); }
    [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
    void drop_oldest() { values_.pop_front(); }
    template <class Predicate>
    void drop_if(Predicate&& which) {
        std::erase_if(values_, std::forward<Predicate>(which));
    }

private:
    waiting_handler<Value> take_waiting() {
        auto taken = std::move(*waiting_);
        waiting_.reset();
        return taken;
    }

    boost::asio::any_io_executor home_;
    std::deque<Value> values_;
    std::optional<waiting_handler<Value>> waiting_;
    error_code over_;
};

}  // namespace sip::net

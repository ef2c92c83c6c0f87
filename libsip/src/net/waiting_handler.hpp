// One asynchronous operation that waits: its handler, the work it keeps its executor busy with, and its cancellation.
#pragma once

#include <functional>
#include <utility>

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include "net/carry.hpp"
#include "sip/error.hpp"

namespace sip::net {

template <class Value>
class waiting_handler final {
public:
    using handler = boost::asio::any_completion_handler<void(error_code, Value)>;

    waiting_handler(handler what, boost::asio::any_io_executor const& home)
        : handler_(std::move(what)),
          home_(home),
          work_(boost::asio::get_associated_executor(handler_, boost::asio::any_completion_executor(home))) {}

    /// Calls `on_cancel` on the home executor when the operation's slot asks for it.
    void cancel_with(std::function<void()> on_cancel) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (!slot.is_connected()) return;
        slot.assign([home = home_, on_cancel = std::move(on_cancel)](boost::asio::cancellation_type) {
            boost::asio::dispatch(home, on_cancel);
        });
    }

    /// Completes later, never before this returns.
    void complete(error_code error, Value value) && {
        boost::asio::get_associated_cancellation_slot(handler_).clear();
        if (work_.get_executor() != boost::asio::any_completion_executor(home_)) detach(value);
        boost::asio::post(home_, boost::asio::append(std::move(handler_), error, std::move(value)));
    }

private:
    handler handler_;
    boost::asio::any_io_executor home_;
    boost::asio::executor_work_guard<boost::asio::any_completion_executor> work_;
};

/// The answer of an object that belongs to no user agent.
template <class Value>
void answer_for_nobody(boost::asio::any_completion_handler<void(error_code, Value)> handler, error_code error) {
    auto const executor =
        boost::asio::prefer(boost::asio::get_associated_executor(handler), boost::asio::execution::blocking.never);
    executor.execute([handler = std::move(handler), error]() mutable { std::move(handler)(error, Value{}); });
}

}  // namespace sip::net

// The loop around one core: sockets, connections, name look-ups and one timer on a Boost.Asio executor. It samples the
// clocks, feeds the core, performs its actions, delivers its events, and wakes it when a deadline is due. It knows
// nothing of calls or registrations: the user agent and the proxy run on the same driver.
//
// Everything runs on one executor that runs one thing at a time (an io_context with one thread, or a strand); all
// functions are called on it. No locks, no helper threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include "sip/log.hpp"
#include "sip/net/config.hpp"
#include "sip/net/port_sharing.hpp"
#include "sip/net/trace.hpp"
#include "sip/net/traffic.hpp"
#include "sip/ua/protocol_core.hpp"

namespace sip::net {

/// One core with its sockets, on one executor.
class driver final {
public:
    /// `core` outlives the driver. Nothing happens before the first listen() or command().
    driver(boost::asio::any_io_executor, protocol_core& core, shell_config = {}, log_sink = {});
    driver(driver const&) = delete;
    driver& operator=(driver const&) = delete;
    /// As close().
    ~driver();

    /// Called for every event, after the actions of the same input have been performed. It may command the driver,
    /// close it or destroy it, but not set another handler. It must not throw.
    void on_event(std::function<void(event&)>);
    void on_message(message_trace);  ///< Shows every message on the wire from now on; an empty function ends that.

    /// Binds a datagram socket, or listens for connections; returns the bound address (port 0 takes any free port).
    /// Secure kinds need a certificate in shell_config::tls: errc::unusable_certificate, with the reason in the log.
    /// An unspecified address (0.0.0.0, ::) receives on all; Via and Contact then name the one that leads to `towards`,
    /// or to the wide network where that is unspecified too.
    [[nodiscard]] result<endpoint> listen(
        endpoint const& local, ip_address const& towards = {}, port_sharing = port_sharing::exclusive
    );

    /// Asked before the core sees a datagram: true takes it away. For shards, which pass on what is another's.
    using divert = std::function<bool(endpoint const& local, endpoint const& from, std::string_view bytes)>;
    /// Sets the hook; an empty function takes it away.
    void divert_datagrams(divert);
    /// A datagram that another shard received on the port of our socket `local`.
    void receive(endpoint const& local, endpoint const& from, std::string_view bytes);

    /// Feeds the core one command: `run(now_t, outbox&)` calls it once. Its actions have been performed when this
    /// returns; its events are delivered before this returns, or after the event that is being delivered now. Returns
    /// what `run` returns, or throws what it throws (bad_alloc, as a core may).
    template <class Command>
    auto command(Command&& run) {
        auto const held = impl_;  // an event handler may destroy the driver before this returns
        auto const now = begin();
        auto const obey = [&] {
            try {
                return std::forward<Command>(run)(now, pending());
            } catch (...) {
                settle(held);  // what it has done so far holds
                throw;
            }
        };
        if constexpr (std::is_void_v<std::invoke_result_t<Command, now_t, outbox&>>) {
            obey();
            settle(held);
        } else {
            auto answer = obey();
            settle(held);
            return answer;
        }
    }

    /// Closes every socket and drops what is queued. The core is not told; no event follows. Idempotent.
    void close() noexcept;

    [[nodiscard]] boost::asio::any_io_executor get_executor() const noexcept;  ///< where everything runs

    /// Counters for tests and metrics. They only grow, but for the two that say so.
    struct counters {
        std::uint64_t received = 0, sent = 0;   ///< messages
        std::uint64_t keep_alives = 0;          ///< pings and pongs received
        std::uint64_t datagrams_dropped = 0;    ///< could not be sent: full queue, no route, too large
        std::uint64_t connections_refused = 0;  ///< over a limit
        std::uint64_t newcomers_dropped = 0;    ///< closed for others before they brought a whole message
        std::uint64_t handshakes_failed = 0;    ///< of accepted connections
        std::uint64_t messages_outlived = 0;  ///< not sent, since their transaction ended before the connection was up
        std::uint64_t out_of_memory = 0;      ///< steps of the loop that were given up for want of memory
        std::uint64_t wake_ups = 0, timer_wake_ups = 0;  ///< of the loop, and those by its timer
        std::size_t connections = 0;                     ///< now: accepted and opened
        std::size_t queries = 0;                         ///< now: name look-ups that wait
    };
    /// The numbers so far.
    [[nodiscard]] counters count() const noexcept;
    /// The messages by direction, transport, method and status. Lives as long as the driver.
    [[nodiscard]] traffic_table const& traffic() const noexcept;

private:
    struct impl;
    now_t begin();
    outbox& pending() noexcept;
    static void settle(std::shared_ptr<impl> const&);

    std::shared_ptr<impl> impl_;  ///< shared with the operations in flight
};

}  // namespace sip::net

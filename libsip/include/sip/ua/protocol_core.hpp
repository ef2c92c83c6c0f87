// The door between a core and its shell: everything that comes in, and the outbox for everything that goes out. The
// user agent and the proxy are the two cores; the net shell and the tests' simulated network are the two shells.
//
// The contract (docs/architecture.md):
//   1  One thread at a time; `now` never goes back. A core does not block, throw (but for bad_alloc), read a clock, or
//   call the user. 2  When a function returns, the whole consequence of its input is in the outbox and in the core's
//   state. 3  The shell performs the actions in order, delivers the events in order, then asks next_deadline(). A
//   command that an event handler issues is
//      the next input; the core is never re-entered.
//   4  on_timeout() before the deadline does nothing; after it, it runs all that is due, and next_deadline() is later
//   than now. 5  The outbox belongs to the shell, which clears it before the next input. 6  A stale handle gives
//   errc::no_such_session, never undefined behaviour.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/container/small_vector.hpp>

#include "sip/time.hpp"
#include "sip/transport/actions.hpp"
#include "sip/ua/events.hpp"

namespace sip {

/// What follows from one input.
struct outbox {
    sip::actions actions;                             ///< for the shell, to be performed in this order
    boost::container::small_vector<event, 8> events;  ///< for the user, to be delivered in this order

    /// Empties both.
    void clear() noexcept {
        actions.clear();
        events.clear();
    }
};

/// Why a core wants to be woken: for logs that explain a phone that does not sleep.
enum class wake_reason : std::uint8_t {
    transaction,
    retransmit_1xx,
    retransmit_2xx,
    glare_retry,
    registration,
    ring_limit,
    subscription,
    other
};

/// The next deadline of a core.
struct wakeup {
    time_point at;                         ///< when
    wake_reason why = wake_reason::other;  ///< for logs
};

/// What a shell drives: a user agent, a proxy, or a test's recorder.
class protocol_core {
public:
    virtual ~protocol_core() = default;

    /// Registers a bound datagram socket or an accepted connection; the number is used from then on.
    virtual flow_id add_flow(now_t, flow_description const&, outbox&) = 0;
    /// Connections are accepted at this address: a response may come over a new one (RFC 3261 18.1.1), and requests do.
    virtual void add_listener(endpoint const&) {}
    /// A connection came up, failed or closed.
    virtual void on_flow(now_t, flow_event const&, outbox&) = 0;
    /// One datagram, or one whole message that the framer cut out of a stream.
    virtual void on_bytes(now_t, flow_id, endpoint const& from, buffer_ref, outbox&) = 0;
    /// The answer to a send_keep_alive: CRLF, or a STUN response (RFC 5626 4.4). Pings of the peer are the shell's to
    /// answer. A core that sends none hears nothing that concerns it.
    virtual void on_keep_alive(now_t, flow_id, endpoint const& from, std::string_view bytes, outbox&) {
        (void)from, (void)bytes;
    }
    /// The answer to resolve_name; empty with an error. errc::name_not_found says that there is no such record, which
    /// is an answer that may be kept; other errors say that nobody knows.
    virtual void on_resolved(now_t, std::uint32_t request, dns_answer const&, error_code, outbox&) = 0;
    virtual void on_timeout(now_t, outbox&) = 0;  ///< Runs all that is due.

    /// When on_timeout() has something to do; nothing: never.
    [[nodiscard]] virtual std::optional<wakeup> next_deadline() const noexcept = 0;
    /// False where the transaction behind a queued send_message has ended: the shell drops it. True for an empty id.
    [[nodiscard]] virtual bool still_wanted(transaction_id) const noexcept = 0;
    /// The memory that received bytes are put in.
    [[nodiscard]] virtual buffer_pool& pool() noexcept = 0;
};

}  // namespace sip

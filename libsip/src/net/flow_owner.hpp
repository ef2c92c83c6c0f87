// What sockets and the name resolver tell the driver. Each call may run the core and perform actions before it returns,
// so a socket may find itself closed afterwards.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sip/syntax/buffer.hpp"
#include "sip/time.hpp"
#include "sip/transport/dns_records.hpp"
#include "sip/transport/flow.hpp"

namespace sip::net {

enum class keep_alive : std::uint8_t { ping, pong };

class connection;

class flow_owner {
public:
    /// The frame around one wake-up: clocks are sampled once, the timer is re-armed once.
    virtual void wake() = 0;
    virtual void rest() = 0;
    /// A step was given up for want of memory.
    virtual void on_no_memory() noexcept = 0;
    /// The instant of this wake-up, on the monotonic clock.
    [[nodiscard]] virtual time_point now() const noexcept = 0;

    /// One datagram; the bytes live during the call.
    virtual void on_datagram(flow_id, endpoint const& local, endpoint const& from, std::string_view bytes) = 0;
    /// One whole message from a connection, or the beginning of one that cannot be followed.
    virtual void on_message(flow_id, endpoint const& local, endpoint const& from, buffer_ref bytes) = 0;
    virtual void on_keep_alive(flow_id, endpoint const& from, keep_alive, std::string_view bytes) = 0;
    /// An accepted connection is past its handshake and wants a number.
    virtual void on_accepted(std::shared_ptr<connection>) = 0;
    /// An accepted connection has brought its first whole message.
    virtual void on_proven(connection&) = 0;
    /// Up, failed or closed; of an accepted connection whose handshake failed flow_id::none. After the last two the
    /// core knows the flow no more, though last words may still be written.
    virtual void on_change(flow_event) = 0;
    /// The connection has ended for good.
    virtual void on_released(std::shared_ptr<connection> const&) = 0;
    virtual void on_resolved(std::uint32_t request, dns_answer const&, error_code) = 0;

protected:
    ~flow_owner() = default;
};

/// One wake-up of the loop.
class waking final {
public:
    explicit waking(flow_owner& owner) : owner_(owner) { owner_.wake(); }
    waking(waking const&) = delete;
    waking& operator=(waking const&) = delete;
    ~waking() { owner_.rest(); }

private:
    flow_owner& owner_;
};

}  // namespace sip::net

// One transaction, as data: a machine's state, its timers and what it must be able to send again.
#pragma once

#include "sip/handle.hpp"
#include "sip/syntax/message.hpp"
#include "sip/time.hpp"
#include "sip/transaction/events.hpp"
#include "sip/transaction/fsm.hpp"
#include "sip/transaction/timer_table.hpp"
#include "sip/transport/flow.hpp"

namespace sip {

struct transaction {
    fsm::machine machine{};
    fsm::state state{};
    fsm::reliability reliability{};
    sip::timing timing;
    owner_token owner = 0;

    flow_id flow = flow_id::none;  ///< none once the connection is gone
    endpoint to;                   ///< where requests (client) or responses (server) go
    message request;               ///< as sent, or as received with its Via stamped
    buffer_ref reply;              ///< server: the newest response. Client: the ACK of a non-2xx, once it is built

    timer_table<fsm::timer, fsm::timer_count> timers;
    duration interval{};  ///< of the retransmission timer that runs

    [[nodiscard]] bool is_client() const noexcept {
        return machine == fsm::machine::invite_client || machine == fsm::machine::non_invite_client;
    }
    [[nodiscard]] bool is_invite() const noexcept {
        return machine == fsm::machine::invite_client || machine == fsm::machine::invite_server;
    }
};

/// How long a timer runs from the moment its state is entered.
[[nodiscard]] duration timer_length(fsm::timer, transaction const&) noexcept;
/// The retransmission timer has fired: its next interval.
[[nodiscard]] duration next_interval(fsm::timer, transaction const&) noexcept;
/// Settings as the timers can stand them: none zero, none beyond an hour.
[[nodiscard]] timing usable(timing) noexcept;

}  // namespace sip

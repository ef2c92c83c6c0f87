// The ACKs of 2xx responses that we have received (RFC 3261 13.2.2.4). No transaction sends them: every copy of a 2xx
// must be answered with its ACK again, for 64*T1, even if the call behind it is long gone. That is all that lives here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sip/handle.hpp"
#include "sip/slot_table.hpp"
#include "sip/syntax/message.hpp"
#include "sip/transaction/hash_index.hpp"
#include "sip/transaction/keyed_hash.hpp"
#include "sip/transport/flow.hpp"

namespace sip {

using ack_handle = handle<struct ack_tag>;

enum class ack_state : std::uint8_t {
    awaits_answer,  ///< the 2xx brought an offer, and its user has not answered yet
    on_its_way,     ///< its address is being looked up, or its connection opened
    sent,
};

/// The ACK of one 2xx, for as long as the 2xx may come again.
struct kept_ack {
    message draft;  ///< its Call-ID, tags and CSeq name the 2xx; its Via and Contact are still to be made
    ack_state state = ack_state::on_its_way;  ///< how far it is
    bool strict_route = false;  ///< goes to its Request-URI although it has a Route (12.2.1.1)
    buffer_ref wire;            ///< sent: the bytes, and where they went
    flow_id flow = flow_id::none;  ///< the socket or connection
    endpoint to;  ///< where to
};

/// The ACKs of 2xx responses (RFC 3261 13.2.2.4).
class ack_keeper {
public:
    /// The key keeps peers from choosing their places in the table.
    explicit ack_keeper(hash_key key) : key_(key) {}

    ack_handle keep(message draft, ack_state);  ///< Keeps one from now on.
    /// Nullptr where it is not kept any more.
    [[nodiscard]] kept_ack* find(ack_handle) noexcept;
    /// The ACK of this 2xx; an empty handle where the 2xx is new.
    [[nodiscard]] ack_handle find(message_view success) const noexcept;
    /// Of the one at a place of the table.
    [[nodiscard]] ack_handle handle_at(std::uint32_t index) const noexcept { return acks_.handle_at(index); }
    /// 64*T1 are over.
    void forget(ack_handle) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return acks_.size(); }  ///< how many there are

private:
    [[nodiscard]] std::uint64_t hash_of(message_view) const noexcept;

    hash_key key_;
    slot_table<kept_ack, ack_handle> acks_;
    hash_index by_answer_;  ///< dialog and CSeq
};

}  // namespace sip

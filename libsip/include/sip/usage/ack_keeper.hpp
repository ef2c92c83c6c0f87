// The ACKs of 2xx responses that we have received (RFC 3261 13.2.2.4). No transaction sends them: every copy of a 2xx
// must be answered with its ACK again, for 64*T1, even if the call behind it is long gone. That is all that lives here.
#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/unordered/unordered_flat_set.hpp>

#include "sip/handle.hpp"
#include "sip/slot_table.hpp"
#include "sip/syntax/message.hpp"
#include "sip/transport/flow.hpp"

namespace sip {

using ack_handle = handle<struct ack_tag>;

enum class ack_state : std::uint8_t {
    awaits_answer,  ///< the 2xx brought an offer, and its user has not answered yet
    on_its_way,     ///< its address is being looked up, or its connection opened
    sent,
};

struct kept_ack {
    message draft;  ///< its Call-ID, tags and CSeq name the 2xx; its Via and Contact are still to be made
    ack_state state = ack_state::on_its_way;
    bool strict_route = false;  ///< goes to its Request-URI although it has a Route (12.2.1.1)
    buffer_ref wire;            ///< sent: the bytes, and where they went
    flow_id flow = flow_id::none;
    endpoint to;
};

class ack_keeper {
public:
    /// `seed` goes into the hash, since peers choose tags.
    explicit ack_keeper(std::uint64_t seed);
    ack_keeper(ack_keeper const&) = delete;
    ack_keeper& operator=(ack_keeper const&) = delete;

    ack_handle keep(message draft, ack_state);
    [[nodiscard]] kept_ack* find(ack_handle) noexcept;
    /// The ACK of this 2xx; an empty handle where the 2xx is new.
    [[nodiscard]] ack_handle find(message_view success) const noexcept;
    /// 64*T1 are over.
    void forget(ack_handle) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return acks_.size(); }

private:
    using slots = slot_table<kept_ack, ack_handle>;
    struct hash {
        using is_transparent = void;
        using is_avalanching = void;
        slots const* acks;
        std::uint64_t seed;
        std::size_t operator()(message_view) const noexcept;
        std::size_t operator()(ack_handle) const noexcept;
    };
    struct equal {
        using is_transparent = void;
        slots const* acks;
        bool operator()(ack_handle a, ack_handle b) const noexcept { return a == b; }
        bool operator()(message_view, ack_handle) const noexcept;
        bool operator()(ack_handle a, message_view b) const noexcept { return (*this)(b, a); }
    };

    slots acks_;
    boost::unordered_flat_set<ack_handle, hash, equal> index_;
};

}  // namespace sip

// The live transactions: finds them, runs their machines and timers, and turns effects into actions and events. What a
// message or a user's call means for a machine is decided in layer.cpp.
#pragma once

#include <optional>

#include <boost/container/small_vector.hpp>

#include "sip/environment.hpp"
#include "sip/slot_table.hpp"
#include "sip/syntax/buffer.hpp"
#include "sip/transaction/counters.hpp"
#include "sip/transaction/deadline_heap.hpp"
#include "sip/transaction/hash_index.hpp"
#include "sip/transaction/key.hpp"
#include "sip/transaction/layer.hpp"
#include "transaction/transaction.hpp"

namespace sip {

/// A message from the wire, with what is known of its way.
struct arrival {
    message what;
    flow_id flow = flow_id::none;
    endpoint from;
};

class transaction_store {
public:
    transaction_store(environment&, buffer_pool&);

    // ---- finding
    [[nodiscard]] transaction* find(transaction_id id) noexcept { return table_.find(id); }
    [[nodiscard]] transaction const* find(transaction_id id) const noexcept { return table_.find(id); }
    [[nodiscard]] transaction_id client_of(message_view response) const noexcept;
    [[nodiscard]] transaction_id server_of(message_view request, method as) const noexcept;
    /// True where a CANCEL names a live server transaction that is not of an INVITE.
    [[nodiscard]] bool is_other_of(message_view cancel) const noexcept;
    /// True where a live server transaction came from the same request over another path.
    [[nodiscard]] bool is_merged(message_view request) const noexcept;
    /// All transactions of a flow.
    [[nodiscard]] boost::container::small_vector<transaction_id, 8> on_flow(flow_id) const;
    [[nodiscard]] std::size_t size() const noexcept { return table_.size(); }

    // ---- living
    /// Room for what this many inputs can say: one message and one event each. An input whose effects cannot be written
    /// down must not move its machine, or nobody would hear of it.
    static void make_room(transaction_outbox, std::size_t inputs = 1);
    /// Puts a transaction into its first state.
    transaction_id start(time_point now, transaction);
    /// Runs the machine. `carried` is what the input is about, where it came from the wire. False where the
    /// machine ignores this input.
    bool input(time_point now, transaction_id, fsm::input, arrival const* carried, transaction_outbox);
    void on_timeout(time_point now, transaction_outbox);
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept { return deadlines_.next(); }

    /// A client transaction sends no more copies of its request.
    void stop_repeating(transaction_id) noexcept;
    /// Gives a server transaction another way to its client, or none.
    void move(transaction_id, flow_id, endpoint const& to);
    /// Writes the newest response of a server transaction.
    void send_reply(transaction const&, transaction_outbox);

    [[nodiscard]] transaction_counter_table const& counters() const noexcept { return counters_; }
    [[nodiscard]] transaction_counters& counters_of(transaction const& t) noexcept {
        return counters_.of(t.request.view().method());
    }

private:
    void count(transaction const&, fsm::input, fsm::effect) noexcept;
    [[nodiscard]] message_view request_at(std::uint32_t index) const noexcept;
    void enter(time_point now, transaction&, fsm::state);
    void start_timer(time_point now, transaction&, fsm::timer);
    void set_timers(time_point now, transaction_id, transaction&, fsm::effect);
    void perform(transaction_id, transaction&, fsm::effect, arrival const* carried, transaction_outbox);
    void deliver(transaction_id, transaction const&, arrival const&, transaction_outbox);
    void report(transaction_id, transaction const&, errc, transaction_outbox);
    void erase(transaction_id) noexcept;

    environment* environment_;
    buffer_pool* pool_;
    hash_key key_;
    slot_table<transaction, transaction_id> table_;
    hash_index by_key_;        ///< client_key or server_key
    hash_index by_merge_key_;  ///< server transactions of requests without a To tag
    hash_index by_flow_;       ///< all
    deadline_heap deadlines_;
    transaction_counter_table counters_;
};

}  // namespace sip

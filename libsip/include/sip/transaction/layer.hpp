// The transaction layer (RFC 3261 17, RFC 6026, RFC 4320): owns the four kinds of transactions, matches messages to
// them, retransmits, gives up. It knows no dialogs and no sockets, and of a message it changes only the top Via.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "sip/environment.hpp"
#include "sip/time.hpp"
#include "sip/transaction/counters.hpp"
#include "sip/transaction/events.hpp"
#include "sip/transport/actions.hpp"
#include "sip/transport/via_rules.hpp"

namespace sip {

/// A request ready to go, but for its Via, which the layer puts in front.
struct outgoing_request {
    buffer_ref wire;               ///< complete message without our Via
    flow_id flow = flow_id::none;  ///< up or opening
    endpoint to;  ///< where to
    endpoint sent_by;  ///< what Via names: our address and port on this transport
    rport_request rport = rport_request::yes;  ///< whether Via asks for it (RFC 3581)
    sip::timing timing;  ///< T1, T2 and T4
    owner_token owner = 0;  ///< what the user of the transaction gave
    std::string_view branch_suffix;  ///< appended to the branch: what a proxy finds loops by (16.6 step 8)
};

/// Bounds on what peers can make the layer hold.
struct transaction_limits {
    /// Client and server together; beyond, requests are answered 503 without a transaction.
    std::size_t transactions = 65536;
    /// A server transaction is made before anybody knows whose account the request is for; see set_timing().
    sip::timing server_timing = {};
};

/// Where results go: actions for the shell, events for the layer above.
struct transaction_outbox {
    sip::actions& actions;  ///< for the shell
    transaction_events& events;  ///< for the layer above
};

/// All transactions of one core.
class transaction_layer {
public:
    transaction_layer(environment&, buffer_pool&, transaction_limits = {});  ///< Both outlive the layer.
    transaction_layer(transaction_layer&&) noexcept;  ///< the other one is empty from now on
    ~transaction_layer();

    // ---- client side
    /// Starts a client transaction and sends. ACK is refused (errc::invalid_argument): see send_ack().
    [[nodiscard]] result<transaction_id> send_request(time_point now, outgoing_request const&, transaction_outbox);
    /// Sends the CANCEL of an INVITE that has had a provisional response and no final one (9.1), once;
    /// errc::wrong_state otherwise. Its own events carry `owner`. If no final response follows within 64*T1 the INVITE
    /// transaction ends with transaction_timeout. `reason`: a Reason value (RFC 3326), or empty.
    [[nodiscard]] result<transaction_id> cancel(
        time_point now, transaction_id invite, owner_token owner, transaction_outbox, std::string_view reason = {}
    );
    /// Sends the ACK of a 2xx: no transaction, a new branch (13.2.2.4). Returns the bytes as sent, for the next time
    /// the 2xx comes.
    [[nodiscard]] result<buffer_ref> send_ack(outgoing_request const&, transaction_outbox);

    // ---- server side
    /// Sends a response, provisional or final, and keeps it for retransmissions. An INVITE takes several 2xx, which a
    /// forking proxy may have. Errors, without effect but where noted:
    ///   errc::no_such_session   the transaction is gone;
    ///   errc::wrong_state       it has had its final response;
    ///   errc::invalid_argument  not a response, or a provisional one to a non-INVITE request: its only one is the 100
    ///                           that the layer sends when it is due (RFC 4320 4.1);
    ///   errc::transport_failed  kept, but the connection is gone: see reroute().
    /// A 408 to a non-INVITE request is not sent, it ends the transaction (RFC 4320 4.2).
    error_code respond(time_point now, transaction_id, buffer_ref response, transaction_outbox);
    /// Sends a 2xx of an INVITE once more; the usage owns its retransmission (13.3.1.4).
    error_code respond_again(time_point now, transaction_id, buffer_ref const& response, transaction_outbox);
    /// Where the connection that a request came over is gone: from now on its responses take this flow, and the newest
    /// one is sent at once (18.2.2). response_destination() says where to connect to.
    error_code reroute(transaction_id, flow_id, endpoint const& to, transaction_outbox);
    /// True for a server transaction whose connection is gone: a response would get nowhere before a reroute().
    [[nodiscard]] bool is_cut_off(transaction_id) const noexcept;
    /// Where its responses go then (18.2.2); nothing where Via names no place.
    [[nodiscard]] std::optional<endpoint> way_back(transaction_id) const noexcept;
    /// No more copies of this request are sent; answers still count, and its time goes on.
    void stop_repeating(transaction_id) noexcept;
    /// What its events carry from now on.
    void set_owner(transaction_id, owner_token) noexcept;
    /// The account's timers, for those that start from now on.
    void set_timing(transaction_id, timing const&) noexcept;

    // ---- inputs
    /// A message from the network. `received` is parsed from what arrived; the layer stamps its Via (18.2.1).
    /// An INVITE that its user has not answered within 200 ms gets a 100 (17.2.1).
    void on_message(time_point now, message received, flow_id, endpoint const& from, transaction_outbox);
    /// The flow is gone: client transactions that wait on it fail (17.1.4); server transactions go on without it and
    /// tell their user, who may reroute() (RFC 6026 7.1).
    void on_flow_failed(time_point now, flow_id, transaction_outbox);
    void on_timeout(time_point now, transaction_outbox);  ///< Runs all that is due.
    /// When on_timeout() has something to do; nothing: never.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;

    /// The request that a live transaction carries (for a server transaction with its stamped Via).
    [[nodiscard]] message_view request_of(transaction_id) const noexcept;
    /// As given when it was made or with set_owner(); 0 where the transaction is gone.
    [[nodiscard]] owner_token owner_of(transaction_id) const noexcept;
    [[nodiscard]] bool is_live(transaction_id) const noexcept;  ///< false once it has ended
    [[nodiscard]] std::size_t live() const noexcept;  ///< transactions that have not ended
    /// Retransmissions and time-outs so far.
    [[nodiscard]] transaction_counter_table const& counters() const noexcept;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sip

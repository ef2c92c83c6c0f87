// The user agent: registrations, calls and single requests behind one object, without I/O. The shell drives it through
// protocol_core; the user commands it here and hears of everything through events. Session descriptions are opaque
// text.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sip/environment.hpp"
#include "sip/transaction/counters.hpp"
#include "sip/ua/config.hpp"
#include "sip/ua/events.hpp"
#include "sip/ua/protocol_core.hpp"
#include "sip/ua/refer_options.hpp"

namespace sip {

/// A dialog's name, seen from here (RFC 3261 12).
struct dialog_identity {
    std::string call_id, local_tag, remote_tag;  ///< as RFC 3261 12 names them
};

/// The user agent without I/O.
class user_agent_core final : public protocol_core {
public:
    user_agent_core(user_agent_config, environment&);  ///< The environment outlives the core.
    ~user_agent_core() override;

    // ---- accounts
    /// errc::invalid_argument with a sentence in `why` where a URI or name cannot be used.
    [[nodiscard]] result<account_id> add_account(account_config, std::string* why = nullptr);
    /// Keeps the registration; takes effect with the next request.
    error_code update_account(account_id, account_config, std::string* why = nullptr);
    /// Starts to register, and keeps the registration fresh until unregister_account(). No effect while it is
    /// registered or on its way.
    error_code register_account(now_t, account_id, outbox&);
    /// Removes our binding (expires 0) and stops.
    error_code unregister_account(now_t, account_id, outbox&);

    // ---- calls, as caller
    /// Sends an INVITE. Ends with exactly one call_ended, whatever happens.
    [[nodiscard]] result<session_id> invite(now_t, account_id, invite_options const&, outbox&);

    // ---- calls, as callee
    /// Sends 180 or another provisional response (101 to 199), with a description for early media if one is given.
    /// Reliably (RFC 3262) as account_config::reliable_provisional and the caller want it: then the description is the
    /// answer for good, or our offer where the INVITE had none, and errc::invalid_argument says that one is missing or
    /// out of place. The next reliable one waits for the PRACK of this one; errc::limit_reached where many wait.
    error_code ring(now_t, session_id, std::uint16_t status, std::string_view description, outbox&);
    /// Sends the 200 with our answer, or with our offer where the INVITE had none, and repeats it until its ACK comes.
    /// `description` is empty where reliable provisional responses have agreed on the session already. The 200 waits
    /// for the PRACK of a description that is still out (RFC 3262 5).
    error_code answer(now_t, session_id, std::string_view description, outbox&);
    /// Sends a final response of 300 to 699; for a redirection `headers` carries Contact. An empty reason takes the
    /// RFC's phrase.
    error_code
    reject(now_t, session_id, std::uint16_t status, std::string_view reason, std::span<extra_header const> headers, outbox&);

    // ---- calls, both sides
    /// Ends the call whatever its state: CANCEL (held back until the first provisional response), BYE (after the ACK of
    /// our 2xx where that is still out, 15.1.1), or 480 to an INVITE that we have not answered. For the user the call
    /// is over at once: call_ended is in the outbox when this returns, and the handle is free. What the protocol still
    /// asks for (a late 2xx to acknowledge and release, a BYE to repeat) is done without the user. `reason`: a Reason
    /// header value for the BYE, or empty.
    error_code hang_up(now_t, session_id, std::string_view reason, outbox&);
    /// Offers a new session: by re-INVITE once the call is up, by UPDATE before or where `how` asks for it (RFC 3311).
    /// It waits for the ACK of an answer of ours where that is still out (14.1). errc::wrong_state while an offer of
    /// either side is open, and before the answer of the call until its first exchange is through, in reliable
    /// provisional responses and their PRACK; errc::unsupported_by_peer where an UPDATE is needed that it does not
    /// take.
    error_code reoffer(now_t, session_id, std::string_view description, outbox&, offer_options const& how = {});
    /// Answers a remote_offer where its answer belongs: in the 200 of the re-INVITE, UPDATE or PRACK, in the ACK, or in
    /// the PRACK. `fork` as in the event; it means nothing once the call is up.
    error_code answer_offer(now_t, session_id, std::string_view description, outbox&, std::uint32_t fork = 0);
    /// Refuses the offer of a re-INVITE, UPDATE or PRACK with 488 or another status; the session stays as it was. An
    /// offer in a response cannot be refused, and must be answered even so (13.2.2.4): the ACK or PRACK takes
    /// `formal_answer` along, in which no stream is accepted, and the call ends (BYE or CANCEL). Empty: it goes without
    /// one, for those who could not read the offer.
    error_code refuse_offer(
        now_t, session_id, std::uint16_t status, outbox&, std::uint32_t fork = 0, std::string_view formal_answer = {}
    );
    /// Sends a request inside the call (INFO, MESSAGE ...); its answer comes as request_completed. `headers`: those
    /// that the user agent does not write itself, as Info-Package (RFC 6086 4.2).
    [[nodiscard]] result<request_id> request_in_call(
        now_t, session_id, method, std::string_view content_type, std::string_view body, outbox&,
        std::span<extra_header const> headers = {}
    );

    /// What names the call's dialog, for a Replaces or Refer-To elsewhere. Nothing for a stale handle, and before an
    /// INVITE of ours has made a dialog; of several early ones the first.
    [[nodiscard]] std::optional<dialog_identity> identity(session_id) const;

    // ---- requests outside a dialog
    /// Sends one request; its end comes as request_completed. Not for methods that make or end a dialog.
    /// A MESSAGE is refused with too_large where it could not travel over UDP everywhere (see datagram_limit), and with
    /// wrong_state while another one to the same URI waits for its answer (RFC 3428 8).
    [[nodiscard]] result<request_id>
    send_request(now_t, account_id, method, std::string_view target, std::span<extra_header const> headers, std::string_view content_type, std::string_view body, outbox&);
    /// Answers an incoming_request; a final status ends it.
    error_code
    respond(now_t, request_id, std::uint16_t status, std::span<extra_header const> headers, std::string_view content_type, std::string_view body, outbox&);

    // ---- events, as subscriber (RFC 6665 4.1); needs NOTIFY among user_agent_config::methods
    /// Sends a SUBSCRIBE and keeps the subscription fresh. Ends with exactly one subscription_ended.
    [[nodiscard]] result<subscription_id> subscribe(now_t, account_id, subscribe_options const&, outbox&);
    /// Asks for the whole state again. errc::wrong_state while there is no subscription, or a request is out.
    error_code refresh_subscription(now_t, subscription_id, outbox&);
    /// Asks for the end; subscription_ended comes with the last NOTIFY, at once where none has come yet.
    error_code unsubscribe(now_t, subscription_id, outbox&);

    // ---- events, as notifier (RFC 6665 4.2)
    /// Answers a SUBSCRIBE with 200 and tells the state. `phase` is pending or active. A fetch ends with this.
    error_code
    accept_subscription(now_t, notifier_id, subscription_phase, std::string_view content_type, std::string_view body, outbox&);
    /// Answers a SUBSCRIBE with 300 to 699; with 401 or 407 `headers` carries the challenge, and the subscriber comes
    /// again with credentials.
    error_code
    refuse_subscription(now_t, notifier_id, std::uint16_t status, std::span<extra_header const> headers, outbox&);
    /// Tells a new state, or a new phase, as soon as the package's interval and the NOTIFY before it let it. Bodies of
    /// full scope overtake those that still wait; errc::limit_reached where too many partial ones wait.
    error_code
    notify(now_t, notifier_id, subscription_phase, std::string_view content_type, std::string_view body, outbox&);
    /// Ends a peer's subscription with a last NOTIFY. `retry_after`: seconds, for probation and giveup.
    error_code
    end_subscription(now_t, notifier_id, termination_reason, std::optional<std::uint32_t> retry_after, std::string_view content_type, std::string_view body, outbox&);

    // ---- transfers (RFC 3515)
    /// Asks the peer of a call to call somebody else. What becomes of it arrives as NOTIFYs of a subscription whose
    /// bodies parse_sipfrag() reads; subscription_changed tells that it was accepted, subscription_ended the end.
    [[nodiscard]] result<subscription_id> refer(now_t, session_id, refer_options const&, outbox&);
    /// The same outside of a call.
    [[nodiscard]] result<subscription_id>
    refer_to(now_t, account_id, std::string_view target, refer_options const&, outbox&);
    /// Answers a transfer_requested with 202; its first report follows at once. Both happen by themselves where the
    /// user takes longer than half the life of a request; refuse_subscription() is then a last report.
    error_code accept_transfer(now_t, notifier_id, outbox&);
    /// Tells what the new request was answered with. A final status is the last report, and ends it. An empty reason
    /// takes the RFC's phrase.
    error_code report_transfer(now_t, notifier_id, std::uint16_t status, std::string_view reason, outbox&);

    // ---- publishing event state (RFC 3903)
    /// Sends a PUBLISH and keeps the state fresh. Ends with exactly one publication_changed whose state is `ended`.
    [[nodiscard]] result<publication_id> publish(now_t, account_id, publish_options const&, outbox&);
    /// New state in the place of the old one.
    error_code modify_publication(now_t, publication_id, std::string_view content_type, std::string_view body, outbox&);
    /// Removes the state at the server.
    error_code unpublish(now_t, publication_id, outbox&);

    // ---- who we are in a call (RFC 4916)
    /// `address` ("\"Bob\" <sip:bob@example.com>") is our From from the next request inside the call on; reoffer()
    /// makes one. Needs "from-change" among user_agent_config::supported, and the peer's consent to it.
    error_code set_identity(now_t, session_id, std::string_view address, outbox&);

    // ---- protocol_core
    flow_id add_flow(now_t, flow_description const&, outbox&) override;
    void add_listener(endpoint const&) override;  ///< see protocol_core
    void on_flow(now_t, flow_event const&, outbox&) override;
    void on_bytes(now_t, flow_id, endpoint const& from, buffer_ref, outbox&) override;
    void on_keep_alive(now_t, flow_id, endpoint const& from, std::string_view bytes, outbox&) override;
    void on_resolved(now_t, std::uint32_t request, dns_answer const&, error_code, outbox&) override;
    void on_timeout(now_t, outbox&) override;                                     ///< see protocol_core
    [[nodiscard]] std::optional<wakeup> next_deadline() const noexcept override;  ///< see protocol_core
    [[nodiscard]] bool still_wanted(transaction_id) const noexcept override;
    [[nodiscard]] buffer_pool& pool() noexcept override;

    // ---- our address (RFC 8489)
    /// What account_config::stun_server says.
    struct discovered_address {
        endpoint server;  ///< who has answered: it may be asked about other sockets, too
        endpoint mapped;  ///< the address of our socket as it sees it
    };
    /// Nothing before its first answer, and where none is asked.
    [[nodiscard]] std::optional<discovered_address> own_address(account_id) const;

    // ---- what lives, for tests and metrics
    /// What lives.
    struct counts {
        /// Calls and what belongs to them.
        std::size_t sessions = 0, dialogs = 0, transactions = 0, ack_keepers = 0, requests = 0, buffers = 0;
        /// Of ours, of peers, and state that we publish.
        std::size_t subscriptions = 0, notifiers = 0, publications = 0;
    };
    /// Now.
    [[nodiscard]] counts live() const noexcept;
    /// Retransmissions and time-outs for each method.
    [[nodiscard]] transaction_counter_table const& transaction_counts() const noexcept;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sip

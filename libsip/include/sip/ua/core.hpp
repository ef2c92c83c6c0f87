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
#include "sip/ua/config.hpp"
#include "sip/ua/events.hpp"
#include "sip/ua/protocol_core.hpp"

namespace sip {

class user_agent_core final : public protocol_core {
public:
    user_agent_core(user_agent_config, environment&);
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
    error_code ring(now_t, session_id, std::uint16_t status, std::string_view description, outbox&);
    /// Sends the 200 with our answer, or with our offer where the INVITE had none, and repeats it until its ACK comes.
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
    /// Offers a new session by re-INVITE, which waits for the ACK of an answer of ours where that is still out (14.1).
    /// errc::wrong_state while an offer of either side is open.
    error_code reoffer(now_t, session_id, std::string_view description, outbox&);
    /// Answers a remote_offer: in the 200 of the re-INVITE, or in the ACK.
    error_code answer_offer(now_t, session_id, std::string_view description, outbox&);
    /// Refuses the offer of a re-INVITE with 488 or another status; the session stays as it was. An offer in a 2xx that
    /// cannot be answered ends the call (ACK, then BYE).
    error_code refuse_offer(now_t, session_id, std::uint16_t status, outbox&);
    /// Sends a request inside the call (INFO, MESSAGE ...); its answer comes as request_completed.
    [[nodiscard]] result<request_id>
    request_in_call(now_t, session_id, method, std::string_view content_type, std::string_view body, outbox&);

    // ---- requests outside a dialog
    [[nodiscard]] result<request_id>
    send_request(now_t, account_id, method, std::string_view target, std::span<extra_header const> headers, std::string_view content_type, std::string_view body, outbox&);
    error_code
    respond(now_t, request_id, std::uint16_t status, std::span<extra_header const> headers, std::string_view content_type, std::string_view body, outbox&);

    // ---- protocol_core
    flow_id add_flow(now_t, flow_description const&, outbox&) override;
    void on_flow(now_t, flow_event const&, outbox&) override;
    void on_bytes(now_t, flow_id, endpoint const& from, buffer_ref, outbox&) override;
    void on_resolved(now_t, std::uint32_t request, std::span<ip_address const>, error_code, outbox&) override;
    void on_timeout(now_t, outbox&) override;
    [[nodiscard]] std::optional<wakeup> next_deadline() const noexcept override;
    [[nodiscard]] bool still_wanted(transaction_id) const noexcept override;
    [[nodiscard]] buffer_pool& pool() noexcept override;

    // ---- what lives, for tests and metrics
    struct counts {
        std::size_t sessions = 0, dialogs = 0, transactions = 0, ack_keepers = 0, requests = 0, buffers = 0;
    };
    [[nodiscard]] counts live() const noexcept;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sip

// The inside of the user agent: its tables, and the steps that turn inputs into messages and events. Each group of
// functions below is one file of this folder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "account.hpp"
#include "call.hpp"
#include "draft.hpp"
#include "outgoing.hpp"
#include "schedule.hpp"
#include "sip/dialog/table.hpp"
#include "sip/slot_table.hpp"
#include "sip/transaction/layer.hpp"
#include "sip/transport/flow_table.hpp"
#include "sip/transport/locator.hpp"
#include "sip/ua/core.hpp"
#include "token.hpp"

namespace sip {

/// One input and what comes of it. Failures that are found while sending are put into `events` like those of the
/// transaction layer, so that nothing ends while somebody above still works on it.
struct turn {
    now_t now;
    outbox& out;
    transaction_events events;

    [[nodiscard]] transaction_outbox transactions() noexcept { return {out.actions, events}; }
    /// Room for what one event or timer has to tell the user, made before anything changes: an end that has happened
    /// must be told.
    void make_room() {
        constexpr std::size_t most = 2;
        auto& list = out.events;
        if (list.capacity() - list.size() < most) list.reserve(std::max(list.size() + most, 2 * list.capacity()));
    }
};

/// A request outside a dialog that waits for the user's respond().
struct held_request {
    transaction_id transaction;
    message request;
    flow_id flow = flow_id::none;
    account_id account;
};

/// A response to be written: everything but what the request says.
struct reply {
    std::uint16_t status = 500;
    std::string_view reason = {};
    std::string_view to_tag = {};
    header_id extra = header_id::unknown;  ///< one header of our own: Allow, Retry-After, ...
    std::string_view extra_value = {};
    std::string_view content_type = {}, body = {};
    std::span<extra_header const> headers = {};
    flow_id contact_flow = flow_id::none;  ///< write a Contact that leads to us over this flow
    account_id account = {};               ///< whose user the Contact names
};

struct user_agent_core::impl {
    impl(user_agent_config, environment&);

    // ---- core.cpp: the turn of every input
    /// Works off the events of a turn. Where memory runs out on the way, the rest is still done before bad_alloc goes
    /// on.
    void finish(turn&);
    void handle_or_recover(turn&, transaction_event const&, std::exception_ptr&);
    void handle(turn&, response_received const&);
    void handle(turn&, request_failed const&);
    void handle(turn&, request_received const&);
    void handle(turn&, response_failed const&);
    void handle(turn&, stray_response const&);
    void on_timeout(turn&);
    void on_due(turn&, schedule::entry const&);
    [[nodiscard]] bool is_live(schedule::entry const&) const noexcept;
    [[nodiscard]] std::optional<wakeup> next_deadline() const noexcept;

    // ---- dispatch.cpp: requests of the peer, in a fixed order of questions
    void refuse_malformed(turn&, message_failure const&, flow_id, endpoint const& from);
    void on_in_dialog(turn&, request_received const&);
    void on_out_of_dialog(turn&, request_received const&);
    void on_options(turn&, request_received const&);
    /// A refusal for what the INVITE carries or wants (415, 406); nothing where it is acceptable.
    [[nodiscard]] bool refuse_content(turn&, request_received const&);
    [[nodiscard]] bool is_description(message_view) const noexcept;
    [[nodiscard]] account_id account_for(message_view request);

    // ---- replies.cpp: responses
    error_code respond(turn&, transaction_id, message_view request, reply const&);
    [[nodiscard]] result<buffer_ref> write_reply(message_view request, reply const&);
    /// Our address on this flow as a URI in brackets; `user` is escaped already.
    void write_contact(message_builder&, flow_id, std::string_view user, std::string_view params) const;
    [[nodiscard]] std::string contact_uri(flow_id, std::string_view user) const;
    [[nodiscard]] std::string_view contact_user(account_id, message_view request) const noexcept;

    // ---- sending.cpp: requests of ours
    outgoing_id start(turn&, outgoing);
    void locate(turn&, outgoing_id);
    void on_located(turn&, std::uint32_t number, lookup);
    void on_flow_up(turn&, flow_id);
    void on_flow_down(turn&, flow_id);
    void try_next_location(turn&, outgoing_id);
    void transmit(turn&, outgoing_id);
    void on_outgoing_due(turn&, outgoing_id);
    /// Sends the request again with credentials, if the challenge can be answered; the error says why not.
    [[nodiscard]] error_code answer_challenge(turn&, outgoing_id, message_view response);
    [[nodiscard]] bool try_elsewhere(turn&, outgoing_id, errc why);
    void cancel(turn&, outgoing_id);
    void send_cancel(turn&, outgoing_id);
    void forget(outgoing_id);
    void set_deadline(outgoing_id, std::optional<time_point>);
    void acknowledge(turn&, dialog const&, message_view success, account_id, std::string_view description);
    ack_handle hold_ack(turn&, dialog const&, message_view success, account_id);
    void send_ack(turn&, ack_handle, account_id);
    void repeat_ack(turn&, ack_handle, account_id);
    void send_bye(turn&, dialog&, account_id, std::string_view reason);
    [[nodiscard]] result<message> draft_in_dialog(
        dialog const&, std::string_view method_name, std::uint32_t cseq, std::span<extra_header const> headers,
        std::string_view content_type, std::string_view body
    );
    void add_own_headers(message_builder&, method) const;
    [[nodiscard]] challenge_origin origin_of(outgoing const&) const noexcept;
    [[nodiscard]] sip::timing timing_of(account_id) const noexcept;

    // ---- accounts.cpp
    [[nodiscard]] result<account_id> add_account(account_config, std::string* why);
    error_code update_account(account_id, account_config, std::string* why);
    void apply(turn&, account_id, registration::outcome);
    void tell_and_send(turn&, account_id, registration::outcome const&);
    void send_register(turn&, account_id, registration::request);
    void on_register_response(turn&, outgoing_id, message_view response, error_code auth_error);
    void on_register_failed(turn&, outgoing_id, errc why);
    void on_account_flow_down(turn&, flow_id);

    // ---- calls_out.cpp: as caller
    [[nodiscard]] result<session_id> invite(turn&, account_id, invite_options const&);
    void on_invite_provisional(turn&, outgoing_id, message const& response);
    void on_invite_success(turn&, outgoing_id, message const& response);
    void on_invite_failure(turn&, outgoing_id, message const& response, error_code);
    void release(turn&, outgoing const&, message_view success);
    void drop_forks(session_id, call&, dialog_handle except);

    // ---- calls_in.cpp: as callee
    void on_invite(turn&, request_received const&);
    void on_cancel(turn&, request_received const&);
    void on_ack(turn&, request_received const&);
    error_code ring(turn&, session_id, std::uint16_t status, std::string_view description);
    error_code answer(turn&, session_id, std::string_view description);
    error_code reject(turn&, session_id, std::uint16_t status, std::string_view reason, std::span<extra_header const>);
    void take_invite(session_id, call&, request_received const&);
    /// A final response below 300 is not sent from here. No effect where no INVITE waits.
    void refuse_invite(turn&, call&, std::uint16_t status);
    [[nodiscard]] error_code send_success(turn&, session_id, call&, std::string_view description, answer_body);

    // ---- calls_up.cpp: both sides of an established call
    error_code hang_up(turn&, session_id, std::string_view reason);
    error_code reoffer(turn&, session_id, std::string_view description);
    error_code answer_offer(turn&, session_id, std::string_view description);
    error_code refuse_offer(turn&, session_id, std::uint16_t status);
    [[nodiscard]] result<request_id> request_in_call(
        turn&, session_id, method, std::string_view content_type, std::string_view body
    );
    void on_reinvite(turn&, session_id, request_received const&);
    void on_bye(turn&, session_id, request_received const&);
    void send_reinvite(turn&, session_id, call&);
    void on_reinvite_success(turn&, outgoing_id, message const& response);
    void on_reinvite_failure(turn&, outgoing_id, message const& response, errc why);
    void on_call_due(turn&, session_id);
    void repeat_success(turn&, pending_answer const&);
    /// Tells the user, and gives up everything but what the protocol still asks for.
    void end_call(turn&, session_id, end_reason, std::uint16_t status = 0, error_code = {}, message cause = {});
    /// The BYE that was held back until the ACK, and the end of the call, which its user knows already.
    void release_call(turn&, session_id);
    void erase_call(turn&, session_id);
    /// The dialog is lost for the peer: BYE all the same (12.2.1.2), and the end.
    void lose_call(turn&, session_id, end_reason, std::uint16_t status, error_code, message cause);
    void schedule_call(session_id, call const&);
    [[nodiscard]] call* visible_call(session_id) noexcept;

    // ---- requests.cpp: single requests
    [[nodiscard]] result<request_id> send_request(
        turn&, account_id, method, std::string_view target, std::span<extra_header const>,
        std::string_view content_type, std::string_view body
    );
    error_code respond_held(
        turn&, request_id, std::uint16_t status, std::span<extra_header const>, std::string_view content_type,
        std::string_view body
    );
    void hold_request(turn&, request_received const&);
    void on_request_done(turn&, outgoing_id, message const& response, error_code);
    [[nodiscard]] request_id new_request_id() noexcept;

    /// Puts an object into its table together with its deadline, or not at all.
    template <class Object, class Handle>
    Handle insert(
        slot_table<Object, Handle>& table, deadline_owner owner, Object object, std::optional<time_point> at
    ) {
        auto const id = table.emplace(std::move(object));
        try {
            deadlines.make_room(owner, id);
            deadlines.set(owner, id, at);
        } catch (...) {
            table.erase(id);
            throw;
        }
        return id;
    }

    // ---- state
    user_agent_config config;
    environment& env;
    std::string allow, supported;  ///< header values
    buffer_pool buffers;
    flow_table flows;
    locator names;
    transaction_layer transactions;
    dialog_table dialogs;
    ack_keeper acks;
    slot_table<account, account_id> accounts;
    slot_table<call, session_id> calls;
    slot_table<outgoing, outgoing_id> requests;
    slot_table<held_request, request_id> held;
    schedule deadlines;
    std::uint64_t serial = 0;
    std::uint32_t last_request = 0;
};

/// Handles travel through the transaction layer as owner tokens.
template <class Tag>
[[nodiscard]] owner_token token_of(handle<Tag> h) noexcept {
    return std::uint64_t{h.generation} << 32U | h.index;
}
template <class Handle>
[[nodiscard]] Handle handle_of(owner_token token) noexcept {
    return {static_cast<std::uint32_t>(token), static_cast<std::uint32_t>(token >> 32U)};
}

[[nodiscard]] inline usage_ref invite_usage(session_id id) noexcept {
    return {usage_kind::invite, token_of(id)};
}

/// True where no header of the list is one that the user agent writes itself.
[[nodiscard]] bool are_free_headers(std::span<extra_header const>) noexcept;

}  // namespace sip

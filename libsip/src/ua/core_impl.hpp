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
#include "ended_dialogs.hpp"
#include "outgoing.hpp"
#include "publication.hpp"
#include "schedule.hpp"
#include "sip/dialog/destruction.hpp"
#include "sip/dialog/table.hpp"
#include "sip/slot_table.hpp"
#include "sip/transaction/hash_index.hpp"
#include "sip/transaction/layer.hpp"
#include "sip/transport/flow_table.hpp"
#include "sip/transport/locator.hpp"
#include "sip/ua/core.hpp"
#include "subscription.hpp"
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
        constexpr std::size_t most = 4;
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
    flow_id contact_flow = flow_id::none;   ///< write a Contact that leads to us over this flow
    account_id account = {};                ///< whose user the Contact names
    std::string_view session_expires = {};  ///< of a 2xx (RFC 4028)
    bool require_timer = false;
    std::uint32_t rseq = 0;  ///< a reliable provisional response with this number (RFC 3262)
};

/// What a Contact has beyond our address.
struct contact_parts {
    std::string_view uri_params = {};  ///< ";ob"
    std::string params = {};           ///< behind the URI
    std::string_view gruu = {};        ///< takes the place of our address
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
    void on_unsolicited_notify(turn&, request_received const&);
    /// A refusal for what the INVITE carries or wants (415, 406); nothing where it is acceptable.
    [[nodiscard]] bool refuse_content(turn&, request_received const&);
    /// A refusal for the scheme of its URIs (RFC 5630 5.1.2); nothing where it is acceptable.
    [[nodiscard]] bool refuse_scheme(turn&, request_received const&, uri_scheme);
    [[nodiscard]] bool is_description(message_view) const noexcept;
    [[nodiscard]] account_id account_for(message_view request);

    // ---- abilities.cpp: option tags
    /// What we support for an account, as a header value.
    [[nodiscard]] std::string options_for(account_config const&) const;
    [[nodiscard]] std::string_view supported_by(account_id) const noexcept;
    /// The option tags of Require that we do not have, as Unsupported lists them.
    [[nodiscard]] std::string missing_options(message_view request);

    // ---- replies.cpp: responses
    error_code respond(turn&, transaction_id, message_view request, reply const&);
    /// Over another connection where the one that the request came over is gone (18.2.2).
    error_code send_response(turn&, transaction_id, buffer_ref wire);
    /// Ends the transaction of a request that came again over another connection; nobody waits for this answer.
    void refuse_replaced(turn&, transaction_id, message_view request);
    [[nodiscard]] result<buffer_ref> write_reply(message_view request, reply const&);
    /// Our address on this flow as a URI in brackets; `user` is escaped already.
    void write_contact(
        message_builder&, account_id, flow_id, std::string_view user, bool is_sips, contact_parts const&
    ) const;
    [[nodiscard]] contact_parts contact_parts_in_dialog(account_id, method, dialog_id_view const& in) const;
    [[nodiscard]] contact_parts contact_parts_of(outgoing const&) const;
    [[nodiscard]] std::string contact_uri(account_id, flow_id, std::string_view user, bool is_sips) const;
    /// 18.1.1: the address for Via. The port of a connection leads nowhere once it is gone; that of a listener does.
    [[nodiscard]] endpoint sent_by(endpoint const& local) const;
    [[nodiscard]] std::string_view contact_user(account_id, message_view request) const noexcept;

    // ---- sending.cpp: requests of ours
    outgoing_id start(turn&, outgoing);
    void locate(turn&, outgoing_id);
    void on_located(turn&, lookup);
    void take_locations(turn&, outgoing_id, lookup);
    /// The names of the account's own servers lead here.
    static void learn_servers(account&, std::vector<location> const&);
    /// What a registration reached goes before what else a domain offers.
    void prefer_registered(outgoing const&, std::vector<location>&) const;
    void on_flow_up(turn&, flow_id);
    void on_flow_down(turn&, flow_id, std::string const& why);
    void try_next_location(turn&, outgoing_id);
    void transmit(turn&, outgoing_id);
    void on_outgoing_due(turn&, outgoing_id);
    /// Sends the request again with credentials, if the challenge can be answered; the error says why not.
    [[nodiscard]] error_code answer_challenge(turn&, outgoing_id, message_view response);
    /// The same request with the next CSeq, after a response that says how it may succeed (22.2, RFC 4028 7.3).
    void send_again(turn&, outgoing_id, message_view response);
    [[nodiscard]] bool try_elsewhere(turn&, outgoing_id, errc why);
    /// How long one place has for its first answer while there is another one (redundancy_settings::attempts).
    [[nodiscard]] std::optional<duration> trial_time(outgoing const&) const noexcept;
    /// An answer of any kind: this place is the right one.
    void end_trial(outgoing_id);
    /// The place has had its attempts: what it may still answer is dealt with, and the next place is tried.
    void give_up_on_place(turn&, outgoing_id);
    /// `reason`: a Reason value for the CANCEL, or empty.
    void cancel(turn&, outgoing_id, std::string_view reason = {});
    void send_cancel(turn&, outgoing_id);
    void forget(outgoing_id);
    void set_deadline(outgoing_id, std::optional<time_point>);
    void acknowledge(turn&, dialog const&, message_view success, outgoing const& invite);
    ack_handle hold_ack(turn&, dialog const&, message_view success, outgoing const& invite);
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
    void make_bindings(account&);
    error_code register_account(turn&, account_id);
    error_code unregister_account(turn&, account_id);
    [[nodiscard]] static registration_settings registration_settings_of(account const&, std::size_t at);
    [[nodiscard]] static std::string register_contact_params(account const&, std::size_t at);
    /// `at`: which of the account's servers. `detail`: for people, why the last attempt failed.
    void apply(turn&, account_id, std::size_t at, registration::outcome, std::string const& detail = {});
    void tell_and_send(turn&, account_id, std::size_t at, registration::outcome const&, std::string const& detail);
    void send_register(turn&, account_id, std::size_t at, registration::request);
    void schedule_account(account_id);
    void on_account_due(turn&, account_id);
    void on_register_response(turn&, outgoing_id, message_view response, error_code auth_error);
    void on_register_failed(turn&, outgoing_id, errc why);
    /// Our address on this flow is ours no more: tells the calls whose peer has it as Contact; of this account alone,
    /// or of all.
    void on_contact_void(turn&, flow_id, account_id of = {});
    void tell_void_contact(turn&, session_id, call&);
    void take_service_routes(account&, std::size_t at, message_view response);

    // ---- servers.cpp: which of several servers serves an account
    [[nodiscard]] std::size_t serving_now(account&, time_point now) const noexcept;
    void on_server_failed(turn&, account_id, std::size_t at);
    void doubt_registration(turn&, account_id, std::size_t at);
    void on_registration_news(turn&, account_id, std::size_t at, registration_state);
    /// When the first server is tried again while another one has the registration.
    void plan_return(turn&, account_id);
    /// Makes a request outside of dialogs one for the next server; false where there is none.
    [[nodiscard]] bool try_next_server(turn&, outgoing_id);
    [[nodiscard]] bool has_next_server(outgoing const&) const noexcept;
    [[nodiscard]] bool move_to_server(outgoing&, account const&, std::size_t to);

    // ---- flows.cpp: the flows of registrations, and of responses whose own is gone
    /// The flow that there is for a request to this place.
    [[nodiscard]] std::optional<flow_id> flow_for(outgoing const&, location const&) const;
    /// A REGISTER takes this flow: it is the binding's from now on, and no other one's.
    void bind_flow(outgoing const& registration);
    /// After a 2xx to a REGISTER: begins to keep the flow alive where the registrar knows flows.
    void watch_flow(turn&, account&, std::size_t at, message_view response);
    void on_keep_alive(turn&, flow_id, endpoint const& from, std::string_view bytes);
    void on_keep_alive_due(turn&, account_id, std::size_t at);
    void fail_flow(turn&, account_id, std::size_t at, std::string const& why);
    void on_flow_gone(turn&, flow_event const&);
    void on_account_flow_down(turn&, flow_id, std::string const& why);
    void lose_flow(turn&, account_id, std::size_t at, std::string const& why);
    /// Gives a server transaction whose connection is gone another one to where Via points, and sends what it has.
    /// False where there is none.
    bool find_way_back(turn&, transaction_id);
    [[nodiscard]] std::optional<flow_id> flow_of_name(std::string_view invalid_name) const;

    // ---- own_address.cpp: our address as others see it
    /// The address that messages of this account over this flow name.
    [[nodiscard]] std::optional<endpoint> address_named(account_id, flow_id) const noexcept;
    /// Begins the search where the account wants one; true while its requests wait for the first answer.
    [[nodiscard]] bool must_wait_for_address(turn&, account_id);
    void search_own_address(turn&, account_id);
    /// False where the look-up is somebody else's.
    [[nodiscard]] bool on_stun_server_located(turn&, lookup const&);
    void take_stun_server(turn&, account_id, lookup const&);
    void on_own_address_due(turn&, account_id);
    void on_stun_answer(turn&, flow_id, endpoint const& from, std::string_view bytes);
    void on_own_address_changed(turn&, account_id);
    /// As if it had never been asked; requests that wait do so until their time is over.
    void forget_own_address(account&);
    /// The socket has another address now: what was known of the old one is forgotten, and asked again.
    void forget_own_address(turn&, flow_id moved);
    void go_on_without_waiting(turn&, account_id);
    [[nodiscard]] std::optional<discovered_address> own_address(account_id) const;

    // ---- calls_out.cpp: as caller
    [[nodiscard]] result<session_id> invite(turn&, account_id, invite_options const&);
    void on_invite_provisional(turn&, outgoing_id, message const& response);
    void on_invite_success(turn&, outgoing_id, message const& response);
    void on_invite_failure(turn&, outgoing_id, message const& response, error_code);
    void release(turn&, outgoing const&, message_view success);
    /// The early dialog that a response to our INVITE belongs to, made where it is new; nothing where there are too
    /// many or its routes are unusable.
    [[nodiscard]] fork* fork_of(turn&, call&, outgoing const& invite, message_view response);
    void drop_fork(turn&, session_id, call&, dialog_handle);
    void drop_forks(turn&, session_id, call&);

    // ---- calls_in.cpp: as callee
    void on_invite(turn&, request_received const&);
    void on_cancel(turn&, request_received const&);
    void on_ack(turn&, request_received const&);
    error_code answer(turn&, session_id, std::string_view description);
    error_code reject(turn&, session_id, std::uint16_t status, std::string_view reason, std::span<extra_header const>);
    void take_invite(session_id, call&, request_received const&);
    /// A final response below 300 is not sent from here. No effect where no INVITE waits.
    void refuse_invite(turn&, call&, std::uint16_t status);
    [[nodiscard]] error_code send_success(turn&, session_id, call&, std::string_view description, answer_body);
    /// The 2xx of the call's first INVITE, with the description in held_answer.
    error_code send_first_answer(turn&, session_id, call&);

    // ---- reliable.cpp: reliable provisional responses and PRACK, both roles
    [[nodiscard]] static bool is_reliable_provisional(message_view response) noexcept;
    /// Takes a reliable provisional response to an INVITE of ours, and acknowledges it unless it brings an offer, which
    /// the user has to answer first. What its description means; nothing where it came again or out of order.
    [[nodiscard]] std::optional<description_meaning> accept_reliable(
        turn&, session_id, call&, leg&, message_view response
    );
    error_code send_prack(turn&, session_id, call&, leg&, std::string_view description);
    void on_prack_done(turn&, outgoing_id, message const& response, error_code);
    [[nodiscard]] bool sends_reliably(call const&, std::string_view description) const noexcept;
    error_code ring(turn&, session_id, std::uint16_t status, std::string_view description);
    void repeat_provisional(turn&, session_id, call&);
    void on_prack(turn&, session_id, request_received const&);
    /// What had to wait for a PRACK or for an answer: the next reliable response, or the 2xx.
    void go_on_ringing(turn&, session_id, call&);
    void on_reliable_due(turn&, session_id, call&, reliable_responses::due const&);

    // ---- refresh.cpp: session timers
    void write_session_timer(message_builder&, outgoing const&);
    /// Sends a request that met 422 again with a longer interval; false where that is of no use.
    [[nodiscard]] bool ask_for_longer(turn&, outgoing_id, message_view response);
    /// Answers 422 to a request that asks for too short an interval.
    [[nodiscard]] bool refuse_interval(turn&, session_timer const&, request_received const&);
    void refresh_session(turn&, session_id, call&);
    void on_refresh_done(turn&, outgoing_id, message const& response, errc why);
    [[nodiscard]] session_timer timer_of(account_id) const;

    // ---- replacing.cpp: Replaces
    /// The call whose place an INVITE wants; or the status to refuse it with.
    struct replacement {
        session_id of;
        std::uint16_t refusal = 0;
    };
    [[nodiscard]] replacement replaced_by(time_point now, message_view invite);
    /// The call that an INVITE wants to join, where the user says that it knows how (RFC 3911).
    [[nodiscard]] replacement joined_by(time_point now, message_view invite);
    [[nodiscard]] replacement named_call(time_point now, dialog_id_view);
    [[nodiscard]] bool takes_join() const noexcept;
    /// The other side of a call, as its dialog has it; of early ones the first.
    [[nodiscard]] std::string_view other_side(session_id) const noexcept;
    [[nodiscard]] std::optional<dialog_identity> identity_of(session_id) const;

    // ---- remedies.cpp: requests that may succeed in another form
    /// True where the request goes on. `why_not`: what became of a challenge that was not answered.
    [[nodiscard]] bool apply_remedy(turn&, outgoing_id, message const& response, error_code& why_not);
    [[nodiscard]] bool change_and_send(turn&, outgoing_id, message_view response);
    [[nodiscard]] bool pass_over_server(turn&, outgoing_id, message_view response);

    // ---- redirects.cpp: 3xx
    /// Goes on to the next target of a redirection; false where there is none.
    [[nodiscard]] bool follow_redirect(turn&, outgoing_id, message const& response);
    /// Sends a request again to where `draft` leads, with the next CSeq.
    void retarget(turn&, outgoing_id, message draft);

    // ---- offers.cpp: new offers in a call, both sides
    [[nodiscard]] bool may_offer(call const&, leg const&) const noexcept;
    error_code reoffer(turn&, session_id, std::string_view description, offer_options const&);
    void send_own_offer(turn&, session_id, call&, leg&);
    void on_reinvite_provisional(turn&, outgoing_id, message const& response);
    void on_reinvite_success(turn&, outgoing_id, message const& response);
    void on_reinvite_failure(turn&, outgoing_id, message const& response, errc why);
    /// `why`: where no response came.
    void on_update_done(turn&, outgoing_id, message const& response, errc why);
    void on_own_offer_success(turn&, session_id, call&, leg&, description_carrier, message const& response);
    void on_own_offer_failure(turn&, session_id, leg&, method by, message const& response, errc why);
    /// How long to wait before an offer that was refused so is made again; nothing where that is useless.
    [[nodiscard]] std::optional<duration> wait_before_retry(dialog_role, message const& response) const;
    void note_abilities(leg&, message_view from) noexcept;
    void refuse_busy(turn&, request_received const&);
    void overtake(turn&, session_id, leg&);
    /// Whether this is the request again whose offer the user has before them.
    [[nodiscard]] bool replace_asked(turn&, leg&, request_received const& copy);
    void on_reinvite(turn&, session_id, request_received const&);
    /// The newest INVITE of the peer over another connection (RFC 3263 4.3): one question, one answer.
    void on_copied_invite(turn&, session_id, call&, request_received const&);
    void on_update(turn&, session_id, dialog_handle, request_received const&);
    /// Holds the peer's PRACK or UPDATE until its user has answered the offer in it.
    void ask_user(turn&, session_id, call&, leg&, request_received const&, description_carrier);
    error_code answer_offer(turn&, session_id, std::string_view description, std::uint32_t fork);
    /// Sends the 200 of an UPDATE, with our answer where it had an offer, and takes over its target and session timer.
    error_code accept_update(turn&, call&, leg&, open_request const&, std::string_view description);
    [[nodiscard]] error_code answer_asked(turn&, session_id, call&, leg&, std::string_view description);
    error_code refuse_offer(
        turn&, session_id, std::uint16_t status, std::uint32_t fork, std::string_view formal_answer
    );
    void refuse_asked(turn&, session_id, call&, leg&, std::uint16_t status);

    // ---- calls_up.cpp: both sides of an established call
    error_code hang_up(turn&, session_id, std::string_view reason, end_reason why = end_reason::local_hang_up);
    [[nodiscard]] result<request_id> request_in_call(
        turn&, session_id, method, std::span<extra_header const> headers, std::string_view content_type,
        std::string_view body
    );
    void on_bye(turn&, session_id, request_received const&);
    void on_call_due(turn&, session_id);
    void repeat_success(turn&, pending_answer const&);
    /// Tells the user, and gives up everything but what the protocol still asks for.
    void end_call(
        turn&, session_id, end_reason, std::uint16_t status = 0, error_code = {}, message cause = {},
        std::string detail = {}
    );
    /// The BYE that was held back until the ACK, and the end of the call, which its user knows already.
    void release_call(turn&, session_id);
    void erase_call(turn&, session_id);
    /// The dialog is lost for the peer: BYE all the same (12.2.1.2), CANCEL or a refusal, and the end.
    void lose_call(turn&, session_id, end_reason, std::uint16_t status, error_code, message cause);
    /// One dialog is lost: with others the call goes on.
    void lose_leg(turn&, session_id, leg&, end_reason, std::uint16_t status, error_code, message cause);
    /// A request of the call in this dialog has failed with what ends the usage, or the dialog with all its usages
    /// (RFC 5057 5.1). `at` may be stale.
    void lose_usages(turn&, session_id, dialog_handle at, failure_effect, message const& response, error_code);
    /// What is open in a dialog that ends: the peer's requests are answered, and ours do not leave any more.
    void close_leg(turn&, leg&);
    /// Forgets a request that has not left.
    void abandon(outgoing_id);
    void schedule_call(session_id, call const&);
    [[nodiscard]] call* visible_call(session_id) noexcept;

    // ---- subscriptions.cpp: events as subscriber
    [[nodiscard]] result<subscription_id> subscribe(turn&, account_id, subscribe_options const&);
    error_code unsubscribe(turn&, subscription_id);
    error_code refresh_subscription(turn&, subscription_id);
    void apply(turn&, subscription_id, subscriber::outcome const&, message cause);
    /// False where what the user gave cannot be put into a message.
    [[nodiscard]] bool send_subscribe(turn&, subscription_id, subscriber::request);
    void on_subscribe_response(turn&, outgoing_id, message const& response, error_code auth_error);
    void on_subscribe_failed(turn&, outgoing_id, errc why);
    void on_notify(turn&, dialog_handle, request_received const&);
    /// A NOTIFY that names no dialog yet: the answer to a SUBSCRIBE, or nothing of ours.
    void on_first_notify(turn&, request_received const&);
    void take_notify(turn&, subscription_id, request_received const&);
    void on_subscription_due(turn&, subscription_id);
    void schedule_subscription(subscription_id);
    void leave_dialog(subscription_id, subscription&);
    void erase_subscription(subscription_id);
    [[nodiscard]] bool is_event_of(subscription const&, token_params_view const& named) const noexcept;
    [[nodiscard]] subscription_id subscription_in(dialog_handle, token_params_view const& wanted) const noexcept;
    /// The dialog has ended for one usage with a response that ends it for all.
    void lose_dialog(turn&, dialog_handle, message const& response);
    [[nodiscard]] std::uint64_t hash_of_subscriber(std::string_view call_id, std::string_view tag) const noexcept {
        return keyed_hash(subscription_key).text(call_id).mark().text(tag).finish();
    }

    // ---- notifiers.cpp: events as notifier
    void on_subscribe(turn&, request_received const&);
    void on_subscribe_in_dialog(turn&, dialog_handle, request_received const&);
    /// The dialog that the peer's request makes outside of dialogs; nothing where it cannot, which is answered.
    [[nodiscard]] std::optional<dialog> make_peer_dialog(turn&, request_received const&);
    /// Puts a subscription of the peer into its table and into a dialog: `made`, or else the one it names.
    /// `tell` puts the event for the user into the outbox; where memory runs out nothing stays.
    template <class Tell>
    void begin_notifier(peer_subscription fresh, std::optional<dialog> made, Tell tell);
    void refuse_brief(turn&, request_received const&, notifier_settings const&);
    error_code accept_subscription(turn&, notifier_id, subscription_phase, notification_body);
    error_code refuse_subscription(turn&, notifier_id, std::uint16_t status, std::span<extra_header const>);
    error_code notify(turn&, notifier_id, subscription_phase, notification_body);
    error_code end_subscription(
        turn&, notifier_id, termination_reason, std::optional<std::uint32_t> retry_after, notification_body
    );
    void send_due_notify(turn&, notifier_id);
    void send_notify(turn&, notifier_id, subscription_status const&, notification_body const&);
    /// The last NOTIFY, and the end; the answer to that NOTIFY changes nothing any more.
    void finish_notifier(turn&, notifier_id, subscription_status const&, notification_body const&, notifier_end);
    void on_notify_done(turn&, outgoing_id, message const& response, error_code);
    void on_notifier_due(turn&, notifier_id);
    void schedule_notifier(notifier_id);
    void erase_notifier(notifier_id);
    [[nodiscard]] event_package const* package_of(message_view) const noexcept;
    [[nodiscard]] notifier_id notifier_in(dialog_handle, token_params_view const& wanted) const noexcept;

    // ---- refers.cpp: transfers
    [[nodiscard]] result<subscription_id> refer(turn&, session_id, refer_options const&);
    [[nodiscard]] result<subscription_id> refer_to(turn&, account_id, std::string_view target, refer_options const&);
    [[nodiscard]] result<subscription_id> new_transfer(turn&, account_id, std::string target);
    void start_refer(turn&, subscription_id, message draft, bool strict_route, std::uint32_t cseq);
    /// `about`: the dialog that Target-Dialog names, or nothing.
    [[nodiscard]] result<std::vector<extra_header>> refer_headers(
        account_id, refer_options const&, dialog const* about
    );
    [[nodiscard]] result<std::string> replaces_value(session_id);
    void on_refer_response(turn&, outgoing_id, message const& response, error_code auth_error);
    /// `at` is empty outside of dialogs.
    void on_refer(turn&, dialog_handle at, request_received const&);
    error_code accept_transfer(turn&, notifier_id);
    /// RFC 3515 2.4.2: a user who takes long is answered for with 202; what is decided then goes into the reports.
    void on_transfer_undecided(turn&, notifier_id);
    error_code report_transfer(turn&, notifier_id, std::uint16_t status, std::string_view reason);
    [[nodiscard]] session_id session_named_by(message_view request) const noexcept;
    [[nodiscard]] static notifier_settings implicit_settings() noexcept;

    // ---- publications.cpp
    [[nodiscard]] result<publication_id> publish(turn&, account_id, publish_options const&);
    error_code modify_publication(turn&, publication_id, notification_body);
    error_code unpublish(turn&, publication_id);
    void apply(turn&, publication_id, publication::outcome const&, message cause);
    /// False where what the user gave cannot be put into a message.
    [[nodiscard]] bool send_publish(turn&, publication_id, publication::request const&);
    void on_publish_done(turn&, outgoing_id, message const& response, error_code auth_error, errc why);
    void on_publication_due(turn&, publication_id);
    void erase_publication(publication_id);

    // ---- identity.cpp: who is at which end of a call
    error_code set_identity(session_id, std::string_view address);
    /// Who has sent a message, by the account's rules; `from`: where it came from.
    [[nodiscard]] identity_choice identity_in(account_id, message_view, endpoint const& from) const noexcept;
    /// Tells where a request of the peer, or its answer to one of ours, names somebody else than before.
    void note_identity(turn&, session_id, dialog&, message const& carrier, endpoint const& from);
    /// Remembers what a trusted network asserts; true where it has said something else before.
    [[nodiscard]] bool note_asserted(call&, message_view, identity_choice) const noexcept;
    /// Privacy and P-Preferred-Identity of a request.
    static void write_own_identity(message_builder&, account const&, own_identity const&);

    /// True for a method of user_agent_config::methods.
    [[nodiscard]] bool serves(method) const noexcept;

    // ---- requests.cpp: single requests
    [[nodiscard]] error_code refuse_message(message_view draft);
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
    std::vector<endpoint> listeners;             ///< where the shell takes connections
    std::string allow, allow_events, recv_info;  ///< header values
    std::string supported;                       ///< likewise, where no account is concerned
    buffer_pool buffers;
    flow_table flows;
    locator names;
    transaction_layer transactions;
    dialog_table dialogs;
    ack_keeper acks;
    ended_dialogs ended;
    slot_table<account, account_id> accounts;
    slot_table<call, session_id> calls;
    slot_table<outgoing, outgoing_id> requests;
    slot_table<held_request, request_id> held;
    slot_table<subscription, subscription_id> subscriptions;
    hash_key subscription_key;
    hash_key stateless_key;        ///< of the tags in answers without a transaction
    hash_index subscription_tags;  ///< by Call-ID and our tag: what the first NOTIFY is matched by
    slot_table<peer_subscription, notifier_id> notifiers;
    slot_table<own_publication, publication_id> publications;
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

[[nodiscard]] inline usage_ref subscription_usage(subscription_id id) noexcept {
    return {usage_kind::subscription, token_of(id)};
}
[[nodiscard]] inline usage_ref notifier_usage(notifier_id id) noexcept {
    return {usage_kind::notifier, token_of(id)};
}

template <class Tell>
void user_agent_core::impl::begin_notifier(peer_subscription fresh, std::optional<dialog> made, Tell tell) {
    auto const at = fresh.dialog;
    auto const due = fresh.next_deadline();
    auto const id = insert(notifiers, deadline_owner::notifier, std::move(fresh), due);
    try {
        if (made)
            notifiers.find(id)->dialog = dialogs.add(std::move(*made), notifier_usage(id));
        else
            dialogs.add_usage(at, notifier_usage(id));
        tell(id);
    } catch (...) {
        erase_notifier(id);
        throw;
    }
}

/// Such a text would let its author write headers of their own (RFC 3261 7.3.1).
[[nodiscard]] inline bool has_line_break(std::string_view text) noexcept {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

/// True where a URI is meant for a request of its own, with a method or headers (RFC 3261 19.1.5): parse_refer_target()
/// takes it apart, for a user to look at before anything of it is sent.
[[nodiscard]] inline bool is_whole_request(uri_view const& uri) noexcept {
    return !uri.headers.empty() || uri.params.has("method");
}

/// True where no header of the list is one that the user agent writes itself.
[[nodiscard]] bool are_free_headers(std::span<extra_header const>) noexcept;

}  // namespace sip

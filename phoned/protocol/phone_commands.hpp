// What the control and driver sockets ask of the phone. The phone layer implements this interface; the hub calls it,
// one method of the protocol each (see protocol/method_table.cpp, where the row of a method calls its function here).
//
// Rules for the implementer. A function acts and returns at once: what takes time (ringing, registering) is told later
// by events through hub::publish. Publishing and setting levels from inside a command is allowed. Arguments are already
// checked for type and range, but not for sense: an unknown call, a wrong state or an unusable target is answered with
// a command_failure. Nothing here blocks or throws.
#pragma once

#include "phoned/config/settings.hpp"
#include "phoned/protocol/messages.hpp"
#include "phoned/time.hpp"

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phoned {

/// Error numbers of the protocol. JSON-RPC's own, then ours.
enum class error_number : std::int32_t {
    parse_error = -32700,
    invalid_request = -32600,
    method_not_found = -32601,
    invalid_params = -32602,
    internal_error = -32603,
    wrong_protocol_version = -32001,
    not_registered = -32002,
    denied = -32003,
    already_registered = -32004,
    too_slow = -32010,
    too_many_clients = -32011,
    line_too_long = -32012,
    silent = -32013,
    no_such_account = -32020,
    no_such_call = -32021,
    wrong_state = -32022,
    bad_target = -32023,
    limit_reached = -32024,
    not_available = -32025,
};

/// Why a command was not carried out: becomes JSON-RPC's error object.
struct command_failure {
    error_number code;
    std::string message;          ///< For people, one line
    std::string cause = {};       ///< For programs, one word
    std::string layer = "phone";  ///< Which part says so: protocol, phone, sip, media
    std::optional<unsigned> sip_code = {};
    std::optional<std::chrono::milliseconds> retry_after = {};
};

template <class Value>
using command_result = boost::system::result<Value, command_failure>;

/// Who asks, and when.
struct command_context {
    now_t now;
    std::string_view client;  ///< The name it registered with
};

struct dial_request {
    std::string target;               ///< A number, `user@host`, or a SIP URI
    std::optional<unsigned> account;  ///< None: the first account that can call
    bool anonymous = false;           ///< The other side is not told who calls
    bool intercom = false;            ///< The other side is asked to answer by itself
};

enum class forward_kind { always, busy, no_answer };

struct forward_request {
    forward_kind kind;
    bool on;
    std::optional<std::string> target = {};  ///< None: as it was
    std::optional<unsigned> rings = {};      ///< None: as they were
    std::optional<unsigned> account = {};    ///< None: the phone's, or every account's where they have their own
};

struct history_request {
    std::optional<history_kind> kind = {};  ///< None: all
    unsigned limit = 50;
};

struct history_page {
    std::vector<history_entry> entries;  ///< Newest first
    std::uint64_t missed = 0;            ///< Calls that were missed, of those that are kept
};

struct metric {
    std::string name;  ///< In Prometheus style: `sip_requests_received_total`
    double value;
    std::string help;
};

/// Stands for "no value" in a command_result.
struct done {};

class phone_commands {
public:
    phone_commands() = default;
    phone_commands(const phone_commands&) = delete;
    phone_commands& operator=(const phone_commands&) = delete;
    virtual ~phone_commands() = default;

    // Accounts.
    virtual std::vector<account_summary> account_list(const command_context&) = 0;
    virtual command_result<done> account_register(const command_context&, unsigned account) = 0;
    virtual command_result<done> account_unregister(const command_context&, unsigned account) = 0;

    // Calls.
    virtual command_result<call_number> call_dial(const command_context&, const dial_request&) = 0;
    virtual command_result<done> call_answer(const command_context&, call_number) = 0;
    /// `sip_code` none: features.normal_refuse_code.
    virtual command_result<done> call_reject(const command_context&, call_number, std::optional<unsigned> sip_code) = 0;
    virtual command_result<done> call_hangup(const command_context&, call_number) = 0;
    virtual command_result<done> call_hold(const command_context&, call_number) = 0;
    virtual command_result<done> call_resume(const command_context&, call_number) = 0;
    virtual command_result<done> call_mute(const command_context&, call_number, bool muted) = 0;
    /// Digits 0-9 A-D * # and `,` for a pause of one second, sent one after the other.
    virtual command_result<done> call_dtmf(const command_context&, call_number, std::string_view digits) = 0;
    /// Dials the number that was dialled last.
    virtual command_result<call_number> call_redial(const command_context&, std::optional<unsigned> account) = 0;
    /// Calls whoever called last.
    virtual command_result<call_number> call_return(const command_context&, std::optional<unsigned> account) = 0;
    /// Sends a ringing call somewhere else (302).
    virtual command_result<done> call_forward(const command_context&, call_number, std::string_view target) = 0;
    /// The held call talks, the one that talks is held. The call that talks now.
    virtual command_result<call_number> call_swap(const command_context&) = 0;
    /// Sends the peer of a call to `target` (blind).
    virtual command_result<done> call_transfer(const command_context&, call_number, std::string_view target) = 0;
    /// Sends the peer of a call to the peer of `to`: attended where that talks, semi-attended where it rings.
    virtual command_result<done> call_transfer_attended(const command_context&, call_number, call_number to) = 0;
    /// Joins two calls; the conference call where the network mixes.
    virtual command_result<std::optional<call_number>> call_conference(
        const command_context&, call_number, call_number with
    ) = 0;
    /// Ends a conference here: this call goes on, the others are put on hold.
    virtual command_result<done> call_split(const command_context&, call_number) = 0;
    /// The user leaves the conference; transfer.tran_others_after_conf_enable says what becomes of the others.
    virtual command_result<done> call_leave_conference(const command_context&) = 0;
    /// Calls that live, and those that ended lately, oldest first.
    virtual std::vector<call_summary> call_list(const command_context&) = 0;
    virtual command_result<call_quality> call_stats(const command_context&, call_number) = 0;

    // Features that users switch, and the call lists.
    virtual command_result<done> dnd_set(const command_context&, bool on, std::optional<unsigned> account) = 0;
    virtual command_result<done> forward_set(const command_context&, const forward_request&) = 0;
    virtual std::vector<feature_summary> feature_list(const command_context&) = 0;
    virtual command_result<history_page> history_list(const command_context&, const history_request&) = 0;
    virtual command_result<done> history_clear(const command_context&) = 0;

    // The phone as a whole.
    virtual std::vector<metric> metrics(const command_context&) = 0;
    /// True when the first client wants message traces, false when the last one has gone.
    virtual void set_message_trace(bool wanted) = 0;
    virtual void set_log_level(log_level) = 0;
    [[nodiscard]] virtual log_level current_log_level() const = 0;
    /// Ends calls, unregisters, and stops.
    virtual void shut_down(const command_context&) = 0;

    // Devices. A key comes from a keypad driver or from key.press.
    virtual void on_key(const command_context&, const key_event&) = 0;
    virtual void on_hook(const command_context&, const hook_state&) = 0;
    virtual void on_audio_status(const command_context&, const audio_status&) = 0;
};

}  // namespace phoned

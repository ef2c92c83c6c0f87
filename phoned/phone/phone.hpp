// The phone: accounts, calls, and every policy between them: which call is heard, who is refused, what rings, what
// screen and lamps show, what keys do. Mechanisms lie below (libsip, libsdp, librtp, call.hpp); sockets, files and
// clocks lie in net. Ten phones and a proxy run in one test on virtual time.
//
// Inputs: SIP events, media packets, audio periods, commands and keys (phone_commands), time. Outputs: commands to the
// SIP port, datagrams to the media sockets, and what is published to the hub. An event that arrives while an input is
// being worked on waits until it is done.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "phoned/phone/call.hpp"
#include "phoned/phone/call_history.hpp"
#include "phoned/phone/conference_room.hpp"
#include "phoned/phone/incoming_rules.hpp"
#include "phoned/phone/panel.hpp"
#include "phoned/phone/server_music.hpp"
#include "phoned/phone/tones.hpp"
#include "phoned/phone/transfers.hpp"
#include "phoned/protocol/audio_device.hpp"
#include "phoned/protocol/hub.hpp"
#include "phoned/protocol/phone_commands.hpp"
#include "rtp/signal/sound_player.hpp"
#include "rtp/voice/voice_processor.hpp"

namespace phoned {

/// What the phone is connected to. All outlive it.
struct phone_ports {
    sip_port& sip;
    media_sockets& sockets;
    rtp::environment& random;
    rtp::packet_pool& packets;
    const rtp::dtls_identity* dtls = nullptr;  ///< The phone's certificate; null: no DTLS-SRTP
    call_history* history = nullptr;           ///< Null: no call lists
    /// Keeps what users have switched, as a text of the configuration (see user_settings_text()), for the next start.
    std::function<void(const std::string&)> keep = {};
};

struct phone_identity {
    std::string instance;  ///< UUID of this phone, kept over restarts
    std::string cname;     ///< RFC 7022: of its media, new with each start
    rtp::address_family family = rtp::address_family::ipv4;
    std::vector<std::int16_t> hold_music = {};  ///< At the rate of the sound device; empty: held peers hear nothing
    /// user_settings_text() of the configuration as it is provisioned; empty: users have switched nothing yet.
    std::string provisioned = {};
};

class phone final : public phone_commands, public audio_listener {
public:
    static constexpr std::size_t most_calls = 8;
    static constexpr std::size_t most_ended_calls = 16;

    phone(settings, phone_identity, phone_ports, audio_format);
    ~phone() override;

    /// Where events and levels go, and the sound device. Before start(), and once; both outlive the phone's last input.
    void attach(hub&, audio_device&);
    /// Adds the accounts and begins to register them.
    void start(now_t);
    /// After shut_down(): calls have ended and registrations are gone, or there was no time left for them.
    [[nodiscard]] bool is_stopped() const noexcept;

    void on_sip(now_t, sip::event);
    void on_media(now_t, media_id, rtp::component, rtp::packet_buffer, const rtp::endpoint& from);
    void on_timeout(now_t);
    [[nodiscard]] std::optional<time_point> next_deadline() const;

    // audio_listener
    void on_audio_period(const audio_period&) override;
    void on_audio_attached(now_t, std::string_view driver) override;
    void on_audio_lost(now_t, std::string_view reason) override;

    // phone_commands
    std::vector<account_summary> account_list(const command_context&) override;
    command_result<done> account_register(const command_context&, unsigned account) override;
    command_result<done> account_unregister(const command_context&, unsigned account) override;
    command_result<call_number> call_dial(const command_context&, const dial_request&) override;
    command_result<done> call_answer(const command_context&, call_number) override;
    command_result<done> call_reject(const command_context&, call_number, std::optional<unsigned> sip_code) override;
    command_result<done> call_hangup(const command_context&, call_number) override;
    command_result<done> call_hold(const command_context&, call_number) override;
    command_result<done> call_resume(const command_context&, call_number) override;
    command_result<done> call_mute(const command_context&, call_number, bool muted) override;
    command_result<done> call_dtmf(const command_context&, call_number, std::string_view digits) override;
    command_result<call_number> call_redial(const command_context&, std::optional<unsigned> account) override;
    command_result<call_number> call_return(const command_context&, std::optional<unsigned> account) override;
    command_result<done> call_forward(const command_context&, call_number, std::string_view target) override;
    command_result<call_number> call_swap(const command_context&) override;
    command_result<done> call_transfer(const command_context&, call_number, std::string_view target) override;
    command_result<done> call_transfer_attended(const command_context&, call_number, call_number to) override;
    command_result<std::optional<call_number>> call_conference(const command_context&, call_number, call_number with)
        override;
    command_result<done> call_split(const command_context&, call_number) override;
    command_result<done> call_leave_conference(const command_context&) override;
    std::vector<call_summary> call_list(const command_context&) override;
    command_result<call_quality> call_stats(const command_context&, call_number) override;
    command_result<done> dnd_set(const command_context&, bool on, std::optional<unsigned> account) override;
    command_result<done> forward_set(const command_context&, const forward_request&) override;
    std::vector<feature_summary> feature_list(const command_context&) override;
    command_result<history_page> history_list(const command_context&, const history_request&) override;
    command_result<done> history_clear(const command_context&) override;
    std::vector<metric> metrics(const command_context&) override;
    void set_message_trace(bool wanted) override;
    void set_log_level(log_level) override;
    [[nodiscard]] log_level current_log_level() const override { return config_.level; }
    void shut_down(const command_context&) override;
    void on_key(const command_context&, const key_event&) override;
    void on_hook(const command_context&, const hook_state&) override;
    void on_audio_status(const command_context&, const audio_status&) override;

private:
    struct line {
        unsigned number;  ///< 1 to 16, as in the configuration
        const account_settings* config;
        sip::account_id id;
        account_summary summary;
        std::optional<time_point> register_at;  ///< sip.reg_surge_prevention
    };
    /// Brackets one input: while it lasts SIP events wait; its end works them off and publishes what has changed.
    class turn;

    /// A call that the user has answered, while the one that talks is being put on hold.
    struct held_answer {
        call_number call;
        time_point at_latest;
    };
    struct last_dialled {
        std::string target;
        unsigned account;
    };
    struct pending_redial {
        last_dialled what;
        unsigned left;                 ///< Attempts
        std::optional<time_point> at;  ///< None while one is under way
    };
    struct pending_forward {
        time_point at;
        std::string uri;
    };

    // phone.cpp: what comes in
    void dispatch(now_t, sip::event&);
    void on_registration(now_t, const sip::registration_changed&);
    void register_line(line&);
    [[nodiscard]] line* find_line(unsigned number);
    [[nodiscard]] line* line_of(sip::account_id);
    [[nodiscard]] call* find(call_number);
    [[nodiscard]] call* find(sip::session_id);

    // phone_settle.cpp: what follows from it
    void settle(now_t);
    void publish_changes(now_t, call&);
    void retire(now_t, call&);
    void show(now_t);
    void choose_tone();
    void remind_of_held_calls(now_t);
    void note(now_t, std::string text);

    // phone_calls.cpp
    [[nodiscard]] command_result<call*> need(call_number, bool (*fits)(const call&), std::string_view state_wanted);
    [[nodiscard]] call* in_focus();
    [[nodiscard]] call* ringing_call();
    [[nodiscard]] call* held_call();
    void hold_others(const call* except);
    void take_back(call&);
    void answer(now_t, call&);
    void answer_when_others_are_held(now_t);
    call& new_call(call_direction, const line&);
    command_result<call_number> dial(now_t, const dial_request&);
    command_result<call_number> place(now_t, const line&, call_target);

    // phone_incoming.cpp
    void on_incoming(now_t, const sip::incoming_call&);
    void take_over(now_t, const sip::incoming_call&, const line&, const call& replaced);
    void turn_away(now_t, const sip::incoming_call&, const line&, const incoming_decision&);
    void refuse(sip::session_id, unsigned status, const std::vector<sip::extra_header>&);
    void forward_unanswered(now_t);

    // phone_transfer.cpp
    command_result<done> start_transfer(now_t, call&, call* to, std::string uri);
    void hold_and_refer(now_t, outgoing_transfer&);
    void send_refer(now_t, outgoing_transfer&);
    void publish(now_t, transfer_summary&, transfer_state, unsigned sip_code, std::string_view reason);
    void end_transfer(now_t, outgoing_transfer&, transfer_state, unsigned sip_code, std::string_view reason);
    [[nodiscard]] outgoing_transfer* find_transfer(sip::subscription_id);
    void on_transfer(now_t, const sip::transfer_requested&);
    void on_report(now_t, const sip::notification&);
    void on_refer_answer(now_t, const sip::subscription_changed&);
    void on_reports_ended(now_t, const sip::subscription_ended&);
    void follow_transfers(now_t);
    void report(now_t, incoming_transfer&);
    void transfer_lost_call(now_t, const call&);
    [[nodiscard]] bool is_left_behind(call_number) const;

    // phone_conference.cpp
    void open_room();
    void leave_room(call_number);
    void follow_conference(now_t);
    [[nodiscard]] bool is_room_talking();
    [[nodiscard]] bool is_room_muted();

    // phone_music.cpp
    void follow_music(now_t);
    void silence(now_t, call_number, std::string_view why);
    void end_music(call_number);
    [[nodiscard]] std::map<call_number, hold_music_request>::iterator find_music(sip::session_id);
    void on_music(now_t, const sip::call_answered&);
    void on_music(now_t, const sip::call_ended&);
    void on_music(now_t, const sip::remote_offer&);

    // phone_features.cpp
    void publish_features(now_t, unsigned account);
    void tell_server(now_t, unsigned account, const std::string& code, const std::string& target);
    void keep_features();
    void enter_history(now_t, const call&, history_kind);
    void enter_turned_away(now_t, const sip::incoming_call&, const line&, unsigned status, std::string_view why);
    void note_answer(call_number);
    void finish_history(now_t, const call_summary&);
    void recall_numbers();
    void begin_auto_redial(now_t, const call_summary&);
    void redial_when_due(now_t);

    // phone_keys.cpp
    void press(now_t, std::string_view key);
    void press_digit(now_t, char digit);
    void press_transfer(now_t);
    void send_dialled(now_t);

    settings config_;
    phone_ports ports_;
    phone_identity identity_;
    call_surroundings around_;
    hub* hub_ = nullptr;
    audio_device* audio_ = nullptr;
    std::vector<line> lines_;
    std::map<call_number, std::unique_ptr<call>> calls_;
    std::deque<call_summary> ended_;
    std::uint32_t last_number_ = 0;

    std::deque<sip::event> waiting_;
    int depth_ = 0;

    tone_desk tones_;
    std::optional<rtp::voice_processor> echo_;
    std::optional<time_point> busy_tone_until_;
    bool is_audio_running_ = false;
    bool is_off_hook_ = false;
    std::string dialled_, notice_;
    std::optional<time_point> notice_until_;
    std::map<call_number, time_point> auto_answer_at_;
    std::map<call_number, pending_forward> forward_at_;  ///< calls that ring and will be forwarded
    std::map<call_number, time_point> let_go_at_;        ///< calls whose transfer is done, for the peer to end
    std::optional<held_answer> held_answer_;
    std::vector<outgoing_transfer> transfers_out_;
    std::vector<incoming_transfer> transfers_in_;
    std::optional<call_number> transferring_;  ///< the TRANSFER key was pressed in this call
    std::optional<conference_room> room_;
    std::optional<network_conference> network_conference_;
    std::optional<rtp::sound_player> hold_music_;
    std::map<call_number, hold_music_request> music_;  ///< from servers, of calls on hold
    std::optional<time_point> remind_at_;
    std::map<call_number, history_entry> open_entries_;
    std::optional<last_dialled> last_dialled_, last_caller_;
    std::optional<pending_redial> redial_;
    std::optional<time_point> stop_by_;
    bool is_stopping_ = false;
    std::uint64_t calls_total_ = 0;
};

}  // namespace phoned

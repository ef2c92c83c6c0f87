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
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "phoned/phone/call.hpp"
#include "phoned/phone/panel.hpp"
#include "phoned/phone/tones.hpp"
#include "phoned/protocol/audio_device.hpp"
#include "phoned/protocol/hub.hpp"
#include "phoned/protocol/phone_commands.hpp"
#include "rtp/voice/voice_processor.hpp"

namespace phoned {

/// What the phone is connected to. All outlive it.
struct phone_ports {
    sip_port& sip;
    media_sockets& sockets;
    rtp::environment& random;
    rtp::packet_pool& packets;
    const rtp::dtls_identity* dtls = nullptr;  ///< The phone's certificate; null: no DTLS-SRTP
};

struct phone_identity {
    std::string instance;  ///< UUID of this phone, kept over restarts
    std::string cname;     ///< RFC 7022: of its media, new with each start
    rtp::address_family family = rtp::address_family::ipv4;
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
    std::vector<call_summary> call_list(const command_context&) override;
    command_result<call_quality> call_stats(const command_context&, call_number) override;
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

    void dispatch(now_t, sip::event&);
    void on_incoming(now_t, const sip::incoming_call&);
    void on_registration(now_t, const sip::registration_changed&);
    void settle(now_t);
    void retire(now_t, call&);
    void show(now_t);
    void choose_tone();
    void note(now_t, std::string text);

    [[nodiscard]] call* find(call_number);
    [[nodiscard]] call* find(sip::session_id);
    [[nodiscard]] command_result<call*> need(call_number, bool (*fits)(const call&), std::string_view state_wanted);
    [[nodiscard]] line* find_line(unsigned number);
    [[nodiscard]] line* line_of(sip::account_id);
    [[nodiscard]] call* in_focus();
    [[nodiscard]] call* ringing_call();
    void hold_others(const call* except);
    void answer(now_t, call&);
    command_result<call_number> dial(now_t, const dial_request&);
    void register_line(line&);

    void press(now_t, std::string_view key);
    void press_digit(now_t, char digit);
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
    bool is_muted_ = false;
    std::string dialled_, notice_;
    std::optional<time_point> notice_until_;
    std::map<call_number, time_point> auto_answer_at_;
    std::optional<time_point> stop_by_;
    bool is_stopping_ = false;
    std::uint64_t calls_total_ = 0;
};

}  // namespace phoned

// One call of the phone: a SIP session, the offers and answers that travel in it, and its audio stream, kept in step.
//
//                place()                180, 183             200
//   outgoing:  ---------> trying  ----------------> early ----------> confirmed --.
//                                                                                 |  BYE, failure, hang_up()
//                receive()                        answer()                        v
//   incoming:  ---------> early  --------------------------------> confirmed -> terminated
//
//   while confirmed:   wanted hold != offered hold, and no exchange open  ->  re-INVITE;   refused  ->  back to what
//   was agreed
//
// It decides nothing about other calls, devices or users: that is phone.cpp. SIP's rules are libsip's, SDP's are
// libsdp's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phoned/config/settings.hpp"
#include "phoned/media/sockets.hpp"
#include "phoned/media/stream.hpp"
#include "phoned/phone/info_digits.hpp"
#include "phoned/phone/sip_port.hpp"
#include "phoned/protocol/messages.hpp"
#include "phoned/time.hpp"
#include "sdp/negotiate/negotiator.hpp"

namespace phoned {

/// What every call works with. Outlives the calls.
struct call_surroundings {
    sip_port& sip;
    media_sockets& sockets;
    rtp::environment& random;
    rtp::packet_pool& packets;
    const settings& config;
    const rtp::dtls_identity* dtls = nullptr;  ///< The phone's certificate; null: no DTLS-SRTP
    std::string cname;
    rtp::address_family family = rtp::address_family::ipv4;
};

/// The user's next wish for the session, carried out when no offer is open.
enum class hold_wish : std::uint8_t { talk, hold };

class call final {
public:
    call(call_number, call_direction, unsigned account, const account_settings&, call_surroundings&);
    ~call();
    call(const call&) = delete;
    call& operator=(const call&) = delete;

    // ---- the beginning
    /// Calls `uri` with an offer. The reason where it cannot be tried.
    [[nodiscard]] std::optional<std::string> place(
        now_t, sip::account_id, std::string_view uri, std::chrono::seconds ring_limit
    );
    /// Takes an incoming call: its offer is read, and it rings. False: it has been refused already (bad or unusable
    /// offer, no port).
    [[nodiscard]] bool receive(now_t, const sip::incoming_call&);
    /// Answers an incoming call. False where its state or its offer does not allow it.
    [[nodiscard]] bool answer(now_t);
    void reject(unsigned status);
    void hang_up(now_t, std::string_view why);

    // ---- while it lives
    void set_hold(hold_wish);
    void set_muted(bool);
    [[nodiscard]] bool send_digits(now_t, std::string_view);
    void on_packet(now_t, rtp::component, rtp::packet_buffer, const rtp::endpoint& from);
    /// One period of the sound device; `captured` may be silence for a call that is not in focus.
    void on_period(now_t, std::span<const std::int16_t> captured, std::span<std::int16_t> playback);
    void on_timeout(now_t);
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;

    // ---- what SIP says
    void on(now_t, const sip::call_progress&);
    void on(now_t, const sip::call_answered&);
    void on(now_t, const sip::call_confirmed&);
    void on(now_t, const sip::remote_offer&);
    void on(now_t, const sip::remote_answer&);
    void on(now_t, const sip::offer_failed&);
    void on(now_t, const sip::offer_withdrawn&);
    void on(now_t, const sip::session_refreshed&);
    void on(now_t, const sip::call_redirected&);
    void on(now_t, const sip::local_address_changed&);
    void on(now_t, const sip::call_ended&);
    void on(now_t, const sip::in_call_request&);
    void on(now_t, const sip::request_completed&);

    // ---- what others may know
    [[nodiscard]] call_number number() const noexcept { return number_; }
    [[nodiscard]] sip::session_id session() const noexcept { return session_; }
    /// The INFO that is out, if any: its end is given to on().
    [[nodiscard]] sip::request_id open_request() const noexcept { return info_; }
    [[nodiscard]] media_id media() const noexcept { return ports_ ? ports_->id : media_id::none; }
    [[nodiscard]] call_state state() const noexcept { return state_; }
    [[nodiscard]] call_direction direction() const noexcept { return direction_; }
    [[nodiscard]] unsigned account() const noexcept { return account_; }
    [[nodiscard]] bool is_live() const noexcept { return state_ != call_state::terminated; }
    /// We want it on hold, whether the peer has agreed yet or not.
    [[nodiscard]] bool wants_hold() const noexcept { return wish_ == hold_wish::hold; }
    /// The callee is being alerted and sends no early media that is heard: the caller hears ring-back.
    [[nodiscard]] bool wants_ring_back() const noexcept;
    [[nodiscard]] call_summary summary(now_t) const;
    [[nodiscard]] std::optional<call_media> media_summary() const;
    [[nodiscard]] call_quality quality() const;

    /// What changed since the last take: tells the phone what to publish.
    struct changes {
        bool state = false, media = false, quality = false;
        [[nodiscard]] bool any() const noexcept { return state || media || quality; }
    };
    [[nodiscard]] changes take_changes() noexcept { return std::exchange(changes_, {}); }

private:
    [[nodiscard]] bool open_media(now_t);
    [[nodiscard]] sdp::local_media local_media(hold_wish) const;
    [[nodiscard]] sdp::negotiator& negotiator_of(std::uint32_t fork);
    void take_answer(now_t, sdp::negotiator&, sip::message_view carrier);
    void apply_agreement(now_t);
    void hear_early_media(now_t, std::uint32_t fork);
    void follow_wish();
    void give_up(now_t, std::string_view why, std::string_view reason_header);
    void release(now_t, std::string_view why, std::string_view reason_header);
    void set_state(call_state);
    void flush(now_t);
    void on_media_event(now_t, const rtp::event&);
    void send_next_info();
    void keep_digit(char);
    void end_media(now_t, std::string_view reason);

    call_number number_;
    call_direction direction_;
    unsigned account_;
    const account_settings* account_settings_;
    call_surroundings* around_;
    sdp::capabilities able_;

    sip::session_id session_;
    call_state state_ = call_state::trying;
    std::optional<media_ports> ports_;
    stream_secrets secrets_;  ///< of our stream, for the whole call; none where SRTP is off
    std::string dtls_suite_;  ///< that the handshake has agreed on
    std::unique_ptr<media_stream> stream_;
    rtp::outbox media_out_;

    sdp::negotiator negotiator_;  ///< of the session; before the answer: as it stood when the offer was sent
    std::map<std::uint32_t, sdp::negotiator> forks_;  ///< of early dialogs that have answered
    std::optional<std::uint32_t> heard_fork_;         ///< whose early media is heard
    bool is_alerting_ = false;
    hold_wish wish_ = hold_wish::talk, offered_ = hold_wish::talk, agreed_ = hold_wish::talk;
    bool offer_is_out_ = false;  ///< a re-INVITE of ours waits for its answer, or for its repetition after glare
    bool refused_ = false;       ///< the peer refused our last wish: it is not repeated by itself
    bool has_moved_ = false;     ///< our address has changed: the peer has to hear of it
    bool muted_ = false;
    info_digits info_digits_;
    sip::request_id info_;  ///< the INFO that is out

    std::string remote_, remote_name_, call_id_, local_tag_, remote_tag_;
    std::optional<time_point> answered_at_;
    std::optional<std::chrono::milliseconds> talked_;
    ended_by ended_ = ended_by::nobody;
    bool hung_up_here_ = false;
    unsigned sip_code_ = 0;
    std::string cause_, digits_;
    changes changes_;
};

}  // namespace phoned

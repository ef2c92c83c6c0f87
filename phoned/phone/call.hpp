// One call of the phone: a SIP session, the offers and answers that travel in it, and its audio stream, kept in step.
//
//                place()                180, 183             200
//   outgoing:  ---------> trying  ----------------> early ----------> confirmed --.
//                                                                                 |  BYE, failure, hang_up()
//                receive()                        answer()                        v
//   incoming:  ---------> early  --------------------------------> confirmed -> terminated
//
//   a 302 or another way on (8.1.3.4): back to trying, as a new session under the same number
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
#include "phoned/phone/server_music.hpp"
#include "phoned/phone/sip_port.hpp"
#include "phoned/protocol/messages.hpp"
#include "phoned/time.hpp"
#include "sdp/negotiate/negotiator.hpp"
#include "sip/usage/redirection.hpp"

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
    bool has_hold_music = false;  ///< Held peers get sound: on_period()'s `captured` is music then
};

/// Whom to call, and what the INVITE says beside its offer.
struct call_target {
    std::string uri;
    std::vector<sip::extra_header> headers = {};
    std::string replaces = {};  ///< A Replaces value (RFC 3891), or empty
    bool is_anonymous = false;  ///< The callee is not told who we are, whatever the account says
};

/// "line 3: a=ptime needs a number"
[[nodiscard]] std::string explain(const sdp::failure&);

/// The user's next wish for the session, carried out when no offer is open.
enum class hold_wish : std::uint8_t { talk, hold };

class call final {
public:
    call(call_number, call_direction, unsigned account, const account_settings&, call_surroundings&);
    ~call();
    call(const call&) = delete;
    call& operator=(const call&) = delete;

    // ---- the beginning
    /// Calls somebody with an offer. The reason where it cannot be tried.
    [[nodiscard]] std::optional<std::string> place(
        now_t, sip::account_id, call_target, std::chrono::seconds ring_limit
    );
    /// Takes an incoming call: its offer is read. False: it has been refused already (bad or unusable
    /// offer, no port).
    [[nodiscard]] bool receive(now_t, const sip::incoming_call&);
    /// Tells the caller that the user is alerted (180).
    void ring();
    /// Answers an incoming call. False where its state or its offer does not allow it.
    [[nodiscard]] bool answer(now_t);
    void reject(unsigned status);
    /// 302: the caller is to call `contact`, and may tell it why (RFC 5806 6: `user-busy`).
    void forward(std::string_view contact, std::string_view diversion_reason);
    void hang_up(now_t, std::string_view why);

    // ---- while it lives
    void set_hold(hold_wish);
    /// What a music server sends to the peer while we hold it, or that there is no music: the hold waits for that where
    /// the account calls the server first.
    void set_music(std::optional<music_source>);
    void set_muted(bool);
    void set_in_conference(bool);
    void set_auto_answered() { auto_answered_ = true; }
    void set_alert(std::string ring) { alert_ = std::move(ring); }
    void set_referred_by(std::string who) { referred_by_ = std::move(who); }
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
    void on(now_t, const sip::local_address_changed&);
    void on(now_t, const sip::call_ended&);
    void on(now_t, const sip::in_call_request&);
    void on(now_t, const sip::identity_changed&);
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
    /// The peer has not agreed to a wish of ours yet.
    [[nodiscard]] bool is_changing() const noexcept { return state_ == call_state::confirmed && wish_ != agreed_; }
    /// A hold for which a music server is to be called.
    [[nodiscard]] bool wants_music() const noexcept;
    [[nodiscard]] bool has_music() const noexcept { return music_.has_value(); }
    /// What was agreed on its audio line, or null.
    [[nodiscard]] const sdp::negotiated* agreed_line() const noexcept;
    [[nodiscard]] bool is_muted() const noexcept { return muted_; }
    [[nodiscard]] bool is_in_conference() const noexcept { return in_conference_; }
    /// The callee is being alerted: the caller hears ring-back.
    [[nodiscard]] bool wants_ring_back() const noexcept;
    /// A callee that has not answered yet describes sound of its own.
    [[nodiscard]] bool has_early_media() const noexcept;
    /// The caller has asked to stay unknown.
    [[nodiscard]] bool is_anonymous() const noexcept { return is_anonymous_; }
    [[nodiscard]] const std::string& remote() const noexcept { return remote_; }
    /// Where its focus or phone is to be reached, from the Contact of its answer; before that, whom we called.
    [[nodiscard]] std::string remote_contact() const { return contact_.empty() ? remote_ : contact_; }
    [[nodiscard]] const account_settings& settings_of_account() const noexcept { return *account_settings_; }
    [[nodiscard]] unsigned sip_code() const noexcept { return sip_code_; }
    [[nodiscard]] const std::string& cause() const noexcept { return cause_; }
    [[nodiscard]] call_summary summary(now_t) const;
    [[nodiscard]] std::optional<call_media> media_summary() const;
    [[nodiscard]] call_quality quality() const;

    /// What changed since the last take: tells the phone what to publish.
    struct changes {
        bool state = false, media = false, quality = false;
        bool redirected = false;  ///< The call goes on to somebody else
    };
    [[nodiscard]] changes take_changes() noexcept { return std::exchange(changes_, {}); }

private:
    static constexpr unsigned most_redirections = 5;
    static constexpr std::string_view not_acceptable = "SIP;cause=488;text=\"Not Acceptable Here\"";  // RFC 3326

    [[nodiscard]] std::optional<std::string> invite();
    [[nodiscard]] bool follow_redirection(const sip::call_ended&);
    void show_callee(sip::message_view, bool is_trusted);
    void note_alerting(unsigned status, bool has_description);
    void follow_mute();
    [[nodiscard]] std::string local_uri() const;
    [[nodiscard]] bool open_media(now_t);
    [[nodiscard]] sdp::local_media local_media(hold_wish) const;
    [[nodiscard]] const sdp::capabilities& able(hold_wish) const noexcept;
    [[nodiscard]] bool has_music_server() const noexcept;
    void drop_music();
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

    sip::account_id sip_account_;  ///< outgoing: what is called, with which account, how long
    call_target target_;
    std::chrono::seconds ring_limit_{0};
    sip::redirection redirects_;

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
    bool has_moved_ = false;     ///< what we describe has changed: the peer has to hear of it
    std::optional<music_source> music_;  ///< described to a held peer in our place
    bool awaits_music_ = false;          ///< the hold is offered when its music is known
    bool muted_ = false, in_conference_ = false, auto_answered_ = false, is_anonymous_ = false;
    info_digits info_digits_;
    sip::request_id info_;  ///< the INFO that is out

    std::string remote_, remote_name_, call_id_, local_tag_, remote_tag_;
    std::string contact_, diverted_by_, referred_by_, alert_;
    std::optional<time_point> answered_at_;
    std::optional<std::chrono::milliseconds> talked_;
    ended_by ended_ = ended_by::nobody;
    bool hung_up_here_ = false;
    unsigned sip_code_ = 0;
    std::string cause_, digits_;
    changes changes_;
};

}  // namespace phoned

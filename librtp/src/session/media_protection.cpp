#include "rtp/session/media_protection.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rtp {

namespace {

using namespace std::chrono_literals;

// RFC 4568 7.1.4 leaves open how long both keys are to be understood. The peer may go on with its old key until our
// answer has reached it, which SIP tries for 32 seconds; once it uses the new one, only stragglers are left.
constexpr duration longest_change = 32s;
constexpr duration straggling = 2s;

}  // namespace

error_code media_protection::set(time_point now, media_security const& security) {
    if (auto const* keys = std::get_if<described_keys>(&security)) {
        if (auto const error = set_keys(now, *keys)) return error;
    } else {
        sender_.reset();
        receiver_.reset();
        previous_.reset();
    }
    security_ = security;
    return {};
}

error_code media_protection::set_keys(time_point now, described_keys const& keys) {
    auto const* const old = std::get_if<described_keys>(&security_);
    std::unique_ptr<srtp_receiver> receiver;
    if (old == nullptr || old->receive != keys.receive) {
        auto made = make_srtp_receiver(keys.receive, receiver_ ? receiver_->positions() : source_positions{});
        if (!made) return made.error();
        receiver = std::move(*made);
    }
    if (old == nullptr || old->send != keys.send) {
        if (sender_ && keys.on_new_send_key == described_keys::rollover::goes_on) {
            if (auto const error = sender_->set_keys(keys.send)) return error;
        } else {
            auto made = make_srtp_sender(keys.send);
            if (!made) return made.error();
            sender_ = std::move(*made);
        }
        notice_below_ = sender_->packets_left() / 16;
    }
    if (receiver) {
        previous_ = std::exchange(receiver_, std::move(receiver));
        previous_until_ = now + longest_change;
    }
    return {};
}

error_code media_protection::protect_rtp(packet_buffer& packet) {
    if (!is_secure()) return {};
    return sender_ ? sender_->protect_rtp(packet) : make_error_code(errc::no_keys);
}

error_code media_protection::protect_rtcp(packet_buffer& packet) {
    if (!is_secure()) return {};
    return sender_ ? sender_->protect_rtcp(packet) : make_error_code(errc::no_keys);
}

template <class Unprotect>
error_code media_protection::unprotect(time_point now, Unprotect const& unprotect) {
    if (!is_secure()) return {};
    if (!receiver_) return errc::no_keys;
    auto const error = unprotect(*receiver_);
    if (!previous_) return error;
    if (!error) previous_until_ = std::min(previous_until_, now + straggling);
    if (now >= previous_until_) previous_.reset();
    return error && previous_ ? unprotect(*previous_) : error;
}

error_code media_protection::unprotect_rtp(time_point now, packet_buffer& packet) {
    return unprotect(now, [&](srtp_receiver& receiver) { return receiver.unprotect_rtp(packet); });
}

error_code media_protection::unprotect_rtcp(time_point now, packet_buffer& packet) {
    return unprotect(now, [&](srtp_receiver& receiver) { return receiver.unprotect_rtcp(packet); });
}

bool media_protection::takes_notice_of_expiry() noexcept {
    if (!sender_ || notice_below_ == 0 || sender_->packets_left() > notice_below_) return false;
    notice_below_ = 0;
    return true;
}

}  // namespace rtp

#include "rtp/session/srtp_pair.hpp"

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

error_code srtp_pair::set_send(srtp_settings const& settings, rollover how) {
    if (sender_ && how == rollover::goes_on) {
        if (auto const error = sender_->set_keys(settings)) return error;
    } else {
        auto made = make_srtp_sender(settings);
        if (!made) return made.error();
        sender_ = std::move(*made);
    }
    notice_below_ = sender_->packets_left() / 16;
    return {};
}

error_code srtp_pair::set_receive(time_point now, srtp_settings const& settings) {
    auto made = make_srtp_receiver(settings, receiver_ ? receiver_->positions() : source_positions{});
    if (!made) return made.error();
    previous_ = std::exchange(receiver_, std::move(*made));
    previous_until_ = now + longest_change;
    return {};
}

void srtp_pair::reset() noexcept {
    sender_.reset();
    receiver_.reset();
    previous_.reset();
}

error_code srtp_pair::protect_rtp(packet_buffer& packet) {
    return sender_ ? sender_->protect_rtp(packet) : make_error_code(errc::no_keys);
}

error_code srtp_pair::protect_rtcp(packet_buffer& packet) {
    return sender_ ? sender_->protect_rtcp(packet) : make_error_code(errc::no_keys);
}

template <class Unprotect>
error_code srtp_pair::unprotect(time_point now, Unprotect const& unprotect) {
    if (!receiver_) return errc::no_keys;
    auto const error = unprotect(*receiver_);
    if (!previous_) return error;
    if (!error) previous_until_ = std::min(previous_until_, now + straggling);
    if (now >= previous_until_) previous_.reset();
    return error && previous_ ? unprotect(*previous_) : error;
}

error_code srtp_pair::unprotect_rtp(time_point now, packet_buffer& packet) {
    return unprotect(now, [&](srtp_receiver& receiver) { return receiver.unprotect_rtp(packet); });
}

error_code srtp_pair::unprotect_rtcp(time_point now, packet_buffer& packet) {
    return unprotect(now, [&](srtp_receiver& receiver) { return receiver.unprotect_rtcp(packet); });
}

bool srtp_pair::takes_notice_of_expiry() noexcept {
    if (!sender_ || notice_below_ == 0 || sender_->packets_left() > notice_below_) return false;
    notice_below_ = 0;
    return true;
}

}  // namespace rtp

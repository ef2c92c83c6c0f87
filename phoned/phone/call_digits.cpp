// Digits in a call: by RTP or in band (media_stream), by INFO, or both; and those that come.
#include "phoned/phone/call.hpp"

namespace phoned {

namespace {

constexpr std::size_t most_digits_kept = 64;

}  // namespace

bool call::send_digits(now_t now, std::string_view digits) {
    if (!stream_ || !stream_->is_running()) return false;
    const auto how = account_settings_->dtmf;
    const bool by_info = how == dtmf_method::info || how == dtmf_method::telephone_event_and_info;
    if (by_info) {
        if (!info_digits_.push(digits)) return false;
        send_next_info();
    }
    if (how == dtmf_method::info) return true;
    const bool taken = stream_->send_digits(now, digits, media_out_);
    flush(now);
    return taken || by_info;
}

void call::send_next_info() {
    while (!info_) {
        const auto next = info_digits_.next();
        if (!next) return;
        around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
            const auto made =
                core.request_in_call(at, session_, sip::method::info, next->content_type, next->body, out);
            if (made) info_ = *made;
        });
        if (!info_) info_digits_.clear();
    }
}

void call::keep_digit(char digit) {
    digits_ += digit;
    if (digits_.size() > most_digits_kept) digits_.erase(0, 1);
    changes_.quality = true;
}

}  // namespace phoned

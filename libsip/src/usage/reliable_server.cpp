#include "sip/usage/reliable_server.hpp"

#include <algorithm>
#include <utility>

namespace sip {

bool reliable_responses::add(time_point now, timing const& timers, buffer_ref response, description body) {
    auto const rseq = last_rseq_ == 0 ? first_ : last_rseq_ + 1;
    waiting_.push_back({rseq, std::move(response), body == description::present});
    last_rseq_ = rseq;
    if (waiting_.size() > 1) return false;
    start(now, timers);
    return true;
}

void reliable_responses::start(time_point now, timing const& timers) noexcept {
    interval_ = timers.t1;
    resend_at_ = now + timers.t1;
    give_up_at_ = now + transaction_life(timers);
}

bool reliable_responses::matches(rack_view const& rack, std::uint32_t invite_cseq) const noexcept {
    return !waiting_.empty() && waiting_.front().rseq == rack.rseq && rack.cseq.number == invite_cseq &&
           rack.cseq.name == method::invite;
}

void reliable_responses::acknowledge() noexcept {
    if (!waiting_.empty()) waiting_.erase(waiting_.begin());
    resend_at_.reset();
    give_up_at_.reset();
}

void reliable_responses::resume(time_point now, timing const& timers) noexcept {
    if (!waiting_.empty()) start(now, timers);
}

std::optional<buffer_ref> reliable_responses::send_next(time_point now, timing const& timers) {
    if (waiting_.empty() || give_up_at_) return std::nullopt;
    start(now, timers);
    return waiting_.front().response;
}

std::optional<reliable_responses::due> reliable_responses::pop_due(time_point now, timing const& timers) {
    if (waiting_.empty()) return std::nullopt;
    if (give_up_at_ && *give_up_at_ <= now) {
        due over{waiting_.front().response, true};
        waiting_.clear();
        resend_at_.reset();
        give_up_at_.reset();
        return over;
    }
    if (!resend_at_ || *resend_at_ > now) return std::nullopt;
    interval_ *= 2;  // without the limit of T2: a PRACK is repeated by itself (RFC 3262 3)
    resend_at_ = std::max(*resend_at_ + interval_, now + timers.t1);
    return due{waiting_.front().response, false};
}

std::optional<time_point> reliable_responses::next_deadline() const noexcept {
    if (!resend_at_ || !give_up_at_) return resend_at_ ? resend_at_ : give_up_at_;
    return std::min(*resend_at_, *give_up_at_);
}

void reliable_responses::finish() noexcept {
    if (waiting_.size() > 1) waiting_.erase(waiting_.begin() + 1, waiting_.end());
    resend_at_.reset();
}

bool reliable_responses::holds_success() const noexcept {
    return std::any_of(waiting_.begin(), waiting_.end(), [](waiting const& one) { return one.described; });
}

}  // namespace sip

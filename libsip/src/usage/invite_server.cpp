#include "sip/usage/invite_server.hpp"

#include <algorithm>
#include <utility>

namespace sip {

void pending_answers::add(time_point now, timing const& timers, pending_answer answer) {
    answer.interval = timers.t1;
    answer.resend_at = now + timers.t1;
    answer.give_up_at = now + transaction_life(timers);
    answers_.push_back(std::move(answer));
}

std::optional<pending_answer> pending_answers::on_ack(std::uint32_t cseq) {
    for (auto at = answers_.begin(); at != answers_.end(); ++at) {
        if (at->cseq != cseq) continue;
        std::optional<pending_answer> confirmed(std::move(*at));
        answers_.erase(at);
        return confirmed;
    }
    return std::nullopt;
}

std::optional<time_point> pending_answers::next_deadline() const noexcept {
    std::optional<time_point> earliest;
    for (auto const& answer : answers_) {
        auto const at = std::min(answer.resend_at, answer.give_up_at);
        earliest = earliest ? std::min(*earliest, at) : at;
    }
    return earliest;
}

std::optional<pending_answers::due> pending_answers::pop_due(time_point now, timing const& timers) {
    for (auto at = answers_.begin(); at != answers_.end(); ++at) {
        if (at->give_up_at <= now) {
            due result{std::move(*at), true};
            answers_.erase(at);
            return result;
        }
        if (at->resend_at <= now) {
            // 13.3.1.4: the interval starts with T1 and doubles until it reaches T2, then stays there.
            at->interval = std::min(2 * at->interval, std::max(timers.t1, timers.t2));
            at->resend_at = std::max(at->resend_at + at->interval, now + timers.t1);
            return due{*at, false};
        }
    }
    return std::nullopt;
}

pending_answer* pending_answers::find(std::uint32_t cseq) noexcept {
    auto const at =
        std::find_if(answers_.begin(), answers_.end(), [cseq](auto const& answer) { return answer.cseq == cseq; });
    return at != answers_.end() ? &*at : nullptr;
}

}  // namespace sip

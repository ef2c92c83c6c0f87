#include "conformance/impair/losses.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>

namespace conformance {

namespace {

constexpr auto excuse = "it may have been lost, and is not sent again (RFC 3261 13.3.1.1)";

class lost_answers {
public:
    explicit lost_answers(const std::vector<lost_message>& lost) {
        for (const auto& each : lost)
            if (auto parsed = sip::parse_message(pool_.copy(each.text), pool_);
                parsed && parsed->view().is_response() && parsed->view().status() < 200)
                all_.push_back({each.from, each.to, *parsed});
    }
    struct answer {
        std::string from, to;
        sip::message message;
    };
    /// The first that `e` could be, of this call where one is named.
    const answer* like(const expected_message& e, std::optional<std::string_view> call_id = {}) const {
        const auto at = std::find_if(all_.begin(), all_.end(), [&](const answer& each) {
            const auto m = each.message.view();
            return m.cseq().method_text == e.method && (!call_id || m.call_id() == *call_id) &&
                   std::find(e.statuses.begin(), e.statuses.end(), m.status()) != e.statuses.end();
        });
        return at == all_.end() ? nullptr : &*at;
    }

private:
    sip::buffer_pool pool_;
    std::vector<answer> all_;
};

std::string_view call_id_of(unsigned call, const report& all) {
    for (const auto& m : all.messages)
        if (m.expected && m.observed && m.expected->call == call) return m.observed->message.view().call_id();
    return {};
}

void excuse_ring_back(report& all, const message_result& missing) {
    for (auto& m : all.media) {
        if (m.step != missing.step || m.expected.what != expected_media::kind::ring_back ||
            m.expected.to != missing.expected->to || m.what != verdict::wrong)
            continue;
        m.what = verdict::not_seen_but_allowed;
        m.explanation = fmt::format("nothing told {} that it rings", m.expected.to);
    }
}

}  // namespace

std::vector<observed_message> without_overtaken(std::vector<observed_message> all) {
    const auto is_overtaken = [&](const observed_message& trying) {
        const auto m = trying.message.view();
        return m.is_response() && m.status() == 100 &&
               std::any_of(all.begin(), all.end(), [&](const observed_message& other) {
                   const auto final = other.message.view();
                   return other.at <= trying.at && other.from == trying.from && other.to == trying.to &&
                          final.is_response() && final.status() >= 200 && final.call_id() == m.call_id() &&
                          final.cseq().number == m.cseq().number && final.top_via().branch() == m.top_via().branch();
               });
    };
    std::vector<observed_message> out;
    std::copy_if(all.begin(), all.end(), std::back_inserter(out), [&](const auto& m) { return !is_overtaken(m); });
    return out;
}

flow with_excuses(const flow& f, const std::vector<lost_message>& lost) {
    const lost_answers answers(lost);
    auto out = f;
    for (auto& step : out.steps)
        for (auto& e : step.messages)
            if (e.need != necessity::allowed && !e.is_request() && answers.like(e) != nullptr) {
                e.need = necessity::allowed;
                e.reason = excuse;
            }
    return out;
}

void judge_excuses(report& all, const std::vector<lost_message>& lost) {
    const lost_answers answers(lost);
    for (auto& m : all.messages) {
        if (m.observed || !m.expected || m.expected->reason != excuse) continue;
        const auto& e = *m.expected;
        if (const auto* cause = answers.like(e, call_id_of(e.call, all))) {
            m.explanation = fmt::format(
                "lost on the way from {} to {}, and not sent again (RFC 3261 13.3.1.1)", cause->from, cause->to
            );
            excuse_ring_back(all, m);
        } else {
            m.what = verdict::missing;
            m.explanation = fmt::format("it did not come from {} to {}, and none of this call was lost", e.from, e.to);
        }
    }
}

}  // namespace conformance

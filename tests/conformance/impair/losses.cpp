#include "conformance/impair/losses.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace conformance {

namespace {

bool is_provisional(const expected_message& e) {
    return !e.is_request() && std::all_of(e.statuses.begin(), e.statuses.end(), [](unsigned s) { return s < 200; });
}

class excuser {
public:
    excuser(report& all, const std::vector<lost_message>& lost) : report_(all) {
        for (const auto& each : lost)
            if (auto parsed = sip::parse_message(pool_.copy(each.text), pool_))
                lost_.push_back({each.from, each.to, *parsed});
    }

    void run() {
        for (auto& m : report_.messages) {
            if (m.what != verdict::missing || !m.expected || !is_provisional(*m.expected)) continue;
            const auto* cause = cause_of(*m.expected);
            if (cause == nullptr) continue;
            m.what = verdict::not_seen_but_allowed;
            m.explanation = fmt::format(
                "lost on the way from {} to {}, and not sent again (RFC 3261 13.3.1.1)", cause->from, cause->to
            );
            excuse_ring_back(m);
        }
    }

private:
    struct lost_one {
        std::string from, to;
        sip::message message;
    };

    /// A lost one like it, of the same call.
    const lost_one* cause_of(const expected_message& e) const {
        const auto id = call_id_of(e.call);
        const auto at = std::find_if(lost_.begin(), lost_.end(), [&](const lost_one& each) {
            const auto m = each.message.view();
            return m.is_response() && m.call_id() == id && m.cseq().method_text == e.method &&
                   std::find(e.statuses.begin(), e.statuses.end(), m.status()) != e.statuses.end();
        });
        return at == lost_.end() ? nullptr : &*at;
    }
    std::string_view call_id_of(unsigned call) const {
        for (const auto& m : report_.messages)
            if (m.expected && m.observed && m.expected->call == call) return m.observed->message.view().call_id();
        return {};
    }
    void excuse_ring_back(const message_result& missing) {
        for (auto& m : report_.media) {
            if (m.step != missing.step || m.expected.what != expected_media::kind::ring_back ||
                m.expected.to != missing.expected->to || m.what != verdict::wrong)
                continue;
            m.what = verdict::not_seen_but_allowed;
            m.explanation = fmt::format("nothing told {} that it rings", m.expected.to);
        }
    }

    report& report_;
    sip::buffer_pool pool_;
    std::vector<lost_one> lost_;
};

}  // namespace

void excuse(report& all, const std::vector<lost_message>& lost) {
    if (!lost.empty()) excuser(all, lost).run();
}

}  // namespace conformance

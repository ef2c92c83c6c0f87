#include "conformance/capture/judge.hpp"

#include <algorithm>

#include "conformance/capture/media.hpp"

namespace conformance {

std::vector<observed_message> observe(const recording& all, const cast& who) {
    observer seen{{}};
    for (const auto& each : all.messages) {
        const auto from = who.addresses.find(each.from), to = who.addresses.find(each.to);
        if (from != who.addresses.end() && to != who.addresses.end() && from->second != to->second)
            (void)seen.add_between(from->second, to->second, each.at, each.text);
    }
    return seen.messages();
}

std::variant<judgement, std::string> judge(const recording& all, const flow& f, const naming& said) {
    auto found = find_parties(all, f, said);
    if (auto* reason = std::get_if<std::string>(&found)) return std::move(*reason);
    judgement out{std::move(std::get<cast>(found)), {}, {}};
    out.messages = observe(all, out.who);
    out.result = check_messages(f, out.messages, out.who.users, out.who.unseen);
    const auto media = measure_media(all, out.who, f, out.messages, out.result);
    add_media(out.result, f, media.measured);
    out.result.media.insert(out.result.media.end(), media.broken.begin(), media.broken.end());
    return out;
}

namespace {

/// Messages of calls that the judgement has no place for, those between strangers among them.
std::size_t unexplained(const recording& all, const judgement& done) {
    const auto of_calls = std::count_if(all.messages.begin(), all.messages.end(), [](const captured_message& m) {
        const auto cseq = m.text.find("CSeq: ");
        const auto line = m.text.substr(cseq, m.text.find('\r', cseq) - cseq);
        return !line.ends_with(" REGISTER") && !line.ends_with(" OPTIONS") && !line.ends_with(" PUBLISH");
    });
    std::size_t explained = 0;
    for (const auto& m : done.result.messages)
        if (m.observed && m.what != verdict::outside) explained += m.observed->copies;
    const auto total = static_cast<std::size_t>(of_calls);
    return total > explained ? total - explained : 0;
}

/// Messages that came where the flow requires them.
std::size_t required(const report& r) {
    return static_cast<std::size_t>(std::count_if(r.messages.begin(), r.messages.end(), [](const message_result& m) {
        return m.observed && m.expected && m.expected->need != necessity::allowed;
    }));
}

}  // namespace

const flow* best_fit(const recording& all, const std::vector<flow>& flows, const naming& said) {
    const flow* best = nullptr;
    std::size_t fewest = 0, most_required = 0;
    for (const auto& each : flows) {
        const auto judged = judge(all, each, said);
        const auto* done = std::get_if<judgement>(&judged);
        if (done == nullptr) continue;
        const auto misfits = done->result.mismatches() + unexplained(all, *done);
        // Of two that fit alike, the one that says more: what one flow requires another may just allow.
        const auto certain = required(done->result);
        if (best != nullptr && (misfits > fewest || (misfits == fewest && certain <= most_required))) continue;
        best = &each;
        fewest = misfits;
        most_required = certain;
    }
    return best;
}

}  // namespace conformance

#include "conformance/mutants/mutate.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "conformance/mutants/message_text.hpp"
#include "conformance/mutants/operators.hpp"

namespace conformance {

namespace {

using places = std::vector<std::size_t>;

/// Every n-th place, so that `most` are left; each operator begins at another.
places spread(std::size_t count, unsigned most, std::size_t which) {
    places out;
    const auto step = most == 0 ? 1 : std::max<std::size_t>(1, (count + most - 1) / most);
    for (std::size_t i = which % step; i < count; i += step)
        out.push_back(i);
    return out;
}

std::string branch_of(const std::string& text) {
    const auto via = value_of(text, "Via");
    const auto at = via ? text.find("branch=", via->first) : std::string::npos;
    return at == std::string::npos ? std::string() : text.substr(at, text.find_first_of(";\r", at) - at);
}

/// "INVITE", "challenged INVITE", "authorized INVITE", "SIP/2.0 200 OK (INVITE)".
std::string label_of(const recording& all, std::size_t at) {
    const auto& text = all.messages[at].text;
    if (is_response(text)) {
        const auto value = header_text(text, "CSeq");
        return fmt::format("{} ({})", text.substr(0, text.find('\r')), value.substr(value.find(' ') + 1));
    }
    const bool is_challenged = std::any_of(all.messages.begin(), all.messages.end(), [&](const captured_message& m) {
        return (m.text.starts_with("SIP/2.0 401") || m.text.starts_with("SIP/2.0 407")) &&
               branch_of(m.text) == branch_of(text);
    });
    const bool is_authorized =
        !header_text(text, "Authorization").empty() || !header_text(text, "Proxy-Authorization").empty();
    return (is_challenged ? "challenged " : is_authorized ? "authorized " : "") + text.substr(0, text.find(' '));
}

bool same_hop(const captured_message& a, const captured_message& b) {
    return (a.from == b.from && a.to == b.to) || (a.from == b.to && a.to == b.from);
}

bool same_call(const captured_message& a, const captured_message& b) {
    return header_text(a.text, "Call-ID") == header_text(b.text, "Call-ID");
}

/// Transactions of a dialog go on side by side, but for INVITE's, whose ACK ends them.
bool is_answer_of_another_transaction(const captured_message& a, const captured_message& b) {
    const auto is_of_invite = [](const captured_message& m) {
        const auto cseq = header_text(m.text, "CSeq");
        return cseq.ends_with(" INVITE") || cseq.ends_with(" ACK");
    };
    return is_response(a.text) && !is_of_invite(a) && !is_of_invite(b) && branch_of(a.text) != branch_of(b.text);
}

/// Whether an operator that changes the order lets a message pass only those of other hops, calls or transactions.
bool passes_others(const recording& all, const message_operator& each, std::size_t at) {
    const auto is_other = [&](std::size_t i) {
        const auto &passed = all.messages[i], &moved = all.messages[at];
        return !same_hop(passed, moved) || !same_call(passed, moved) ||
               is_answer_of_another_transaction(moved, passed) || is_answer_of_another_transaction(passed, moved);
    };
    if (each.name == "swap with the next") return is_other(at + 1);
    return each.name == "send before the three before it" && is_other(at - 1) && is_other(at - 2) && is_other(at - 3);
}

}  // namespace

void each_mutant(const recording& original, unsigned per_operator, const std::function<void(const mutant&)>& use) {
    std::size_t which = 0;
    for (const auto& each : message_operators())
        for (const auto at : spread(original.messages.size(), per_operator, which++)) {
            mutant m{{}, original};
            if (!each.apply(m.all, at)) continue;
            m.what = fmt::format(
                "{}{}: message {}, {}, {} -> {}", each.name,
                passes_others(original, each, at) ? ", of another transaction" : "", at + 1, label_of(original, at),
                original.messages[at].from, original.messages[at].to
            );
            use(m);
        }
    each_media_mutant(original, use);
}

}  // namespace conformance

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "conformance/rules/rules.hpp"

namespace conformance::rules {

namespace {

constexpr std::string_view proxy = "P";

/// What a proxy adds to, takes from or fills in (RFC 3261 16.6, 16.7; RFC 3325; RFC 4028 8; RFC 7044).
constexpr std::array changeable{
    sip::header_id::via,
    sip::header_id::route,
    sip::header_id::record_route,
    sip::header_id::max_forwards,
    sip::header_id::proxy_authorization,
    sip::header_id::authorization,
    sip::header_id::proxy_require,
    sip::header_id::proxy_authenticate,
    sip::header_id::content_length,
    sip::header_id::session_expires,
    sip::header_id::min_se,
    sip::header_id::path,
    sip::header_id::history_info,
    sip::header_id::p_asserted_identity,
    sip::header_id::p_preferred_identity,
    sip::header_id::remote_party_id,
    sip::header_id::privacy,
    sip::header_id::max_breadth,
    sip::header_id::date,
    sip::header_id::supported,
    sip::header_id::require,
};

bool may_change(sip::header_id id) {
    return std::find(changeable.begin(), changeable.end(), id) != changeable.end();
}

class relay_checker {
public:
    relay_checker(const seen_messages& seen, findings& out) : seen_(seen), out_(out) {}

    void run() {
        for (std::size_t i = 0; i != seen_.size(); ++i) {
            if (seen_[i].from != proxy || seen_[i].is_challenge_round || !is_relayed(view(i))) continue;
            const auto source = source_of(i, 0, i);
            if (source)
                compare(i, *source);
            else if (has_other_hops(i))
                report_without_source(i);
        }
    }

private:
    sip::message_view view(std::size_t i) const { return seen_[i].message.view(); }
    void report(std::size_t at, std::string text, std::optional<std::size_t> other = {}, std::string rest = {}) {
        out_.push_back({at, std::move(text), other, std::move(rest)});
    }

    /// Hop by hop are: 100, all of CANCEL's answers, and what a registrar says; the ACK of a refusal is told by its
    /// branch, which the proxy's INVITE had.
    bool is_relayed(sip::message_view m) const {
        if (m.is_response())
            return m.status() > 100 && m.cseq().method_text != "CANCEL" && m.cseq().method_text != "REGISTER";
        if (m.method() != sip::method::ack) return true;
        return std::none_of(seen_.begin(), seen_.end(), [&](const observed_message& o) {
            const auto invite = o.message.view();
            return o.from == proxy && invite.is_request() && invite.method() == sip::method::invite &&
                   invite.top_via().branch() == m.top_via().branch();
        });
    }
    /// Whether anything of this call was seen between the proxy and anybody else.
    bool has_other_hops(std::size_t at) const {
        return std::any_of(seen_.begin(), seen_.end(), [&](const observed_message& o) {
            return o.to == proxy && o.from != seen_[at].to && o.message.view().call_id() == view(at).call_id();
        });
    }

    /// What the proxy got from anybody else between two places, the last first.
    std::optional<std::size_t> source_of(std::size_t at, std::size_t begin, std::size_t end) const {
        const auto m = view(at);
        for (std::size_t i = end; i-- > begin;) {
            const auto other = view(i);
            if (seen_[i].to != proxy || seen_[i].from == seen_[at].to || seen_[i].is_challenge_round) continue;
            if (other.is_request() != m.is_request() || other.call_id() != m.call_id() ||
                other.cseq().number != m.cseq().number || other.cseq().method_text != m.cseq().method_text)
                continue;
            if (m.is_response() && (other.status() != m.status() || other.to_tag() != m.to_tag())) continue;
            return i;
        }
        return std::nullopt;
    }

    /// A proxy makes refusals of its own, and the guide's answers REFER by itself.
    void report_without_source(std::size_t at) {
        const auto m = view(at);
        if (m.is_response() && m.cseq().method_text == "REFER") return;
        if (const auto later = source_of(at, at + 1, seen_.size()))
            return report(at, "the proxy sent it before it got ", later, " (RFC 3261 16.7)");
        if (m.is_response() && m.status() >= 300) return;
        report(
            at,
            fmt::format(
                "the proxy sent it without having got it from anybody (RFC 3261 {})", m.is_request() ? "16.6" : "16.7"
            )
        );
    }

    void compare(std::size_t at, std::size_t source) {
        const auto m = view(at), original = view(source);
        // A proxy makes CANCEL itself, with what its own INVITE had (RFC 3261 9.1, 16.10).
        if (m.is_request() && m.method() == sip::method::cancel) return;
        const std::string rest = fmt::format(" (RFC 3261 {})", m.is_request() ? "16.6" : "16.7");
        if (m.body() != original.body()) report(at, "its body is not that of ", source, rest);
        if (m.has(sip::header_id::contact) != original.has(sip::header_id::contact))
            report(at, "its Contact is not that of ", source, rest);
        for (const auto& header : original.headers()) {
            if (may_change(header.id)) continue;
            const auto name = original.name(header);
            const auto value = header.id == sip::header_id::unknown ? m.raw(name) : m.raw(header.id);
            if (value == original.value(header) || is_repeated(original, header)) continue;
            report(at, fmt::format("its {} is not that of ", name), source, rest);
        }
        if (m.is_request() && m.method() == sip::method::cancel) return;  // one for each hop (RFC 3261 16.10)
        if (m.is_request())
            compare_path(at, source);
        else
            compare_return(at, source);
    }

    /// Headers that stand on several lines are compared as a whole by nobody: a proxy may merge lines (RFC 3261 7.3.1).
    static bool is_repeated(sip::message_view m, const sip::header_entry& header) {
        const auto all = m.headers();
        return std::count_if(all.begin(), all.end(), [&](const sip::header_entry& other) {
                   return other.id == header.id &&
                          (header.id != sip::header_id::unknown || m.name(other) == m.name(header));
               }) > 1;
    }

    void compare_path(std::size_t at, std::size_t source) {
        const auto m = view(at), original = view(source);
        const auto left = m.get<sip::header_id::max_forwards>(), had = original.get<sip::header_id::max_forwards>();
        if (left && had && *left >= *had)
            report(
                at, fmt::format("its Max-Forwards is {}, not less than in ", *left), source, " (RFC 3261 16.6 step 3)"
            );
        bool keeps_branch = false;
        for (const auto& via : m.all<sip::header_id::via>())
            keeps_branch = keeps_branch || (via && via->branch() == original.top_via().branch());
        if (!keeps_branch) report(at, "it has lost the Via of ", source, " (RFC 3261 16.6 step 8)");
        if (m.top_via().branch() == original.top_via().branch())
            report(at, "its top Via is that of ", source, ": the proxy added none (RFC 3261 16.6 step 8)");
    }
    /// The proxy takes its own Via away (RFC 3261 16.7 step 3), so the next one is on top.
    void compare_return(std::size_t at, std::size_t source) {
        bool was_there = false;
        for (const auto& via : view(source).all<sip::header_id::via>())
            was_there = was_there || (via && via->branch() == view(at).top_via().branch());
        if (!was_there) report(at, "its Via does not stand in ", source, " (RFC 3261 16.7 step 3)");
    }

    const seen_messages& seen_;
    findings& out_;
};

}  // namespace

void check_relaying(const seen_messages& seen, findings& out) {
    relay_checker(seen, out).run();
}

}  // namespace conformance::rules

#include <algorithm>

#include <fmt/format.h>

#include "conformance/rules/rules.hpp"

namespace conformance::rules {

namespace {

constexpr seconds timer_f(32.5);  // 64 T1, and a moment on the way

bool is_final(sip::message_view m) {
    return m.is_response() && m.status() >= 200;
}

/// Display names, quotes and brackets may be written otherwise (RFC 3261 20.10, 20.20).
bool same_party(const sip::name_addr_view& a, const sip::name_addr_view& b) {
    return sip::equivalent(a.uri, b.uri) && a.tag() == b.tag();
}

class transaction_checker {
public:
    transaction_checker(const seen_messages& seen, findings& out) : seen_(seen), out_(out) {}

    void run() {
        for (std::size_t i = 0; i != seen_.size(); ++i) {
            const auto m = view(i);
            if (m.is_response())
                check_response(i, m);
            else
                check_request(i, m);
        }
    }

private:
    sip::message_view view(std::size_t i) const { return seen_[i].message.view(); }
    void report(std::size_t at, std::string text, std::optional<std::size_t> other = {}, std::string rest = {}) {
        out_.push_back({at, std::move(text), other, std::move(rest)});
    }
    /// The last message before `end` that fits.
    template <class Predicate>
    std::optional<std::size_t> last(std::size_t end, Predicate fits) const {
        for (std::size_t i = end; i-- > 0;)
            if (fits(i)) return i;
        return std::nullopt;
    }
    template <class Predicate>
    bool any_after(std::size_t begin, Predicate fits) const {
        for (std::size_t i = begin + 1; i < seen_.size(); ++i)
            if (fits(i)) return true;
        return false;
    }

    void check_response(std::size_t at, sip::message_view m) {
        const auto request = last(at, [&](std::size_t i) {
            return opposite_way(seen_[i], seen_[at]) && view(i).is_request() && answers(m, view(i));
        });
        if (!request)
            return report(
                at, fmt::format("no request with its branch {} passed this hop (RFC 3261 17.1.3)", m.top_via().branch())
            );
        const auto asked = view(*request);
        if (m.call_id() != asked.call_id()) report(at, "its Call-ID is not that of ", request, " (RFC 3261 8.2.6.2)");
        if (!same_party(m.from(), asked.from())) report(at, "its From is not that of ", request, " (RFC 3261 8.2.6.2)");
        if (!sip::equivalent(m.to().uri, asked.to().uri))
            report(at, "its To is not that of ", request, " (RFC 3261 8.2.6.2)");
        if (!asked.to_tag().empty() && m.to_tag() != asked.to_tag())
            report(at, "its To tag is not that of ", request, " (RFC 3261 8.2.6.2)");
        if (m.status() > 100 && m.to_tag().empty()) report(at, "its To has no tag (RFC 3261 8.2.6.2)");
        check_vias(at, m, *request);
        check_course(at, m);
        if (m.status() == 487) check_terminated(at, m);
        // Timer F: who asked has given up after 64 T1 (RFC 3261 17.1.2.2).
        if (m.cseq().method_text != "INVITE" && seen_[at].at - seen_[*request].at > timer_f)
            report(
                at, fmt::format("it came {:.0f} s after ", (seen_[at].at - seen_[*request].at).count()), request,
                " (RFC 3261 17.1.2.2)"
            );
        if (m.cseq().method_text != "INVITE" || m.status() < 200) return;
        if (m.status() < 300 && !m.has(sip::header_id::contact)) report(at, "it has no Contact (RFC 3261 12.1.1)");
        check_acknowledged(at, m);
    }

    void check_terminated(std::size_t at, sip::message_view m) {
        const auto end = last(at, [&](std::size_t i) {
            return opposite_way(seen_[i], seen_[at]) && view(i).is_request() && view(i).call_id() == m.call_id() &&
                   (view(i).method() == sip::method::cancel || view(i).method() == sip::method::bye);
        });
        if (!end) report(at, "no CANCEL and no BYE came before it on this hop (RFC 3261 21.4.25)");
    }

    void check_vias(std::size_t at, sip::message_view m, std::size_t request) {
        const auto count = [](sip::message_view each) {
            std::size_t n = 0;
            for ([[maybe_unused]] const auto& via : each.all<sip::header_id::via>())
                ++n;
            return n;
        };
        // A hop between may add to the top one only (received, rport), so the number stays.
        if (count(m) != count(view(request)))
            report(at, "its Via list is not that of ", request, " (RFC 3261 8.2.6.2)");
    }

    /// Nothing follows the final response of a transaction, but another 2xx of a forked INVITE (RFC 3261 17.2.1).
    void check_course(std::size_t at, sip::message_view m) {
        const auto before = last(at, [&](std::size_t i) {
            return same_way(seen_[i], seen_[at]) && is_final(view(i)) &&
                   m.top_via().branch() == view(i).top_via().branch() &&
                   m.cseq().method_text == view(i).cseq().method_text && m.cseq().number == view(i).cseq().number;
        });
        if (!before) return;
        const bool is_fork =
            m.status() / 100 == 2 && view(*before).status() / 100 == 2 && m.to_tag() != view(*before).to_tag();
        if (!is_fork) report(at, "the transaction was over with ", before, " (RFC 3261 17.2.1, 17.2.2)");
    }

    void check_acknowledged(std::size_t at, sip::message_view m) {
        const bool is_acknowledged = any_after(at, [&](std::size_t i) {
            const auto ack = view(i);
            return opposite_way(seen_[i], seen_[at]) && ack.is_request() && ack.method() == sip::method::ack &&
                   ack.call_id() == m.call_id() && ack.cseq().number == m.cseq().number &&
                   (m.status() < 300 || ack.top_via().branch() == m.top_via().branch());
        });
        if (!is_acknowledged) report(at, "no ACK followed on this hop (RFC 3261 13.2.2.4, 17.1.1.3)");
    }

    void check_request(std::size_t at, sip::message_view m) {
        if (!m.top_via().has_cookie()) report(at, "its branch has no cookie (RFC 3261 8.1.1.7)");
        if (!m.has(sip::header_id::max_forwards)) report(at, "it has no Max-Forwards (RFC 3261 8.1.1.6)");
        if (m.from_tag().empty()) report(at, "its From has no tag (RFC 3261 8.1.1.3)");
        if (!m.body().empty() && !m.has(sip::header_id::content_type))
            report(at, "it has a body without Content-Type (RFC 3261 20.15)");
        if (m.method() == sip::method::ack) return check_ack(at, m);
        if (m.method() == sip::method::cancel) check_cancel(at, m);
        if (gives_target(m.method()) && !m.has(sip::header_id::contact))
            report(at, "it has no Contact (RFC 3261 8.1.1.8)");
        check_branch_is_new(at, m);
        const bool is_answered = any_after(at, [&](std::size_t i) {
            return opposite_way(seen_[i], seen_[at]) && is_final(view(i)) && answers(view(i), m);
        });
        if (!is_answered) report(at, "it was never answered (RFC 3261 17.1)");
    }

    void check_branch_is_new(std::size_t at, sip::message_view m) {
        const auto before = last(at, [&](std::size_t i) {
            return same_way(seen_[i], seen_[at]) && view(i).is_request() && view(i).method_text() == m.method_text() &&
                   view(i).top_via().branch() == m.top_via().branch();
        });
        if (before) report(at, "its branch is that of ", before, ", which it does not repeat (RFC 3261 8.1.1.7)");
    }

    void check_ack(std::size_t at, sip::message_view m) {
        const auto response = last(at, [&](std::size_t i) {
            return opposite_way(seen_[i], seen_[at]) && is_final(view(i)) && view(i).cseq().method_text == "INVITE" &&
                   view(i).call_id() == m.call_id() && view(i).cseq().number == m.cseq().number;
        });
        if (!response) return report(at, "it acknowledges no response of this hop (RFC 3261 13.2.2.4, 17.1.1.3)");
        const auto confirmed = view(*response);
        // Timer H: who answered has given up (RFC 3261 13.3.1.4, 17.2.1).
        if (seen_[at].at - seen_[*response].at > timer_f)
            report(
                at, fmt::format("it came {:.0f} s after ", (seen_[at].at - seen_[*response].at).count()), response,
                " (RFC 3261 17.2.1)"
            );
        const bool has_same_branch = confirmed.top_via().branch() == m.top_via().branch();
        if (confirmed.status() >= 300 && !has_same_branch)
            report(at, "its branch is not that of ", response, " (RFC 3261 17.1.1.3)");
        if (confirmed.status() < 300 && has_same_branch)
            report(at, "it acknowledges a 2xx, yet has the branch of the INVITE (RFC 3261 13.2.2.4)");
        if (confirmed.status() >= 300 &&
            !(same_party(confirmed.from(), m.from()) && same_party(confirmed.to(), m.to())))
            report(at, "its From or To is not that of ", response, " (RFC 3261 17.1.1.3)");
        if (confirmed.to_tag() != m.to_tag())
            report(at, "its To tag is not that of ", response, " (RFC 3261 17.1.1.3)");
        if (confirmed.from_tag() != m.from_tag())
            report(at, "its From tag is not that of ", response, " (RFC 3261 17.1.1.3)");
        const auto before = last(at, [&](std::size_t i) {
            return same_way(seen_[i], seen_[at]) && view(i).method() == sip::method::ack && view(i).is_request() &&
                   view(i).call_id() == m.call_id() && view(i).cseq().number == m.cseq().number &&
                   view(i).to_tag() == m.to_tag();
        });
        if (before) report(at, "it is not the same as ", before, ", which it repeats (RFC 3261 13.2.2.4)");
    }

    void check_cancel(std::size_t at, sip::message_view m) {
        const auto invite = last(at, [&](std::size_t i) {
            return same_way(seen_[i], seen_[at]) && view(i).is_request() && view(i).method() == sip::method::invite &&
                   view(i).top_via().branch() == m.top_via().branch();
        });
        if (!invite) return report(at, "no INVITE with its branch passed this hop (RFC 3261 9.1)");
        const auto cancelled = view(*invite);
        if (cancelled.request_uri() != m.request_uri())
            report(at, "its Request-URI is not that of ", invite, " (RFC 3261 9.1)");
        if (cancelled.cseq().number != m.cseq().number)
            report(at, "its CSeq is not that of ", invite, " (RFC 3261 9.1)");
        if (!(same_party(cancelled.from(), m.from()) && same_party(cancelled.to(), m.to())))
            report(at, "its From or To is not that of ", invite, " (RFC 3261 9.1)");
    }

    const seen_messages& seen_;
    findings& out_;
};

}  // namespace

bool gives_target(sip::method method) {
    return method == sip::method::invite || method == sip::method::update || method == sip::method::subscribe ||
           method == sip::method::notify || method == sip::method::refer;
}

bool answers(sip::message_view response, sip::message_view request) {
    return request.top_via().branch() == response.top_via().branch() &&
           request.cseq().number == response.cseq().number && request.method_text() == response.cseq().method_text;
}

void check_transactions(const seen_messages& seen, findings& out) {
    transaction_checker(seen, out).run();
}

findings check_all(const seen_messages& seen) {
    findings out;
    check_transactions(seen, out);
    check_relaying(seen, out);
    check_dialogs(seen, out);
    check_offers(seen, out);
    return out;
}

}  // namespace conformance::rules

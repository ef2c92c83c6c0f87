#include <algorithm>

#include <fmt/format.h>

#include "conformance/rules/rules.hpp"

namespace conformance::rules {

namespace {

bool refreshes_target(sip::message_view m) {
    if (m.is_response() && (m.status() <= 100 || m.status() >= 300)) return false;
    return gives_target(sip::method_from(m.cseq().method_text));
}

bool same_target(const sip::uri_view& a, const sip::uri_view& b) {
    return a.user == b.user && a.host == b.host && a.port == b.port;
}

class dialog_checker {
public:
    dialog_checker(const seen_messages& seen, findings& out) : seen_(seen), out_(out) {}

    void run() {
        for (std::size_t i = 0; i != seen_.size(); ++i) {
            const auto m = view(i);
            if (m.is_request() && m.to_tag().empty() && seen_[i].from != "P") check_cseq(i, m);
            if (!m.is_request() || m.to_tag().empty() || is_hop_by_hop(i) || !has_beginning(m)) continue;
            check_tags(i, m);
            check_cseq(i, m);
            check_target(i, m);
            check_route(i, m);
        }
    }

private:
    sip::message_view view(std::size_t i) const { return seen_[i].message.view(); }
    void report(std::size_t at, std::string text, std::optional<std::size_t> other = {}, std::string rest = {}) {
        out_.push_back({at, std::move(text), other, std::move(rest)});
    }
    template <class Predicate>
    std::optional<std::size_t> last(std::size_t end, Predicate fits) const {
        for (std::size_t i = end; i-- > 0;)
            if (fits(i)) return i;
        return std::nullopt;
    }

    /// CANCEL and the ACK of a refusal copy from the request of their hop (RFC 3261 9.1, 17.1.1.3).
    bool is_hop_by_hop(std::size_t at) const {
        const auto m = view(at);
        if (m.method() == sip::method::cancel) return true;
        return m.method() == sip::method::ack && last(at, [&](std::size_t i) {
                   return same_way(seen_[i], seen_[at]) && view(i).is_request() &&
                          view(i).method() == sip::method::invite && view(i).top_via().branch() == m.top_via().branch();
               });
    }
    /// A capture may begin in the middle of a call.
    bool has_beginning(sip::message_view m) const {
        return std::any_of(seen_.begin(), seen_.end(), [&](const observed_message& o) {
            const auto other = o.message.view();
            return other.is_request() && other.to_tag().empty() && other.call_id() == m.call_id();
        });
    }

    void check_tags(std::size_t at, sip::message_view m) {
        const bool is_known = last(at, [&](std::size_t i) {
                                  const auto other = view(i);
                                  if (!other.is_response() || other.status() <= 100 || other.call_id() != m.call_id())
                                      return false;
                                  return (other.from_tag() == m.from_tag() && other.to_tag() == m.to_tag()) ||
                                         (other.from_tag() == m.to_tag() && other.to_tag() == m.from_tag());
                              }).has_value();
        if (!is_known) report(at, "its Call-ID and tags are those of no dialog (RFC 3261 12.2.1.1, 12.2.2)");
    }

    /// Also of what comes again outside a dialog, with credentials or to register anew (RFC 3261 8.1.3.5, 10.2); a
    /// proxy that forks sends one number several times. ACK and CANCEL repeat the number of their INVITE
    /// (transactions.cpp). What the proxy relays is checked where it came to it: from there on a datagram may be lost,
    /// and come again when later ones have overtaken it.
    void check_cseq(std::size_t at, sip::message_view m) {
        if (m.method() == sip::method::ack || m.method() == sip::method::cancel) return;
        if (seen_[at].from == "P" && last(at, [&](std::size_t i) {
                const auto other = view(i);
                return seen_[i].to == "P" && other.is_request() && other.call_id() == m.call_id() &&
                       other.cseq().number == m.cseq().number && other.method_text() == m.method_text() &&
                       other.from_tag() == m.from_tag();
            }))
            return;
        const auto before = last(at, [&](std::size_t i) {
            const auto other = view(i);
            return same_way(seen_[i], seen_[at]) && other.is_request() && other.call_id() == m.call_id() &&
                   other.from_tag() == m.from_tag() && other.method() != sip::method::ack &&
                   other.method() != sip::method::cancel && other.cseq().number >= m.cseq().number;
        });
        if (before)
            report(
                at, fmt::format("its CSeq {} does not lie above that of ", m.cseq().number), before,
                " (RFC 3261 12.2.1.1)"
            );
    }

    /// What the other end of this hop last gave as its Contact, in this dialog.
    void check_target(std::size_t at, sip::message_view m) {
        const auto given = last(at, [&](std::size_t i) {
            const auto other = view(i);
            const auto remote_tag = other.is_request() ? other.from_tag() : other.to_tag();
            return opposite_way(seen_[i], seen_[at]) && other.call_id() == m.call_id() && refreshes_target(other) &&
                   remote_tag == m.to_tag() && other.get<sip::header_id::contact>();
        });
        if (!given) return;
        const auto contact = view(*given).get<sip::header_id::contact>();
        // A proxy leads a GRUU to one of its phone's addresses (RFC 5627 6.1).
        if (seen_[at].from == "P" && contact->uri.params.has("gr")) return;
        if (!same_target(contact->uri, m.request_uri_parts()))
            report(
                at, fmt::format("its Request-URI is {}, but the Contact in ", m.request_uri()), given,
                fmt::format(" is {} (RFC 3261 12.2.1.1)", contact->uri.text)
            );
    }

    /// Who got Record-Route while the dialog was made sends Route from then on (RFC 3261 12.1, 12.2.1.1).
    void check_route(std::size_t at, sip::message_view m) {
        if (seen_[at].from == "P" || m.has(sip::header_id::route)) return;
        const auto recorded = last(at, [&](std::size_t i) {
            const auto other = view(i);
            const bool makes_dialog =
                other.is_request() ? other.to_tag().empty() : other.status() > 100 && other.status() < 300;
            const bool has_peer = other.is_request() ? other.from_tag() == m.to_tag() : other.to_tag() == m.to_tag();
            return opposite_way(seen_[i], seen_[at]) && other.call_id() == m.call_id() && makes_dialog && has_peer &&
                   other.has(sip::header_id::record_route);
        });
        if (recorded) report(at, "it has no Route, although Record-Route stood in ", recorded, " (RFC 3261 12.2.1.1)");
    }

    const seen_messages& seen_;
    findings& out_;
};

}  // namespace

void check_dialogs(const seen_messages& seen, findings& out) {
    dialog_checker(seen, out).run();
}

}  // namespace conformance::rules

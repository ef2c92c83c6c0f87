#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "conformance/facts.hpp"
#include "conformance/rules/rules.hpp"

namespace conformance::rules {

namespace {

using sdp::direction;

/// What may answer an offer of this direction (RFC 3264 6.1), the natural one first.
std::vector<direction> possible_answers(direction offer) {
    std::vector<direction> out;
    for (const auto each : {sdp::reversed(offer), direction::sendonly, direction::recvonly, direction::inactive})
        if (sdp::both(each, sdp::reversed(offer)) == each && std::find(out.begin(), out.end(), each) == out.end())
            out.push_back(each);
    return out;
}

bool can_answer(direction answer, direction offer) {
    const auto all = possible_answers(offer);
    return std::find(all.begin(), all.end(), answer) != all.end();
}

class offer_checker {
public:
    offer_checker(const seen_messages& seen, findings& out) : seen_(seen), out_(out) {}

    void run() {
        for (std::size_t i = 0; i != seen_.size(); ++i) {
            const auto description = description_in(view(i));
            if (!description) {
                if (carries_sdp(view(i))) report(i, "its session description cannot be read (RFC 8866 5)");
                continue;
            }
            check_succession(i, *description);
            if (description->media_lines.empty()) report(i, "its session description has no m= line (RFC 3264 5)");
            if (const auto offer = offer_of(i)) check_answer(i, *description, *offer);
        }
    }

private:
    sip::message_view view(std::size_t i) const { return seen_[i].message.view(); }
    void report(std::size_t at, std::string text, std::optional<std::size_t> other = {}, std::string rest = {}) {
        out_.push_back({at, std::move(text), other, std::move(rest)});
    }
    static bool carries_sdp(sip::message_view m) {
        const auto type = m.get<sip::header_id::content_type>();
        return !m.body().empty() && type && type->is("application", "sdp");
    }

    /// The message whose description this one answers: the request of a response, or the 2xx of an ACK (RFC 3261
    /// 13.2.1).
    std::optional<std::size_t> offer_of(std::size_t at) const {
        const auto m = view(at);
        const bool is_ack = m.is_request() && m.method() == sip::method::ack;
        if (m.is_request() && !is_ack) return std::nullopt;
        for (std::size_t i = at; i-- > 0;) {
            const auto other = view(i);
            if (!opposite_way(seen_[i], seen_[at]) || other.call_id() != m.call_id()) continue;
            const bool is_it = is_ack ? other.is_response() && other.cseq().number == m.cseq().number
                                      : other.is_request() && answers(m, other);
            if (is_it && carries_sdp(other)) return i;
        }
        return std::nullopt;
    }

    void check_answer(std::size_t at, const sdp::session& answer, std::size_t from) {
        const auto offer = description_in(view(from));
        if (!offer) return;
        if (offer->media_lines.size() != answer.media_lines.size())
            return report(
                at, fmt::format("its SDP has {} m= lines; ", answer.media_lines.size()), from,
                fmt::format(" offered {} (RFC 3264 6)", offer->media_lines.size())
            );
        for (std::size_t line = 0; line != answer.media_lines.size(); ++line)
            check_line(at, answer.media_lines[line], from, offer->media_lines[line]);
        const auto said = audio_direction(view(at)), asked = audio_direction(view(from));
        if (said && asked && answer.media_lines.front().port != 0 && !can_answer(*said, *asked)) {
            std::vector<std::string> expected;
            for (const auto each : possible_answers(*asked))
                expected.emplace_back(sdp::name_of(each));
            report(
                at, fmt::format("its SDP says {}; expected {} because ", sdp::name_of(*said), list_of(expected)), from,
                fmt::format(" offered {} (RFC 3264 6.1)", sdp::name_of(*asked))
            );
        }
    }

    void check_line(std::size_t at, const sdp::media& answer, std::size_t from, const sdp::media& offer) {
        if (answer.port == 0) return;
        if (offer.port == 0) report(at, "its SDP takes a stream that is refused in ", from, " (RFC 3264 6)");
        if (!sdp::is_transport(answer.transport, offer.transport))
            report(
                at, fmt::format("its SDP says {}; ", answer.transport), from,
                fmt::format(" offered {} (RFC 3264 6)", offer.transport)
            );
        const bool has_common = std::any_of(answer.formats.begin(), answer.formats.end(), [&](const sdp::format& each) {
            return std::any_of(offer.formats.begin(), offer.formats.end(), [&](const sdp::format& other) {
                return sdp::same_codec(each.codec, other.codec) && each.payload == other.payload;
            });
        });
        if (!answer.formats.empty() && !has_common)
            report(at, "its SDP has no codec, by the same number, of those in ", from, " (RFC 3264 6.1)");
    }

    /// Each end's descriptions of one dialog: the same origin, and a version that counts the changes (RFC 3264 8).
    void check_succession(std::size_t at, const sdp::session& description) {
        const auto m = view(at);
        const auto tag = m.is_request() ? m.from_tag() : m.to_tag();
        const auto key = fmt::format("{} {} {} {}", seen_[at].from, seen_[at].to, m.call_id(), tag);
        const auto [known, is_first] = last_.try_emplace(key, at);
        if (is_first) return;
        const auto before = description_in(view(known->second));
        const auto text_before = view(known->second).body();
        const auto previous = std::exchange(known->second, at);
        if (!before) return;
        if (before->origin.session_id != description.origin.session_id ||
            before->origin.username != description.origin.username)
            return report(at, "the session of its o= line is not that of ", previous, " (RFC 3264 8)");
        const auto version = description.origin.version, had = before->origin.version;
        if (m.body() != text_before && version == had)
            report(at, "its SDP differs, but its o= line has the version of ", previous, " (RFC 3264 8)");
        if (version < had) report(at, "the version of its o= line lies below that of ", previous, " (RFC 3264 8)");
    }

    const seen_messages& seen_;
    findings& out_;
    std::map<std::string, std::size_t> last_;  ///< description of each end, for each hop and dialog
};

}  // namespace

void check_offers(const seen_messages& seen, findings& out) {
    offer_checker(seen, out).run();
}

}  // namespace conformance::rules

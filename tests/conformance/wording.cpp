#include "conformance/wording.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "conformance/facts.hpp"

namespace conformance {

std::string text_of(const expected_message& e) {
    auto out = e.is_printed() ? e.label + ' ' : std::string();
    for (const auto status : e.statuses)
        out.append(fmt::format("{}{}", status == e.statuses.front() ? "" : "|", status));
    if (!e.is_request()) out += ' ';
    return out + e.method;
}

std::string text_of(const message_result& r) {
    if (!r.observed) return text_of(*r.expected);
    const auto number = r.expected && r.expected->is_printed() ? r.expected->label + ' ' : std::string();
    return number + summary(r.observed->message.view());
}

std::string text_of(const fact& f) {
    using kind = fact::kind;
    const auto values = list_of(f.values);
    switch (f.what) {
        case kind::sdp_direction:
            return "SDP says " + values;
        case kind::sdp_codec:
            return "SDP lists " + values;
        case kind::no_sdp:
            return "no SDP";
        case kind::from_party:
            return "From " + values;
        case kind::to_party:
            return "To " + values;
        case kind::contact_party:
            return "Contact " + values;
        case kind::refer_to_party:
            return "Refer-To " + values;
        case kind::refer_to_replaces:
            return values == "none" ? "without Replaces" : "Refer-To replaces call " + values;
        case kind::replaces:
            return "Replaces call " + values;
        case kind::referred_by:
            return "Referred-By " + values;
        case kind::diversion:
            return "Diversion " + values;
        case kind::sipfrag:
            return "tells " + values;
        case kind::has_header:
            return "has " + values;
        case kind::lacks_header:
            return "has no " + values;
        case kind::new_call:
            return "new Call-ID";
    }
    return {};
}

std::string text_of(const expected_media& e) {
    using kind = expected_media::kind;
    switch (e.what) {
        case kind::both_ways:
            return "2-way RTP";
        case kind::one_way:
            return "RTP";
        case kind::silence:
            return "no RTP";
        case kind::ring_back:
            return "ring-back";
        case kind::music:
            return "music on hold";
        case kind::mixed:
            return "3-way conference";
    }
    return {};
}

std::string text_of(const user_action& a) {
    return fmt::format("{} {}{}", a.party, a.verb, a.object.empty() ? "" : ' ' + a.object);
}

std::string note_of(const message_result& r) {
    switch (r.what) {
        case verdict::matches: {
            if (!r.expected) return r.explanation;
            std::string note = "ok";
            if (r.observed->copies > 1) note += fmt::format(" (sent {} times)", r.observed->copies);
            if (!r.expected->is_printed()) note += ", not printed in the guide: " + r.expected->reason;
            return note;
        }
        case verdict::missing:
            return "MISSING: " + r.explanation;
        case verdict::wrong:
            return "WRONG: " + r.explanation;
        case verdict::unexpected:
            return "UNEXPECTED: " + r.explanation;
        case verdict::not_seen_but_allowed:
            return "not sent, which is allowed: " + r.explanation;
        case verdict::outside:
            return "outside the flow";
    }
    return {};
}

std::string note_of(const media_result& r) {
    if (r.what == verdict::not_seen_but_allowed) return r.explanation;
    return (r.what == verdict::matches ? "ok: " : "WRONG: ") + r.explanation;
}

std::string summary_of(const report& r) {
    std::size_t printed = 0, matched = 0;
    for (const auto& m : r.messages)
        if (m.expected && m.expected->is_printed()) {
            ++printed;
            matched += is_mismatch(m.what) ? 0U : 1U;
        }
    const auto heard =
        std::count_if(r.media.begin(), r.media.end(), [](const auto& m) { return m.what == verdict::matches; });
    const auto unheard = r.unmeasured();
    return fmt::format(
        "{}: {} of {} messages of the guide and {} of {} media states match{}; {} messages that the guide leaves out{}",
        r.matches() ? "MATCHES" : "DOES NOT MATCH", matched, printed, heard, r.media.size(),
        unheard > 0 ? fmt::format(" ({} not measured)", unheard) : "", r.unprinted(), r.way ? "; " + r.way->title : ""
    );
}

}  // namespace conformance

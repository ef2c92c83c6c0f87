#include "sdp/negotiate/answer.hpp"

#include "codec_rules.hpp"
#include "local_line.hpp"
#include "offer_slots.hpp"
#include "outcome.hpp"
#include "sdp/model/attributes.hpp"
#include "sdp/text/scan.hpp"
#include "security.hpp"

#include <algorithm>

namespace sdp {

namespace {

/// An offered format that we take, and what we can do of it. Both are indices.
struct match {
    std::size_t offered;
    std::size_t ours;
};
using match_list = boost::container::small_vector<match, 6>;

/// The codecs in common in the offered order (RFC 3264 6.1); none if there is no voice among them.
match_list codecs_in_common(media const& offered, capabilities const& able) {
    match_list common;
    bool has_voice = false;
    for (std::size_t i = 0; i != offered.formats.size(); ++i) {
        auto const& theirs = offered.formats[i];
        for (std::size_t ours = 0; ours != able.audio.size(); ++ours) {
            if (!is_same_format(theirs, able.audio[ours].codec, able.audio[ours].parameters)) continue;
            common.push_back({i, ours});
            has_voice |= carries_voice(theirs.codec);
            break;
        }
    }
    if (!has_voice) common.clear();
    return common;
}

/// Writes a format under the number and name that the peer gave it.
void answer_format(media& line, format const& offered, std::string_view parameters) {
    auto& format = line.formats.emplace_back();
    format.payload = offered.payload;
    format.codec = offered.codec;
    format.parameters = parameters;
    settle_parameters(format.parameters, format.codec, offered.parameters);
}

/// Telephone events at 8000 Hz and at the clock rates of the codecs that were taken (RFC 4733 2.1).
void answer_telephone_events(media& line, media const& offered, telephone_event_capability const& able) {
    auto const codecs = line.formats.size();
    for (auto const& theirs : offered.formats) {
        if (!is_telephone_event(theirs.codec)) continue;
        bool fits = theirs.codec.clock_rate == 8000;
        for (std::size_t i = 0; i != codecs; ++i)
            fits |= line.formats[i].codec.clock_rate == theirs.codec.clock_rate;
        if (fits) answer_format(line, theirs, able.events);
    }
}

/// Why an offered line cannot be served; empty if it can be, its codecs and its security aside.
std::string_view objection(line_view offered, capabilities const& able, address_family ours) noexcept {
    auto const& line = offered.line;
    if (!same_text(line.type, "audio")) return "only audio is supported";
    if (!profile_of(line.transport)) return "the transport is not supported";
    if (line.port_count != 1) return "several ports in one m= line are not supported";
    auto const* const place = effective_connection(offered.description, line);
    if (place == nullptr) return "no c= line for the m= line";
    if (place->family == address_family::other) return "the address type is not supported";
    if (is_multicast(*place)) return "multicast is not supported";
    if (place->family != ours) return "no common address family";  // RFC 6157 4.1: answer and offer use the same.
    bool const needs_mux = find_attribute(line.attributes, "rtcp-mux-only") != nullptr;  // RFC 8858 4
    if (needs_mux && able.rtcp_mux == rtcp_mux_policy::refuse) return "rtcp-mux is required (RFC 8858)";
    return {};
}

/// The lines of an offer that we serve, and by which stream. A line that is on keeps its stream; others take what is
/// left, lines of a secure transport first: a peer that offers its stream twice wants one of them.
class line_plan {
public:
    line_plan(session const& offer, capabilities const& able, local_media const& local, agreement const& previous)
        : offer_{offer}, able_{able}, local_{local}, previous_{previous} {
        lines_.resize(offer.media_lines.size());
        taken_.resize(local.streams.size());
        for (std::size_t i = 0; i != lines_.size(); ++i) {
            auto const& line = offer.media_lines[i];
            if (line.port == 0) continue;
            wants_media_ = true;
            auto reason = objection({offer, line}, able, local.address.family);
            if (reason.empty()) {
                lines_[i].codecs = codecs_in_common(line, able);
                if (lines_[i].codecs.empty()) reason = "no codec in common";
            }
            if (!reason.empty()) note(reason, line);
        }
        for (std::size_t i = 0; i != lines_.size(); ++i) {
            if (is_on(previous, i)) give(i, *previous.lines[i].stream);
        }
        for (bool const secure : {true, false}) {
            for (std::size_t i = 0; i != lines_.size(); ++i) {
                bool const is_secure = profile_of(offer.media_lines[i].transport) != transport_profile::plain;
                if (!lines_[i].stream && is_secure == secure) give_first_free(i);
            }
        }
    }

    struct planned {
        match_list codecs;
        std::optional<std::size_t> stream;
        security_choice security;
    };

    [[nodiscard]] planned const& operator[](std::size_t line) const { return lines_[line]; }

    /// The offer asks for media and gets none.
    [[nodiscard]] bool refuses_everything() const {
        return wants_media_ && std::none_of(lines_.begin(), lines_.end(), [](planned const& p) { return p.stream; });
    }

    /// The objection that says most: that to the first audio line, else that to the first line.
    [[nodiscard]] std::string_view reason() const {
        return reason_.empty() ? "no local stream for the m= line" : reason_;
    }

private:
    void note(std::string_view reason, media const& line) {
        bool const audio = same_text(line.type, "audio");
        if (reason_.empty() || (audio && !reason_is_of_audio_)) {
            reason_ = reason;
            reason_is_of_audio_ = audio;
        }
    }

    void give(std::size_t line, std::size_t stream) {
        if (lines_[line].codecs.empty() || stream >= taken_.size() || taken_[stream]) return;
        auto const& offered = offer_.media_lines[line];
        auto const* const before = is_on(previous_, line) ? &previous_.lines[line] : nullptr;
        auto chosen = choose_security({offer_, offered}, able_.security, local_.streams[stream], before);
        if (!chosen.objection.empty()) {
            note(chosen.objection, offered);
            return;
        }
        lines_[line].security = std::move(chosen);
        lines_[line].stream = stream;
        taken_[stream] = true;
    }

    void give_first_free(std::size_t line) {
        auto const free = std::find(taken_.begin(), taken_.end(), false);
        give(line, static_cast<std::size_t>(free - taken_.begin()));
    }

    session const& offer_;
    capabilities const& able_;
    local_media const& local_;
    agreement const& previous_;
    boost::container::small_vector<planned, 1> lines_;
    boost::container::small_vector<bool, 2> taken_;
    std::string_view reason_;
    bool reason_is_of_audio_ = false;
    bool wants_media_ = false;
};

void answer_line(
    media& line, line_view offered, match_list const& codecs, local_stream const& stream, local_media const& local,
    capabilities const& able
) {
    line.type = offered.line.type;
    line.transport = offered.line.transport;
    fill_in_stream(line, stream, local.address.family, able);
    for (auto const& codec : codecs) {
        answer_format(line, offered.line.formats[codec.offered], able.audio[codec.ours].parameters);
    }
    if (able.telephone_event) answer_telephone_events(line, offered.line, *able.telephone_event);
    line.rtcp_mux = offered.line.rtcp_mux && able.rtcp_mux != rtcp_mux_policy::refuse;
    line.direction = both(reversed(effective_direction(offered.description, offered.line)), wished_direction(stream));
    keep_mid(line, offered.line);
}

}  // namespace

result<answer> make_answer(
    session const& offer, capabilities const& able, local_media const& local, origin const& own,
    agreement const& previous
) {
    result<answer> made;  // Filled where it will be returned: a description is large to move.
    line_plan const plan{offer, able, local, previous};
    if (plan.refuses_everything()) {
        made = failure{errc::not_acceptable, 488, 0, 0, plan.reason()};
        return made;
    }
    auto& description = made->description;
    write_frame(description, own, local);
    description.times = offer.times;  // RFC 3264 6: the time of the session is not negotiated.
    for (std::size_t i = 0; i != offer.media_lines.size(); ++i) {
        auto const& offered = offer.media_lines[i];
        auto const& planned = plan[i];
        auto& agreed = made->lines.emplace_back();
        if (!planned.stream) {
            add_refused(description, offered);
            continue;
        }
        auto const& stream = local.streams[*planned.stream];
        auto& line = description.media_lines.emplace_back();
        answer_line(line, {offer, offered}, planned.codecs, stream, local, able);
        answer_security(line, {offer, offered}, planned.security, stream);
        auto const* const before = is_on(previous, i) ? &previous.lines[i] : nullptr;
        agree(agreed, side::answerer, {description, line}, {offer, offered}, stream, able, before);
        agreed.stream = planned.stream;
        agreed.security = planned.security.agreed;
    }
    return made;
}

answer make_refusal(session const& offer, local_media const& local, origin const& own) {
    answer made;
    write_frame(made.description, own, local);
    made.description.times = offer.times;
    made.lines.resize(offer.media_lines.size());
    for (auto const& offered : offer.media_lines)
        add_refused(made.description, offered);
    return made;
}

result<negotiated_lines> apply_answer(
    session const& offer, session const& received, capabilities const& able, local_media const& local,
    agreement const& previous
) {
    auto const misfit = [](std::string_view reason) { return failure{errc::bad_answer, 488, 0, 0, reason}; };
    if (received.media_lines.size() > offer.media_lines.size()) {
        return misfit("the answer has more m= lines than the offer");
    }
    auto const slots = offer_slots(local, able.security, previous);
    boost::container::small_vector<bool, 2> served(local.streams.size());
    result<negotiated_lines> lines{negotiated_lines(offer.media_lines.size())};
    bool any_on = false;
    bool any_unusable = false;
    // Lines that are missing at the end count as refused: some peers leave out what they refuse.
    for (std::size_t i = 0; i != received.media_lines.size(); ++i) {
        auto const& asked = offer.media_lines[i];
        auto const& given = received.media_lines[i];
        if (!same_text(asked.type, given.type)) return misfit("the answer changes the media type of an m= line");
        if (asked.port == 0 || given.port == 0 || i >= slots.size() || !slots[i].stream) continue;
        if (!is_transport(given.transport, asked.transport)) {
            return misfit("the answer changes the transport of an m= line");
        }
        auto const* const place = effective_connection(received, given);
        if (place == nullptr || place->family != local.address.family) {
            return misfit("the answer changes the address family of an m= line");
        }
        auto const* const before = is_on(previous, i) ? &previous.lines[i] : nullptr;
        // A peer that takes both lines of one stream gets the first; the next offer switches the other off.
        if (served[*slots[i].stream]) continue;
        auto const& stream = local.streams[*slots[i].stream];
        auto security = read_answered_security({offer, asked}, {received, given}, able.security.policy, stream);
        if (!security.objection.empty()) return misfit(security.objection);
        negotiated agreed;
        agree(agreed, side::offerer, {offer, asked}, {received, given}, stream, able, before);
        if (agreed.send.empty() || !carries_voice(agreed.send.front().codec)) {
            any_unusable = true;
            continue;
        }
        agreed.stream = slots[i].stream;
        agreed.security = std::move(security.agreed);
        served[*agreed.stream] = true;
        (*lines)[i] = std::move(agreed);
        any_on = true;
    }
    if (!any_on && any_unusable) return misfit("the answer names no codec of the offer");
    return lines;
}

capabilities narrowed(capabilities able, negotiated const& line) {
    if (line.send.empty()) return able;
    auto const& settled = line.send.front();
    std::erase_if(able.audio, [&settled](codec_capability const& codec) {
        return carries_voice(codec.codec) && !is_same_format(settled, codec.codec, codec.parameters);
    });
    return able;
}

}  // namespace sdp

#include "outcome.hpp"

#include "codec_rules.hpp"
#include "sdp/text/scan.hpp"

#include <algorithm>

namespace sdp {

namespace {

using std::chrono::milliseconds;

format const* counterpart(media const& line, format const& wanted) noexcept {
    for (auto const& candidate : line.formats) {
        if (is_same_format(candidate, wanted)) return &candidate;
    }
    return nullptr;
}

template <class Formats>
bool has_number(Formats const& formats, payload_type payload) noexcept {
    return std::any_of(formats.begin(), formats.end(), [payload](format const& f) { return f.payload == payload; });
}

/// Adds a format as one side declared it, in the meaning that the other side's declaration leaves.
template <class Formats>
void add(Formats& formats, format const& declared, format const& other) {
    auto& added = formats.emplace_back(declared);
    settle_parameters(added.parameters, added.codec, other.parameters);
}

/// A telephone event runs on the clock of the voice it accompanies, else on any that both know (RFC 4733 2.1).
void choose_events(negotiated& agreed, boost::container::small_vector<format const*, 2> const& common) {
    if (common.empty()) return;
    auto const fits = std::find_if(common.begin(), common.end(), [&agreed](format const* event) {
        return !agreed.send.empty() && event->codec.clock_rate == agreed.send.front().codec.clock_rate;
    });
    agreed.send_events = fits != common.end() ? **fits : *common.front();
}

/// RFC 3264 6.1 and 7: both sides send with the numbers of the other's description, in the order the other prefers.
void choose_formats(negotiated& agreed, media const& local, media const& remote) {
    boost::container::small_vector<format const*, 2> events;
    for (auto const& theirs : remote.formats) {
        auto const* const ours = counterpart(local, theirs);
        if (ours == nullptr) continue;
        if (is_telephone_event(theirs.codec)) {
            events.push_back(&theirs);
        } else {
            add(agreed.send, theirs, *ours);
        }
    }
    auto const voice =
        std::find_if(agreed.send.begin(), agreed.send.end(), [](format const& f) { return carries_voice(f.codec); });
    if (voice != agreed.send.end()) std::rotate(agreed.send.begin(), voice, voice + 1);
    choose_events(agreed, events);

    for (auto const& ours : local.formats) {
        auto const* const theirs = counterpart(remote, ours);
        if (theirs == nullptr) continue;
        if (is_telephone_event(ours.codec)) {
            add(agreed.receive_events, ours, *theirs);
        } else {
            add(agreed.receive, ours, *theirs);
        }
    }
}

/// Peers exist that answer with numbers of their own and then also send with them, against RFC 3264 7. What our
/// description leaves free cannot be anything else.
template <class Formats>
void accept_their_number_too(Formats& receive, format const& sent, media const& local) {
    auto const ours =
        std::find_if(receive.begin(), receive.end(), [&sent](format const& f) { return is_same_format(f, sent); });
    if (ours == receive.end() || has_number(local.formats, sent.payload) || has_number(receive, sent.payload)) return;
    auto alias = *ours;
    alias.payload = sent.payload;
    receive.push_back(std::move(alias));
}

void choose_addresses(negotiated& agreed, line_view remote) {
    auto const* const place = effective_connection(remote.description, remote.line);
    if (place == nullptr || place->family == address_family::other || is_unspecified(*place)) return;
    auto const name = [](std::optional<endpoint>& end, connection const& at, std::uint16_t port) {
        auto& named = end.emplace();
        named.family = at.family;
        named.address = at.address;
        named.port = port;
    };
    name(agreed.remote_rtp, *place, remote.line.port);
    if (agreed.rtcp_mux) {
        agreed.remote_rtcp = agreed.remote_rtp;
        return;
    }
    auto const& rtcp = remote.line.rtcp;
    if (rtcp) {
        auto const& rtcp_place = rtcp->address ? *rtcp->address : *place;
        if (rtcp_place.family != address_family::other && !is_unspecified(rtcp_place)) {
            name(agreed.remote_rtcp, rtcp_place, rtcp->port);
        }
    } else if (remote.line.port != 65535) {
        name(agreed.remote_rtcp, *place, static_cast<std::uint16_t>(remote.line.port + 1));
    }
}

/// b=AS:0 and the like ask for no media at all (RFC 3264 5.1).
bool forbids_media(media const& line) noexcept {
    return std::any_of(line.bandwidths.begin(), line.bandwidths.end(), [](bandwidth const& limit) {
        return limit.value == 0 && (same_text(limit.type, "AS") || same_text(limit.type, "TIAS"));
    });
}

/// What the peer would like to receive (RFC 3264 6.1), in the steps our sender can make.
milliseconds packet_time(media const& remote, capabilities const& able) noexcept {
    auto time = remote.ptime.value_or(able.ptime.value_or(milliseconds{20}));
    if (remote.maxptime) time = std::min(time, *remote.maxptime);
    time = std::min(time, able.longest_packet);
    if (able.packet_step.count() > 0) time -= time % able.packet_step;
    return std::max(time, able.shortest_packet);
}

}  // namespace

void agree(
    negotiated& agreed, side we_are, line_view local, line_view remote, local_stream const& stream,
    capabilities const& able, negotiated const* before
) {
    choose_formats(agreed, local.line, remote.line);
    if (we_are == side::offerer) {
        for (auto const& sent : agreed.send)
            accept_their_number_too(agreed.receive, sent, local.line);
        if (agreed.send_events) accept_their_number_too(agreed.receive_events, *agreed.send_events, local.line);
    }

    agreed.rtcp_mux = local.line.rtcp_mux && remote.line.rtcp_mux;
    choose_addresses(agreed, remote);
    agreed.send_ptime = packet_time(remote.line, able);

    auto const ours = effective_direction(local.description, local.line);
    auto const theirs = effective_direction(remote.description, remote.line);
    agreed.may_send = sends(ours) && receives(theirs) && agreed.remote_rtp && !forbids_media(remote.line);
    agreed.may_receive = receives(ours) && sends(theirs);

    agreed.local_hold = stream.hold != hold_style::none;
    // An answer can only accept media that we offered to send:
    // where we did not, it tells nothing new about the peer's wish.
    bool const tells = we_are == side::answerer || sends(ours);
    bool const wants_none = tells ? !receives(theirs) : before != nullptr && before->remote_hold;
    agreed.remote_hold = wants_none || !agreed.remote_rtp;
}

}  // namespace sdp

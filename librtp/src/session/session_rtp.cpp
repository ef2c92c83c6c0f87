// The receive path of rtp::session: from a datagram to media, a digit or a counter.
#include <algorithm>
#include <utility>

#include "rtp/session/session.hpp"
#include "rtp/wire/demux.hpp"

namespace rtp {

namespace {

using namespace std::chrono_literals;

// A source that was replaced may return when its successor has been silent this long: two that speak at once cannot
// take turns.
constexpr duration succession_silence = 200ms;
// RFC 3550 8.2: ten report intervals.
constexpr duration conflict_memory = 50s;

}  // namespace

void session::on_packet(now_t now, component via, packet_buffer packet, endpoint const& from, outbox& out) {
    switch (classify(packet.bytes())) {
        case datagram_kind::rtp:
            if (via == component::rtp) return on_rtp(now, std::move(packet), from, out);
            break;
        case datagram_kind::rtcp:
            return on_rtcp(now, std::move(packet), from, out);
        case datagram_kind::dtls:
            return on_dtls(now, via, packet.bytes(), from, out);
        case datagram_kind::stun:
        case datagram_kind::zrtp:
        case datagram_kind::turn_channel:
        case datagram_kind::unknown:
            break;
    }
    ++statistics_.malformed;
}

void session::on_rtp(now_t now, packet_buffer packet, endpoint const& from, outbox& out) {
    if (is_stopped_) return;
    if (!peer_.is_heard(component::rtp, from, now.mono)) {
        ++statistics_.foreign_address;
        return;
    }
    if (!is_authentic(protection_.unprotect_rtp(now.mono, packet))) return;
    auto const parsed = packet_view::parse(packet.bytes());
    if (!parsed) {
        ++statistics_.malformed;
        return;
    }
    auto const& view = *parsed;
    if (view.ssrc() == stream_.ssrc()) return on_own_ssrc(now, from, out);
    auto const* mapping = find_mapping(view.type());
    if (!admit(now.mono, view, mapping, from, out)) return;
    if (mapping == nullptr) {
        ++statistics_.unknown_payload;
        return;
    }
    if (!can_receive(direction_)) {
        ++statistics_.not_receiving;
        return;
    }
    if (std::exchange(must_announce_, false)) out.events.emplace_back(media_started{view.ssrc(), from});
    if (mapping->use == payload_use::telephone_event &&
        !digits_in_.on_packet(now.mono, mapping->rate, view.timestamp(), view.marker(), view.payload(), out)) {
        ++statistics_.malformed;
    }
    ++statistics_.packets_delivered;
    statistics_.octets_delivered += view.payload().size();
    out.media.push_back({now.mono, mapping->use, view, std::move(packet)});
}

// Counts why SRTP refused a packet.
bool session::is_authentic(error_code unprotected) noexcept {
    if (!unprotected) return true;
    if (unprotected == errc::replayed)
        ++statistics_.replayed;
    else if (unprotected == errc::no_keys || unprotected == errc::key_expired)
        ++statistics_.without_keys;
    else if (unprotected == errc::too_many_sources)
        ++statistics_.too_many_sources;
    else if (unprotected == errc::truncated || unprotected == errc::bad_version)
        ++statistics_.malformed;
    else
        ++statistics_.unauthentic;
    return false;
}

// Enters the packet into the statistics of its source; false if it is not to be used, for the reason that is then
// counted.
bool session::admit(
    time_point now, packet_view const& packet, payload_mapping const* mapping, endpoint const& from, outbox& out
) {
    auto* const from_member = members_.find_or_add(now, packet.ssrc());
    if (from_member == nullptr) {
        ++statistics_.too_many_sources;
        return false;
    }
    auto& sender = *from_member;
    if (is_conflicting(sender, &member::media_address, from)) return false;
    if (!sender.media)
        sender.media.emplace(mapping != nullptr ? mapping->rate : stream_.rate());
    else if (mapping != nullptr)
        sender.media->set_clock_rate(mapping->rate);
    auto const verdict = sender.media->on_packet(now, packet.sequence(), packet.timestamp());
    switch (verdict) {
        case source::verdict::probation:
        case source::verdict::jump:
            ++statistics_.on_probation;
            return false;
        case source::verdict::duplicate:
            ++statistics_.duplicate;
            return false;
        case source::verdict::validated:
        case source::verdict::ordinary:
        case source::verdict::restart:
            break;
    }
    members_.on_heard(now, sender);
    sender.is_confirmed = true;
    sender.is_sender = true;
    sender.last_media = now;
    sender.heard_since_report = true;
    on_life(now, out);
    if (peer_.on_valid(component::rtp, from, now)) out.events.emplace_back(remote_learned{component::rtp, from});
    bool const is_selected = select_source(now, sender, verdict == source::verdict::restart, out);
    if (!is_selected) ++statistics_.superseded_source;
    on_contributors(now, packet);  // last: it may move the members
    return is_selected;
}

// RFC 3550 8.2: in a group two may have drawn the same SSRC, or a translator may send in a circle. Whoever was first is
// kept, as long as it is heard. Between two parties the rules of peer_address have settled it before.
bool session::is_conflicting(member& known, endpoint member::*address, endpoint const& from) noexcept {
    if (!peer_.is_group()) return false;
    auto& remembered = known.*address;
    if (remembered == from) return false;
    if (remembered.family == address_family::none || !known.is_active) {
        remembered = from;
        return false;
    }
    ++statistics_.conflicting;
    return true;
}

bool session::select_source(time_point now, member& sender, bool is_restart, outbox& out) {
    if (heard_ == sender.ssrc) {
        if (is_restart) {
            digits_in_.on_source_changed(out);
            out.events.emplace_back(source_changed{sender.ssrc, source_changed::cause::restart});
        }
        return true;
    }
    if (heard_) {
        if (auto* current = members_.find(*heard_)) {
            if (sender.is_superseded && now - current->last_media < succession_silence) return false;
            current->is_superseded = true;
        }
        digits_in_.on_source_changed(out);
        out.events.emplace_back(source_changed{sender.ssrc, source_changed::cause::new_source});
    }
    sender.is_superseded = false;
    heard_ = sender.ssrc;
    return true;
}

// RFC 3550 6.3.3: each source that a mixer names is a member too.
void session::on_contributors(time_point now, packet_view const& packet) {
    for (std::size_t i = 0; i < packet.csrc_count(); ++i) {
        if (packet.csrc(i) == stream_.ssrc()) {
            ++statistics_.looped;  // RFC 3550 8.2: a mixer sends us back to ourselves
            continue;
        }
        if (auto* contributor = members_.find_or_add(now, packet.csrc(i))) {
            members_.on_heard(now, *contributor);
            contributor->is_confirmed = true;
        }
    }
}

payload_mapping const* session::find_mapping(payload_type type) const noexcept {
    auto const at = std::ranges::find(payloads_.receive, type, &payload_mapping::type);
    return at == payloads_.receive.end() ? nullptr : &*at;
}

// RFC 3550 8.2: the first packet with our SSRC from some address is a collision, and we change; more from there are our
// own packets in a loop.
void session::on_own_ssrc(now_t now, endpoint const& from, outbox& out) {
    auto const is_old = [&](conflict const& seen) { return now.mono - seen.last_seen > conflict_memory; };
    conflicts_.erase(std::remove_if(conflicts_.begin(), conflicts_.end(), is_old), conflicts_.end());
    auto const known = std::ranges::find(conflicts_, from, &conflict::from);
    if (known != conflicts_.end() || conflicts_.size() == conflicts_.capacity()) {
        if (known != conflicts_.end()) known->last_seen = now.mono;
        ++statistics_.looped;
        return;
    }
    conflicts_.push_back({from, now.mono});
    if (statistics_.packets_sent + statistics_.rtcp_sent > 0) (void)send_report(now, "SSRC collision", out);
    auto fresh = stream_.ssrc();
    while (fresh == stream_.ssrc() || members_.find(fresh) != nullptr)
        fresh = static_cast<ssrc_t>(static_cast<std::uint32_t>(environment_->random()));
    stream_.change_ssrc(fresh);
    out.events.emplace_back(local_source_changed{fresh});
}

}  // namespace rtp

#include "crypto/own_srtp.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "rtp/wire/bytes.hpp"

namespace rtp {

namespace {

constexpr std::uint32_t encrypted_bit = 0x8000'0000;  // RFC 3711 3.4: the E bit before the 31 bits of the index

using rollover_bytes = std::array<std::byte, 4>;

// RFC 3711 4.2: the rollover counter is authenticated as if it followed the packet. RFC 7714 8.2 has it in the IV only.
plain_parts rtp_parts(srtp_layout const& at, std::uint64_t index, bool is_aead, rollover_bytes& rollover) noexcept {
    store_u32(rollover, rollover_of(index));
    return {at.header, at.text, is_aead ? std::span<const std::byte>{} : rollover, at.ssrc, index};
}

plain_parts rtcp_parts(srtp_layout const& at) noexcept {
    auto const word = load_u32(at.index_word);
    plain_parts parts{at.header, at.text, at.index_word, at.ssrc, word & ~encrypted_bit};
    if ((word & encrypted_bit) == 0) {
        parts.clear = {at.header.data(), at.header.size() + at.text.size()};
        parts.text = {};
    }
    return parts;
}

// The indices that a packet may have, most probable first. RFC 3711 3.3.1 begins at the first packet that is seen, with
// a rollover counter of zero. That packet need not be the first one sent, and after a new key some peers go on and
// others begin anew: as long as no packet has proved which, authentication decides.
using index_candidates = boost::container::static_vector<std::uint64_t, 3>;
index_candidates candidates(srtp_source const* source, sequence_t sequence) {
    if (source != nullptr && source->is_confirmed) return {estimate_index(source->rtp.highest(), sequence)};
    index_candidates indices;
    auto const first = static_cast<std::uint64_t>(sequence);
    if (source != nullptr && source->rtp.has_begun())
        indices.push_back(estimate_index(source->rtp.highest(), sequence));
    if (std::ranges::find(indices, first) == indices.end()) indices.push_back(first);
    if (first < 0x8000) indices.push_back(first + 0x1'0000);
    return indices;
}

}  // namespace

srtp_source* srtp_sources::find(ssrc_t ssrc) noexcept {
    if (last_ < sources_.size() && sources_[last_].ssrc == ssrc) return &sources_[last_];
    auto const at = std::ranges::find(sources_, ssrc, &srtp_source::ssrc);
    if (at == sources_.end()) return nullptr;
    last_ = static_cast<std::size_t>(at - sources_.begin());
    return &*at;
}

srtp_source* srtp_sources::find_or_add(ssrc_t ssrc) {
    if (auto* const known = find(ssrc)) return known;
    if (is_full()) return nullptr;
    return &sources_.emplace_back(ssrc, window_);
}

parsed<srtp_layout> own_sender::add_trailer(packet_buffer& packet, packet_kind kind) {
    auto const size = trailer_size(keys_.traits(), kind, keys_.mki_size());
    if (packet.append(size).size() != size) return parse_failure{errc::too_large, 0};
    auto parts = lay_out(packet.bytes(), kind, keys_.traits(), keys_.mki_size());
    if (parts) std::ranges::copy(keys_.first().mki, parts->mki.begin());
    return parts;
}

error_code own_sender::protect_rtp(packet_buffer& packet) {
    auto& key = keys_.first();
    if (key.rtp_left == 0) return errc::key_expired;
    auto const parts = add_trailer(packet, packet_kind::rtp);
    if (!parts) return parts.error().code;
    auto* const source = sources_.find_or_add(parts->ssrc);
    if (source == nullptr) return errc::too_many_sources;
    auto const sequence = static_cast<sequence_t>(load_u16(parts->header.subspan(2)));
    auto const index = source->rtp.has_begun() ? estimate_index(source->rtp.highest(), sequence)
                                               : static_cast<std::uint64_t>(sequence);
    if (index >= packet_index_limit) return errc::key_expired;
    if (!source->rtp.is_new(index)) return errc::replayed;
    rollover_bytes rollover;
    if (!key.rtp.seal(rtp_parts(*parts, index, keys_.traits().is_aead, rollover), parts->tag))
        return errc::crypto_failed;
    source->rtp.add(index);
    --key.rtp_left;
    return {};
}

error_code own_sender::protect_rtcp(packet_buffer& packet) {
    auto& key = keys_.first();
    if (key.rtcp_left == 0) return errc::key_expired;
    auto const parts = add_trailer(packet, packet_kind::rtcp);
    if (!parts) return parts.error().code;
    auto* const source = sources_.find_or_add(parts->ssrc);
    if (source == nullptr) return errc::too_many_sources;
    store_u32(parts->index_word, encrypted_bit | source->next_rtcp_index);
    if (!key.rtcp.seal(rtcp_parts(*parts), parts->tag)) return errc::crypto_failed;
    source->next_rtcp_index = (source->next_rtcp_index + 1) & ~encrypted_bit;
    --key.rtcp_left;
    return {};
}

error_code own_sender::set_keys(srtp_settings const& settings) {
    auto keys = key_ring::create(settings);
    if (!keys) return keys.error();
    keys_ = std::move(*keys);
    return {};
}

own_receiver::own_receiver(key_ring keys, srtp_settings const& settings, source_positions const& known)
    : keys_(std::move(keys)), sources_(settings) {
    for (auto const& position : known)
        if (auto* const source = sources_.find_or_add(position.ssrc)) source->rtp.begin_at(position.highest_index);
}

result<own_receiver::arrival> own_receiver::identify(packet_buffer& packet, packet_kind kind) {
    auto const parts = lay_out(packet.bytes(), kind, keys_.traits(), keys_.mki_size());
    if (!parts) return make_error_code(parts.error().code);
    auto* const key = keys_.find(parts->mki);
    if (key == nullptr) return make_error_code(errc::unknown_mki);
    if (key->left(kind) == 0) return make_error_code(errc::key_expired);
    auto* const source = sources_.find(parts->ssrc);
    if (source == nullptr && sources_.is_full()) return make_error_code(errc::too_many_sources);
    return arrival{*parts, key, source};
}

error_code own_receiver::unprotect_rtp(packet_buffer& packet) {
    auto const arrived = identify(packet, packet_kind::rtp);
    if (!arrived) return arrived.error();
    auto [parts, key, source] = *arrived;
    for (auto const index : candidates(source, static_cast<sequence_t>(load_u16(parts.header.subspan(2))))) {
        if (index >= packet_index_limit) continue;
        if (source != nullptr && source->is_confirmed && !source->rtp.is_new(index)) return errc::replayed;
        rollover_bytes rollover;
        if (!key->rtp.open(rtp_parts(parts, index, keys_.traits().is_aead, rollover), parts.tag)) continue;
        if (source == nullptr) source = sources_.find_or_add(parts.ssrc);
        if (!std::exchange(source->is_confirmed, true)) source->rtp.begin_at(index);
        source->rtp.add(index);
        --key->rtp_left;
        packet.remove_back(parts.tag.size() + parts.mki.size());
        return {};
    }
    return errc::authentication_failed;
}

error_code own_receiver::unprotect_rtcp(packet_buffer& packet) {
    auto const arrived = identify(packet, packet_kind::rtcp);
    if (!arrived) return arrived.error();
    auto [parts, key, source] = *arrived;
    auto const content = rtcp_parts(parts);
    if (source != nullptr && !source->rtcp.is_new(content.index)) return errc::replayed;
    if (!key->rtcp.open(content, parts.tag)) return errc::authentication_failed;
    if (source == nullptr) source = sources_.find_or_add(parts.ssrc);
    source->rtcp.add(content.index);
    --key->rtcp_left;
    packet.remove_back(trailer_size(keys_.traits(), packet_kind::rtcp, keys_.mki_size()));
    return {};
}

source_positions own_receiver::positions() const {
    source_positions known;
    for (auto const& source : sources_.all())
        if (source.rtp.has_begun()) known.push_back({source.ssrc, source.rtp.highest()});
    return known;
}

}  // namespace rtp

#include "phoned/media/description.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "sdp/model/attributes.hpp"

namespace phoned {

namespace {

rtp::payload_format format_of(const sdp::codec& codec) {
    return {codec.name, static_cast<rtp::clock_rate>(codec.clock_rate), static_cast<std::uint8_t>(codec.channels)};
}

const rtp::codec* codec_of(const sdp::format& format) {
    return rtp::find_codec(format_of(format.codec));
}

rtp::payload_type number_of(const sdp::format& format) {
    return static_cast<rtp::payload_type>(sdp::number(format.payload));
}

rtp::endpoint endpoint_of(const std::optional<sdp::endpoint>& remote) {
    if (!remote) return {};
    return rtp::endpoint::from_text(remote->address, remote->port).value_or(rtp::endpoint{});
}

rtp::direction direction_of(const sdp::negotiated& line) {
    if (line.may_send) return line.may_receive ? rtp::direction::send_receive : rtp::direction::send_only;
    return line.may_receive ? rtp::direction::receive_only : rtp::direction::inactive;
}

media_keying keying_of(const sdp::security_agreement& agreed) {
    if (std::holds_alternative<sdp::sdes_agreement>(agreed)) return media_keying::sdes;
    return std::holds_alternative<sdp::dtls_agreement>(agreed) ? media_keying::dtls : media_keying::none;
}

/// The digits in a list of events, `0-11,15` (RFC 4733 2.4.1). Without a list, or with one that is none, all.
std::uint16_t accepted_digits(std::string_view list) {
    constexpr std::uint16_t all = 0xFFFF;
    unsigned digits = 0;
    const auto* at = list.data();
    const auto* const end = at + list.size();
    const auto number = [&](unsigned& into) {
        const auto [next, problem] = std::from_chars(at, end, into);
        at = next;
        return problem == std::errc();
    };
    while (at != end) {
        unsigned first = 0;
        if (!number(first)) return all;
        unsigned last = first;
        if (at != end && *at == '-' && (++at, !number(last))) return all;
        for (unsigned event = first; event <= last && event < 16; ++event)
            digits |= 1U << event;
        if (at != end && *at++ != ',') return all;
    }
    return list.empty() ? all : static_cast<std::uint16_t>(digits);
}

/// RFC 1918, RFC 6598 (behind a carrier's NAT), RFC 3927; in IPv6 RFC 4193 and link-local.
bool is_private(const rtp::endpoint& where) {
    const auto& byte = where.address;
    if (where.family == rtp::address_family::ipv6)
        return (byte[0] & 0xFE) == 0xFC || (byte[0] == 0xFE && (byte[1] & 0xC0) == 0x80);
    return byte[0] == 10 || (byte[0] == 172 && (byte[1] & 0xF0) == 16) || (byte[0] == 192 && byte[1] == 168) ||
           (byte[0] == 100 && (byte[1] & 0xC0) == 64) || (byte[0] == 169 && byte[1] == 254);
}

}  // namespace

rtp::latching latching_for(symmetric_rtp_policy policy, const rtp::endpoint& own, const rtp::endpoint& peer) {
    switch (policy) {
        case symmetric_rtp_policy::never:
            return rtp::latching::off;
        case symmetric_rtp_policy::behind_nat:
            return is_private(peer) && !is_private(own) ? rtp::latching::once : rtp::latching::off;
        case symmetric_rtp_policy::always:
            return rtp::latching::once;
    }
    return rtp::latching::off;
}

sdp::capabilities capabilities_of(const account_settings& account, dtls_policy dtls) {
    sdp::capabilities able;
    for (const auto& setting : codec_preference(account)) {
        auto known = sdp::known_codec(setting.payload_type);
        if (known && rtp::find_codec(format_of(known->codec)) != nullptr) able.audio.push_back(std::move(*known));
    }
    const bool sends_events =
        account.dtmf == dtmf_method::telephone_event || account.dtmf == dtmf_method::telephone_event_and_info;
    if (sends_events)
        able.telephone_event->payload = static_cast<sdp::payload_type>(account.dtmf_payload);
    else
        able.telephone_event.reset();
    able.rtcp_mux = sdp::rtcp_mux_policy::accept;
    able.ptime.reset();
    if (account.ptime.count() > 0) able.ptime = account.ptime;
    able.security = security_capability_of(account, dtls);
    return able;
}

void offer_comfort_noise(sdp::capabilities& able) {
    able.audio.push_back({{"CN", 8000, 1}, static_cast<sdp::payload_type>(rtp::payload::comfort_noise), {}});
}

sdp::origin own_origin(rtp::environment& random) {
    const auto id = random.random() >> 3;  // below 2^62
    return {.username = "-", .session_id = id, .version = id, .address = {}};
}

sdp::local_media local_media_of(const media_ports& ports, sdp::hold_style hold, stream_secrets secrets) {
    sdp::local_media media;
    const bool is_v6 = ports.rtp.family == rtp::address_family::ipv6;
    auto text = ports.rtp.to_text();
    text.resize(text.rfind(':'));
    if (is_v6) text = text.substr(1, text.size() - 2);
    media.address = {is_v6 ? sdp::address_family::ip6 : sdp::address_family::ip4, std::move(text)};
    media.streams.push_back(
        {ports.rtp.port, ports.rtcp.port, sdp::direction::sendrecv, hold, std::move(secrets.keys),
         std::move(secrets.dtls)}
    );
    return media;
}

std::optional<media_plan> plan_of(const sdp::negotiated& line, const rtp::dtls_identity* identity) {
    if (!line.stream) return std::nullopt;
    media_plan plan;
    for (const auto& format : line.receive) {
        const auto* const codec = codec_of(format);
        const bool is_noise = rtp::is_comfort_noise(format_of(format.codec));
        if (is_noise) plan.heard_comfort_noise.push_back(number_of(format));
        if (codec != nullptr || is_noise)
            plan.payloads.receive.push_back({number_of(format), format_of(format.codec).rate, rtp::payload_use::audio});
    }
    for (const auto& format : line.receive_events)
        plan.payloads.receive.push_back(
            {number_of(format), static_cast<rtp::clock_rate>(format.codec.clock_rate),
             rtp::payload_use::telephone_event}
        );
    const auto sendable = std::find_if(line.send.begin(), line.send.end(), [](const sdp::format& format) {
        return codec_of(format) != nullptr;
    });
    if (sendable != line.send.end()) {
        plan.codec = codec_of(*sendable);
        plan.payload = number_of(*sendable);
        plan.encoding = encoder_settings_of(*sendable);
        plan.payloads.send_rate = plan.codec->properties.format.rate;
        plan.codec_name = fmt::format("{}/{}", sendable->codec.name, sendable->codec.clock_rate);
    }
    // Noise has the clock of the voice beside it (RFC 3389 4).
    for (const auto& format : line.send)
        if (const auto noise = format_of(format.codec);
            rtp::is_comfort_noise(noise) && noise.rate == plan.payloads.send_rate)
            plan.comfort_noise = number_of(format);
    if (line.send_events)
        plan.payloads.send_events = rtp::event_format{
            number_of(*line.send_events), static_cast<rtp::clock_rate>(line.send_events->codec.clock_rate),
            accepted_digits(line.send_events->parameters)};
    plan.remote = {endpoint_of(line.remote_rtp), endpoint_of(line.remote_rtcp)};
    plan.direction = direction_of(line);
    // A peer that holds us, or that we hold, owes us nothing; neither does one that we do not listen to.
    const bool expected = line.may_receive && !line.remote_hold && !line.local_hold;
    plan.peer = expected ? rtp::peer_media::expected : rtp::peer_media::optional;
    if (line.rtcp_mux) plan.rtcp = rtp::rtcp_transport::multiplexed;
    plan.is_held_by_us = line.local_hold;
    plan.packet_time = line.send_ptime;
    plan.payloads.packet_time = line.send_ptime;
    plan.security = media_security_of(line.security, identity);
    plan.keying = keying_of(line.security);
    plan.srtp_suite = suite_shown(line.security);
    return plan;
}

rtp::encoder_settings encoder_settings_of(const sdp::format& format) {
    const auto number = [&](std::string_view name) -> std::uint32_t {
        const auto text = sdp::parameter_value(format.parameters, name).value_or("");
        std::uint32_t value = 0;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
        return problem == std::errc() && end == text.data() + text.size() ? value : 0;
    };
    rtp::encoder_settings asked;
    asked.highest_rate = number("maxplaybackrate");
    asked.bit_rate = number("maxaveragebitrate");
    asked.is_constant_bit_rate = number("cbr") == 1;
    asked.has_forward_correction = number("useinbandfec") == 1;
    asked.has_discontinuous_sending = number("usedtx") == 1;
    return asked;
}

const rtp::codec* receiving_codec(const sdp::negotiated& line, rtp::payload_type type) {
    const auto at = std::find_if(line.receive.begin(), line.receive.end(), [&](const sdp::format& format) {
        return number_of(format) == type;
    });
    return at == line.receive.end() ? nullptr : codec_of(*at);
}

media_direction direction_shown(rtp::direction direction) {
    switch (direction) {
        case rtp::direction::inactive:
            return media_direction::inactive;
        case rtp::direction::send_only:
            return media_direction::sendonly;
        case rtp::direction::receive_only:
            return media_direction::recvonly;
        case rtp::direction::send_receive:
            return media_direction::sendrecv;
    }
    return media_direction::inactive;
}

}  // namespace phoned

// A session under test on virtual time, with short names for what the tests do to it.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "rtp/session/session.hpp"
#include "rtp/wire/demux.hpp"
#include "rtp/wire/rtcp_bye.hpp"
#include "rtp/wire/rtcp_sdes.hpp"
#include "unit/rtp/support/bytes.hpp"
#include "unit/rtp/support/random.hpp"

namespace rtp_test {

using namespace std::chrono_literals;

constexpr rtp::payload_type pcmu{0};
constexpr rtp::payload_type events_type{101};
constexpr rtp::time_point epoch = rtp::time_point{} + 1000h;

inline rtp::endpoint at(char const* address, std::uint16_t port) {
    return rtp::endpoint::from_text(address, port).value();
}

inline rtp::endpoint const peer_rtp = at("192.0.2.1", 4000);
inline rtp::endpoint const peer_rtcp = at("192.0.2.1", 4001);
inline rtp::endpoint const stranger = at("198.51.100.7", 5000);

inline rtp::now_t instant(rtp::time_point mono) {
    // The wall clock runs beside the monotonic one, 50 years later.
    return {mono, rtp::wall_point{} + std::chrono::hours(24 * 365 * 50) + (mono - rtp::time_point{})};
}

inline rtp::payload_map usual_payloads() {
    rtp::payload_map map;
    map.receive = {{pcmu}, {events_type, rtp::clock_rate{8000}, rtp::payload_use::telephone_event}};
    map.send_events = rtp::event_format{events_type};
    return map;
}

inline rtp::session_settings usual_settings() {
    rtp::session_settings settings;
    settings.cname = "alice@test";
    return settings;
}

struct party {
    rtp::environment environment;
    rtp::packet_pool pool;
    rtp::session media;
    rtp::outbox out;
    rtp::time_point now = epoch;

    explicit party(rtp::session_settings const& settings = usual_settings(), std::uint64_t seed = 1)
        : environment(seeded(seed)), media(rtp::session::create(instant(epoch), settings, environment, pool).value()) {
        media.set_remote(time(), {peer_rtp, peer_rtcp});
        media.set_payloads(time(), usual_payloads());
        media.set_direction(time(), rtp::direction::send_receive, rtp::peer_media::expected, out);
    }
    party(party const&) = delete;
    party& operator=(party const&) = delete;

    [[nodiscard]] rtp::now_t time() const { return instant(now); }

    /// An RTP packet of the peer; its timestamp follows its sequence number.
    void receive(
        unsigned sequence, rtp::ssrc_t ssrc = rtp::ssrc_t{0xbeef}, rtp::endpoint const& from = peer_rtp,
        rtp::payload_type type = pcmu
    ) {
        rtp::packet_buffer packet(pool, byte_vector(160, std::byte{0xff}));
        REQUIRE_FALSE(rtp::prepend_header(
            packet, {.type = type,
                     .sequence = static_cast<rtp::sequence_t>(static_cast<std::uint16_t>(sequence)),
                     .timestamp = static_cast<rtp::timestamp_t>(sequence * 160),
                     .ssrc = ssrc}
        ));
        media.on_packet(time(), rtp::component::rtp, std::move(packet), from, out);
    }
    /// `count` packets, 20 ms apart.
    void receive_run(
        unsigned first, unsigned count, rtp::ssrc_t ssrc = rtp::ssrc_t{0xbeef}, rtp::endpoint const& from = peer_rtp
    ) {
        for (unsigned i = 0; i < count; ++i) {
            receive(first + i, ssrc, from);
            advance_to(now + 20ms);
        }
    }
    void receive_bytes(
        std::span<const std::byte> bytes, rtp::component via = rtp::component::rtcp,
        rtp::endpoint const& from = peer_rtcp
    ) {
        media.on_packet(time(), via, rtp::packet_buffer(pool, bytes), from, out);
    }
    [[nodiscard]] rtp::error_code send(std::uint32_t units = 160) {
        return media.send(
            time(), {pcmu, units, false, rtp::packet_buffer(pool, byte_vector(units, std::byte{0x55}))}, out
        );
    }

    /// Runs every timer up to `end`; each must move on.
    void advance_to(rtp::time_point end) {
        while (auto const deadline = media.next_deadline()) {
            if (*deadline > end) break;
            now = std::max(now, *deadline);
            media.on_timeout(time(), out);
            if (auto const next = media.next_deadline()) REQUIRE(*next > now);
        }
        now = end;
    }

    template <class Event>
    [[nodiscard]] std::vector<Event> events() const {
        std::vector<Event> found;
        for (auto const& e : out.events)
            if (auto const* match = std::get_if<Event>(&e)) found.push_back(*match);
        return found;
    }
    [[nodiscard]] std::vector<rtp::packet_view> sent_rtp() const {
        std::vector<rtp::packet_view> packets;
        for (auto const& d : out.datagrams)
            if (auto const view = rtp::packet_view::parse(d.packet.bytes());
                d.via == rtp::component::rtp && rtp::classify(d.packet.bytes()) == rtp::datagram_kind::rtp && view)
                packets.push_back(*view);
        return packets;
    }
    /// The compound packets that were sent, each as its list of packets.
    [[nodiscard]] std::vector<std::vector<rtp::rtcp_packet>> sent_rtcp() const {
        std::vector<std::vector<rtp::rtcp_packet>> compounds;
        for (auto const& d : out.datagrams) {
            if (rtp::classify(d.packet.bytes()) != rtp::datagram_kind::rtcp) continue;
            auto const view = rtp::compound_view::parse(d.packet.bytes(), rtp::rtcp_form::reduced_size);
            REQUIRE(view.has_value());
            auto& packets = compounds.emplace_back();
            for (auto const& packet : *view)
                packets.push_back(packet);
        }
        return compounds;
    }
};

/// A compound packet of the peer, built piece by piece.
struct peer_compound {
    rtp::packet_buffer buffer = rtp::packet_buffer::unpooled();

    peer_compound& receiver_report(rtp::ssrc_t from, std::vector<rtp::report_block> const& blocks = {}) {
        REQUIRE_FALSE(rtp::append_receiver_report(buffer, from, blocks));
        return *this;
    }
    peer_compound& sender_report(rtp::ssrc_t from, rtp::sender_info const& info) {
        REQUIRE_FALSE(rtp::append_sender_report(buffer, from, info, {}));
        return *this;
    }
    peer_compound& cname(rtp::ssrc_t from) {
        REQUIRE_FALSE(rtp::append_cname(buffer, from, "bob@test"));
        return *this;
    }
    peer_compound& bye(rtp::ssrc_t from, std::string const& reason = "") {
        REQUIRE_FALSE(rtp::append_bye(buffer, std::span(&from, 1), reason));
        return *this;
    }
    [[nodiscard]] std::span<const std::byte> bytes() const { return buffer.bytes(); }
};

}  // namespace rtp_test

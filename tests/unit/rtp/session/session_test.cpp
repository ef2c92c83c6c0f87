// Covers: sending (headers, timestamps, gaps, errors), receiving (validation, payload map, direction, sources that
// change), the media time-out and hold, digits in both directions, settings. RTCP is in session_rtcp_test, hostile and
// lossy networks in session_network_test.
#include "unit/rtp/support/party.hpp"

#include "rtp/stats/sequence.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

constexpr ssrc_t bob{0xbeef};
constexpr ssrc_t carol{0xcafe};

session_settings with_timeout(duration timeout) {
    auto settings = usual_settings();
    settings.media_timeout = timeout;
    return settings;
}

}  // namespace

TEST_CASE("Sent packets carry consecutive numbers and timestamps from random starts, the first with the marker") {
    party p;
    for (int i = 0; i < 5; ++i) {
        CHECK_FALSE(p.send());
        p.now += 20ms;
    }
    auto const sent = p.sent_rtp();
    REQUIRE(sent.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(sent[i].marker() == (i == 0));
        CHECK(sent[i].type() == pcmu);
        CHECK(sent[i].ssrc() == p.media.local_source());
        CHECK(sent[i].sequence() == advance(sent[0].sequence(), static_cast<std::int64_t>(i)));
        CHECK(sent[i].timestamp() == advance(sent[0].timestamp(), static_cast<std::int64_t>(i) * 160));
        CHECK(sent[i].payload().size() == 160);
        CHECK(p.out.datagrams[i].to == peer_rtp);
        CHECK(p.out.datagrams[i].via == component::rtp);
    }
    CHECK(p.media.statistics().packets_sent == 5);
    CHECK(p.media.statistics().octets_sent == 800);
    party other(usual_settings(), 2);
    CHECK(other.media.local_source() != p.media.local_source());
}

TEST_CASE("A re-INVITE to another address and back keeps SSRC, numbers and clock") {
    party p;
    CHECK_FALSE(p.send());
    p.now += 20ms;
    auto const moved = at("192.0.2.77", 6000);
    p.media.set_remote(p.time(), {moved, at("192.0.2.77", 6001)});
    p.media.set_payloads(p.time(), usual_payloads());
    CHECK_FALSE(p.send());
    auto const sent = p.sent_rtp();
    REQUIRE(sent.size() == 2);
    CHECK(p.out.datagrams[1].to == moved);
    CHECK(sent[1].ssrc() == sent[0].ssrc());
    CHECK(sent[1].sequence() == advance(sent[0].sequence(), 1));
    CHECK(sent[1].timestamp() == advance(sent[0].timestamp(), 160));
}

TEST_CASE("After a hold the timestamp has counted its time, the sequence number has not, and the marker is set") {
    party p;
    CHECK_FALSE(p.send());
    p.media.set_direction(p.time(), direction::inactive, peer_media::optional, p.out);
    CHECK(p.send() == errc::not_sending);
    p.advance_to(p.now + 60s);
    p.media.set_direction(p.time(), direction::send_receive, peer_media::expected, p.out);
    CHECK_FALSE(p.send());
    auto const sent = p.sent_rtp();
    REQUIRE(sent.size() == 2);
    CHECK(sent[1].sequence() == advance(sent[0].sequence(), 1));
    CHECK(sent[1].timestamp() == advance(sent[0].timestamp(), 480'000));
    CHECK(sent[1].marker());
}

TEST_CASE("What cannot be sent is refused with its reason and uses no sequence number") {
    party p;
    CHECK_FALSE(p.send());
    p.media.set_remote(p.time(), {});
    CHECK(p.send() == errc::no_remote_address);
    p.media.set_remote(p.time(), {at("0.0.0.0", 4000), {}});
    CHECK(p.send() == errc::no_remote_address);
    p.media.set_remote(p.time(), {peer_rtp, peer_rtcp});
    packet_buffer spoken(p.pool, std::vector(160, std::byte{0x55})),
        without_room(p.pool, std::vector(160, std::byte{}));
    CHECK(p.media.send(p.time(), {payload_type{200}, 160, false, std::move(spoken)}, p.out) == errc::invalid_argument);
    REQUIRE_FALSE(without_room.prepend(packet_buffer::head_room).empty());
    CHECK(p.media.send(p.time(), {pcmu, 160, false, std::move(without_room)}, p.out) == errc::too_large);
    CHECK_FALSE(p.send());
    auto const sent = p.sent_rtp();
    REQUIRE(sent.size() == 2);
    CHECK(sent[1].sequence() == advance(sent[0].sequence(), 1));
}

TEST_CASE("Received audio is delivered from the second packet in sequence on, and its start is told once") {
    party p;
    p.receive(100);
    CHECK(p.out.media.empty());
    CHECK(p.events<media_started>().empty());
    p.receive(101);
    REQUIRE(p.out.media.size() == 1);
    CHECK(p.out.media[0].view.sequence() == sequence_t{101});
    CHECK(p.out.media[0].view.bytes().data() == p.out.media[0].packet.bytes().data());
    CHECK(p.out.media[0].arrival == p.now);
    REQUIRE(p.events<media_started>().size() == 1);
    CHECK(p.events<media_started>()[0].source == bob);
    CHECK(p.events<media_started>()[0].from == peer_rtp);
    p.receive_run(102, 10);
    CHECK(p.out.media.size() == 11);
    CHECK(p.events<media_started>().size() == 1);
    CHECK(p.media.heard_source()->received() == 11);
    CHECK(p.media.statistics().packets_delivered == 11);
    CHECK(p.media.statistics().on_probation == 1);
}

TEST_CASE("Duplicates, unknown payload types and packets for nobody are counted and not delivered") {
    party p;
    p.receive_run(1, 5);
    p.out.clear();
    p.receive(5);
    CHECK(p.media.statistics().duplicate == 1);
    p.receive(6, bob, peer_rtp, payload_type{18});
    CHECK(p.media.statistics().unknown_payload == 1);
    CHECK(p.media.heard_source()->lost() == -1);
    p.media.set_direction(p.time(), direction::send_only, peer_media::optional, p.out);
    p.receive(7);
    CHECK(p.media.statistics().not_receiving == 1);
    CHECK(p.out.media.empty());
    p.media.set_direction(p.time(), direction::receive_only, peer_media::optional, p.out);
    p.receive(8);
    CHECK(p.out.media.size() == 1);
}

TEST_CASE("Anything that is no RTP is counted as malformed: STUN, DTLS, cut headers, RTP on the RTCP port") {
    party p;
    p.receive_bytes(hex("0001 0000 2112a442"), component::rtp, peer_rtp);
    p.receive_bytes(hex("16 feff 0000"), component::rtp, peer_rtp);
    p.receive_bytes(hex("80 00 0001"), component::rtp, peer_rtp);
    p.receive_bytes({}, component::rtp, peer_rtp);
    p.receive_bytes(hex("80 00 0001 00000002 00000003"), component::rtcp, peer_rtcp);
    p.receive_bytes(hex("80 c9 0002 00000002"), component::rtcp, peer_rtcp);
    CHECK(p.media.statistics().malformed == 6);
    CHECK(p.out.media.empty());
    CHECK(p.out.events.empty());
}

TEST_CASE("A source that takes over is announced, and the old one cannot take turns with it") {
    party p;
    p.receive_run(1, 10);
    p.out.clear();
    p.receive(500, carol);
    p.receive(501, carol);
    REQUIRE(p.events<source_changed>().size() == 1);
    CHECK(p.events<source_changed>()[0].source == carol);
    CHECK(p.events<source_changed>()[0].why == source_changed::cause::new_source);
    CHECK(p.out.media.size() == 1);
    for (unsigned i = 0; i < 20; ++i) {
        p.receive(11 + i, bob);
        p.receive(502 + i, carol);
        p.now += 20ms;
    }
    CHECK(p.events<source_changed>().size() == 1);
    CHECK(p.media.statistics().superseded_source == 20);
    CHECK(p.out.media.size() == 21);
    // Once the newer one is silent, the older one is heard again.
    p.now += 200ms;
    p.receive(40, bob);
    CHECK(p.events<source_changed>().size() == 2);
    CHECK(p.events<source_changed>()[1].source == bob);
    CHECK(p.out.media.size() == 22);
}

TEST_CASE("After a re-INVITE the earlier source is heard again at once, as after music on hold") {
    party p;
    p.receive_run(1, 10, bob);
    p.receive_run(500, 10, carol);
    p.out.clear();
    p.media.set_remote(p.time(), {peer_rtp, peer_rtcp});
    p.receive(500 + 10, carol);
    p.receive(11, bob);
    CHECK(p.out.media.size() == 2);
    CHECK(p.events<source_changed>().size() == 1);
    CHECK(p.events<media_started>().empty());
}

TEST_CASE("A restarted source is announced and goes on") {
    party p;
    p.receive_run(1000, 10);
    p.out.clear();
    p.receive(40'000);
    CHECK(p.out.media.empty());
    p.receive(40'001);
    REQUIRE(p.events<source_changed>().size() == 1);
    CHECK(p.events<source_changed>()[0].why == source_changed::cause::restart);
    CHECK(p.out.media.size() == 1);
}

TEST_CASE("A stranger is neither heard nor answered once the peer was heard") {
    auto settings = usual_settings();
    settings.latch = latching::once;
    party p(settings);
    p.receive_run(1, 5);
    p.out.clear();
    for (unsigned i = 0; i < 50; ++i)
        p.receive(1000 + i, carol, stranger);
    CHECK(p.out.media.empty());
    CHECK(p.out.events.empty());
    CHECK(p.media.statistics().foreign_address == 50);
    CHECK(p.media.remote() == peer_rtp);
}

TEST_CASE("Symmetric RTP: media follows a peer behind a NAT, once, and a new description undoes it") {
    auto settings = usual_settings();
    settings.latch = latching::once;
    party p(settings);
    auto const nat = at("203.0.113.9", 61'000);
    p.receive_run(1, 5, bob, nat);
    REQUIRE(p.events<remote_learned>().size() == 1);
    CHECK(p.events<remote_learned>()[0].to == nat);
    CHECK(p.media.remote() == nat);
    CHECK_FALSE(p.send());
    CHECK(p.out.datagrams.back().to == nat);
    p.out.clear();
    auto const moved = at("192.0.2.77", 6000);
    p.media.set_remote(p.time(), {moved, {}});
    CHECK(p.media.remote() == moved);
    p.receive_run(6, 2, bob, moved);
    CHECK(p.events<media_started>().size() == 1);
}

TEST_CASE("A description may switch symmetric RTP and multiplexed RTCP on and off (RFC 5761)") {
    party p;
    auto const nat = at("203.0.113.9", 61'000);
    p.media.set_transport(latching::once, rtcp_transport::multiplexed);
    p.receive_run(1, 5, bob, nat);
    CHECK(p.media.remote() == nat);
    p.out.clear();
    p.advance_to(p.now + 10s);
    REQUIRE_FALSE(p.out.datagrams.empty());
    CHECK(p.out.datagrams.back().via == component::rtp);
    CHECK(p.out.datagrams.back().to == nat);
    p.out.clear();
    p.media.set_transport(latching::off, rtcp_transport::separate_port);
    auto const moved = at("192.0.2.77", 6000), moved_rtcp = at("192.0.2.77", 6001);
    p.media.set_remote(p.time(), {moved, moved_rtcp});
    p.receive_run(6, 2, bob, nat);
    CHECK(p.media.remote() == moved);
    p.advance_to(p.now + 10s);
    REQUIRE_FALSE(p.out.datagrams.empty());
    CHECK(p.out.datagrams.back().via == component::rtcp);
    CHECK(p.out.datagrams.back().to == moved_rtcp);
}

TEST_CASE("A silent peer is reported once, and its return too") {
    party p(with_timeout(10s));
    p.receive_run(1, 5);
    auto const last = p.now - 20ms;
    p.advance_to(last + 10s - 1ns);
    CHECK(p.events<media_timed_out>().empty());
    p.advance_to(last + 10s);
    REQUIRE(p.events<media_timed_out>().size() == 1);
    CHECK(p.events<media_timed_out>()[0].silent_for == 10s);
    p.advance_to(last + 100s);
    CHECK(p.events<media_timed_out>().size() == 1);
    p.receive_run(6, 1);
    CHECK(p.events<media_resumed>().size() == 1);
    p.advance_to(p.now + 20s);
    CHECK(p.events<media_timed_out>().size() == 2);
}

TEST_CASE("A peer that never sends anything is reported as well") {
    party p(with_timeout(10s));
    p.advance_to(epoch + 10s);
    CHECK(p.events<media_timed_out>().size() == 1);
}

TEST_CASE("RTCP alone keeps a peer alive that suppresses silence") {
    party p(with_timeout(10s));
    p.receive_run(1, 5);
    for (int i = 0; i < 10; ++i) {
        p.advance_to(p.now + 8s);
        p.receive_bytes(peer_compound().receiver_report(bob).cname(bob).bytes());
    }
    CHECK(p.events<media_timed_out>().empty());
    p.advance_to(p.now + 10s);
    CHECK(p.events<media_timed_out>().size() == 1);
}

TEST_CASE("Hold stops the media time-out, whoever holds, and resuming starts it anew") {
    party p(with_timeout(10s));
    p.receive_run(1, 5);
    p.advance_to(p.now + 5s);
    p.media.set_direction(p.time(), direction::send_only, peer_media::optional, p.out);  // we hold
    p.advance_to(p.now + 1h);
    p.media.set_direction(p.time(), direction::receive_only, peer_media::optional, p.out);  // the peer holds
    p.advance_to(p.now + 1h);
    p.media.set_direction(p.time(), direction::inactive, peer_media::optional, p.out);  // both
    p.advance_to(p.now + 1h);
    CHECK(p.events<media_timed_out>().empty());
    p.media.set_direction(p.time(), direction::send_receive, peer_media::expected, p.out);
    p.advance_to(p.now + 10s - 1ns);
    CHECK(p.events<media_timed_out>().empty());
    p.advance_to(p.now + 1ns);
    CHECK(p.events<media_timed_out>().size() == 1);
}

TEST_CASE("A refresh that changes nothing does not feed the media time-out") {
    party p(with_timeout(10s));
    p.receive_run(1, 5);
    auto const last = p.now - 20ms;
    for (int i = 0; i < 3; ++i) {
        p.advance_to(p.now + 3s);
        p.media.set_direction(p.time(), direction::send_receive, peer_media::expected, p.out);
        p.media.set_remote(p.time(), {peer_rtp, peer_rtcp});
    }
    p.advance_to(last + 10s);
    CHECK(p.events<media_timed_out>().size() == 1);
}

TEST_CASE("Without the setting no silence is ever reported") {
    party p;
    p.advance_to(epoch + 24h);
    CHECK(p.events<media_timed_out>().empty());
}

TEST_CASE(
    "A sent digit takes the place of audio, with its numbers, and audio goes on after it (RFC 4733 2.2.1, 2.2.2, "
    "2.5.1.6)"
) {
    party p;
    for (int i = 0; i < 3; ++i) {
        CHECK_FALSE(p.send());
        p.advance_to(p.now + 20ms);
    }
    CHECK_FALSE(p.media.send_digit(p.time(), '#', 100ms, p.out));
    CHECK(p.media.is_sending_digits());
    for (int i = 0; i < 12; ++i) {
        CHECK_FALSE(p.send());
        p.advance_to(p.now + 20ms);
    }
    CHECK_FALSE(p.media.is_sending_digits());
    auto const sent = p.sent_rtp();
    std::size_t events = 0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        CHECK(sent[i].sequence() == advance(sent[0].sequence(), static_cast<std::int64_t>(i)));
        if (sent[i].type() == events_type) {
            ++events;
            auto const report = telephone_event::parse(sent[i].payload()).value();
            CHECK(report.event == event_code{11});
            CHECK(sent[i].timestamp() == advance(sent[0].timestamp(), 3 * 160));
            CHECK(sent[i].marker() == (i == 3));
        }
    }
    CHECK(events == 7);
    CHECK(sent.size() == 3 + 7 + 6);
    CHECK(sent[10].type() == pcmu);
    CHECK(sent[10].timestamp() == advance(sent[0].timestamp(), 9 * 160));
    CHECK_FALSE(sent[10].marker());
}

TEST_CASE("Digits without audio keep the media clock: audio that follows does not overlap them") {
    party p;
    CHECK_FALSE(p.media.send_digit(p.time(), '1', 100ms, p.out));
    p.advance_to(p.now + 130ms);
    CHECK_FALSE(p.send());
    auto const sent = p.sent_rtp();
    REQUIRE(sent.size() == 8);
    CHECK(distance(sent[0].timestamp(), sent[7].timestamp()) >= 800);
}

TEST_CASE("A key held down is sent until it is released") {
    party p;
    CHECK_FALSE(p.media.send_digit(p.time(), '5', std::nullopt, p.out));
    p.advance_to(p.now + 505ms);
    p.media.release_digit(p.time());
    p.advance_to(p.now + 1s);
    auto const sent = p.sent_rtp();
    auto const last = telephone_event::parse(sent.back().payload()).value();
    CHECK(last.end);
    CHECK(last.duration == 26 * 160);
}

TEST_CASE(
    "Digits are refused with their reason: bad character, nothing negotiated, on hold, queue full (RFC 4733 2.5.1.1)"
) {
    party p;
    CHECK(p.media.send_digit(p.time(), 'x', 100ms, p.out) == errc::invalid_digit);
    p.media.set_direction(p.time(), direction::receive_only, peer_media::optional, p.out);
    CHECK(p.media.send_digit(p.time(), '1', 100ms, p.out) == errc::not_sending);
    p.media.set_direction(p.time(), direction::send_receive, peer_media::optional, p.out);
    for (int i = 0; i < 32; ++i)
        CHECK_FALSE(p.media.send_digit(p.time(), '1', 100ms, p.out));
    CHECK(p.media.send_digit(p.time(), '1', 100ms, p.out) == errc::queue_full);
    auto only_some = usual_payloads();
    only_some.send_events->accepted = 0x0FFF;
    p.media.set_payloads(p.time(), only_some);
    CHECK(p.media.send_digit(p.time(), 'A', 100ms, p.out) == errc::event_not_accepted);
    auto without = usual_payloads();
    without.send_events.reset();
    p.media.set_payloads(p.time(), without);
    CHECK_FALSE(p.media.is_sending_digits());
    CHECK(p.media.send_digit(p.time(), '1', 100ms, p.out) == errc::no_payload_type);
}

TEST_CASE("Received digits are one start and one end each, and are marked as no audio") {
    party p;
    p.receive_run(1, 5);
    p.out.clear();
    auto const put = [&](unsigned sequence, char const* payload, unsigned timestamp) {
        packet_buffer packet(p.pool, hex(payload));
        REQUIRE_FALSE(prepend_header(
            packet, {.type = events_type,
                     .sequence = static_cast<sequence_t>(sequence),
                     .timestamp = static_cast<timestamp_t>(timestamp),
                     .ssrc = bob}
        ));
        p.media.on_packet(p.time(), component::rtp, std::move(packet), peer_rtp, p.out);
    };
    put(6, "050a00a0", 960);
    put(7, "050a0140", 960);
    put(7, "050a0140", 960);
    put(8, "058a01e0", 960);
    put(9, "058a01e0", 960);
    put(10, "0a0a", 2000);
    // The playout sees them too, and that they are no audio.
    CHECK(p.out.media.size() == 5);
    for (auto const& media : p.out.media)
        CHECK(media.use == payload_use::telephone_event);
    REQUIRE(p.events<digit_started>().size() == 1);
    CHECK(p.events<digit_started>()[0].event == event_code{5});
    CHECK(p.events<digit_started>()[0].volume == 10);
    REQUIRE(p.events<digit_ended>().size() == 1);
    CHECK(p.events<digit_ended>()[0].length == 60ms);
    CHECK(p.media.statistics().malformed == 1);
    // A digit that never ends is ended by the clock.
    put(11, "060a00a0", 4000);
    p.advance_to(p.now + 200ms);
    REQUIRE(p.events<digit_ended>().size() == 2);
    CHECK(p.events<digit_ended>()[1].why == digit_ended::cause::timed_out);
}

TEST_CASE("A digit that is going on ends when its source changes or when we stop listening") {
    party p;
    p.receive_run(1, 5);
    auto const press = [&](unsigned sequence) {
        packet_buffer packet(p.pool, hex("050a00a0"));
        REQUIRE_FALSE(prepend_header(
            packet, {.type = events_type,
                     .sequence = static_cast<sequence_t>(sequence),
                     .timestamp = static_cast<timestamp_t>(sequence * 160),
                     .ssrc = bob}
        ));
        p.media.on_packet(p.time(), component::rtp, std::move(packet), peer_rtp, p.out);
    };
    press(6);
    p.receive(100, carol);
    p.receive(101, carol);
    REQUIRE(p.events<digit_ended>().size() == 1);
    CHECK(p.events<digit_ended>()[0].why == digit_ended::cause::replaced);
    p.media.set_remote(p.time(), {peer_rtp, peer_rtcp});
    press(30);
    p.media.set_direction(p.time(), direction::inactive, peer_media::optional, p.out);
    CHECK(p.events<digit_started>().size() == 2);
    CHECK(p.events<digit_ended>().size() == 2);
}

TEST_CASE("Settings outside their ranges are refused") {
    auto environment = seeded(1);
    packet_pool pool;
    auto const is_refused = [&](auto const& change) {
        auto settings = usual_settings();
        change(settings);
        auto const made = session::create(instant(epoch), settings, environment, pool);
        return made.has_error() && made.error() == errc::invalid_argument;
    };
    CHECK_FALSE(is_refused([](session_settings&) {}));
    CHECK(is_refused([](session_settings& s) { s.cname.clear(); }));
    CHECK(is_refused([](session_settings& s) { s.cname.assign(256, 'x'); }));
    CHECK(is_refused([](session_settings& s) { s.session_bandwidth = 999; }));
    CHECK(is_refused([](session_settings& s) { s.rtcp_minimum = 99ms; }));
    CHECK(is_refused([](session_settings& s) { s.media_timeout = -1s; }));
    CHECK(is_refused([](session_settings& s) { s.relearn_after = -1s; }));
    CHECK(is_refused([](session_settings& s) { s.digits.packet_period = 0ms; }));
    CHECK(is_refused([](session_settings& s) { s.digits.pause = -1ms; }));
    CHECK(is_refused([](session_settings& s) { s.digits.volume = 64; }));
    CHECK(is_refused([](session_settings& s) { s.digits.end_packets = 0; }));
    CHECK(is_refused([](session_settings& s) { s.digits.end_packets = 4; }));
    CHECK(is_refused([](session_settings& s) { s.digits.receive_timeout = 0ms; }));
}

TEST_CASE("After stop nothing is sent, delivered or timed any more") {
    party p(with_timeout(10s));
    CHECK_FALSE(p.send());
    p.receive_run(1, 5);
    CHECK_FALSE(p.media.send_digit(p.time(), '1', 1s, p.out));
    p.media.stop(p.time(), "done", p.out);
    p.out.clear();
    CHECK(p.send() == errc::not_sending);
    CHECK(p.media.send_digit(p.time(), '1', 100ms, p.out) == errc::not_sending);
    p.receive_run(6, 5);
    p.receive_bytes(peer_compound().receiver_report(bob).bytes());
    p.media.on_timeout(instant(p.now + 1h), p.out);
    p.media.stop(p.time(), "again", p.out);
    CHECK_FALSE(p.media.next_deadline().has_value());
    CHECK(p.out.datagrams.empty());
    CHECK(p.out.media.empty());
    CHECK(p.out.events.empty());
}

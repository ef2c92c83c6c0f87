// Covers: what our reports say and when they go, what the peer's reports tell us, round trips, members, BYE with and
// without back-off, collisions and loops of SSRCs, shared ports, RTCP switched off.
#include "unit/rtp/support/party.hpp"

#include "rtp/stats/ntp.hpp"
#include "rtp/stats/sequence.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

constexpr ssrc_t bob{0xbeef};

report_view report_of(std::vector<rtcp_packet> const& compound) {
    return report_view::parse(compound.at(0)).value();
}

/// The next report that goes out, alone in the outbox.
std::vector<rtcp_packet> next_report(party& p) {
    p.out.clear();
    auto const before = p.media.statistics().rtcp_sent;
    while (p.media.statistics().rtcp_sent == before)
        p.advance_to(*p.media.next_deadline());
    auto const sent = p.sent_rtcp();
    REQUIRE(sent.size() == 1);
    return sent[0];
}

}  // namespace

TEST_CASE("Who sends no media sends receiver reports with its CNAME (RFC 3550 6.1, 6.4.2, 6.3.9)") {
    party p;
    auto const report = next_report(p);
    REQUIRE(report.size() == 2);
    CHECK(report[0].type == rtcp_type::receiver_report);
    CHECK(report_of(report).reporter() == p.media.local_source());
    CHECK(report_of(report).block_count() == 0);
    sdes_reader items(report[1]);
    auto const item = items.next().value();
    CHECK(item.source == p.media.local_source());
    CHECK(item.type == sdes_type::cname);
    CHECK(item.text == "alice@test");
    CHECK(p.out.datagrams[0].via == component::rtcp);
    CHECK(p.out.datagrams[0].to == peer_rtcp);
    CHECK(p.now > epoch + 1s);
    CHECK(p.now < epoch + 3100ms);
}

TEST_CASE("A sender report says what was sent, and its two clocks belong together (RFC 3550 6.4.1)") {
    party p;
    timestamp_t last_timestamp{};
    time_point last_sent;
    for (int i = 0; i < 30; ++i) {
        CHECK_FALSE(p.send());
        last_timestamp = p.sent_rtp().back().timestamp();
        last_sent = p.now;
        p.now += 20ms;
    }
    auto const report = next_report(p);
    auto const info = report_of(report).sender().value();
    CHECK(info.packets == 30);
    CHECK(info.octets == 4800);
    CHECK(info.wall == to_ntp(p.time().wall));
    CHECK(info.media == advance(last_timestamp, to_units(p.now - last_sent, clock_rate{8000})));
}

TEST_CASE("Two reports after the last packet the reports are receiver reports again (RFC 3550 6.3.8)") {
    party p;
    CHECK_FALSE(p.send());
    CHECK(next_report(p)[0].type == rtcp_type::sender_report);
    CHECK(next_report(p)[0].type == rtcp_type::sender_report);
    CHECK(next_report(p)[0].type == rtcp_type::receiver_report);
    CHECK_FALSE(p.send());
    CHECK(next_report(p)[0].type == rtcp_type::sender_report);
}

TEST_CASE("A report block tells loss, jitter and the time since the peer's last report") {
    party p;
    sender_info const info{ntp64_t{0x1111'2222'3333'4444}, timestamp_t{5}, 1, 2};
    p.receive_run(1, 50);
    p.receive_run(76, 25);
    p.receive_bytes(peer_compound().sender_report(bob, info).cname(bob).bytes());
    auto const arrival = p.now;
    auto const report = next_report(p);
    REQUIRE(report_of(report).block_count() == 1);
    auto const block = report_of(report).block(0);
    CHECK(block.source == bob);
    CHECK(block.cumulative_lost == 25);
    CHECK(block.fraction_lost == 25 * 256 / 99);
    CHECK(block.highest_sequence == 100);
    CHECK(block.last_report == ntp32_t{0x2222'3333});
    CHECK(block.delay == to_ntp32(p.now - arrival));
    // A source that was silent since then is left out of the next report (RFC 3550 6.4).
    CHECK(report_of(next_report(p)).block_count() == 0);
}

TEST_CASE("Our sender report answered by the peer gives the round trip, whatever the wall clock does meanwhile (RFC 3550 6.4.4)") {
    party p;
    CHECK_FALSE(p.send());
    auto const report = next_report(p);
    auto const sent_at = p.now;
    auto const lsr = middle(report_of(report).sender()->wall);
    report_block block{.source = p.media.local_source(), .fraction_lost = 26, .cumulative_lost = 3, .jitter = 40};
    block.last_report = lsr;
    block.delay = to_ntp32(1s);
    p.now = sent_at + 1s + 80ms;
    p.out.clear();
    auto stepped = p.time();
    stepped.wall -= 1000h;
    p.media.on_packet(
        stepped, component::rtcp, packet_buffer(p.pool, peer_compound().receiver_report(bob, {block}).bytes()),
        peer_rtcp, p.out
    );
    REQUIRE(p.events<report_received>().size() == 1);
    auto const received = p.events<report_received>()[0];
    CHECK(received.reporter == bob);
    CHECK(received.about_us == block);
    REQUIRE(received.round_trip.has_value());
    CHECK(*received.round_trip > 79ms);
    CHECK(*received.round_trip < 81ms);
    CHECK(p.media.round_trip() == received.round_trip);
}

TEST_CASE("A report that answers nothing we sent gives no round trip; blocks about others are not ours") {
    party p;
    CHECK_FALSE(p.send());
    report_block invented{.source = p.media.local_source()};
    invented.last_report = ntp32_t{12345};
    report_block other{.source = ssrc_t{99}};
    p.receive_bytes(peer_compound().receiver_report(bob, {invented, other}).bytes());
    REQUIRE(p.events<report_received>().size() == 1);
    CHECK_FALSE(p.events<report_received>()[0].round_trip.has_value());
    p.out.clear();
    report_block none{.source = p.media.local_source()};
    p.receive_bytes(peer_compound().receiver_report(bob, {none}).bytes());
    CHECK_FALSE(p.events<report_received>().at(0).round_trip.has_value());
    CHECK_FALSE(p.media.round_trip().has_value());
}

TEST_CASE("RTCP from elsewhere is not believed") {
    party p;
    CHECK_FALSE(p.send());
    p.receive_run(1, 5);
    p.out.clear();
    report_block block{.source = p.media.local_source(), .fraction_lost = 255};
    p.receive_bytes(peer_compound().receiver_report(bob, {block}).bye(bob).bytes(), component::rtcp, stranger);
    CHECK(p.out.events.empty());
    CHECK(p.media.statistics().foreign_address == 1);
    CHECK(p.media.statistics().rtcp_received == 0);
}

TEST_CASE("Broken packets inside a well-formed compound are counted, the others still count") {
    party p;
    p.receive_bytes(
        hex("80c90001 00000007  81ca0002 0000beef 01ff6161  82cb0001 0000beef  81c80001 0000beef  81cb0001 00000007")
    );
    CHECK(p.media.statistics().malformed == 3);
    CHECK(p.events<remote_bye>().size() == 1);
}

TEST_CASE("The peer's BYE is told once, with its reason; a BYE of somebody unknown is not") {
    party p;
    p.receive_run(1, 5);
    p.out.clear();
    p.receive_bytes(peer_compound().receiver_report(bob).cname(bob).bye(bob, "hung up").bytes());
    p.receive_bytes(peer_compound().receiver_report(bob).bye(bob, "hung up").bytes());
    p.receive_bytes(peer_compound().receiver_report(bob).bye(ssrc_t{1234}).bytes());
    REQUIRE(p.events<remote_bye>().size() == 1);
    CHECK(p.events<remote_bye>()[0].source == bob);
    CHECK(p.events<remote_bye>()[0].reason == "hung up");
    // A peer that goes on all the same is heard all the same.
    p.out.clear();
    p.receive_run(6, 3);
    CHECK(p.out.media.size() == 3);
}

TEST_CASE("Stopping sends a BYE with a report, but only if anything was ever sent (RFC 3550 6.3.7)") {
    party quiet;
    quiet.media.stop(quiet.time(), "bye", quiet.out);
    CHECK(quiet.out.datagrams.empty());
    party p;
    CHECK_FALSE(p.send());
    p.out.clear();
    p.media.stop(p.time(), "bye", p.out);
    auto const sent = p.sent_rtcp();
    REQUIRE(sent.size() == 1);
    REQUIRE(sent[0].size() == 3);
    CHECK(sent[0][0].type == rtcp_type::sender_report);
    CHECK(sent[0][1].type == rtcp_type::source_description);
    auto const bye = bye_view::parse(sent[0][2]).value();
    CHECK(bye.source(0) == p.media.local_source());
    CHECK(bye.reason() == "bye");
    CHECK_FALSE(p.media.next_deadline().has_value());
}

TEST_CASE("In a session of fifty or more the BYE waits for its turn among those of the others (RFC 3550 6.3.7)") {
    auto settings = usual_settings();
    settings.session_bandwidth = 8000;
    party p(settings);
    CHECK_FALSE(p.send());
    for (unsigned i = 1; i <= 55; ++i)
        p.receive_bytes(peer_compound().receiver_report(static_cast<ssrc_t>(i)).cname(static_cast<ssrc_t>(i)).bytes());
    p.out.clear();
    p.media.stop(p.time(), "mass exit", p.out);
    CHECK(p.out.datagrams.empty());
    auto const first_deadline = p.media.next_deadline();
    REQUIRE(first_deadline.has_value());
    for (unsigned i = 1; i <= 55; ++i)
        p.receive_bytes(peer_compound().receiver_report(static_cast<ssrc_t>(i)).bye(static_cast<ssrc_t>(i)).bytes());
    p.advance_to(*first_deadline);
    CHECK(p.out.datagrams.empty());
    p.advance_to(p.now + 10min);
    auto const sent = p.sent_rtcp();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].back().type == rtcp_type::bye);
    CHECK(bye_view::parse(sent[0].back()).value().reason() == "mass exit");
    CHECK_FALSE(p.media.next_deadline().has_value());
}

TEST_CASE("Somebody else with our SSRC makes us leave it with a BYE and take another, once per address (RFC 3550 8.2)"
) {
    party p;
    CHECK_FALSE(p.send());
    auto const old = p.media.local_source();
    p.out.clear();
    p.receive(1, old);
    auto const fresh = p.media.local_source();
    CHECK(fresh != old);
    REQUIRE(p.events<local_source_changed>().size() == 1);
    CHECK(p.events<local_source_changed>()[0].source == fresh);
    auto const sent = p.sent_rtcp();
    REQUIRE(sent.size() == 1);
    CHECK(bye_view::parse(sent[0].back()).value().source(0) == old);
    // Our new packets come back too: a loop. We do not run away from ourselves.
    p.out.clear();
    for (unsigned i = 0; i < 100; ++i)
        p.receive(2 + i, fresh);
    CHECK(p.media.local_source() == fresh);
    CHECK(p.media.statistics().looped == 100);
    CHECK(p.out.datagrams.empty());
    CHECK(p.out.events.empty());
    CHECK(p.out.media.empty());
    // What is sent from now on has the new name; the report's counters start again.
    CHECK_FALSE(p.send());
    CHECK(p.sent_rtp().back().ssrc() == fresh);
    auto const report = next_report(p);
    CHECK(report_of(report).sender()->packets == 1);
}

TEST_CASE("A collision may show in RTCP first") {
    party p;
    CHECK_FALSE(p.send());
    auto const old = p.media.local_source();
    p.receive_bytes(peer_compound().receiver_report(old).bytes());
    CHECK(p.media.local_source() != old);
}

TEST_CASE("A collision before anything was sent changes the SSRC silently") {
    party p;
    auto const old = p.media.local_source();
    p.receive(1, old);
    CHECK(p.media.local_source() != old);
    CHECK(p.out.datagrams.empty());
}

TEST_CASE("Colliding addresses without end do not make a flood of BYEs") {
    party p;
    p.media.set_remote(p.time(), {});  // nobody is known yet, so everybody is listened to
    p.media.set_remote(p.time(), {peer_rtp, peer_rtcp});
    CHECK_FALSE(p.send());
    p.out.clear();
    for (std::uint16_t i = 0; i < 1000; ++i)
        p.receive(1, p.media.local_source(), at("203.0.113.9", static_cast<std::uint16_t>(1000 + i)));
    CHECK(p.sent_rtcp().size() == 8);
    CHECK(p.media.statistics().looped == 992);
}

TEST_CASE("On one port RTCP leaves by the RTP socket, and is recognised there (RFC 5761)") {
    auto settings = usual_settings();
    settings.rtcp = rtcp_transport::multiplexed;
    party p(settings);
    CHECK_FALSE(p.send());
    (void)next_report(p);
    CHECK(p.out.datagrams[0].via == component::rtp);
    CHECK(p.out.datagrams[0].to == peer_rtp);
    p.receive_bytes(peer_compound().receiver_report(bob).bytes(), component::rtp, peer_rtp);
    CHECK(p.media.statistics().rtcp_received == 1);
}

TEST_CASE("With RTCP off nothing is sent or timed, not even a BYE") {
    auto settings = usual_settings();
    settings.rtcp = rtcp_transport::off;
    party p(settings);
    CHECK_FALSE(p.send());
    p.receive_run(1, 5);
    CHECK_FALSE(p.media.next_deadline().has_value());
    p.receive_bytes(peer_compound().receiver_report(bob).bye(bob).bytes());
    CHECK(p.events<remote_bye>().empty());
    p.media.stop(p.time(), "bye", p.out);
    CHECK(p.sent_rtcp().empty());
}

TEST_CASE("Without an address for RTCP the reports wait, and begin when there is one") {
    party p;
    p.media.set_remote(p.time(), {peer_rtp, {}});
    p.advance_to(epoch + 60s);
    CHECK(p.sent_rtcp().empty());
    p.media.set_remote(p.time(), {peer_rtp, peer_rtcp});
    p.advance_to(epoch + 70s);
    CHECK(p.sent_rtcp().size() >= 1);
}

TEST_CASE("Reports go on while the call is on hold (RFC 3264 8.4)") {
    party p;
    p.media.set_direction(p.time(), direction::inactive, peer_media::optional, p.out);
    p.advance_to(epoch + 60s);
    CHECK(p.sent_rtcp().size() >= 8);
    CHECK(p.sent_rtcp().size() <= 20);
}

TEST_CASE("More members make rarer reports, and fewer make them come sooner again") {
    auto settings = usual_settings();
    settings.session_bandwidth = 8000;
    party p(settings);
    auto const count_reports = [&](duration time) {
        auto const before = p.media.statistics().rtcp_sent;
        p.advance_to(p.now + time);
        return p.media.statistics().rtcp_sent - before;
    };
    CHECK(count_reports(10min) > 80);
    auto const keep_alive = [&] {
        for (unsigned i = 1; i <= 40; ++i)
            p.receive_bytes(
                peer_compound().receiver_report(static_cast<ssrc_t>(i)).cname(static_cast<ssrc_t>(i)).bytes()
            );
    };
    std::uint64_t crowded = 0;
    for (int i = 0; i < 40; ++i) {
        keep_alive();
        crowded += count_reports(15s);
    }
    CHECK(crowded > 1);
    CHECK(crowded < 14);
    // All of them fall silent and time out.
    p.advance_to(p.now + 1h);
    CHECK(count_reports(10min) > 80);
}

TEST_CASE("Contributors that a mixer names are members, and are not heard as sources (RFC 3550 6.3.3, 7.3)") {
    party p;
    std::array const csrcs{ssrc_t{71}, ssrc_t{72}, p.media.local_source()};
    for (std::uint16_t i = 1; i <= 3; ++i) {
        packet_buffer packet(p.pool, byte_vector(160));
        REQUIRE_FALSE(
            prepend_header(packet, {.type = pcmu, .sequence = static_cast<sequence_t>(i), .ssrc = bob, .csrcs = csrcs})
        );
        p.media.on_packet(p.time(), component::rtp, std::move(packet), peer_rtp, p.out);
    }
    CHECK(p.out.media.size() == 2);
    CHECK(p.events<source_changed>().empty());
    CHECK(p.events<local_source_changed>().empty());
    p.receive_bytes(peer_compound().receiver_report(bob).bye(ssrc_t{71}).bytes());
    CHECK(p.events<remote_bye>().size() == 1);
}

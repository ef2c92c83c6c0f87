// Covers: more sources than a report holds, extended reports both ways, generic NACKs early and with a report, reduced
// size, groups. Not here: plain reports and BYE (session_rtcp_test), the AVPF timing itself (rtcp_scheduler_test).
#include <map>
#include <set>

#include "rtp/stats/ntp.hpp"
#include "rtp/wire/rtcp_feedback.hpp"
#include "rtp/wire/rtcp_xr_metrics.hpp"
#include "unit/rtp/support/party.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

constexpr ssrc_t bob{0xbeef};

std::vector<report_block> blocks_of(std::vector<rtcp_packet> const& compound) {
    std::vector<report_block> blocks;
    for (auto const& packet : compound) {
        if (packet.type != rtcp_type::sender_report && packet.type != rtcp_type::receiver_report) continue;
        auto const report = report_view::parse(packet).value();
        for (std::size_t i = 0; i < report.block_count(); ++i)
            blocks.push_back(report.block(i));
    }
    return blocks;
}

std::vector<xr_block> xr_blocks_of(std::vector<rtcp_packet> const& compound) {
    std::vector<xr_block> blocks;
    for (auto const& packet : compound) {
        if (packet.type != rtcp_type::extended_report) continue;
        auto reader = xr_reader::parse(packet).value();
        while (auto const block = reader.next())
            blocks.push_back(*block);
        CHECK_FALSE(reader.has_failed());
    }
    return blocks;
}

std::optional<xr_block> find_block(party const& p, xr_type type) {
    for (auto const& compound : p.sent_rtcp())
        for (auto const& block : xr_blocks_of(compound))
            if (block.type == type) return block;
    return std::nullopt;
}

std::vector<rtcp_type> types_of(std::vector<rtcp_packet> const& compound) {
    std::vector<rtcp_type> types;
    for (auto const& packet : compound)
        types.push_back(packet.type);
    return types;
}

/// Lets `count` members of a group send, each from an address of its own.
void hear_many(party& p, unsigned count) {
    for (unsigned round = 0; round < 3; ++round) {
        for (unsigned i = 0; i < count; ++i) {
            auto from = peer_rtp;
            from.port = static_cast<std::uint16_t>(5'000 + 2 * i);
            p.receive(100 + round, static_cast<ssrc_t>(1'000 + i), from);
        }
        p.advance_to(p.now + 20ms);
    }
}

void make_group(party& p) {
    p.media.set_remote(p.time(), {at("239.1.2.3", 6'000), at("239.1.2.3", 6'001)});
}

rtcp_features feedback_features(rtcp_form form = rtcp_form::compound) {
    rtcp_features features;
    features.profile = rtcp_profile::avpf;
    features.form = form;
    features.sends_generic_nack = true;
    return features;
}

std::vector<unsigned> missing_of(rtcp_packet const& packet) {
    auto const feedback = feedback_view::parse(packet).value();
    CHECK(feedback.is_generic_nack());
    CHECK(feedback.media_source == bob);
    nack_reader reader(feedback);
    std::vector<unsigned> missing;
    while (auto const sequence = reader.next())
        missing.push_back(static_cast<unsigned>(*sequence));
    return missing;
}

constexpr std::array two_missing{sequence_t{7}, sequence_t{9}};

}  // namespace

TEST_CASE(
    "More sources than one report packet takes go into a second, and what does not fit has its turn next (RFC 3550 6.1)"
) {
    auto settings = usual_settings();
    settings.session_bandwidth = 10'000'000;
    party p(settings);
    make_group(p);
    hear_many(p, 60);
    std::map<std::uint32_t, int> reported;
    std::size_t largest = 0;
    for (int report = 0; report < 8; ++report) {
        p.out.clear();
        p.advance_to(*p.media.next_deadline());
        while (p.sent_rtcp().empty())
            p.advance_to(*p.media.next_deadline());
        auto const compound = p.sent_rtcp().at(0);
        CHECK(compound[0].count <= 31);
        CHECK(compound[1].type == rtcp_type::receiver_report);
        auto const blocks = blocks_of(compound);
        largest = std::max(largest, blocks.size());
        for (auto const& block : blocks)
            ++reported[static_cast<std::uint32_t>(block.source)];
        CHECK(p.out.datagrams.at(0).packet.size() <= 1'200);
        // All go on sending.
        for (unsigned i = 0; i < 60; ++i) {
            auto from = peer_rtp;
            from.port = static_cast<std::uint16_t>(5'000 + 2 * i);
            p.receive(103 + static_cast<unsigned>(report), static_cast<ssrc_t>(1'000 + i), from);
        }
    }
    CHECK(largest > 31);
    CHECK(reported.size() == 60);
    int least = 100, most = 0;
    for (auto const& [source, times] : reported) {
        least = std::min(least, times);
        most = std::max(most, times);
    }
    CHECK(most - least <= 1);
}

TEST_CASE("Whoever sends no media measures the round trip by a reference time and its answer (RFC 3611 4.4, 4.5)") {
    party p;
    rtcp_features features;
    features.measures_round_trip = true;
    REQUIRE_FALSE(p.media.set_rtcp_features(features));
    p.advance_to(p.now + 10s);
    auto const asked = parse_receiver_reference_time(find_block(p, xr_type::receiver_reference_time).value()).value();
    p.advance_to(p.now + 1s);
    // The clocks of the test run together, so the age of the question can be read off the wall clock. The peer says
    // that it has held the question for all of that but 100 ms.
    auto const now = to_ntp(p.time().wall);
    auto const age = static_cast<std::uint32_t>(middle(now)) - static_cast<std::uint32_t>(middle(asked));
    auto const held = to_ntp32(to_duration(static_cast<ntp32_t>(age)) - 100ms);
    peer_compound answer;
    answer.receiver_report(bob);
    xr_writer writer(answer.buffer, bob);
    std::array const items{
        dlrr_item{ssrc_t{42}, middle(asked), ntp32_t{1}}, dlrr_item{p.media.local_source(), middle(asked), held},
        dlrr_item{p.media.local_source(), ntp32_t{12'345}, ntp32_t{0}}};
    REQUIRE_FALSE(writer.append_dlrr(items));
    p.receive_bytes(answer.bytes());
    REQUIRE(p.media.round_trip().has_value());
    CHECK(*p.media.round_trip() > 99ms);
    CHECK(*p.media.round_trip() < 101ms);
}

TEST_CASE("A sender needs no reference time of its own, and answers those of others once (RFC 3611 4.5)") {
    party p;
    rtcp_features features;
    features.measures_round_trip = true;
    REQUIRE_FALSE(p.media.set_rtcp_features(features));
    peer_compound asked;
    asked.receiver_report(bob).cname(bob);
    xr_writer writer(asked.buffer, bob);
    REQUIRE_FALSE(writer.append_receiver_reference_time(ntp64_t{0x0001'0002'0003'0004}));
    p.receive_bytes(asked.bytes());
    auto const asked_at = p.now;
    CHECK_FALSE(p.send());
    p.advance_to(p.now + 7s);
    CHECK_FALSE(find_block(p, xr_type::receiver_reference_time).has_value());
    auto const block = find_block(p, xr_type::delay_since_last_rr);
    REQUIRE(block.has_value());
    auto const answers = dlrr_view::parse(*block).value();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].receiver == bob);
    CHECK(answers[0].last_rr == ntp32_t{0x0002'0003});
    CHECK(to_duration(answers[0].delay) > 0ms);
    CHECK(to_duration(answers[0].delay) <= p.now - asked_at);
    p.out.clear();
    CHECK_FALSE(p.send());
    p.advance_to(p.now + 8s);
    CHECK_FALSE(p.sent_rtcp().empty());
    CHECK_FALSE(find_block(p, xr_type::delay_since_last_rr).has_value());
}

TEST_CASE(
    "The statistics summary and the VoIP metrics tell what was measured since the last report and since the start (RFC "
    "3611 4.6, 4.7)"
) {
    party p;
    rtcp_features features;
    features.sends_statistics_summary = true;
    features.sends_voip_metrics = true;
    REQUIRE_FALSE(p.media.set_rtcp_features(features));
    playout_description playout;
    playout.codec = impairment_of("PCMU");
    playout.end_system_delay = 70ms;
    playout.configuration = {concealment_kind::enhanced, jitter_buffer_kind::adaptive, 40ms, 200ms, 300ms};
    p.media.set_playout(playout);
    p.receive_run(10, 40);
    p.receive_run(55, 10);
    p.receive(64);
    p.media.on_discarded(bob, sequence_t{60});
    p.media.on_discarded(ssrc_t{1}, sequence_t{60});
    p.advance_to(p.now + 8s);
    auto const summary_block = find_block(p, xr_type::statistics_summary);
    REQUIRE(summary_block.has_value());
    auto const summary = parse_statistics_summary(*summary_block).value();
    CHECK(summary.source == bob);
    CHECK(summary.begin == sequence_t{11});
    CHECK(summary.end == sequence_t{65});
    CHECK(summary.duplicates == 1U);
    CHECK(summary.jitter.has_value());
    CHECK_FALSE(summary.ttl.has_value());
    auto const metrics = parse_voip_metrics(find_block(p, xr_type::voip_metrics).value()).value();
    CHECK(metrics.source == bob);
    CHECK(metrics.loss_rate == 5 * 256 / 54);
    CHECK(metrics.discard_rate == 1 * 256 / 54);
    CHECK(metrics.end_system_delay == 70);
    CHECK(metrics.mos_lq.has_value());
    CHECK_FALSE(metrics.mos_cq.has_value());
    CHECK(metrics.jitter_buffer == jitter_buffer_kind::adaptive);
}

TEST_CASE("Extended reports go only to who asked for them (RFC 3611 5.1)") {
    party p;
    p.receive_run(10, 40);
    p.advance_to(p.now + 20s);
    CHECK(p.sent_rtcp().size() >= 2);
    for (auto const& compound : p.sent_rtcp())
        CHECK(xr_blocks_of(compound).empty());
}

TEST_CASE(
    "What the peer makes of our media is told, and its own delay enters ours; what it says of others is not (RFC 3611 "
    "4.7)"
) {
    party p;
    CHECK_FALSE(p.send());
    xr_voip_metrics told;
    told.source = p.media.local_source();
    told.end_system_delay = 90;
    told.mos_lq = 37;
    peer_compound report;
    report.receiver_report(bob);
    xr_writer writer(report.buffer, bob);
    REQUIRE_FALSE(append_voip_metrics(writer, told));
    auto other = told;
    other.source = ssrc_t{5};
    REQUIRE_FALSE(append_voip_metrics(writer, other));
    p.receive_bytes(report.bytes());
    auto const events = p.events<voip_metrics_received>();
    REQUIRE(events.size() == 1);
    CHECK(events[0].reporter == bob);
    CHECK(events[0].about_us == told);
    CHECK(p.media.peer_metrics() == told);
    CHECK(p.media.measurements().peer_end_system_delay == 90ms);
}

TEST_CASE("Broken extended reports and feedback inside a well-formed compound are counted and change nothing") {
    party p;
    CHECK_FALSE(p.send());
    // A block that overruns, a DLRR of a wrong size, an XR and a feedback packet without sources.
    for (auto const* broken :
         {"80cf0003 0000beef 0400ffff 01020304", "80cf0003 0000beef 05000001 01020304", "80cf0000",
          "81cd0001 0000beef"}) {
        auto const before = p.media.statistics().malformed;
        auto bytes = hex("80c90001 0000beef");
        auto const tail = hex(broken);
        bytes.insert(bytes.end(), tail.begin(), tail.end());
        p.receive_bytes(bytes);
        CHECK(p.media.statistics().malformed == before + 1);
    }
    CHECK_FALSE(p.media.round_trip().has_value());
    CHECK(p.media.statistics().rtcp_received == 4);
}

TEST_CASE("A missing packet is asked for at once, in a minimal compound packet (RFC 4585 3.1, 3.5.2)") {
    party p;
    REQUIRE_FALSE(p.media.set_rtcp_features(feedback_features()));
    p.receive_run(1, 6);
    p.advance_to(p.now + 5s);
    p.out.clear();
    CHECK(p.media.report_missing(p.time(), two_missing));
    CHECK(*p.media.next_deadline() <= p.now);
    p.media.on_timeout(p.time(), p.out);
    REQUIRE(p.sent_rtcp().size() == 1);
    auto const compound = p.sent_rtcp()[0];
    CHECK(
        types_of(compound) ==
        std::vector{rtcp_type::receiver_report, rtcp_type::source_description, rtcp_type::transport_feedback}
    );
    CHECK(blocks_of(compound).empty());
    CHECK(missing_of(compound[2]) == std::vector<unsigned>{7, 9});
    CHECK(p.media.statistics().feedback_sent == 1);
    CHECK(*p.media.next_deadline() > p.now);
}

TEST_CASE("With reduced size the feedback travels alone; the reports stay whole (RFC 5506 4.1)") {
    party p;
    REQUIRE_FALSE(p.media.set_rtcp_features(feedback_features(rtcp_form::reduced_size)));
    p.receive_run(1, 6);
    p.advance_to(p.now + 5s);
    p.out.clear();
    CHECK(p.media.report_missing(p.time(), two_missing));
    p.media.on_timeout(p.time(), p.out);
    REQUIRE(p.sent_rtcp().size() == 1);
    CHECK(types_of(p.sent_rtcp()[0]) == std::vector{rtcp_type::transport_feedback});
    p.out.clear();
    p.advance_to(p.now + 5s);
    REQUIRE_FALSE(p.sent_rtcp().empty());
    CHECK(p.sent_rtcp()[0][0].type == rtcp_type::receiver_report);
}

TEST_CASE("Reduced-size RTCP is understood only where it was agreed on (RFC 5506 4.1)") {
    auto const nack = hex("81cd0003 0000beef 00000001 00070002");
    for (auto const form : {rtcp_form::compound, rtcp_form::reduced_size}) {
        party p;
        CHECK_FALSE(p.send());
        REQUIRE_FALSE(p.media.set_rtcp_features(feedback_features(form)));
        auto bytes = nack;
        store_u32(std::span(bytes).subspan(8), static_cast<std::uint32_t>(p.media.local_source()));
        p.receive_bytes(bytes);
        bool const is_reduced = form == rtcp_form::reduced_size;
        CHECK(p.media.statistics().malformed == (is_reduced ? 0 : 1));
        CHECK(p.media.statistics().nacked == (is_reduced ? 2 : 0));
    }
}

TEST_CASE("Feedback is refused where it was not agreed on, before anybody is heard, and after the end") {
    party p;
    p.receive_run(1, 6);
    CHECK_FALSE(p.media.report_missing(p.time(), two_missing));
    auto features = feedback_features();
    features.profile = rtcp_profile::avp;
    REQUIRE_FALSE(p.media.set_rtcp_features(features));
    CHECK_FALSE(p.media.report_missing(p.time(), two_missing));
    REQUIRE_FALSE(p.media.set_rtcp_features(feedback_features()));
    CHECK_FALSE(p.media.report_missing(p.time(), {}));
    CHECK(p.media.report_missing(p.time(), two_missing));
    p.media.stop(p.time(), "", p.out);
    CHECK_FALSE(p.media.report_missing(p.time(), two_missing));

    party unheard;
    REQUIRE_FALSE(unheard.media.set_rtcp_features(feedback_features()));
    CHECK_FALSE(unheard.media.report_missing(unheard.time(), two_missing));
    features.regular_minimum = 2min;
    CHECK(unheard.media.set_rtcp_features(features) == errc::invalid_argument);
}

TEST_CASE("In a group a NACK that somebody else has sent is not sent again (RFC 4585 3.5.2)") {
    party p;
    make_group(p);
    REQUIRE_FALSE(p.media.set_rtcp_features(feedback_features()));
    p.receive_run(1, 6);
    hear_many(p, 3);
    for (unsigned i = 0; i < 3; ++i)
        p.receive(7 + i);
    p.advance_to(p.now + 2s);
    p.receive(10);
    p.out.clear();
    REQUIRE(p.media.heard_source() != nullptr);
    REQUIRE(p.media.report_missing(p.time(), two_missing));
    CHECK(*p.media.next_deadline() > p.now);
    peer_compound other;
    other.receiver_report(ssrc_t{1'000}).cname(ssrc_t{1'000});
    REQUIRE_FALSE(append_generic_nack(other.buffer, ssrc_t{1'000}, bob, two_missing));
    auto from = peer_rtcp;
    from.port = 5'001;
    p.receive_bytes(other.bytes(), component::rtcp, from);
    p.advance_to(p.now + 10s);
    for (auto const& compound : p.sent_rtcp())
        for (auto const& packet : compound)
            CHECK(packet.type != rtcp_type::transport_feedback);
    CHECK(p.media.statistics().feedback_sent == 0);
}

TEST_CASE("In a group everybody is heard, and an SSRC that comes from a second address is not believed (RFC 3550 8.2)"
) {
    party p;
    make_group(p);
    auto const first = at("192.0.2.10", 7'000);
    auto const second = at("192.0.2.11", 7'000);
    p.receive_run(1, 5, ssrc_t{1}, first);
    p.receive_run(1, 5, ssrc_t{2}, second);
    CHECK(p.media.statistics().foreign_address == 0);
    auto const delivered = p.media.statistics().packets_delivered;
    p.receive_run(6, 5, ssrc_t{1}, second);
    CHECK(p.media.statistics().conflicting == 5);
    CHECK(p.media.statistics().packets_delivered == delivered);
    p.advance_to(p.now + 1s);
    p.receive_run(6, 3, ssrc_t{1}, first);
    CHECK(p.media.statistics().packets_delivered == delivered + 3);
    // RTCP is judged apart from RTP: translators need not use the same ports (8.2).
    p.receive_bytes(peer_compound().receiver_report(ssrc_t{1}).bytes(), component::rtcp, first);
    p.receive_bytes(peer_compound().receiver_report(ssrc_t{1}).bytes(), component::rtcp, second);
    CHECK(p.media.statistics().conflicting == 6);
    // Media goes to the group, whoever speaks.
    CHECK_FALSE(p.send());
    CHECK(p.out.datagrams.back().to == at("239.1.2.3", 6'000));
}

TEST_CASE("A source of a group that has timed out may come back from elsewhere (RFC 3550 8.2, 6.3.5)") {
    party p;
    make_group(p);
    p.receive_run(1, 5, ssrc_t{1}, at("192.0.2.10", 7'000));
    p.advance_to(p.now + 5min);
    p.receive_run(6, 3, ssrc_t{1}, at("192.0.2.11", 7'000));
    CHECK(p.media.statistics().conflicting == 0);
    CHECK(p.media.statistics().packets_delivered >= 7);
}

TEST_CASE("Our SSRC among the contributors of a mixer is a loop, and makes no member of us (RFC 3550 8.2)") {
    party p;
    std::array const contributors{p.media.local_source(), ssrc_t{77}};
    for (unsigned i = 0; i < 3; ++i) {
        packet_buffer packet(p.pool, byte_vector(160, std::byte{0xff}));
        packet_header header;
        header.type = pcmu;
        header.sequence = static_cast<sequence_t>(i);
        header.ssrc = bob;
        header.csrcs = contributors;
        REQUIRE_FALSE(prepend_header(packet, header));
        p.media.on_packet(p.time(), component::rtp, std::move(packet), peer_rtp, p.out);
    }
    CHECK(p.media.statistics().looped == 2);
    CHECK(p.media.statistics().packets_delivered == 2);
}

TEST_CASE("Contributors and header extensions are sent with the frame (RFC 3550 5.1, RFC 8285 4.2)") {
    party p;
    std::array const contributors{ssrc_t{5}, ssrc_t{6}};
    std::array const level{std::byte{0x85}};
    std::array const extensions{extension_element{1, level}};
    packet_buffer payload(p.pool, byte_vector(160, std::byte{0x55}));
    REQUIRE_FALSE(p.media.send(p.time(), {pcmu, 160, false, std::move(payload), contributors, extensions}, p.out));
    auto const sent = p.sent_rtp().at(0);
    REQUIRE(sent.csrc_count() == 2);
    CHECK(sent.csrc(1) == ssrc_t{6});
    extension_reader reader(sent.extension().value());
    auto const element = reader.next().value();
    CHECK(element.id == 1);
    CHECK(element.data[0] == std::byte{0x85});
    CHECK(sent.payload().size() == 160);
}

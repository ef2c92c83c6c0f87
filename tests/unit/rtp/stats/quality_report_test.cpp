// Covers: the RFC's examples read, reports written and read back, what is unknown left out, injection, refusals. Not
// here: how the figures are measured (burst_gap_test, voice_quality_test).
#include "rtp/stats/quality_report.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace rtp;
using namespace std::chrono_literals;

namespace {

/// RFC 6035 4.7.1, without its remote section.
std::string const session_example =
    "VQSessionReport: CallTerm\r\n"
    "CallID: 6dg37f1890463\r\n"
    "LocalID: Alice <sip:alice@example.org>\r\n"
    "RemoteID: Bill <sip:bill@example.net>\r\n"
    "OrigID: Alice <sip:alice@example.org>\r\n"
    "LocalGroup: example-phone-55671\r\n"
    "RemoteGroup: example-gateway-09871\r\n"
    "LocalAddr: IP=10.10.1.100 PORT=5000 SSRC=1a3b5c7d\r\n"
    "LocalMAC: 00:1f:5b:cc:21:0f\r\n"
    "RemoteAddr:IP=11.1.1.150 PORT=5002 SSRC=0x2468abcd\r\n"
    "RemoteMAC: 00:26:08:8e:95:02\r\n"
    "LocalMetrics:\r\n"
    "Timestamps:START=2004-10-10T18:23:43Z STOP=2004-10-01T18:26:02Z\r\n"
    "SessionDesc:PT=18 PD=G729 SR=8000 FD=20 FO=20 FPP=2 PPS=50\r\n"
    "                FMTP=\"annexb=no\" PLC=3 SSUP=on\r\n"
    "JitterBuffer:JBA=3 JBR=2 JBN=40 JBM=80 JBX=120\r\n"
    "PacketLoss:NLR=5.0 JDR=2.0\r\n"
    "BurstGapLoss:BLD=0 BD=0 GLD=2.0 GD=500 GMIN=16\r\n"
    "Delay:RTD=200 ESD=140 SOWD=200 IAJ=2 MAJ=10\r\n"
    "Signal:SL=-18 NL=-50 RERL=55\r\n"
    "QualityEst:RLQ=88 RCQ=85 EXTRI=90 MOSLQ=4.1 MOSCQ=4.0\r\n"
    "  QoEEstAlg=P.564\r\n"
    "DialogID:1890463548@alice.example.org;to-tag=8472761;\r\n"
    "  from-tag=9123dh311\r\n";

quality_report parse(std::string const& text) {
    auto const report = parse_quality_report(text);
    REQUIRE(report.has_value());
    return *report;
}

parse_failure failure_of(std::string const& text) {
    auto const report = parse_quality_report(text);
    REQUIRE(report.has_error());
    return report.error();
}

std::string replaced(std::string text, std::string const& from, std::string const& to) {
    auto const at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

quality_report small_report() {
    quality_report report;
    report.call_id = "abc@192.0.2.7";
    report.local_id = "<sip:alice@example.org>";
    report.remote_id = "<sip:bob@example.org>";
    report.originator_id = report.local_id;
    report.local = endpoint::from_text("192.0.2.7", 4000).value();
    report.remote = endpoint::from_text("2001:db8::1", 4002).value();
    report.local_source = ssrc_t{1};
    report.remote_source = ssrc_t{0xfffffffe};
    report.local_metrics.start = wall_point(std::chrono::sys_days{std::chrono::year{2024} / 2 / 29}) + 23h + 59min + 8s;
    report.local_metrics.stop = report.local_metrics.start + 1h;
    return report;
}

}  // namespace

TEST_CASE("The RFC's session report is read field by field (RFC 6035 4.7.1)") {
    auto const report = parse(session_example);
    CHECK(report.what == quality_report::kind::session);
    CHECK(report.is_final);
    CHECK(report.call_id == "6dg37f1890463");
    CHECK(report.remote_id == "Bill <sip:bill@example.net>");
    CHECK(report.local.to_text() == "10.10.1.100:5000");
    CHECK(report.local_source == ssrc_t{0x1a3b5c7d});
    CHECK(report.remote_source == ssrc_t{0x2468abcd});
    CHECK(report.local_mac == "00:1f:5b:cc:21:0f");
    auto const& metrics = report.local_metrics;
    CHECK(metrics.payload_type == 18U);
    CHECK(metrics.payload_name == "G729");
    CHECK(metrics.frames_per_packet == 2U);
    CHECK(metrics.format_parameters == "annexb=no");
    CHECK(metrics.silence_suppression == true);
    CHECK(metrics.jitter_buffer_absolute_maximum == 120U);
    CHECK(metrics.loss_rate.value() == doctest::Approx(5));
    CHECK(metrics.gap_density.value() == doctest::Approx(2));
    CHECK(metrics.gap_threshold == 16U);
    CHECK(metrics.mean_absolute_jitter == 10U);
    CHECK(metrics.signal_level == -18);
    CHECK(metrics.residual_echo_return_loss == 55U);
    CHECK(metrics.external_r_in == 90U);
    CHECK_FALSE(metrics.external_r_out.has_value());
    CHECK(metrics.mos_lq.value() == doctest::Approx(4.1));
    CHECK(metrics.algorithm == "P.564");
    CHECK(report.dialog_id == "1890463548@alice.example.org;to-tag=8472761;from-tag=9123dh311");
    CHECK_FALSE(report.remote_metrics.has_value());
}

TEST_CASE("The RFC's alert report is read, with the section name of its example (RFC 6035 4.7.4)") {
    auto text =
        replaced(session_example, "VQSessionReport: CallTerm", "VQAlertReport: Type=RLQ Severity=Warning Dir=local");
    text = replaced(text, "LocalMetrics:", "Metrics:");
    auto const report = parse(text);
    CHECK(report.what == quality_report::kind::alert);
    REQUIRE(report.alert.has_value());
    CHECK(report.alert->metric == "RLQ");
    CHECK(report.alert->severity == quality_alert::severity::warning);
    CHECK(report.alert->direction == quality_alert::direction::local);
    CHECK(report.local_metrics.listening_r == 88U);
}

TEST_CASE("A report that was read is written to read the same, of all three kinds (RFC 6035 4.6.1)") {
    auto report = parse(session_example);
    report.remote_metrics = report.local_metrics;
    report.remote_metrics->signal_level = 3;
    CHECK(parse(to_text(report)) == report);
    report.what = quality_report::kind::interval;
    report.is_final = false;
    CHECK(to_text(report).starts_with("VQIntervalReport\r\nCallID: 6dg37f1890463\r\n"));
    CHECK(parse(to_text(report)) == report);
    report.what = quality_report::kind::alert;
    report.alert = quality_alert{"MOSLQ", quality_alert::severity::critical, quality_alert::direction::remote};
    CHECK(to_text(report).starts_with("VQAlertReport: Type=MOSLQ Severity=Critical Dir=remote\r\n"));
    CHECK(parse(to_text(report)) == report);
}

TEST_CASE("What is unknown is left out, whole lines with it; what the grammar demands is there") {
    auto const text = to_text(small_report());
    CHECK(
        text ==
        "VQSessionReport\r\n"
        "CallID: abc@192.0.2.7\r\n"
        "LocalID: <sip:alice@example.org>\r\n"
        "RemoteID: <sip:bob@example.org>\r\n"
        "OrigID: <sip:alice@example.org>\r\n"
        "LocalAddr: IP=192.0.2.7 PORT=4000 SSRC=0x00000001\r\n"
        "RemoteAddr: IP=2001:db8::1 PORT=4002 SSRC=0xfffffffe\r\n"
        "LocalGroup: -\r\n"
        "RemoteGroup: -\r\n"
        "LocalMetrics:\r\n"
        "Timestamps:START=2024-02-29T23:59:08Z STOP=2024-03-01T00:59:08Z\r\n"
    );
}

TEST_CASE("A name with line ends or quotation marks in it cannot add a line or a field") {
    auto report = small_report();
    report.remote_id = "\"Eve\r\nLocalMAC: 00:00:00:00:00:00\" <sip:eve@example.org>";
    report.local_metrics.format_parameters = "x\" NLR=99 \"\r\nPacketLoss:NLR=99";
    report.local_metrics.payload_name = "PCMU PT=5\r\n";
    auto const read = parse(to_text(report));
    CHECK(read.local_mac.empty());
    CHECK_FALSE(read.local_metrics.loss_rate.has_value());
    CHECK_FALSE(read.local_metrics.payload_type.has_value());
    CHECK(read.local_metrics.payload_name == "PCMUPT=5");
}

TEST_CASE("Unknown lines and keys are passed over (RFC 6035 4.6.1, Extension)") {
    auto text = replaced(session_example, "PacketLoss:NLR=5.0", "PacketLoss:X-New=7 bare NLR=5.0");
    text = replaced(text, "Delay:", "X-Weather: rain=yes\r\nDelay:");
    CHECK(parse(text).local_metrics.loss_rate.value() == doctest::Approx(5));
    CHECK(parse(text).local_metrics.round_trip == 200U);
}

TEST_CASE("A value that is not what its key asks for is refused with the place of its line") {
    struct row {
        char const* from;
        char const* to;
        char const* line;
    };
    for (auto const& [from, to, line] : {
             row{"VQSessionReport", "VQSomething", "VQSomething"},
             row{"PORT=5000", "PORT=70000", "LocalAddr"},
             row{"IP=11.1.1.150", "IP=example.org", "RemoteAddr"},
             row{"SSRC=1a3b5c7d", "SSRC=1a3b5c7d9", "LocalAddr"},
             row{"JBN=40", "JBN=forty", "JitterBuffer"},
             row{"JBN=40", "JBN=4294967296", "JitterBuffer"},
             row{"NLR=5.0", "NLR=nan", "PacketLoss"},
             row{"NLR=5.0", "NLR=5e2", "PacketLoss"},
             row{"NLR=5.0", "NLR=5.", "PacketLoss"},
             row{"SL=-18", "SL=--18", "Signal"},
             row{"SSUP=on", "SSUP=perhaps", "SessionDesc"},
             row{"2004-10-10T18:23:43Z", "2004-13-10T18:23:43Z", "Timestamps"},
             row{"2004-10-10T18:23:43Z", "2004-02-30T18:23:43Z", "Timestamps"},
             row{"2004-10-10T18:23:43Z", "2004-10-10T18:23:43+01:00", "Timestamps"},
             row{"2004-10-10T18:23:43Z", "9999-10-10T18:23:43Z", "Timestamps"},
         }) {
        CAPTURE(to);
        auto const text = replaced(session_example, from, to);
        auto const failure = failure_of(text);
        CHECK(failure.code == errc::bad_quality_report);
        CHECK(failure.offset == text.find(line));
    }
}

TEST_CASE("A line that may be missing is left out where nothing of its value can be written") {
    auto report = parse_quality_report(session_example).value();
    report.remote_mac = "\x17\x17 \x01";
    auto const written = to_text(report);
    CHECK(written.find("RemoteMAC") == std::string::npos);
    CHECK(to_text(parse_quality_report(written).value()) == written);
}

TEST_CASE("Without addresses or metrics it is no report") {
    CHECK(failure_of("").code == errc::bad_quality_report);
    CHECK(failure_of("VQSessionReport\r\n").code == errc::bad_quality_report);
    CHECK(failure_of(replaced(session_example, "LocalAddr", "LocalHouse")).code == errc::bad_quality_report);
    CHECK(failure_of(replaced(session_example, "LocalMetrics", "LocalWeather")).code == errc::bad_quality_report);
    CHECK(failure_of("VQAlertReport: Severity=Warning Dir=local\r\n").offset == 0);
    CHECK(failure_of("VQAlertReport: Type=RLQ Severity=Doom Dir=local\r\n").offset == 0);
    CHECK(failure_of("VQAlertReport: Type=RLQ Severity=Clear Dir=up\r\n").offset == 0);
}

TEST_CASE(
    "A report cut anywhere or with any octet changed is read or refused, and what is read is written and read again"
) {
    for (std::size_t size = 0; size <= session_example.size(); ++size) {
        auto const cut = session_example.substr(0, size);
        if (auto const report = parse_quality_report(cut)) CHECK(parse(to_text(*report)).call_id == report->call_id);
    }
    constexpr unsigned seed = 6035;
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 5'000; ++round) {
        auto text = session_example;
        text[static_cast<unsigned>(random()) % text.size()] = static_cast<char>(static_cast<unsigned>(random()) % 256);
        auto const report = parse_quality_report(text);
        if (report) REQUIRE(parse(to_text(*report)).local == report->local);
    }
}

TEST_CASE("Measured figures become a local section, the peer's VoIP metrics a remote one (RFC 6035 4.6.2)") {
    voice_measurements measured;
    measured.codec = impairment_of("PCMU");
    measured.losses.expected = 1'000;
    measured.losses.lost = 20;
    measured.losses.discarded = 10;
    measured.losses.missing_runs = 30;
    measured.round_trip = 62ms;
    measured.end_system_delay = 75ms;
    auto const local = to_quality_metrics(
        measured, 20ms, {concealment_kind::enhanced, jitter_buffer_kind::adaptive, 40ms, 300ms, 300ms}, 3ms
    );
    CHECK(local.loss_rate.value() == doctest::Approx(2));
    CHECK(local.discard_rate.value() == doctest::Approx(1));
    CHECK(local.round_trip == 62U);
    CHECK(local.symmetric_one_way_delay == 106U);
    CHECK(local.interarrival_jitter == 3U);
    CHECK(local.concealment == 2U);
    CHECK(local.mos_lq.has_value());
    CHECK(local.algorithm == "G.107");

    auto const unmeasured = to_quality_metrics(voice_measurements{}, 20ms, {}, 0ms);
    CHECK_FALSE(unmeasured.loss_rate.has_value());
    CHECK_FALSE(unmeasured.mos_lq.has_value());
    CHECK_FALSE(unmeasured.round_trip.has_value());
    CHECK(unmeasured.algorithm.empty());

    auto const remote = to_quality_metrics(to_voip_metrics(ssrc_t{1}, measured, 20ms, {}));
    CHECK(remote.loss_rate.value() == doctest::Approx(2).epsilon(0.05));
    CHECK(remote.mos_lq.value() == doctest::Approx(local.mos_lq.value()).epsilon(0.02));
    CHECK_FALSE(remote.signal_level.has_value());
}

// Covers: the guide's file format, order of files, every kind of diagnostic, defaults, later names, cross-checks
// between parameters, the codec list, and files that are not text at all.
#include "phoned/config/load.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace phoned;
using namespace std::chrono_literals;

namespace {

const std::string version = "#!version:1.0.0.1\n";

loaded_config load(const std::string& text) {
    const config_source file{"phone.cfg", text};
    return load_config({&file, 1});
}

// All diagnostics, a line each.
std::string lines(const loaded_config& config) {
    std::string all;
    for (const auto& one : config.diagnostics)
        all += to_string(one) + "\n";
    return all;
}

}  // namespace

TEST_CASE("the guide's own file sets an account, and nothing is complained about") {
    const auto config = load(
        version +
        "# the lobby\n"
        "account.1.enable = 1\n"
        "account.1.label = Lobby\n"
        "account.1.display_name = Front Desk\n"
        "account.1.user_name = 1001\n"
        "account.1.auth_name=auth1001\n"
        "account.1.password =  s3=cr#et \n"
        "account.1.sip_server_host = 192.0.2.1\n"
        "account.1.sip_server_port = 5070\n"
        "account.1.expires = 600\n"
        "account.1.transport = 1\n"
        "account.1.advanced.timer_t1 = 0.75\n"
        "account.1.dtmf.type = 2\n"
        "\n"
        "network.port.min_rtpport = 12000\n"
        "network.port.max_rtpport = 12100\n"
        "features.normal_refuse_code = 480\n"
        "sip.rfc2543_hold = 1\n"
    );
    CHECK(lines(config).empty());
    const auto& account = config.values.accounts[0];
    CHECK(account.enabled);
    CHECK(account.label == "Lobby");
    CHECK(account.display_name == "Front Desk");
    CHECK(account.user_name == "1001");
    CHECK(digest_user(account) == "auth1001");
    CHECK(account.password == "s3=cr#et");
    CHECK(account.servers[0].host == "192.0.2.1");
    CHECK(account.servers[0].port == 5070);
    CHECK(account.servers[0].expires == 600s);
    CHECK(account.servers[0].transport == sip_transport::tcp);
    CHECK(account.timer_t1 == 750ms);
    CHECK(account.dtmf == dtmf_method::info);
    CHECK(config.values.min_rtp_port == 12000);
    CHECK(config.values.max_rtp_port == 12100);
    CHECK(config.values.normal_refuse_code == 480);
    CHECK(config.values.rfc2543_hold);
    CHECK_FALSE(config.values.accounts[1].enabled);
}

TEST_CASE("a second server, a second outbound proxy and the rules between them are read, by all their names") {
    const auto config = load(
        version +
        "account.1.enable = 1\n"
        "account.1.user_name = 1001\n"
        "account.1.sip_server.1.address = 192.0.2.1\n"
        "account.1.sip_server.1.retry_counts = 4\n"
        "account.1.sip_server.2.address = 192.0.2.2\n"
        "account.1.sip_server.2.port = 5070\n"
        "account.1.sip_server.2.expires = 900\n"
        "account.1.sip_server.2.transport_type = 1\n"
        "account.1.sip_server.2.register_on_enable = 1\n"
        "account.1.failback_mode = 3\n"
        "account.1.sip_server.1.failback_timeout = 30\n"
        "account.1.sip_server.2.failback_mode = 2\n"
        "account.1.fallback.redundancy_type = 1\n"
        "account.1.fallback.timeout = 45\n"
        "account.1.backup_outbound_host = 192.0.2.4\n"
        "account.1.backup_outbound_port = 5080\n"
        "offhook.outbound = 1\n"
    );
    CHECK(lines(config).empty());
    const auto& account = config.values.accounts[0];
    CHECK(account.servers[0].retry_counts == 4);
    CHECK(account.servers[1].host == "192.0.2.2");
    CHECK(account.servers[1].port == 5070);
    CHECK(account.servers[1].expires == 900s);
    CHECK(account.servers[1].transport == sip_transport::tcp);
    CHECK(account.servers[0].transport == sip_transport::udp);
    CHECK(account.servers[1].retry_counts == 3);
    CHECK(account.servers[1].register_first);
    CHECK(account.fail_back == fail_back_mode::after_time);  // that of the first server
    CHECK(account.fail_back_time == 60s);                    // 1 to 59 count as 60
    CHECK(account.one_at_a_time);
    CHECK(account.test_interval == 45s);
    CHECK(account.backup_proxy.host == "192.0.2.4");
    CHECK(account.backup_proxy.port == 5080);
    CHECK(account.outbound);
    CHECK(load(version + "account.1.failback_timeout = 0\n").values.accounts[0].fail_back_time == 0s);
}

TEST_CASE("a phone whose file says nothing has the guide's defaults") {
    const auto values = default_settings();
    const auto& account = values.accounts[15];
    CHECK_FALSE(account.enabled);
    CHECK(account.servers[0].port == 5060);
    CHECK(account.listen_port == 5060);
    CHECK(account.servers[0].transport == sip_transport::udp);
    CHECK(account.timer_t1 == 500ms);
    CHECK(account.timer_t2 == 4000ms);
    CHECK(account.timer_t4 == 5000ms);
    CHECK(account.reg_fail_retry_interval == 30s);
    CHECK(account.ptime == 20ms);
    CHECK(account.dtmf == dtmf_method::telephone_event);
    CHECK(account.dtmf_payload == 101);
    CHECK(values.min_rtp_port == 11780);
    CHECK(values.max_rtp_port == 11800);
    CHECK(values.rtp_dscp == 46);
    CHECK(values.signalling_dscp == 26);
    CHECK(values.verify_servers);
    CHECK(values.authorities == ca_choice::both);
    CHECK(values.trusted_certificates.empty());
    CHECK(values.normal_refuse_code == 486);
    CHECK(values.dnd_refuse_code == 480);
    CHECK(values.call_waiting);
    CHECK(values.jitter_buffer.adaptive);
    CHECK(values.jitter_buffer.maximum == 300ms);
    CHECK(values.jitter_buffer.normal == 120ms);
    CHECK(values.tones.country == "Custom");
    CHECK(values.tones.dial.count == 0);
    CHECK(values.large_message_limit == 1300);
    CHECK(values.audio_rate == 8000);
    CHECK(values.rtp_timeout == 30s);
}

TEST_CASE("the file of the phone counts over the common file, line by line") {
    const std::string common = version + "account.1.label = Site\nnetwork.qos.rtptos = 34\nvoice.jib.max = 200\n";
    const std::string own = version + "account.1.label = Desk\nvoice.jib.max = 250\n";
    const config_source files[] = {{"common.cfg", common}, {"001565aabbcc.cfg", own}};
    const auto config = load_config(files);
    CHECK(lines(config).empty());
    CHECK(config.values.accounts[0].label == "Desk");
    CHECK(config.values.rtp_dscp == 34);
    CHECK(config.values.jitter_buffer.maximum == 250ms);
}

TEST_CASE("a bad line names its file and line, says what is used, and the rest counts") {
    const auto config = load(
        version +
        "account.1.ptime = 15\n"
        "account.1.lable = Desk\n"
        "account.17.label = Desk\n"
        "no equals sign\n"
        "account.1.user_name = 1001\n"
        "features.dnd_refuse_code = 500\n"
        "network.qos.rtptos = 64\n"
        "network.qos.rtptos = many\n"
        "account.1.sip_server_host = not a host\n"
        "account.1.codec.silk.enable = 1\n"
    );
    CHECK(config.values.accounts[0].user_name == "1001");
    CHECK(config.values.accounts[0].ptime == 20ms);
    CHECK(config.values.rtp_dscp == 46);
    CHECK(config.values.accounts[0].servers[0].host.empty());
    CHECK(config.has_errors());
    const std::string expected = R"(
phone.cfg:2: error: account.1.ptime: "15" is not one of 0, 10, 20, 30, 40, 50, 60 (used: 20)
phone.cfg:3: warning: account.1.lable: is not a parameter; did you mean account.X.label? (used: the line is left out)
phone.cfg:4: warning: account.17.label: has the number 17, which account.X.label does not go to (used: the line is left out)
phone.cfg:5: error: the line is not `name = value` (used: the line is left out)
phone.cfg:7: error: features.dnd_refuse_code: "500" is not one of 404, 480, 486, 603 (used: 480)
phone.cfg:8: error: network.qos.rtptos: "64" is above 63 (used: 46)
phone.cfg:9: warning: network.qos.rtptos: was set in line 8 already (used: the later value)
phone.cfg:9: error: network.qos.rtptos: "many" is not a whole number (used: 46)
phone.cfg:10: error: account.1.sip_server_host: "not a host" is neither a host name nor an IP address (used: the earlier value)
phone.cfg:11: warning: account.1.codec.silk.enable: "silk" is not among the account's codecs (used: the line is left out)
)";
    CHECK("\n" + lines(config) == expected);
}

TEST_CASE("a bad value in the phone's file leaves the common file's value, and says so") {
    const std::string common = version + "network.qos.rtptos = 34\n";
    const std::string own = version + "network.qos.rtptos = -1\n";
    const config_source files[] = {{"common.cfg", common}, {"own.cfg", own}};
    const auto config = load_config(files);
    CHECK(config.values.rtp_dscp == 34);
    CHECK(
        lines(config) == R"(own.cfg:2: error: network.qos.rtptos: "-1" is below 0 (used: "34"))"
                         "\n"
    );
}

TEST_CASE("a missing version line is reported and the file is read all the same") {
    const auto config = load("account.1.label = Desk\n");
    CHECK(config.values.accounts[0].label == "Desk");
    REQUIRE(config.diagnostics.size() == 1);
    CHECK(config.diagnostics[0].level == severity::warning);
    CHECK(config.diagnostics[0].line == 1);
    CHECK(load("").diagnostics.size() == 1);
}

TEST_CASE("CRLF, tabs, a byte order mark and a missing last newline are tolerated") {
    const auto config =
        load("\xEF\xBB\xBF#!version:1.0.0.1\r\n\taccount.1.label\t=\tDesk \r\n   \r\naccount.2.label = End");
    CHECK(lines(config).empty());
    CHECK(config.values.accounts[0].label == "Desk");
    CHECK(config.values.accounts[1].label == "End");
}

TEST_CASE("quotation marks and equals signs belong to the value") {
    const auto config = load(version + "account.1.label = \"Desk\" = 5\n");
    CHECK(config.values.accounts[0].label == "\"Desk\" = 5");
}

TEST_CASE("a value that is not UTF-8 is read as ISO 8859-1") {
    const auto config = load(version + "account.1.display_name = J\xF6rg\naccount.2.display_name = J\xC3\xB6rg\n");
    CHECK(config.values.accounts[0].display_name == "J\xC3\xB6rg");
    CHECK(config.values.accounts[1].display_name == "J\xC3\xB6rg");
}

TEST_CASE("an empty value leaves the setting, %NULL% brings the default back") {
    const auto config = load(version + "account.1.label = Desk\nnetwork.qos.rtptos = 20\n");
    CHECK(config.values.rtp_dscp == 20);
    const std::string common = version + "account.1.label = Desk\nnetwork.qos.rtptos = 20\naccount.2.label = Hall\n";
    const std::string own = version + "account.1.label = \nnetwork.qos.rtptos = %NULL%\naccount.2.label = %NULL%\n";
    const config_source files[] = {{"common.cfg", common}, {"own.cfg", own}};
    const auto both = load_config(files);
    CHECK(lines(both).empty());
    CHECK(both.values.accounts[0].label == "Desk");
    CHECK(both.values.rtp_dscp == 46);
    CHECK(both.values.accounts[1].label.empty());
}

TEST_CASE("a line that is too long is left out") {
    const auto config =
        load(version + "account.1.label = " + std::string(max_config_line, 'x') + "\naccount.1.user_name = 1\n");
    REQUIRE(config.diagnostics.size() == 1);
    CHECK(config.diagnostics[0].line == 2);
    CHECK(config.values.accounts[0].label.empty());
    CHECK(config.values.accounts[0].user_name == "1");
}

TEST_CASE("a password never appears in a diagnostic") {
    const auto config =
        load(version + "account.1.password = hush\x01hush\naccount.1.password = " + std::string(300, 'p') + "\n");
    CHECK(config.diagnostics.size() == 3);
    CHECK(lines(config).find("hush") == std::string::npos);
    CHECK(lines(config).find("ppp") == std::string::npos);
}

TEST_CASE("the names of later editions mean the same parameters") {
    const auto config = load(
        version +
        "account.1.sip_server.1.address = sip.example.org\n"
        "account.1.sip_server.1.port = 0\n"
        "account.1.sip_server.1.transport_type = 2\n"
        "account.1.outbound_proxy.1.address = edge.example.org\n"
        "sip.timer_t1 = 1\n"
        "sip.listen_port = 5066\n"
        "account.1.codec.g722.priority = 1\n"
        "account.1.codec.pcmu.enable = 0\n"
    );
    CHECK(lines(config).empty());
    const auto& account = config.values.accounts[0];
    CHECK(account.servers[0].host == "sip.example.org");
    CHECK(account.servers[0].port == 0);
    CHECK(account.servers[0].transport == sip_transport::tls);
    CHECK(account.outbound_proxy.host == "edge.example.org");
    CHECK(account.timer_t1 == 1000ms);
    CHECK(config.values.accounts[7].listen_port == 5066);
    CHECK(codec_preference(account).front().payload_type == "G722");
}

TEST_CASE("an older and a later name of one parameter in one file are a repetition") {
    const auto config =
        load(version + "account.1.sip_server_host = a.example\naccount.1.sip_server.1.address = b.example\n");
    CHECK(config.values.accounts[0].servers[0].host == "b.example");
    REQUIRE(config.diagnostics.size() == 1);
    CHECK(config.diagnostics[0].message == "was set in line 2 already");
}

TEST_CASE("codecs are offered by priority: 1 first, 0 last, disabled ones not at all") {
    const auto standard = codec_preference(default_settings().accounts[0]);
    std::vector<std::string> names;
    for (const auto& codec : standard)
        names.push_back(codec.payload_type);
    CHECK(names == std::vector<std::string>{"PCMU", "PCMA", "G729", "G722"});
    CHECK(standard[2].rtpmap == 18);

    const auto config = load(
        version + "account.1.codec.1.priority = 0\naccount.1.codec.12.enable = 1\naccount.1.codec.12.priority = 1\n"
    );
    names.clear();
    for (const auto& codec : codec_preference(config.values.accounts[0]))
        names.push_back(codec.payload_type);
    CHECK(names == std::vector<std::string>{"GSM", "PCMA", "G729", "G722", "PCMU"});
}

TEST_CASE("a codec that cannot be had is refused by name where a file asks for it, and only there (RFC 3551 4.5.3)") {
    CHECK(lines(load(version)).empty());
    const auto config = load(version + "account.1.codec.3.enable = 1\naccount.1.codec.opus.enable = 1\n");
    CHECK(
        lines(config) ==
        "phone.cfg: warning: account.1.codec.3.enable: G723_53 cannot be used: there is no free implementation of it "
        "(used: the codec is not offered)\n"
    );
    CHECK(config.values.accounts[0].codecs[0].enabled);
}

TEST_CASE("codecs are known by payload_type, whatever index base the file uses") {
    // This edition counts from 0 and puts other codecs at the indices; the numbers it leaves out follow the name (RFC
    // 3551 6).
    const auto config = load(
        version +
        "account.1.codec.0.enable = 1\naccount.1.codec.0.payload_type = PCMA\naccount.1.codec.0.priority = 1\n"
        "account.1.codec.1.enable = 1\naccount.1.codec.1.payload_type = G722\naccount.1.codec.1.priority = 2\n"
        "account.1.codec.2.enable = 0\naccount.1.codec.5.enable = 0\naccount.1.codec.6.enable = 0\n"
    );
    const auto codecs = codec_preference(config.values.accounts[0]);
    REQUIRE(codecs.size() == 2);
    CHECK(codecs[0].payload_type == "PCMA");
    CHECK(codecs[0].rtpmap == 8);
    CHECK(codecs[1].payload_type == "G722");
    CHECK(codecs[1].rtpmap == 9);
}

TEST_CASE("tones follow the guide's grammar") {
    const auto config = load(version + "voice.tone.busy = 800+300/1000,0/100, 500/1200\nvoice.tone.dial = 100/500\n");
    const auto& busy = config.values.tones.busy;
    REQUIRE(busy.count == 3);
    CHECK(busy.steps[0].components[0].hertz == 800);
    CHECK(busy.steps[0].components[1].hertz == 300);
    CHECK(busy.steps[0].length == 1000ms);
    CHECK(busy.steps[1].components[0].hertz == 0);
    CHECK(busy.steps[2].length == 1200ms);
    CHECK(config.values.tones.dial.count == 0);
    REQUIRE(config.diagnostics.size() == 1);
    CHECK(config.diagnostics[0].line == 3);
    CHECK(config.diagnostics[0].message.starts_with("\"100/500\" is not a tone list, at character 1: "));
}

TEST_CASE("access rules name a user, a group or everybody, and a role") {
    const auto config = load(
        version +
        "offhook.access.1 = user:1000 controller\noffhook.access.2 = group:55 driver:keypad\noffhook.access.3 = "
        "everybody observer\n"
        "offhook.access.4 = user:root admin\noffhook.access.5 = user:1 king\noffhook.access.6 = admin\n"
    );
    CHECK(config.values.access[0].who == access_rule::subject::user);
    CHECK(config.values.access[0].id == 1000);
    CHECK(config.values.access[0].role == "controller");
    CHECK(config.values.access[1].who == access_rule::subject::group);
    CHECK(config.values.access[1].role == "driver:keypad");
    CHECK(config.values.access[2].who == access_rule::subject::everybody);
    CHECK(config.values.access[3].who == access_rule::subject::nobody);
    CHECK(config.diagnostics.size() == 3);
}

TEST_CASE("an RTP port range upside down falls back to the default range") {
    const auto config = load(version + "network.port.min_rtpport = 20000\nnetwork.port.max_rtpport = 10000\n");
    CHECK(config.has_errors());
    CHECK(config.values.min_rtp_port == 11780);
    CHECK(config.values.max_rtp_port == 11800);
}

TEST_CASE("an enabled account without a user or a server stays off") {
    const auto config = load(version + "account.3.enable = 1\naccount.3.user_name = 1003\n");
    CHECK_FALSE(config.values.accounts[2].enabled);
    REQUIRE(config.diagnostics.size() == 1);
    CHECK(
        to_string(config.diagnostics[0]) ==
        "phone.cfg: error: account.3.sip_server.1.address: is not set, but the account is enabled (used: the account "
        "stays off)"
    );
}

TEST_CASE("a session interval below 90 s is moved up to 90 (RFC 4028 4)") {
    const auto config = load(version + "account.1.session_timer.expires = 30\n");
    CHECK(lines(config).starts_with(
        R"(phone.cfg:2: warning: account.1.session_timer.expires: "30" is below 90 (used: 90))"
    ));
}

TEST_CASE("a known parameter that is set to something but not acted on is a note, a family is not") {
    const auto config = load(version + "account.1.subscribe_mwi = 1\naccount.1.shared_line = 0\nlinekey.1.type = 15\n");
    REQUIRE(config.diagnostics.size() == 1);
    CHECK(config.diagnostics[0].level == severity::note);
    CHECK(config.diagnostics[0].parameter == "account.1.subscribe_mwi");
}

TEST_CASE("diagnostics are bounded") {
    std::string text = version;
    for (int i = 0; i < 5000; ++i)
        text += "x\n";
    CHECK(load(text).diagnostics.size() == max_diagnostics);
}

TEST_CASE("random bytes and damaged files never break the loader") {
    const unsigned seed = 20240607;
    CAPTURE(seed);
    std::mt19937 random{seed};
    const std::string good =
        version + "account.1.codec.1.priority = 3\nvoice.tone.busy = 800+200/1000\noffhook.access.1 = user:1 admin\n";
    for (int round = 0; round < 300; ++round) {
        auto text = good;
        for (unsigned changes = random() % 8; changes > 0; --changes) {
            text[random() % text.size()] = static_cast<char>(random() % 256);
        }
        const auto config = load(text);
        CHECK(config.values.max_rtp_port >= config.values.min_rtp_port);
    }
}

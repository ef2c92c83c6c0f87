#include "conformance/run/kamailio.hpp"

#include <fstream>

#include <fmt/format.h>

#include "conformance/run/address.hpp"
#include "support/kamailio.hpp"

namespace conformance {

using test::replace_all;

namespace {

/// A registrar and record-routing proxy for users 1001 to 1005 with digest authentication, on loopback, without a
/// database.
constexpr auto kamailio_configuration = R"cfg(#!KAMAILIO
debug=2
log_stderror=yes
children=2
tcp_children=2
auto_aliases=no
listen=udp:@ADDRESS@
mpath="@MODULES@"
@STREAMS@
loadmodule "jsonrpcs.so"
loadmodule "kex.so"
@BASICS@
loadmodule "htable.so"
loadmodule "siptrace.so"
modparam("siptrace", "trace_on", 1)
modparam("siptrace", "trace_mode", 1)
modparam("siptrace", "trace_to_database", 0)
modparam("siptrace", "hep_mode_on", 1)
modparam("siptrace", "hep_version", 3)
modparam("siptrace", "duplicate_uri", "sip:127.0.0.1:@CAPTURE@")
modparam("jsonrpcs", "transport", 2)
modparam("jsonrpcs", "fifo_name", "@FOLDER@/kamailio.fifo")
modparam("htable", "htable", "passwords=>size=4;")

event_route[htable:mod-init] {
    $sht(passwords=>1001) = "secret1001";
    $sht(passwords=>1002) = "secret1002";
    $sht(passwords=>1003) = "secret1003";
    $sht(passwords=>1004) = "secret1004";
    $sht(passwords=>1005) = "secret1005";
}

request_route {
    if (!mf_process_maxfwd_header("70")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (is_method("OPTIONS") && $rU == $null) { sl_send_reply("200", "OK"); exit; }
    force_rport();
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (has_totag()) {
        if (loose_route()) {
            if (is_gruu() && !lookup("location")) { sl_send_reply("480", "Temporarily Unavailable"); exit; }
            t_relay();
            exit;
        }
        if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
        if (!is_method("ACK")) sl_send_reply("404", "Not Here");
        exit;
    }
    t_check_trans();
    $var(password) = "";
    if ($au != $null && $sht(passwords=>$au) != $null) $var(password) = $sht(passwords=>$au);
    if (is_method("REGISTER")) {
        if ($var(password) == "" || !pv_www_authenticate("$td", "$var(password)", "0")) {
            www_challenge("$td", "1");
            exit;
        }
        save("location");
        exit;
    }
    if ($var(password) == "" || !pv_proxy_authenticate("$fd", "$var(password)", "0")) {
        proxy_challenge("$fd", "1");
        exit;
    }
    consume_credentials();
    remove_hf("Route");
    record_route();
    if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
    t_relay();
}
)cfg";

/// A client that registers over TLS does not listen: calls reach it over its own connection.
constexpr auto secure_streams = R"cfg(enable_tls=yes
listen=tls:@ADDRESS@
loadmodule "tls.so"
modparam("tls", "config", "@FOLDER@/tls.cfg"))cfg";

constexpr auto certificates = R"cfg([server:default]
method = TLSv1.2+
verify_certificate = no
private_key = {key}
certificate = {certificate}
[client:default]
method = TLSv1.2+
verify_certificate = no
)cfg";

}  // namespace

std::optional<std::string> write_kamailio_configuration(const network_setting& setting, std::uint16_t capture_port) {
    const auto modules = test::kamailio_modules(setting.is_secure ? "tls.so" : "tm.so");
    if (modules.empty())
        return setting.is_secure ? "Kamailio's TLS module is not installed" : "Kamailio's modules are not installed";
    auto text =
        replace_all(kamailio_configuration, "@STREAMS@", setting.is_secure ? secure_streams : "listen=tcp:@ADDRESS@");
    text = replace_all(std::move(text), "@BASICS@", test::kamailio_basics);
    text = replace_all(std::move(text), "@ADDRESS@", host_port(setting.host, setting.port));
    text = replace_all(std::move(text), "@CAPTURE@", std::to_string(capture_port));
    text = replace_all(replace_all(std::move(text), "@FOLDER@", setting.folder), "@MODULES@", modules);
    std::ofstream out(setting.folder + "/kamailio.cfg");
    out << text;
    std::ofstream tls(setting.folder + "/tls.cfg");
    tls << fmt::format(
        certificates, fmt::arg("key", setting.key_file()), fmt::arg("certificate", setting.certificate_file())
    );
    return out.flush() && tls.flush() ? std::nullopt
                                      : std::optional<std::string>("cannot write Kamailio's configuration");
}

std::vector<std::string> kamailio_words(const network_setting& setting) {
    const auto& folder = setting.folder;
    return {
        "kamailio",
        "-f",
        folder + "/kamailio.cfg",
        "-DD",
        "-E",
        "-m",
        setting.is_secure ? "64" : "32",
        "-M",
        "8",
        "-w",
        folder,
        "-Y",
        folder,
        "-P",
        folder + "/kamailio.pid"};
}

}  // namespace conformance

#include "conformance/run/network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>

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
listen=udp:127.0.0.1:@PORT@
listen=tcp:127.0.0.1:@PORT@
mpath="@MODULES@"
loadmodule "jsonrpcs.so"
loadmodule "kex.so"
loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "htable.so"
loadmodule "auth.so"
loadmodule "siptrace.so"
modparam("siptrace", "trace_on", 1)
modparam("siptrace", "trace_mode", 1)
modparam("siptrace", "trace_to_database", 0)
modparam("siptrace", "hep_mode_on", 1)
modparam("siptrace", "hep_version", 3)
modparam("siptrace", "duplicate_uri", "sip:127.0.0.1:@CAPTURE@")
modparam("jsonrpcs", "transport", 2)
modparam("jsonrpcs", "fifo_name", "@FOLDER@/kamailio.fifo")
modparam("usrloc", "db_mode", 0)
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
        if (loose_route()) { t_relay(); exit; }
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
if (!lookup("location")) {
    sl_send_reply("404", "Not Found");
    exit;
}
t_relay();
}
)cfg";

/// True once something answers OPTIONS on the port.
bool answers(std::uint16_t port, std::chrono::milliseconds patience) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval wait{0, 100000};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    bool answered = ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    sockaddr_in own{};
    socklen_t length = sizeof own;
    answered = answered && ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &length) == 0;
    if (!answered) return ::close(socket), false;
    answered = false;
    const auto until = std::chrono::steady_clock::now() + patience;
    for (int attempt = 1; !answered && std::chrono::steady_clock::now() < until; ++attempt) {
        const auto message = fmt::format(
            "OPTIONS sip:127.0.0.1:{0} SIP/2.0\r\nVia: SIP/2.0/UDP "
            "127.0.0.1:{1};branch=z9hG4bKprobe{1}x{2};rport\r\nMax-Forwards: 5\r\n"
            "From: <sip:probe@127.0.0.1>;tag=p{2}\r\nTo: <sip:127.0.0.1:{0}>\r\nCall-ID: probe{1}x{2}\r\nCSeq: 1 "
            "OPTIONS\r\nContent-Length: 0\r\n\r\n",
            port, ntohs(own.sin_port), attempt
        );
        char room[4096];
        (void)!::send(socket, message.data(), message.size(), 0);
        answered = ::recv(socket, room, sizeof room, 0) > 0;
        if (!answered) std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a refused port answers at once
    }
    ::close(socket);
    return answered;
}

}  // namespace

network::network(
    std::string kind, std::string program, std::uint16_t port, std::string folder, std::vector<std::string> algorithms
)
    : kind_(std::move(kind)),
      program_(std::move(program)),
      port_(port),
      folder_(std::move(folder)),
      algorithms_(std::move(algorithms)) {}

std::string network::address() const {
    return fmt::format("127.0.0.1:{}", port_);
}

std::optional<std::string> network::write_kamailio_configuration() {
    const auto modules = test::kamailio_modules();
    if (modules.empty()) return "Kamailio's modules are not installed";
    const auto capture_port = capture_.open();
    if (capture_port == 0) return "no port is free for Kamailio's trace";
    std::ofstream out(folder_ + "/kamailio.cfg");
    auto text = replace_all(kamailio_configuration, "@PORT@", std::to_string(port_));
    text = replace_all(std::move(text), "@CAPTURE@", std::to_string(capture_port));
    out << replace_all(replace_all(std::move(text), "@FOLDER@", folder_), "@MODULES@", modules);
    return out.flush() ? std::nullopt : std::optional<std::string>("cannot write kamailio.cfg");
}

std::optional<std::string> network::start(std::chrono::milliseconds patience) {
    std::filesystem::create_directories(folder_);
    if (kind_ == "kamailio") {
        if (auto problem = write_kamailio_configuration()) return problem;
        process_ = child::start(
            {"kamailio", "-f", folder_ + "/kamailio.cfg", "-DD", "-E", "-m", "32", "-M", "8", "-w", folder_, "-Y",
             folder_, "-P", folder_ + "/kamailio.pid"},
            folder_ + "/kamailio.log"
        );
    } else {
        std::vector<std::string> words{
            program_,
            "--listen",
            address(),
            "--domain",
            "127.0.0.1",
            "--database",
            folder_ + "/location.sqlite",
            "--trace",
            folder_ + "/proxy.jsonl"};
        for (const auto& algorithm : algorithms_)
            words.insert(words.end(), {"--algorithm", algorithm});
        process_ = child::start(words, folder_ + "/proxy.log");
    }
    if (answers(port_, patience)) return std::nullopt;
    return fmt::format("the {} proxy does not answer on {}: see {}.err", kind_, address(), process_.output());
}

std::vector<std::string> network::take_trace() {
    if (kind_ == "kamailio") return capture_.take(address());
    std::vector<std::string> lines;
    std::ifstream in(folder_ + "/proxy.jsonl");
    in.seekg(static_cast<std::streamoff>(read_));
    for (std::string line; std::getline(in, line);) {
        if (in.eof()) break;  // the last line is still being written
        read_ += line.size() + 1;
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace conformance

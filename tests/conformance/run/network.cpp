#include "conformance/run/network.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "conformance/run/address.hpp"
#include "conformance/run/kamailio.hpp"
#include "support/certificates.hpp"

namespace conformance {

namespace {

/// True once something answers OPTIONS on the port.
bool answers(const network_setting& setting, std::chrono::milliseconds patience) {
    const socket_address to(setting.host, setting.port);
    const int socket = ::socket(to.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const timeval wait{0, 100000};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (::connect(socket, to.get(), to.length) != 0) return ::close(socket), false;
    const auto own_port = port_of(socket);
    bool answered = false;
    const auto until = std::chrono::steady_clock::now() + patience;
    for (int attempt = 1; !answered && std::chrono::steady_clock::now() < until; ++attempt) {
        const auto message = fmt::format(
            "OPTIONS sip:{host}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP "
            "{host}:{own};branch=z9hG4bKprobe{own}x{attempt};rport\r\nMax-Forwards: 5\r\n"
            "From: <sip:probe@{host}>;tag=p{attempt}\r\nTo: <sip:{host}:{port}>\r\n"
            "Call-ID: probe{own}x{attempt}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
            fmt::arg("host", host_in_uri(setting.host)), fmt::arg("port", setting.port), fmt::arg("own", own_port),
            fmt::arg("attempt", attempt)
        );
        char room[4096];
        (void)!::send(socket, message.data(), message.size(), 0);
        answered = ::recv(socket, room, sizeof room, 0) > 0;
        if (!answered) std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a refused port answers at once
    }
    ::close(socket);
    return answered;
}

/// Makes an authority and lets it sign a certificate for the proxy's address (RFC 5922 7.1 wants it as a URI).
bool write_certificate(const network_setting& setting) {
    const sip_test::authority signer("Call flows");
    const auto made = signer.issue(
        {.common_name = "proxy",
         .alternative_names = fmt::format("IP:{},URI:sip:{}", setting.host, host_in_uri(setting.host))}
    );
    std::ofstream authority(setting.authority_file()), certificate(setting.certificate_file()), key(setting.key_file());
    authority << signer.pem();
    certificate << made.pem;
    key << made.key;
    return authority.flush() && certificate.flush() && key.flush();
}

}  // namespace

network::network(network_setting setting) : setting_(std::move(setting)) {}

std::string network::address() const {
    return host_port(setting_.host, setting_.port);
}

std::vector<std::string> network::embedded_words() const {
    std::vector<std::string> words{
        setting_.program,
        "--listen",
        "udp:" + address(),
        "--listen",
        (setting_.is_secure ? "tls:" : "tcp:") + address(),
        "--domain",
        host_in_uri(setting_.host),
        "--database",
        setting_.folder + "/location.sqlite",
        "--trace",
        setting_.folder + "/proxy.jsonl"};
    // Signs of life soon: who lost a connection that gave none may not connect anew at once (RFC 5626 4.5).
    if (setting_.stream_port != 0)
        words.insert(
            words.end(),
            {"--advertise", (setting_.is_secure ? "tls:" : "tcp:") + host_port(setting_.host, setting_.stream_port),
             "--flow-timer", "1"}
        );
    for (const auto& algorithm : setting_.algorithms)
        words.insert(words.end(), {"--algorithm", algorithm});
    if (setting_.is_secure)
        words.insert(words.end(), {"--certificate", setting_.certificate_file(), "--key", setting_.key_file()});
    return words;
}

std::optional<std::string> network::start(std::chrono::milliseconds patience) {
    const auto& folder = setting_.folder;
    std::filesystem::create_directories(folder);
    if (setting_.is_secure && !write_certificate(setting_)) return "cannot write the proxy's certificate";
    if (setting_.kind == "kamailio") {
        const auto capture_port = capture_.open();
        if (capture_port == 0) return "no port is free for Kamailio's trace";
        if (auto problem = write_kamailio_configuration(setting_, capture_port)) return problem;
        process_ = child::start(kamailio_words(setting_), folder + "/kamailio.log");
    } else {
        process_ = child::start(embedded_words(), folder + "/proxy.log");
    }
    if (answers(setting_, patience)) return std::nullopt;
    return fmt::format("the {} proxy does not answer on {}: see {}.err", setting_.kind, address(), process_.output());
}

std::vector<std::string> network::take_trace() {
    if (setting_.kind == "kamailio") return capture_.take(address());
    std::vector<std::string> lines;
    std::ifstream in(setting_.folder + "/proxy.jsonl");
    in.seekg(static_cast<std::streamoff>(read_));
    for (std::string line; std::getline(in, line);) {
        if (in.eof()) break;  // the last line is still being written
        read_ += line.size() + 1;
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace conformance

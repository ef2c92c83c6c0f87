#include "conformance/run/media_tap.hpp"

#include <pcap/pcap.h>

#include <fmt/format.h>

#include "conformance/capture/link.hpp"

namespace conformance {

namespace {

constexpr int beside = 20;  // ports of the phone that keeps another one busy, whose call is no part of the flow
constexpr int longest_datagram = 2048;
constexpr auto pause = std::chrono::milliseconds(20);
constexpr int room_for_bursts = 4 * 1024 * 1024;
constexpr std::size_t most_packets = 500'000;

struct closer {
    void operator()(pcap_t* opened) const { pcap_close(opened); }
};

}  // namespace

struct media_tap::device {
    std::unique_ptr<pcap_t, closer> handle;

    /// What kept it from being opened.
    std::string open(const std::string& host, std::uint16_t first_port, std::uint16_t last_port) {
        char error[PCAP_ERRBUF_SIZE] = {};
        const bool is_loopback = host.starts_with("127.") || host == "::1";
        handle.reset(pcap_create(is_loopback ? "lo" : "any", error));
        if (!handle) return error;
        pcap_set_snaplen(handle.get(), longest_datagram);
        pcap_set_immediate_mode(handle.get(), 1);
        pcap_set_buffer_size(handle.get(), room_for_bursts);
        if (const int status = pcap_activate(handle.get()); status < 0) return pcap_statustostr(status);
        // A wait for packets would have no end where none come.
        if (pcap_setnonblock(handle.get(), 1, error) != 0) return error;
        bpf_program filter{};
        const auto text = fmt::format(
            "udp and host {} and portrange {}-{} and not portrange {}-{}", host, first_port, last_port, last_port + 1,
            last_port + beside
        );
        if (pcap_compile(handle.get(), &filter, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
            return pcap_geterr(handle.get());
        const bool is_set = pcap_setfilter(handle.get(), &filter) == 0;
        pcap_freecode(&filter);
        return is_set ? std::string() : std::string(pcap_geterr(handle.get()));
    }
};

media_tap::media_tap(const std::string& host, std::uint16_t first_port, std::uint16_t last_port)
    : device_(std::make_unique<device>()) {
    problem_ = device_->open(host, first_port, last_port);
    if (problem_.empty()) thread_ = std::thread([this] { read(); });
}

media_tap::~media_tap() {
    (void)finish();
}

void media_tap::read() {
    link_reader frames(pcap_datalink(device_->handle.get()));
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    while (!ends_) {
        const int status = pcap_next_ex(device_->handle.get(), &header, &data);
        if (status < 0) return;
        if (status == 0) std::this_thread::sleep_for(pause);
        if (status == 0 || packets_.size() == most_packets) continue;
        const auto unit = frames.read({data, header->caplen});
        if (!unit || unit->is_tcp) continue;
        const seconds at(static_cast<double>(header->ts.tv_sec) + static_cast<double>(header->ts.tv_usec) / 1e6);
        const auto payload = std::as_bytes(unit->payload);
        packets_.push_back({at, unit->from, unit->to, {payload.begin(), payload.end()}});
    }
}

std::vector<captured_packet> media_tap::finish() {
    ends_ = true;
    if (thread_.joinable()) thread_.join();
    return std::move(packets_);
}

}  // namespace conformance

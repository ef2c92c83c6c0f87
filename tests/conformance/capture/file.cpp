#include "conformance/capture/file.hpp"

#include <arpa/inet.h>
#include <pcap/pcap.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "conformance/capture/link.hpp"
#include "conformance/capture/stream.hpp"

namespace conformance {

namespace {

constexpr std::size_t most_connections = 4096;

/// What a SIP message begins with; everything else on UDP may be RTP.
bool looks_like_sip(std::string_view text) {
    if (text.starts_with("SIP/2.0 ")) return true;
    const auto line = text.substr(0, text.find_first_of("\r\n"));
    return line.ends_with(" SIP/2.0");
}

class capture_reader {
public:
    explicit capture_reader(int link_type) : link_(link_type) {}

    void read(seconds at, bytes frame) {
        const auto unit = link_.read(frame);
        if (!unit) return;
        if (unit->is_tcp) return read_stream(at, *unit);
        const std::string_view text(reinterpret_cast<const char*>(unit->payload.data()), unit->payload.size());
        if (looks_like_sip(text)) return add(at, *unit, std::string(text));
        captured_packet packet{at, unit->from, unit->to, {}};
        packet.bytes.resize(text.size());
        std::memcpy(packet.bytes.data(), text.data(), text.size());
        out_.packets.push_back(std::move(packet));
    }

    recording finish() {
        for (const auto& [key, stream] : streams_)
            if (stream.gaps() > 0)
                out_.notes.push_back(
                    fmt::format("{} -> {}: {} gaps in the TCP stream", key.first, key.second, stream.gaps())
                );
        return std::move(out_);
    }

private:
    void read_stream(seconds at, const transport_unit& unit) {
        if (streams_.size() >= most_connections) streams_.erase(streams_.begin());
        auto& stream = streams_.try_emplace({unit.from, unit.to}, pool_).first->second;
        for (auto& text : stream.read(unit))
            if (looks_like_sip(text)) add(at, unit, std::move(text));
    }
    void add(seconds at, const transport_unit& unit, std::string text) {
        if (!sip::parse_message(pool_.copy(text), pool_)) {
            out_.notes.push_back(fmt::format(
                "{} -> {}: a message that cannot be read: {}", unit.from, unit.to, text.substr(0, text.find('\r'))
            ));
            return;
        }
        out_.messages.push_back({at, unit.from, unit.to, std::move(text), unit.is_tcp});
    }

    sip::buffer_pool pool_;
    link_reader link_;
    std::map<std::pair<std::string, std::string>, stream_reader> streams_;
    recording out_;
};

struct closer {
    void operator()(pcap_t* handle) const { pcap_close(handle); }
    void operator()(pcap_dumper_t* dumper) const { pcap_dump_close(dumper); }
};

/// An address "192.0.2.1:5060" or "[2001:db8::1]:5060" in the order of the network.
struct endpoint {
    int family = AF_INET;
    std::uint8_t address[16] = {};
    std::uint16_t port = 0;
};

std::optional<endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    endpoint out;
    auto host = std::string(text.substr(0, colon));
    if (host.starts_with('[') && host.ends_with(']')) {
        out.family = AF_INET6;
        host = host.substr(1, host.size() - 2);
    }
    if (::inet_pton(out.family, host.c_str(), out.address) != 1) return std::nullopt;
    out.port = static_cast<std::uint16_t>(std::strtoul(std::string(text.substr(colon + 1)).c_str(), nullptr, 10));
    return out;
}

void put(std::vector<std::uint8_t>& out, std::uint32_t value, unsigned size) {
    for (unsigned i = size; i-- > 0;)
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

/// One IP packet with a UDP datagram; no check sums, which readers of captures know how to miss (0: none, RFC 768).
std::vector<std::uint8_t> ip_packet(const endpoint& from, const endpoint& to, std::string_view payload) {
    constexpr std::uint8_t udp = 17, hops = 64;
    const auto length = static_cast<std::uint32_t>(8 + payload.size());
    std::vector<std::uint8_t> out;
    if (from.family == AF_INET) {
        put(out, 0x4500, 2);
        put(out, 20 + length, 2);
        put(out, 0, 4);
        put(out, hops, 1);
        put(out, udp, 1);
        put(out, 0, 2);
    } else {
        put(out, 0x60000000, 4);
        put(out, length, 2);
        put(out, udp, 1);
        put(out, hops, 1);
    }
    const std::size_t size = from.family == AF_INET ? 4 : 16;
    out.insert(out.end(), from.address, from.address + size);
    out.insert(out.end(), to.address, to.address + size);
    put(out, from.port, 2);
    put(out, to.port, 2);
    put(out, length, 2);
    put(out, 0, 2);
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

class capture_writer {
public:
    explicit capture_writer(const std::string& path)
        : handle_(pcap_open_dead(DLT_RAW, 262144)), file_(pcap_dump_open(handle_.get(), path.c_str())) {}

    std::optional<std::string> problem() const {
        return file_ ? std::nullopt : std::optional<std::string>(pcap_geterr(handle_.get()));
    }
    void write(seconds at, std::string_view from, std::string_view to, std::string_view payload) {
        const auto a = parse_endpoint(from), b = parse_endpoint(to);
        if (!a || !b || a->family != b->family) return;
        const auto packet = ip_packet(*a, *b, payload);
        pcap_pkthdr header{};
        header.ts.tv_sec = static_cast<time_t>(std::floor(at.count()));
        header.ts.tv_usec = static_cast<suseconds_t>((at.count() - std::floor(at.count())) * 1e6);
        header.caplen = header.len = static_cast<bpf_u_int32>(packet.size());
        pcap_dump(reinterpret_cast<std::uint8_t*>(file_.get()), &header, packet.data());
    }

private:
    std::unique_ptr<pcap_t, closer> handle_;
    std::unique_ptr<pcap_dumper_t, closer> file_;
};

}  // namespace

std::variant<recording, std::string> read_capture(const std::string& path) {
    char error[PCAP_ERRBUF_SIZE] = {};
    const std::unique_ptr<pcap_t, closer> file(
        pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_MICRO, error)
    );
    if (!file) {
        std::error_code problem;
        if (!std::filesystem::is_regular_file(path, problem)) return fmt::format("{}: there is no such file", path);
        return fmt::format(
            "{}: this is no capture; expected pcap or pcapng, as tcpdump, tshark and Wireshark write it ({})", path,
            error
        );
    }
    const int type = pcap_datalink(file.get());
    if (!link_reader::knows(type)) {
        const auto* name = pcap_datalink_val_to_name(type);
        return fmt::format(
            "{}: captured on a link of kind {}, which is not known here", path, name != nullptr ? name : "?"
        );
    }
    capture_reader reader(type);
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    int status = 0;
    while ((status = pcap_next_ex(file.get(), &header, &data)) == 1) {
        const seconds at(static_cast<double>(header->ts.tv_sec) + static_cast<double>(header->ts.tv_usec) / 1e6);
        reader.read(at, {data, header->caplen});
    }
    auto out = reader.finish();
    if (status == PCAP_ERROR) out.notes.push_back(fmt::format("{}: {}", path, pcap_geterr(file.get())));
    return out;
}

std::optional<std::string> write_capture(const std::string& path, const recording& all) {
    capture_writer out(path);
    if (auto problem = out.problem()) return problem;
    auto packet = all.packets.begin();
    const auto write_packets = [&](seconds until) {
        for (; packet != all.packets.end() && packet->at <= until; ++packet)
            out.write(
                packet->at, packet->from, packet->to,
                {reinterpret_cast<const char*>(packet->bytes.data()), packet->bytes.size()}
            );
    };
    for (const auto& message : all.messages) {
        write_packets(message.at);
        out.write(message.at, message.from, message.to, message.text);
    }
    write_packets(seconds(1e18));
    return std::nullopt;
}

}  // namespace conformance

// Packets per second and core of an RTP relay, and the memory of a stream. In one run, in turn, on the loopback
// interface with packets of 172 bytes:
//
//   sendto / recvfrom, sendmmsg / recvmmsg    bare loops of system calls: what the machine allows
//   net, one stream                           rtp::net, a burst of packets on one socket
//   net, a stream each                        rtp::net, as many sockets, one packet on each: many calls of 20 ms
//
// Only the relay's own processor time counts; sending to it and taking from it do not.
//
//   rtp_relay [ROUNDS]          the table
//   rtp_relay session PACKETS   only takes so many packets through a session, one in and one out for each, without
//                               sockets: to count instructions under callgrind by the difference of two runs
#include <boost/asio/io_context.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "rtp/net/rtp_socket.hpp"
#include "rtp/session/session.hpp"
#include "rtp/wire/bytes.hpp"
#include "support/counting_new.hpp"

namespace {

using namespace rtp;
using namespace rtp::net;

constexpr std::size_t burst = 32;
constexpr std::size_t packet_size = 172;
endpoint const loopback = *endpoint::from_text("127.0.0.1", 0);

void require(bool holds, char const* what) {
    if (holds) return;
    std::fprintf(stderr, "rtp_relay: %s failed\n", what);
    std::exit(1);
}

std::uint64_t processor_time() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

sockaddr_in to_address(endpoint const& from) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(from.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A plain socket on a port that the system chooses.
struct bare_socket {
    int descriptor = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sockaddr_in address = to_address(loopback);

    bare_socket() {
        socklen_t size = sizeof address;
        require(::bind(descriptor, reinterpret_cast<sockaddr const*>(&address), size) == 0, "bind");
        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
    }
    bare_socket(bare_socket const&) = delete;
    bare_socket& operator=(bare_socket const&) = delete;

    void send(sockaddr_in const& to) const {
        static std::array<char, packet_size> const packet{'\x80'};
        auto const sent =
            ::sendto(descriptor, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr const*>(&to), sizeof to);
        require(sent == packet_size, "sendto");
    }
    [[nodiscard]] std::size_t drain() const {
        std::array<char, 2'048> space;
        std::size_t count = 0;
        while (::recv(descriptor, space.data(), space.size(), 0) > 0)
            ++count;
        return count;
    }
    [[nodiscard]] endpoint as_endpoint() const {
        auto result = loopback;
        result.port = ntohs(address.sin_port);
        return result;
    }
};

/// The best of many rounds, as on a machine where others run too the rest is noise.
void measure(
    char const* name, int rounds, std::function<void()> const& feed, std::function<void()> const& relay,
    bare_socket const& sink
) {
    std::vector<std::uint64_t> times;
    for (int i = 0; i < rounds; ++i) {
        feed();
        auto const before = processor_time();
        relay();
        times.push_back(processor_time() - before);
        require(sink.drain() == burst, name);
    }
    std::sort(times.begin(), times.end());
    auto const each = [](std::uint64_t time) { return static_cast<double>(time) / burst; };
    std::printf(
        "%-34s %7.0f ns/packet (best), %7.0f (median), %6.0f kpps/core\n", name, each(times.front()),
        each(times[times.size() / 2]), 1e6 / each(times[times.size() / 2])
    );
}

void relay_by_single_calls(bare_socket const& in, bare_socket const& out, sockaddr_in const& sink) {
    std::array<char, 2'048> space;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    for (;;) {
        auto const received =
            ::recvfrom(in.descriptor, space.data(), space.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (received < 0) return;
        ::sendto(
            out.descriptor, space.data(), static_cast<std::size_t>(received), 0,
            reinterpret_cast<sockaddr const*>(&sink), sizeof sink
        );
    }
}

void relay_by_batches(bare_socket const& in, bare_socket const& out, sockaddr_in& sink) {
    static std::array<std::array<char, 1'500>, burst> space;
    static std::array<sockaddr_in, burst> from;
    std::array<iovec, burst> parts;
    std::array<mmsghdr, burst> messages{};
    for (std::size_t i = 0; i < burst; ++i) {
        parts[i] = {space[i].data(), space[i].size()};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = &from[i];
        messages[i].msg_hdr.msg_namelen = sizeof from[i];
    }
    auto const count = ::recvmmsg(in.descriptor, messages.data(), burst, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < count; ++i) {
        auto const at = static_cast<std::size_t>(i);
        parts[at].iov_len = messages[at].msg_len;
        messages[at].msg_hdr.msg_name = &sink;
    }
    if (count > 0) ::sendmmsg(out.descriptor, messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
}

struct net_relay {
    boost::asio::io_context io{1};
    packet_pool packets{256};
    media_loop loop{io.get_executor(), packets};
    port_pool ports{{43'000, 43'999}, std::chrono::seconds(0)};
    std::vector<std::unique_ptr<rtp_socket>> sockets;
    std::vector<send_datagram> outgoing;

    net_relay(std::size_t streams, endpoint const& sink) {
        outgoing.reserve(burst);
        for (std::size_t i = 0; i < streams; ++i) {
            auto opened = rtp_socket::open(loop, ports, {loopback, rtcp_transport::multiplexed, 0});
            require(opened.has_value(), "open");
            auto& socket = *sockets.emplace_back(std::make_unique<rtp_socket>(std::move(*opened)));
            auto const error =
                socket.start([this, &socket, sink](component via, std::span<received_datagram> received) {
                    for (auto& one : received)
                        outgoing.push_back({via, sink, std::move(one.packet)});
                    socket.send(outgoing);
                    outgoing.clear();
                });
            require(!error, "start");
        }
    }
    void run() {
        while (io.poll() > 0) {
        }
        io.restart();
    }
};

/// What a stream keeps while it runs: session, source statistics, and its place in the loop.
void print_memory() {
    constexpr std::size_t streams = 1'000;
    packet_pool packets(64);
    environment environment{[] { return std::uint64_t{0x1234567890abcdef}; }};
    session_settings settings;
    settings.cname = "0123456789abcdef";
    now_t const now{time_point{} + std::chrono::hours(1), {}};
    payload_map map;
    map.receive = {{payload_type{0}}, {payload_type{101}, clock_rate{8000}, payload_use::telephone_event}};
    std::vector<std::unique_ptr<session>> all;
    all.reserve(streams);
    auto const calls_before = test::allocations();
    outbox out;
    for (std::size_t i = 0; i < streams; ++i) {
        auto made = session::create(now, settings, environment, packets);
        require(made.has_value(), "create");
        auto& media = *all.emplace_back(std::make_unique<session>(std::move(*made)));
        media.set_payloads(now, map);
        media.set_direction(now, direction::send_receive, peer_media::expected, out);
        for (unsigned k = 0; k < 3; ++k) {
            packet_buffer packet(packets);
            (void)packet.append(160);
            packet_header header;
            header.sequence = static_cast<sequence_t>(k);
            header.ssrc = ssrc_t{7};
            (void)prepend_header(packet, header);
            media.on_packet(now, component::rtp, std::move(packet), *endpoint::from_text("127.0.0.1", 4'000), out);
        }
        out.clear();
    }
    std::printf(
        "memory: a session with one heard source is %zu octets in %.1f allocations; a packet buffer %zu\n",
        sizeof(session), static_cast<double>(test::allocations() - calls_before) / streams,
        packet_buffer::head_room + packet_buffer::max_size + packet_buffer::tail_room
    );
}

void run_session(int packets_each_way) {
    packet_pool packets(64);
    environment environment{[] { return std::uint64_t{0x1234567890abcdef}; }};
    session_settings settings;
    settings.cname = "0123456789abcdef";
    now_t now{time_point{} + std::chrono::hours(1), {}};
    auto media = session::create(now, settings, environment, packets);
    require(media.has_value(), "create");
    payload_map map;
    map.receive = {{payload_type{0}}};
    outbox out;
    auto const peer = *endpoint::from_text("192.0.2.1", 4'000);
    media->set_payloads(now, map);
    media->set_remote(now, {peer, peer});
    media->set_direction(now, direction::send_receive, peer_media::expected, out);
    std::array<std::byte, packet_size> received{std::byte{0x80}};
    for (int i = 0; i < packets_each_way; ++i) {
        store_u16(std::span(received).subspan(2), static_cast<std::uint16_t>(i));
        store_u32(std::span(received).subspan(4), static_cast<std::uint32_t>(i) * 160U);
        media->on_packet(now, component::rtp, packet_buffer(packets, received), peer, out);
        packet_buffer frame(packets);
        (void)frame.append(160);
        require(!media->send(now, {payload_type{0}, 160, false, std::move(frame)}, out), "send");
        out.clear();
        now.mono += std::chrono::milliseconds(20);
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count == 3 && std::string_view(arguments[1]) == "session") {
        run_session(std::atoi(arguments[2]));
        return 0;
    }
    int const rounds = count > 1 ? std::atoi(arguments[1]) : 20'000;
    bare_socket feeder, in, out, sink;
    int const room = 4 << 20;
    ::setsockopt(sink.descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);

    auto const feed_bare = [&] {
        for (std::size_t i = 0; i < burst; ++i)
            feeder.send(in.address);
    };
    measure(
        "bare sendto / recvfrom", rounds, feed_bare, [&] { relay_by_single_calls(in, out, sink.address); }, sink
    );
    measure(
        "bare sendmmsg / recvmmsg", rounds, feed_bare, [&] { relay_by_batches(in, out, sink.address); }, sink
    );

    for (std::size_t const streams : {std::size_t{1}, burst}) {
        net_relay relay(streams, sink.as_endpoint());
        auto const feed = [&] {
            for (std::size_t i = 0; i < burst; ++i)
                feeder.send(to_address(relay.sockets[i % streams]->local(component::rtp)));
        };
        measure(
            streams == 1 ? "net, one stream" : "net, a stream each", rounds, feed, [&] { relay.run(); }, sink
        );
    }
    print_memory();
}

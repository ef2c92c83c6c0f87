// Covers: 300 streams of 50 packets a second on one thread, both ways through sessions, with nothing lost and, once
// they run, nothing allocated. Operator new is replaced in this program. Ports 43000 to 43999.
#include "rtp/net/rtp_socket.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>

#include <sys/resource.h>

#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "rtp/session/session.hpp"
#include "support/allocation_counter.hpp"

using namespace rtp;
using namespace rtp::net;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t streams = 300;
constexpr int warm_up_frames = 25;
constexpr int frames = 100;  // two seconds
constexpr auto packet_time = 20ms;

now_t now() {
    return {rtp::clock::now(), std::chrono::system_clock::now()};
}

struct stream {
    rtp_socket socket;
    session media;
    outbox out;
    std::uint64_t heard = 0;
};

}  // namespace

TEST_CASE("300 streams run on one thread without loss and without allocation") {
    // Two sockets for each of them.
    rlimit files{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 2'048);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);

    boost::asio::io_context io{1};
    packet_pool packets(256);
    media_loop loop(io.get_executor(), packets);
    port_pool ports({43'000, 43'999}, 0s);
    auto generator = std::make_shared<std::mt19937_64>(300);
    environment environment{[generator] { return (*generator)(); }};
    auto const local = endpoint::from_text("127.0.0.1", 0).value();
    session_settings settings;
    settings.cname = "many@loopback";
    payload_map map;
    map.receive = {{payload_type{0}}};

    std::vector<std::unique_ptr<stream>> all;
    for (std::size_t i = 0; i < streams; ++i) {
        auto socket = rtp_socket::open(loop, ports, {local});
        REQUIRE(socket.has_value());
        all.push_back(std::make_unique<stream>(stream{
            std::move(*socket), session::create(now(), settings, environment, packets).value(), {}}));
    }
    CHECK(ports.in_use() == streams);
    for (std::size_t i = 0; i < streams; ++i) {
        // In pairs that talk with one another.
        auto& s = *all[i];
        auto const& peer = all[i ^ 1U]->socket;
        s.media.set_payloads(now(), map);
        s.media.set_remote(now(), {peer.local(component::rtp), peer.local(component::rtcp)});
        s.media.set_direction(now(), direction::send_receive, peer_media::expected, s.out);
        REQUIRE_FALSE(s.socket.start([&s](component via, std::span<received_datagram> burst) {
            for (auto& [packet, from] : burst)
                s.media.on_packet(now(), via, std::move(packet), from, s.out);
            s.heard += s.out.media.size();
            s.socket.send(s.out);
            s.out.clear();
        }));
    }

    auto const run = [&](int count) {
        auto due = rtp::clock::now();
        for (int i = 0; i < count; ++i) {
            for (auto& s : all) {
                packet_buffer frame(packets);
                (void)frame.append(160);
                (void)s->media.send(now(), {payload_type{0}, 160, false, std::move(frame)}, s->out);
                if (auto const deadline = s->media.next_deadline(); deadline && *deadline <= rtp::clock::now())
                    s->media.on_timeout(now(), s->out);
                s->socket.send(s->out);
                s->out.clear();
            }
            due += packet_time;
            io.run_until(due);
            io.restart();
        }
        io.run_for(5ms);
        io.restart();
    };
    run(warm_up_frames);
    auto const allocated_before = test::allocations();
    auto const pool_before = packets.in_use() + packets.free();
    run(frames);
    CHECK(test::allocations() == allocated_before);
    CHECK(packets.in_use() + packets.free() == pool_before);

    std::uint64_t heard = 0, lost = 0, refused = 0;
    for (auto const& s : all) {
        heard += s->heard;
        refused += s->socket.counters().send_failed;
        REQUIRE(s->media.heard_source() != nullptr);
        lost += static_cast<std::uint64_t>(s->media.heard_source()->lost());
    }
    // Of each stream the first packet is on probation (RFC 3550 A.1).
    CHECK(heard == streams * (warm_up_frames + frames - 1));
    CHECK(lost == 0);
    CHECK(refused == 0);
    CHECK(loop.sockets() == 2 * streams);
}

// Covers: UDP pairs and shared ports on IPv4 and IPv6, busy ports, oversized and empty datagrams, bursts, closing
// inside the receive function, marking, connected sockets, and two sessions that talk over real sockets. Multicast and
// many streams have files of their own. Ports 42000 to 42999.
#include "rtp/net/rtp_socket.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <optional>
#include <random>
#include <vector>

#include "rtp/session/session.hpp"

using namespace rtp;
using namespace rtp::net;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

endpoint const loopback4 = endpoint::from_text("127.0.0.1", 0).value();
endpoint const loopback6 = endpoint::from_text("::1", 0).value();

asio::ip::udp::endpoint to_asio(endpoint const& from) {
    return {asio::ip::make_address(from.address_text()), from.port};
}

struct received {
    component via;
    std::vector<std::byte> bytes;
    endpoint from;
};

struct bench {
    asio::io_context io{1};
    port_pool ports{{42'000, 42'099}, 0s};
    packet_pool packets;
    media_loop loop{io.get_executor(), packets};

    rtp_socket open(endpoint const& local, rtcp_transport rtcp = rtcp_transport::separate_port) {
        auto socket = rtp_socket::open(loop, ports, {local, rtcp, 46});
        REQUIRE(socket.has_value());
        return std::move(*socket);
    }
    void run_until(std::function<bool()> const& is_done) {
        auto const give_up = clock::now() + 5s;
        while (!is_done() && clock::now() < give_up)
            io.run_for(5ms), io.restart();
    }
    packet_buffer packet(std::size_t size) {
        packet_buffer buffer(packets);
        for (auto& byte : buffer.append(size))
            byte = std::byte{0x80};
        return buffer;
    }
};

}  // namespace

TEST_CASE("Datagrams go by the component they are sent on, with the sender's address, over IPv4 and IPv6") {
    for (auto const& local : {loopback4, loopback6}) {
        bench b;
        auto sender = b.open(local);
        auto receiver = b.open(local);
        std::vector<received> got;
        REQUIRE_FALSE(receiver.start([&](component via, std::span<received_datagram> burst) {
            for (auto& [packet, from] : burst)
                got.push_back({via, {packet.bytes().begin(), packet.bytes().end()}, from});
        }));
        sender.send(component::rtp, b.packet(172), receiver.local(component::rtp));
        sender.send(component::rtcp, b.packet(60), receiver.local(component::rtcp));
        sender.send(component::rtp, b.packet(0), receiver.local(component::rtp));
        b.run_until([&] { return got.size() == 3; });
        REQUIRE(got.size() == 3);
        for (auto const& g : got) {
            CHECK(g.from == sender.local(g.via));
            if (g.via == component::rtcp) CHECK(g.bytes.size() == 60);
        }
        CHECK(receiver.local(component::rtcp).port == receiver.local(component::rtp).port + 1);
        CHECK(sender.counters().sent == 3);
        CHECK(receiver.counters().received == 3);
    }
}

TEST_CASE("With one port for both, RTCP leaves from and arrives at the RTP port") {
    bench b;
    auto sender = b.open(loopback4, rtcp_transport::multiplexed);
    auto receiver = b.open(loopback4, rtcp_transport::multiplexed);
    CHECK(receiver.local(component::rtcp) == receiver.local(component::rtp));
    std::vector<received> got;
    REQUIRE_FALSE(receiver.start([&](component via, std::span<received_datagram> burst) {
        for (auto const& one : burst)
            got.push_back({via, {}, one.from});
    }));
    sender.send(component::rtcp, b.packet(60), receiver.local(component::rtcp));
    b.run_until([&] { return !got.empty(); });
    REQUIRE(got.size() == 1);
    CHECK(got[0].via == component::rtp);
    CHECK(got[0].from == sender.local(component::rtp));
}

TEST_CASE("A port that another program has is passed over, whichever of the pair it is") {
    bench b;
    asio::ip::udp::socket even(b.io, {asio::ip::address_v4::loopback(), 42'000});
    asio::ip::udp::socket odd(b.io, {asio::ip::address_v4::loopback(), 42'003});
    auto const socket = b.open(loopback4);
    CHECK(socket.local(component::rtp).port == 42'004);
    CHECK(b.ports.in_use() == 1);
}

TEST_CASE("When every port is taken by others the error is no_ports, and nothing is leaked") {
    bench b;
    port_pool one({42'100, 42'101}, 0s);
    asio::ip::udp::socket other(b.io, {asio::ip::address_v4::loopback(), 42'100});
    CHECK(rtp_socket::open(b.loop, one, {loopback4}).error() == errc::no_ports);
    CHECK(one.in_use() == 0);
}

TEST_CASE("An address that is not ours, a missing one and a bad mark are errors at once") {
    bench b;
    auto const elsewhere = endpoint::from_text("192.0.2.1", 0).value();
    CHECK(rtp_socket::open(b.loop, b.ports, {elsewhere}).has_error());
    CHECK(rtp_socket::open(b.loop, b.ports, {}).error() == errc::invalid_argument);
    CHECK(rtp_socket::open(b.loop, b.ports, {loopback4, rtcp_transport::off, 64}).error() == errc::invalid_argument);
    CHECK(b.ports.in_use() == 0);
}

TEST_CASE("A datagram too large for a buffer is dropped and counted, the next one arrives") {
    bench b;
    auto receiver = b.open(loopback4);
    std::size_t count = 0;
    REQUIRE_FALSE(receiver.start([&](component, std::span<received_datagram> burst) {
        for (auto const& one : burst) {
            ++count;
            CHECK(one.packet.size() == 1500);
        }
    }));
    asio::ip::udp::socket other(b.io, {asio::ip::address_v4::loopback(), 0});
    auto const to = to_asio(receiver.local(component::rtp));
    std::vector<char> const data(1501);
    other.send_to(asio::buffer(data, 1501), to);
    other.send_to(asio::buffer(data, 1500), to);
    b.run_until([&] { return count == 1; });
    CHECK(count == 1);
    CHECK(receiver.counters().oversized == 1);
}

TEST_CASE("An ICMP refusal does not stop receiving") {
    bench b;
    auto socket = b.open(loopback4);
    std::size_t count = 0;
    REQUIRE_FALSE(socket.start([&](component, std::span<received_datagram> burst) { count += burst.size(); }));
    endpoint nobody = loopback4;
    nobody.port = 42'998;
    for (int i = 0; i < 3; ++i)
        socket.send(component::rtp, b.packet(12), nobody);
    asio::ip::udp::socket other(b.io, {asio::ip::address_v4::loopback(), 0});
    other.send_to(asio::buffer("hello", 5), to_asio(socket.local(component::rtp)));
    b.run_until([&] { return count == 1; });
    CHECK(count == 1);
}

TEST_CASE("The socket may be destroyed inside its receive function, and its ports are free then") {
    bench b;
    std::optional<rtp_socket> socket = b.open(loopback4);
    auto const to = to_asio(socket->local(component::rtp));
    std::size_t count = 0;
    REQUIRE_FALSE(socket->start([&](component, std::span<received_datagram>) {
        ++count;
        socket.reset();
    }));
    asio::ip::udp::socket other(b.io, {asio::ip::address_v4::loopback(), 0});
    for (int i = 0; i < 5; ++i)
        other.send_to(asio::buffer("hello", 5), to);
    b.run_until([&] { return count > 0; });
    b.io.run_for(20ms);
    CHECK(count == 1);
    CHECK(b.ports.in_use() == 0);
}

TEST_CASE("Packets carry the DSCP that was asked for") {
    bench b;
    for (auto const& local : {loopback4, loopback6}) {
        auto sender = b.open(local);
        auto const is_v6 = local.family == address_family::ipv6;
        asio::ip::udp::socket receiver(b.io, to_asio(local));
        int const on = 1;
        REQUIRE(
            ::setsockopt(
                receiver.native_handle(), is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_RECVTCLASS : IP_RECVTOS, &on,
                sizeof on
            ) == 0
        );
        auto to = local;
        to.port = receiver.local_endpoint().port();
        sender.send(component::rtp, b.packet(12), to);
        receiver.wait(asio::ip::udp::socket::wait_read);
        char data[16];
        char control[64];
        iovec part{data, sizeof data};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        REQUIRE(::recvmsg(receiver.native_handle(), &message, 0) == 12);
        auto const* header = CMSG_FIRSTHDR(&message);
        REQUIRE(header != nullptr);
        CHECK(*CMSG_DATA(header) == 46 << 2);
    }
}

TEST_CASE("Packets that are there together come as one burst, in order, and leave by one call") {
    bench b;
    auto sender = b.open(loopback4);
    auto receiver = b.open(loopback4);
    outbox out;
    for (unsigned i = 0; i < 100; ++i) {
        // Each third goes by the other socket: the order within each is kept.
        auto const via = i % 3 == 2 ? component::rtcp : component::rtp;
        out.datagrams.push_back({via, receiver.local(via), b.packet(10 + i)});
    }
    sender.send(out);
    CHECK(sender.counters().sent == 100);
    std::vector<std::size_t> media, control;
    REQUIRE_FALSE(receiver.start([&](component via, std::span<received_datagram> burst) {
        CHECK(burst.size() <= media_loop::batch_size);
        for (auto const& one : burst)
            (via == component::rtp ? media : control).push_back(one.packet.size());
    }));
    b.run_until([&] { return media.size() + control.size() == 100; });
    CHECK(media.size() == 67);
    CHECK(control.size() == 33);
    CHECK(std::is_sorted(media.begin(), media.end()));
    CHECK(std::is_sorted(control.begin(), control.end()));
    CHECK(receiver.counters().bursts <= 5);
}

TEST_CASE("A datagram that cannot be sent is counted and does not hold back those behind it") {
    bench b;
    auto sender = b.open(loopback4);
    auto receiver = b.open(loopback4);
    outbox out;
    for (int i = 0; i < 6; ++i) {
        // An IPv6 address does not go out of an IPv4 socket.
        auto const to = i % 2 == 0 ? receiver.local(component::rtp) : endpoint::from_text("::1", 9).value();
        out.datagrams.push_back({component::rtp, to, b.packet(20)});
    }
    sender.send(out);
    CHECK(sender.counters().sent == 3);
    CHECK(sender.counters().send_failed == 3);
    std::size_t count = 0;
    REQUIRE_FALSE(receiver.start([&](component, std::span<received_datagram> burst) { count += burst.size(); }));
    b.run_until([&] { return count == 3; });
    CHECK(count == 3);
}

TEST_CASE("A connected socket hears its peer alone until it is released, and a refusal costs no packet") {
    bench b;
    auto us = b.open(loopback4);
    auto peer = b.open(loopback4);
    auto stranger = b.open(loopback4);
    auto const here = us.local(component::rtp);
    REQUIRE_FALSE(us.connect(component::rtp, peer.local(component::rtp)));
    std::vector<std::size_t> sizes;
    REQUIRE_FALSE(us.start([&](component, std::span<received_datagram> burst) {
        for (auto const& one : burst)
            sizes.push_back(one.packet.size());
    }));
    stranger.send(component::rtp, b.packet(1), here);
    peer.send(component::rtp, b.packet(2), here);
    b.run_until([&] { return !sizes.empty(); });
    b.io.run_for(10ms), b.io.restart();
    CHECK(sizes == std::vector<std::size_t>{2});

    std::size_t answers = 0;
    REQUIRE_FALSE(peer.start([&](component, std::span<received_datagram> burst) { answers += burst.size(); }));
    us.send(component::rtp, b.packet(3), peer.local(component::rtp));
    outbox out;
    out.datagrams.push_back({component::rtp, peer.local(component::rtp), b.packet(4)});
    us.send(out);
    b.run_until([&] { return answers == 2; });
    CHECK(answers == 2);

    REQUIRE_FALSE(us.connect(component::rtp, {}));
    CHECK(us.local(component::rtp) == here);
    stranger.send(component::rtp, b.packet(5), here);
    b.run_until([&] { return sizes.size() == 2; });
    CHECK(sizes.size() == 2);

    endpoint nobody = loopback4;
    nobody.port = 42'997;
    REQUIRE_FALSE(us.connect(component::rtp, nobody));
    for (int i = 0; i < 3; ++i)
        us.send(component::rtp, b.packet(6), nobody);
    CHECK(us.counters().send_failed == 0);
}

TEST_CASE("Late packets of a call that has ended do not reach the call after it: its ports rest") {
    bench b;
    port_pool few({42'200, 42'203}, 200ms);
    auto ended = rtp_socket::open(b.loop, few, {loopback4}).value();
    auto const old_port = ended.local(component::rtp);
    { auto const gone = std::move(ended); }
    auto next = rtp_socket::open(b.loop, few, {loopback4}).value();
    CHECK(next.local(component::rtp) != old_port);
    std::size_t heard = 0;
    REQUIRE_FALSE(next.start([&](component, std::span<received_datagram> burst) { heard += burst.size(); }));
    asio::ip::udp::socket late(b.io, {asio::ip::address_v4::loopback(), 0});
    late.send_to(asio::buffer("late", 4), to_asio(old_port));
    b.io.run_for(10ms);
    CHECK(heard == 0);
    CHECK(rtp_socket::open(b.loop, few, {loopback4}).error() == errc::no_ports);
}

TEST_CASE("A socket opened where another was closed in the same turn does not get its packets") {
    bench b;
    auto first = std::optional(b.open(loopback4));
    auto second = std::optional(b.open(loopback4));
    std::optional<rtp_socket> third;
    std::size_t misled = 0;
    auto const close_other = [&](std::optional<rtp_socket>& other) {
        return [&](component, std::span<received_datagram>) {
            other.reset();
            third.emplace(b.open(loopback4));
            REQUIRE_FALSE(third->start([&](component, std::span<received_datagram>) { ++misled; }));
        };
    };
    REQUIRE_FALSE(first->start(close_other(second)));
    REQUIRE_FALSE(second->start(close_other(first)));
    asio::ip::udp::socket other(b.io, {asio::ip::address_v4::loopback(), 0});
    for (auto const& socket : {&first, &second})
        other.send_to(asio::buffer("hello", 5), to_asio((*socket)->local(component::rtp)));
    b.run_until([&] { return third.has_value(); });
    b.io.run_for(10ms);
    CHECK(misled == 0);
    CHECK(first.has_value() != second.has_value());
    CHECK(b.loop.sockets() == 4);
}

TEST_CASE("Two sessions exchange audio, digits and reports over sockets") {
    bench b;
    auto generator = std::make_shared<std::mt19937_64>(99);
    environment environment{[generator] { return (*generator)(); }};
    auto const now = [] { return now_t{clock::now(), std::chrono::system_clock::now()}; };

    struct party {
        rtp_socket socket;
        session media;
        outbox out;
        std::size_t heard = 0;
        std::string digits;
        bool has_report = false;
    };
    session_settings settings;
    settings.cname = "test@loopback";
    settings.rtcp_minimum = 100ms;
    settings.session_bandwidth = 10'000'000;
    auto const make = [&] {
        return party{
            b.open(loopback4), session::create(now(), settings, environment, b.packets).value(), {}, 0, {}, false};
    };
    party first = make();
    party second = make();
    auto const drain = [&](party& p) {
        p.socket.send(p.out);
        p.heard += p.out.media.size();
        for (auto const& event : p.out.events) {
            if (auto const* ended = std::get_if<digit_ended>(&event)) p.digits += digit_of(ended->event).value_or('?');
            if (auto const* report = std::get_if<report_received>(&event))
                p.has_report |= report->round_trip.has_value();
        }
        p.out.clear();
    };
    auto const join = [&](party& us, party const& them) {
        us.media.set_remote(now(), {them.socket.local(component::rtp), them.socket.local(component::rtcp)});
        payload_map map;
        map.receive = {{payload_type{0}}, {payload_type{101}, clock_rate{8000}, payload_use::telephone_event}};
        map.send_events = event_format{payload_type{101}};
        us.media.set_payloads(now(), map);
        us.media.set_direction(now(), direction::send_receive, peer_media::expected, us.out);
        REQUIRE_FALSE(us.socket.start([&us, &drain, now](component via, std::span<received_datagram> burst) {
            for (auto& [packet, from] : burst)
                us.media.on_packet(now(), via, std::move(packet), from, us.out);
            drain(us);
        }));
    };
    join(first, second);
    join(second, first);
    REQUIRE_FALSE(first.media.send_digit(now(), '4', 60ms, first.out));
    drain(first);

    auto next_frame = clock::now();
    b.run_until([&] {
        for (auto* p : {&first, &second}) {
            if (auto const deadline = p->media.next_deadline(); deadline && *deadline <= clock::now()) {
                p->media.on_timeout(now(), p->out);
                drain(*p);
            }
        }
        if (clock::now() >= next_frame) {
            next_frame += 20ms;
            for (auto* p : {&first, &second}) {
                CHECK_FALSE(p->media.send(now(), {payload_type{0}, 160, false, b.packet(160)}, p->out));
                drain(*p);
            }
        }
        return first.heard > 20 && second.heard > 20 && second.digits == "4" && first.has_report && second.has_report;
    });
    CHECK(first.heard > 20);
    CHECK(second.heard > 20);
    CHECK(second.digits == "4");
    CHECK(first.has_report);
    CHECK(second.has_report);
}

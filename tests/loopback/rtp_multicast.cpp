// Covers: several receivers of one group on one port, groups kept apart, RTCP beside it, leaving, and a page from one
// session to two, on the loopback interface; IPv6 and hearing oneself on an interface that carries IPv6 multicast, as
// far as the machine has one. Groups 239.192.42.x and ff01::4242, ports 42400 to 42499. Not here: time to live, which
// only a router would show.
#include "rtp/net/rtp_socket.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <functional>
#include <random>
#include <vector>

#include "rtp/session/session.hpp"

using namespace rtp;
using namespace rtp::net;
using namespace std::chrono_literals;

namespace {

std::uint32_t const loopback_interface = ::if_nametoindex("lo");

/// An interface with an IPv6 address that takes multicast; the loopback interface usually does not. 0 if there is none.
std::uint32_t ipv6_multicast_interface() {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return 0;
    std::uint32_t found = 0;
    for (auto const* one = list; one != nullptr && found == 0; one = one->ifa_next) {
        constexpr unsigned wanted = IFF_UP | IFF_RUNNING | IFF_MULTICAST;
        if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET6 || (one->ifa_flags & wanted) != wanted)
            continue;
        found = ::if_nametoindex(one->ifa_name);
    }
    ::freeifaddrs(list);
    return found;
}

multicast_options group_of(char const* address, std::uint16_t port) {
    multicast_options options;
    options.group = endpoint::from_text(address, port).value();
    options.interface = loopback_interface;
    options.loop = multicast_options::loopback::on;
    return options;
}

struct bench {
    boost::asio::io_context io{1};
    packet_pool packets;
    media_loop loop{io.get_executor(), packets};
    port_pool ports{{42'480, 42'499}, 0s};

    rtp_socket join(multicast_options const& options) {
        auto socket = rtp_socket::join(loop, options);
        REQUIRE(socket.has_value());
        return std::move(*socket);
    }
    void run_until(std::function<bool()> const& is_done) {
        auto const give_up = rtp::clock::now() + 5s;
        while (!is_done() && rtp::clock::now() < give_up)
            io.run_for(5ms), io.restart();
    }
    packet_buffer packet(std::size_t size) {
        packet_buffer buffer(packets);
        for (auto& byte : buffer.append(size))
            byte = std::byte{0x80};
        return buffer;
    }
};

struct listener {
    rtp_socket socket;
    std::vector<std::size_t> sizes{};
    std::vector<component> components{};

    void start() {
        REQUIRE_FALSE(socket.start([this](component via, std::span<received_datagram> burst) {
            for (auto const& one : burst) {
                sizes.push_back(one.packet.size());
                components.push_back(via);
            }
        }));
    }
};

}  // namespace

TEST_CASE("All who joined a group on one port hear it, others and other groups do not") {
    bench b;
    auto const first_group = group_of("239.192.42.1", 42'400);
    auto const second_group = group_of("239.192.42.2", 42'400);
    std::vector<listener> listeners;
    for (auto const& options : {first_group, first_group, first_group, second_group})
        listeners.push_back({b.join(options)});
    for (auto& one : listeners)
        one.start();
    auto sender = b.join(first_group);
    sender.send(component::rtp, b.packet(11), first_group.group);
    b.run_until([&] {
        return !listeners[0].sizes.empty() && !listeners[1].sizes.empty() && !listeners[2].sizes.empty();
    });
    b.io.run_for(10ms), b.io.restart();
    for (int i = 0; i < 3; ++i)
        CHECK(listeners[static_cast<std::size_t>(i)].sizes == std::vector<std::size_t>{11});
    CHECK(listeners[3].sizes.empty());
}

TEST_CASE("What is sent to the port by another address than the group's does not arrive") {
    bench b;
    auto const options = group_of("239.192.42.3", 42'402);
    listener one{b.join(options)};
    one.start();
    auto outsider = rtp_socket::open(b.loop, b.ports, {endpoint::from_text("127.0.0.1", 0).value()}).value();
    outsider.send(component::rtp, b.packet(5), endpoint::from_text("127.0.0.1", 42'402).value());
    auto sender = b.join(options);
    sender.send(component::rtp, b.packet(6), options.group);
    b.run_until([&] { return !one.sizes.empty(); });
    b.io.run_for(10ms);
    CHECK(one.sizes == std::vector<std::size_t>{6});
}

TEST_CASE("RTCP of a group has the port above, on a socket of its own") {
    bench b;
    auto options = group_of("239.192.42.4", 42'404);
    options.rtcp = rtcp_transport::separate_port;
    listener one{b.join(options)};
    one.start();
    CHECK(one.socket.local(component::rtcp).port == 42'405);
    auto control = options.group;
    control.port = 42'405;
    one.socket.send(component::rtcp, b.packet(8), control);
    b.run_until([&] { return !one.sizes.empty(); });
    CHECK(one.components == std::vector<component>{component::rtcp});
}

TEST_CASE("A group that was left is not heard any more, also on a port that others still use") {
    bench b;
    auto const options = group_of("239.192.42.5", 42'406);
    listener stays{b.join(options)};
    stays.start();
    { auto const leaves = b.join(options); }
    auto sender = b.join(options);
    sender.send(component::rtp, b.packet(7), options.group);
    b.run_until([&] { return !stays.sizes.empty(); });
    CHECK(stays.sizes.size() == 1);
    CHECK(b.loop.sockets() == 1);
}

TEST_CASE("A group of IPv6 is joined on its interface, and a member hears itself only if it wants to") {
    bench b;
    // Interface-local: it never leaves the machine.
    auto options = group_of("ff01::4242", 42'408);
    CHECK(rtp_socket::join(b.loop, options).has_value());
    options.interface = ipv6_multicast_interface();
    if (options.interface == 0) {
        MESSAGE("no interface of this machine carries IPv6 multicast: only joining was tested");
        return;
    }
    listener one{b.join(options)};
    one.start();
    auto const send = [&](multicast_options::loopback loop, std::size_t size) {
        options.loop = loop;
        auto sender = b.join(options);
        auto to = options.group;
        to.scope = options.interface;
        sender.send(component::rtp, b.packet(size), to);
        CHECK(sender.counters().sent == 1);
    };
    send(multicast_options::loopback::off, 12);
    send(multicast_options::loopback::on, 13);
    b.run_until([&] { return !one.sizes.empty(); });
    CHECK(one.sizes == std::vector<std::size_t>{13});
}

TEST_CASE("What is no group, has no room for RTCP or names an interface that is not there is an error at once") {
    bench b;
    auto const error_of = [&](multicast_options const& options) { return rtp_socket::join(b.loop, options).error(); };
    CHECK(error_of({}) == errc::invalid_argument);
    CHECK(error_of(group_of("192.0.2.1", 42'410)) == errc::invalid_argument);
    CHECK(error_of(group_of("239.192.42.6", 0)) == errc::invalid_argument);
    auto options = group_of("239.192.42.6", 65'535);
    options.rtcp = rtcp_transport::separate_port;
    CHECK(error_of(options) == errc::invalid_argument);
    options = group_of("239.192.42.6", 42'410);
    options.dscp = 64;
    CHECK(error_of(options) == errc::invalid_argument);
    options = group_of("239.192.42.6", 42'410);
    options.interface = 9'999;
    CHECK(rtp_socket::join(b.loop, options).has_error());
}

TEST_CASE("A page by plain RTP reaches every session that listens, without a description from anybody") {
    bench b;
    auto const options = group_of("239.192.42.7", 42'412);
    auto generator = std::make_shared<std::mt19937_64>(7);
    environment environment{[generator] { return (*generator)(); }};
    auto const now = [] { return now_t{rtp::clock::now(), std::chrono::system_clock::now()}; };
    session_settings settings;
    settings.cname = "page@loopback";
    settings.rtcp = rtcp_transport::off;
    payload_map map;
    map.receive = {{payload_type{0}}};

    struct phone {
        rtp_socket socket;
        session media;
        outbox out;
        std::size_t heard = 0;
    };
    std::vector<phone> phones;
    for (int i = 0; i < 3; ++i)
        phones.push_back({b.join(options), session::create(now(), settings, environment, b.packets).value(), {}});
    auto& pager = phones[0];
    pager.media.set_remote(now(), {options.group, {}});
    pager.media.set_direction(now(), direction::send_only, peer_media::optional, pager.out);
    for (std::size_t i = 1; i < phones.size(); ++i) {
        auto& p = phones[i];
        p.media.set_payloads(now(), map);
        p.media.set_direction(now(), direction::receive_only, peer_media::optional, p.out);
        REQUIRE_FALSE(p.socket.start([&p, now](component via, std::span<received_datagram> burst) {
            for (auto& [packet, from] : burst)
                p.media.on_packet(now(), via, std::move(packet), from, p.out);
            p.heard += p.out.media.size();
            p.out.clear();
        }));
    }
    for (int i = 0; i < 20; ++i)
        REQUIRE_FALSE(pager.media.send(now(), {payload_type{0}, 160, false, b.packet(160)}, pager.out));
    pager.socket.send(pager.out);
    b.run_until([&] { return phones[1].heard >= 19 && phones[2].heard >= 19; });
    // The first packet is on probation (RFC 3550 A.1).
    CHECK(phones[1].heard == 19);
    CHECK(phones[2].heard == 19);
}

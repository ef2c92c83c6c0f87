// UDP through the driver. Covered: IPv4 and IPv6, both families on one port, several sockets, the unspecified address,
// a port in use, message sizes up to the largest datagram, too large ones, keep-alives, thousands of garbage datagrams
// (order and number kept, other sockets and timers still served), the message trace, closing from inside.
#include <doctest/doctest.h>

#include "loopback/sip_support.hpp"
#include "sip/net/local_address.hpp"
#include "sip/transport/stun.hpp"

using namespace sip_test;
using sip::transport_kind;

TEST_CASE("a datagram reaches the core, and its answer goes back where it came from") {
    for (bool const is_v6 : {false, true}) {
        CAPTURE(is_v6);
        station under_test;
        auto const local = under_test.driver.listen(on_loopback(transport_kind::udp, 0, is_v6));
        REQUIRE(local.has_value());
        CHECK(local->port != 0);
        REQUIRE(under_test.core.flows.size() == 1);
        CHECK(under_test.core.flows[0].local == *local);
        CHECK_FALSE(under_test.core.flows[0].remote);
        echo_sizes(under_test.core);

        bare_socket peer(is_v6);
        auto const text = options_message("one");
        peer.send(*local, text);
        std::optional<std::string> answer;
        REQUIRE(run_until(under_test.loop, [&] { return (answer = peer.receive()).has_value(); }));
        CHECK(*answer == "answer to " + std::to_string(text.size()));
        CHECK(peer.from().port() == local->port);
        REQUIRE(under_test.core.messages.size() == 1);
        CHECK(under_test.core.messages[0].bytes == text);
        CHECK(under_test.core.messages[0].from == peer.local());
    }
}

TEST_CASE("several sockets are several flows, and IPv4 and IPv6 share a port number") {
    station under_test;
    auto const any_v4 = *sip::ip_address::from("0.0.0.0");
    auto const any_v6 = *sip::ip_address::from("::");
    auto const v4 = under_test.driver.listen({any_v4, 0, transport_kind::udp});
    REQUIRE(v4.has_value());
    auto const v6 = under_test.driver.listen({any_v6, v4->port, transport_kind::udp});
    REQUIRE(v6.has_value());
    auto const other = under_test.driver.listen(on_loopback(transport_kind::udp));
    REQUIRE(other.has_value());
    REQUIRE(under_test.core.flows.size() == 3);

    bare_socket peer_v4, peer_v6(true);
    peer_v4.send(on_loopback(transport_kind::udp, v4->port), options_message("a"));
    peer_v6.send(on_loopback(transport_kind::udp, v6->port, true), options_message("b"));
    peer_v4.send(*other, options_message("c"));
    REQUIRE(run_until(under_test.loop, [&] { return under_test.core.messages.size() == 3; }));
    for (auto const& message : under_test.core.messages) {
        if (message.bytes.find("Call-ID: a\r\n") != std::string::npos) CHECK(message.flow == sip::flow_id{1});
        if (message.bytes.find("Call-ID: b\r\n") != std::string::npos) CHECK(message.flow == sip::flow_id{2});
        if (message.bytes.find("Call-ID: c\r\n") != std::string::npos) CHECK(message.flow == sip::flow_id{3});
    }
}

TEST_CASE("a socket on the unspecified address names the address that leads to the given peer") {
    station under_test;
    auto const any = *sip::ip_address::from("0.0.0.0");
    auto const local = under_test.driver.listen({any, 0, transport_kind::udp}, *sip::ip_address::from("127.0.0.1"));
    REQUIRE(local.has_value());
    CHECK(local->address.is_unspecified());
    REQUIRE(under_test.core.flows.size() == 1);
    CHECK(to_string(under_test.core.flows[0].local.address) == "127.0.0.1");
    CHECK(under_test.core.flows[0].local.port == local->port);

    auto const v6 = under_test.driver.listen({*sip::ip_address::from("::"), 0, transport_kind::udp});
    REQUIRE(v6.has_value());
    CHECK_FALSE(under_test.core.flows[1].local.address.is_unspecified());
}

TEST_CASE("the address towards a peer on this machine is the loopback one") {
    auto const v4 = sip::net::local_address_towards(*sip::ip_address::from("127.0.0.1"));
    REQUIRE(v4.has_value());
    CHECK(to_string(*v4) == "127.0.0.1");
    auto const v6 = sip::net::local_address_towards(*sip::ip_address::from("::1"));
    REQUIRE(v6.has_value());
    CHECK(to_string(*v6) == "::1");
}

TEST_CASE("a port in use is an error, not a shared port") {
    station first, second;
    auto const local = first.driver.listen(on_loopback(transport_kind::udp));
    REQUIRE(local.has_value());
    auto const again = second.driver.listen(*local);
    REQUIRE(again.has_error());
    CHECK(again.error() == boost::system::errc::address_in_use);
    CHECK(second.core.flows.empty());
    CHECK(second.driver.listen(on_loopback(transport_kind::udp)).has_value());  // and the driver goes on
}

TEST_CASE("every size of datagram arrives whole, up to the largest there is") {
    station under_test;
    auto const local = under_test.driver.listen(on_loopback(transport_kind::udp));
    REQUIRE(local.has_value());
    bare_socket peer;
    for (std::size_t const size : {400u, 2047u, 2048u, 2049u, 5000u, 32768u, 65507u}) {
        CAPTURE(size);
        auto const text = options_message("size", size);
        under_test.core.messages.clear();
        peer.send(*local, text);
        REQUIRE(run_until(under_test.loop, [&] { return !under_test.core.messages.empty(); }));
        CHECK((under_test.core.messages[0].bytes == text));
    }
}

TEST_CASE("a datagram too large for UDP is dropped and counted, and the socket goes on") {
    station under_test;
    auto const local = under_test.driver.listen(on_loopback(transport_kind::udp));
    REQUIRE(local.has_value());
    bare_socket peer;
    under_test.send(sip::flow_id{1}, peer.local(), options_message("huge", 65508));
    CHECK(under_test.driver.count().datagrams_dropped == 1);
    under_test.send(sip::flow_id{1}, peer.local(), "after");
    std::optional<std::string> text;
    REQUIRE(run_until(under_test.loop, [&] { return (text = peer.receive()).has_value(); }));
    CHECK(*text == "after");
    CHECK(under_test.core.changes.empty());  // a datagram socket does not fail for one datagram
}

TEST_CASE("a Binding request is answered where SIP is taken, and is no message (RFC 5626 8, RFC 8489 6.3.1.2)") {
    for (bool const is_v6 : {false, true}) {
        CAPTURE(is_v6);
        station under_test;
        auto const local = under_test.driver.listen(on_loopback(transport_kind::udp, 0, is_v6));
        REQUIRE(local.has_value());
        std::size_t shown = 0;
        under_test.driver.on_message([&](sip::net::traced_message const&) { ++shown; });
        bare_socket peer(is_v6);
        sip::stun::transaction const id{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
        peer.send(*local, sip::stun::binding_request(id));
        std::optional<std::string> answer;
        REQUIRE(run_until(under_test.loop, [&] { return (answer = peer.receive()).has_value(); }));
        auto const read = sip::stun::parse(*answer);
        REQUIRE(read);
        CHECK(read->what == sip::stun::message_class::success);
        CHECK(read->id == id);
        CHECK(read->mapped == peer.local());
        CHECK(under_test.core.messages.empty());
        CHECK(under_test.core.keep_alives.empty());
        CHECK(shown == 0);
    }
}

TEST_CASE("a ping of ours leaves by its socket, and the answer is the core's (RFC 5626 4.4.2)") {
    station under_test;
    auto const local = under_test.driver.listen(on_loopback(transport_kind::udp));
    REQUIRE(local.has_value());
    bare_socket peer;
    auto const ping = sip::stun::binding_request({7});
    under_test.driver.command([&](sip::now_t, sip::outbox& out) {
        out.actions.push_back(sip::send_keep_alive{sip::flow_id{1}, peer.local(), under_test.core.pool().copy(ping)});
    });
    std::optional<std::string> got;
    REQUIRE(run_until(under_test.loop, [&] { return (got = peer.receive()).has_value(); }));
    CHECK(*got == ping);
    auto const answer = sip::stun::answer(ping, *local).value();
    peer.send(*local, answer);
    REQUIRE(run_until(under_test.loop, [&] { return !under_test.core.keep_alives.empty(); }));
    CHECK(under_test.core.keep_alives[0].bytes == answer);
    CHECK(under_test.core.keep_alives[0].from == peer.local());
    CHECK(under_test.core.messages.empty());
    CHECK(under_test.driver.count().sent == 0);
}

TEST_CASE("keep-alive datagrams of any shape are no messages") {
    station under_test;
    auto const local = under_test.driver.listen(on_loopback(transport_kind::udp));
    REQUIRE(local.has_value());
    bare_socket peer;
    for (std::string_view const ping :
         {std::string_view("\r\n\r\n"), std::string_view("\r\n"), std::string_view("\0", 1),
          std::string_view("\0\0\0\0", 4), std::string_view()})
        peer.send(*local, ping);
    peer.send(*local, options_message("real"));
    REQUIRE(run_until(under_test.loop, [&] { return !under_test.core.messages.empty(); }));
    CHECK(under_test.core.messages.size() == 1);
    CHECK(under_test.driver.count().keep_alives == 5);
}

TEST_CASE("thousands of garbage datagrams reach the core in order, and timers and other sockets are served meanwhile") {
    station under_test;
    auto const flooded = under_test.driver.listen(on_loopback(transport_kind::udp));
    auto const quiet = under_test.driver.listen(on_loopback(transport_kind::udp));
    REQUIRE(flooded.has_value());
    REQUIRE(quiet.has_value());
    bare_socket attacker, friendly;
    std::size_t seen_before_friendly = 0;
    under_test.core.on_message = [&](recording_core::received const& message, sip::outbox&) {
        if (message.flow == sip::flow_id{2}) seen_before_friendly = under_test.core.messages.size();
    };
    under_test.core.deadline = sip::clock::now();
    under_test.driver.command([](sip::now_t, sip::outbox&) {});  // arms the timer
    constexpr std::size_t many = 5000;
    std::string garbage;
    for (std::size_t i = 0; i < many; ++i) {
        garbage = std::to_string(i) + ":";
        for (std::size_t k = 0; k < i % 300; ++k)
            garbage.push_back(static_cast<char>((i * 31 + k * 17) & 0xff));
        attacker.send(*flooded, garbage);
        if (i == 100) friendly.send(*quiet, options_message("friend"));
        if (i % 500 == 499) {
            REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().received >= i; }));
        }
    }
    REQUIRE(run_until(under_test.loop, [&] { return under_test.core.messages.size() == many + 1; }));
    std::size_t expected = 0;
    for (auto const& message : under_test.core.messages) {
        if (message.flow != sip::flow_id{1}) continue;
        REQUIRE(message.bytes.substr(0, message.bytes.find(':')) == std::to_string(expected));
        ++expected;
    }
    CHECK(expected == many);
    CHECK(seen_before_friendly < 600);
    CHECK(under_test.core.timeouts.size() == 1);
}

TEST_CASE("the trace shows each message with its direction and addresses, in wire order") {
    station under_test;
    auto const local = under_test.driver.listen(on_loopback(transport_kind::udp));
    REQUIRE(local.has_value());
    echo_sizes(under_test.core);
    struct line {
        sip::net::direction direction;
        sip::endpoint local, remote;
        std::string bytes;
    };
    std::vector<line> lines;
    under_test.driver.on_message([&](sip::net::traced_message const& message) {
        lines.push_back({message.direction, message.local, message.remote, std::string(message.bytes)});
    });
    bare_socket peer;
    peer.send(*local, "\r\n");
    peer.send(*local, options_message("traced"));
    REQUIRE(run_until(under_test.loop, [&] { return lines.size() >= 2; }));
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].direction == sip::net::direction::received);
    CHECK(lines[0].bytes == options_message("traced"));
    CHECK(lines[0].local == *local);
    CHECK(lines[0].remote == peer.local());
    CHECK(lines[1].direction == sip::net::direction::sent);
    CHECK(lines[1].bytes.starts_with("answer to "));
    CHECK(lines[1].remote == peer.local());
}

TEST_CASE("a driver that was closed receives and sends no more") {
    station under_test;
    auto const local = under_test.driver.listen(on_loopback(transport_kind::udp));
    REQUIRE(local.has_value());
    under_test.driver.close();
    under_test.driver.close();
    bare_socket peer;
    peer.send(*local, options_message("late"));
    run_for(under_test.loop, 30ms);
    CHECK(under_test.core.messages.empty());
    CHECK(under_test.driver.listen(on_loopback(transport_kind::udp)).has_error());
}

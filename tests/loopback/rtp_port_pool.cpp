// Covers: pairs of ports, those in use, their rest, the edges of the range. No sockets are opened.
#include "rtp/net/port_pool.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <vector>

using namespace rtp;
using namespace rtp::net;
using namespace std::chrono_literals;

namespace {

time_point fake_now = time_point{} + 1h;
time_point read_fake_clock() {
    return fake_now;
}

}  // namespace

TEST_CASE("Pairs are even and odd, inside the range, and all of it is used (RFC 3550 11, RFC 3551 8)") {
    port_pool pool({42'001, 42'010}, 3s, read_fake_clock);
    CHECK(pool.capacity() == 4);
    std::vector<port_lease> leases;
    std::set<std::uint16_t> seen;
    for (int i = 0; i < 4; ++i) {
        auto lease = pool.take();
        REQUIRE(lease.has_value());
        CHECK(lease->rtp() % 2 == 0);
        CHECK(lease->rtcp() == lease->rtp() + 1);
        CHECK(lease->rtp() >= 42'001);
        CHECK(lease->rtcp() <= 42'010);
        CHECK(seen.insert(lease->rtp()).second);
        leases.push_back(std::move(*lease));
    }
    CHECK(pool.take().error() == errc::no_ports);
    CHECK(pool.in_use() == 4);
}

TEST_CASE("A pair that was given back rests before it is used again") {
    port_pool pool({42'000, 42'001}, 3s, read_fake_clock);
    { auto const lease = pool.take().value(); }
    CHECK(pool.in_use() == 0);
    CHECK(pool.take().error() == errc::no_ports);
    fake_now += 3s - 1ns;
    CHECK(pool.take().has_error());
    fake_now += 1ns;
    CHECK(pool.take().has_value());
}

TEST_CASE("The pool goes round, so that the pair given back last comes last") {
    port_pool pool({42'000, 42'007}, 0s, read_fake_clock);
    std::vector<std::uint16_t> order;
    for (int i = 0; i < 8; ++i)
        order.push_back(pool.take().value().rtp());
    CHECK(order == std::vector<std::uint16_t>{42'000, 42'002, 42'004, 42'006, 42'000, 42'002, 42'004, 42'006});
}

TEST_CASE("A moved lease is given back once") {
    port_pool pool({42'000, 42'003}, 0s, read_fake_clock);
    std::optional<port_lease> kept;
    {
        auto first = pool.take().value();
        kept.emplace(std::move(first));
    }
    CHECK(pool.in_use() == 1);
    auto other = pool.take().value();
    CHECK(pool.in_use() == 2);
    *kept = std::move(other);
    kept.reset();
    CHECK(pool.in_use() == 1);
}

TEST_CASE("Ranges without a whole pair are empty, and the end of the port numbers is no trap") {
    CHECK(port_pool({42'001, 42'002}).capacity() == 0);
    CHECK(port_pool({42'000, 42'000}).capacity() == 0);
    CHECK(port_pool({42'010, 42'000}).capacity() == 0);
    CHECK(port_pool({0, 1}).capacity() == 0);
    CHECK(port_pool({65'535, 65'535}).capacity() == 0);
    CHECK(port_pool({65'533, 65'535}).capacity() == 1);
    CHECK(port_pool({1, 65'535}).capacity() == 32'767);
    port_pool empty({42'001, 42'002});
    CHECK(empty.take().error() == errc::no_ports);
    auto const last = port_pool({65'533, 65'535}).capacity();
    CHECK(last == 1);
}

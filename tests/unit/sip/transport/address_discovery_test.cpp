// Covered: how one STUN server is asked for our address: repetition, which answers count and what they say, other
// servers, when it is asked again. Not here: what a user agent does with the address (ua/own_address.cpp).
#include "sip/transport/address_discovery.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/seeded_random.hpp"

namespace {

using namespace std::chrono_literals;
using verdict = sip::address_discovery::verdict;

sip::endpoint udp(char const* address, std::uint16_t port) {
    return {*sip::ip_address::from(address), port, sip::transport_kind::udp};
}
sip::endpoint const server = udp("192.0.2.1", 3478), here = udp("198.51.100.7", 40000),
                    elsewhere = udp("198.51.100.7", 40001);

struct fixture {
    test::seeded_random random{17};
    sip::time_point now{};
    sip::address_discovery asks{now, server, {24s, 29s}, random.source()};

    /// Goes to the next deadline and says what is to be done there.
    sip::address_discovery::due next() {
        now = asks.next_deadline();
        return asks.on_timeout(now);
    }
    verdict say(std::string const& datagram, sip::endpoint const& from = server) {
        return asks.on_answer(now, from, datagram);
    }
};

std::string success(std::string const& request, sip::endpoint const& seen = here) {
    return sip::stun::answer(request, seen).value();
}
/// A response of this type with these attributes.
std::string response(std::string const& request, unsigned type, std::string const& attributes) {
    auto made = request.substr(0, 20) + attributes;
    made[0] = static_cast<char>(type >> 8);
    made[1] = static_cast<char>(type & 0xff);
    made[3] = static_cast<char>(attributes.size());
    return made;
}
std::string bytes(std::vector<unsigned> const& numbers) {
    std::string made;
    for (auto const n : numbers)
        made += static_cast<char>(n);
    return made;
}
constexpr unsigned success_type = 0x0101, error_type = 0x0111;

/// ERROR-CODE 300 and ALTERNATE-SERVER 192.0.2.`last`:3478.
std::string try_other(std::string const& request, unsigned last) {
    return response(request, error_type, bytes({0x00, 0x09, 0x00, 0x04, 0,    0,    3,   0, 0x80, 0x23,
                                                0x00, 0x08, 0,    1,    0x0d, 0x96, 192, 0, 2,    last}));
}

}  // namespace

TEST_CASE_FIXTURE(
    fixture, "A question is sent at once and six times again, and is given up after 39.5 s (RFC 8489 6.2.1)"
) {
    auto const first = next();
    std::vector<sip::duration> sent{now - sip::time_point{}};
    for (;;) {
        auto const due = next();
        if (due.has_failed) break;
        CHECK(due.request == first.request);
        sent.push_back(now - sip::time_point{});
    }
    CHECK(sent == std::vector<sip::duration>{0ms, 500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms});
    CHECK(now - sip::time_point{} == 39500ms);
    CHECK(!asks.mapped());
    auto const failed_at = now;
    auto const again = next();
    CHECK(again.request != first.request);  // another transaction
    CHECK(now - failed_at >= 24s);
    CHECK(now - failed_at <= 29s);
}

TEST_CASE_FIXTURE(fixture, "The answer to any of the copies tells the address, and ends them (RFC 8489 6.2.1, 6.3.3)") {
    auto const request = next().request;
    (void)next();
    (void)next();
    CHECK(say(success(request)) == verdict::changed);
    CHECK(asks.mapped() == here);
    CHECK(asks.next_deadline() >= now + 24s);
    CHECK(say(success(request)) == verdict::unknown);  // a late copy's answer
    CHECK(asks.on_timeout(now + 1s).request.empty());
}

TEST_CASE_FIXTURE(fixture, "It is asked again, and says whether the address is another one") {
    CHECK(say(success(next().request)) == verdict::changed);
    CHECK(say(success(next().request)) == verdict::same);
    CHECK(say(success(next().request, elsewhere)) == verdict::changed);
    CHECK(asks.mapped() == elsewhere);
}

TEST_CASE_FIXTURE(fixture, "A server that falls silent or refuses does not take the known address away") {
    CHECK(say(success(next().request)) == verdict::changed);
    while (!next().has_failed) {
    }
    CHECK(asks.mapped() == here);
    CHECK(say(response(next().request, error_type, bytes({0, 9, 0, 4, 0, 0, 5, 0}))) == verdict::failed);
    CHECK(asks.mapped() == here);
}

TEST_CASE_FIXTURE(
    fixture, "Nobody else's answer counts, nor one to another transaction, nor what is broken (RFC 8489 6.3, 16.1)"
) {
    auto const request = next().request;
    auto const good = success(request);
    CHECK(say(good, udp("192.0.2.2", 3478)) == verdict::unknown);
    CHECK(say(good, udp("192.0.2.1", 3479)) == verdict::unknown);
    CHECK(say(success(sip::stun::binding_request(sip::stun::new_transaction(random.source())))) == verdict::unknown);
    CHECK(say(request) == verdict::unknown);
    CHECK(say("SIP/2.0 200 OK\r\n\r\n") == verdict::unknown);
    for (std::size_t size = 0; size < good.size(); ++size)
        CHECK(say(good.substr(0, size)) == verdict::unknown);
    CHECK(say(good) == verdict::changed);
}

TEST_CASE_FIXTURE(fixture, "A server without XOR-MAPPED-ADDRESS says MAPPED-ADDRESS (RFC 8489 14.1)") {
    auto const plain = bytes({0x00, 0x01, 0x00, 0x08, 0, 1, 0x9c, 0x40, 198, 51, 100, 7});
    CHECK(say(response(next().request, success_type, plain)) == verdict::changed);
    CHECK(asks.mapped() == here);
    // One that was rewritten on the way does not count beside the other.
    auto const request = next().request;
    CHECK(say(response(request, success_type, plain + success(request, elsewhere).substr(20))) == verdict::changed);
    CHECK(asks.mapped() == elsewhere);
}

TEST_CASE_FIXTURE(
    fixture, "A success without an address, or with what has to be understood and is not, is a failure (RFC 8489 6.3.3)"
) {
    CHECK(say(response(next().request, success_type, {})) == verdict::failed);
    auto const request = next().request;
    auto const strange = success(request).substr(20) + bytes({0x7f, 0x00, 0x00, 0x00});
    CHECK(say(response(request, success_type, strange)) == verdict::failed);
    CHECK(!asks.mapped());
    auto const passable = success(next().request);
    CHECK(
        asks.on_answer(
            now, server, response(passable, success_type, passable.substr(20) + bytes({0x80, 0x22, 0, 0}))
        ) == verdict::changed
    );
}

TEST_CASE_FIXTURE(
    fixture, "300 with ALTERNATE-SERVER sends us there at once, by a new transaction (RFC 8489 10, 14.15)"
) {
    auto const request = next().request;
    CHECK(say(try_other(request, 2)) == verdict::elsewhere);
    CHECK(asks.server() == udp("192.0.2.2", 3478));
    CHECK(asks.next_deadline() == now);
    auto const there = next().request;
    CHECK(there != request);
    CHECK(say(success(there), server) == verdict::unknown);
    CHECK(say(success(there), asks.server()) == verdict::changed);
    (void)next();
    CHECK(asks.server() == server);  // the next question begins where it should
}

TEST_CASE_FIXTURE(fixture, "Servers that send us in a circle, or on and on, are given up (RFC 8489 10)") {
    SUBCASE("a circle") {
        CHECK(say(try_other(next().request, 2)) == verdict::elsewhere);
        CHECK(say(try_other(next().request, 1), asks.server()) == verdict::failed);
    }
    SUBCASE("to itself") {
        CHECK(say(try_other(next().request, 1)) == verdict::failed);
    }
    SUBCASE("on and on") {
        for (unsigned last = 2; last < 5; ++last)
            CHECK(say(try_other(next().request, last), asks.server()) == verdict::elsewhere);
        CHECK(say(try_other(next().request, 5), asks.server()) == verdict::failed);
    }
    SUBCASE("nowhere") {
        CHECK(say(response(next().request, error_type, bytes({0, 9, 0, 4, 0, 0, 3, 0}))) == verdict::failed);
    }
    CHECK(asks.next_deadline() >= now + 24s);
}

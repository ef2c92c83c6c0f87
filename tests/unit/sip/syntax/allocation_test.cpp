// Covers: parsing, typed access, building, framing and cloning allocate nothing once the pool has its blocks; an
// allocation that fails leaves no buffer behind.
#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/build.hpp"
#include "sip/syntax/framer.hpp"
#include "sip/syntax/parse.hpp"
#include "support/allocation_counter.hpp"

using sip::header_id;

namespace {

std::string const invite =
    "INVITE sip:bob@example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.101:5060;rport;branch=z9hG4bK3965d3ba7d2f4b1e\r\n"
    "Max-Forwards: 70\r\n"
    "From: \"Alice\" <sip:alice@example.com>;tag=9fxced76sl\r\n"
    "To: <sip:bob@example.com>\r\n"
    "Contact: <sip:alice@192.0.2.101:5060>;+sip.instance=\"<urn:uuid:0>\", <sip:alice@192.0.2.102>\r\n"
    "Call-ID: 3848276298220188511@atlanta.example.com\r\n"
    "CSeq: 1 INVITE\r\n"
    "Route: <sip:proxy.example.com;lr>\r\n"
    "Supported: replaces, 100rel\r\n"
    "Authorization: Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"d\", response=\"e\"\r\n"
    "Content-Length: 4\r\n\r\nbody";

/// One round of everything that handling a message does in this layer.
std::size_t handle(sip::buffer_pool& pool, sip::framer& stream) {
    stream.on_bytes(invite);
    auto frame = stream.next();
    if (frame.what != sip::framer::kind::message) return 0;
    auto request = sip::parse_message(std::move(frame.bytes), pool);
    if (!request) return 0;
    auto view = (*request).view();
    if (validate_request(view)) return 0;
    std::size_t sum = view.get<header_id::from>()->uri.host.size();
    for (auto const& contact : view.all<header_id::contact>())
        sum += contact->uri.host.size();
    for (auto const& route : view.all<header_id::route>())
        sum += route->uri.host.size();
    sum += view.has_token<header_id::supported>("100rel") ? 1u : 0u;
    sum += view.get<header_id::authorization>()->response.size();

    auto response = start_response(pool, view, 200, "tag").header(header_id::contact, "<sip:bob@192.0.2.1>").finish();
    auto cancel = build_cancel(pool, view);
    auto forwarded = prepend_header(pool, view.text(), header_id::via, "SIP/2.0/UDP h;branch=z9hG4bKx");
    auto popped = replace_top_via(pool, view, "");
    auto clone = (*request).clone_to(pool);
    auto parsed_response = sip::parse_message(*std::move(response), pool);
    if (!cancel || !forwarded || !popped || !parsed_response) return 0;
    return sum + (*clone).call_id().size() + (*parsed_response).view().to_tag().size();
}

}  // namespace

TEST_CASE("Handling a message allocates nothing once the pool is warm") {
    sip::buffer_pool pool;
    sip::framer stream(pool);
    REQUIRE(handle(pool, stream) != 0);
    auto before = test::allocations();
    for (int i = 0; i < 1000; ++i)
        REQUIRE(handle(pool, stream) != 0);
    CHECK(test::allocations() == before);
    CHECK(pool.live() == 0);
}

TEST_CASE("A message too large for small blocks allocates nothing either, the second time") {
    sip::buffer_pool pool;
    auto text = invite;
    for (int i = 0; i < 200; ++i)
        text.insert(text.find("Route"), "X-Header-" + std::to_string(i) + ": value\r\n");
    auto parse = [&] { return sip::parse_message(pool.copy(text), pool).has_value(); };
    REQUIRE(parse());
    auto before = test::allocations();
    for (int i = 0; i < 100; ++i)
        REQUIRE(parse());
    CHECK(test::allocations() == before);
}

TEST_CASE("Refusing a message allocates nothing either") {
    sip::buffer_pool pool;
    auto text = invite;
    text.replace(text.find("1 INVITE"), 1, "x");
    auto refuse = [&] { return !sip::parse_message(pool.copy(text), pool).has_value(); };
    REQUIRE(refuse());
    auto before = test::allocations();
    for (int i = 0; i < 100; ++i)
        REQUIRE(refuse());
    CHECK(test::allocations() == before);
}

TEST_CASE("Whichever allocation fails, no buffer is lost") {
    // Every round starts with a cold pool, so that each of its allocations happens and can fail.
    for (long nth = 1;; ++nth) {
        REQUIRE(nth < 1000);
        sip::buffer_pool pool;
        bool failed = false;
        {
            sip::framer stream(pool);
            test::fail_allocation(nth);
            try {
                (void)handle(pool, stream);
            } catch (std::bad_alloc const&) {
                failed = true;
            }
            test::fail_allocation(0);
        }
        CHECK(pool.live() == 0);
        if (!failed) {
            CHECK(nth > 3);
            break;
        }
    }
}

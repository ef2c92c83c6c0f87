// Covered: transport, port and address of a URI (RFC 3263 4), names by way of resolve_name, errors, and the switch of
// large requests to TCP with UDP as the fall-back (RFC 3261 18.1.1).
// Not covered: NAPTR and SRV, which the locator does not ask for.
#include "sip/transport/locator.hpp"

#include <doctest/doctest.h>

using namespace sip;

namespace {

std::string listing(lookup const& found) {
    std::string text;
    for (auto const& place : found.locations)
        text += (text.empty() ? "" : ", ") + to_string(place.to);
    return text;
}

struct fixture {
    locator machine;
    actions out;

    lookup locate(std::string_view uri, transport_kind preferred = transport_kind::udp, std::size_t size = 500) {
        return machine.locate({parse_uri(uri).value(), preferred, size}, out);
    }
    lookup answer(std::uint32_t request, std::vector<ip_address> const& addresses, error_code error = {}) {
        return machine.on_resolved(request, addresses, error, out);
    }
};

ip_address const one = ip_address::from("192.0.2.1").value(), two = ip_address::from("2001:db8::2").value();

}  // namespace

TEST_CASE_FIXTURE(fixture, "A numeric host is located at once, on the default port of its transport") {
    CHECK(listing(locate("sip:bob@192.0.2.4")) == "udp 192.0.2.4:5060");
    CHECK(listing(locate("sip:bob@192.0.2.4:5099")) == "udp 192.0.2.4:5099");
    CHECK(listing(locate("sip:[2001:db8::1]")) == "udp [2001:db8::1]:5060");
    CHECK(listing(locate("sip:192.0.2.4;transport=TCP")) == "tcp 192.0.2.4:5060");
    CHECK(listing(locate("sip:192.0.2.4;transport=tls")) == "tls 192.0.2.4:5061");
    CHECK(out.empty());
}

TEST_CASE_FIXTURE(fixture, "The preferred transport counts where the URI names none") {
    CHECK(listing(locate("sip:192.0.2.4", transport_kind::tcp)) == "tcp 192.0.2.4:5060");
    CHECK(listing(locate("sip:192.0.2.4;transport=udp", transport_kind::tcp)) == "udp 192.0.2.4:5060");
}

TEST_CASE_FIXTURE(fixture, "A sips URI takes TLS and never UDP (RFC 3261 26.2.2)") {
    CHECK(listing(locate("sips:192.0.2.4")) == "tls 192.0.2.4:5061");
    CHECK(listing(locate("sips:192.0.2.4;transport=tcp")) == "tls 192.0.2.4:5061");
    CHECK(locate("sips:192.0.2.4;transport=udp").error == errc::transport_failed);
}

TEST_CASE_FIXTURE(fixture, "maddr is the host to go to (RFC 3263 4)") {
    CHECK(listing(locate("sip:bob@example.com:5099;maddr=192.0.2.9")) == "udp 192.0.2.9:5099");
}

TEST_CASE_FIXTURE(fixture, "What cannot be reached says why") {
    CHECK(locate("tel:+15551234").error == errc::unsupported_scheme);
    CHECK(locate("sip:192.0.2.4;transport=sctp").error == errc::transport_failed);
    CHECK(locate("tel:+15551234").is_done);
}

TEST_CASE_FIXTURE(fixture, "A name is asked for, and every address becomes a place in the given order") {
    auto begun = locate("sip:bob@example.com");
    CHECK_FALSE(begun.is_done);
    REQUIRE(out.size() == 1);
    auto const& asked = std::get<resolve_name>(out[0]);
    CHECK(asked.name == "example.com");
    CHECK(asked.request == begun.number);

    auto done = answer(begun.number, {two, one});
    CHECK(done.is_done);
    CHECK(done.number == begun.number);
    CHECK(listing(done) == "udp [2001:db8::2]:5060, udp 192.0.2.1:5060");
    CHECK(done.locations[0].server_name == "example.com");
    CHECK(machine.pending() == 0);
}

TEST_CASE_FIXTURE(fixture, "Answers find their question in any order, and a second answer is ignored") {
    auto a = locate("sip:a.example;transport=tcp"), b = locate("sip:b.example:5099");
    CHECK(a.number != b.number);
    CHECK(listing(answer(b.number, {one})) == "udp 192.0.2.1:5099");
    CHECK(listing(answer(a.number, {one})) == "tcp 192.0.2.1:5060");
    CHECK_FALSE(answer(a.number, {one}).is_done);
}

TEST_CASE_FIXTURE(fixture, "A name without addresses is not found, and the name service's own error is passed on") {
    auto a = locate("sip:a.example"), b = locate("sip:b.example");
    CHECK(answer(a.number, {}).error == errc::name_not_found);
    CHECK(answer(b.number, {}, make_error_code(errc::transport_failed)).error == errc::transport_failed);
}

TEST_CASE_FIXTURE(fixture, "The answer to a forgotten question is ignored") {
    auto begun = locate("sip:a.example");
    machine.forget(begun.number);
    CHECK(machine.pending() == 0);
    CHECK_FALSE(answer(begun.number, {one}).is_done);
}

TEST_CASE_FIXTURE(
    fixture, "A request over 1300 bytes goes by TCP, with UDP as the fall-back for each address (18.1.1)"
) {
    CHECK(listing(locate("sip:192.0.2.4", transport_kind::udp, 1300)) == "udp 192.0.2.4:5060");
    CHECK(listing(locate("sip:192.0.2.4", transport_kind::udp, 1301)) == "tcp 192.0.2.4:5060, udp 192.0.2.4:5060");
    CHECK(listing(locate("sip:192.0.2.4", transport_kind::tcp, 9000)) == "tcp 192.0.2.4:5060");
    auto begun = locate("sip:example.com", transport_kind::udp, 4000);
    CHECK(
        listing(answer(begun.number, {one, two})) ==
        "tcp 192.0.2.1:5060, udp 192.0.2.1:5060, tcp [2001:db8::2]:5060, udp [2001:db8::2]:5060"
    );
}

TEST_CASE("The limit for datagrams can be moved and switched off") {
    actions out;
    auto uri = parse_uri("sip:192.0.2.4").value();
    locator strict(locator_settings{.datagram_limit = 800}), never(locator_settings{.datagram_limit = 0});
    CHECK(listing(strict.locate({uri, transport_kind::udp, 801}, out)).starts_with("tcp"));
    CHECK(listing(never.locate({uri, transport_kind::udp, 60000}, out)) == "udp 192.0.2.4:5060");
}

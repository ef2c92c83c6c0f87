// Covered: transport, port and address of a URI with and without records (RFC 3263 4), the order of pointers and
// servers, what may be kept and for how long, servers that failed, errors and bounds, and the switch of large requests
// to TCP with UDP as the fall-back (RFC 3261 18.1.1). Not covered: the real name service (tests/loopback,
// tests/interop).
#include "sip/transport/locator.hpp"

#include <map>

#include <doctest/doctest.h>

#include "support/seeded_random.hpp"

using namespace sip;
using namespace std::chrono_literals;

namespace {

std::string listing(lookup const& found) {
    std::string text;
    for (auto const& place : found.locations)
        text += (text.empty() ? "" : ", ") + to_string(place.to);
    return text;
}

ip_address address(std::string_view text) {
    return ip_address::from(text).value();
}
ip_address const one = address("192.0.2.1"), two = address("2001:db8::2");

/// A name service in a map; what it does not hold does not exist.
struct fixture {
    test::seeded_random random{7};
    locator_settings settings;
    std::optional<locator> machine_;
    actions out;
    time_point now{1000s};
    std::map<std::pair<dns_type, std::string>, dns_answer> zone;
    std::map<std::string, error_code> broken;
    std::vector<std::string> asked;  ///< names in the order of the questions

    locator& machine() {
        if (!machine_) machine_.emplace(random.source(), settings);
        return *machine_;
    }
    lookup begin(
        std::string_view uri, std::optional<transport_kind> preferred = transport_kind::udp, std::size_t size = 500
    ) {
        return machine().locate(now, {parse_uri(uri).value(), preferred, size}, out);
    }
    /// Locates, and answers every question until it is done.
    lookup locate(
        std::string_view uri, std::optional<transport_kind> preferred = transport_kind::udp, std::size_t size = 500
    ) {
        auto found = begin(uri, preferred, size);
        while (!found.is_done) {
            REQUIRE_FALSE(out.empty());
            auto const next = std::get<resolve_name>(out.front());
            out.erase(out.begin());
            found = answer(next);
        }
        CHECK(out.empty());
        CHECK(machine().pending() == 0);
        return found;
    }
    lookup answer(resolve_name const& question) {
        asked.push_back(question.name);
        if (auto const error = broken.find(question.name); error != broken.end())
            return machine().on_resolved(now, question.request, {}, error->second, out);
        auto const known = zone.find({question.type, question.name});
        if (known == zone.end())
            return machine().on_resolved(now, question.request, {}, make_error_code(errc::name_not_found), out);
        return machine().on_resolved(now, question.request, known->second, {}, out);
    }
    void host(std::string const& name, std::vector<ip_address> addresses, duration ttl = 0s) {
        zone[{dns_type::address, name}] = {std::move(addresses), {}, {}, ttl};
    }
    void service(std::string const& name, std::vector<srv_record> records, duration ttl = 0s) {
        zone[{dns_type::srv, name}] = {{}, std::move(records), {}, ttl};
    }
    void pointers(std::string const& name, std::vector<naptr_record> records) {
        zone[{dns_type::naptr, name}] = {{}, {}, std::move(records), 0s};
    }
};

}  // namespace

TEST_CASE_FIXTURE(
    fixture, "A numeric host is located at once, on the default port of its transport (RFC 3263 4.1, 4.2)"
) {
    CHECK(listing(locate("sip:bob@192.0.2.4")) == "udp 192.0.2.4:5060");
    CHECK(listing(locate("sip:bob@192.0.2.4", std::nullopt)) == "udp 192.0.2.4:5060");
    CHECK(listing(locate("sips:bob@192.0.2.4", std::nullopt)) == "tls 192.0.2.4:5061");
    CHECK(listing(locate("sip:bob@192.0.2.4:5099")) == "udp 192.0.2.4:5099");
    CHECK(listing(locate("sip:[2001:db8::1]")) == "udp [2001:db8::1]:5060");
    CHECK(listing(locate("sip:192.0.2.4;transport=TCP")) == "tcp 192.0.2.4:5060");
    CHECK(listing(locate("sip:192.0.2.4;transport=tls")) == "tls 192.0.2.4:5061");
    CHECK(asked.empty());
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
    auto const found = locate("sip:bob@example.com:5099;maddr=192.0.2.9");
    CHECK(listing(found) == "udp 192.0.2.9:5099");
    CHECK(found.locations[0].server_name == "example.com");
}

TEST_CASE_FIXTURE(fixture, "What cannot be reached says why") {
    CHECK(locate("tel:+15551234").error == errc::unsupported_scheme);
    CHECK(locate("sip:192.0.2.4;transport=sctp").error == errc::transport_failed);
    CHECK(locate("sip:nobody.example").error == errc::name_not_found);
    host("empty.example", {});
    CHECK(locate("sip:empty.example").error == errc::name_not_found);
    broken["broken.example"] = make_error_code(errc::transport_failed);
    CHECK(locate("sip:broken.example:5060").error == errc::transport_failed);
}

TEST_CASE_FIXTURE(fixture, "A port in the URI asks for addresses only (RFC 3263 4.2)") {
    host("example.com", {two, one});
    service("_sip._udp.example.com", {{1, 1, 5099, "other.example"}});
    auto const found = locate("sip:example.com:5070");
    CHECK(listing(found) == "udp [2001:db8::2]:5070, udp 192.0.2.1:5070");
    CHECK(found.locations[0].server_name == "example.com");
    CHECK(asked == std::vector<std::string>{"example.com"});
}

TEST_CASE_FIXTURE(
    fixture, "A transport without a port asks for its servers, and without any for the host (RFC 3263 4.2)"
) {
    host("a.example.com", {one});
    host("example.com", {two});
    service("_sip._tcp.example.com", {{10, 0, 5071, "a.example.com"}});
    CHECK(listing(locate("sip:example.com;transport=tcp")) == "tcp 192.0.2.1:5071");
    CHECK(listing(locate("sip:example.com", transport_kind::udp)) == "udp [2001:db8::2]:5060");
    CHECK(
        asked ==
        std::vector<std::string>{"_sip._tcp.example.com", "a.example.com", "_sip._udp.example.com", "example.com"}
    );
    CHECK(listing(locate("sips:example.com")) == "tls [2001:db8::2]:5061");
    CHECK(listing(locate("sip:example.com;transport=ws")) == "ws [2001:db8::2]:80");
}

TEST_CASE_FIXTURE(
    fixture,
    "Without transport and port the domain's pointers decide, in their order, among what we speak (RFC 3263 4.1)"
) {
    pointers(
        "example.com", {{50, 50, "s", "SIP+D2S", "_sip._sctp.example.com"},
                        {90, 50, "s", "SIP+D2T", "_sip._tcp.example.com"},
                        {90, 60, "S", "sip+d2u", "_sip._udp.example.com"},
                        {10, 50, "u", "E2U+sip", "x.example.com"}}
    );
    service("_sip._tcp.example.com", {{0, 1, 5061, "t1.example.com"}, {1, 1, 5062, "t2.example.com"}});
    service("_sip._udp.example.com", {{0, 1, 5070, "u.example.com"}});
    host("t1.example.com", {one});
    host("t2.example.com", {two});
    host("u.example.com", {address("192.0.2.7")});
    CHECK(
        listing(locate("sip:example.com", std::nullopt)) ==
        "tcp 192.0.2.1:5061, tcp [2001:db8::2]:5062, udp 192.0.2.7:5070"
    );
    CHECK(locate("sips:example.com", std::nullopt).error == errc::name_not_found);
}

TEST_CASE_FIXTURE(fixture, "A sips URI follows only pointers to SIPS (RFC 3263 4.1)") {
    pointers(
        "example.com",
        {{1, 1, "s", "SIP+D2U", "_sip._udp.example.com"}, {2, 1, "s", "SIPS+D2T", "_sips._tcp.example.com"}}
    );
    service("_sips._tcp.example.com", {{0, 1, 5081, "t.example.com"}});
    service("_sip._udp.example.com", {{0, 1, 5060, "u.example.com"}});
    host("t.example.com", {one});
    host("u.example.com", {two});
    auto const found = locate("sips:example.com", std::nullopt);
    CHECK(listing(found) == "tls 192.0.2.1:5081");
    CHECK(found.locations[0].server_name == "example.com");  // RFC 5922 7: not the server's own name
}

TEST_CASE_FIXTURE(fixture, "Pointers may lead to addresses and to further pointers, in bounded steps (RFC 3403 4.1)") {
    pointers("example.com", {{1, 1, "", "SIP+D2T", "next.example.com"}, {2, 1, "a", "SIP+D2U", "host.example.com"}});
    pointers("next.example.com", {{1, 1, "s", "SIP+D2T", "_sip._tcp.example.com"}});
    service("_sip._tcp.example.com", {{0, 1, 5061, "t.example.com"}});
    host("t.example.com", {one});
    host("host.example.com", {two});
    CHECK(listing(locate("sip:example.com", std::nullopt)) == "tcp 192.0.2.1:5061, udp [2001:db8::2]:5060");

    pointers("loop.example.com", {{1, 1, "", "", "loop.example.com"}});
    host("loop.example.com", {one});
    asked.clear();
    CHECK(listing(locate("sip:loop.example.com", std::nullopt)) == "udp 192.0.2.1:5060");
    CHECK(asked.size() <= locator::most_questions + 2);
}

TEST_CASE_FIXTURE(
    fixture,
    "Without pointers every transport's servers are asked for, ours first; without servers the host takes UDP (RFC "
    "3263 4.1, 4.2)"
) {
    service("_sip._tcp.example.com", {{0, 1, 5061, "t.example.com"}});
    service("_sip._udp.example.com", {{0, 1, 5060, "u.example.com"}});
    host("t.example.com", {one});
    host("u.example.com", {two});
    CHECK(listing(locate("sip:example.com", std::nullopt)) == "udp [2001:db8::2]:5060, tcp 192.0.2.1:5061");
    host("plain.example", {one});
    CHECK(listing(locate("sip:plain.example", std::nullopt)) == "udp 192.0.2.1:5060");
    CHECK(listing(locate("sips:plain.example", std::nullopt)) == "tls 192.0.2.1:5061");
}

TEST_CASE_FIXTURE(fixture, "A domain that says it has no service is not asked for its host (RFC 2782)") {
    service("_sip._udp.example.com", {{0, 0, 0, ""}});
    host("example.com", {one});
    CHECK(locate("sip:example.com").error == errc::name_not_found);
}

TEST_CASE_FIXTURE(fixture, "A name service that fails for servers may still know the host") {
    broken["_sip._udp.example.com"] = make_error_code(errc::transport_failed);
    host("example.com", {one});
    CHECK(listing(locate("sip:example.com")) == "udp 192.0.2.1:5060");
}

TEST_CASE("Servers come by priority, and within one by lot in proportion to their weights (RFC 2782)") {
    test::seeded_random random(3);
    std::map<std::string, int> first;
    for (int round = 0; round < 10000; ++round) {
        auto const order = in_service_order(
            {{2, 9, 1, "late"}, {1, 30, 1, "thirty"}, {1, 60, 1, "sixty"}, {1, 10, 1, "ten"}}, weight_rule::draw,
            random.source()
        );
        REQUIRE(order.size() == 4);
        CHECK(order[3].target == "late");
        ++first[order[0].target];
    }
    CHECK(first["sixty"] > 5600);
    CHECK(first["sixty"] < 6400);
    CHECK(first["thirty"] > 2700);
    CHECK(first["thirty"] < 3300);
    CHECK(first["ten"] > 800);
}

TEST_CASE("A server of weight 0 has a small chance beside others, and all of weight 0 are taken (RFC 2782)") {
    test::seeded_random random(4);
    int first = 0;
    for (int round = 0; round < 10000; ++round)
        first +=
            in_service_order({{1, 100, 1, "a"}, {1, 0, 1, "zero"}}, weight_rule::draw, random.source())[0].target ==
            "zero";
    CHECK(first > 30);
    CHECK(first < 300);
    CHECK(in_service_order({{1, 0, 1, "a"}, {1, 0, 1, "b"}}, weight_rule::draw, random.source()).size() == 2);
}

TEST_CASE("The guide's rule takes the heaviest of a priority first, always") {
    test::seeded_random random(5);
    auto const order = in_service_order(
        {{1, 10, 1, "light"}, {1, 20, 1, "heavy"}, {0, 1, 1, "best"}}, weight_rule::heaviest_first, random.source()
    );
    CHECK(order[0].target == "best");
    CHECK(order[1].target == "heavy");
    CHECK(order[2].target == "light");
}

TEST_CASE_FIXTURE(fixture, "An answer holds for its time, and is asked for again after it") {
    service("_sip._udp.example.com", {{0, 1, 5066, "u.example.com"}}, 60s);
    host("u.example.com", {one}, 20s);
    CHECK(listing(locate("sip:example.com")) == "udp 192.0.2.1:5066");
    CHECK(asked.size() == 2);
    now += 19s;
    CHECK(listing(begin("sip:Example.COM")) == "udp 192.0.2.1:5066");  // done at once
    now += 2s;
    host("u.example.com", {two}, 20s);
    CHECK(listing(locate("sip:example.com")) == "udp [2001:db8::2]:5066");
    CHECK(asked.size() == 3);
    machine().on_network_changed();
    (void)locate("sip:example.com");
    CHECK(asked.size() == 5);
}

TEST_CASE_FIXTURE(fixture, "That there is no record is kept as well, failures are not") {
    host("example.com", {one});
    (void)locate("sip:example.com");
    (void)locate("sip:example.com");
    CHECK(asked == std::vector<std::string>{"_sip._udp.example.com", "example.com", "example.com"});
    broken["broken.example"] = make_error_code(errc::transport_failed);
    (void)locate("sip:broken.example:5060");
    broken.clear();
    host("broken.example", {one});
    CHECK(listing(locate("sip:broken.example:5060")) == "udp 192.0.2.1:5060");
}

TEST_CASE_FIXTURE(fixture, "Answers that are kept are bounded, the one that ends first makes room") {
    settings.cached_answers = 3;
    for (int i = 0; i < 10; ++i) {
        auto const name = "h" + std::to_string(i) + ".example";
        host(name, {one}, 100s + i * 1s);
        (void)locate("sip:" + name + ":5060");
    }
    asked.clear();
    for (int i = 7; i < 10; ++i)
        (void)locate("sip:h" + std::to_string(i) + ".example:5060");
    CHECK(asked.empty());
    (void)locate("sip:h0.example:5060");
    CHECK(asked.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "A server that failed is tried last for a while, until it answers (RFC 3263 4.3)") {
    host("example.com", {one, two});
    endpoint const bad{one, 5060, transport_kind::udp};
    machine().on_unreachable(now, bad);
    CHECK(listing(locate("sip:example.com:5060")) == "udp [2001:db8::2]:5060, udp 192.0.2.1:5060");
    now += 59s;
    CHECK(listing(locate("sip:example.com:5060")) == "udp [2001:db8::2]:5060, udp 192.0.2.1:5060");
    now += 2s;
    CHECK(listing(locate("sip:example.com:5060")) == "udp 192.0.2.1:5060, udp [2001:db8::2]:5060");
    machine().on_unreachable(now, bad);
    machine().on_reached(bad);
    CHECK(listing(locate("sip:example.com:5060")) == "udp 192.0.2.1:5060, udp [2001:db8::2]:5060");
}

TEST_CASE("Failed servers that are remembered are bounded") {
    grey_list list(10s, 4);
    for (std::uint16_t port = 1; port <= 100; ++port)
        list.add({}, {one, port, transport_kind::udp});
    CHECK(list.size() == 4);
    CHECK(list.holds({}, {one, 100, transport_kind::udp}));
    CHECK_FALSE(list.holds({}, {one, 96, transport_kind::udp}));
}

TEST_CASE_FIXTURE(fixture, "Answers find their question in any order, and a second answer is ignored") {
    auto const a = begin("sip:a.example:5060;transport=tcp"), b = begin("sip:b.example:5099");
    CHECK(a.number != b.number);
    REQUIRE(out.size() == 2);
    auto const ask_a = std::get<resolve_name>(out[0]), ask_b = std::get<resolve_name>(out[1]);
    host("a.example", {one});
    host("b.example", {two});
    auto const found_b = answer(ask_b);
    CHECK(found_b.number == b.number);
    CHECK(listing(found_b) == "udp [2001:db8::2]:5099");
    CHECK(listing(answer(ask_a)) == "tcp 192.0.2.1:5060");
    CHECK_FALSE(answer(ask_a).is_done);
}

TEST_CASE_FIXTURE(fixture, "The answer to a forgotten look-up is ignored") {
    auto const begun = begin("sip:a.example:5060");
    auto const question = std::get<resolve_name>(out[0]);
    machine().forget(begun.number);
    CHECK(machine().pending() == 0);
    CHECK_FALSE(answer(question).is_done);
}

TEST_CASE_FIXTURE(fixture, "A domain with endless records is followed in bounds") {
    std::vector<srv_record> many;
    for (std::uint16_t i = 0; i < 1000; ++i) {
        many.push_back({i, 1, 5060, "h" + std::to_string(i) + ".example"});
        host(many.back().target, std::vector<ip_address>(100, one));
    }
    service("_sip._udp.example.com", many);
    auto const found = locate("sip:example.com");
    CHECK(asked.size() <= locator::most_questions);
    CHECK(found.locations.size() <= locator::most_locations);
    CHECK_FALSE(found.locations.empty());
}

TEST_CASE_FIXTURE(fixture, "Two servers of one name are asked for once") {
    service("_sip._udp.example.com", {{1, 1, 5060, "u.example.com"}, {2, 1, 5070, "U.example.com"}});
    host("u.example.com", {one});
    CHECK(listing(locate("sip:example.com")) == "udp 192.0.2.1:5060, udp 192.0.2.1:5070");
    CHECK(asked.size() == 2);
}

TEST_CASE_FIXTURE(
    fixture, "A request over 1300 bytes goes by TCP, with UDP as the fall-back for each address (18.1.1)"
) {
    CHECK(listing(locate("sip:192.0.2.4", transport_kind::udp, 1300)) == "udp 192.0.2.4:5060");
    CHECK(listing(locate("sip:192.0.2.4", transport_kind::udp, 1301)) == "tcp 192.0.2.4:5060, udp 192.0.2.4:5060");
    CHECK(listing(locate("sip:192.0.2.4", transport_kind::tcp, 9000)) == "tcp 192.0.2.4:5060");
    host("example.com", {one, two});
    CHECK(
        listing(locate("sip:example.com:5060", transport_kind::udp, 4000)) ==
        "tcp 192.0.2.1:5060, udp 192.0.2.1:5060, tcp [2001:db8::2]:5060, udp [2001:db8::2]:5060"
    );
}

TEST_CASE_FIXTURE(fixture, "The limit for datagrams can be moved") {
    settings.datagram_limit = 800;
    CHECK(listing(locate("sip:192.0.2.4", transport_kind::udp, 801)).starts_with("tcp"));
}

TEST_CASE_FIXTURE(fixture, "The limit for datagrams can be switched off") {
    settings.datagram_limit = 0;
    CHECK(listing(locate("sip:192.0.2.4", transport_kind::udp, 60000)) == "udp 192.0.2.4:5060");
}

// Covers: client-initiated connections of the user agent (RFC 5626 4): several flows, what their REGISTER and other
// requests say, keep-alives and what their failure does, recovery with its waits, registrars and first hops that do not
// know flows. Not here: when pings are due (transport/flow_watch_test.cpp), the servers' side (proxy).
#include <doctest/doctest.h>

#include "servers.hpp"

using namespace std::chrono_literals;
using state = sip::registration_state;
using test::header;
using test::lone_agent;

namespace {

/// Two edge proxies of one domain.
sip::account_config two_flows(std::string const& transport = "tcp") {
    sip::account_config settings;
    settings.address_of_record = "sip:1001@example.com";
    settings.registrar = "sip:example.com";
    settings.route_set = {"sip:10.0.0.2:5060;transport=" + transport + ";lr"};
    settings.alternatives.emplace_back();
    settings.alternatives[0].route_set = {"sip:10.0.0.3:5060;transport=" + transport + ";lr"};
    settings.outbound.use = true;
    settings.instance = "urn:uuid:00000000-0000-1000-8000-000a95a0e128";
    settings.expires = 3600s;
    return settings;
}

/// Both flows are up and registered; returns the REGISTERs that did it.
std::pair<lone_agent::sent, lone_agent::sent> register_both(lone_agent& ua, std::string const& headers = {}) {
    ua.start();
    auto const first = ua.expect("REGISTER");
    auto const second = ua.expect("REGISTER");
    ua.accept(first, true, headers);
    ua.accept(second, true, headers);
    REQUIRE(ua.state() == state::registered);
    return {first, second};
}

bool lists_tag(std::string const& text, std::string const& tag) {
    for (auto at = text.find("Supported:"); at != std::string::npos; at = text.find("Supported:", at + 1))
        if (text.substr(at, text.find("\r\n", at) - at).find(tag) != std::string::npos) return true;
    return false;
}

}  // namespace

TEST_CASE(
    "Each outbound proxy gets a REGISTER over a flow of its own, told apart by reg-id (RFC 5626 4.2.1, 3.3, RFC 3327 "
    "5.1)"
) {
    lone_agent ua(two_flows());
    ua.start();
    auto const first = ua.expect("REGISTER");
    auto const second = ua.expect("REGISTER");
    CHECK(ua.messages.empty());
    CHECK(host_port(first.to) == "10.0.0.2:5060");
    CHECK(host_port(second.to) == "10.0.0.3:5060");
    CHECK(first.flow != second.flow);
    CHECK(header(first.text, "Route") == "<sip:10.0.0.2:5060;transport=tcp;lr>");
    CHECK(header(second.text, "Route") == "<sip:10.0.0.3:5060;transport=tcp;lr>");
    CHECK(header(first.text, "Call-ID") != header(second.text, "Call-ID"));
    auto const instance = std::string(";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\"");
    CHECK(header(first.text, "Contact").ends_with(instance + ";reg-id=1"));
    CHECK(header(second.text, "Contact").ends_with(instance + ";reg-id=2"));
    CHECK(header(first.text, "Contact").find(";ob") == std::string::npos);
    for (auto const& one : {first, second}) {
        CHECK(lists_tag(one.text, "outbound"));
        CHECK(lists_tag(one.text, "path"));
    }
}

TEST_CASE("A restarted phone uses the same instance and the same reg-ids (RFC 5626 4.1, 4.2.1)") {
    std::string contacts[2];
    for (auto& contact : contacts) {
        lone_agent ua(two_flows());
        ua.start();
        contact = header(ua.expect("REGISTER").text, "Contact") + header(ua.expect("REGISTER").text, "Contact");
    }
    CHECK(contacts[0] == contacts[1]);
}

TEST_CASE("Two names that lead to one place still get two flows (RFC 5626 4.2.1)") {
    auto settings = two_flows();
    settings.route_set = {"sip:edge1.example.com:5060;transport=tcp;lr"};
    settings.alternatives[0].route_set = {"sip:edge2.example.com:5060;transport=tcp;lr"};
    lone_agent ua(settings);
    ua.names["edge1.example.com"] = ua.names["edge2.example.com"] = {"10.0.0.2"};
    ua.start();
    auto const first = ua.expect("REGISTER");
    auto const second = ua.expect("REGISTER");
    CHECK(first.to == second.to);
    CHECK(first.flow != second.flow);
}

TEST_CASE("The account is registered with its first flow, and stays so while one is left (RFC 5626 4.2.1)") {
    lone_agent ua(two_flows());
    ua.start();
    auto const first = ua.expect("REGISTER");
    auto const second = ua.expect("REGISTER");
    ua.accept(second);
    auto const& news = ua.last<sip::registration_changed>();
    CHECK(news.state == state::registered);
    CHECK(news.server == 1);
    ua.reply(first, 503);
    auto const& failure = ua.last<sip::registration_changed>();
    CHECK(failure.state == state::registered);
    CHECK(failure.server == 0);
    CHECK(failure.at_server == state::failed);
    CHECK(failure.status == 503);
}

TEST_CASE("A refresh and a removal take the flow, the instance and the reg-id of their registration (RFC 5626 4.2.2)") {
    lone_agent ua(two_flows());
    auto const [first, second] = register_both(ua);
    std::set<sip::flow_id> flows;
    while (flows.size() < 2) {
        REQUIRE(ua.run_until_sent(1h));
        while (!ua.pings.empty())
            ua.pong(ua.expect_ping());
        if (ua.messages.empty()) continue;
        auto const refresh = ua.expect("REGISTER");
        auto const& before = refresh.flow == first.flow ? first : second;
        CHECK(refresh.flow == before.flow);
        CHECK(header(refresh.text, "Contact") == header(before.text, "Contact"));
        CHECK(header(refresh.text, "Call-ID") == header(before.text, "Call-ID"));
        flows.insert(refresh.flow);
        ua.accept(refresh);
    }
    REQUIRE(!ua.command([&](auto now, auto& out) { return ua.core.unregister_account(now, ua.account, out); }));
    for (auto const& before : {first, second}) {
        auto const removal = ua.expect("REGISTER");
        CHECK(header(removal.text, "Expires") == "0");
        CHECK(removal.flow == before.flow);
        CHECK(header(removal.text, "Contact") == header(before.text, "Contact"));
        ua.reply(removal, 200);
    }
    CHECK(ua.state() == state::unregistered);
    ua.run_for(1h);
    CHECK(ua.pings.empty());
}

TEST_CASE("Both bindings of one socket are told apart by reg-id in the registrar's answer (RFC 5626 4.2.1)") {
    lone_agent ua(two_flows("udp"));
    ua.start();
    auto const first = ua.expect("REGISTER");
    auto const second = ua.expect("REGISTER");
    ua.accept(first);
    auto const of = [](auto const& request) { return "Contact: " + header(request.text, "Contact"); };
    ua.reply(second, 200, of(first) + ";expires=60\n" + of(second) + ";expires=1800\nRequire: outbound\n");
    CHECK(ua.last<sip::registration_changed>().server == 1);
    CHECK(ua.last<sip::registration_changed>().expires == 1800s);
}

TEST_CASE("Requests take the flow of the registration and ask with ob to be answered over it (RFC 5626 4.3)") {
    lone_agent ua(two_flows());
    auto const [first, second] = register_both(ua);
    ua.invite("sip:bob@example.org");
    auto const invite = ua.expect("INVITE");
    CHECK(invite.flow == first.flow);
    CHECK(header(invite.text, "Contact") == "<sip:1001@10.0.0.1:40001;transport=tcp;ob>");
    CHECK(lists_tag(invite.text, "outbound"));
    CHECK(!lists_tag(invite.text, "path"));
}

TEST_CASE("An INVITE that comes over a flow is answered over it, with ob in the Contact (RFC 5626 4.3)") {
    lone_agent ua(two_flows());
    auto const [first, second] = register_both(ua);
    ua.inject(
        test::wire("INVITE sip:1001@10.0.0.1:40002;transport=tcp SIP/2.0\n"
                   "Via: SIP/2.0/TCP 10.0.0.3:5060;branch=z9hG4bKin\nMax-Forwards: 70\n"
                   "Record-Route: <sip:token@10.0.0.3:5060;transport=tcp;lr>\n"
                   "From: <sip:bob@example.org>;tag=bob\nTo: <sip:1001@example.com>\nCall-ID: incoming\n"
                   "CSeq: 1 INVITE\nContact: <sip:bob@192.0.2.9>\nContent-Type: application/sdp\n\noffer"),
        second.flow, second.to
    );
    auto const id = ua.last<sip::incoming_call>().id;
    REQUIRE(!ua.command([&](auto now, auto& out) { return ua.core.answer(now, id, "answer", out); }));
    auto const answer = ua.expect("200 INVITE");
    CHECK(answer.flow == second.flow);
    CHECK(header(answer.text, "Contact") == "<sip:1001@10.0.0.1:40002;transport=tcp;ob>");
    // The dialog's route leads over the edge proxy, and so over the flow that is there.
    ua.inject(
        test::wire(
            "ACK sip:1001@10.0.0.1:40002;transport=tcp SIP/2.0\n"
            "Via: SIP/2.0/TCP 10.0.0.3:5060;branch=z9hG4bKack\nMax-Forwards: 70\n"
            "From: <sip:bob@example.org>;tag=bob\nTo: " +
            header(answer.text, "To") + "\nCall-ID: incoming\nCSeq: 1 ACK\n"
        ),
        second.flow, second.to
    );
    REQUIRE(!ua.command([&](auto now, auto& out) { return ua.core.hang_up(now, id, {}, out); }));
    CHECK(ua.expect("BYE").flow == second.flow);
}

TEST_CASE("A registrar that knows flows is pinged over each of them; one that does not is not (RFC 5626 4.2.1, 4.4, 8)"
) {
    lone_agent ua(two_flows());
    register_both(ua);
    REQUIRE(ua.run_until_sent(121s));
    CHECK(ua.expect_ping().bytes.text() == "\r\n\r\n");

    auto alone = two_flows("udp");
    alone.alternatives.clear();
    lone_agent other(alone);
    other.start();
    other.accept(other.expect("REGISTER"), false);
    CHECK(!other.run_until_sent(30min));
}

TEST_CASE("Flow-Timer says how often a flow is pinged (RFC 5626 4.4, 11.1)") {
    lone_agent ua(two_flows());
    register_both(ua, "Flow-Timer: 20\n");
    for (int i = 0; i < 10; ++i) {
        auto const before = ua.clock.mono();
        REQUIRE(ua.run_until_sent(20s));
        ua.pong(ua.expect_ping());
        CHECK(ua.clock.mono() - before <= 20s);
    }
}

TEST_CASE("A flow without a pong is closed and replaced with the same reg-id (RFC 5626 4.4.1, 4.5)") {
    lone_agent ua(two_flows());
    auto const [first, second] = register_both(ua);
    // Both answer once, and have proved themselves.
    for (int i = 0; i < 2; ++i) {
        REQUIRE(ua.run_until_sent(121s));
        ua.pong(ua.expect_ping());
    }
    while (ua.connections.contains(first.flow)) {
        REQUIRE(ua.run_until_sent(121s));
        while (!ua.pings.empty())
            if (auto const ping = ua.expect_ping(); ping.flow != first.flow) ua.pong(ping);
        if (ua.messages.empty()) ua.run_for(10s);
    }
    CHECK(ua.connections.contains(second.flow));
    REQUIRE((!ua.messages.empty() || ua.run_until_sent(2s)));
    auto const again = ua.expect("REGISTER");
    CHECK(again.to == first.to);
    CHECK(again.flow != first.flow);
    CHECK(header(again.text, "Contact").ends_with(";reg-id=1"));
    CHECK(header(again.text, "Call-ID") == header(first.text, "Call-ID"));
}

TEST_CASE(
    "Over UDP the flow is watched by STUN, and another address of ours renews the registration (RFC 5626 4.4.2, 8)"
) {
    auto settings = two_flows("udp");
    settings.alternatives.clear();
    lone_agent ua(settings);
    ua.start();
    ua.accept(ua.expect("REGISTER"));
    for (int i = 0; i < 3; ++i) {
        REQUIRE(ua.run_until_sent(29s));
        auto const ping = ua.expect_ping();
        CHECK(ping.to == test::at("10.0.0.2:5060"));
        CHECK(sip::stun::is_stun(ping.bytes.text()));
        ua.pong(ping);
    }
    REQUIRE(ua.run_until_sent(29s));
    ua.pong(ua.expect_ping(), "198.51.100.1:6000");
    REQUIRE(ua.run_until_sent(2s));
    CHECK(header(ua.expect("REGISTER").text, "Contact").ends_with(";reg-id=1"));
}

TEST_CASE("Over UDP a flow whose seven requests meet silence has failed (RFC 5626 4.4.2)") {
    auto settings = two_flows("udp");
    settings.alternatives.clear();
    lone_agent ua(settings);
    ua.start();
    ua.accept(ua.expect("REGISTER"));
    REQUIRE(ua.run_until_sent(29s));
    ua.pong(ua.expect_ping());
    REQUIRE(ua.run_until_sent(29s));
    ua.run_for(39s);
    CHECK(ua.pings.size() == 7);
    CHECK(ua.messages.empty());
    ua.run_for(3s);
    ua.expect("REGISTER");
}

TEST_CASE("Answers from somebody else do not keep a flow alive (RFC 5626 4.4.2)") {
    auto settings = two_flows("udp");
    settings.alternatives.clear();
    lone_agent ua(settings);
    ua.start();
    ua.accept(ua.expect("REGISTER"));
    REQUIRE(ua.run_until_sent(29s));
    auto const ping = ua.expect_ping();
    auto const text = std::string(ping.bytes.text());
    ua.keep_alive(ping.flow, test::at("10.6.6.6:5060"), sip::stun::answer(text, ping.to).value());
    ua.run_for(39s);
    CHECK(ua.pings.size() == 6);  // it went on asking
}

TEST_CASE("A flow that fails leaves calls to the other one (RFC 5626 4.3, 4.5)") {
    lone_agent ua(two_flows());
    auto const [first, second] = register_both(ua);
    ua.refusing.insert("10.0.0.2:5060");
    ua.break_connection(first.flow);
    ua.run_for(2s);  // it registers anew, is refused, and waits
    CHECK(ua.last<sip::registration_changed>().at_server == state::failed);
    CHECK(ua.state() == state::registered);
    ua.invite("sip:bob@example.org");
    auto const invite = ua.expect("INVITE");
    CHECK(invite.flow == second.flow);
    CHECK(header(invite.text, "Route") == "<sip:10.0.0.3:5060;transport=tcp;lr>");
}

TEST_CASE("An INVITE whose flow breaks before any answer goes over the other one (RFC 5626 4.3, RFC 3263 4.3)") {
    lone_agent ua(two_flows());
    auto const [first, second] = register_both(ua);
    ua.invite("sip:bob@example.org");
    auto const lost = ua.expect("INVITE");
    CHECK(lost.flow == first.flow);
    ua.refusing.insert("10.0.0.2:5060");
    ua.break_connection(first.flow);
    auto const again = ua.expect("INVITE");
    CHECK(again.flow == second.flow);
    CHECK(header(again.text, "Call-ID") == header(lost.text, "Call-ID"));
    CHECK(header(again.text, "Route") == "<sip:10.0.0.3:5060;transport=tcp;lr>");
    CHECK(again.text.starts_with("INVITE sip:bob@example.org SIP/2.0\r\n"));
}

// ---- recovery

TEST_CASE(
    "The first retry comes 30 to 60 s after a failure while no flow works, then the waits double (RFC 5626 4.5, A)"
) {
    auto settings = two_flows();
    settings.alternatives.clear();
    lone_agent ua(settings);
    ua.refusing.insert("10.0.0.2:5060");
    ua.start();
    auto longest = 60s;
    for (int i = 0; i < 8; ++i) {
        auto const& failed = ua.last<sip::registration_changed>();
        REQUIRE(failed.state == state::failed);
        REQUIRE(failed.next_attempt);
        auto const wait = *failed.next_attempt - ua.clock.mono();
        CHECK(wait >= longest / 2);
        CHECK(wait <= longest);
        longest = std::min(2 * longest, std::chrono::seconds(1800));
        ua.run_for(wait);
    }
    CHECK(longest == 1800s);
}

TEST_CASE("While another flow works the wait is 90 to 180 s (RFC 5626 4.5)") {
    lone_agent ua(two_flows());
    auto const [first, second] = register_both(ua);
    ua.refusing.insert("10.0.0.2:5060");
    ua.break_connection(first.flow);
    ua.run_for(2s);
    auto const& failed = ua.last<sip::registration_changed>();
    REQUIRE(failed.at_server == state::failed);
    REQUIRE(failed.next_attempt);
    CHECK(*failed.next_attempt - ua.clock.mono() >= 88s);  // of the two seconds some may have gone before it failed
    CHECK(*failed.next_attempt - ua.clock.mono() <= 180s);
}

TEST_CASE("A flow that worked is replaced at once; one that never answered a ping has to wait (RFC 5626 4.5)") {
    auto settings = two_flows();
    settings.alternatives.clear();
    {
        lone_agent ua(settings);
        ua.start();
        auto const first = ua.expect("REGISTER");
        ua.accept(first);
        REQUIRE(ua.run_until_sent(121s));
        ua.pong(ua.expect_ping());
        ua.break_connection(first.flow);
        REQUIRE(ua.run_until_sent(2s));
        ua.expect("REGISTER");
    }
    lone_agent ua(settings);
    ua.start();
    auto const first = ua.expect("REGISTER");
    ua.accept(first);
    ua.break_connection(first.flow);
    auto const& failed = ua.last<sip::registration_changed>();
    CHECK(failed.state == state::failed);
    REQUIRE(failed.next_attempt);
    CHECK(*failed.next_attempt - ua.clock.mono() >= 30s);
    CHECK(!ua.run_until_sent(29s));
    CHECK(ua.run_until_sent(31s));
}

TEST_CASE("A re-registration that meets 503 leaves its connection open, and pings go on (RFC 5626 4.2.2)") {
    auto settings = two_flows();
    settings.alternatives.clear();
    lone_agent ua(settings);
    ua.start();
    auto const first = ua.expect("REGISTER");
    ua.reply(
        first, 200, "Contact: " + header(first.text, "Contact") + ";expires=100\nRequire: outbound\nFlow-Timer: 20\n"
    );
    while (ua.messages.empty()) {
        REQUIRE(ua.run_until_sent(20s));
        while (!ua.pings.empty())
            ua.pong(ua.expect_ping());
    }
    ua.reply(ua.expect("REGISTER"), 503, "Retry-After: 40\n");
    CHECK(ua.connections.contains(first.flow));
    REQUIRE(ua.run_until_sent(20s));
    CHECK(ua.expect_ping().flow == first.flow);
}

TEST_CASE("503 with Retry-After: 0 is asked again at once, but not for ever (RFC 5626 4.2.1)") {
    lone_agent ua(two_flows());
    ua.start();
    auto const first = ua.expect("REGISTER");
    ua.accept(ua.expect("REGISTER"));
    ua.reply(first, 503, "Retry-After: 0\n");
    REQUIRE(ua.run_until_sent(1s));
    ua.reply(ua.expect("REGISTER"), 503, "Retry-After: 0\n");
    CHECK(!ua.run_until_sent(60s));
}

// ---- peers that do not know flows

TEST_CASE(
    "A registrar without outbound keeps one binding, and gets the other flow where the first fails (RFC 5626 4.2.1)"
) {
    lone_agent ua(two_flows());
    ua.start();
    auto const first = ua.expect("REGISTER");
    auto const second = ua.expect("REGISTER");
    ua.accept(first, false);
    ua.accept(second, false);
    auto const removal = ua.expect("REGISTER");
    CHECK(header(removal.text, "Expires") == "0");
    CHECK(header(removal.text, "Contact").ends_with(";reg-id=2"));
    ua.reply(removal, 200);
    CHECK(ua.state() == state::registered);
    ua.refusing.insert("10.0.0.2:5060");
    ua.break_connection(first.flow);
    REQUIRE(ua.run_until_sent(3s));
    auto const other = ua.expect("REGISTER");
    CHECK(host_port(other.to) == "10.0.0.3:5060");
    CHECK(header(other.text, "Expires") == "3600");
}

TEST_CASE("439 from a first hop that does not know flows: registered at once without reg-id (RFC 5626 4.2.1, 11.6)") {
    auto settings = two_flows();
    settings.alternatives.clear();
    lone_agent ua(settings);
    ua.start();
    ua.reply(ua.expect("REGISTER"), 439);
    auto const plain = ua.expect("REGISTER");
    CHECK(header(plain.text, "Contact").find("reg-id") == std::string::npos);
    ua.accept(plain, false);
    CHECK(ua.state() == state::registered);
    CHECK(!ua.run_until_sent(10min));  // nothing says that it answers pings
}

TEST_CASE("430 ends a request, not the dialog, and is no reason to leave the flow (RFC 5626 11.5)") {
    lone_agent ua(two_flows());
    auto const [first, second] = register_both(ua);
    ua.invite("sip:bob@example.org");
    ua.reply(ua.expect("INVITE"), 430);
    ua.expect("ACK");
    CHECK(ua.last<sip::call_ended>().status == 430);
    CHECK(ua.messages.empty());
    CHECK(ua.state() == state::registered);
    ua.invite("sip:bob@example.org");
    CHECK(ua.expect("INVITE").flow == first.flow);
}

TEST_CASE("Outbound without an instance, or with one that could not stand in a header, cannot be set (RFC 5626 4.1)") {
    test::seeded_random random(1);
    auto env = test::surroundings(random);
    sip::user_agent_core core({}, env);
    for (auto const* wrong : {"", "uuid", "urn:uuid:\"1\"", "urn:uuid:1\r\nX: y"}) {
        auto settings = two_flows();
        settings.instance = wrong;
        std::string why;
        CHECK(core.add_account(settings, &why).error() == sip::errc::invalid_argument);
        CHECK(why.starts_with("instance: "));
    }
    auto strict = two_flows();
    strict.alternatives[0].route_set = {"sip:10.0.0.3"};
    std::string why;
    CHECK(core.add_account(strict, &why).error() == sip::errc::invalid_argument);
    CHECK(why.find("lr") != std::string::npos);
}

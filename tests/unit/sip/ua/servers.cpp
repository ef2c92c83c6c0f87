// Covers: a second server beside the first: registration at both or at one at a time, calls that move to the other one,
// how many attempts a server gets, and when the first one serves again (every mode of fail-back). Not here: several
// addresses of one server (sending.cpp), flows (outbound.cpp).
#include "servers.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using state = sip::registration_state;
using test::header;
using test::lone_agent;

namespace {

/// Two servers with domains of their own, over UDP.
sip::account_config two_servers(sip::fail_back rule = sip::fail_back::when_registered) {
    sip::account_config settings;
    settings.address_of_record = "sip:1001@10.0.0.2";
    settings.registrar = "sip:10.0.0.2";
    settings.alternatives.push_back(
        {.address_of_record = "sip:1001@10.0.0.3", .registrar = "sip:10.0.0.3:5062", .route_set = {}, .expires = 600s}
    );
    settings.redundancy.attempts = 3;
    settings.redundancy.fail_back = rule;
    settings.retry_after_failure = 30s;
    return settings;
}

sip::account_config one_at_a_time(sip::fail_back rule = sip::fail_back::when_registered) {
    auto settings = two_servers(rule);
    settings.redundancy.registering = sip::registering::one_at_a_time;
    return settings;
}

/// The first server is silent, the second one takes the registration.
void fail_over(lone_agent& ua) {
    ua.start();
    CHECK(host_port(ua.expect("REGISTER").to) == "10.0.0.2:5060");
    while (ua.messages.empty() || host_port(ua.messages.front().to) == "10.0.0.2:5060") {
        if (!ua.messages.empty()) ua.messages.pop_front();
        REQUIRE(ua.run_until_sent(40s));
    }
    ua.accept(ua.expect("REGISTER"), false);
    REQUIRE(ua.state() == state::registered);
    REQUIRE(ua.last<sip::registration_changed>().server == 1);
}

/// A call that the first server is silent about, and that the second one takes care of.
void fail_over_call(
    lone_agent& ua, std::string const& target = "sip:bob@10.0.0.2", std::string const& other = "10.0.0.3:5062"
) {
    ua.invite(target);
    ua.run_for(3500ms);
    auto const moved = std::find_if(ua.messages.begin(), ua.messages.end(), [&](auto const& one) {
        return one.text.starts_with("INVITE") && host_port(one.to) == other;
    });
    REQUIRE(moved != ua.messages.end());
    auto const invite = *moved;
    ua.reply(invite, 486);
    ua.messages.clear();
}

/// Sends an INVITE, and says which server got it first.
std::string first_place(lone_agent& ua, std::string const& target = "sip:bob@10.0.0.2") {
    ua.messages.clear();
    auto const id = ua.invite(target);
    auto const place = host_port(ua.expect("INVITE").to);
    ua.command([&](auto now, auto& out) { return ua.core.hang_up(now, id, {}, out); });
    return place;
}

}  // namespace

TEST_CASE("All at once: both servers get a REGISTER for their own domain, with their own interval") {
    lone_agent ua(two_servers());
    ua.start();
    auto const first = ua.expect("REGISTER");
    auto const second = ua.expect("REGISTER");
    CHECK(first.text.starts_with("REGISTER sip:10.0.0.2 SIP/2.0"));
    CHECK(header(first.text, "To") == "<sip:1001@10.0.0.2>");
    CHECK(second.text.starts_with("REGISTER sip:10.0.0.3:5062 SIP/2.0"));
    CHECK(header(second.text, "To") == "<sip:1001@10.0.0.3>");
    CHECK(header(second.text, "Expires") == "600");
    CHECK(header(second.text, "Contact").find("reg-id") == std::string::npos);
    CHECK(host_port(second.to) == "10.0.0.3:5062");
}

TEST_CASE("One at a time: the second server gets a REGISTER when the first one has failed") {
    lone_agent ua(one_at_a_time());
    ua.start();
    ua.expect("REGISTER");
    CHECK(ua.messages.empty());
    ua.run_for(3498ms);
    CHECK(ua.messages.size() == 2);
    for (auto const& copy : ua.messages)
        CHECK(host_port(copy.to) == "10.0.0.2:5060");
    ua.messages.clear();
    ua.run_for(1ms);
    CHECK(host_port(ua.expect("REGISTER").to) == "10.0.0.3:5062");
}

TEST_CASE("One at a time: a refusal moves the registration on at once, and the first success moves it back") {
    lone_agent ua(one_at_a_time());
    ua.start();
    ua.reply(ua.expect("REGISTER"), 500);
    auto const second = ua.expect("REGISTER");
    CHECK(host_port(second.to) == "10.0.0.3:5062");
    ua.accept(second, false);
    CHECK(ua.state() == state::registered);
    // The first one is tried again every test_interval, and takes the registration back when it answers.
    CHECK(!ua.run_until_sent(119s));
    REQUIRE(ua.run_until_sent(2s));
    auto const test = ua.expect("REGISTER");
    CHECK(host_port(test.to) == "10.0.0.2:5060");
    ua.accept(test, false);
    auto const removal = ua.expect("REGISTER");
    CHECK(host_port(removal.to) == "10.0.0.3:5062");
    CHECK(header(removal.text, "Expires") == "0");
    ua.reply(removal, 200);
    CHECK(ua.state() == state::registered);
    CHECK(first_place(ua) == "10.0.0.2:5060");
}

TEST_CASE("One at a time: where the second one fails too, both are tried again in time, and the account has failed") {
    lone_agent ua(one_at_a_time());
    ua.start();
    ua.reply(ua.expect("REGISTER"), 500);
    ua.reply(ua.expect("REGISTER"), 500);
    // Whoever comes last asks the first one once more.
    auto const first = ua.expect("REGISTER");
    CHECK(host_port(first.to) == "10.0.0.2:5060");
    ua.reply(first, 500);
    CHECK(ua.state() == state::failed);
    CHECK(ua.messages.empty());
    CHECK(ua.run_until_sent(120s));
}

// ---- calls

TEST_CASE("A server gets as many copies as it may have, then the next address is tried (RFC 3263 4.3)") {
    auto settings = two_servers();
    settings.alternatives.clear();
    settings.registrar.clear();
    lone_agent ua(settings);
    ua.names["bob.example.org"] = {"10.0.0.7", "10.0.0.8"};
    ua.invite("sip:bob@bob.example.org");
    ua.run_for(3498ms);
    CHECK(ua.messages.size() == 3);
    for (auto const& copy : ua.messages)
        CHECK(host_port(copy.to) == "10.0.0.7:5060");
    ua.messages.clear();
    ua.run_for(1ms);
    CHECK(host_port(ua.expect("INVITE").to) == "10.0.0.8:5060");
    // The last one has its whole 64*T1.
    ua.run_for(31s);
    CHECK(ua.messages.size() == 5);
    for (auto const& copy : ua.messages)
        CHECK(host_port(copy.to) == "10.0.0.8:5060");
    ua.run_for(2s);
    CHECK(ua.last<sip::call_ended>().why == sip::end_reason::no_answer);
}

TEST_CASE("An answer that comes after its place was given up is cancelled or released (RFC 3263 4.3, RFC 3261 9.1)") {
    auto settings = two_servers();
    settings.alternatives.clear();
    settings.registrar.clear();
    for (unsigned status : {180U, 200U}) {
        CAPTURE(status);
        lone_agent ua(settings);
        ua.names["bob.example.org"] = {"10.0.0.7", "10.0.0.8"};
        ua.invite("sip:bob@bob.example.org");
        auto const late = ua.expect("INVITE");
        ua.run_for(3500ms);
        ua.messages.pop_front();
        ua.messages.pop_front();
        auto const second = ua.expect("INVITE");
        ua.reply(late, status, "Contact: <sip:bob@10.0.0.7>\n", status == 200 ? "answer" : "");
        if (status == 180) {
            CHECK(host_port(ua.expect("CANCEL").to) == "10.0.0.7:5060");
        } else {
            CHECK(host_port(ua.expect("ACK").to) == "10.0.0.7:5060");
            CHECK(host_port(ua.expect("BYE").to) == "10.0.0.7:5060");
        }
        ua.reply(second, 200, "Contact: <sip:bob@10.0.0.8>\n", "answer");
        CHECK(host_port(ua.expect("ACK").to) == "10.0.0.8:5060");
        CHECK(ua.last<sip::call_answered>().response.view().body() == "answer");
    }
}

TEST_CASE("A provisional answer ends the trial: the call rings as long as it likes (RFC 3263 4.3)") {
    auto settings = two_servers();
    lone_agent ua(settings);
    ua.names["bob.example.org"] = {"10.0.0.7", "10.0.0.8"};
    ua.invite("sip:bob@bob.example.org");
    ua.reply(ua.expect("INVITE"), 100);
    ua.run_for(60s);
    CHECK(ua.messages.empty());
}

TEST_CASE("A call moves to the second server with its domain in the Request-URI, From and To (guide, fall-back)") {
    lone_agent ua(two_servers());
    ua.invite("sip:bob@10.0.0.2;user=phone");
    auto const lost = ua.expect("INVITE");
    ua.run_for(3500ms);
    while (!ua.messages.empty() && ua.messages.front().to == lost.to)
        ua.messages.pop_front();
    auto const moved = ua.expect("INVITE");
    CHECK(host_port(moved.to) == "10.0.0.3:5062");
    CHECK(moved.text.starts_with("INVITE sip:bob@10.0.0.3:5062;user=phone SIP/2.0\r\n"));
    CHECK(header(moved.text, "From").starts_with("<sip:1001@10.0.0.3>;tag="));
    CHECK(header(moved.text, "To") == "<sip:bob@10.0.0.3:5062;user=phone>");
    CHECK(header(moved.text, "Call-ID") == header(lost.text, "Call-ID"));
    CHECK(moved.text.ends_with("offer"));
    ua.reply(moved, 200, "Contact: <sip:bob@10.0.0.3:5062>\n", "answer");
    ua.expect("ACK");
    CHECK(ua.last<sip::call_answered>().response.view().body() == "answer");
}

TEST_CASE("503 and an unknown name move a call to the second server, a refusal does not (RFC 3263 4.3)") {
    {
        lone_agent ua(two_servers());
        ua.invite("sip:bob@10.0.0.2");
        ua.reply(ua.expect("INVITE"), 503);
        ua.expect("ACK");
        CHECK(host_port(ua.expect("INVITE").to) == "10.0.0.3:5062");
    }
    {
        auto settings = two_servers();
        settings.address_of_record = "sip:1001@first.example.com";
        settings.registrar = "sip:first.example.com";
        lone_agent ua(settings);
        ua.invite("sip:bob@first.example.com");
        CHECK(host_port(ua.expect("INVITE").to) == "10.0.0.3:5062");
    }
    lone_agent ua(two_servers());
    ua.invite("sip:bob@10.0.0.2");
    ua.reply(ua.expect("INVITE"), 404);
    ua.expect("ACK");
    CHECK(ua.messages.empty());
    CHECK(ua.last<sip::call_ended>().status == 404);
}

TEST_CASE("A call that no server takes ends once, after each was tried once") {
    lone_agent ua(two_servers());
    ua.invite("sip:bob@10.0.0.2");
    ua.run_for(60s);
    std::set<std::string> places;
    for (auto const& copy : ua.messages)
        places.insert(host_port(copy.to));
    CHECK(places == std::set<std::string>{"10.0.0.2:5060", "10.0.0.3:5062"});
    std::size_t ends = 0;
    for (auto const& event : ua.events)
        ends += std::holds_alternative<sip::call_ended>(event) ? 1U : 0U;
    CHECK(ends == 1);
    auto const live = ua.core.live();
    CHECK(live.sessions + live.transactions + live.requests == 0);
}

TEST_CASE("A target of somebody else's domain keeps its name, over whichever server it goes") {
    auto settings = two_servers();
    settings.route_set = {"sip:10.0.0.2;lr"};
    settings.alternatives[0].route_set = {"sip:10.0.0.3:5062;lr"};
    lone_agent ua(settings);
    ua.invite("sip:bob@example.org");
    ua.reply(ua.expect("INVITE"), 503);
    ua.expect("ACK");
    auto const moved = ua.expect("INVITE");
    CHECK(moved.text.starts_with("INVITE sip:bob@example.org SIP/2.0\r\n"));
    CHECK(header(moved.text, "Route") == "<sip:10.0.0.3:5062;lr>");
}

TEST_CASE("A server that does not answer a call has its registration renewed, and so looked after") {
    lone_agent ua(two_servers());
    ua.start();
    ua.accept(ua.expect("REGISTER"), false);
    ua.accept(ua.expect("REGISTER"), false);
    ua.invite("sip:bob@10.0.0.2");
    ua.run_for(6s);
    bool renewed = false;
    for (auto const& one : ua.messages)
        renewed = renewed || (one.text.starts_with("REGISTER") && host_port(one.to) == "10.0.0.2:5060");
    CHECK(renewed);
}

// ---- fail-back

TEST_CASE("Fail-back mode 0: every call tries the first server again, unless only the second is registered (guide 2.1)"
) {
    auto settings = two_servers(sip::fail_back::every_request);
    lone_agent ua(settings);
    fail_over_call(ua);
    CHECK(first_place(ua) == "10.0.0.2:5060");
    lone_agent other(one_at_a_time(sip::fail_back::every_request));
    fail_over(other);
    CHECK(first_place(other) == "10.0.0.3:5062");
}

TEST_CASE("Fail-back mode 1: the first server serves again when its DNS records have ended (guide 2.1)") {
    auto settings = two_servers(sip::fail_back::after_dns_lifetime);
    settings.address_of_record = "sip:1001@first.example.com";
    settings.registrar = "sip:first.example.com:5060";
    lone_agent ua(settings);
    ua.names["first.example.com"] = {"10.0.0.2"};
    ua.names_hold = 100s;
    fail_over_call(ua, "sip:bob@first.example.com:5060");
    CHECK(first_place(ua, "sip:bob@first.example.com:5060") == "10.0.0.3:5062");
    ua.run_for(90s);
    CHECK(first_place(ua, "sip:bob@first.example.com:5060") == "10.0.0.3:5062");
    ua.run_for(10s);
    CHECK(first_place(ua, "sip:bob@first.example.com:5060") == "10.0.0.2:5060");
}

TEST_CASE("Fail-back mode 2: the first server serves again when the registration is renewed there (guide 2.1)") {
    lone_agent ua(two_servers(sip::fail_back::at_renewal));
    ua.start();
    ua.accept(ua.expect("REGISTER"), false);
    ua.accept(ua.expect("REGISTER"), false);
    fail_over_call(ua);
    CHECK(first_place(ua) == "10.0.0.3:5062");
    // Since it did not answer, its registration is renewed at once.
    ua.messages.clear();
    while (ua.messages.empty() || !ua.messages.front().text.starts_with("REGISTER")) {
        if (!ua.messages.empty()) ua.messages.pop_front();
        REQUIRE(ua.run_until_sent(5s));
    }
    ua.accept(ua.expect("REGISTER"), false);
    CHECK(first_place(ua) == "10.0.0.2:5060");
}

TEST_CASE(
    "Fail-back mode 3: the first server serves again after its time; 0 waits until the other one fails (guide 2.1)"
) {
    auto settings = two_servers(sip::fail_back::after_time);
    settings.redundancy.fail_back_after = 60s;
    lone_agent ua(settings);
    fail_over_call(ua);
    CHECK(first_place(ua) == "10.0.0.3:5062");
    ua.run_for(59s);
    CHECK(first_place(ua) == "10.0.0.3:5062");
    ua.run_for(1s);
    CHECK(first_place(ua) == "10.0.0.2:5060");

    settings.redundancy.fail_back_after = 0s;
    lone_agent stays(settings);
    fail_over_call(stays);
    stays.run_for(24h);
    CHECK(first_place(stays) == "10.0.0.3:5062");
    stays.messages.clear();
    fail_over_call(stays, "sip:bob@10.0.0.3:5062", "10.0.0.2:5060");
    CHECK(first_place(stays) == "10.0.0.2:5060");
}

TEST_CASE("Fail-back mode 3, one at a time: the first server is tried after its time, not before (guide 2.1)") {
    auto settings = one_at_a_time(sip::fail_back::after_time);
    settings.redundancy.fail_back_after = 300s;
    lone_agent ua(settings);
    fail_over(ua);
    ua.messages.clear();
    CHECK(!ua.run_until_sent(260s));
    REQUIRE(ua.run_until_sent(42s));
    auto const test = ua.expect("REGISTER");
    CHECK(host_port(test.to) == "10.0.0.2:5060");
    ua.accept(test, false);
    CHECK(first_place(ua) == "10.0.0.2:5060");
}

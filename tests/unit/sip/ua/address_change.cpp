// A change of the local address: registrations are renewed, calls are told and re-targeted, requests that waited find
// another way. Not here: how the shell sees the change (tests/loopback/sip_addresses.cpp).
#include <doctest/doctest.h>

#include "support/script.hpp"

using namespace sip;
using namespace test;

namespace {

void move(script& s, std::string const& to) {
    s.command({}, [&](auto now, auto& out) {
        s.core.on_flow(now, {s.flow, flow_change::moved, at(to), {}, "our address has changed", {}}, out);
        return error_code();
    });
}

/// A call of ours that is up; returns its INVITE.
std::string put_up(script& s, session_id id) {
    auto const invite = s.expect("INVITE");
    s.enter_dialog(invite);
    extras answer;
    answer.body = "answer";
    s.reply(invite, 200, answer);
    s.expect("ACK");
    (void)s.expect_event<call_answered>();
    (void)id;
    return invite;
}

}  // namespace

TEST_CASE(
    "When our address changes, a call that is up is told once, and its re-INVITE carries the new Contact (RFC 3261 "
    "12.2.1.1, RFC 6141 4.4)"
) {
    script s;
    auto const id = s.invite();
    auto const invite = put_up(s, id);
    CHECK(header(invite, "Contact") == "<sip:1001@10.0.0.1:5060>");
    move(s, "10.0.7.7:5060");
    CHECK(s.expect_event<local_address_changed>().id == id);
    s.expect_no_event();
    s.expect_nothing();
    s.reoffer(id);
    auto const again = s.expect("INVITE");
    CHECK(header(again, "Contact") == "<sip:1001@10.0.7.7:5060>");
    CHECK(header(again, "Via").starts_with("SIP/2.0/UDP 10.0.7.7:5060;"));
    CHECK(header(again, "Call-ID") == header(invite, "Call-ID"));
    move(s, "10.0.8.8:5060");
    CHECK(s.expect_event<local_address_changed>().id == id);  // the one that is out names the address before
}

TEST_CASE("A call whose INVITE was out when our address changed is told when it is answered") {
    script s;
    auto const id = s.invite();
    move(s, "10.0.7.7:5060");
    s.expect_no_event();
    put_up(s, id);
    CHECK(s.expect_event<local_address_changed>().id == id);
}

TEST_CASE("A call that still rings here answers with the new address, and nobody is told of anything (RFC 6141 4.5)") {
    script s;
    extras offer;
    offer.body = "offer";
    s.inject(s.request("INVITE", 1, offer));
    auto const id = s.expect_event<incoming_call>().id;
    move(s, "10.0.7.7:5060");
    s.answer(id);
    CHECK(header(s.expect("200 INVITE"), "Contact") == "<sip:1001@10.0.7.7:5060>");
    s.inject(s.request("ACK", 1));
    (void)s.expect_event<call_confirmed>();
    s.expect_no_event();
    move(s, "10.0.8.8:5060");
    CHECK(s.expect_event<local_address_changed>().id == id);
}

TEST_CASE(
    "When our address changes, the registration is renewed within two seconds with the new Contact (RFC 3261 10.2.1)"
) {
    script_options options;
    options.account.registrar = "sip:10.0.0.2";
    script s(options);
    s.command({}, [&](auto now, auto& out) { return s.core.register_account(now, s.account, out); });
    (void)s.expect_event<registration_changed>();
    auto const first = s.expect("REGISTER");
    extras bound;
    bound.headers = "Contact: " + header(first, "Contact") + ";expires=3600\n";
    s.reply(first, 200, bound);
    CHECK(s.expect_event<registration_changed>().state == registration_state::registered);
    move(s, "10.0.7.7:5060");
    s.advance(std::chrono::seconds(2));
    auto const second = s.expect("REGISTER");
    CHECK(header(second, "Contact") == "<sip:1001@10.0.7.7:5060>");
    CHECK(header(second, "Call-ID") == header(first, "Call-ID"));
}

TEST_CASE("A connection that goes with its address fails what is on it, and the call is told") {
    script_options options;
    options.transport = transport_kind::tcp;
    script s(options);
    auto const id = s.invite();
    put_up(s, id);
    s.command({}, [&](auto now, auto& out) {
        s.core.on_flow(
            now, {s.flow, flow_change::moved, at("10.0.0.1:5060", transport_kind::tcp), {}, "gone", {}}, out
        );
        return error_code();
    });
    CHECK(s.expect_event<local_address_changed>().id == id);
    s.reoffer(id);
    auto const opened = s.opened();
    REQUIRE(opened.size() == 1);
    s.flow_up(opened[0].flow, "10.0.7.7:40000");
    CHECK(header(s.expect("INVITE"), "Contact") == "<sip:1001@10.0.7.7:40000;transport=tcp>");
}

// Covers: what our calls and single requests tell of us (RFC 3323, 3325), whom we believe and who calls by that, a
// caller without a name refused (RFC 5079), and how the other side of a call becomes somebody else (RFC 3325, RFC
// 4916). Not here: the choice among the headers (usage/identity.cpp).
#include <doctest/doctest.h>

#include "calls.hpp"

using namespace std::chrono_literals;
using test::header;
using test::script;

namespace {

/// The peer is the account's own proxy.
test::script_options behind_proxy() {
    test::script_options options;
    options.account.route_set = {"sip:10.0.0.2:5060;lr"};
    return options;
}

std::string uri_of(sip::message const& message, sip::identity_choice who) {
    return std::string(sip::named_by(message.view(), who).uri.text);
}

constexpr auto asserted = "P-Asserted-Identity: \"Alice\" <sip:+4930123@net>\n";

}  // namespace

// ---- what we tell

TEST_CASE(
    "An anonymous call has no name in From, asks for Privacy, and tells our proxy who we are (RFC 3323 4.1.1.1, "
    "4.1.1.2, RFC 3325 9.2)"
) {
    auto options = behind_proxy();
    options.account.display_name = "Alice";
    options.account.shows = sip::own_identity::anonymous();
    test::replay(
        [](script& s) {
            auto const id = s.invite();
            auto const invite = s.expect("INVITE");
            auto const from = header(invite, "From");
            CHECK(from.starts_with("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag="));
            CHECK(header(invite, "Privacy") == "id");
            CHECK(header(invite, "P-Preferred-Identity") == "Alice <sip:1001@10.0.0.1>");
            CHECK(header(invite, "Contact") == "<sip:1001@10.0.0.1:5060>");
            s.reply(invite, 200, {.body = "answer"});
            CHECK(header(s.expect("ACK"), "From") == from);
            s.hang_up(id);
            auto const bye = s.expect("BYE");
            CHECK(header(bye, "From") == from);
            CHECK(header(bye, "Privacy") == "id");  // RFC 3323 4.2: every message says so
            CHECK(header(bye, "P-Preferred-Identity").empty());
        },
        options
    );
}

TEST_CASE("A call may tell other things of us than its account does (RFC 3323 4)") {
    script s;
    auto const call = [&](sip::own_identity shows) {
        sip::invite_options options("sip:bob@10.0.0.2:5060");
        options.with_offer("offer").with_identity(std::move(shows));
        s.command({}, [&](auto now, auto& out) { return s.core.invite(now, s.account, options, out).error(); });
        return s.expect("INVITE");
    };
    sip::own_identity by_server;  // the network is to hide us; From stays as it is
    by_server.privacy.id = by_server.privacy.critical = true;
    auto const hidden = call(by_server);
    CHECK(header(hidden, "From").starts_with("<sip:1001@10.0.0.1>;tag="));
    CHECK(header(hidden, "Privacy") == "id;critical");
    CHECK(header(hidden, "P-Preferred-Identity").empty());
    sip::own_identity open;
    open.privacy.none = true;
    CHECK(header(call(open), "Privacy") == "none");
    CHECK(header(call({}), "Privacy").empty());
}

TEST_CASE(
    "Whoever wants to stay unknown does so as callee, too, and in single requests, but not to the registrar (RFC 3323 "
    "4.2)"
) {
    test::script_options options;
    options.account.registrar = "sip:10.0.0.2";
    options.account.shows = sip::own_identity::anonymous();
    script s(options);
    s.inject(s.request("INVITE", 1, {.body = "offer"}));
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.ring(id);
    CHECK(header(s.expect("180 INVITE"), "Privacy") == "id");
    s.answer(id);
    CHECK(header(s.expect("200 INVITE"), "Privacy") == "id");
    s.inject(s.request("ACK", 1));
    s.expect_event<sip::call_confirmed>();
    s.reoffer(id);
    CHECK(header(s.expect("INVITE"), "Privacy") == "id");
    s.command({}, [&](auto now, auto& out) {
        return s.core.send_request(now, s.account, sip::method::message, "sip:bob@10.0.0.2", {}, "text/plain", "x", out)
            .error();
    });
    CHECK(header(s.expect("MESSAGE"), "From").find("anonymous.invalid") != std::string::npos);
    s.command({}, [&](auto now, auto& out) { return s.core.register_account(now, s.account, out); });
    auto const registering = s.expect("REGISTER");
    CHECK(header(registering, "From").starts_with("<sip:1001@10.0.0.1>"));
    CHECK(header(registering, "Privacy").empty());
}

// ---- whom we believe

TEST_CASE("What the account's own proxy asserts names the caller; what a stranger asserts does not (RFC 3325 8)") {
    for (bool const is_own : {true, false}) {
        script s(is_own ? behind_proxy() : test::script_options());
        s.inject(s.request("INVITE", 1, {.headers = asserted, .body = "offer"}));
        auto const call = s.expect_event<sip::incoming_call>();
        CHECK(call.caller.is_trusted == is_own);
        CHECK(uri_of(call.invite, call.caller) == (is_own ? "sip:+4930123@net" : "sip:bob@10.0.0.2"));
    }
}

TEST_CASE("Peers are trusted by their address where the account says so, and own servers may be distrusted (RFC 3325 8)"
) {
    test::script_options options;
    options.account.trusted_peers = {"192.0.2.9", "10.0.0.2"};
    script s(options);
    s.inject(s.request("INVITE", 1, {.headers = asserted, .body = "offer"}));
    CHECK(s.expect_event<sip::incoming_call>().caller.source == sip::identity_source::asserted);

    auto distrustful = behind_proxy();
    distrustful.account.trusts_own_servers = false;
    script other(distrustful);
    other.inject(other.request("INVITE", 1, {.headers = asserted, .body = "offer"}));
    CHECK(!other.expect_event<sip::incoming_call>().caller.is_trusted);

    sip::account_config wrong;
    wrong.address_of_record = "sip:1003@10.0.0.1";
    wrong.trusted_peers = {"proxy.example.com"};
    std::string why;
    CHECK(other.core.add_account(wrong, &why).error() == sip::errc::invalid_argument);
    CHECK(why.find("trusted peer") != std::string::npos);
}

TEST_CASE("Who rings and who has answered is told by what our proxy asserts of them (RFC 3325 9.1)") {
    script s(behind_proxy());
    s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 180, {.headers = "P-Asserted-Identity: <sip:desk@net>\n"});
    auto const progress = s.expect_event<sip::call_progress>();
    CHECK(uri_of(progress.response, progress.callee) == "sip:desk@net");
    s.reply(invite, 200, {.headers = "P-Asserted-Identity: <sip:mobile@net>\n", .body = "answer"});
    s.expect("ACK");
    auto const answered = s.expect_event<sip::call_answered>();
    CHECK(uri_of(answered.response, answered.callee) == "sip:mobile@net");
}

TEST_CASE("A callee that asks for privacy is not shown (RFC 3323 4.2)") {
    script s(behind_proxy());
    s.invite();
    s.reply(s.expect("INVITE"), 180, {.headers = "Privacy: id\nP-Asserted-Identity: <sip:desk@net>\n"});
    CHECK(s.expect_event<sip::call_progress>().callee.is_hidden);
}

// ---- anonymous callers

TEST_CASE("An account that takes no anonymous calls answers 433, without ringing (RFC 5079 3, RFC 5079 5)") {
    test::script_options options;
    options.account.reads.refuses_anonymous = true;
    script s(options);
    s.inject(s.request("INVITE", 1, {.headers = "Privacy: id\n", .body = "offer"}));
    CHECK(s.expect("433 INVITE").starts_with("SIP/2.0 433 Anonymity Disallowed\r\n"));
    s.expect_no_event();
    s.call_id = "another";
    s.inject(s.request("INVITE", 1, {.body = "offer"}));
    s.expect_event<sip::incoming_call>();
}

TEST_CASE("Our call that meets 433 ends with it, and is not tried again under our name (RFC 5079 4)") {
    test::script_options options;
    options.account.shows = sip::own_identity::anonymous();
    script s(options);
    s.invite();
    s.reply(s.expect("INVITE"), 433);
    s.expect("ACK");
    CHECK(s.expect_event<sip::call_ended>().status == 433);
    s.expect_nothing();
}

TEST_CASE("433 to a re-INVITE leaves the call as it was (RFC 5079 4, RFC 5057 5.1)") {
    script s;
    auto const id = test::calling(s);
    s.reoffer(id);
    s.reply(s.expect("INVITE"), 433);
    s.expect("ACK");
    CHECK(s.expect_event<sip::offer_failed>().status == 433);
    s.expect_no_event();
}

// ---- somebody else

TEST_CASE("A trusted network that asserts another identity inside the call is told once (RFC 3325 8, RFC 4916 4.4)") {
    test::replay(
        [](script& s) {
            s.inject(s.request("INVITE", 1, {.headers = asserted, .body = "offer"}));
            auto const id = s.expect_event<sip::incoming_call>().id;
            s.answer(id);
            s.expect("200 INVITE");
            s.inject(s.request("ACK", 1));
            s.expect_event<sip::call_confirmed>();
            s.inject(s.request("UPDATE", 2, {.headers = asserted}));
            s.expect("200 UPDATE");
            s.expect_no_event();  // as before
            s.inject(s.request("UPDATE", 3));
            s.expect("200 UPDATE");
            s.expect_no_event();  // nothing said is nothing changed
            s.inject(s.request("UPDATE", 4, {.headers = "P-Asserted-Identity: <sip:carol@net>\n"}));
            s.expect("200 UPDATE");
            auto const changed = s.expect_event<sip::identity_changed>();
            CHECK(changed.id == id);
            CHECK(changed.who.is_trusted);
            CHECK(uri_of(changed.carrier, changed.who) == "sip:carol@net");
            s.inject(s.request("UPDATE", 5, {.headers = "Privacy: id\nP-Asserted-Identity: <sip:dave@net>\n"}));
            s.expect("200 UPDATE");
            CHECK(s.expect_event<sip::identity_changed>().who.is_hidden);
        },
        behind_proxy()
    );
}

TEST_CASE("The 2xx to our re-INVITE may name somebody else as well (RFC 3325 9.1)") {
    script s(behind_proxy());
    auto const id = s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 200, {.headers = "P-Asserted-Identity: <sip:bob@net>\n", .body = "answer"});
    s.expect("ACK");
    s.expect_event<sip::call_answered>();
    s.reoffer(id);
    s.reply(s.expect("INVITE"), 200, {.headers = "P-Asserted-Identity: <sip:carol@net>\n", .body = "new answer"});
    s.expect("ACK");
    auto const changed = s.expect_event<sip::identity_changed>();
    CHECK(uri_of(changed.carrier, changed.who) == "sip:carol@net");
    s.expect_event<sip::remote_answer>();
}

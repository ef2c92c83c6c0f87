// Covers: transfers from both sides, inside and outside of calls: REFER, its implicit subscription and reports, several
// at a time, without reports, Referred-By, Replaces, Target-Dialog, refusals and failures.
// Not covered: the call that comes of it, which is the user's to make.
#include <doctest/doctest.h>

#include "calls.hpp"
#include "events.hpp"
#include "sip/syntax/sipfrag.hpp"

using namespace std::chrono_literals;
using namespace test;

namespace {

script_options with_transfers() {
    auto options = with_events();
    options.config.methods.push_back(sip::method::refer);
    return options;
}

sip::subscription_id refer(script& s, sip::session_id call, sip::refer_options const& options) {
    sip::subscription_id id;
    s.command({}, [&](auto now, auto& out) {
        auto const made = s.core.refer(now, call, options, out);
        if (!made) return made.error();
        id = *made;
        return sip::error_code();
    });
    return id;
}
void accept_transfer(script& s, sip::notifier_id id, sip::error_code expected = {}) {
    s.command(expected, [&](auto now, auto& out) { return s.core.accept_transfer(now, id, out); });
}
void report(script& s, sip::notifier_id id, std::uint16_t status, sip::error_code expected = {}) {
    s.command(expected, [&](auto now, auto& out) { return s.core.report_transfer(now, id, status, {}, out); });
}

/// A report of the peer in the dialog that the script is in.
std::string report_of_peer(
    script& s, unsigned cseq, std::string const& event, std::string const& state, std::string const& line
) {
    return s.request(
        "NOTIFY", cseq,
        {.headers = "Event: " + event + "\nSubscription-State: " + state + "\n",
         .body = line + "\r\n",
         .content_type = "message/sipfrag;version=2.0"}
    );
}
unsigned reported(sip::notification const& told) {
    auto const read = sip::parse_sipfrag(told.request.view().body());
    return read ? read->status : 0U;
}

}  // namespace

TEST_CASE(
    "REFER in a call carries Refer-To and Referred-By; its reports reach the user up to the last (RFC 3515 2.2, 2.4.1, "
    "2.4.4, 3.8, RFC 3892 3, RFC 3892 2.1)"
) {
    script s(with_transfers());
    auto const call = calling(s);
    auto const id = refer(s, call, sip::refer_options("sip:carol@10.0.0.3"));
    auto const sent = s.expect("REFER");
    CHECK(header(sent, "Refer-To") == "<sip:carol@10.0.0.3>");
    CHECK(header(sent, "Referred-By") == "<sip:1001@10.0.0.1>");
    CHECK(header(sent, "Contact") == "<sip:1001@10.0.0.1:5060>");
    CHECK(header(sent, "CSeq") == "2 REFER");
    s.reply(sent, 202);
    CHECK(s.expect_event<sip::subscription_changed>().status == 202);

    s.inject(report_of_peer(s, 1, "refer;id=2", "active;expires=60", "SIP/2.0 100 Trying"));
    s.expect("200 NOTIFY");
    auto const trying = s.expect_event<sip::notification>();
    CHECK(trying.id == id);
    CHECK(reported(trying) == 100);
    s.expect_event<sip::subscription_changed>();
    s.inject(report_of_peer(s, 2, "refer;id=2", "terminated;reason=noresource", "SIP/2.0 200 OK"));
    s.expect("200 NOTIFY");
    CHECK(reported(s.expect_event<sip::notification>()) == 200);
    CHECK(s.expect_event<sip::subscription_ended>().reason == sip::termination_reason::noresource);
    CHECK(s.core.live().sessions == 1);
    CHECK(s.core.live().dialogs == 1);
}

TEST_CASE(
    "An attended transfer names the call to replace, escaped, as its other side sees it (RFC 3891 3, RFC 3515 2.1)"
) {
    script s(with_transfers());
    auto const [consultation, invite] = calling_with(s);
    auto const call_id = header(invite, "Call-ID"), tag = tag_of(header(invite, "From"));
    auto const call = calling(s);
    sip::refer_options options("sip:carol@10.0.0.3");
    options.replacing(consultation);
    refer(s, call, options);
    auto const sent = s.expect("REFER");
    CHECK(
        header(sent, "Refer-To") ==
        "<sip:carol@10.0.0.3?Replaces=" + call_id + "%3Bto-tag%3Dbob%3Bfrom-tag%3D" + tag + ">"
    );
    auto const target = sip::parse_refer_target(*sip::parse_name_addr(header(sent, "Refer-To")));
    REQUIRE(target.has_value());
    CHECK(target->headers.at(0).second == call_id + ";to-tag=bob;from-tag=" + tag);
}

TEST_CASE(
    "The report may come before the 202, and the call may end before the last report (RFC 3515 2.4.4, RFC 5057 4.1)"
) {
    script s(with_transfers());
    auto const call = calling(s);
    auto const id = refer(s, call, sip::refer_options("sip:carol@10.0.0.3"));
    auto const sent = s.expect("REFER");
    s.inject(report_of_peer(s, 1, "refer", "active;expires=60", "SIP/2.0 100 Trying"));
    s.expect("200 NOTIFY");
    s.expect_event<sip::notification>();
    s.expect_event<sip::subscription_changed>();
    s.reply(sent, 202);
    CHECK(s.expect_event<sip::subscription_changed>().status == 202);
    s.hang_up(call);
    s.expect_event<sip::call_ended>();
    s.reply(s.expect("BYE"), 200);
    CHECK(s.core.live().dialogs == 1);
    s.inject(report_of_peer(s, 2, "refer", "terminated;reason=noresource", "SIP/2.0 486 Busy Here"));
    s.expect("200 NOTIFY");
    {
        auto const last = s.expect_event<sip::notification>();
        CHECK(last.id == id);
        CHECK(reported(last) == 486);
    }
    s.expect_event<sip::subscription_ended>();
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE("Several REFERs in one dialog are told apart by their CSeq (RFC 3515 2.4.6, 3.2)") {
    script s(with_transfers());
    auto const call = calling(s);
    auto const first = refer(s, call, sip::refer_options("sip:carol@10.0.0.3"));
    s.reply(s.expect("REFER"), 202);
    auto const second = refer(s, call, sip::refer_options("sip:dave@10.0.0.4"));
    s.reply(s.expect("REFER"), 202);
    s.expect_event<sip::subscription_changed>();
    s.expect_event<sip::subscription_changed>();
    s.inject(report_of_peer(s, 1, "refer;id=3", "terminated;reason=noresource", "SIP/2.0 200 OK"));
    s.expect("200 NOTIFY");
    CHECK(s.expect_event<sip::notification>().id == second);
    CHECK(s.expect_event<sip::subscription_ended>().id == second);
    s.inject(report_of_peer(s, 2, "refer;id=2", "terminated;reason=noresource", "SIP/2.0 603 Decline"));
    s.expect("200 NOTIFY");
    CHECK(s.expect_event<sip::notification>().id == first);
    s.inject(report_of_peer(s, 3, "refer;id=2", "terminated;reason=noresource", "SIP/2.0 200 OK"));
    s.expect("481 NOTIFY");
}

TEST_CASE("A REFER that is refused, or that nobody answers, leaves the call alone (RFC 3515 2.4.2, RFC 5057 5.3)") {
    script s(with_transfers());
    auto const call = calling(s);
    auto const id = refer(s, call, sip::refer_options("sip:carol@10.0.0.3"));
    s.reply(s.expect("REFER"), 603);
    auto const refused = s.expect_event<sip::subscription_ended>();
    CHECK(refused.id == id);
    CHECK(refused.status == 603);
    refer(s, call, sip::refer_options("sip:carol@10.0.0.3"));
    s.advance(32s);
    CHECK(s.expect_event<sip::subscription_ended>().error == sip::errc::transaction_timeout);
    s.expect_no_event();
    CHECK(s.core.live().sessions == 1);
    CHECK(s.core.live().subscriptions == 0);
}

TEST_CASE("A transfer without reports ends with its acceptance, where the peer agrees (RFC 4488 4)") {
    script s(with_transfers());
    auto const call = calling(s);
    sip::refer_options options("sip:carol@10.0.0.3");
    options.without_reports();
    auto const id = refer(s, call, options);
    auto const sent = s.expect("REFER");
    CHECK(header(sent, "Refer-Sub") == "false");
    SUBCASE("it does") {
        s.reply(sent, 202, {.headers = "Refer-Sub: false\n"});
        auto const ended = s.expect_event<sip::subscription_ended>();
        CHECK(ended.id == id);
        CHECK(ended.status == 202);
        CHECK(s.core.live().subscriptions == 0);
    }
    SUBCASE("it reports all the same") {
        s.reply(sent, 202);
        s.expect_event<sip::subscription_changed>();
        s.inject(report_of_peer(s, 1, "refer;id=2", "terminated;reason=noresource", "SIP/2.0 200 OK"));
        s.expect("200 NOTIFY");
        CHECK(reported(s.expect_event<sip::notification>()) == 200);
        s.expect_event<sip::subscription_ended>();
    }
}

TEST_CASE(
    "REFER outside of a call makes a dialog of its own, and Target-Dialog names the call that it is about (RFC 4538 2, "
    "RFC 4538 3)"
) {
    script s(with_transfers());
    auto const [call, invite] = calling_with(s);
    sip::refer_options options("sip:carol@10.0.0.3");
    options.target_dialog = call;
    s.command({}, [&](auto now, auto& out) {
        auto const made = s.core.refer_to(now, s.account, "sip:bob@10.0.0.2:5060", options, out);
        return made ? sip::error_code() : made.error();
    });
    auto const sent = s.expect("REFER");
    CHECK(
        header(sent, "Target-Dialog") ==
        header(invite, "Call-ID") + ";local-tag=" + tag_of(header(invite, "From")) + ";remote-tag=bob"
    );
    CHECK(header(sent, "Require") == "tdialog");
    CHECK(header(sent, "Call-ID") != header(invite, "Call-ID"));
    s.reply(sent, 202, {.to_tag = "referee"});
    s.expect_event<sip::subscription_changed>();
    s.enter_dialog(sent, "referee");
    s.inject(report_of_peer(s, 1, "refer", "active;expires=60", "SIP/2.0 100 Trying"));
    s.expect("200 NOTIFY");
    CHECK(reported(s.expect_event<sip::notification>()) == 100);
    CHECK(s.core.live().dialogs == 2);
}

TEST_CASE(
    "A REFER in a call is the user's to accept; every report arrives, in order, up to the last (RFC 3515 2.4.5, 2.4.7, "
    "3.1, 3.5, 3.7)"
) {
    script s(with_transfers());
    auto const call = called(s);
    s.inject(s.request(
        "REFER", 2,
        {.headers = "Refer-To: <sip:carol@10.0.0.3?Replaces=abc%3Bto-tag%3Dx%3Bfrom-tag%3Dy>\nReferred-By: "
                    "<sip:bob@10.0.0.2>\n"}
    ));
    auto const asked = s.expect_event<sip::transfer_requested>();
    CHECK(asked.session == call);
    CHECK(asked.reports);
    CHECK(asked.target.uri == "sip:carol@10.0.0.3");
    REQUIRE(asked.target.headers.size() == 1);
    CHECK(asked.target.headers[0] == sip::extra_header("Replaces", "abc;to-tag=x;from-tag=y"));
    CHECK(asked.request.view().raw(sip::header_id::referred_by) == "<sip:bob@10.0.0.2>");

    accept_transfer(s, asked.id);
    s.expect("202 REFER");
    auto const trying = s.expect("NOTIFY");
    CHECK(header(trying, "Event") == "refer;id=2");
    CHECK(header(trying, "Subscription-State").starts_with("active;expires="));
    CHECK(header(trying, "Content-Type") == "message/sipfrag;version=2.0");
    CHECK(body_of(trying) == "SIP/2.0 100 Trying\r\n");
    report(s, asked.id, 180);
    report(s, asked.id, 183);
    s.expect_nothing();  // the first is not answered yet
    s.reply(trying, 200);
    auto const ringing = s.expect("NOTIFY");
    CHECK(body_of(ringing) == "SIP/2.0 180 Ringing\r\n");
    s.reply(ringing, 200);
    s.reply(s.expect("NOTIFY"), 200);
    report(s, asked.id, 200);
    auto const last = s.expect("NOTIFY");
    CHECK(header(last, "Subscription-State") == "terminated;reason=noresource");
    CHECK(body_of(last) == "SIP/2.0 200 OK\r\n");
    CHECK(s.expect_event<sip::notifier_ended>().why == sip::notifier_end::closed);
    report(s, asked.id, 200, sip::errc::no_such_session);
    CHECK(s.core.live().sessions == 1);
}

TEST_CASE("A REFER is refused by the user, or by us where it says nothing that can be done (RFC 3515 2.4.2)") {
    script s(with_transfers());
    called(s);
    s.inject(s.request("REFER", 2, {.headers = "Refer-To: <sip:carol@10.0.0.3>\n"}));
    auto const asked = s.expect_event<sip::transfer_requested>();
    s.command(sip::errc::wrong_state, [&](auto now, auto& out) {
        return s.core.accept_subscription(now, asked.id, sip::subscription_phase::active, {}, {}, out);
    });
    s.command({}, [&](auto now, auto& out) { return s.core.refuse_subscription(now, asked.id, 603, {}, out); });
    s.expect("603 REFER");
    s.expect_event<sip::notifier_ended>();
    s.inject(s.request("REFER", 3));
    s.expect("400 REFER");
    s.inject(s.request("REFER", 4, {.headers = "Refer-To: <sip:carol@10.0.0.3?Replaces>\n"}));
    s.expect("400 REFER");
    s.inject(s.request("REFER", 5, {.headers = "Refer-To: <sip:carol@10.0.0.3;method=NONSENSE>\n"}));
    s.expect("400 REFER");
    s.inject(s.request("REFER", 6, {.headers = "Refer-To: <sip:carol@10.0.0.3>\nRefer-To: <sip:dave@10.0.0.4>\n"}));
    s.expect("400 REFER");
    s.expect_no_event();
    CHECK(s.core.live().notifiers == 0);
}

TEST_CASE("A user who takes long is answered for with 202, and decides in the reports (RFC 3515 2.4.2)") {
    for (bool const is_granted : {true, false}) {
        CAPTURE(is_granted);
        script s(with_transfers());
        called(s);
        s.inject(s.request("REFER", 2, {.headers = "Refer-To: <sip:carol@10.0.0.3>\n"}));
        auto const id = s.expect_event<sip::transfer_requested>().id;
        s.advance(15999ms);
        s.expect("100 REFER");  // RFC 4320 4.1
        s.expect_nothing();
        s.advance(1ms);
        s.expect("202 REFER");
        auto const trying = s.expect("NOTIFY");
        CHECK(body_of(trying) == "SIP/2.0 100 Trying\r\n");
        s.reply(trying, 200);
        s.advance(60s);
        s.expect_nothing();
        if (is_granted) {
            accept_transfer(s, id);
            accept_transfer(s, id, sip::errc::wrong_state);
            s.expect_nothing();  // all has been said
            report(s, id, 200);
        } else {
            s.command({}, [&](auto now, auto& out) { return s.core.refuse_subscription(now, id, 603, {}, out); });
        }
        auto const last = s.expect("NOTIFY");
        CHECK(header(last, "Subscription-State") == "terminated;reason=noresource");
        CHECK(body_of(last) == (is_granted ? "SIP/2.0 200 OK\r\n" : "SIP/2.0 603 Decline\r\n"));
        CHECK(s.expect_event<sip::notifier_ended>().id == id);
    }
    script silent(with_transfers());
    called(silent);
    silent.inject(silent.request("REFER", 2, {.headers = "Refer-To: <sip:carol@10.0.0.3>\nRefer-Sub: false\n"}));
    silent.expect_event<sip::transfer_requested>();
    silent.advance(16s);
    silent.expect("100 REFER");
    silent.expect("603 REFER");  // nobody could be told later
    CHECK(silent.expect_event<sip::notifier_ended>().why == sip::notifier_end::unanswered);
}

TEST_CASE("A SUBSCRIBE to reports that no REFER has begun is refused with 403 (RFC 3515 2.4.4)") {
    script s(with_transfers());
    s.inject(s.request("SUBSCRIBE", 1, {.headers = "Event: refer\nExpires: 60\n"}));
    s.expect("403 SUBSCRIBE");
    called(s);
    s.inject(s.request("SUBSCRIBE", 2, {.headers = "Event: refer;id=7\nExpires: 60\n"}));
    s.expect("403 SUBSCRIBE");
    s.expect_no_event();
    CHECK(s.core.live().notifiers == 0);
}

TEST_CASE("A SUBSCRIBE that ends the reports names the transfer as its NOTIFYs do (RFC 3515 2.4.6)") {
    script s(with_transfers());
    auto const call = calling(s);
    auto const id = refer(s, call, sip::refer_options("sip:carol@10.0.0.3"));
    s.reply(s.expect("REFER"), 202);
    s.inject(report_of_peer(s, 1, "refer;id=2", "active;expires=60", "SIP/2.0 100 Trying"));
    s.expect("200 NOTIFY");
    unsubscribe(s, id);
    auto const leave = s.expect("SUBSCRIBE");
    CHECK(header(leave, "Event") == "refer;id=2");
    CHECK(header(leave, "Expires") == "0");
}

TEST_CASE("REFER and its reports follow the routes of their call (RFC 3515 2)") {
    script s(with_transfers());
    auto const id = s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 200, {.headers = "Record-Route: <sip:10.0.0.4;lr>, <sip:10.0.0.3;lr>\n", .body = "answer"});
    s.expect("ACK");
    s.enter_dialog(invite);
    refer(s, id, sip::refer_options("sip:carol@10.0.0.3"));
    auto const sent = s.expect("REFER");
    CHECK(sent.starts_with("REFER sip:bob@10.0.0.2:5060 SIP/2.0"));
    CHECK(sent.find("\r\nRoute: <sip:10.0.0.3;lr>\r\nRoute: <sip:10.0.0.4;lr>\r\n") != std::string::npos);
    s.inject(s.request("REFER", 1, {.headers = "Refer-To: <sip:carol@10.0.0.3>\n"}));
    s.expect_event<sip::call_answered>();
    accept_transfer(s, s.expect_event<sip::transfer_requested>().id);
    s.expect("202 REFER");
    CHECK(s.expect("NOTIFY").find("\r\nRoute: <sip:10.0.0.3;lr>\r\nRoute: <sip:10.0.0.4;lr>\r\n") != std::string::npos);
}

TEST_CASE("A peer that wants no reports gets none (RFC 4488 4, RFC 7614 4.2)") {
    for (std::string const wish : {"Refer-Sub: false\n", "Require: nosub\n"}) {
        CAPTURE(wish);
        auto setup = with_transfers();
        setup.config.supported = {"nosub"};
        script s(setup);
        called(s);
        s.inject(s.request("REFER", 2, {.headers = "Refer-To: <sip:carol@10.0.0.3>\n" + wish}));
        auto const asked = s.expect_event<sip::transfer_requested>();
        CHECK(!asked.reports);
        accept_transfer(s, asked.id);
        CHECK(header(s.expect("202 REFER"), "Refer-Sub") == "false");
        s.expect_event<sip::notifier_ended>();
        s.expect_nothing();
        report(s, asked.id, 200, sip::errc::no_such_session);
        CHECK(s.core.live().dialogs == 1);
    }
}

TEST_CASE("Target-Dialog tells which call a REFER from outside is about (RFC 4538 4)") {
    auto setup = with_transfers();
    setup.config.supported = {"tdialog"};
    script s(setup);
    auto const call = called(s);
    auto const named = s.call_id + ";local-tag=peer;remote-tag=" + tag_of(s.own_address);
    auto const ask = [&](std::string const& reference) {
        s.call_id = "refer-" + std::to_string(reference.size());
        s.own_address = "<sip:1001@10.0.0.1>";
        s.inject(s.request(
            "REFER", 1,
            {.headers = "Refer-To: <sip:carol@10.0.0.3>\nRequire: tdialog\nTarget-Dialog: " + reference + "\n"}
        ));
        return s.expect_event<sip::transfer_requested>();
    };
    CHECK(ask(named).session == call);
    CHECK(!ask("unknown;local-tag=peer;remote-tag=x").session);
}

TEST_CASE("Two transfers that the peer asks for in one call are reported apart (RFC 3515 2.4.6)") {
    script s(with_transfers());
    called(s);
    s.inject(s.request("REFER", 2, {.headers = "Refer-To: <sip:carol@10.0.0.3>\n"}));
    auto const first = s.expect_event<sip::transfer_requested>().id;
    s.inject(s.request("REFER", 3, {.headers = "Refer-To: <sip:dave@10.0.0.4>\n"}));
    auto const second = s.expect_event<sip::transfer_requested>().id;
    accept_transfer(s, first);
    s.expect("202 REFER");
    CHECK(header(s.expect("NOTIFY"), "Event") == "refer;id=2");
    accept_transfer(s, second);
    s.expect("202 REFER");
    CHECK(header(s.expect("NOTIFY"), "Event") == "refer;id=3");
}

TEST_CASE("A referrer that has gone is not told any more (RFC 3515 2.4.4)") {
    script s(with_transfers());
    called(s);
    s.inject(s.request("REFER", 2, {.headers = "Refer-To: <sip:carol@10.0.0.3>\n"}));
    auto const id = s.expect_event<sip::transfer_requested>().id;
    accept_transfer(s, id);
    s.expect("202 REFER");
    s.reply(s.expect("NOTIFY"), 481);
    CHECK(s.expect_event<sip::notifier_ended>().why == sip::notifier_end::failed);
    report(s, id, 200, sip::errc::no_such_session);
    CHECK(s.core.live().sessions == 1);
}

TEST_CASE("Whatever step the network fails at, transfers end and leave nothing behind") {
    replay(
        [](script& s) {
            auto const call = calling(s);
            refer(s, call, sip::refer_options("sip:carol@10.0.0.3"));
            s.reply(s.expect("REFER"), 202);
            s.inject(report_of_peer(s, 1, "refer;id=2", "active;expires=60", "SIP/2.0 100 Trying"));
            s.expect("200 NOTIFY");
            s.inject(s.request("REFER", 2, {.headers = "Refer-To: <sip:carol@10.0.0.3>\n"}));
            s.expect_event<sip::subscription_changed>();
            s.expect_event<sip::notification>();
            s.expect_event<sip::subscription_changed>();
            auto const asked = s.expect_event<sip::transfer_requested>().id;
            accept_transfer(s, asked);
            s.expect("202 REFER");
            s.reply(s.expect("NOTIFY"), 200);
            report(s, asked, 200);
            s.reply(s.expect("NOTIFY"), 200);
            s.hang_up(call);
            s.reply(s.expect("BYE"), 200);
        },
        with_transfers()
    );
}

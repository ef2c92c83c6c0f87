// Covered: INVITE and non-INVITE client transactions through the layer: Timers A, B, D, E, F, K, M on both kinds of
// transport, the ACK of non-2xx responses, CANCEL and its races, stray and late responses, failed flows, requests that
// cannot be sent, requests that wait on a slow connection.
#include <doctest/doctest.h>

#include "layer_fixture.hpp"

using namespace test;

namespace {
auto const tcp = transport_kind::tcp;
}

TEST_CASE_FIXTURE(layer_fixture, "INVITE client resends at T1, 2T1, 4T1 ... and gives up at 64T1 (RFC 3261 17.1.1.2)") {
    auto id = send("INVITE");
    advance(40s);
    CHECK(
        sent() ==
        lines{"0 INVITE", "500 INVITE", "1500 INVITE", "3500 INVITE", "7500 INVITE", "15500 INVITE", "31500 INVITE"}
    );
    CHECK(told() == lines{"32000 timeout for 7"});
    CHECK_FALSE(layer.is_live(id));
    CHECK_FALSE(layer.next_deadline());
}

TEST_CASE_FIXTURE(layer_fixture, "INVITE client over a connection sends once and gives up at 64T1") {
    send("INVITE", tcp);
    advance(31999ms);
    CHECK(told() == lines{});
    advance(1ms);
    CHECK(sent() == lines{"0 INVITE"});
    CHECK(told() == lines{"32000 timeout for 7"});
    CHECK(layer.live() == 0);
}

TEST_CASE_FIXTURE(layer_fixture, "A provisional response stops the INVITE's retransmission and its Timer B") {
    auto id = send("INVITE");
    advance(600ms);
    receive_response(180);
    advance(10min);
    CHECK(sent() == lines{"0 INVITE", "500 INVITE"});
    CHECK(told() == lines{"600 180 for 7"});
    CHECK(layer.is_live(id));
    receive_response(183);
    CHECK(told() == lines{"600600 183 for 7"});
}

TEST_CASE_FIXTURE(layer_fixture, "A non-2xx is acknowledged, also when it comes again, and delivered once (17.1.1.2)") {
    send("INVITE");
    receive_response(100);
    receive_response(486);
    advance(1s);
    receive_response(486);
    CHECK(sent() == lines{"0 INVITE", "0 ACK", "1000 ACK"});
    CHECK(told() == lines{"0 100 for 7", "0 486 for 7"});
    CHECK(sent_text[1] == sent_text[2]);

    SUBCASE("the ACK has the INVITE's branch and Request-URI, and the response's To (17.1.1.3)") {
        auto ack = parse_message(pool.copy(sent_text[1]), pool).value(),
             invite = parse_message(pool.copy(newest_request), pool).value();
        CHECK(ack.view().top_via().branch() == invite.view().top_via().branch());
        CHECK(ack.view().request_uri() == invite.view().request_uri());
        CHECK(ack.view().to_tag() == "bob");
        CHECK(ack.view().cseq().number == 1);
        CHECK(ack.view().cseq().name == method::ack);
    }
    SUBCASE("Timer D ends it 32 s after the first copy, with no word to the user") {
        advance(30999ms);
        CHECK(layer.live() == 1);
        advance(1ms);
        CHECK(layer.live() == 0);
        CHECK(told() == lines{});
    }
}

TEST_CASE_FIXTURE(layer_fixture, "Timer D is never below 32 s and follows a long T1 (17.1.1.2)") {
    SUBCASE("short T1") {
        timing_.t1 = 10ms;
        send("INVITE");
        receive_response(404);
        advance(31999ms);
        CHECK(layer.live() == 1);
        advance(1ms);
        CHECK(layer.live() == 0);
    }
    SUBCASE("long T1") {
        timing_.t1 = 1s;
        send("INVITE");
        receive_response(404);
        advance(63999ms);
        CHECK(layer.live() == 1);
        advance(1ms);
        CHECK(layer.live() == 0);
    }
}

TEST_CASE_FIXTURE(layer_fixture, "Over a connection a non-2xx ends the INVITE at once, and its ACK is still sent") {
    send("INVITE", tcp);
    receive_response(603);
    CHECK(layer.live() == 0);
    CHECK(sent() == lines{"0 INVITE", "0 ACK"});
    // The shell asks is_live(origin) before it writes what waited for the connection: the ACK must not depend on it.
    CHECK_FALSE(newest_send.origin);
}

TEST_CASE_FIXTURE(
    layer_fixture, "Each 2xx is delivered, repeated or of another fork, until Timer M at 64T1 (RFC 6026 7.2)"
) {
    send("INVITE");
    receive_response(200, "bob");
    advance(500ms);
    receive_response(200, "bob");
    receive_response(200, "carol");
    CHECK(told() == lines{"0 200 for 7", "500 200 for 7", "500 200 for 7"});
    receive_response(486, "dave");  // a late failure of one more fork
    CHECK(told() == lines{});
    advance(31499ms);
    CHECK(layer.live() == 1);
    advance(1ms);
    CHECK(layer.live() == 0);
    CHECK(sent() == lines{"0 INVITE"});  // the user acknowledges 2xx, not the transaction

    receive_response(200, "bob");
    CHECK(told() == lines{"32000 stray 200"});
}

TEST_CASE_FIXTURE(
    layer_fixture, "Late responses are dropped, only a 2xx to an INVITE is handed up as stray (RFC 6026 7.2)"
) {
    send("INVITE");
    advance(33s);
    told();
    receive_response(180);
    receive_response(487);
    CHECK(told() == lines{});
    send("OPTIONS");
    advance(33s);
    told();
    receive_response(200);
    CHECK(told() == lines{});
}

TEST_CASE_FIXTURE(layer_fixture, "A response matches by branch and method, not by branch alone (17.1.3)") {
    auto invite = send("INVITE");
    auto invite_text = newest_request;
    receive_response(180);
    auto canceled = layer.cancel(now, invite, 8, out());
    REQUIRE(canceled.has_value());
    remember();
    told();
    receive(response_to(newest_request, 200));  // of the CANCEL
    CHECK(told() == lines{"0 200 for 8"});
    receive(response_to(invite_text, 487));
    CHECK(told() == lines{"0 487 for 7"});
}

TEST_CASE_FIXTURE(layer_fixture, "A response whose top Via names another sent-by is not ours (18.1.2)") {
    send("OPTIONS");
    auto const ours = response_to(newest_request, 200);
    auto const host = ours.find("192.0.2.1"), port = ours.find(":5060");
    REQUIRE(port < ours.find(";branch"));
    auto another_host = ours, another_port = ours;
    receive(another_host.replace(host, 9, "192.0.2.7"));
    receive(another_port.replace(port, 5, ":5070"));
    CHECK(told() == lines{});
    auto default_port = ours;
    receive(default_port.erase(port, 5));  // means the same
    CHECK(told() == lines{"0 200 for 7"});
}

TEST_CASE_FIXTURE(layer_fixture, "A response with another branch is not ours") {
    send("OPTIONS");
    auto text = response_to(newest_request, 200);
    text.replace(text.find("branch=z9hG4bK"), 16, "branch=z9hG4bK..");
    receive(text);
    CHECK(told() == lines{});
}

TEST_CASE_FIXTURE(
    layer_fixture, "Each branch is new and carries the cookie and the suffix that a proxy asks for (8.1.1.7, 16.6)"
) {
    auto request = outgoing(request_text("OPTIONS"));
    request.branch_suffix = ".loop-1";
    std::vector<std::string> branches;
    for (int i = 0; i < 100; ++i) {
        REQUIRE(layer.send_request(now, request, out()).has_value());
        remember();
        auto parsed = parse_message(pool.copy(newest_request), pool).value();
        branches.emplace_back(parsed.view().top_via().branch());
        CHECK(branches.back().starts_with(branch_cookie));
        CHECK(branches.back().ends_with(".loop-1"));
    }
    std::sort(branches.begin(), branches.end());
    CHECK(std::adjacent_find(branches.begin(), branches.end()) == branches.end());
}

// ---- non-INVITE

TEST_CASE_FIXTURE(layer_fixture, "Non-INVITE client resends at T1 doubling to T2 and gives up at 64T1 (17.1.2.2)") {
    send("OPTIONS");
    advance(40s);
    CHECK(
        sent() ==
        lines{
            "0 OPTIONS", "500 OPTIONS", "1500 OPTIONS", "3500 OPTIONS", "7500 OPTIONS", "11500 OPTIONS",
            "15500 OPTIONS", "19500 OPTIONS", "23500 OPTIONS", "27500 OPTIONS", "31500 OPTIONS"}
    );
    CHECK(told() == lines{"32000 timeout for 7"});
    CHECK(layer.live() == 0);
}

TEST_CASE_FIXTURE(layer_fixture, "In Proceeding a non-INVITE is resent every T2, and Timer F still runs (17.1.2.2)") {
    send("OPTIONS");
    advance(600ms);
    receive_response(100);
    advance(40s);
    // Timer E had been set to run out at 1.5 s when the 100 came; from then on it takes T2.
    CHECK(
        sent() ==
        lines{
            "0 OPTIONS", "500 OPTIONS", "1500 OPTIONS", "5500 OPTIONS", "9500 OPTIONS", "13500 OPTIONS",
            "17500 OPTIONS", "21500 OPTIONS", "25500 OPTIONS", "29500 OPTIONS"}
    );
    CHECK(told() == lines{"600 100 for 7", "32000 timeout for 7"});
}

TEST_CASE_FIXTURE(
    layer_fixture, "A final response to a non-INVITE is delivered once; copies die in Completed until Timer K"
) {
    send("REGISTER");
    receive_response(401);
    receive_response(401);
    CHECK(told() == lines{"0 401 for 7"});
    advance(4999ms);
    CHECK(layer.live() == 1);
    advance(1ms);
    CHECK(layer.live() == 0);
    CHECK(sent() == lines{"0 REGISTER"});
}

TEST_CASE_FIXTURE(layer_fixture, "Over a connection a non-INVITE is sent once and ends with its final response") {
    send("REGISTER", tcp);
    advance(10s);
    receive_response(200);
    CHECK(layer.live() == 0);
    CHECK(sent() == lines{"0 REGISTER"});
    CHECK(told() == lines{"10000 200 for 7"});
}

// ---- CANCEL

TEST_CASE_FIXTURE(layer_fixture, "CANCEL waits for a provisional response and comes too late after a final one (9.1)") {
    auto id = send("INVITE");
    CHECK(layer.cancel(now, id, 8, out()).error() == errc::wrong_state);
    receive_response(200);
    CHECK(layer.cancel(now, id, 8, out()).error() == errc::wrong_state);
    CHECK(layer.cancel(now, transaction_id{99, 1}, 8, out()).error() == errc::no_such_session);
    auto options = send("OPTIONS");
    receive_response(100);
    CHECK(layer.cancel(now, options, 8, out()).error() == errc::wrong_state);
}

TEST_CASE_FIXTURE(
    layer_fixture, "A CANCEL names its INVITE: same branch, Request-URI, Call-ID, To, From, CSeq number (9.1)"
) {
    auto id = send("INVITE");
    auto invite = parse_message(pool.copy(newest_request), pool).value();
    receive_response(180);
    REQUIRE(layer.cancel(now, id, 8, out()).has_value());
    remember();
    auto cancel = parse_message(pool.copy(newest_request), pool).value();
    CHECK(cancel.view().method() == method::cancel);
    CHECK(cancel.view().top_via().text == invite.view().top_via().text);
    CHECK(cancel.view().request_uri() == invite.view().request_uri());
    CHECK(cancel.view().call_id() == invite.view().call_id());
    CHECK(cancel.view().cseq().number == invite.view().cseq().number);
    CHECK(cancel.view().raw(header_id::to) == invite.view().raw(header_id::to));
    CHECK(cancel.view().raw(header_id::from) == invite.view().raw(header_id::from));
}

TEST_CASE_FIXTURE(layer_fixture, "A cancelled INVITE without a final response ends 64T1 after the CANCEL (9.1)") {
    auto id = send("INVITE");
    receive_response(180);
    advance(20s);
    REQUIRE(layer.cancel(now, id, 8, out()).has_value());
    remember();
    receive(response_to(newest_request, 200));
    sent(), told();
    SUBCASE("silence") {
        advance(40s);
        CHECK(told() == lines{"52000 timeout for 7"});
        CHECK(layer.live() == 0);
    }
    SUBCASE("487") {
        receive(response_to(sent_text[0], 487));
        CHECK(told() == lines{"20000 487 for 7"});
        CHECK(sent() == lines{"20000 ACK"});
    }
    SUBCASE("the 2xx crossed the CANCEL") {
        receive(response_to(sent_text[0], 200));
        CHECK(told() == lines{"20000 200 for 7"});
        advance(33s);
        CHECK(told() == lines{});
        CHECK(layer.live() == 0);
    }
}

// ---- flows

TEST_CASE_FIXTURE(layer_fixture, "A failed flow fails the requests that wait on it, and no others (17.1.4, 18.4)") {
    send("INVITE", tcp, 1);
    send("OPTIONS", tcp, 2);
    send("OPTIONS", transport_kind::udp, 3);
    layer.on_flow_failed(now, tcp_flow, out());
    remember();
    auto lost = told();
    std::sort(lost.begin(), lost.end());
    CHECK(lost == lines{"0 transport for 1", "0 transport for 2"});
    CHECK(layer.live() == 1);
    layer.on_flow_failed(now, udp_flow, out());
    remember();
    CHECK(told() == lines{"0 transport for 3"});
    CHECK(layer.live() == 0);
}

TEST_CASE_FIXTURE(layer_fixture, "A flow that fails after the final response says nothing more") {
    send("INVITE");
    receive_response(486);
    told();
    send("INVITE");
    receive_response(200);
    told();
    layer.on_flow_failed(now, udp_flow, out());
    remember();
    CHECK(told() == lines{});
    CHECK(layer.live() == 1);  // Accepted stays for the 2xx of other forks
}

TEST_CASE_FIXTURE(layer_fixture, "A request queued on a slow TCP connect is not sent after its transaction timed out") {
    // The connection never comes up. Before the shell writes what it queued it asks whether the origin still lives.
    auto id = send("INVITE", tcp);
    auto queued = newest_send;
    CHECK(queued.origin == id);
    CHECK(layer.is_live(queued.origin));
    advance(32s);
    CHECK(told() == lines{"32000 timeout for 7"});
    CHECK_FALSE(layer.is_live(queued.origin));
}

TEST_CASE_FIXTURE(layer_fixture, "What cannot be sent is refused and leaves nothing behind") {
    auto none = outgoing(request_text("OPTIONS"));
    none.flow = flow_id::none;
    CHECK(layer.send_request(now, none, out()).error() == errc::transport_failed);
    CHECK(layer.send_request(now, outgoing(request_text("ACK")), out()).error() == errc::invalid_argument);
    CHECK(layer.send_request(now, outgoing("nonsense\r\n\r\n"), out()).error() == errc::invalid_argument);
    CHECK(layer.send_ack(outgoing(request_text("BYE")), out()).error() == errc::invalid_argument);
    remember();
    CHECK(sent() == lines{});
    CHECK(layer.live() == 0);
    CHECK_FALSE(layer.next_deadline());
}

TEST_CASE_FIXTURE(layer_fixture, "The ACK of a 2xx has a branch of its own and no transaction (13.2.2.4)") {
    send("INVITE");
    receive_response(200);
    auto invite = parse_message(pool.copy(newest_request), pool).value();
    auto wire = layer.send_ack(outgoing(request_text("ACK", "bob")), out());
    REQUIRE(wire.has_value());
    remember();
    CHECK(sent() == lines{"0 INVITE", "0 ACK"});
    CHECK(wire->text() == sent_text[1]);
    CHECK_FALSE(newest_send.origin);
    auto ack = parse_message(*wire, pool).value();
    CHECK(ack.view().top_via().branch() != invite.view().top_via().branch());
    CHECK(layer.live() == 1);
}

TEST_CASE("Beyond the limit a request is refused, and goes again once there is room") {
    layer_fixture f({.transactions = 2});
    f.send("OPTIONS");
    f.send("OPTIONS");
    CHECK(f.layer.send_request(f.now, f.outgoing(f.request_text("OPTIONS")), f.out()).error() == errc::limit_reached);
    f.advance(33s);
    f.send("OPTIONS");
}

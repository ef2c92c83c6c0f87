// Covered: INVITE and non-INVITE server transactions through the layer: 100 at 200 ms, retransmitted requests, Timers
// G, H, I, J, L, ACK for 2xx and for other responses, RFC 4320, CANCEL, merged requests, RFC 2543 peers, failed flows
// and the way around them, overload.
#include <doctest/doctest.h>

#include "layer_fixture.hpp"

using namespace test;

namespace {
auto const tcp = transport_kind::tcp;
}

TEST_CASE_FIXTURE(layer_fixture, "An INVITE that its user leaves unanswered for 200 ms gets a 100 (17.2.1)") {
    receive_request("INVITE");
    CHECK(told() == lines{"0 INVITE"});
    advance(199ms);
    CHECK(sent() == lines{});
    advance(1ms);
    CHECK(sent() == lines{"200 100"});
    advance(10min);
    CHECK(sent() == lines{});
    auto trying = parse_message(pool.copy(sent_text[0]), pool).value();
    CHECK(trying.view().to_tag().empty());
}

TEST_CASE_FIXTURE(layer_fixture, "No 100 where the user answered within 200 ms") {
    auto id = receive_request("INVITE");
    advance(100ms);
    SUBCASE("180") {
        CHECK_FALSE(respond(id, 180));
    }
    SUBCASE("100 of its own") {
        CHECK_FALSE(respond(id, 100, {}));
    }
    SUBCASE("200") {
        CHECK_FALSE(respond(id, 200));
    }
    sent();
    advance(400ms);
    CHECK(sent() == lines{});
}

TEST_CASE_FIXTURE(layer_fixture, "Retransmission arriving while its first copy is being handled") {
    auto id = receive_request("INVITE");
    advance(50ms);
    receive(from_peer("INVITE"));
    CHECK(told() == lines{"0 INVITE"});
    CHECK(sent() == lines{});  // there is no response to repeat yet
    advance(150ms);
    receive(from_peer("INVITE"));
    CHECK(sent() == lines{"200 100", "200 100"});
    CHECK_FALSE(respond(id, 180));
    receive(from_peer("INVITE"));
    CHECK(sent() == lines{"200 180", "200 180"});
    CHECK(told() == lines{});
    CHECK(layer.live() == 1);
}

TEST_CASE_FIXTURE(layer_fixture, "Non-2xx final is retransmitted until ACK or Timer H") {
    auto id = receive_request("INVITE");
    layer.set_owner(id, 9);
    respond(id, 486);
    SUBCASE("no ACK: T1 doubling to T2, and at 64T1 the user hears of it (17.2.1)") {
        advance(40s);
        CHECK(
            sent() ==
            lines{
                "0 486", "500 486", "1500 486", "3500 486", "7500 486", "11500 486", "15500 486", "19500 486",
                "23500 486", "27500 486", "31500 486"}
        );
        CHECK(told() == lines{"0 INVITE", "32000 timeout for 9"});
        CHECK(layer.live() == 0);
    }
    SUBCASE("ACK: silence, Confirmed absorbs further ACKs, Timer I ends it after T4") {
        advance(600ms);
        receive(from_peer("ACK", "z9hG4bKpeer", "us"));
        receive(from_peer("ACK", "z9hG4bKpeer", "us"));
        receive(from_peer("INVITE"));
        sent();
        advance(4999ms);
        CHECK(layer.live() == 1);
        advance(1ms);
        CHECK(layer.live() == 0);
        CHECK(sent() == lines{});
        CHECK(told() == lines{"0 INVITE"});  // neither the ACK nor an error
    }
    SUBCASE("a repeated INVITE gets the response at once") {
        advance(200ms);
        receive(from_peer("INVITE"));
        CHECK(sent() == lines{"0 486", "200 486"});
    }
}

TEST_CASE_FIXTURE(layer_fixture, "Over a connection a non-2xx is sent once and still needs its ACK") {
    auto id = receive_request("INVITE", tcp);
    respond(id, 486);
    SUBCASE("with ACK") {
        receive(from_peer("ACK", "z9hG4bKpeer", "us", "TCP"), tcp_flow, peer_tcp);
        CHECK(layer.live() == 0);
        CHECK(told() == lines{"0 INVITE"});
    }
    SUBCASE("without") {
        advance(33s);
        CHECK(told() == lines{"0 INVITE", "32000 timeout for 0"});
    }
    CHECK(sent() == lines{"0 486"});
}

TEST_CASE_FIXTURE(
    layer_fixture, "After a 2xx the transaction absorbs INVITEs, passes ACKs up, and ends with Timer L (RFC 6026 7.1)"
) {
    auto id = receive_request("INVITE");
    respond(id, 200);
    advance(500ms);
    receive(from_peer("INVITE"));
    CHECK(sent() == lines{"0 200"});  // repeating the 2xx is the user's business
    CHECK(told() == lines{"0 INVITE"});

    auto ok = start_response(pool, layer.request_of(id), 200, "us").finish();
    CHECK_FALSE(layer.respond_again(now, id, *ok, out()));
    remember();
    CHECK(sent() == lines{"500 200"});

    receive(from_peer("ACK", "z9hG4bKother", "us"));
    CHECK(told() == lines{"500 ACK, no transaction"});
    // Some peers reuse the INVITE's branch for the ACK of a 2xx.
    receive(from_peer("ACK", "z9hG4bKpeer", "us"));
    CHECK(told() == lines{"500 ACK, no transaction"});

    advance(31499ms);
    CHECK(layer.is_live(id));
    advance(1ms);
    CHECK_FALSE(layer.is_live(id));
    CHECK(layer.respond_again(now, id, *ok, out()) == errc::no_such_session);
}

TEST_CASE_FIXTURE(
    layer_fixture, "A forking proxy may pass several 2xx, and nothing else, through one transaction (16.7)"
) {
    auto id = receive_request("INVITE");
    CHECK_FALSE(respond(id, 200, "fork-1"));
    CHECK_FALSE(respond(id, 200, "fork-2"));
    CHECK(respond(id, 486) == errc::wrong_state);
    CHECK(respond(id, 180) == errc::wrong_state);
    CHECK(sent() == lines{"0 200", "0 200"});
}

TEST_CASE_FIXTURE(layer_fixture, "A second final response, or one to nobody, is refused") {
    auto id = receive_request("INVITE");
    respond(id, 486);
    CHECK(respond(id, 200) == errc::wrong_state);
    CHECK(respond(id, 486) == errc::wrong_state);
    auto text = pool.copy("SIP/2.0 200 OK\r\n\r\n");
    CHECK(layer.respond(now, transaction_id{5, 5}, text, out()) == errc::no_such_session);
    CHECK(layer.respond(now, send("OPTIONS"), text, out()) == errc::no_such_session);
    CHECK(layer.respond(now, id, pool.copy("hello"), out()) == errc::invalid_argument);
    CHECK(layer.respond(now, id, pool.copy("SIP/2.0 0200 OK\r\n\r\n"), out()) == errc::invalid_argument);
    CHECK(layer.respond_again(now, id, text, out()) == errc::wrong_state);
}

// ---- non-INVITE

TEST_CASE_FIXTURE(layer_fixture, "A non-INVITE's answer is kept for its retransmissions until Timer J (17.2.2)") {
    auto id = receive_request("OPTIONS");
    receive(from_peer("OPTIONS"));
    CHECK(sent() == lines{});
    respond(id, 200);
    receive(from_peer("OPTIONS"));
    CHECK(sent() == lines{"0 200", "0 200"});
    CHECK(told() == lines{"0 OPTIONS"});
    advance(31999ms);
    CHECK(layer.live() == 1);
    advance(1ms);
    CHECK(layer.live() == 0);
}

TEST_CASE_FIXTURE(
    layer_fixture, "Over a connection a non-INVITE transaction ends with its answer, which is still sent"
) {
    auto id = receive_request("OPTIONS", tcp);
    respond(id, 200);
    CHECK(layer.live() == 0);
    CHECK(sent() == lines{"0 200"});
    CHECK_FALSE(newest_send.origin);
    CHECK(newest_send.flow == tcp_flow);
}

TEST_CASE_FIXTURE(layer_fixture, "A non-INVITE gets a 100 only once Timer E would have reached T2 (RFC 4320 4.1)") {
    auto id = receive_request("MESSAGE");
    CHECK(respond(id, 100) == errc::invalid_argument);
    CHECK(respond(id, 180) == errc::invalid_argument);
    advance(3499ms);
    CHECK(sent() == lines{});
    advance(1ms);
    CHECK(sent() == lines{"3500 100"});
    receive(from_peer("MESSAGE"));
    CHECK(sent() == lines{"3500 100"});
    respond(id, 200);
    CHECK(sent() == lines{"3500 200"});
}

TEST_CASE_FIXTURE(
    layer_fixture, "A 408 to a non-INVITE is never sent: it ends the transaction silently (RFC 4320 4.2)"
) {
    auto id = receive_request("MESSAGE");
    SUBCASE("in Trying") {}
    SUBCASE("in Proceeding") {
        advance(4s);
    }
    sent();
    CHECK_FALSE(respond(id, 408));
    CHECK(sent() == lines{});
    CHECK(layer.live() == 0);
}

TEST_CASE_FIXTURE(layer_fixture, "A 408 to an INVITE is an ordinary answer") {
    auto id = receive_request("INVITE");
    CHECK_FALSE(respond(id, 408));
    CHECK(sent() == lines{"0 408"});
}

TEST_CASE_FIXTURE(layer_fixture, "The account's timers count from set_timing() on") {
    auto id = receive_request("INVITE");
    layer.set_timing(id, {.t1 = 100ms, .t2 = 200ms, .t4 = 1s});
    respond(id, 486);
    advance(700ms);
    CHECK(sent() == lines{"0 486", "100 486", "300 486", "500 486", "700 486"});
    advance(10s);
    CHECK(told() == lines{"0 INVITE", "6400 timeout for 0"});
}

// ---- matching

TEST_CASE_FIXTURE(layer_fixture, "CANCEL is a transaction of its own that names its INVITE (9.2)") {
    auto invite = receive_request("INVITE");
    receive(from_peer("CANCEL"));
    CHECK(told() == lines{"0 INVITE", "0 CANCEL, cancels"});
    auto cancel = newest_request_received;
    CHECK(cancel != invite);
    receive(from_peer("CANCEL"));
    CHECK(told() == lines{});
    respond(cancel, 200);
    respond(invite, 487);
    CHECK(sent() == lines{"0 200", "0 487"});
    receive(from_peer("ACK", "z9hG4bKpeer", "us"));
    CHECK(told() == lines{});
}

TEST_CASE_FIXTURE(layer_fixture, "A CANCEL that arrives before or without its INVITE cancels nothing") {
    receive(from_peer("CANCEL"));
    CHECK(told() == lines{"0 CANCEL"});
    receive_request("OPTIONS");
    receive(from_peer("CANCEL", "z9hG4bKsecond"));
    CHECK(told() == lines{"0 OPTIONS", "0 CANCEL"});
}

TEST_CASE_FIXTURE(layer_fixture, "A CANCEL knows whether it names a request of another method (9.2)") {
    receive_request("OPTIONS");
    receive(from_peer("CANCEL"));
    receive(from_peer("CANCEL", "z9hG4bKnone"));
    CHECK(told() == lines{"0 OPTIONS", "0 CANCEL, names another", "0 CANCEL"});
}

TEST_CASE_FIXTURE(layer_fixture, "An ACK before any final response is dropped") {
    receive_request("INVITE");
    receive(from_peer("ACK", "z9hG4bKpeer"));
    CHECK(told() == lines{"0 INVITE"});
}

TEST_CASE_FIXTURE(
    layer_fixture, "The same branch from another sent-by or with another method is another transaction (17.2.3)"
) {
    receive_request("OPTIONS");
    auto other = from_peer("OPTIONS");
    other.replace(other.find("UDP 192.0.2.9"), 13, "UDP 192.0.2.8");
    receive(other);
    receive(from_peer("MESSAGE"));
    CHECK(told() == lines{"0 OPTIONS", "0 OPTIONS, merged", "0 MESSAGE"});
    CHECK(layer.live() == 3);
}

TEST_CASE_FIXTURE(layer_fixture, "Unknown methods are transactions as well, told apart by their names") {
    receive(from_peer("FROB"));
    receive(from_peer("FROB"));
    receive(from_peer("GRAB"));
    CHECK(told() == lines{"0 FROB", "0 GRAB"});
}

TEST_CASE_FIXTURE(layer_fixture, "The same request over another path is merged (8.2.2.2)") {
    receive_request("INVITE");
    receive(from_peer("INVITE", "z9hG4bKpath2"));
    CHECK(told() == lines{"0 INVITE", "0 INVITE, merged"});
    SUBCASE("a request inside a dialog never is") {
        receive(from_peer("INVITE", "z9hG4bKpath3", "us"));
        CHECK(told() == lines{"0 INVITE"});
    }
    SUBCASE("nor one of a finished transaction") {
        respond(newest_request_received, 482);
        advance(33s);
        told();
        layer_fixture fresh;
        fresh.receive_request("OPTIONS", tcp);
        fresh.respond(fresh.newest_request_received, 200);
        fresh.receive(from_peer("OPTIONS", "z9hG4bKpath2"));
        CHECK(fresh.told() == lines{"0 OPTIONS", "0 OPTIONS"});
    }
}

TEST_CASE_FIXTURE(layer_fixture, "RFC 2543 peers are matched without branches (17.2.3)") {
    receive(from_peer("INVITE", {}));
    auto id = newest_request_received;
    receive(from_peer("INVITE", {}));
    CHECK(told() == lines{"0 INVITE"});
    SUBCASE("the ACK of a non-2xx by its To tag") {
        respond(id, 486, "us");
        receive(from_peer("ACK", {}, "somebody-else"));
        CHECK(told() == lines{"0 ACK, no transaction"});
        receive(from_peer("ACK", {}, "us"));
        CHECK(told() == lines{});
        advance(5s);
        CHECK(layer.live() == 0);
    }
    SUBCASE("the ACK of a 2xx goes to the user (RFC 6026 6)") {
        respond(id, 200, "us");
        receive(from_peer("ACK", {}, "us"));
        CHECK(told() == lines{"0 ACK, no transaction"});
    }
    SUBCASE("CANCEL") {
        receive(from_peer("CANCEL", {}));
        CHECK(told() == lines{"0 CANCEL, cancels"});
    }
    SUBCASE("the same branch for everything does not confuse calls") {
        auto one = from_peer("OPTIONS", "1"), two = from_peer("OPTIONS", "1");
        two.replace(two.find("call-2"), 6, "call-3");
        receive(one);
        receive(two);
        receive(two);
        CHECK(told() == lines{"0 OPTIONS", "0 OPTIONS"});
    }
}

TEST_CASE_FIXTURE(
    layer_fixture, "A new request is stamped with its source, and the response goes there (18.2.1, RFC 3581)"
) {
    auto text = from_peer("OPTIONS");
    text.replace(text.find("192.0.2.9;branch"), 16, "10.0.0.1;rport;branch");
    endpoint nat = peer_udp;
    nat.port = 40404;
    receive(text, udp_flow, nat);
    auto via = layer.request_of(newest_request_received).top_via();
    CHECK(via.params.value("received") == "192.0.2.9");
    CHECK(via.params.value("rport") == "40404");
    respond(newest_request_received, 200);
    CHECK(newest_send.to == nat);
    CHECK(sent_text.back().find(";received=192.0.2.9;rport=40404") != std::string::npos);
}

// ---- flows and load

TEST_CASE_FIXTURE(layer_fixture, "2xx is retried when the connection closed before it was sent") {
    auto id = receive_request("INVITE", tcp);
    layer.set_owner(id, 9);
    layer.on_flow_failed(now, tcp_flow, out());
    remember();
    CHECK(told() == lines{"0 INVITE", "0 transport for 9"});
    CHECK(layer.is_live(id));
    CHECK(respond(id, 200) == errc::transport_failed);
    CHECK(sent() == lines{});

    endpoint listener = peer_tcp;
    listener.port = 5060;
    CHECK_FALSE(layer.reroute(id, flow_id{3}, listener, out()));
    remember();
    CHECK(sent() == lines{"0 200"});
    CHECK(newest_send.flow == flow_id{3});
    CHECK(newest_send.to == listener);
    // The new connection can fail too.
    layer.on_flow_failed(now, flow_id{3}, out());
    remember();
    CHECK(told() == lines{"0 transport for 9"});
    CHECK(layer.reroute(transaction_id{}, flow_id{3}, listener, out()) == errc::no_such_session);
}

TEST_CASE_FIXTURE(
    layer_fixture, "A retransmitted INVITE is still recognised after its flow failed (17.2.4, RFC 6026 7.1)"
) {
    auto id = receive_request("INVITE");
    layer.on_flow_failed(now, udp_flow, out());
    remember();
    CHECK(told() == lines{"0 INVITE", "0 transport for 0"});
    receive(from_peer("INVITE"), flow_id{5});
    CHECK(told() == lines{});
    CHECK(layer.is_live(id));
}

TEST_CASE("Beyond the limit requests are refused with 503 and cost no memory (8.2.7)") {
    layer_fixture f({.transactions = 1});
    f.receive_request("INVITE");
    f.receive(f.from_peer("OPTIONS", "z9hG4bKsecond"));
    CHECK(f.told() == lines{"0 INVITE"});
    CHECK(f.sent() == lines{"0 503"});
    CHECK(f.layer.live() == 1);
    auto first = f.sent_text.back();
    f.receive(f.from_peer("OPTIONS", "z9hG4bKsecond"));
    CHECK(f.sent_text.back() == first);  // the same To tag for each copy (8.2.7)
    // What belongs to the one transaction still comes through.
    f.receive(f.from_peer("INVITE"));
    CHECK(f.sent() == lines{"0 503"});
}

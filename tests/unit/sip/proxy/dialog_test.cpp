// Covered: requests inside a dialog through the recorded route, in both directions, UDP and TCP in all combinations,
// ACK of 2xx, strict routers on the way, phones reachable over their own connection only, forged tokens, lost
// connections.
#include "proxy_fixture.hpp"

using namespace test;

namespace {

auto const alice_tcp = at("10.0.0.1:40001", sip::transport_kind::tcp);
auto const bob_tcp = at("10.0.0.2:40002", sip::transport_kind::tcp);

/// The value of Route for the caller: the Record-Routes of the answer in reverse (12.1.2). For the callee: in order.
std::string route_of(std::string const& message, bool reversed) {
    auto values = proxy_fixture::all_headers(message, "Record-Route");
    if (reversed) std::reverse(values.begin(), values.end());
    std::string text;
    for (auto const& each : values)
        text += "Route: " + each + "\n";
    return text;
}

/// Alice has called Bob, who answered.
struct dialog : proxy_fixture {
    std::optional<sip::flow_id> alice_flow, bob_flow;
    sip::endpoint from = alice;
    sent invite;
    std::string answer;

    void establish(sip::transport_kind alices, sip::transport_kind bobs) {
        if (alices == sip::transport_kind::tcp) alice_flow = accept(from = alice_tcp);
        if (bobs == sip::transport_kind::tcp) {
            bob_flow = accept(bob_tcp);
            // Behind that address nobody listens: the phone can be reached over this connection only.
            register_phone("1002", "<sip:1002@10.0.0.2:5060;transport=tcp>", bob_tcp, bob_flow);
        } else {
            register_phone("1002", "<sip:1002@10.0.0.2>", bob);
        }
        receive(request{.headers = "Contact: <sip:1001@10.0.0.1:40001;transport=tcp>\n", .via = from}, alice_flow);
        invite = next_beyond_trying();
        REQUIRE(invite.text.starts_with("INVITE"));
        reply(invite, 200, "bob");
        answer = next().text;
        REQUIRE(answer.starts_with("SIP/2.0 200"));
    }
    request in_dialog(std::string method, std::string routes) {
        return {
            .method = std::move(method),
            .uri = "sip:callee@10.0.0.2:5060",
            .to_tag = "bob",
            .cseq = 2,
            .branch = "z9hG4bK2",
            .headers = std::move(routes),
            .via = from};
    }
    request from_bob(std::string method) {
        request r = in_dialog(std::move(method), route_of(invite.text, false));
        r.uri = "sip:1001@10.0.0.1:40001;transport=tcp";
        r.via = bob_flow ? bob_tcp : bob;
        return r;
    }
};

}  // namespace

TEST_CASE_FIXTURE(dialog, "ACK and BYE of the caller follow the recorded route (16.12, 13.2.2.4)") {
    establish(sip::transport_kind::udp, sip::transport_kind::udp);
    auto routes = route_of(answer, true);
    CHECK(unsigned_route(routes) == "Route: <sip:10.0.0.9:5060;lr>\n");
    receive(in_dialog("ACK", routes));
    auto ack = next();
    CHECK(ack.to == bob);
    CHECK(ack.text.starts_with("ACK sip:callee@10.0.0.2:5060 SIP/2.0"));
    CHECK(header(ack.text, "Route").empty());
    CHECK(header(ack.text, "Max-Forwards") == "69");
    CHECK(all_headers(ack.text, "Via").size() == 2);
    CHECK(header(ack.text, "Record-Route").empty());

    receive(in_dialog("BYE", routes));
    auto bye = next();
    CHECK(bye.to == bob);
    reply(bye, 200);
    CHECK(drain() == text_lines{"10.0.0.1 200 BYE"});
}

TEST_CASE_FIXTURE(
    dialog, "Two transports are recorded as two routes, each with its side's transport (RFC 5658, RFC 3608 6.2)"
) {
    establish(sip::transport_kind::udp, sip::transport_kind::tcp);
    auto recorded = all_headers(invite.text, "Record-Route");
    REQUIRE(recorded.size() == 2);
    CHECK(recorded[0].find("@10.0.0.9:5060;transport=tcp;lr;by=") != std::string::npos);  // the callee's side
    CHECK(unsigned_route(recorded[1]) == "<sip:10.0.0.9:5060;lr>");
    CHECK(header(invite.text, "Via").starts_with("SIP/2.0/TCP 10.0.0.9:5060;"));
}

TEST_CASE_FIXTURE(dialog, "A phone is reached over the connection that it registered with, in and outside of dialogs") {
    for (auto caller : {sip::transport_kind::udp, sip::transport_kind::tcp}) {
        dialog d;
        d.establish(caller, sip::transport_kind::tcp);
        CHECK(d.invite.flow == *d.bob_flow);
        d.receive(d.in_dialog("ACK", route_of(d.answer, true)), d.alice_flow);
        CHECK(d.next().flow == *d.bob_flow);
        d.receive(d.in_dialog("BYE", route_of(d.answer, true)), d.alice_flow);
        CHECK(d.next().flow == *d.bob_flow);
        CHECK(d.opened.empty());
    }
}

TEST_CASE_FIXTURE(dialog, "The callee reaches a caller over the caller's own connection") {
    for (auto callee : {sip::transport_kind::udp, sip::transport_kind::tcp}) {
        dialog d;
        d.establish(sip::transport_kind::tcp, callee);
        auto bye = d.from_bob("BYE");
        d.receive(bye, d.bob_flow);
        auto forwarded = d.next();
        CHECK(forwarded.flow == *d.alice_flow);
        CHECK(forwarded.text.starts_with("BYE sip:1001@10.0.0.1:40001;transport=tcp SIP/2.0"));
        CHECK(d.opened.empty());
    }
}

TEST_CASE_FIXTURE(dialog, "When the connection is gone, a request in the dialog opens one to the contact") {
    establish(sip::transport_kind::udp, sip::transport_kind::tcp);
    on_flow(*bob_flow, sip::flow_change::closed);
    auto bye = in_dialog("BYE", route_of(answer, true));
    bye.uri = "sip:callee@10.0.0.2:5060;transport=tcp";
    receive(bye);
    REQUIRE(opened.size() == 1);
    CHECK(opened[0].to == at("10.0.0.2:5060", sip::transport_kind::tcp));
    CHECK(next().flow == opened[0].flow);
}

TEST_CASE_FIXTURE(dialog, "A token that we did not write names no connection") {
    establish(sip::transport_kind::udp, sip::transport_kind::tcp);
    auto routes = route_of(answer, true);
    auto const token = routes.find('@') - 2;
    routes[token] = routes[token] == 'a' ? 'b' : 'a';
    auto bye = in_dialog("BYE", routes);
    bye.uri = "sip:callee@10.0.0.4:5070";
    receive(bye);
    CHECK(next().to == at("10.0.0.4:5070"));
}

TEST_CASE_FIXTURE(dialog, "A strict router as the next hop gets its URI as the Request-URI (16.6 step 6)") {
    establish(sip::transport_kind::udp, sip::transport_kind::udp);
    receive(in_dialog("BYE", "Route: <sip:10.0.0.9:5060;lr>\nRoute: <sip:10.0.0.7>\n"));
    auto bye = next();
    CHECK(bye.to == at("10.0.0.7:5060"));
    CHECK(bye.text.starts_with("BYE sip:10.0.0.7 SIP/2.0"));
    CHECK(header(bye.text, "Route") == "<sip:callee@10.0.0.2:5060>");
}

TEST_CASE_FIXTURE(dialog, "A strict router before us has put our route into the Request-URI (16.4)") {
    establish(sip::transport_kind::udp, sip::transport_kind::udp);
    auto bye = in_dialog("BYE", "Route: <sip:callee@10.0.0.2:5060>\n");
    bye.uri = "sip:10.0.0.9:5060;lr";
    receive(bye);
    auto forwarded = next();
    CHECK(forwarded.to == bob);
    CHECK(forwarded.text.starts_with("BYE sip:callee@10.0.0.2:5060 SIP/2.0"));
}

TEST_CASE_FIXTURE(
    dialog, "An ACK to a user of ours that follows no route goes to the user's one place, if there is one"
) {
    establish(sip::transport_kind::udp, sip::transport_kind::udp);
    auto ack = in_dialog("ACK", "");
    ack.uri = "sip:1002@example.com";
    receive(ack);
    CHECK(next().text.starts_with("ACK sip:1002@10.0.0.2 SIP/2.0"));
    register_phone("1002", "<sip:1002@10.0.0.3>", carol);
    receive(ack);
    ack.uri = "sip:1003@example.com";
    receive(ack);
    CHECK(drain() == text_lines{});
}

TEST_CASE_FIXTURE(dialog, "An ACK that is not for us and follows no route of ours, or may go no further, is dropped") {
    establish(sip::transport_kind::udp, sip::transport_kind::udp);
    receive(in_dialog("ACK", ""));
    auto spent = in_dialog("ACK", route_of(answer, true)).text();
    spent.replace(spent.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
    receive(alice, spent);
    CHECK(drain() == text_lines{});
}

TEST_CASE_FIXTURE(dialog, "An ACK waits for a name to be resolved, and a name without an address ends it") {
    establish(sip::transport_kind::udp, sip::transport_kind::udp);
    auto ack = in_dialog("ACK", route_of(answer, true));
    ack.uri = "sip:callee@phone.example";
    receive(ack);
    receive(ack);
    CHECK(core->live().waiting_acks == 2);
    resolve(0, {bob.address});
    CHECK(drain() == text_lines{"10.0.0.2 ACK"});
    resolve(1, {});
    CHECK(drain() == text_lines{});
    CHECK(core->live().waiting_acks == 0);
    ack.uri = "sip:callee@another.example";  // that phone.example has no address is known for a while
    for (int i = 0; i < 1000; ++i)
        receive(ack);
    CHECK(core->live().waiting_acks == 256);
}

TEST_CASE_FIXTURE(dialog, "A re-INVITE is recorded again and its ACK goes the same way (16.6 step 4)") {
    establish(sip::transport_kind::udp, sip::transport_kind::udp);
    auto hold = in_dialog("INVITE", route_of(answer, true));
    receive(hold);
    auto forwarded = next_beyond_trying();
    CHECK(forwarded.to == bob);
    CHECK(unsigned_route(header(forwarded.text, "Record-Route")) == "<sip:10.0.0.9:5060;lr>");
    reply(forwarded, 200, "bob");
    CHECK(next().text.starts_with("SIP/2.0 200"));
    auto ack = in_dialog("ACK", route_of(answer, true));
    ack.branch = "z9hG4bK3";
    receive(ack);
    CHECK(next().to == bob);
}

TEST_CASE_FIXTURE(dialog, "When the caller's connection is gone, its answer takes a new one (18.2.2)") {
    register_phone("1002", "<sip:1002@10.0.0.2>", bob);
    alice_flow = accept(from = alice_tcp);
    receive(request{.via = from}, alice_flow);
    auto forwarded = next_beyond_trying();
    on_flow(*alice_flow, sip::flow_change::closed);
    reply(forwarded, 200, "bob");
    REQUIRE(opened.size() == 1);
    CHECK(opened[0].to == alice_tcp);
    auto answered = next();
    CHECK(answered.flow == opened[0].flow);
    CHECK(answered.text.starts_with("SIP/2.0 200"));
}

TEST_CASE("A phone behind a translator is reached where it registered from, if it asks for rport (RFC 3581)") {
    proxy_fixture f;
    auto nat = at("10.0.0.50:61000");
    request r{
        .method = "REGISTER", .uri = "sip:example.com", .from = "1002", .headers = "Contact: <sip:b@192.168.1.2>\n"};
    r.via = at("192.168.1.2:5060");
    auto text = r.text();
    text.replace(text.find(";branch"), 7, ";rport;branch");
    f.receive(nat, text);
    CHECK(f.next().to == nat);
    f.receive(request{});
    auto invite = f.next_beyond_trying();
    CHECK(invite.to == nat);
    CHECK(invite.text.starts_with("INVITE sip:b@192.168.1.2 SIP/2.0"));
}

// ---- who may use the recorded route

namespace {

/// Not one of our users, and not for one.
request of_a_stranger(std::string method, std::string routes, std::string to_tag = "b") {
    return {
        .method = std::move(method),
        .uri = "sip:victim@10.0.0.66",
        .from = "9",
        .to_tag = std::move(to_tag),
        .branch = "z9hG4bKstranger",
        .headers = std::move(routes)};
}
std::string from_elsewhere(request const& r) {
    auto text = r.text();
    return text.replace(text.find("example.com>;tag"), 11, "example.org");
}

}  // namespace

TEST_CASE_FIXTURE(
    dialog, "A To tag and a Route of ours are no proof of a dialog: nothing is relayed (RFC 3261 16.3 step 6)"
) {
    establish(sip::transport_kind::udp, sip::transport_kind::udp);
    for (std::string const by : {"", ";by", ";by=x", ";by=AAAAAAAAAAAAAA"}) {
        CAPTURE(by);
        for (std::string const method : {"BYE", "INVITE", "MESSAGE", "ACK"}) {
            auto attempt = of_a_stranger(method, "Route: <sip:10.0.0.9:5060;lr" + by + ">\n");
            attempt.branch += method + std::to_string(by.size());
            receive(alice, from_elsewhere(attempt));
            CHECK(drain() == (method == "ACK" ? text_lines{} : text_lines{"10.0.0.1 403 " + method}));
        }
    }
}

TEST_CASE_FIXTURE(dialog, "The route of one dialog serves no other, and no request that begins one") {
    establish(sip::transport_kind::udp, sip::transport_kind::udp);
    auto other = of_a_stranger("BYE", route_of(answer, true));
    other.call_id = "another";
    receive(alice, from_elsewhere(other));
    CHECK(drain() == text_lines{"10.0.0.1 403 BYE"});
    other = of_a_stranger("BYE", route_of(answer, true));  // the Call-ID, and tags that are not the dialog's
    receive(alice, from_elsewhere(other));
    CHECK(drain() == text_lines{"10.0.0.1 403 BYE"});
    auto first = in_dialog("INVITE", route_of(answer, true));
    first.to_tag.clear();
    first.uri = "sip:victim@10.0.0.66";
    receive(alice, from_elsewhere(first));
    CHECK(drain() == text_lines{"10.0.0.1 403 INVITE"});
}

TEST_CASE("The recorded route holds over a restart that keeps the secret, and not over one that draws another") {
    for (std::string const secret : {"kept", ""}) {
        auto settings = open_settings();
        settings.secret = secret;
        proxy_fixture f(settings);
        f.register_phone("1002", "<sip:1002@10.0.0.2>", bob);
        f.receive(alice, from_elsewhere({.from = "9"}));
        auto const invite = f.next_beyond_trying();
        f.reply(invite, 200, "bob");
        f.wire_log.clear();
        f.start();
        auto bye = of_a_stranger("BYE", route_of(invite.text, true), "bob");
        bye.uri = "sip:callee@10.0.0.2:5060";
        f.receive(alice, from_elsewhere(bye));
        CHECK(f.drain() == text_lines{secret.empty() ? "10.0.0.1 403 BYE" : "10.0.0.2 BYE"});
    }
}

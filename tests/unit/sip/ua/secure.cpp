// The user agent over TLS and WebSocket: which connection carries what, Via and Contact by kind, and the cause of a
// failed connection on its way to the user. Not here: certificates (tests/loopback/sip_tls.cpp), the rules for names
// (tests/unit/sip/transport).
#include <doctest/doctest.h>

#include "sip/ua/core.hpp"
#include "support/seeded_random.hpp"
#include "support/sim_network.hpp"
#include "support/virtual_clock.hpp"
#include "support/wire.hpp"

using namespace sip;
using namespace test;

namespace {

/// A user agent whose actions and events are kept for the test, which plays the shell.
struct agent {
    explicit agent(account_config settings = {}, user_agent_config config = {}) : core(std::move(config), env) {
        if (settings.address_of_record.empty()) settings.address_of_record = "sip:alice@example.com";
        account = core.add_account(std::move(settings)).value();
    }
    template <class Work>
    auto run(Work&& work) {
        auto outcome = work(clock.now(), out);
        collect();
        return outcome;
    }
    request_id options(std::string_view target) {
        return run([&](auto now, auto& o) {
            return core.send_request(now, account, method::options, target, {}, {}, {}, o).value();
        });
    }
    void change(flow_event const& news) {
        core.on_flow(clock.now(), news, out);
        collect();
    }
    void up(open_flow const& which, std::string const& local = "10.0.0.1:40000") {
        change({which.flow, flow_change::up, at(local, which.to.kind), {}, {}, {which.server_name}});
    }
    void receive(flow_id flow, endpoint const& from, std::string const& text) {
        core.on_bytes(clock.now(), flow, from, core.pool().copy(text), out);
        collect();
    }
    flow_id accept(endpoint const& local, endpoint const& remote) {
        auto const flow = core.add_flow(clock.now(), {local, remote, {}}, out);
        collect();
        return flow;
    }
    void collect() {
        for (auto const& action : out.actions) {
            if (auto const* message = std::get_if<send_message>(&action))
                sent.push_back({message->flow, std::string(message->bytes.text())});
            if (auto const* open = std::get_if<open_flow>(&action)) opened.push_back(*open);
        }
        for (auto& one : out.events)
            events.push_back(std::move(one));
        out.clear();
    }
    template <class Event>
    Event last() {
        REQUIRE(!events.empty());
        auto const* found = std::get_if<Event>(&events.back());
        REQUIRE(found != nullptr);
        return *found;
    }

    struct message_out {
        flow_id flow;
        std::string text;
    };
    virtual_clock clock;
    seeded_random random{7};
    environment env = surroundings(random);
    user_agent_core core;
    account_id account;
    outbox out;
    std::vector<message_out> sent;
    std::vector<open_flow> opened;
    std::vector<event> events;
};

account_config over(transport_kind kind, std::string registrar = {}) {
    account_config settings;
    settings.address_of_record = "sip:alice@example.com";
    settings.transport = kind;
    settings.registrar = std::move(registrar);
    return settings;
}

}  // namespace

TEST_CASE("Two names at one address get a TLS connection each (RFC 5922 7.3)") {
    agent a(over(transport_kind::tls));
    a.options("sip:bob@one.example;maddr=10.0.0.9");
    a.options("sip:carol@ONE.example;maddr=10.0.0.9");
    REQUIRE(a.opened.size() == 1);
    CHECK(a.opened[0].to == at("10.0.0.9:5061", transport_kind::tls));
    CHECK(a.opened[0].server_name == "one.example");
    a.up(a.opened[0]);
    CHECK(a.sent.size() == 2);
    a.options("sip:bob@two.example;maddr=10.0.0.9");
    REQUIRE(a.opened.size() == 2);
    CHECK(a.opened[1].to == at("10.0.0.9:5061", transport_kind::tls));
    CHECK(a.opened[1].server_name == "two.example");
    a.options("sip:bob@one.example;maddr=10.0.0.9");
    CHECK(a.sent.size() == 3);
    CHECK(a.sent.back().flow == a.opened[0].flow);
}

TEST_CASE("Over TLS to a SIP URI, Via says TLS and Contact is a SIP URI with transport=tls (RFC 5630 5.1)") {
    agent a(over(transport_kind::tls));
    a.options("sip:bob@10.0.0.2");
    REQUIRE(a.opened.size() == 1);
    CHECK(a.opened[0].server_name == "10.0.0.2");
    a.up(a.opened[0]);
    REQUIRE(a.sent.size() == 1);
    CHECK(header(a.sent[0].text, "Via").starts_with("SIP/2.0/TLS 10.0.0.1:40000;"));
    CHECK(header(a.sent[0].text, "Contact") == "<sip:alice@10.0.0.1:40000;transport=tls>");
}

TEST_CASE("To a SIPS URI Contact is a SIPS URI, whatever transport the account prefers (RFC 3261 8.1.1.8, RFC 5630 5.1)"
) {
    agent a(over(transport_kind::udp));
    a.options("sips:bob@10.0.0.2");
    REQUIRE(a.opened.size() == 1);
    CHECK(a.opened[0].to == at("10.0.0.2:5061", transport_kind::tls));
    a.up(a.opened[0]);
    REQUIRE(a.sent.size() == 1);
    CHECK(header(a.sent[0].text, "Contact") == "<sips:alice@10.0.0.1:40000>");
}

TEST_CASE("Over WebSocket Via says WS or WSS and Contact transport=ws (RFC 7118 5.1, 5.2)") {
    for (auto const kind : {transport_kind::ws, transport_kind::wss}) {
        agent a(over(kind));
        a.options("sip:bob@10.0.0.2");
        REQUIRE(a.opened.size() == 1);
        CHECK(a.opened[0].to == at(kind == transport_kind::ws ? "10.0.0.2:80" : "10.0.0.2:443", kind));
        a.up(a.opened[0]);
        REQUIRE(a.sent.size() == 1);
        auto const begin = kind == transport_kind::ws ? "SIP/2.0/WS 10.0.0.1:40000;" : "SIP/2.0/WSS 10.0.0.1:40000;";
        CHECK(header(a.sent[0].text, "Via").starts_with(begin));
        CHECK(header(a.sent[0].text, "Contact") == "<sip:alice@10.0.0.1:40000;transport=ws>");
    }
    agent a(over(transport_kind::ws));
    a.options("sips:bob@10.0.0.2;transport=ws");
    REQUIRE(a.opened.size() == 1);
    CHECK(a.opened[0].to.kind == transport_kind::wss);
}

TEST_CASE(
    "A call over TLS to our SIP address is answered with a SIP Contact, to our SIPS address with SIPS (RFC 3261 12.1.1)"
) {
    for (auto const& [target, contact, theirs] : {
             std::tuple{"sip:alice@10.0.0.1", "<sip:alice@10.0.0.1:5061;transport=tls>", "sip:bob@10.0.0.2"},
             std::tuple{"sips:alice@10.0.0.1", "<sips:alice@10.0.0.1:5061>", "sips:bob@10.0.0.2"},
             std::tuple{"sip:alice@10.0.0.1", "<sips:alice@10.0.0.1:5061>", "sips:bob@10.0.0.2"},
         }) {
        CAPTURE(target);
        CAPTURE(theirs);
        agent a;
        auto const remote = at("10.0.0.2:40000", transport_kind::tls);
        auto const flow = a.accept(at("10.0.0.1:5061", transport_kind::tls), remote);
        a.receive(
            flow, remote,
            wire(
                std::string("OPTIONS ") + target +
                " SIP/2.0\nVia: SIP/2.0/TLS b.example;branch=z9hG4bK1\nMax-Forwards: 70\nFrom: "
                "<sip:bob@b.example>;tag=1\n"
                "To: <sip:alice@example.com>\nCall-ID: 1\nCSeq: 1 OPTIONS\nContact: <" +
                theirs + ">\n\n"
            )
        );
        REQUIRE(a.sent.size() == 1);
        CHECK(header(a.sent[0].text, "Contact") == contact);
    }
}

TEST_CASE("What is wrong with the server's certificate reaches the user with the failed registration (baresip #1240)") {
    agent a(over(transport_kind::tls, "sip:10.0.0.2"));
    CHECK(!a.run([&](auto now, auto& o) { return a.core.register_account(now, a.account, o); }));
    REQUIRE(a.opened.size() == 1);
    a.change({a.opened[0].flow, flow_change::failed, {}, errc::certificate_refused, "the certificate has expired", {}});
    auto const told = a.last<registration_changed>();
    CHECK(told.state == registration_state::failed);
    CHECK(told.error == errc::transport_failed);
    CHECK(told.detail == "the certificate has expired");
    CHECK(told.next_attempt.has_value());
}

TEST_CASE("What is wrong with the way to a peer reaches the user with the failed request and the failed call") {
    agent a(over(transport_kind::tls));
    auto const asked = a.options("sip:bob@10.0.0.2");
    a.change({a.opened.back().flow, flow_change::failed, {}, errc::certificate_refused, "expected x, got y", {}});
    auto const done = a.last<request_completed>();
    CHECK(done.id == asked);
    CHECK(done.error == errc::transport_failed);
    CHECK(done.detail == "expected x, got y");

    (void)a.run([&](auto now, auto& o) {
        return a.core.invite(now, a.account, invite_options("sip:bob@10.0.0.3"), o).value();
    });
    a.change({a.opened.back().flow, flow_change::failed, {}, errc::handshake_failed, "what it says is not TLS", {}});
    auto const end = a.last<call_ended>();
    CHECK(end.why == end_reason::transport);
    CHECK(end.detail == "what it says is not TLS");
}

TEST_CASE("A TLS client that names itself by its connection's address is hung up over that connection") {
    agent a;
    auto const local = at("10.0.0.1:5061", transport_kind::tls), remote = at("10.0.0.2:40000", transport_kind::tls);
    auto const flow = a.accept(local, remote);
    auto const request = [&](std::string const& name, std::string const& to_tag) {
        return wire(
            name + " sip:alice@10.0.0.1;transport=tls SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.2:40000;branch=z9hG4bK" + name +
            "\nMax-Forwards: 70\nFrom: <sip:bob@example.com>;tag=1\nTo: <sip:alice@example.com>" + to_tag +
            "\nCall-ID: 1\nCSeq: 1 " + name + "\nContact: <sip:bob@10.0.0.2:40000;transport=tls>\n" +
            (name == "INVITE" ? "Content-Type: application/sdp\n\noffer" : "\n")
        );
    };
    a.receive(flow, remote, request("INVITE", ""));
    auto const call = a.last<incoming_call>().id;
    REQUIRE(!a.run([&](auto now, auto& o) { return a.core.answer(now, call, "answer", o); }));
    a.receive(flow, remote, request("ACK", ";tag=" + tag_of(header(a.sent.back().text, "To"))));
    CHECK(!a.run([&](auto now, auto& o) { return a.core.hang_up(now, call, {}, o); }));
    CHECK(a.sent.back().text.starts_with("BYE sip:bob@10.0.0.2:40000;transport=tls SIP/2.0"));
    CHECK(a.sent.back().flow == flow);
    CHECK(a.opened.empty());
    // A request of its own to that address is no part of a dialog: there the name has to be proved.
    a.options("sip:bob@10.0.0.2:40000;transport=tls");
    REQUIRE(a.opened.size() == 1);
    CHECK(a.opened[0].server_name == "10.0.0.2");
}

TEST_CASE("A request to a WebSocket client goes over the connection it opened, and nowhere else (RFC 7118 5)") {
    user_agent_config config;
    config.methods = {method::register_};
    agent a({}, config);
    auto const local = at("10.0.0.1:443", transport_kind::wss), remote = at("10.0.0.2:40000", transport_kind::wss);
    auto const flow = a.accept(local, remote);
    auto const contact = "<sip:bob@df7jal23ls0d.invalid;transport=ws>";
    a.receive(
        flow, remote,
        wire(
            std::string("REGISTER sip:example.com SIP/2.0\nVia: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK1\n"
                        "Max-Forwards: 70\nFrom: <sip:bob@example.com>;tag=1\nTo: <sip:bob@example.com>\nCall-ID: 1\n"
                        "CSeq: 1 REGISTER\nContact: ") +
            contact + "\n\n"
        )
    );
    a.options("sip:bob@df7jal23ls0d.invalid;transport=ws");
    REQUIRE(a.sent.size() == 1);
    CHECK(a.sent[0].flow == flow);
    CHECK(header(a.sent[0].text, "Via").starts_with("SIP/2.0/WSS 10.0.0.1:443;"));
    CHECK(a.opened.empty());

    a.change({flow, flow_change::closed, {}, {}, "the client closed the connection"});
    auto const asked = a.options("sip:bob@df7jal23ls0d.invalid;transport=ws");
    CHECK(a.opened.empty());
    auto const done = a.last<request_completed>();
    CHECK(done.id == asked);
    CHECK(done.detail == "the connection of df7jal23ls0d.invalid is gone");
}

TEST_CASE("A call of a WebSocket client is hung up over its connection (RFC 7118 5)") {
    agent a;
    auto const local = at("10.0.0.1:80", transport_kind::ws), remote = at("10.0.0.2:40000", transport_kind::ws);
    auto const flow = a.accept(local, remote);
    auto const request = [&](std::string const& name, std::string const& to_tag) {
        return wire(
            name + " sip:alice@10.0.0.1;transport=ws SIP/2.0\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK" + name +
            "\nMax-Forwards: 70\nFrom: <sip:bob@example.com>;tag=1\nTo: <sip:alice@example.com>" + to_tag +
            "\nCall-ID: 1\nCSeq: 1 " + name + "\nContact: <sip:bob@x.invalid;transport=ws>\n" +
            (name == "INVITE" ? "Content-Type: application/sdp\n\noffer" : "\n")
        );
    };
    a.receive(flow, remote, request("INVITE", ""));
    auto const call = a.last<incoming_call>().id;
    CHECK(!a.run([&](auto now, auto& o) { return a.core.answer(now, call, "answer", o); }));
    REQUIRE(a.sent.back().text.starts_with("SIP/2.0 200 "));
    CHECK(header(a.sent.back().text, "Contact") == "<sip:alice@10.0.0.1:80;transport=ws>");
    a.receive(flow, remote, request("ACK", ";tag=" + tag_of(header(a.sent.back().text, "To"))));
    CHECK(!a.run([&](auto now, auto& o) { return a.core.hang_up(now, call, {}, o); }));
    CHECK(a.sent.back().text.starts_with("BYE sip:bob@x.invalid;transport=ws SIP/2.0"));
    CHECK(a.sent.back().flow == flow);
    CHECK(a.opened.empty());
}

// ---- SIPS (RFC 5630)

namespace {

std::string invite_to(std::string const& uri, std::string const& contact) {
    return wire(
        "INVITE " + uri +
        " SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.2:5061;branch=z9hG4bK1\nMax-Forwards: 70\n"
        "From: <sip:bob@x>;tag=1\nTo: <sip:alice@example.com>\nCall-ID: call\nCSeq: 1 INVITE\nContact: " +
        contact + "\n"
    );
}

/// What a call of a peer over TLS is answered with.
std::string answer_to(sips_rule rule, std::string const& uri, std::string const& contact) {
    auto settings = over(transport_kind::tls);
    settings.sips = rule;
    agent a(settings);
    auto const from = at("10.0.0.2:5061", transport_kind::tls);
    auto const flow = a.accept(at("10.0.0.1:5061", transport_kind::tls), from);
    a.receive(flow, from, invite_to(uri, contact));
    return a.sent.empty() ? std::string() : a.sent.back().text;
}

}  // namespace

TEST_CASE("An account that wants SIPS alone, or SIP alone, answers the other with 480 and says why (RFC 5630 5.1.2)") {
    auto const plain = answer_to(sips_rule::required, "sip:alice@example.com", "<sip:bob@10.0.0.2>");
    CHECK(summary(plain) == "480 INVITE");
    CHECK(header(plain, "Warning") == "381 example.com \"SIPS Required\"");
    auto const secure = answer_to(sips_rule::refused, "sips:alice@example.com", "<sips:bob@10.0.0.2>");
    CHECK(summary(secure) == "480 INVITE");
    CHECK(header(secure, "Warning") == "380 example.com \"SIPS Not Allowed\"");
    CHECK(answer_to(sips_rule::required, "sips:alice@example.com", "<sips:bob@10.0.0.2>").empty());
    CHECK(answer_to(sips_rule::refused, "sip:alice@example.com", "<sip:bob@10.0.0.2>").empty());
    CHECK(answer_to(sips_rule::any, "sips:alice@example.com", "<sips:bob@10.0.0.2>").empty());
    CHECK(answer_to(sips_rule::any, "sip:alice@example.com", "<sip:bob@10.0.0.2>").empty());
}

TEST_CASE("A SIPS request whose Contact is SIP contradicts itself: 400 (RFC 5630 5.1.2)") {
    CHECK(summary(answer_to(sips_rule::any, "sips:alice@example.com", "<sip:bob@10.0.0.2>")) == "400 INVITE");
}

TEST_CASE("To a SIPS URI every route is SIPS, to a SIP URI they stay as they are (RFC 5630 5.1.1)") {
    auto settings = over(transport_kind::tls);
    settings.route_set = {"sip:10.0.0.9;lr", "SIP:10.0.0.8;lr"};
    agent a(settings);
    a.options("sips:bob@10.0.0.2");
    REQUIRE(a.opened.size() == 1);
    CHECK(a.opened[0].to == at("10.0.0.9:5061", transport_kind::tls));
    a.up(a.opened[0]);
    CHECK(header(a.sent.back().text, "Route") == "<sips:10.0.0.9;lr>");
    CHECK(a.sent.back().text.find("<SIPs:10.0.0.8;lr>") != std::string::npos);
    a.options("sip:bob@10.0.0.2");
    REQUIRE(a.sent.size() == 2);
    CHECK(header(a.sent.back().text, "Route") == "<sip:10.0.0.9;lr>");
    CHECK(header(a.sent.back().text, "Contact").starts_with("<sip:"));
}

TEST_CASE("Whoever registers over SIPS does so for the SIPS form of the address (RFC 5630 5.1.1.1)") {
    for (bool const is_sips : {true, false}) {
        agent a(over(transport_kind::tls, is_sips ? "sips:10.0.0.2" : "sip:10.0.0.2"));
        a.run([&](auto now, auto& o) { return a.core.register_account(now, a.account, o); });
        REQUIRE(a.opened.size() == 1);
        a.up(a.opened[0]);
        auto const& sent = a.sent.back().text;
        std::string const scheme = is_sips ? "<sips:" : "<sip:";
        CHECK(header(sent, "Contact").starts_with(scheme));
        CHECK(header(sent, "From").starts_with(scheme + "alice@example.com>"));
        CHECK(header(sent, "To") == scheme + "alice@example.com>");
    }
}

TEST_CASE("A SIPS call goes over TLS alone, and a refusal of SIPS is not answered with SIP (RFC 5630 5.1.1, 4.1)") {
    agent a(over(transport_kind::udp));
    a.run([&](auto now, auto& o) {
        invite_options options("sips:bob@10.0.0.2");
        options.with_offer("offer");
        return a.core.invite(now, a.account, options, o).error();
    });
    REQUIRE(a.opened.size() == 1);
    CHECK(a.opened[0].to.kind == transport_kind::tls);
    a.up(a.opened[0]);
    auto const invite = a.sent.back().text;
    a.receive(
        a.opened[0].flow, a.opened[0].to,
        wire(
            "SIP/2.0 416 Unsupported URI Scheme\nVia: " + header(invite, "Via") + "\nFrom: " + header(invite, "From") +
            "\nTo: " + header(invite, "To") + ";tag=x\nCall-ID: " + header(invite, "Call-ID") + "\nCSeq: 1 INVITE\n"
        )
    );
    CHECK(a.last<call_ended>().status == 416);
    REQUIRE(a.sent.size() == 2);
    CHECK(summary(a.sent.back().text) == "ACK");
}

TEST_CASE("In a dialog that a SIPS URI has begun our Contact stays SIPS, whatever the peer's is (RFC 5630 5.1.1.2)") {
    agent a(over(transport_kind::tls));
    auto const id = a.run([&](auto now, auto& o) {
        invite_options options("sips:bob@10.0.0.2");
        options.with_offer("offer");
        return a.core.invite(now, a.account, options, o).value();
    });
    REQUIRE(a.opened.size() == 1);
    a.up(a.opened[0]);
    auto const invite = a.sent.back().text;
    a.receive(
        a.opened[0].flow, a.opened[0].to,
        wire(
            "SIP/2.0 200 OK\nVia: " + header(invite, "Via") + "\nFrom: " + header(invite, "From") +
            "\nTo: " + header(invite, "To") + ";tag=x\nCall-ID: " + header(invite, "Call-ID") +
            "\nCSeq: 1 INVITE\nContact: <sip:bob@10.0.0.2:5061;transport=tls>\nContent-Type: application/sdp\n\nanswer"
        )
    );
    CHECK(summary(a.sent.back().text) == "ACK");
    CHECK(!a.run([&](auto now, auto& o) { return a.core.reoffer(now, id, "hold", o); }));
    auto const again = a.sent.back().text;
    CHECK(again.starts_with("INVITE sip:bob@10.0.0.2:5061;transport=tls "));
    CHECK(header(again, "Contact").starts_with("<sips:"));
}

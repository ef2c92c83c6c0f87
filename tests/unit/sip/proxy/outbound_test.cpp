// Covered: RFC 5626 for the registrar (6), the authoritative proxy (7) and the edge proxy (5), Path of RFC 3327 in all
// three roles, Service-Route of RFC 3608. The edge is a proxy of its own, 10.0.0.9, of the domain home.example, whose
// registrar 10.0.0.8 is played by hand.
// Not covered: CRLF keep-alive, which is the framer's.
#include "proxy_fixture.hpp"

using namespace test;

namespace {

std::string const instance = "+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-aabbccddeeff>\"";
auto const alice_tcp = at("10.0.0.1:40001", sip::transport_kind::tcp);
auto const registrar_at = at("10.0.0.8:5060");

struct outbound_fixture : proxy_fixture {
    using proxy_fixture::proxy_fixture;
    unsigned cseq = 0;

    std::string reg(
        std::string const& headers, sip::endpoint const& from = bob, std::optional<sip::flow_id> flow = {}
    ) {
        request r{.method = "REGISTER", .uri = "sip:example.com", .from = "1002", .call_id = "reg", .cseq = ++cseq};
        r.branch = fmt::format("z9hG4bKo{}", cseq);
        r.headers = headers;
        r.via = from;
        receive(r, flow);
        return next().text;
    }
    static std::string flow(int reg_id, std::string const& contact = "sip:b@10.0.0.2", std::string const& more = {}) {
        return fmt::format(
            "Contact: <{}>;reg-id={};{}{}\nSupported: path, outbound\n", contact, reg_id, instance, more
        );
    }
    static std::string status(std::string const& response) { return response.substr(8, 3); }
};

proxy_fixture::sent invite_of(proxy_fixture& f, std::string const& branch = "z9hG4bKcaller") {
    f.receive(request{.call_id = branch, .branch = branch});
    return f.next_beyond_trying();
}

}  // namespace

// ---- registrar

TEST_CASE_FIXTURE(
    outbound_fixture, "A flow is registered by instance and reg-id, and the response requires outbound (RFC 5626 6)"
) {
    auto response = reg(flow(1));
    CHECK(status(response) == "200");
    CHECK(header(response, "Require") == "outbound");
    CHECK(header(response, "Contact").find("reg-id=1") != std::string::npos);
    CHECK(header(response, "Contact").find(instance) != std::string::npos);
    // The second flow of the same contact is a binding beside the first; the same flow again takes its place.
    CHECK(all_headers(reg(flow(2)), "Contact").size() == 2);
    response = reg(flow(2, "sip:b@10.0.0.22"));
    CHECK(all_headers(response, "Contact").size() == 2);
    CHECK(response.find("sip:b@10.0.0.22") != std::string::npos);
    CHECK(all_headers(reg(flow(2, "sip:b@10.0.0.22", ";expires=0")), "Contact").size() == 1);
}

TEST_CASE_FIXTURE(
    outbound_fixture, "A reg-id without an instance, or an instance without a reg-id, makes no flow (RFC 5626 6)"
) {
    for (auto const* contact : {"<sip:b@10.0.0.2>;reg-id=1", "<sip:b@10.0.0.2>;reg-id=0;+sip.instance=\"x\""}) {
        auto const response = reg(fmt::format("Contact: {}\nSupported: path, outbound\n", contact));
        CHECK(status(response) == "200");
        CHECK(header(response, "Require").empty());
        CHECK(all_headers(response, "Contact").size() == 1);
    }
    CHECK(header(reg(fmt::format("Contact: <sip:b@10.0.0.2>;{}\nSupported: outbound\n", instance)), "Require").empty());
    // Without the option tag the client did not ask to be told.
    CHECK(header(reg(fmt::format("Contact: <sip:b@10.0.0.2>;reg-id=1;{}\n", instance)), "Require").empty());
}

TEST_CASE_FIXTURE(outbound_fixture, "One registration makes one flow, and may remove others (RFC 5626 6)") {
    CHECK(status(reg("Contact: <sip:x@10.0.0.2>\n" + flow(1))) == "400");
    CHECK(status(reg("Contact: <sip:x@10.0.0.2>;expires=0\n" + flow(1))) == "200");
}

TEST_CASE_FIXTURE(
    outbound_fixture,
    "Behind a first hop that knows no outbound: 439 to who supports it, no flow for others (RFC 5626 6)"
) {
    std::string const behind = "Via: SIP/2.0/UDP 10.0.0.70;branch=z9hG4bKbelow\n";
    CHECK(status(reg(behind + flow(1))) == "439");
    CHECK(status(reg(behind + flow(1) + "Path: <sip:10.0.0.70;lr>\n")) == "439");
    auto const ignored = reg(behind + fmt::format("Contact: <sip:b@10.0.0.2>;reg-id=1;{}\n", instance));
    CHECK(status(ignored) == "200");
    CHECK(header(ignored, "Require").empty());
    auto const served = reg(behind + flow(2) + "Path: <sip:token@10.0.0.70;lr;ob>\n");
    CHECK(status(served) == "200");
    CHECK(header(served, "Require") == "outbound");
    // The phone's neighbour is the last one in Path: proxies put themselves in front.
    CHECK(status(reg(behind + flow(3) + "Path: <sip:10.0.0.71;lr>, <sip:token@10.0.0.70;lr;ob>\n")) == "200");
    CHECK(status(reg(behind + flow(3) + "Path: <sip:10.0.0.70;lr;ob>, <sip:10.0.0.71;lr>\n")) == "439");
}

TEST_CASE("A phone with a flow to us is told how often to keep it alive (RFC 5626 5.4, 6)") {
    auto settings = open_settings();
    settings.flow_timer = 120s;
    outbound_fixture f(settings);
    CHECK(header(f.reg(f.flow(1)), "Flow-Timer") == "120");
    CHECK(header(f.reg("Contact: <sip:b@10.0.0.2>\n"), "Flow-Timer").empty());
}

// ---- Path and Service-Route

TEST_CASE_FIXTURE(
    outbound_fixture,
    "Path is kept with the contact, returned, and obeyed by requests for it (RFC 3327 5.3, 5.4, RFC 5627 6.2)"
) {
    std::string const path = "Path: <sip:10.0.0.70;lr>, <sip:10.0.0.71;lr>\nPath: <sip:10.0.0.72;lr>\n";
    auto const response = reg("Supported: path\nContact: <sip:b@10.0.0.2>\n" + path);
    CHECK(all_headers(response, "Path") == text_lines{"<sip:10.0.0.70;lr>, <sip:10.0.0.71;lr>", "<sip:10.0.0.72;lr>"});
    auto const invite = invite_of(*this);
    CHECK(invite.to == at("10.0.0.70:5060"));
    CHECK(invite.text.starts_with("INVITE sip:b@10.0.0.2 SIP/2.0"));
    CHECK(header(invite.text, "Record-Route").starts_with("<sip:10.0.0.9"));  // we stay on the way, too
    CHECK(
        all_headers(invite.text, "Route") ==
        text_lines{"<sip:10.0.0.70;lr>", "<sip:10.0.0.71;lr>", "<sip:10.0.0.72;lr>"}
    );
    // A registration without Path takes it away.
    reg("Contact: <sip:b@10.0.0.2>\n");
    CHECK(invite_of(*this, "z9hG4bK2").to == bob);
}

TEST_CASE_FIXTURE(outbound_fixture, "A Path that its phone does not know of is refused (RFC 3327 5.3)") {
    auto const response = reg("Contact: <sip:b@10.0.0.2>\nPath: <sip:10.0.0.70;lr>\n");
    CHECK(status(response) == "420");
    CHECK(header(response, "Unsupported") == "path");
    CHECK(status(reg("Supported: path\nContact: <sip:b@10.0.0.2>\nPath: <<>\n")) == "400");
    CHECK(
        status(reg("Supported: path\nContact: <sip:b@10.0.0.2>\nPath: <sip:" + std::string(3000, 'x') + "@h;lr>\n")) ==
        "400"
    );
    CHECK(status(reg("Contact: <sip:b@10.0.0.2>;x=" + std::string(2000, 'x') + "\n")) == "400");
    CHECK(store.find("1002", clock.now().wall)->empty());
}

TEST_CASE_FIXTURE(outbound_fixture, "A Path through a strict router is followed as such (RFC 3261 16.6 step 6)") {
    reg("Supported: path\nContact: <sip:b@10.0.0.2>\nPath: <sip:10.0.0.70>\n");
    auto const invite = invite_of(*this);
    CHECK(invite.to == at("10.0.0.70:5060"));
    CHECK(invite.text.starts_with("INVITE sip:10.0.0.70 SIP/2.0"));
    CHECK(header(invite.text, "Route") == "<sip:b@10.0.0.2>");
}

TEST_CASE("Who registers is told the Service-Route, in its order (RFC 3608 6.3)") {
    auto settings = open_settings();
    settings.service_routes = {"<sip:10.0.0.9;lr>", "<sip:services.example.com;lr>"};
    outbound_fixture f(settings);
    CHECK(f.all_headers(f.reg("Contact: <sip:b@10.0.0.2>\n"), "Service-Route") == settings.service_routes);
    CHECK(f.all_headers(f.reg("Contact: *\n"), "Service-Route").empty());
}

// ---- authoritative proxy

TEST_CASE_FIXTURE(
    outbound_fixture,
    "Of one phone's flows one is tried at a time; 430 leads to the next and ends the failed one (RFC 5626 7)"
) {
    reg(flow(1) + "Path: <sip:one@10.0.0.70;lr;ob>\n");
    advance(1s);
    reg(flow(2) + "Path: <sip:two@10.0.0.71;lr;ob>\n");
    wire_log.clear();
    auto const first = invite_of(*this);
    CHECK(first.to == at("10.0.0.71:5060"));
    CHECK(wire_log.empty());
    reply(first, 430);
    CHECK(next().text.starts_with("ACK"));
    auto const second = next();
    CHECK(second.to == at("10.0.0.70:5060"));
    CHECK(store.find("1002", clock.now().wall)->size() == 1);
    reply(second, 200);
    CHECK(drain() == text_lines{"10.0.0.1 200 INVITE"});
    // The next call begins with the flow that is left.
    CHECK(invite_of(*this, "z9hG4bK2").to == at("10.0.0.70:5060"));
}

TEST_CASE_FIXTURE(outbound_fixture, "A phone that has answered over one flow is not asked over another (RFC 5626 7)") {
    reg(flow(1) + "Path: <sip:one@10.0.0.70;lr;ob>\n");
    reg(flow(2) + "Path: <sip:two@10.0.0.71;lr;ob>\n");
    reply(invite_of(*this), 486);
    CHECK(drain().back() == "10.0.0.1 486 INVITE");
    CHECK(store.find("1002", clock.now().wall)->size() == 2);
}

TEST_CASE_FIXTURE(
    outbound_fixture, "A caller never hears of flows: without one the phone is unavailable (RFC 5626 11.5)"
) {
    reg(flow(1) + "Path: <sip:one@10.0.0.70;lr;ob>\n");
    reply(invite_of(*this), 430);
    CHECK(drain().back() == "10.0.0.1 480 INVITE");
    CHECK(store.find("1002", clock.now().wall)->empty());
}

TEST_CASE_FIXTURE(outbound_fixture, "A caller who gives up is not called for over the next flow (RFC 3261 16.10)") {
    reg(flow(1) + "Path: <sip:one@10.0.0.70;lr;ob>\n");
    reg(flow(2) + "Path: <sip:two@10.0.0.71;lr;ob>\n");
    auto const first = invite_of(*this);
    reply(first, 180);
    receive(request{.method = "CANCEL", .call_id = "z9hG4bKcaller"});
    reply(first, 430);
    CHECK(drain().back() == "10.0.0.1 480 INVITE");
}

TEST_CASE_FIXTURE(outbound_fixture, "A flow goes with its connection, whatever the contact says (RFC 5626 7)") {
    auto const bob_tcp = at("10.0.0.2:40002", sip::transport_kind::tcp);
    auto const connection = accept(bob_tcp);
    reg(flow(1, "sip:b@10.0.0.2;transport=tcp"), bob_tcp, connection);
    auto const invite = invite_of(*this);
    CHECK(invite.flow == connection);
    CHECK(header(invite.text, "Record-Route").find("@10.0.0.9:5060;transport=tcp;lr;by=") != std::string::npos);
    on_flow(connection, sip::flow_change::closed);
    CHECK(drain() == text_lines{"10.0.0.1 480 INVITE"});
    receive(request{.call_id = "2", .branch = "z9hG4bK2"});
    CHECK(drain() == text_lines{"10.0.0.1 480 INVITE"});
    CHECK(opened.empty());
}

TEST_CASE_FIXTURE(outbound_fixture, "A flow over datagrams is the address that they came from (RFC 5626 6, 7)") {
    auto const nat = at("10.0.0.50:61000");
    request r{.method = "REGISTER", .uri = "sip:example.com", .from = "1002", .headers = flow(1, "sip:b@192.168.1.2")};
    r.via = at("192.168.1.2:5060");
    receive(nat, r.text());
    wire_log.clear();
    auto const invite = invite_of(*this);
    CHECK(invite.to == nat);
    // In the dialog it is found by the token in our Record-Route.
    auto const routes = all_headers(invite.text, "Record-Route");
    REQUIRE(routes.size() == 2);
    receive(request{
        .method = "BYE",
        .uri = "sip:b@192.168.1.2",
        .to_tag = "b",
        .branch = "z9hG4bKbye",
        .headers = "Route: " + routes[1] + "\nRoute: " + routes[0] + "\n"});
    CHECK(wire_log.back().to == nat);
    CHECK(wire_log.back().text.starts_with("BYE sip:b@192.168.1.2"));
}

// ---- edge proxy

namespace {

struct edge_fixture : proxy_fixture {
    edge_fixture() : proxy_fixture(edge_settings()) {}
    static sip::proxy::settings edge_settings() {
        auto settings = open_settings();
        settings.domains = {"edge.example"};
        settings.relays = {{"home.example", "sip:10.0.0.8;lr"}};
        settings.flow_timer = 90s;
        return settings;
    }
    static std::string of_home(std::string text) {
        for (auto at = text.find("example.com"); at != text.npos; at = text.find("example.com"))
            text.replace(at, 11, "home.example");
        return text;
    }
    /// Alice registers through the edge; what the registrar gets.
    sent register_alice(
        std::string const& headers, std::optional<sip::flow_id> flow = {}, sip::endpoint const& from = alice
    ) {
        static int count = 0;
        request r{.method = "REGISTER", .uri = "sip:example.com", .to = "1001", .headers = headers, .via = from};
        r.branch = fmt::format("z9hG4bKe{}", ++count);
        receive(from, of_home(r.text()), flow);
        auto forwarded = next();
        CHECK(forwarded.to == registrar_at);
        return forwarded;
    }
    static std::string outbound() {
        return "Contact: <sip:a@10.0.0.1;ob>;reg-id=1;" + instance + "\nSupported: path, outbound\n";
    }
    /// The URI that the edge put into Path, as a Route.
    static std::string route_by(std::string const& path) { return "Route: " + path + "\n"; }
    void invite_alice(std::string const& routes, std::string const& branch = "z9hG4bKhome") {
        request r{.uri = "sip:a@10.0.0.1;ob", .from = "1002", .to = "1001", .branch = branch, .headers = routes};
        r.via = registrar_at;
        receive(registrar_at, of_home(r.text()));
    }
};

}  // namespace

TEST_CASE_FIXTURE(
    edge_fixture, "The edge puts itself into Path, with a token of the phone's flow and ob (RFC 5626 5.1, RFC 3327 5.2)"
) {
    auto const forwarded = register_alice(outbound());
    auto const path = header(forwarded.text, "Path");
    CHECK(path.ends_with("@10.0.0.9:5060;lr;ob>"));
    CHECK(header(forwarded.text, "Route") == "<sip:10.0.0.8;lr>");
    CHECK(forwarded.text.starts_with("REGISTER sip:home.example SIP/2.0"));
    CHECK(header(forwarded.text, "Record-Route").empty());
    // The registrar asks for the password, and the edge passes that on.
    reply(forwarded, 401, {}, "WWW-Authenticate: Digest realm=\"home.example\", nonce=\"1\"\r\n");
    CHECK(next().text.starts_with("SIP/2.0 401"));
}

TEST_CASE_FIXTURE(edge_fixture, "A phone that knows no Path gets none (RFC 3327 5.2)") {
    CHECK(header(register_alice("Contact: <sip:a@10.0.0.1>\n").text, "Path").empty());
    CHECK_FALSE(header(register_alice("Contact: <sip:a@10.0.0.1>\nSupported: path\n").text, "Path").empty());
}

TEST_CASE_FIXTURE(edge_fixture, "Behind another proxy the edge has no flow to name, and says no ob (RFC 5626 5.1)") {
    auto const forwarded =
        register_alice(outbound() + "Via: SIP/2.0/UDP 10.0.0.66;branch=z9hG4bKbelow\nPath: <sip:x@10.0.0.66;lr;ob>\n");
    CHECK(all_headers(forwarded.text, "Path") == text_lines{"<sip:10.0.0.9:5060;lr>", "<sip:x@10.0.0.66;lr;ob>"});
}

TEST_CASE_FIXTURE(edge_fixture, "The edge tells the phone how often to keep its flow alive (RFC 5626 5.4)") {
    reply(register_alice(outbound()), 200, {}, "Require: outbound\r\n");
    CHECK(header(next().text, "Flow-Timer") == "90");
    reply(register_alice(outbound()), 200);
    CHECK(header(next().text, "Flow-Timer").empty());
}

TEST_CASE_FIXTURE(
    edge_fixture, "A request that comes by the Path takes the phone's flow, and records it (RFC 5626 5.3.1)"
) {
    auto const connection = accept(alice_tcp);
    auto const path = header(register_alice(outbound(), connection, alice_tcp).text, "Path");
    invite_alice(route_by(path));
    auto const invite = next_beyond_trying();
    CHECK(invite.flow == connection);
    CHECK(header(invite.text, "Route").empty());
    auto const recorded = all_headers(invite.text, "Record-Route");
    REQUIRE(recorded.size() == 2);
    CHECK(recorded[0].find(";transport=tcp;lr;by=") != std::string::npos);
    CHECK(recorded[0].find(";ob") == std::string::npos);
    // The dialog's BYE takes the flow as well.
    request bye{
        .method = "BYE",
        .uri = "sip:a@10.0.0.1;ob",
        .from = "1002",
        .to = "1001",
        .to_tag = "a",
        .branch = "z9hG4bKbye",
        .headers = "Route: " + recorded[1] + "\nRoute: " + recorded[0] + "\n"};
    receive(registrar_at, of_home(bye.text()));
    CHECK(next().flow == connection);
    CHECK(opened.empty());
}

TEST_CASE_FIXTURE(
    edge_fixture, "A flow that is down is told as 430, a token that was changed is refused with 403 (RFC 5626 5.3.1)"
) {
    auto const connection = accept(alice_tcp);
    auto path = header(register_alice(outbound(), connection, alice_tcp).text, "Path");
    SUBCASE("down") {
        on_flow(connection, sip::flow_change::closed);
        wire_log.clear();
        invite_alice(route_by(path));
        CHECK(next().text.starts_with("SIP/2.0 430"));
    }
    SUBCASE("down while it rings") {
        invite_alice(route_by(path));
        next_beyond_trying();
        on_flow(connection, sip::flow_change::closed);
        CHECK(next().text.starts_with("SIP/2.0 430"));
    }
    SUBCASE("changed") {
        path[6] = path[6] == 'A' ? 'B' : 'A';
        invite_alice(route_by(path));
        CHECK(next().text.starts_with("SIP/2.0 403"));
    }
}

TEST_CASE_FIXTURE(edge_fixture, "A phone that sends by the URI of its own Path sends outwards (RFC 5626 5.3, 5.3.2)") {
    auto const path = header(register_alice(outbound()).text, "Path");
    request r{.uri = "sip:1002@example.com", .headers = route_by(path) + "Contact: <sip:a@10.0.0.1;ob>\n"};
    receive(alice, of_home(r.text()));
    auto const invite = next_beyond_trying();
    CHECK(invite.to == registrar_at);
    CHECK(header(invite.text, "Route") == "<sip:10.0.0.8;lr>");
    // It opens no other door.
    request out{.uri = "sip:x@elsewhere.org", .branch = "z9hG4bKout", .headers = route_by(path)};
    receive(alice, of_home(out.text()));
    CHECK(next_beyond_trying().text.starts_with("SIP/2.0 403"));
}

TEST_CASE_FIXTURE(edge_fixture, "A caller that asks for its flow gets a Record-Route with its token (RFC 5626 5.3.2)") {
    request r{.headers = "Contact: <sip:a@10.0.0.1;ob>\n"};
    auto text = of_home(r.text());
    text.replace(text.find(";branch"), 7, ";rport;branch");
    receive(alice, text);
    auto const recorded = all_headers(next_beyond_trying().text, "Record-Route");
    REQUIRE(recorded.size() == 2);
    CHECK(unsigned_route(recorded[0]) == "<sip:10.0.0.9:5060;lr>");
    CHECK(recorded[1].find("@10.0.0.9:5060;lr;by=") != std::string::npos);
}

TEST_CASE_FIXTURE(edge_fixture, "The edge carries requests for its domain, and for no other (RFC 3261 16.5)") {
    receive(alice, of_home(request{.uri = "sip:1002@example.com"}.text()));
    CHECK(next_beyond_trying().to == registrar_at);
    receive(alice, of_home(request{.uri = "sip:1002@elsewhere.org", .branch = "z9hG4bK2"}.text()));
    CHECK(next_beyond_trying().text.starts_with("SIP/2.0 403"));
}

TEST_CASE("A token of ours opens the flow that it names, and spares nobody the password (RFC 5626 5.3.1, RFC 3261 22.3)"
) {
    proxy_fixture f(guarded_settings());
    sip::proxy::binding const phone{"sip:1002@10.0.0.2", 1000, f.clock.now().wall + 1h, "r", 1, {}};
    REQUIRE_FALSE(f.store.replace("1002", {&phone, 1}));
    auto const connection = f.accept(alice_tcp);
    auto text = request{.via = alice_tcp}.text();
    text.replace(text.find("From: <sip:1001@example.com>"), 28, "From: <sip:eve@elsewhere.org>");
    f.receive(alice_tcp, text, connection);
    auto const routes = f.all_headers(f.next_beyond_trying().text, "Record-Route");
    REQUIRE(routes.size() == 2);
    f.receive(request{.branch = "z9hG4bK2", .headers = "Route: " + routes[1] + "\n"});
    CHECK(f.next_beyond_trying().text.starts_with("SIP/2.0 407"));
}

// Covers: PUBLISH as client with its messages; MESSAGE in both directions; INFO packages; Service-Route; identity that
// changes during a call.
// Not covered: what a publication decides when (usage/publication.cpp).
#include <doctest/doctest.h>

#include "calls.hpp"

using namespace std::chrono_literals;
using namespace test;
using state = sip::publication::state;

namespace {

sip::publication_id publish(script& s, sip::publish_options const& options, sip::error_code expected = {}) {
    sip::publication_id id;
    s.command(expected, [&](auto now, auto& out) {
        auto const made = s.core.publish(now, s.account, options, out);
        if (!made) return made.error();
        id = *made;
        return sip::error_code();
    });
    return id;
}
sip::publish_options own_state(std::string body = "open") {
    return {"sip:1001@10.0.0.2:5060", "presence", {"application/pidf+xml", std::move(body)}};
}
void modify(script& s, sip::publication_id id, std::string_view body, sip::error_code expected = {}) {
    s.command(expected, [&](auto now, auto& out) {
        return s.core.modify_publication(now, id, "application/pidf+xml", body, out);
    });
}

}  // namespace

TEST_CASE(
    "PUBLISH carries Event, Expires and the state; changes and removal carry the server's tag (RFC 3903 4, RFC 3856 "
    "7.3)"
) {
    script s;
    auto const id = publish(s, own_state());
    auto const first = s.expect("PUBLISH");
    CHECK(header(first, "Event") == "presence");
    CHECK(header(first, "Expires") == "3600");
    CHECK(header(first, "SIP-If-Match").empty());
    CHECK(header(first, "Content-Type") == "application/pidf+xml");
    CHECK(header(first, "Contact").empty());
    CHECK(body_of(first) == "open");
    s.reply(first, 200, {.headers = "SIP-ETag: dx200xyz\nExpires: 1800\n"});
    CHECK(s.expect_event<sip::publication_changed>().state == state::published);

    modify(s, id, "closed");
    auto const change = s.expect("PUBLISH");
    CHECK(header(change, "SIP-If-Match") == "dx200xyz");
    CHECK(header(change, "CSeq") == "2 PUBLISH");
    CHECK(body_of(change) == "closed");
    s.reply(change, 200, {.headers = "SIP-ETag: kwj449x\nExpires: 1800\n"});
    s.expect_no_event();

    s.advance(1700s);
    s.advance_to_next();
    auto const refresh = s.expect("PUBLISH");
    CHECK(header(refresh, "SIP-If-Match") == "kwj449x");
    CHECK(body_of(refresh).empty());
    s.reply(refresh, 200, {.headers = "SIP-ETag: qwi982ks\nExpires: 1800\n"});

    s.command({}, [&](auto now, auto& out) { return s.core.unpublish(now, id, out); });
    auto const removal = s.expect("PUBLISH");
    CHECK(header(removal, "Expires") == "0");
    CHECK(header(removal, "SIP-If-Match") == "qwi982ks");
    s.reply(removal, 200, {.headers = "SIP-ETag: gone\nExpires: 0\n"});
    CHECK(s.expect_event<sip::publication_changed>().state == state::ended);
    modify(s, id, "late", sip::errc::no_such_session);
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE(
    "A challenged PUBLISH goes again with credentials and the next CSeq; 412 begins anew (RFC 3903 4.3, RFC 3261 22.2)"
) {
    script_options setup;
    setup.account.address_of_record = "sip:1001@10.0.0.2";
    setup.account.password = "secret";
    script s(setup);
    auto const id = publish(s, {"sip:1001@10.0.0.2", "presence", {"application/pidf+xml", "open"}});
    s.reply(
        s.expect("PUBLISH"), 401,
        {.headers = "WWW-Authenticate: Digest realm=\"10.0.0.2\", nonce=\"n\", qop=\"auth\"\n"}
    );
    auto const again = s.expect("PUBLISH");
    CHECK(header(again, "CSeq") == "2 PUBLISH");
    CHECK(!header(again, "Authorization").empty());
    CHECK(body_of(again) == "open");
    s.reply(again, 200, {.headers = "SIP-ETag: t1\n"});
    s.expect_event<sip::publication_changed>();
    modify(s, id, "closed");
    s.reply(s.expect("PUBLISH"), 412);
    auto const anew = s.expect("PUBLISH");
    CHECK(header(anew, "SIP-If-Match").empty());
    CHECK(header(anew, "CSeq") == "4 PUBLISH");
    CHECK(body_of(anew) == "closed");
}

TEST_CASE("Publications are bounded, and checked before anything is sent") {
    script_options setup;
    setup.config.limits.publications = 1;
    script s(setup);
    publish(s, {"tel:+1", "presence", {"text/plain", "x"}}, sip::errc::invalid_argument);
    publish(s, {"sip:1001@10.0.0.2", "", {"text/plain", "x"}}, sip::errc::invalid_argument);
    publish(s, {"sip:1001@10.0.0.2", "presence", {}}, sip::errc::invalid_argument);
    auto const id = publish(s, own_state());
    publish(s, own_state(), sip::errc::limit_reached);
    s.command({}, [&](auto now, auto& out) { return s.core.unpublish(now, id, out); });
    s.reply(s.expect("PUBLISH"), 404);
    CHECK(s.expect_event<sip::publication_changed>().state == state::ended);
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE("Whatever step the network fails at, a publication ends when it is told to") {
    for (std::size_t step = 1; step <= 8; ++step) {
        CAPTURE(step);
        script s({}, step);
        sip::publication_id id;
        try {
            id = publish(s, own_state());
            s.reply(s.expect("PUBLISH"), 423, {.headers = "Min-Expires: 7200\n"});
            s.reply(s.expect("PUBLISH"), 200, {.headers = "SIP-ETag: a\n"});
            modify(s, id, "closed");
            s.reply(s.expect("PUBLISH"), 200, {.headers = "SIP-ETag: b\n"});
        } catch (script::stopped const&) {
        }
        if (!id) continue;  // it failed while the user had no handle yet
        {
            sip::outbox out;  // what is in there is lost, like all else
            (void)s.core.unpublish(s.clock.now(), id, out);
        }
        s.wind_down();
        CHECK(s.core.live().publications == 0);
    }
}

// ---- MESSAGE

TEST_CASE("A MESSAGE has a body and no Contact, and its final response is its end (RFC 3428 4, 5)") {
    script s;
    sip::request_id id;
    s.command({}, [&](auto now, auto& out) {
        auto const made = s.core.send_request(
            now, s.account, sip::method::message, "sip:bob@10.0.0.2:5060", {}, "text/plain", "Watson, come here.", out
        );
        if (!made) return made.error();
        id = *made;
        return sip::error_code();
    });
    auto const sent = s.expect("MESSAGE");
    CHECK(header(sent, "Contact").empty());
    CHECK(header(sent, "Content-Type") == "text/plain");
    CHECK(body_of(sent) == "Watson, come here.");
    s.reply(sent, 202);
    auto const done = s.expect_event<sip::request_completed>();
    CHECK(done.id == id);
    CHECK(done.status == 202);
    CHECK(s.core.live().dialogs == 0);
}

TEST_CASE("One MESSAGE at a time goes to a place, none that UDP could not carry everywhere (RFC 3428 8)") {
    script s;
    auto const send = [&](std::string_view to, std::string const& body, sip::error_code expected = {}) {
        s.command(expected, [&](auto now, auto& out) {
            auto const made =
                s.core.send_request(now, s.account, sip::method::message, to, {}, "text/plain", body, out);
            return made ? sip::error_code() : made.error();
        });
    };
    send("sip:bob@10.0.0.2:5060", "one");
    auto const first = s.expect("MESSAGE");
    send("sip:bob@10.0.0.2:5060", "two", sip::errc::wrong_state);
    send("sip:carol@10.0.0.2:5060", "hello");  // somebody else
    s.reply(s.expect("MESSAGE"), 200);
    s.expect_event<sip::request_completed>();
    s.expect_nothing();
    s.reply(first, 200);
    s.expect_event<sip::request_completed>();
    send("sip:bob@10.0.0.2:5060", "two");
    auto const second = s.expect("MESSAGE");
    CHECK(second.size() < 1300);
    s.reply(second, 200);
    s.expect_event<sip::request_completed>();
    send("sip:bob@10.0.0.2:5060", std::string(1200, 'x'), sip::errc::too_large);
    send("sip:bob@10.0.0.2:5060", std::string(600, 'x'));
    CHECK(s.expect("MESSAGE").size() < 1300);
}

TEST_CASE("Who knows that its network carries larger messages may send them (RFC 3428 8)") {
    script_options setup;
    setup.config.datagram_limit = 0;
    script s(setup);
    s.command({}, [&](auto now, auto& out) {
        return s.core
            .send_request(
                now, s.account, sip::method::message, "sip:bob@10.0.0.2:5060", {}, "text/plain", std::string(2000, 'x'),
                out
            )
            .error();
    });
    CHECK(s.expect("MESSAGE").size() > 2000);
}

TEST_CASE("A MESSAGE that comes is the user's to answer; the answer makes no dialog and has no body (RFC 3428 7)") {
    script_options setup;
    setup.config.methods = {sip::method::message};
    script s(setup);
    s.inject(s.request("MESSAGE", 1, {.body = "hello", .content_type = "text/plain"}));
    auto const asked = s.expect_event<sip::incoming_request>();
    CHECK(asked.request.view().body() == "hello");
    s.command({}, [&](auto now, auto& out) { return s.core.respond(now, asked.id, 200, {}, {}, {}, out); });
    auto const ok = s.expect("200 MESSAGE");
    CHECK(header(ok, "Contact").empty());
    CHECK(body_of(ok).empty());
    CHECK(s.core.live().dialogs == 0);
}

// ---- INFO packages

TEST_CASE("An INFO of a package that we did not name is answered 469 with those we take (RFC 6086 4.2.2, 4.3.2)") {
    script_options setup;
    setup.config.methods = {sip::method::info};
    setup.config.info_packages = {"infoDtmf"};
    script s(setup);
    called(s);
    s.inject(s.request("INFO", 2, {.headers = "Info-Package: other\n", .body = "x"}));
    CHECK(header(s.expect("469 INFO"), "Recv-Info") == "infoDtmf");
    s.expect_no_event();
    s.inject(s.request("INFO", 3, {.headers = "Info-Package: infoDtmf\n", .body = "x"}));
    CHECK(body_of(s.expect("200 INFO")).empty());
    s.expect_event<sip::in_call_request>();
    s.inject(s.request("INFO", 4, {.body = "x"}));  // as before there were packages
    s.expect("200 INFO");
    s.expect_event<sip::in_call_request>();
}

TEST_CASE("Recv-Info tells which INFO packages we take, in the INVITE (RFC 6086 5.2.2)") {
    script_options setup;
    setup.config.info_packages = {"a", "b"};
    script s(setup);
    s.invite();
    CHECK(header(s.expect("INVITE"), "Recv-Info") == "a, b");
    s.inject(s.request("INVITE", 1, {.body = "offer"}));
    s.answer(s.expect_event<sip::incoming_call>().id);
    CHECK(header(s.expect("200 INVITE"), "Recv-Info").empty());  // to who knows no packages
}

TEST_CASE(
    "Who knows packages is told those we take, in the 2xx and in reliable responses before it (RFC 6086 5.2.3, 7.3)"
) {
    for (std::string const known : {"", "x, y"}) {
        CAPTURE(known);
        script_options setup;
        setup.config.info_packages = {"a", "b"};
        script s(setup);
        s.inject(s.request("INVITE", 1, {.headers = "Supported: 100rel\nRecv-Info: " + known + "\n", .body = "offer"}));
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.ring(id, "answer");
        auto const early = s.expect("180 INVITE");
        REQUIRE(header(early, "RSeq") != "");
        CHECK(header(early, "Recv-Info") == "a, b");
        s.own_address = header(early, "To");
        s.inject(s.request("PRACK", 2, {.headers = "RAck: " + header(early, "RSeq") + " 1 INVITE\n"}));
        CHECK(header(s.expect("200 PRACK"), "Recv-Info").empty());
        s.answer(id, "");
        CHECK(header(s.expect("200 INVITE"), "Recv-Info") == "a, b");
    }
}

// ---- routes that the registrar names

TEST_CASE(
    "Service-Route of a registration leads every later request but REGISTER, behind the outbound proxy (RFC 3608 5, "
    "RFC 3608 6.1)"
) {
    script_options setup;
    setup.account.registrar = "sip:10.0.0.2:5060";
    setup.account.route_set = {"sip:10.0.0.2:5060;lr"};
    script s(setup);
    s.command({}, [&](auto now, auto& out) { return s.core.register_account(now, s.account, out); });
    auto const first = s.expect("REGISTER");
    s.reply(
        first, 200,
        {.headers = "Contact: " + header(first, "Contact") +
                    ";expires=3600\nService-Route: <sip:s1.example.com;lr>, <sip:s2.example.com;lr>\n"}
    );
    s.expect_event<sip::registration_changed>();
    s.expect_event<sip::registration_changed>();
    s.invite("offer", "sip:bob@example.com");
    auto const invite = s.expect("INVITE");
    CHECK(header(invite, "Route") == "<sip:10.0.0.2:5060;lr>");
    CHECK(invite.find("Route: <sip:s1.example.com;lr>\r\nRoute: <sip:s2.example.com;lr>\r\n") != std::string::npos);
    s.command({}, [&](auto now, auto& out) { return s.core.unregister_account(now, s.account, out); });
    auto const last = s.expect("REGISTER");
    CHECK(last.find("s1.example.com") == std::string::npos);
    s.reply(last, 200);
    s.invite("offer", "sip:bob@example.com");
    CHECK(s.expect("INVITE").find("s1.example.com") == std::string::npos);
}

// ---- connected identity

TEST_CASE(
    "A From that names somebody else inside a call is told, and is whom we talk to from then on (RFC 4916 3, 4, RFC "
    "4916 4.4.2)"
) {
    script_options setup;
    setup.config.supported = {"from-change"};
    script s(setup);
    auto const id = called(s);
    s.peer_address = "\"Carol\" <sip:carol@10.0.0.3>;tag=peer";
    s.inject(s.request("INVITE", 2, {.body = "offer"}));
    auto const changed = s.expect_event<sip::identity_changed>();
    CHECK(changed.id == id);
    CHECK(sip::named_by(changed.carrier.view(), changed.who).uri.text == "sip:carol@10.0.0.3");
    CHECK(!changed.who.is_trusted);
    s.expect_event<sip::remote_offer>();
    s.answer_offer(id);
    s.expect("200 INVITE");
    s.inject(s.request("ACK", 2));
    s.hang_up(id);
    CHECK(header(s.expect("BYE"), "To") == "\"Carol\" <sip:carol@10.0.0.3>;tag=peer");
}

TEST_CASE("We may become somebody else inside a call; the tag stays (RFC 4916 4.1, RFC 4916 4.2, 4.3, 4.4.1)") {
    script s;
    auto const id = called(s);
    auto const tag = tag_of(s.own_address);
    auto const become = [&](std::string_view who, sip::error_code expected = {}) {
        s.command(expected, [&](auto now, auto& out) { return s.core.set_identity(now, id, who, out); });
    };
    become("\"Desk\" <sip:desk@10.0.0.1>");
    become("not an address <", sip::errc::invalid_argument);
    become("<sip:x@y>;tag=1", sip::errc::invalid_argument);
    s.reoffer(id);
    auto const sent = s.expect("INVITE");
    CHECK(header(sent, "From") == "\"Desk\" <sip:desk@10.0.0.1>;tag=" + tag);
    CHECK(header(sent, "Call-ID") == s.call_id);
}

TEST_CASE("OPTIONS of ours says what we take, where we are and what we can do (RFC 3261 11.1)") {
    script s;
    s.command({}, [&](auto now, auto& out) {
        return s.core.send_request(now, s.account, sip::method::options, "sip:bob@10.0.0.2", {}, {}, {}, out).error();
    });
    auto const options = s.expect("OPTIONS");
    CHECK(header(options, "Accept") == "application/sdp");
    CHECK(header(options, "Contact") == "<sip:1001@10.0.0.1:5060>");
    CHECK(header(options, "Allow").starts_with("INVITE, ACK"));
    CHECK(header(options, "Supported").find("replaces") != std::string::npos);
    CHECK(header(options, "Max-Forwards") == "70");
    s.reply(options, 200);
    CHECK(s.expect_event<sip::request_completed>().status == 200);
}

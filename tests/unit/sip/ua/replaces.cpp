// Covers: Replaces (RFC 3891) as sender and as receiver: what is matched, who may replace, what is refused and with
// what, what happens to the call that is replaced, and that nothing happens to it where the new one fails; Join (RFC
// 3911), which is matched alike.
// Not covered: what joining does to media, which is the user's.
#include <tuple>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "events.hpp"
#include "sip/syntax/build.hpp"
#include "sip/syntax/parse.hpp"
#include "sip/usage/auth_retry.hpp"
#include "sip/usage/digest_server.hpp"
#include "support/ua_pair.hpp"

using namespace std::chrono_literals;
using test::header;
using test::script;
using test::tag_of;

namespace {

/// An INVITE of somebody else that wants the place of a dialog, as Bob at its other end has asked.
std::string replacing(
    script& s, std::string call_id, std::string const& to_tag, std::string const& from_tag, std::string const& more = {}
) {
    auto const before = std::tuple(s.call_id, s.own_address, s.peer_address);
    static unsigned count = 0;
    s.call_id = "other-call-" + std::to_string(++count);
    s.own_address = "<sip:1001@10.0.0.1>";
    s.peer_address = "<sip:carol@10.0.0.2>;tag=carol";
    std::string const referred =
        more.find("Referred-By:") == std::string::npos ? "\nReferred-By: <sip:bob@10.0.0.2>" : "";
    auto const text = s.request(
        "INVITE", 1,
        {.headers = "Require: replaces\nReplaces: " + call_id + ";to-tag=" + to_tag + ";from-tag=" + from_tag + more +
                    referred + "\n",
         .body = "offer"}
    );
    std::tie(s.call_id, s.own_address, s.peer_address) = before;
    return text;
}
std::string own_tag(script const& s) {
    return tag_of(s.own_address);
}

}  // namespace

TEST_CASE("An INVITE that replaces a confirmed call ends that one with BYE once it is answered (RFC 3891 3)") {
    test::replay([](script& s) {
        auto const old = test::called(s);
        s.inject(replacing(s, s.call_id, own_tag(s), "peer"));
        auto const incoming = s.expect_event<sip::incoming_call>();
        CHECK(incoming.replaces == old);
        s.expect_no_event();
        s.answer(incoming.id);
        CHECK(header(s.expect("200 INVITE"), "To") != s.own_address);
        auto const bye = s.expect("BYE");
        CHECK(header(bye, "Call-ID") == s.call_id);
        auto const end = s.expect_event<sip::call_ended>();
        CHECK(end.id == old);
        CHECK(end.why == sip::end_reason::replaced);
        s.expect_no_event();
    });
}

TEST_CASE("An INVITE that replaces our own early call ends that one with CANCEL (RFC 3891 3)") {
    test::replay([](script& s) {
        auto const old = s.invite();
        auto const invite = s.expect("INVITE");
        s.reply(invite, 180);
        s.expect_event<sip::call_progress>();
        s.inject(replacing(s, header(invite, "Call-ID"), tag_of(header(invite, "From")), "bob", ";early-only"));
        auto const incoming = s.expect_event<sip::incoming_call>();
        CHECK(incoming.replaces == old);
        s.answer(incoming.id);
        s.expect("200 INVITE");
        s.expect("CANCEL");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::replaced);
    });
}

TEST_CASE("A replacing call that is refused or given up leaves the other as it was (RFC 3891 3)") {
    test::replay([](script& s) {
        auto const old = test::called(s);
        s.inject(replacing(s, s.call_id, own_tag(s), "peer"));
        s.reject(s.expect_event<sip::incoming_call>().id, 486);
        s.expect("486 INVITE");
        s.expect_event<sip::call_ended>();
        s.expect_no_event();
        s.reoffer(old);
        s.expect("INVITE");
    });
}

TEST_CASE("The replaced call may end by itself while the new one rings") {
    script s;
    test::called(s);
    s.inject(replacing(s, s.call_id, own_tag(s), "peer"));
    auto const incoming = s.expect_event<sip::incoming_call>();
    s.inject(s.request("BYE", 2));
    s.expect("200 BYE");
    CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::remote_hang_up);
    s.answer(incoming.id);
    s.expect("200 INVITE");
    s.expect_nothing();
    s.expect_no_event();
}

TEST_CASE("What cannot be replaced is refused: 481 unknown, 486 not early any more, 603 just ended (RFC 3891 3)") {
    script s;
    test::called(s);
    auto const tag = own_tag(s);
    s.inject(replacing(s, "nobody's", tag, "peer"));
    s.expect("481 INVITE");
    s.inject(replacing(s, s.call_id, tag, "wrong"));
    s.expect("481 INVITE");
    s.inject(replacing(s, s.call_id, "wrong", "peer"));
    s.expect("481 INVITE");
    s.inject(replacing(s, s.call_id, "peer", tag));  // the tags are seen from here
    s.expect("481 INVITE");
    s.inject(replacing(s, s.call_id, tag, "peer", ";early-only"));
    s.expect("486 INVITE");
    s.inject(s.request("BYE", 2));
    s.expect("200 BYE");
    s.expect_event<sip::call_ended>();
    s.inject(replacing(s, s.call_id, tag, "peer"));
    s.expect("603 INVITE");
    s.advance(33s);
    s.inject(replacing(s, s.call_id, tag, "peer"));
    bool was_refused = false;
    for (auto const& [when, text] : s.all_sent)
        was_refused = was_refused || (when >= 33s && test::summary(text) == "481 INVITE");
    CHECK(was_refused);
    s.expect_no_event();
}

TEST_CASE("A dialog that no INVITE has made cannot be replaced: 481 (RFC 3891 3)") {
    script s(test::with_events());
    auto const id = test::watched(s).id;
    s.inject(replacing(s, s.call_id, own_tag(s), "bob"));
    s.expect("481 INVITE");
    s.expect_no_event();
    test::unsubscribe(s, id);
    s.expect("SUBSCRIBE");
}

TEST_CASE("A call that rings here is nobody's to replace (RFC 3891 3)") {
    script s;
    s.inject(s.request("INVITE", 1, {.body = "offer"}));
    s.ring(s.expect_event<sip::incoming_call>().id);
    s.expect("180 INVITE");
    s.inject(replacing(s, s.call_id, own_tag(s), "peer"));
    s.expect("481 INVITE");
}

TEST_CASE("Two Replaces, Replaces with Join, or in another request than INVITE: 400 (RFC 3891 3)") {
    script s;
    test::called(s);
    auto const value = s.call_id + ";to-tag=" + own_tag(s) + ";from-tag=peer";
    s.inject(replacing(s, s.call_id, own_tag(s), "peer", "\nReplaces: " + value));
    s.expect("400 INVITE");
    s.inject(replacing(s, s.call_id, own_tag(s), "peer", "\nJoin: " + value));
    s.expect("400 INVITE");
    s.inject(s.request("OPTIONS", 2, {.headers = "Replaces: " + value + "\n", .to = "<sip:1001@10.0.0.1>"}));
    s.expect("400 OPTIONS");
}

TEST_CASE("A from-tag of zero also means a caller without tag (RFC 3891 3, 6.1)") {
    script s;
    s.peer_address = "<sip:bob@10.0.0.2>";
    auto const old = test::answered_call(s);
    s.inject(s.request("ACK", 1));
    s.expect_event<sip::call_confirmed>();
    s.inject(replacing(s, s.call_id, own_tag(s), "0"));
    CHECK(s.expect_event<sip::incoming_call>().replaces == old);
}

TEST_CASE("Our own INVITE names the call that it replaces, and requires that Replaces is understood (RFC 3891 4)") {
    script s;
    sip::invite_options options("sip:carol@10.0.0.2:5070");
    options.with_offer("offer").with_replaces("some-call", "theirs", "other", sip::invite_options::replace::early_only);
    s.command({}, [&](auto now, auto& out) { return s.core.invite(now, s.account, options, out).error(); });
    auto const invite = s.expect("INVITE");
    CHECK(header(invite, "Replaces") == "some-call;to-tag=theirs;from-tag=other;early-only");
    CHECK(header(invite, "Require") == "replaces");
    CHECK(header(invite, "Supported").find("replaces") != std::string::npos);
}

TEST_CASE("Alice calls Bob, Carol takes Alice's place by what Alice tells her of the call (RFC 3891 1)") {
    test::ua_pair pair;
    test::phone carol(77);
    carol.join(pair.net, "10.0.0.3:5060", test::ua_pair::account_at("sip:1003@10.0.0.3"));
    auto const [a, b] = pair.establish();
    auto const name = pair.alice.core.identity(a);
    REQUIRE(name.has_value());
    sip::invite_options options("sip:1002@10.0.0.2:5060");
    options.with_offer("offer of carol").with_replaces(name->call_id, name->remote_tag, name->local_tag);
    options.with_header("Referred-By", "<sip:1001@10.0.0.1>");
    carol.command([&](auto now, auto& out) { return carol.core.invite(now, carol.account, options, out); }).value();
    pair.net.run_for(50ms);
    CHECK(pair.bob.last<sip::incoming_call>().replaces == b);
    CHECK(!pair.bob.answer(pair.bob.last<sip::incoming_call>().id));
    pair.net.run_for(100ms);
    CHECK(carol.count<sip::call_answered>() == 1);
    CHECK(pair.alice.last<sip::call_ended>().why == sip::end_reason::remote_hang_up);
    CHECK(!pair.alice.core.identity(a));
}

TEST_CASE("Whoever can name a call but shows no right to it is refused with 403, and the call goes on (RFC 3891 3, 8)"
) {
    script s;
    auto const old = test::called(s);
    s.inject(replacing(s, s.call_id, own_tag(s), "peer", "\nReferred-By: <sip:eve@10.0.0.66>"));
    s.expect("403 INVITE");
    s.expect_no_event();
    s.reoffer(old);
    s.expect("INVITE");
}

TEST_CASE(
    "An account may let everybody replace that can name a call, or ask its user who sees the evidence (RFC 3891 3)"
) {
    for (auto const rule : {sip::replacement_rule::anybody, sip::replacement_rule::ask}) {
        test::script_options options;
        options.account.replaces = rule;
        script s(options);
        auto const old = test::called(s);
        s.inject(replacing(s, s.call_id, own_tag(s), "peer", "\nReferred-By: <sip:eve@10.0.0.66>"));
        auto const stranger = s.expect_event<sip::incoming_call>();
        CHECK(stranger.replaces == old);
        CHECK(stranger.evidence == sip::replacement_evidence::none);
        s.reject(stranger.id, 403);
        s.expect("403 INVITE");
        s.expect_event<sip::call_ended>();
        s.inject(replacing(s, s.call_id, own_tag(s), "peer"));
        CHECK(s.expect_event<sip::incoming_call>().evidence == sip::replacement_evidence::referred);
    }
}

TEST_CASE("A user that is asked challenges, and takes whoever has the credentials of the replaced one (RFC 3891 3)") {
    test::script_options options;
    options.account.replaces = sip::replacement_rule::ask;
    script s(options);
    auto const old = test::called(s);
    s.inject(replacing(s, s.call_id, own_tag(s), "peer", "\nReferred-By: <sip:eve@10.0.0.66>"));
    test::seeded_random random(3);
    auto surroundings = test::surroundings(random);
    sip::digest_server door({}, surroundings);
    auto const now = s.clock.now().mono;
    std::vector<sip::extra_header> headers;
    for (auto const& value : door.challenges(now, "phone", sip::digest_verdict::missing))
        headers.emplace_back("WWW-Authenticate", value);
    s.command({}, [&](auto at, auto& out) {
        return s.core.reject(at, s.expect_event<sip::incoming_call>().id, 401, {}, headers, out);
    });
    auto const challenge = s.expect("401 INVITE");
    s.expect_event<sip::call_ended>();

    // Bob's other phone has the password that they share.
    sip::authenticator bob(sip::account_credentials{
        .auth_name = "bob", .password = "shared", .realm = "phone", .own_domains = {}, .minimum_strength = {}});
    sip::buffer_pool pool;
    auto const parsed = sip::parse_message(pool.copy(challenge), pool);
    REQUIRE(parsed.has_value());
    sip::auth_attempts attempts;
    REQUIRE(!bob.on_challenge(parsed->view(), sip::challenge_origin::own_server, attempts));
    sip::message_builder credentials(pool);
    credentials.request("INVITE", "sip:1001@10.0.0.1");
    bob.write_credentials(
        credentials, "INVITE", "sip:1001@10.0.0.1", {}, sip::challenge_origin::own_server, surroundings
    );
    auto const written = credentials.finish();
    REQUIRE(written.has_value());
    s.inject(replacing(
        s, s.call_id, own_tag(s), "peer",
        "\nReferred-By: <sip:eve@10.0.0.66>\nAuthorization: " + header(written->text(), "Authorization")
    ));
    auto const again = s.expect_event<sip::incoming_call>();
    sip::secret_source const secrets{
        [](void const*, std::string_view user, std::string_view, sip::hash_algorithm) {
            return user == "bob" ? std::optional(sip::digest_secret{.text = "shared", .is_ha1 = false}) : std::nullopt;
        },
        nullptr};
    CHECK(
        door.judge(now, again.invite.view(), "phone", sip::digest_role::user_agent, secrets).verdict ==
        sip::digest_verdict::accepted
    );
    s.answer(again.id);
    s.expect("200 INVITE");
    s.expect("BYE");
    CHECK(s.expect_event<sip::call_ended>().id == old);
}

TEST_CASE("Phones that rang for a call that was taken over hear that it was answered elsewhere (RFC 3326 3.1)") {
    script s;
    s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 180);
    s.expect_event<sip::call_progress>();
    s.inject(replacing(s, header(invite, "Call-ID"), tag_of(header(invite, "From")), "bob", ";early-only"));
    s.answer(s.expect_event<sip::incoming_call>().id);
    s.expect("200 INVITE");
    CHECK(header(s.expect("CANCEL"), "Reason") == "SIP;cause=200;text=\"Call completed elsewhere\"");
}

// ---- Join

namespace {

test::script_options with_join() {
    test::script_options options;
    options.config.supported = {"join"};
    return options;
}
/// An INVITE of somebody else that wants to be part of a call.
std::string joining(
    script& s, std::string const& value, std::string const& more = "Referred-By: <sip:bob@10.0.0.2>\n"
) {
    auto const before = std::tuple(s.call_id, s.own_address, s.peer_address);
    static unsigned count = 0;
    s.call_id = "joining-call-" + std::to_string(++count);
    s.own_address = "<sip:1001@10.0.0.1>";
    s.peer_address = "<sip:carol@10.0.0.2>;tag=carol";
    auto const text =
        s.request("INVITE", 1, {.headers = "Require: join\nJoin: " + value + "\n" + more, .body = "offer"});
    std::tie(s.call_id, s.own_address, s.peer_address) = before;
    return text;
}
std::string name_of(script const& s) {
    return s.call_id + ";to-tag=" + own_tag(s) + ";from-tag=peer";
}

}  // namespace

TEST_CASE("An INVITE that wants to join a call is told to the user, who mixes both or says 488 (RFC 3911 4)") {
    script s(with_join());
    auto const old = test::called(s);
    s.inject(joining(s, name_of(s)));
    auto const first = s.expect_event<sip::incoming_call>();
    CHECK(first.joins == old);
    CHECK(!first.replaces);
    s.inject(joining(s, name_of(s)));
    auto const second = s.expect_event<sip::incoming_call>();
    CHECK(second.joins == old);
    s.reject(second.id, 488);
    s.expect("488 INVITE");
    s.expect_event<sip::call_ended>();
    s.answer(first.id);
    s.expect("200 INVITE");
    s.expect_nothing();  // the call that is joined goes on as it was
    s.expect_no_event();
    CHECK(s.core.live().sessions == 2);
}

TEST_CASE("A call that rings here may be joined, one that is unknown or over may not (RFC 3911 4)") {
    script s(with_join());
    s.inject(s.request("INVITE", 1, {.body = "offer"}));
    auto const ringing = s.expect_event<sip::incoming_call>().id;
    s.ring(ringing);
    s.own_address = header(s.expect("180 INVITE"), "To");
    s.inject(joining(s, name_of(s)));
    CHECK(s.expect_event<sip::incoming_call>().joins == ringing);
    s.inject(joining(s, "nobody;to-tag=a;from-tag=b"));
    s.expect("481 INVITE");

    script t(with_join());
    test::called(t);
    t.inject(t.request("BYE", 2));
    t.expect("200 BYE");
    t.expect_event<sip::call_ended>();
    t.inject(joining(t, name_of(t)));
    t.expect("603 INVITE");
    t.expect_no_event();
}

TEST_CASE("Two Joins, and Join in another request than INVITE: 400; who shows no right to join: 403 (RFC 3911 4)") {
    script s(with_join());
    test::called(s);
    s.inject(joining(s, name_of(s), "Join: " + name_of(s) + "\n"));
    s.expect("400 INVITE");
    s.inject(s.request("OPTIONS", 2, {.headers = "Join: " + name_of(s) + "\n", .to = "<sip:1001@10.0.0.1>"}));
    s.expect("400 OPTIONS");
    s.inject(joining(s, name_of(s), ""));
    s.expect("403 INVITE");
    s.expect_no_event();
    CHECK(s.core.live().sessions == 1);
}

TEST_CASE("Where the user cannot join calls, Join is a header like any other, unless it is required (RFC 3261 8.2.2.3)"
) {
    script s;
    test::called(s);
    auto const wish = joining(s, name_of(s));
    s.inject(wish);
    CHECK(header(s.expect("420 INVITE"), "Unsupported") == "join");
    auto const value = name_of(s);
    s.call_id = "another";
    s.own_address = "<sip:1001@10.0.0.1>";
    s.inject(s.request("INVITE", 1, {.headers = "Join: " + value + "\n", .body = "offer"}));
    CHECK(!s.expect_event<sip::incoming_call>().joins);
}

TEST_CASE("Our INVITE that wants to join a call says so to the place that it is redirected to, too (RFC 3911 5)") {
    script s;
    s.command({}, [&](auto now, auto& out) {
        sip::invite_options options("sip:bob@10.0.0.2:5060");
        options.with_offer("offer").with_header("Require", "join").with_header("Join", "12adf2;to-tag=1;from-tag=2");
        return s.core.invite(now, s.account, options, out).error();
    });
    auto const first = s.expect("INVITE");
    CHECK(header(first, "Join") == "12adf2;to-tag=1;from-tag=2");
    s.reply(first, 302, {.headers = "Contact: <sip:carol@10.0.0.2:5070>\n"});
    s.expect("ACK");
    auto const second = s.expect("INVITE");
    CHECK(second.starts_with("INVITE sip:carol@10.0.0.2:5070 "));
    CHECK(header(second, "Join") == header(first, "Join"));
    CHECK(header(second, "Require") == "join");
}

// Covers: accounts and their REGISTER requests as they go out: form, Call-ID and CSeq, refresh, challenge, removal,
// loss of the connection; settings that cannot be used. Not here: when to register (usage/registration).
#include <doctest/doctest.h>

#include "support/script.hpp"

using namespace std::chrono_literals;
using test::header;
using test::script;
using test::tag_of;

namespace {

test::script_options registering() {
    test::script_options options;
    options.account.address_of_record = "sip:1001@example.com";
    options.account.display_name = "Alice \"A\"";
    options.account.password = "secret";
    options.account.registrar = "sip:example.com";
    options.account.route_set = {"sip:10.0.0.2:5060;lr"};
    options.account.expires = 600s;
    return options;
}

void start(script& s) {
    s.command({}, [&](auto now, auto& out) { return s.core.register_account(now, s.account, out); });
}
void stop(script& s) {
    s.command({}, [&](auto now, auto& out) { return s.core.unregister_account(now, s.account, out); });
}

}  // namespace

TEST_CASE("REGISTER has the form of RFC 3261 10.2 (TS 102 027 RG_RT_V_001, _008, _009, _015)") {
    script s(registering());
    start(s);
    auto const request = s.expect("REGISTER");
    CHECK(request.starts_with("REGISTER sip:example.com SIP/2.0\r\n"));  // userless
    CHECK(header(request, "To") == "\"Alice \\\"A\\\"\" <sip:1001@example.com>");
    CHECK(header(request, "From").starts_with(header(request, "To") + ";tag="));
    CHECK(header(request, "Contact") == "<sip:1001@10.0.0.1:5060>");
    CHECK(header(request, "Expires") == "600");
    CHECK(header(request, "Route") == "<sip:10.0.0.2:5060;lr>");
    CHECK(s.expect_event<sip::registration_changed>().state == sip::registration_state::registering);
}

TEST_CASE(
    "Registered, refreshed within the granted time on the same Call-ID with a rising CSeq (RFC 3261 10.2, RG_RT_V_011, "
    "_012)"
) {
    script s(registering());
    start(s);
    auto const first = s.expect("REGISTER");
    s.reply(
        first, 200, {.headers = "Record-Route: <sip:10.0.0.99;lr>\nContact: <sip:1001@10.0.0.1:5060>;expires=120\n"}
    );
    s.expect_event<sip::registration_changed>();
    auto const news = s.expect_event<sip::registration_changed>();
    CHECK(news.state == sip::registration_state::registered);
    CHECK(news.expires == 120s);
    s.advance(119s);
    auto const refresh = s.expect("REGISTER");
    CHECK(header(refresh, "Call-ID") == header(first, "Call-ID"));
    CHECK(tag_of(header(refresh, "From")) == tag_of(header(first, "From")));
    CHECK(header(refresh, "CSeq") == "2 REGISTER");
    CHECK(header(refresh, "Route") == header(first, "Route"));  // Record-Route means nothing here
}

TEST_CASE("A challenged REGISTER goes again with credentials and the next CSeq (RFC 3261 8.1.3.5, RG_RT_V_007)") {
    script s(registering());
    start(s);
    s.reply(
        s.expect("REGISTER"), 401,
        {.headers = "WWW-Authenticate: Digest realm=\"anything\", nonce=\"n\", qop=\"auth\"\n"}
    );
    auto const again = s.expect("REGISTER");
    CHECK(header(again, "CSeq") == "2 REGISTER");
    CHECK(header(again, "Authorization").find("uri=\"sip:example.com\"") != std::string::npos);
    s.reply(again, 200, {.headers = "Contact: <sip:1001@10.0.0.1:5060>;expires=600\n"});
    s.expect_event<sip::registration_changed>();
    CHECK(s.expect_event<sip::registration_changed>().state == sip::registration_state::registered);
}

TEST_CASE("REGISTER without answer is repeated at 0.5, 1, 2, 4, 4 ... s for 32 s (RFC 3261 10.2.7, TS 102 027 TI_006)"
) {
    script s(registering());
    start(s);
    s.advance(33s);
    CHECK(s.times_of("REGISTER").size() == 11);
    s.expect_event<sip::registration_changed>();
    auto const failed = s.expect_event<sip::registration_changed>();
    CHECK(failed.state == sip::registration_state::failed);
    CHECK(failed.error == sip::errc::transaction_timeout);
    CHECK(failed.next_attempt.has_value());
}

TEST_CASE("Unregistering removes the binding with Expires 0 (RFC 3261 10.2.2)") {
    script s(registering());
    start(s);
    s.reply(s.expect("REGISTER"), 200, {.headers = "Contact: <sip:1001@10.0.0.1:5060>;expires=600\n"});
    stop(s);
    auto const removal = s.expect("REGISTER");
    CHECK(header(removal, "Expires") == "0");
    CHECK(header(removal, "Contact") == "<sip:1001@10.0.0.1:5060>");
    s.reply(removal, 200);
    s.advance(2h);
    s.expect_nothing();
    s.expect_idle();
}

TEST_CASE("Losing the connection to the registrar registers anew") {
    auto options = registering();
    options.transport = sip::transport_kind::tcp;
    options.account.route_set = {"sip:10.0.0.2:5060;lr;transport=tcp"};
    script s(options);
    start(s);
    auto const first = s.expect("REGISTER");
    CHECK(header(first, "Contact") == "<sip:1001@10.0.0.1:5060;transport=tcp>");
    s.reply(first, 200, {.headers = "Contact: <sip:1001@10.0.0.1:5060;transport=tcp>;expires=600\n"});
    s.close_flow();
    for (int i = 0; i < 20 && s.opened().empty(); ++i)
        s.advance(1s);
    CHECK(s.core.live().requests == 1);  // a REGISTER waits for the new connection
}

TEST_CASE("A registration survives whatever happens to its network") {
    test::replay(
        [](script& s) {
            start(s);
            s.reply(s.expect("REGISTER"), 200, {.headers = "Contact: <sip:1001@10.0.0.1:5060>;expires=60\n"});
            s.advance(70s);
            stop(s);
            s.advance(100s);
        },
        registering()
    );
}

TEST_CASE("Two accounts register independently") {
    script s(registering());
    auto settings = registering().account;
    settings.address_of_record = "sip:1002@example.com";
    settings.contact_params = ";+sip.instance=\"<urn:uuid:1>\"";
    auto const second = s.core.add_account(settings).value();
    start(s);
    s.command({}, [&](auto now, auto& out) { return s.core.register_account(now, second, out); });
    CHECK(header(s.expect("REGISTER"), "To").find("1001") != std::string::npos);
    auto const request = s.expect("REGISTER");
    CHECK(header(request, "Contact") == "<sip:1002@10.0.0.1:5060>;+sip.instance=\"<urn:uuid:1>\"");
}

TEST_CASE("Settings that cannot be used are refused with a sentence") {
    script s;
    auto const why_not = [&](auto&& change) {
        auto settings = test::script_options().account;
        change(settings);
        std::string why;
        auto const made = s.core.add_account(settings, &why);
        CHECK(!made.has_value());
        return why;
    };
    using settings = sip::account_config;
    CHECK(why_not([](settings& a) { a.address_of_record = "1001"; }) == "address of record: \"1001\" cannot be used");
    CHECK(why_not([](settings& a) { a.address_of_record = "tel:+49"; }).starts_with("address of record"));
    CHECK(why_not([](settings& a) { a.registrar = "sip:me@example.com"; }).starts_with("registrar"));  // RFC 3261 10.2
    CHECK(why_not([](settings& a) { a.registrar = "http://x"; }) == "registrar: \"http://x\" cannot be used");
    CHECK(why_not([](settings& a) { a.route_set = {"proxy"}; }) == "outbound proxy: \"proxy\" cannot be used");
    CHECK(why_not([](settings& a) { a.display_name = "A\r\nB"; }).starts_with("display name"));
    CHECK(why_not([](settings& a) { a.contact_params = ";x\r\n"; }).starts_with("contact parameters"));
}

TEST_CASE("An account that is not there, or has no registrar, says so") {
    script s;
    s.command(sip::errc::no_such_account, [&](auto now, auto& out) {
        return s.core.register_account(now, {9, 9}, out);
    });
    s.command(sip::errc::wrong_state, [&](auto now, auto& out) {
        return s.core.register_account(now, s.account, out);
    });
    CHECK(s.core.update_account({9, 9}, test::script_options().account) == sip::errc::no_such_account);
}

TEST_CASE("An updated account keeps its registration and sends with the new settings") {
    script s(registering());
    start(s);
    auto const first = s.expect("REGISTER");
    s.reply(first, 200, {.headers = "Contact: <sip:1001@10.0.0.1:5060>;expires=600\n"});
    auto settings = registering().account;
    settings.display_name = "Alice";
    CHECK(!s.core.update_account(s.account, settings));
    stop(s);
    auto const removal = s.expect("REGISTER");
    CHECK(header(removal, "Call-ID") == header(first, "Call-ID"));
    CHECK(header(removal, "To") == "Alice <sip:1001@example.com>");
}

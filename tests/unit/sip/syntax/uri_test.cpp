// Covers: reading sip, sips, tel and other URIs, IPv6 hosts (RFC 5118), escapes, writing URIs.
// Comparison is tested in uri_compare_test.cpp.
#include "sip/syntax/uri.hpp"

#include <string>

#include <doctest/doctest.h>

using sip::parse_uri;
using sip::uri_scheme;
using namespace std::string_literals;

TEST_CASE("A SIP URI is taken apart to its components (RFC 3261 19.1.1)") {
    auto uri = parse_uri("sip:alice:secret@atlanta.com:5070;transport=tcp;lr?subject=project%20x&priority=urgent");
    REQUIRE(uri.has_value());
    CHECK(uri->scheme == uri_scheme::sip);
    CHECK(uri->user == "alice");
    CHECK(uri->password == "secret");
    CHECK(uri->host == "atlanta.com");
    CHECK(uri->port == 5070);
    CHECK(uri->params.text() == ";transport=tcp;lr");
    CHECK(uri->params.value("transport") == "tcp");
    CHECK(uri->is_loose_router());
    CHECK(uri->headers == "subject=project%20x&priority=urgent");
}

TEST_CASE("Every part but the host may be missing") {
    auto uri = parse_uri("SIPS:example.com");
    REQUIRE(uri.has_value());
    CHECK(uri->scheme == uri_scheme::sips);
    CHECK(uri->is_sip_or_sips());
    CHECK(uri->user.empty());
    CHECK(uri->host == "example.com");
    CHECK_FALSE(uri->port);
    CHECK(uri->params.empty());
    CHECK_FALSE(uri->is_loose_router());
}

TEST_CASE("The user part may hold what elsewhere separates (RFC 3261 25.1, RFC 4475 3.1.1.9)") {
    auto uri = parse_uri("sip:user;par=u%40example.net@example.com");
    REQUIRE(uri.has_value());
    CHECK(uri->user == "user;par=u%40example.net");
    CHECK(sip::unescape(uri->user) == "user;par=u@example.net");
    CHECK(uri->host == "example.com");
    CHECK(parse_uri("sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@a")
              .has_value());
    CHECK(parse_uri("sip:*21#31@example.com")->user == "*21#31");
}

TEST_CASE("An escaped 'lr' names a loose router too (RFC 4475 3.1.1.3)") {
    CHECK(parse_uri("sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31")->is_loose_router());
    CHECK_FALSE(parse_uri("sip:host;lrx")->is_loose_router());
    CHECK(parse_uri("sip:host;LR=on")->is_loose_router());
}

TEST_CASE("IPv6 hosts keep their brackets, and the port stands behind them (RFC 5118 4)") {
    auto uri = parse_uri("sip:[2001:db8::10]:5070");
    REQUIRE(uri.has_value());
    CHECK(uri->host == "[2001:db8::10]");
    CHECK(uri->port == 5070);
    // RFC 5118 4.3: inside the brackets 5070 is a part of the address.
    auto ambiguous = parse_uri("sip:[2001:db8::10:5070]");
    REQUIRE(ambiguous.has_value());
    CHECK(ambiguous->host == "[2001:db8::10:5070]");
    CHECK_FALSE(ambiguous->port);
}

TEST_CASE("IPv6 addresses are checked") {
    for (auto const* good :
         {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "2001:DB8::a", "::ffff:192.0.2.1", "1:2:3:4:5:6:1.2.3.4",
          "1::3:4:5:6:7:8", "2001:db8:::192.0.2.1"})
        CHECK_MESSAGE(parse_uri("sip:[" + std::string(good) + "]").has_value(), good);
    for (auto const* bad :
         {"", ":", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "1:::2", ":1::2",
          "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.256", "::1.2.3.4.5",
          "1:2:3:4:5:6:7:8::", "1:", "::1:", "::1.2.3.4:5"})
        CHECK_MESSAGE(!parse_uri("sip:[" + std::string(bad) + "]"), bad);
}

TEST_CASE("Malformed SIP URIs are refused at the byte that is wrong") {
    struct row {
        std::string text;
        std::uint32_t offset;
    };
    for (auto const& [text, offset] : {
             row{"", 0},
             {"sip", 3},
             {"sip:", 4},
             {"alice@example.com", 5},
             {"sip:@example.com", 4},
             {"sip::pw@example.com", 4},
             {"sip:a b@example.com", 5},
             {"sip:a%2@example.com", 5},
             {"sip:a%zz@example.com", 5},
             {"sip:a@", 6},
             {"sip:a@b@c", 7},
             {"sip:a@host:", 11},
             {"sip:a@host:x", 11},
             {"sip:a@host;", 11},
             {"sip:a@host;;lr", 11},
             {"sip:a@host;x=", 13},
             {"sip:a@host; lr", 11},
             {"sip:a@host?", 11},
             {"sip:a@host ", 10},
             {"<sip:a@host>", 0},
             {"sip:2001:db8::10", 9},
             {"sip:[::1", 4},
             {"sip:a@ho\0st"s, 8},
             {"sip:a@h%6Fst", 7},  // RFC 3261 19.1.2
         }) {
        std::string const shown_text(text);
        CAPTURE(shown_text);
        auto uri = parse_uri(text);
        REQUIRE_FALSE(uri.has_value());
        CHECK(uri.error().code == sip::errc::syntax_error);
        CHECK(uri.error().offset == offset);
        CHECK(uri.error().suggested_status == 400);
    }
}

TEST_CASE("Ports end at 65535") {
    CHECK(parse_uri("sip:h:65535")->port == 65535);
    CHECK(parse_uri("sip:h:0005060")->port == 5060);
    CHECK(parse_uri("sip:h:65536").error().code == sip::errc::number_out_of_range);
    CHECK(parse_uri("sip:h:4294972356").error().code == sip::errc::number_out_of_range);
}

TEST_CASE("tel URIs hold a number and parameters (RFC 3966 3)") {
    auto uri = parse_uri("tel:+1-201-555-0123;ext=12");
    REQUIRE(uri.has_value());
    CHECK(uri->scheme == uri_scheme::tel);
    CHECK(uri->user == "+1-201-555-0123");
    CHECK(uri->host.empty());
    CHECK(uri->params.value("ext") == "12");
    CHECK(parse_uri("tel:7042;phone-context=example.com").has_value());
    CHECK(parse_uri("tel:*31#;phone-context=+1").has_value());
    for (auto const* bad : {"tel:", "tel:+", "tel:-", "tel:+12x", "tel:+1a", "tel:12 3", "tel:+1;", "tel:+*1"})
        CHECK_MESSAGE(!parse_uri(bad), bad);
}

TEST_CASE("Other schemes are kept as text (RFC 4475 3.3.2 to 3.3.4)") {
    for (auto const* text :
         {"soap.beep://192.0.2.103:3002", "isbn:2983792873", "nobodyKnowsThisScheme:totallyopaquecontent",
          "http://www.example.com", "urn:uuid:0", "sipx:a"}) {
        auto uri = parse_uri(text);
        REQUIRE_MESSAGE(uri.has_value(), text);
        CHECK(uri->scheme == uri_scheme::other);
        CHECK(uri->text == text);
    }
    for (auto const* bad : {"a:", "1a:b", ":b", "a b:c", "a:b c", "a:<b>", "noscheme"})
        CHECK_MESSAGE(!parse_uri(bad), bad);
}

TEST_CASE("Unescaping happens once and keeps NUL (RFC 4475 3.1.1.4)") {
    CHECK(sip::unescape("null-%00-null") == "null-\0-null"s);
    CHECK(sip::unescape("v%61lue%2541") == "value%41");
    CHECK(sip::unescape("100%") == "100%");
    CHECK(sip::unescape("%4") == "%4");
    CHECK(sip::unescape("%zz%4") == "%zz%4");
}

TEST_CASE("Escaping a user part makes every text a valid one and back") {
    std::string all;
    for (int c = 0; c < 256; ++c)
        all += static_cast<char>(c);
    auto text = "sip:" + sip::escape_user(all) + "@h";
    auto uri = parse_uri(text);
    REQUIRE(uri.has_value());
    CHECK(uri->password.empty());
    CHECK(sip::unescape(uri->user) == all);
    CHECK(sip::escape_user("+1(2)") == "+1(2)");
    CHECK(sip::escape_user("a#b@c:d") == "a%23b%40c%3Ad");
}

TEST_CASE("URIs are written from their parts") {
    CHECK(
        to_string(sip::uri_parts{.user = "al ice", .host = "h", .port = 5070, .params = ";transport=tcp"}) ==
        "sip:al%20ice@h:5070;transport=tcp"
    );
    CHECK(
        to_string(
            sip::uri_parts{.scheme = uri_scheme::sips, .user = "", .host = "2001:db8::1", .port = {}, .params = ""}
        ) == "sips:[2001:db8::1]"
    );
    CHECK(
        to_string(sip::uri_parts{.user = "", .host = "[2001:db8::1]", .port = 1, .params = ""}) == "sip:[2001:db8::1]:1"
    );
    CHECK(
        to_string(sip::uri_parts{.scheme = uri_scheme::tel, .user = "+1", .host = "", .port = {}, .params = ";ext=2"}
        ) == "tel:+1;ext=2"
    );
}

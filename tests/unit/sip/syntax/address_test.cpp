// Covers: name-addr with and without brackets, display names, tag, expires and q, the star of Contact, bad input.
#include "sip/syntax/address.hpp"

#include <string>

#include <doctest/doctest.h>

using sip::parse_name_addr;

TEST_CASE("A name-addr has a display name, a URI and the header's parameters (RFC 3261 20.10)") {
    auto address = parse_name_addr(R"("Mr. \"W\" Watson" <sip:watson@bell.com:5070;lr>;q=0.7;expires=3600;tag=ab)");
    REQUIRE(address.has_value());
    CHECK(address->display_name == R"("Mr. \"W\" Watson")");
    CHECK(display_text(*address) == "Mr. \"W\" Watson");
    CHECK(address->uri.user == "watson");
    CHECK(address->uri.port == 5070);
    CHECK(address->uri.params.text() == ";lr");
    CHECK(address->q_milli() == 700);
    CHECK(address->expires() == 3600);
    CHECK(address->tag() == "ab");
    CHECK_FALSE(address->is_star);
}

TEST_CASE("Without brackets the parameters belong to the header (RFC 3261 20.10)") {
    auto address = parse_name_addr("sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n");
    REQUIRE(address.has_value());
    CHECK(address->uri.text == "sip:vivekg@chair-dnrc.example.com");
    CHECK(address->uri.params.empty());
    CHECK(address->tag() == "1918181833n");
    auto inside = parse_name_addr("<sip:user@example.com;unknownparam>");
    CHECK(inside->uri.params.has("unknownparam"));
    CHECK(inside->params.empty());
}

TEST_CASE("Without brackets a question mark is an error: it would make headers of a URI (RFC 4475 3.1.2.13)") {
    CHECK_FALSE(parse_name_addr("sip:user@example.com?Route=%3Csip:sip.example.com%3E").has_value());
    CHECK(parse_name_addr("<sip:user@example.com?Route=%3Csip:sip.example.com%3E>").has_value());
}

TEST_CASE("Display names may be several tokens, and white space before the bracket may be missing (RFC 4475 3.1.1.6)") {
    CHECK(parse_name_addr("caller<sip:caller@example.com>")->display_name == "caller");
    CHECK(parse_name_addr("A. G.\t Bell <sip:bell@example.com>")->display_name == "A. G.\t Bell");
    CHECK(parse_name_addr("token1~` token2'+_ token3*%!.- <sip:mundane@example.com>").has_value());
    CHECK(parse_name_addr("J\xc3\xbcrgen <sip:j@example.com>")->display_name == "J\xc3\xbcrgen");
    CHECK(parse_name_addr("\"\" <sip:j@example.com>")->display_name == "\"\"");
    CHECK(parse_name_addr("<sip:j@example.com>")->display_name.empty());
}

TEST_CASE("Folding and space around the parts are passed over (RFC 4475 3.1.1.1)") {
    auto address =
        parse_name_addr("\"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8");
    REQUIRE(address.has_value());
    CHECK(display_text(*address) == "J Rosenberg \\\"");
    CHECK(address->tag() == "98asjd8");
    CHECK(parse_name_addr("  <sip:a@h>  ").has_value());
}

TEST_CASE("White space inside the brackets is an error (RFC 4475 3.1.2.14)") {
    for (auto const* text : {"\"Watson, Thomas\" < sip:t.watson@example.org >", "< sip:a@h>", "<sip:a@h >"})
        CHECK_FALSE(parse_name_addr(text).has_value());
}

TEST_CASE("Other schemes stand with and without brackets (RFC 4475 3.3.4)") {
    CHECK(parse_name_addr("isbn:2983792873")->uri.scheme == sip::uri_scheme::other);
    CHECK(parse_name_addr("<http://www.example.com>;tag=3234233")->tag() == "3234233");
    CHECK(parse_name_addr("<name:John_Smith>").has_value());
    CHECK(parse_name_addr("<tel:+12015550123>;tag=1")->uri.user == "+12015550123");
}

TEST_CASE("A star is only a star") {
    CHECK(parse_name_addr("*")->is_star);
    CHECK(parse_name_addr(" * ")->is_star);
    CHECK_FALSE(parse_name_addr("*;expires=0").has_value());
    CHECK_FALSE(parse_name_addr("* <sip:a@h>")->is_star);
}

TEST_CASE("Malformed addresses are refused at the byte that is wrong") {
    struct row {
        std::string text;
        std::uint32_t offset;
    };
    for (auto const& [text, offset] : {
             row{"", 0},
             {"   ", 3},
             {"\"Mr. J. User <sip:j.user@example.com>", 0},
             {"\"x\" sip:a@h", 4},
             {"<sip:a@h", 8},
             {"<>", 1},
             {"<sip:a b@h>", 6},
             {"<sip:a@h> x", 10},
             {"<sip:a@h>;;tag=1", 10},
             {"<sip:a@h>;tag=", 14},
             {"Bell, Alexander <sip:a.g.bell@example.com>;tag=43", 4},
             {"Alice sip:a@h", 5},
             {"alice@example.com", 5},
             {"Alice", 5},
             {"a@b <sip:a@h>", 1},
             {"<<sip:a@h>>", 1},
         }) {
        std::string const shown_text(text);
        CAPTURE(shown_text);
        auto address = parse_name_addr(text);
        REQUIRE_FALSE(address.has_value());
        CHECK(address.error().offset == offset);
        CHECK(address.error().suggested_status == 400);
    }
}

TEST_CASE("A malformed expires counts as missing (RFC 3261 10.3), a malformed q as 1") {
    auto expires = [](std::string const& value) {
        auto text = "<sip:a@h>;expires=" + value;
        return parse_name_addr(text)->expires();
    };
    CHECK(expires("0") == 0);
    CHECK(expires("4294967295") == 4294967295);
    CHECK_FALSE(expires("4294967296"));
    CHECK_FALSE(expires("soon"));
    CHECK_FALSE(expires("1.5"));
    CHECK_FALSE(parse_name_addr("<sip:a@h>;expires")->expires());
    auto q = [](std::string const& value) {
        auto text = "<sip:a@h>;q=" + value;
        return parse_name_addr(text)->q_milli();
    };
    CHECK(q("0") == 0);
    CHECK(q("0.5") == 500);
    CHECK(q("0.123") == 123);
    CHECK(q("0.") == 0);
    CHECK(q("1.000") == 1000);
    CHECK(q("1.5") == 1000);
    CHECK(q("2") == 1000);
    CHECK(q("0.1234") == 1000);
    CHECK(q("0.x") == 1000);
    CHECK(parse_name_addr("<sip:a@h>")->q_milli() == 1000);
}

TEST_CASE("Display names are quoted when they must be, and read back") {
    CHECK(sip::quote_display_name("").empty());
    CHECK(sip::quote_display_name("Alice") == "Alice");
    CHECK(sip::quote_display_name("Alice B. Liddell") == "Alice B. Liddell");
    for (auto const* name :
         {"Bell, Alexander", "a \"b\" \\c", " lead", "two  spaces", "<sip:x>", "J\xc3\xbcrgen", "a;b"}) {
        auto text = sip::quote_display_name(name) + " <sip:a@h>";
        auto address = parse_name_addr(text);
        REQUIRE_MESSAGE(address.has_value(), text);
        CHECK(display_text(*address) == name);
    }
    CHECK(sip::quote_display_name("a\r\nEvil: 1") == "\"aEvil: 1\"");
}

// Covers: RFC 3261 19.1.4 with every example that it gives, RFC 3966 4 for tel, and the bound on long lists.
#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/uri.hpp"

namespace {

bool same(std::string const& a, std::string const& b) {
    auto x = sip::parse_uri(a), y = sip::parse_uri(b);
    REQUIRE_MESSAGE(x.has_value(), a);
    REQUIRE_MESSAGE(y.has_value(), b);
    bool result = equivalent(*x, *y);
    CHECK(result == equivalent(*y, *x));
    CHECK(equivalent(*x, *x));
    return result;
}

struct pair {
    char const *a, *b;
};

}  // namespace

TEST_CASE("The URIs that RFC 3261 19.1.4 lists as equivalent are") {
    for (auto const& one : {
             pair{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"},
             {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"},
             {"sip:carol@chicago.com", "sip:carol@chicago.com;security=on"},
             {"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"},
             {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
              "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"},
             {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
              "sip:alice@atlanta.com?priority=urgent&subject=project%20x"},
         })
        CHECK_MESSAGE(same(one.a, one.b), std::string(one.a), " and ", std::string(one.b));
}

TEST_CASE("The URIs that RFC 3261 19.1.4 lists as different are") {
    for (auto const& one : {
             pair{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"},
             {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"},
             {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"},
             {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"},
             {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"},
             {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"},
             // "Note that equality is not transitive": the two unlike ones of that example.
             {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"},
         })
        CHECK_MESSAGE(!same(one.a, one.b), std::string(one.a), " and ", std::string(one.b));
}

TEST_CASE("The other rules of RFC 3261 19.1.4, one by one") {
    CHECK_FALSE(same("sip:a@h", "sips:a@h"));
    CHECK_FALSE(same("sip:a@h", "sip:h"));
    CHECK_FALSE(same("sip:a:p@h", "sip:a@h"));
    CHECK_FALSE(same("sip:a:p@h", "sip:a:P@h"));
    // A reserved character and its escape mean different things.
    CHECK_FALSE(same("sip:a%3Bb@h", "sip:a;b@h"));
    CHECK(same("sip:a%2Db@h", "sip:a-b@h"));
    for (auto const* param : {"user=phone", "ttl=1", "method=INVITE", "maddr=1.2.3.4", "transport=tcp"}) {
        CAPTURE(param);
        auto with = "sip:h;" + std::string(param);
        CHECK_FALSE(same("sip:h", with));
        CHECK(same(with, with + ";x=y"));
    }
    CHECK_FALSE(same("sip:h;user=phone", "sip:h;user=ip"));
    CHECK(same("sip:h;x=A", "sip:h;X=a"));
    CHECK(same("sip:[2001:DB8::1]", "sip:[2001:db8::1]"));
    CHECK_FALSE(same("sip:h?a=b", "sip:h?a=b&a=b"));
    CHECK_FALSE(same("sip:h?a=b&a=b&c=d", "sip:h?a=b&c=d&c=d"));
    CHECK_FALSE(same("sip:h?a=b", "sip:h?a=B"));
    CHECK(same("sip:h?A=b", "sip:h?a=%62"));
}

TEST_CASE("Of a parameter that stands twice the first counts, on both sides") {
    CHECK(same("sip:h;x=1;x=2", "sip:h;x=1"));
    CHECK(same("sip:h;x=1;x=2", "sip:h;X=1;x=3"));
    CHECK_FALSE(same("sip:h;x=1;x=2", "sip:h;x=2;x=1"));
    CHECK(same("sip:h;transport=tcp;transport=udp", "sip:h;transport=tcp"));
}

TEST_CASE("Escaped NULs make different users (RFC 4475 3.1.1.4)") {
    CHECK_FALSE(same("sip:%00@host5.example.com", "sip:%00%00@host5.example.com"));
}

TEST_CASE("tel URIs compare by their digits and all parameters (RFC 3966 4)") {
    CHECK(same("tel:+1-201-555-0123", "tel:+1(201)5550123"));
    CHECK_FALSE(same("tel:+12015550123", "tel:12015550123"));
    CHECK_FALSE(same("tel:+1", "tel:+12"));
    CHECK(same("tel:7042;phone-context=Example.com", "tel:7042;phone-context=example.com"));
    CHECK(same("tel:7042;phone-context=+1-2", "tel:7042;phone-context=+12"));
    CHECK(same("tel:+1;ext=1-2;isub=x", "tel:+1;isub=X;ext=12"));
    CHECK_FALSE(same("tel:+1;ext=12", "tel:+1"));
    CHECK_FALSE(same("tel:+1;ext=12", "tel:+1;ext=13"));
    CHECK(same("tel:12A", "tel:12a"));
}

TEST_CASE("Other schemes are the same only byte for byte") {
    CHECK(same("isbn:2983792873", "isbn:2983792873"));
    CHECK_FALSE(same("isbn:A", "isbn:a"));
    CHECK_FALSE(same("http://a", "isbn:a"));
}

TEST_CASE("Lists beyond the bound compare as text, in no time") {
    std::string many = "sip:h", other = "sip:h", headers = "sip:h?a=b";
    for (int i = 0; i < 20000; ++i) {
        many += ";a";
        other.insert(5, ";b");
        headers += "&a=b";
    }
    CHECK(same(many, many));
    CHECK_FALSE(same(many, other));
    CHECK(same(headers, headers));
    CHECK_FALSE(same(headers, headers + "&c=d"));
}

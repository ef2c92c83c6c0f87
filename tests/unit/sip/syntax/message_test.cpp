// Covers: what message_view offers: start line, decoded values, typed access, lists over lines and commas, header
// recovery, sharing and cloning. Which messages are refused is tested in parse_test.cpp.
#include "sip/syntax/message.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"

using namespace std::string_literals;
using sip::header_id;

namespace {

sip::message parsed(sip::buffer_pool& pool, std::string const& text) {
    auto result = sip::parse_message(pool.copy(text), pool);
    REQUIRE_MESSAGE(result.has_value(), to_string(result.error().why));
    return *std::move(result);
}

std::string const invite =
    "INVITE sip:bob@biloxi.com;transport=tcp SIP/2.0\r\n"
    "Via: SIP/2.0/TCP pc33.atlanta.com:5062;branch=z9hG4bK776asdhds, SIP/2.0/UDP second.example.com\r\n"
    "Max-Forwards: 70\r\n"
    "To: Bob <sip:bob@biloxi.com>\r\n"
    "f: \"Alice, A.\" <sip:alice@atlanta.com>;tag=1928301774\r\n"
    "Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n"
    "CSeq: 314159 INVITE\r\n"
    "m: <sip:alice@pc33.atlanta.com>\r\n"
    "Route: <sip:a;lr>,\r\n"
    " <sip:b,c@b;lr> , \"x,y\" <sip:c;lr>\r\n"
    "X-Custom: one, two\r\n"
    "Supported: 100rel, timer\r\n"
    "Supported:\r\n"
    "k: Replaces\r\n"
    "Route: <sip:d>\r\n"
    "Via: SIP/2.0/UDP third.example.com\r\n"
    "Content-Type: text/plain\r\n"
    "Content-Length: 4\r\n"
    "\r\n"
    "body";

}  // namespace

TEST_CASE("The start line of a request is decoded") {
    sip::buffer_pool pool;
    auto message = parsed(pool, invite);
    auto view = *message;
    CHECK(view.is_request());
    CHECK_FALSE(view.is_response());
    CHECK(view.method() == sip::method::invite);
    CHECK(view.method_text() == "INVITE");
    CHECK(view.request_uri() == "sip:bob@biloxi.com;transport=tcp");
    CHECK(view.status() == 0);
    CHECK(view.reason().empty());
}

TEST_CASE("The start line of a response is decoded, and its method is that of CSeq") {
    sip::buffer_pool pool;
    auto message = parsed(
        pool,
        "SIP/2.0 486 Busy  Here \xc3\xbc\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n"
    );
    auto view = *message;
    CHECK(view.is_response());
    CHECK(view.status() == 486);
    CHECK(view.reason() == "Busy  Here \xc3\xbc");
    CHECK(view.method() == sip::method::bye);
    CHECK(view.method_text() == "BYE");
    CHECK(view.request_uri().empty());
    CHECK(view.to_tag() == "2");
    CHECK(view.body().empty());
}

TEST_CASE("What transactions and dialogs match by is decoded") {
    sip::buffer_pool pool;
    auto message = parsed(pool, invite);
    auto view = *message;
    CHECK(view.call_id() == "a84b4c76e66710@pc33.atlanta.com");
    CHECK(view.from_tag() == "1928301774");
    CHECK(view.to_tag().empty());
    CHECK(view.cseq().number == 314159);
    CHECK(view.cseq().name == sip::method::invite);
    CHECK(view.cseq().method_text == "INVITE");
    CHECK(view.top_via().transport == "TCP");
    CHECK(view.top_via().port == 5062);
    CHECK(view.top_via().branch() == "z9hG4bK776asdhds");
    CHECK(view.top_via().text == "SIP/2.0/TCP pc33.atlanta.com:5062;branch=z9hG4bK776asdhds");
    CHECK(view.body() == "body");
    CHECK(view.text() == invite);
}

TEST_CASE("From, To and Request-URI are decoded to their components") {
    sip::buffer_pool pool;
    auto message = parsed(pool, invite);
    auto view = *message;
    CHECK(view.from().uri.user == "alice");
    CHECK(view.from().display_name == "\"Alice, A.\"");
    CHECK(view.from().text == view.raw(header_id::from));
    CHECK(view.to().uri.host == "biloxi.com");
    CHECK(view.request_uri_parts().user == "bob");
    CHECK(view.request_uri_parts().params.value("transport") == "tcp");
    CHECK(view.request_uri_parts().text == view.request_uri());
    // Asking by type gives the same.
    CHECK(view.get<header_id::from>()->uri.text == view.from().uri.text);
    CHECK(view.get<header_id::to>()->text.data() == view.to().text.data());
    CHECK(view.get<header_id::via>()->branch() == view.top_via().branch());
}

TEST_CASE("Headers stand in the table in order, with their text as it came") {
    sip::buffer_pool pool;
    auto message = parsed(pool, invite);
    auto view = *message;
    REQUIRE(view.headers().size() == 16);
    CHECK(view.name(view.headers()[3]) == "f");
    CHECK(view.headers()[3].id == header_id::from);
    CHECK(view.name(view.headers()[8]) == "X-Custom");
    CHECK(view.headers()[8].id == header_id::unknown);
    CHECK(view.value(view.headers()[7]) == "<sip:a;lr>,\r\n <sip:b,c@b;lr> , \"x,y\" <sip:c;lr>");
    CHECK(view.raw(header_id::max_forwards) == "70");
    CHECK(view.raw("x-custom") == "one, two");
    CHECK(view.raw("MAX-forwards") == "70");
    CHECK(view.raw("x-missing").empty());
    CHECK(view.raw(header_id::event).empty());
    CHECK(view.has(header_id::supported));
    CHECK_FALSE(view.has(header_id::event));
}

TEST_CASE("get gives the first value with its type, or says what is missing") {
    sip::buffer_pool pool;
    auto message = parsed(pool, invite);
    auto view = *message;
    CHECK(view.get<header_id::from>()->display_name == "\"Alice, A.\"");
    CHECK(*view.get<header_id::max_forwards>() == 70);
    CHECK(view.get<header_id::route>()->uri.host == "a");
    CHECK(view.get<header_id::content_type>()->is("text", "plain"));
    auto missing = view.get<header_id::event>();
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().code == sip::errc::missing_header);
    CHECK(missing.error().where == header_id::event);
}

TEST_CASE("all walks over lines and over the commas between elements, not those inside them (RFC 3261 7.3.1)") {
    sip::buffer_pool pool;
    auto message = parsed(pool, invite);
    std::vector<std::string> hosts, vias;
    for (auto const& route : (*message).all<header_id::route>()) {
        REQUIRE(route.has_value());
        hosts.emplace_back(route->uri.host);
    }
    CHECK(hosts == std::vector<std::string>{"a", "b", "c", "d"});
    for (auto const& via : (*message).all<header_id::via>())
        vias.emplace_back(via->host);
    CHECK(vias == std::vector<std::string>{"pc33.atlanta.com", "second.example.com", "third.example.com"});
    CHECK((*message).all<header_id::event>().begin() == (*message).all<header_id::event>().end());
}

TEST_CASE("Option tags are found in any line and in any case") {
    sip::buffer_pool pool;
    auto message = parsed(pool, invite);
    auto view = *message;
    CHECK(view.has_token<header_id::supported>("timer"));
    CHECK(view.has_token<header_id::supported>("replaces"));
    CHECK_FALSE(view.has_token<header_id::supported>("path"));
    CHECK_FALSE(view.has_token<header_id::require>("timer"));
}

TEST_CASE("A broken optional header stays as text, and only its get fails") {
    sip::buffer_pool pool;
    auto message = parsed(
        pool,
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
        "Call-ID: x\r\nCSeq: 2 OPTIONS\r\nContact: \"open <sip:a@b>\r\nExpires: soon\r\nMin-SE: 90 x\r\n"
        "Contact: <sip:fine@b>, broken\r\nContent-Length: 0\r\n\r\n"
    );
    auto view = *message;
    auto contact = view.get<header_id::contact>();
    REQUIRE_FALSE(contact.has_value());
    CHECK(contact.error().code == sip::errc::syntax_error);
    CHECK(contact.error().where == header_id::contact);
    CHECK(view.raw(header_id::contact) == "\"open <sip:a@b>");
    CHECK_FALSE(view.get<header_id::expires>().has_value());
    CHECK_FALSE(view.get<header_id::min_se>().has_value());
    std::vector<bool> good;
    for (auto const& value : view.all<header_id::contact>())
        good.push_back(value.has_value());
    CHECK(good == std::vector<bool>{false, true, false});
}

TEST_CASE("List elements: empty ones are seen, quotes, brackets and comments hide their commas") {
    auto split = [](std::string_view list) {
        std::string shown;
        while (!list.empty())
            shown.append("[").append(sip::detail::next_list_element(list)).append("]");
        return shown;
    };
    CHECK(split("a") == "[a]");
    CHECK(split(" a , b\r\n ,c ") == "[a][b][c]");
    CHECK(split("a,,b") == "[a][][b]");
    CHECK(split(",a") == "[][a]");
    CHECK(split("\"a,\\\",b\",c") == "[\"a,\\\",b\"][c]");
    CHECK(split("<a,\"b>,c") == "[<a,\"b>][c]");
    CHECK(split("a (b, (c), \\), d), e") == "[a (b, (c), \\), d)][e]");
    // What is never closed reaches to the end.
    CHECK(split("a,\"b,c") == "[a][\"b,c]");
    CHECK(split("a,<b,c") == "[a][<b,c]");
    CHECK(split("a,(b,c") == "[a][(b,c]");
    CHECK(split("a,\"b\\") == "[a][\"b\\]");
    CHECK(split("a,(b\\") == "[a][(b\\]");
}

TEST_CASE("Copies of a message share its memory, and views stay valid as long as one lives") {
    sip::buffer_pool pool;
    auto message = parsed(pool, invite);
    CHECK(pool.live() == 2);
    auto copy = message;
    CHECK(pool.live() == 2);
    auto view = *copy;
    message = {};
    CHECK(view.call_id() == "a84b4c76e66710@pc33.atlanta.com");
    copy = {};
    CHECK(pool.live() == 0);
}

TEST_CASE("A clone is complete and independent of the original") {
    sip::buffer_pool there;
    sip::message clone;
    {
        sip::buffer_pool here;
        clone = parsed(here, invite).clone_to(there);
        CHECK(here.live() == 0);
    }
    CHECK(there.live() == 2);
    auto view = *clone;
    CHECK(view.text() == invite);
    CHECK(view.top_via().branch() == "z9hG4bK776asdhds");
    CHECK(view.top_via().text.data() >= view.text().data());
    CHECK(view.top_via().text.data() < view.text().data() + view.text().size());
    CHECK(view.get<header_id::route>()->uri.host == "a");
    for (auto part :
         {view.from().uri.host, view.to().uri.user, view.request_uri_parts().host, view.from().params.text()})
        CHECK((part.data() > view.text().data() && part.data() < view.text().data() + view.text().size()));
    CHECK(view.from().tag() == "1928301774");
    CHECK(view.to().display_name == "Bob");
    CHECK(view.request_uri_parts().host == "biloxi.com");
}

TEST_CASE("A view of nothing answers everything with nothing") {
    sip::message_view none;
    CHECK_FALSE(none.is_request());
    CHECK(none.method() == sip::method::unknown);
    CHECK(none.method_text().empty());
    CHECK(none.request_uri().empty());
    CHECK(none.status() == 0);
    CHECK(none.reason().empty());
    CHECK(none.call_id().empty());
    CHECK(none.from_tag().empty());
    CHECK(none.to_tag().empty());
    CHECK(none.cseq().number == 0);
    CHECK(none.top_via().text.empty());
    CHECK(none.from().text.empty());
    CHECK(none.to().text.empty());
    CHECK(none.request_uri_parts().text.empty());
    CHECK(none.body().empty());
    CHECK(none.text().empty());
    CHECK(none.headers().empty());
    CHECK_FALSE(none.has(header_id::via));
    CHECK(none.raw(header_id::via).empty());
    CHECK(none.raw("via").empty());
    CHECK_FALSE(none.get<header_id::via>().has_value());
    sip::buffer_pool pool;
    CHECK_FALSE(sip::message{}.clone_to(pool));
    CHECK_FALSE(sip::message{});
}

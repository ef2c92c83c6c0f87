// Covers: building requests and responses, what a value may not hold, verbatim copies, the responses, ACK and CANCEL of
// RFC 3261, inserting and replacing headers, growth and the limit.
#include "sip/syntax/build.hpp"

#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"

using namespace std::string_literals;
using sip::header_id;
using sip::message_builder;
using sip::method;

namespace {

std::string text_of(sip::result<sip::buffer_ref> const& built) {
    REQUIRE_MESSAGE(built.has_value(), built.error().message());
    return std::string(built->text());
}

sip::message parsed(sip::buffer_pool& pool, std::string const& text) {
    auto result = sip::parse_message(pool.copy(text), pool);
    REQUIRE_MESSAGE(result.has_value(), to_string(result.error().why));
    return *std::move(result);
}

std::string const invite =
    "INVITE sip:bob@biloxi.com;x=y SIP/2.0\r\n"
    "v: SIP/2.0/UDP a;branch=z9hG4bK1;odd=\"x,y\" ,SIP/2.0/UDP b\n ;branch=z9hG4bK2\r\n"
    "Via: SIP/2.0/UDP c\r\n"
    "Route: <sip:r1;lr>, <sip:r2;lr>\r\n"
    "ROUTE:<sip:r3>\r\n"
    "From: \"NUL \\\0\" <sip:alice@atlanta.com>;tag=f1;new=param\r\n"
    "To: Bob\r\n <sip:bob@biloxi.com>\r\n"
    "Call-ID: call@id\r\n"
    "CSeq: 0042 INVITE\r\n"
    "Timestamp: 54.2\r\n"
    "Authorization: Digest x=y\r\n"
    "Content-Length: 0\r\n\r\n"s;

/// The same with options that its receivers have to know.
std::string with_demands() {
    auto text = invite;
    return text.insert(text.find("Timestamp"), "Require: 100rel\r\nProxy-Require: sec-agree\r\n");
}

}  // namespace

TEST_CASE("A request is written in the order of the calls, with Content-Length") {
    sip::buffer_pool pool;
    message_builder builder(pool);
    builder.request(method::message, "sip:bob@b")
        .header(header_id::via, "SIP/2.0/UDP h;branch=z9hG4bK1")
        .header(header_id::max_forwards, 70)
        .header("X-Custom", "a\r\n folded")
        .begin(header_id::cseq)
        .number(7)
        .text(" ")
        .text("MESSAGE")
        .header(header_id::subject, "")
        .body("text/plain", "hello");
    CHECK(
        text_of(builder.finish()) ==
        "MESSAGE sip:bob@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nX-Custom: a\r\n "
        "folded\r\n"
        "CSeq: 7 MESSAGE\r\nSubject: \r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
    );
}

TEST_CASE("Without a body finish() writes an empty one; a reason defaults to the RFC's phrase") {
    sip::buffer_pool pool;
    message_builder plain(pool);
    plain.response(404);
    CHECK(text_of(plain.finish()) == "SIP/2.0 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    message_builder own(pool);
    own.response(404, "Gone Fishing").begin(header_id::server).text("x");
    CHECK(text_of(own.finish()) == "SIP/2.0 404 Gone Fishing\r\nServer: x\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("Nobody writes headers of their own through a value") {
    sip::buffer_pool pool;
    auto fails = [&](auto&& fill) {
        message_builder builder(pool);
        fill(builder);
        auto built = builder.finish();
        return !built && built.error() == sip::errc::invalid_argument;
    };
    for (auto const& value :
         {"a\r\nEvil: 1"s, "a\nEvil: 1"s, "a\rEvil: 1"s, "a\r\n"s, "a\n"s, "a\r"s, "a\0b"s, "a\r\n\r\nb"s,
          "a\r\r\n b"s}) {
        CAPTURE(value);
        CHECK(fails([&](auto& b) { b.request(method::bye, "sip:a").header(header_id::subject, value); }));
        CHECK(fails([&](auto& b) { b.request(method::bye, "sip:a").header("X-Name", value); }));
        CHECK(fails([&](auto& b) { b.request(method::bye, "sip:a").begin(header_id::subject).text(value); }));
        CHECK(fails([&](auto& b) { b.request(method::bye, value); }));
        CHECK(fails([&](auto& b) { b.request(value, "sip:a"); }));
        CHECK(fails([&](auto& b) { b.response(200, value); }));
        CHECK(fails([&](auto& b) { b.request(method::bye, "sip:a").header(value, "x"); }));
        CHECK(fails([&](auto& b) { b.request(method::bye, "sip:a").body(value, "x"); }));
        CHECK_FALSE(prepend_header(pool, invite, header_id::via, value).has_value());
        CHECK_FALSE(replace_top_via(pool, parsed(pool, invite).view(), value).has_value());
    }
    CHECK(fails([](auto& b) { b.request(method::bye, "sip:a b"); }));
    CHECK(fails([](auto& b) { b.request(method::bye, ""); }));
    CHECK(fails([](auto& b) { b.request("", "sip:a"); }));
    CHECK(fails([](auto& b) { b.request(method::unknown, "sip:a"); }));
    CHECK(fails([](auto& b) { b.response(99); }));
    CHECK(fails([](auto& b) { b.response(700); }));
    CHECK(fails([](auto& b) { b.response(200).header("", "x"); }));
    CHECK(fails([](auto& b) { b.response(200).header("Na me", "x"); }));
    CHECK(fails([](auto& b) { b.response(200).begin(header_id::unknown); }));
}

TEST_CASE("A line break is found at every place of a value of every length") {
    sip::buffer_pool pool;
    for (std::size_t size = 1; size < 40; ++size)
        for (std::size_t at = 0; at < size; ++at)
            for (char bad : {'\0', '\r', '\n'}) {
                std::string value(size, static_cast<char>('\x0e' + size % 3 * 0x71));
                auto finish = [&] {
                    return message_builder(pool).response(200).header(header_id::subject, value).finish();
                };
                if (at == 0) REQUIRE(finish().has_value());
                value[at] = bad;
                REQUIRE_FALSE(finish().has_value());
            }
}

TEST_CASE("A message grows to 65535 bytes and no further") {
    sip::buffer_pool pool;
    auto build = [&](std::size_t body) {
        message_builder builder(pool);
        builder.response(200).body("a/b", std::string(body, 'x'));
        return builder.finish();
    };
    auto head = text_of(build(10000)).size() - 10000;
    CHECK(text_of(build(65535 - head)).size() == 65535);
    auto too_large = build(65536 - head);
    REQUIRE_FALSE(too_large.has_value());
    CHECK(too_large.error() == sip::errc::too_large);
    CHECK(build(200000).error() == sip::errc::too_large);
    CHECK(pool.live() == 0);
}

TEST_CASE("Copied headers keep every byte, in every line, also what we do not understand") {
    sip::buffer_pool pool;
    auto message = parsed(pool, invite);
    message_builder builder(pool);
    builder.response(200)
        .copy(*message, header_id::via)
        .copy(*message, header_id::route)
        .copy(*message, header_id::from)
        .copy(*message, header_id::event)
        .copy(*message, header_id::to);
    CHECK(
        text_of(builder.finish()) ==
        "SIP/2.0 200 OK\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1;odd=\"x,y\" ,SIP/2.0/UDP b\r\n ;branch=z9hG4bK2\r\n"
        "Via: SIP/2.0/UDP c\r\nRoute: <sip:r1;lr>, <sip:r2;lr>\r\nROUTE:<sip:r3>\r\n"
        "From: \"NUL \\\0\" <sip:alice@atlanta.com>;tag=f1;new=param\r\nTo: Bob\r\n <sip:bob@biloxi.com>\r\n"
        "Content-Length: 0\r\n\r\n"s
    );
}

TEST_CASE("A response copies what RFC 3261 8.2.6.2 names and completes To with a tag") {
    sip::buffer_pool pool;
    auto request = parsed(pool, invite);
    auto response = parsed(pool, text_of(start_response(pool, *request, 486, "t1").finish()));
    auto view = *response;
    CHECK(view.status() == 486);
    CHECK(view.to_tag() == "t1");
    CHECK(view.from_tag() == "f1");
    CHECK(view.raw(header_id::from) == (*request).raw(header_id::from));
    CHECK(view.raw(header_id::to) == "Bob\r\n <sip:bob@biloxi.com>;tag=t1");
    CHECK(view.call_id() == "call@id");
    CHECK(view.raw(header_id::cseq) == "0042 INVITE");
    CHECK_FALSE(view.has(header_id::timestamp));
    CHECK_FALSE(view.has(header_id::route));
    std::string hosts;
    for (auto const& via : view.all<header_id::via>())
        hosts += via->host;
    CHECK(hosts == "abc");
    CHECK(view.headers().size() == 7);
}

TEST_CASE("100 gets no tag but the request's Timestamp (RFC 3261 8.2.6.1)") {
    sip::buffer_pool pool;
    auto request = parsed(pool, invite);
    auto trying = parsed(pool, text_of(start_response(pool, *request, 100, "t1").finish()));
    CHECK((*trying).to_tag().empty());
    CHECK((*trying).raw(header_id::timestamp) == "54.2");
}

TEST_CASE("A To that has a tag keeps it") {
    sip::buffer_pool pool;
    auto text = invite;
    text.replace(text.find("com>\r\nCall"), 4, "com>;tag=mine");
    auto request = parsed(pool, text);
    CHECK((*parsed(pool, text_of(start_response(pool, *request, 200, "t1").finish()))).to_tag() == "mine");
}

TEST_CASE("A malformed request is answered with one of each header, whatever it repeated") {
    sip::buffer_pool pool;
    auto text = invite;
    text.insert(text.find("Timestamp"), "CSeq: 43 INVITE\r\nTo: <sip:other@b>\r\n");
    auto failure = sip::parse_message(pool.copy(text), pool);
    REQUIRE_FALSE(failure.has_value());
    REQUIRE(static_cast<bool>(failure.error().partial));
    auto response = parsed(pool, text_of(start_response(pool, failure.error().partial.view(), 400, "t1").finish()));
    CHECK((*response).cseq().number == 42);
    CHECK((*response).to_tag() == "t1");
}

TEST_CASE("A malformed request is answered without the headers that it lacks (RFC 4475 3.3.1)") {
    sip::buffer_pool pool;
    auto text = invite;
    auto const to = text.find("To:");
    text.erase(to, text.find("\r\n", to) + 2 - to);
    auto failure = sip::parse_message(pool.copy(text), pool);
    REQUIRE_FALSE(failure.has_value());
    auto const response = text_of(start_response(pool, failure.error().partial.view(), 400, "t1").finish());
    CHECK(response.find("\r\nFrom: ") != std::string::npos);
    CHECK(response.find("\r\nTo:") == std::string::npos);
}

TEST_CASE("The ACK for a failure follows the INVITE's hop (RFC 3261 17.1.1.3)") {
    sip::buffer_pool pool;
    auto request = parsed(pool, with_demands());
    auto response = parsed(pool, text_of(start_response(pool, *request, 486, "t1").finish()));
    auto ack = parsed(pool, text_of(build_ack_for_failure(pool, *request, *response)));
    auto view = *ack;
    CHECK(view.method() == method::ack);
    CHECK(view.request_uri() == "sip:bob@biloxi.com;x=y");
    CHECK(view.raw(header_id::via) == "SIP/2.0/UDP a;branch=z9hG4bK1;odd=\"x,y\"");
    CHECK(view.cseq().number == 42);
    CHECK(view.to_tag() == "t1");
    CHECK(view.raw(header_id::from) == (*request).raw(header_id::from));
    CHECK(view.call_id() == "call@id");
    std::string routes;
    for (auto const& route : view.all<header_id::route>())
        routes += route->uri.host;
    CHECK(routes == "r1r2r3");
    std::size_t vias = 0;
    for ([[maybe_unused]] auto const& via : view.all<header_id::via>())
        ++vias;
    CHECK(vias == 1);
    CHECK_FALSE(view.has(header_id::authorization));
    CHECK_FALSE(view.has(header_id::require));
    CHECK_FALSE(view.has(header_id::proxy_require));
}

TEST_CASE("CANCEL follows the request's hop and carries its To as it was (RFC 3261 9.1)") {
    sip::buffer_pool pool;
    auto request = parsed(pool, with_demands());
    auto cancel = parsed(pool, text_of(build_cancel(pool, *request)));
    auto view = *cancel;
    CHECK(view.method() == method::cancel);
    CHECK(view.cseq().number == 42);
    CHECK(view.cseq().name == method::cancel);
    CHECK(view.top_via().branch() == "z9hG4bK1");
    CHECK(view.to_tag().empty());
    CHECK(view.raw(header_id::to) == (*request).raw(header_id::to));
    CHECK_FALSE(view.has(header_id::require));
    CHECK_FALSE(view.has(header_id::proxy_require));
    std::string routes;
    for (auto const& route : view.all<header_id::route>())
        routes += route->uri.host;
    CHECK(routes == "r1r2r3");
}

TEST_CASE("A header is put in front of the others, behind the start line") {
    sip::buffer_pool pool;
    auto text = text_of(prepend_header(pool, "BYE sip:a SIP/2.0\r\nVia: b\r\n\r\n", header_id::via, "SIP/2.0/UDP h"));
    CHECK(text == "BYE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nVia: b\r\n\r\n");
    CHECK(
        text_of(prepend_header(pool, "BYE sip:a SIP/2.0\n\n", header_id::via, "x")) == "BYE sip:a SIP/2.0\nVia: x\r\n\n"
    );
    CHECK(prepend_header(pool, "no line", header_id::via, "x").error() == sip::errc::invalid_argument);
    auto long_line = "A\n" + std::string(65528, 'x');
    CHECK(text_of(prepend_header(pool, long_line.substr(0, 65527), header_id::via, "v")).size() == 65535);
    CHECK(prepend_header(pool, long_line, header_id::via, "vv").error() == sip::errc::too_large);
}

TEST_CASE("The top Via is replaced or removed, and nothing else changes") {
    sip::buffer_pool pool;
    auto message = parsed(pool, invite);
    auto const top = "SIP/2.0/UDP a;branch=z9hG4bK1;odd=\"x,y\""s;
    auto replaced = invite;
    replaced.replace(replaced.find(top), top.size(), top + ";received=192.0.2.1");
    CHECK(text_of(replace_top_via(pool, *message, top + ";received=192.0.2.1")) == replaced);

    // First an element of a line, then the rest of that line with its fold, then the last one.
    auto first = parsed(pool, text_of(replace_top_via(pool, *message, "")));
    CHECK((*first).top_via().host == "b");
    CHECK((*first).raw(header_id::via) == "SIP/2.0/UDP b\n ;branch=z9hG4bK2");
    auto second = parsed(pool, text_of(replace_top_via(pool, *first, "")));
    CHECK((*second).top_via().host == "c");
    CHECK((*second).headers().size() == (*first).headers().size() - 1);
    CHECK((*second).call_id() == "call@id");
    auto none = text_of(replace_top_via(pool, *second, ""));
    CHECK(none.find("Via") == std::string::npos);
    CHECK(none.starts_with("INVITE sip:bob@biloxi.com;x=y SIP/2.0\r\nRoute:"));
}

TEST_CASE("A Via as the last header, folded at its end, is removed up to the blank line") {
    sip::buffer_pool pool;
    auto message = parsed(
        pool,
        "BYE sip:a SIP/2.0\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 BYE\r\n"
        "Via: SIP/2.0/UDP h\r\n \t\r\n\r\nbody"
    );
    CHECK(
        text_of(replace_top_via(pool, *message, "")) ==
        "BYE sip:a SIP/2.0\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 BYE\r\n\r\nbody"
    );
}

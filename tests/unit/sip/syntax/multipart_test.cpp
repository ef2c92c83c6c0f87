// Covers: iterating over multipart bodies as they come: preamble, line ends, nested and false boundaries, missing parts
// of it, bounds; writing them; which part stands for a session.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/syntax/multipart.hpp"
#include "sip/syntax/parse.hpp"
#include "support/wire.hpp"

using sip::multipart_reader;

namespace {

struct read_body {
    std::vector<sip::body_part> parts;
    bool is_truncated = false;
    std::optional<sip::errc> failed;
};
read_body read(std::string const& type, std::string_view body) {
    auto const media = sip::parse_media_type(type);
    REQUIRE(media.has_value());
    read_body out;
    auto reader = multipart_reader::from(*media, body);
    if (!reader) {
        out.failed = reader.error().code;
        return out;
    }
    for (;;) {
        auto const next = reader->next();
        if (!next) {
            out.failed = next.error().code;
            break;
        }
        if (!next->has_value()) break;
        out.parts.push_back(**next);
    }
    out.is_truncated = reader->is_truncated();
    return out;
}

}  // namespace

TEST_CASE("Parts are found between their delimiters, whose line break is not theirs (RFC 2046 5.1.1)") {
    std::string const body =
        "This is the preamble.\r\n--simple boundary\r\n\r\nfirst, without headers\r\n--simple boundary  \r\n"
        "Content-Type: application/sdp\r\nContent-ID: <a@b>\r\nX-Folded: one\r\n two\r\n\r\nv=0\r\no=-\r\n\r\n"
        "--simple boundary--\r\nepilogue";
    auto const all = read("multipart/mixed;boundary=\"simple boundary\"", body);
    REQUIRE(all.parts.size() == 2);
    CHECK(all.parts[0].body == "first, without headers");
    CHECK(all.parts[0].headers.empty());
    CHECK(all.parts[0].content_type()->is("text", "plain"));
    CHECK(all.parts[1].body == "v=0\r\no=-\r\n");
    CHECK(all.parts[1].content_type()->is("application", "sdp"));
    CHECK(all.parts[1].content_id() == "a@b");
    CHECK(all.parts[1].header("x-folded") == "one\r\n two");
    CHECK(all.parts[1].header("Missing").empty());
    CHECK(!all.is_truncated);
    CHECK(!all.failed);
}

TEST_CASE("Lines that end in LF alone, and a boundary within a longer one, are read too (RFC 5621 3)") {
    auto const all = read("multipart/mixed;boundary=b", "--b\nContent-Type: text/a\n\none\n--bc\n--b\n\ntwo\n--b--");
    REQUIRE(all.parts.size() == 2);
    CHECK(all.parts[0].body == "one\n--bc");
    CHECK(all.parts[1].body == "two");
}

TEST_CASE("A part that is multipart itself is read by an iterator of its own (RFC 5621 3.1)") {
    std::string const body =
        "--out\r\nContent-Type: multipart/alternative;boundary=in\r\n\r\n--in\r\n\r\na\r\n--in\r\n\r\nb\r\n--in--\r\n"
        "--out\r\nContent-Type: text/c\r\n\r\nc\r\n--out--\r\n";
    auto const outer = read("multipart/mixed;boundary=out", body);
    REQUIRE(outer.parts.size() == 2);
    auto const inner = read(std::string(outer.parts[0].header("Content-Type")), outer.parts[0].body);
    REQUIRE(inner.parts.size() == 2);
    CHECK(inner.parts[1].body == "b");
}

TEST_CASE("What is cut off is said to be; empty and false bodies yield nothing (RFC 2046 5.1.2)") {
    auto const cut = read("multipart/mixed;boundary=b", "--b\r\nContent-Type: text/a\r\n\r\nhalf");
    REQUIRE(cut.parts.size() == 1);
    CHECK(cut.parts[0].body == "half");
    CHECK(cut.is_truncated);
    CHECK(read("multipart/mixed;boundary=b", "").is_truncated);
    CHECK(read("multipart/mixed;boundary=b", "text -- b --b").parts.empty());
    CHECK(read("multipart/mixed;boundary=b", "--b--\r\n").parts.empty());
    auto const headers_alone = read("multipart/mixed;boundary=b", "--b\r\nContent-Type: text/a\r\n--b--");
    REQUIRE(headers_alone.parts.size() == 1);
    CHECK(headers_alone.parts[0].header("Content-Type") == "text/a");
    CHECK(headers_alone.parts[0].body.empty());
}

TEST_CASE("A boundary that is missing or too long is refused, and parts are bounded (RFC 2046 5.1.1)") {
    CHECK(read("multipart/mixed", "--b--").failed == sip::errc::syntax_error);
    CHECK(read("multipart/mixed;boundary=\"\"", "--b--").failed == sip::errc::syntax_error);
    CHECK(read("multipart/mixed;boundary=" + std::string(71, 'b'), "").failed == sip::errc::syntax_error);
    CHECK(read("application/sdp;boundary=b", "--b--").failed == sip::errc::syntax_error);
    std::string many;
    for (std::size_t i = 0; i <= multipart_reader::most_parts; ++i)
        many += "--b\r\n\r\nx\r\n";
    CHECK(read("multipart/mixed;boundary=b", many).failed == sip::errc::too_large);
}

TEST_CASE("What is written is read back the same (RFC 2046 5.1)") {
    sip::multipart_writer writer("q1w2");
    writer.add({"application/rlmi+xml", "root@x", {}, "<list/>"});
    writer.add({"application/sdp", {}, "session", "v=0\r\n"});
    auto const body = writer.finish();
    auto const all = read("multipart/related;boundary=q1w2", body);
    REQUIRE(all.parts.size() == 2);
    CHECK(all.parts[0].content_id() == "root@x");
    CHECK(all.parts[0].body == "<list/>");
    CHECK(all.parts[1].header("Content-Disposition") == "session");
    CHECK(all.parts[1].body == "v=0\r\n");
    CHECK(!all.is_truncated);
}

namespace {

using test::wire;

/// What stands for a session in a message with this Content-Type, further headers and body.
struct outcome {
    std::string text;
    bool is_refused;

    friend bool operator==(outcome const&, outcome const&) = default;
};
outcome sessions_in(std::string const& type, std::string const& body, std::string const& more = {}) {
    sip::buffer_pool pool;
    auto const message = sip::parse_message(
        pool.copy(wire(
            "INVITE sip:a@b SIP/2.0\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: "
            "<sip:a@b>\nCall-ID: x\n"
            "CSeq: 1 INVITE\nMax-Forwards: 70\nContent-Type: " +
            type + "\n" + more + "\n" + body
        )),
        pool
    );
    REQUIRE(message.has_value());
    auto const found = sip::content_of(message->view(), "application/sdp");
    return {std::string(found.text), found.is_refused};
}
std::string part(std::string const& headers, std::string const& body) {
    return "--b\r\n" + headers + "\r\n" + body + "\r\n";
}
std::string const sdp = "Content-Type: application/sdp\r\n", end = "--b--\r\n";

}  // namespace

TEST_CASE("A session description is found alone or among other parts, nested ones too (RFC 5621 4.2, 9.3)") {
    CHECK(sessions_in("application/sdp", "v=0") == outcome{"v=0", false});
    CHECK(sessions_in("text/plain", "v=0") == outcome{"", true});
    auto const beside =
        part("Content-Type: application/pidf+xml\r\nContent-Disposition: render;handling=optional\r\n", "<x/>");
    CHECK(sessions_in("multipart/mixed;boundary=b", beside + part(sdp, "v=0") + end) == outcome{"v=0", false});
    CHECK(sessions_in("multipart/unheard-of;boundary=b", part(sdp, "v=0") + beside + end) == outcome{"v=0", false});
    auto const inner = "--in\r\n" + sdp + "\r\nv=1\r\n--in--\r\n";
    CHECK(
        sessions_in(
            "multipart/mixed;boundary=b", beside + part("Content-Type: multipart/mixed;boundary=in\r\n", inner) + end
        ) == outcome{"v=1", false}
    );
    CHECK(sessions_in("multipart/mixed;boundary=b", beside + end) == outcome{"", false});
    CHECK(sessions_in("multipart/mixed;boundary=b", part(sdp, "v=0")) == outcome{"", true});  // cut off
    CHECK(sessions_in("multipart/mixed", part(sdp, "v=0") + end) == outcome{"", true});
}

TEST_CASE("A part that has to be understood and is not refuses the whole, unless that may be passed over (RFC 5621 8.4)"
) {
    auto const strange = part("Content-Type: application/isup\r\n", "x");
    CHECK(sessions_in("multipart/mixed;boundary=b", part(sdp, "v=0") + strange + end) == outcome{"v=0", true});
    CHECK(
        sessions_in("multipart/mixed;boundary=b", part(sdp, "v=0") + part("", "no type is text") + end) ==
        outcome{"v=0", true}
    );
    CHECK(
        sessions_in(
            "multipart/mixed;boundary=b", part(sdp, "v=0") + strange + end,
            "Content-Disposition: render;handling=optional\n"
        ) == outcome{"", false}
    );
    CHECK(
        sessions_in("application/isup", "x", "Content-Disposition: signal;handling=optional\n") == outcome{"", false}
    );
}

TEST_CASE(
    "Of alternatives the last one that is understood counts, whatever their handling says (RFC 5621 8.3, RFC 2046 "
    "5.1.4)"
) {
    auto const strange =
        part("Content-Type: application/other\r\nContent-Disposition: session;handling=required\r\n", "x");
    CHECK(
        sessions_in("multipart/alternative;boundary=b", part(sdp, "v=0") + part(sdp, "v=1") + strange + end) ==
        outcome{"v=1", false}
    );
    CHECK(sessions_in("multipart/alternative;boundary=b", strange + end) == outcome{"", true});
    CHECK(
        sessions_in(
            "multipart/alternative;boundary=b", strange + end, "Content-Disposition: session;handling=optional\n"
        ) == outcome{"", false}
    );
}

TEST_CASE("What is there for another purpose, or by reference, is no session description (RFC 5621 7.3, 9.4)") {
    auto const other = [](std::string const& disposition) {
        return part("Content-Type: application/sdp\r\nContent-Disposition: " + disposition + "\r\n", "v=9");
    };
    CHECK(sessions_in("application/sdp", "v=0", "Content-Disposition: session\n") == outcome{"v=0", false});
    CHECK(sessions_in("application/sdp", "v=0", "Content-Disposition: early-session\n") == outcome{"", true});
    CHECK(
        sessions_in("multipart/related;boundary=b", other("by-reference;handling=optional") + part(sdp, "v=0") + end) ==
        outcome{"v=0", false}
    );
    CHECK(
        sessions_in("multipart/mixed;boundary=b", other("by-reference") + part(sdp, "v=0") + end) ==
        outcome{"v=0", true}
    );
}

TEST_CASE("Parts within parts are followed eight layers deep, and no further (RFC 5621 4.2)") {
    auto const nested = [](int layers) {
        std::string body = "v=0", type = "application/sdp";
        for (int i = 0; i < layers; ++i) {
            auto const mark = "layer" + std::to_string(i) + "x";
            body = "--" + mark + "\r\nContent-Type: " + type + "\r\n\r\n" + body + "\r\n--" + mark + "--\r\n";
            type = "multipart/mixed;boundary=" + mark;
        }
        return sessions_in(type, body);
    };
    CHECK(nested(8) == outcome{"v=0", false});
    CHECK(nested(9) == outcome{"", true});
}

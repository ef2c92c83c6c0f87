// Covers: iterating over multipart bodies as they come: preamble, line ends, nested and false boundaries, missing parts
// of it, bounds; writing them.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/syntax/multipart.hpp"

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

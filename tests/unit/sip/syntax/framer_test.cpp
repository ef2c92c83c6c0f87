// Covers: framing by Content-Length in every chunking, keep-alives at both ends, limits, streams that cannot be
// followed, memory that is handed over, equal work for slow senders.
#include "sip/syntax/framer.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/seeded_random.hpp"

using namespace std::string_literals;
using sip::errc;
using sip::framer;
using kind = sip::framer::kind;

namespace {

std::string message(std::string const& body, std::string const& extra = "") {
    return "MESSAGE sip:b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n" + extra +
           "l : " + std::to_string(body.size()) + "\r\nCall-ID: x\r\n\r\n" + body;
}

std::string framed(std::string_view bytes) {
    return std::string(1, '[').append(bytes).append("]");
}

/// What a framer makes of a stream, as text: messages as they are, keep-alives as <ping> and <pong>.
void drain(framer& stream, std::string& seen) {
    for (;;) {
        auto frame = stream.next();
        switch (frame.what) {
            case kind::need_more:
                return;
            case kind::message:
                seen += framed(frame.bytes.text());
                break;
            case kind::ping:
                seen += "<ping>";
                break;
            case kind::pong:
                seen += "<pong>";
                break;
            case kind::error:
                seen += "<error>";
                return;
        }
    }
}

struct result {
    framer::frame error;
    std::string seen;
};

result failure_of(std::string const& bytes, sip::parse_limits const& limits = {}) {
    sip::buffer_pool pool;
    framer stream(pool, limits);
    stream.on_bytes(bytes);
    result out;
    for (;;) {
        auto frame = stream.next();
        if (frame.what == kind::error) {
            CHECK(stream.next().what == kind::error);
            stream.on_bytes("more");
            CHECK(stream.next().what == kind::error);
            CHECK(stream.pending() == 0);
            out.error = frame;
            return out;
        }
        REQUIRE(frame.what == kind::message);
        out.seen += frame.bytes.text();
    }
}

}  // namespace

TEST_CASE("A stream gives the same frames in two chunks, wherever it is cut") {
    sip::buffer_pool pool;
    auto const binary = message("\0\r\n\r\nINVITE\r\n"s);
    auto const empty = message("");
    auto const folded = message("body", "Subject: a\r\n b\r\n");
    auto const line_feeds = "OPTIONS sip:b SIP/2.0\nContent-Length:\n 4\nVia: x\n\nbody"s;
    auto const stream_text = binary + "\r\n\r\n" + empty + folded + "\r\n\r\n\r\n\r\n" + line_feeds + empty;
    auto const expected = framed(binary) + "<ping>" + framed(empty) + framed(folded) + "<ping><ping>" +
                          framed(line_feeds) + framed(empty);
    for (std::size_t cut = 0; cut <= stream_text.size(); ++cut) {
        CAPTURE(cut);
        framer stream(pool);
        std::string seen;
        stream.on_bytes(stream_text.substr(0, cut));
        drain(stream, seen);
        stream.on_bytes(stream_text.substr(cut));
        drain(stream, seen);
        REQUIRE(seen == expected);
        CHECK(stream.pending() == 0);
    }
}

TEST_CASE("A stream gives the same frames in random chunks") {
    std::string stream_text, expected;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        test::seeded_random random(seed);
        sip::buffer_pool pool;
        stream_text.clear();
        expected.clear();
        for (int i = 0; i < 20; ++i) {
            if (random.chance(20)) {
                stream_text += "\r\n\r\n";
                expected += "<ping>";
            }
            auto one = message(std::string(random.below(random.chance(10) ? 9000 : 40), '\n'));
            stream_text += one;
            expected += framed(one);
        }
        framer stream(pool);
        std::string seen;
        for (std::size_t at = 0; at < stream_text.size();) {
            auto size = 1 + random.below(random.chance(50) ? 7 : 5000);
            stream.on_bytes(std::string_view(stream_text).substr(at, size));
            drain(stream, seen);
            at += size;
        }
        REQUIRE(seen == expected);
    }
}

TEST_CASE("Byte by byte, too") {
    sip::buffer_pool pool;
    framer stream(pool);
    auto const one = message("hello");
    std::string seen;
    for (char c : one + one) {
        stream.on_bytes({&c, 1});
        drain(stream, seen);
    }
    CHECK(seen == framed(one) + framed(one));
}

TEST_CASE("At the end that was called, two line ends are a ping and one is nothing (RFC 5626 3.5.1)") {
    sip::buffer_pool pool;
    framer stream(pool, {}, sip::stream_opener::peer);
    std::string seen;
    for (auto const* chunk : {"\r", "\n", "\r", "\n", "\r\n\r\n", "\r\n"}) {
        stream.on_bytes(chunk);
        drain(stream, seen);
    }
    CHECK(seen == "<ping><ping>");
    CHECK(stream.pending() == 0);  // a lone line end is not half a message
    stream.on_bytes(message(""));
    drain(stream, seen);
    CHECK(seen == "<ping><ping>" + framed(message("")));
}

TEST_CASE("At the end that called, each line end is a pong, at once") {
    sip::buffer_pool pool;
    framer stream(pool, {}, sip::stream_opener::us);
    std::string seen;
    for (auto const* chunk : {"\r\n", "\r", "\n", "\r\n\r\n"}) {
        stream.on_bytes(chunk);
        drain(stream, seen);
    }
    CHECK(seen == "<pong><pong><pong><pong>");
    stream.on_bytes("\n");
    stream.on_bytes(message("") + "\r\n");
    drain(stream, seen);
    CHECK(seen == "<pong><pong><pong><pong>" + framed(message("")) + "<pong>");
}

TEST_CASE("pending tells of half messages only") {
    sip::buffer_pool pool;
    framer stream(pool);
    CHECK(stream.pending() == 0);
    CHECK(stream.next().what == kind::need_more);
    auto const one = message("body");
    stream.on_bytes(one.substr(0, 10));
    CHECK(stream.next().what == kind::need_more);
    CHECK(stream.pending() == 10);
    stream.on_bytes(one.substr(10) + "INV");
    CHECK(stream.next().what == kind::message);
    CHECK(stream.pending() == 3);
}

TEST_CASE("A stream without a usable Content-Length cannot be followed (RFC 3261 18.3)") {
    auto with = [](std::string const& lines) { return "OPTIONS sip:b SIP/2.0\r\nVia: x\r\n" + lines + "\r\nbody"; };
    for (auto const* line :
         {"Content-Length: -1\r\n", "l: five\r\n", "l: +5\r\n", "l: 5 5\r\n", "l:\r\n", "l: 4294967296\r\n",
          "l: 5x\r\n", "l: 18446744073709551616\r\n", "l: 4\r\nContent-Length: 5\r\n", ""}) {
        CAPTURE(line);
        auto failed = failure_of(message("first") + with(line));
        CHECK(failed.seen == message("first"));
        CHECK(failed.error.failure.where == sip::header_id::content_length);
        CHECK(failed.error.failure.suggested_status == 400);
        CHECK(failed.error.bytes.text() == with(line));
    }
    CHECK(failure_of(with("l: 4\r\nl: 5\r\n")).error.failure.code == errc::duplicate_header);
    CHECK(failure_of(with("")).error.failure.code == errc::missing_header);
}

TEST_CASE("The same Content-Length twice can be framed; refusing it is the parser's matter") {
    sip::buffer_pool pool;
    framer stream(pool);
    stream.on_bytes("OPTIONS sip:b SIP/2.0\r\nl: 4\r\nContent-Length: 04\r\n\r\nbody");
    CHECK(stream.next().what == kind::message);
}

TEST_CASE("Limits hold to the byte") {
    auto const one = message("0123456789");
    auto const head = one.size() - 10;
    auto frames = [&](sip::parse_limits const& limits) {
        sip::buffer_pool pool;
        framer stream(pool, limits);
        stream.on_bytes(one);
        return stream.next();
    };
    CHECK(frames({.message_size = one.size()}).what == kind::message);
    CHECK(frames({.message_size = one.size() - 1}).failure.code == errc::too_large);
    CHECK(frames({.message_size = one.size() - 1}).failure.suggested_status == 513);
    CHECK(frames({.header_bytes = head}).what == kind::message);
    CHECK(frames({.header_bytes = head - 1}).failure.code == errc::too_large);
    CHECK(frames({.message_size = head - 1}).failure.code == errc::too_large);
    CHECK(failure_of(message("", "l: 4294967295\r\n")).error.failure.code == errc::duplicate_header);
    CHECK(failure_of("OPTIONS sip:b SIP/2.0\r\nl: 4294967295\r\n\r\n").error.failure.code == errc::too_large);
}

TEST_CASE("Headers without end are given up at the limit, whatever the chunks") {
    sip::buffer_pool pool;
    framer stream(pool);
    std::size_t given = 0;
    framer::frame frame;
    while (frame.what == kind::need_more) {
        std::string_view line = "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
        stream.on_bytes(line);
        given += line.size();
        frame = stream.next();
        REQUIRE(given < 70000);
    }
    CHECK(frame.what == kind::error);
    CHECK(frame.failure.code == errc::too_large);
    CHECK(given > 65535);
}

TEST_CASE("A stream that is one message at a time hands over its buffer and keeps none") {
    sip::buffer_pool pool;
    framer stream(pool);
    for (int i = 0; i < 3; ++i) {
        stream.on_bytes(message("body"));
        auto frame = stream.next();
        CHECK(frame.bytes.unique());
        CHECK(pool.live() == 1);
    }
    CHECK(pool.live() == 0);
}

TEST_CASE("A small message does not carry a large block away") {
    sip::buffer_pool pool;
    framer stream(pool);
    auto const small = message("body"), large = message(std::string(9000, 'x'));
    stream.on_bytes(large + small.substr(0, 10));
    CHECK(stream.next().bytes.size() == large.size());
    stream.on_bytes(small.substr(10));
    CHECK(stream.next().bytes.capacity() == sip::buffer_pool::block_for(small.size()));
    stream.on_bytes(small);
    CHECK(stream.next().bytes.capacity() == sip::buffer_pool::block_for(small.size()));
}

TEST_CASE("A message of a megabyte arrives where the limits allow it") {
    sip::buffer_pool pool;
    framer stream(pool, {.message_size = 2000000});
    auto const one = message(std::string(1000000, 'x'));
    std::string seen;
    for (std::size_t at = 0; at < one.size(); at += 1460) {
        stream.on_bytes(std::string_view(one).substr(at, 1460));
        drain(stream, seen);
    }
    CHECK(seen == framed(one));
}

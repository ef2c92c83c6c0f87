// Covers: which messages parse and which do not, with code, status, header and offset; limits at their edges; folding,
// compact forms, LF-only lines, binary bodies; what can still be answered; validate_request.
// The RFC 4475 messages and our own torture messages are in tests/torture.
#include "sip/syntax/parse.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace std::string_literals;
using sip::errc;
using sip::header_id;
using sip::parse_failure;

namespace {

/// An OPTIONS whose lines a test can change. Lines end in CR LF when joined.
struct sample {
    std::vector<std::string> lines{
        "OPTIONS sip:bob@biloxi.com SIP/2.0",
        "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds",
        "From: <sip:alice@atlanta.com>;tag=1",
        "To: <sip:bob@biloxi.com>",
        "Call-ID: a84b4c76e66710",
        "CSeq: 7 OPTIONS",
        "Max-Forwards: 70",
        "Content-Length: 0",
    };
    std::string body;

    sample& line(std::size_t index, std::string text) {
        lines[index] = std::move(text);
        return *this;
    }
    sample& add(std::string text) {
        lines.push_back(std::move(text));
        return *this;
    }
    sample& without(std::size_t index) {
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(index));
        return *this;
    }
    [[nodiscard]] std::string text(std::string const& line_end = "\r\n") const {
        std::string all;
        for (auto const& one : lines)
            all += one + line_end;
        return all + line_end + body;
    }
};

struct outcome {
    sip::buffer_pool pool;
    boost::system::result<sip::message, sip::message_failure> result;
    explicit outcome(std::string const& text, sip::parse_limits const& limits = {})
        : result(sip::parse_message(pool.copy(text), pool, limits)) {}
    explicit operator bool() const { return result.has_value(); }
    [[nodiscard]] sip::message_view view() const { return (*result).view(); }
    [[nodiscard]] parse_failure why() const { return result.error().why; }
    [[nodiscard]] sip::message_view partial() const { return result.error().partial.view(); }
};

parse_failure failure_of(std::string const& text) {
    outcome parsed(text);
    REQUIRE_FALSE(static_cast<bool>(parsed));
    return parsed.why();
}

}  // namespace

TEST_CASE("Lines may end in LF alone, and line ends before the message are passed over (RFC 3261 7.5)") {
    sample message;
    CHECK(outcome(message.text()).view().headers().size() == 7);
    CHECK(outcome(message.text("\n")).view().headers().size() == 7);
    outcome padded("\r\n\r\n\n" + message.text());
    REQUIRE(static_cast<bool>(padded));
    CHECK(padded.view().text() == message.text());
    CHECK(padded.view().call_id() == "a84b4c76e66710");
}

TEST_CASE("A header may go on in lines that begin with white space (RFC 3261 7.3.1)") {
    auto text = sample()
                    .line(3, "To :\r\n  sip:bob@biloxi.com\r\n\t;\r\n tag = x")
                    .line(5, "CSeq: 7\r\n  OPTIONS")
                    .line(7, "Content-Length:\r\n  4")
                    .add("Subject: a\r\n b\n c\r\n \t\r\n d")
                    .text() +
                "body";
    outcome parsed(text);
    REQUIRE(static_cast<bool>(parsed));
    CHECK(parsed.view().to_tag() == "x");
    CHECK(parsed.view().cseq().number == 7);
    CHECK(parsed.view().body() == "body");
    CHECK(parsed.view().raw(header_id::subject) == "a\r\n b\n c\r\n \t\r\n d");
}

TEST_CASE("A body may hold anything, and Content-Length says where it ends (RFC 3261 18.3)") {
    auto const body = "\0\r\n\r\nVia: x\r\n\xff\0"s;
    auto message = sample().line(7, "l: " + std::to_string(body.size()));
    message.body = body;
    CHECK(outcome(message.text()).view().body() == body);
    message.body += "INVITE sip:evil@example.com SIP/2.0\r\n";
    outcome longer(message.text());
    CHECK(longer.view().body() == body);
    CHECK(longer.view().text().size() == message.text().size() - (message.body.size() - body.size()));
    message.without(7);
    CHECK(outcome(message.text()).view().body() == message.body);
}

TEST_CASE("Content-Length must be one number that the datagram can hold (RFC 4475 3.1.2.2, 3.1.2.3)") {
    for (auto const* value : {"-999", "five", "+5", "5 5", "", "4294967296", "18446744073709551616", "0x5"}) {
        CAPTURE(value);
        auto why = failure_of(sample().line(7, "Content-Length: "s + value).text() + "bodybody");
        CHECK(why.where == header_id::content_length);
        CHECK(why.suggested_status == 400);
    }
    auto why = failure_of(sample().line(7, "Content-Length: 9").text() + "bodybody");
    CHECK(why.code == errc::truncated);
    CHECK(why.where == header_id::content_length);
}

TEST_CASE("Request lines follow the grammar exactly (RFC 3261 7.1)") {
    struct row {
        char const* line;
        errc code;
        std::uint16_t status;
        std::uint32_t offset;
    };
    for (auto [line, code, status, offset] : {
             row{"OPTIONS", errc::syntax_error, 400, 7},
             {"OPTIONS ", errc::syntax_error, 400, 8},
             {"OPTIONS sip:a@b", errc::syntax_error, 400, 15},
             {"OPTIONS sip:a@b ", errc::syntax_error, 400, 16},
             {"OPTIONS  sip:a@b SIP/2.0", errc::syntax_error, 400, 9},
             {"OPTIONS sip:a@b  SIP/2.0", errc::syntax_error, 400, 16},
             {"OPTIONS sip:a@b SIP/2.0 ", errc::syntax_error, 400, 16},
             {"OPTIONS sip:a@b SIP/2", errc::syntax_error, 400, 16},
             {"OPTIONS sip:a@b SIP/2.0x", errc::syntax_error, 400, 16},
             {"OPTIONS sip:a@b HTTP/1.1", errc::syntax_error, 400, 16},
             {"OPTIONS sip:a@b SIP/7.0", errc::unsupported_version, 505, 16},
             {"OPTIONS sip:a@b sip/3.15", errc::unsupported_version, 505, 16},
             {"OPTIONS sip:a@b; lr SIP/2.0", errc::syntax_error, 400, 17},
             {"OPTIONS <sip:a@b> SIP/2.0", errc::syntax_error, 400, 8},
             {"OPTIONS a@b SIP/2.0", errc::syntax_error, 400, 9},
             {"OPT@IONS sip:a@b SIP/2.0", errc::syntax_error, 400, 3},
             {" OPTIONS sip:a@b SIP/2.0", errc::syntax_error, 400, 0},
             {"OPTIONS\tsip:a@b SIP/2.0", errc::syntax_error, 400, 7},
         }) {
        std::string const shown_line(line);
        CAPTURE(shown_line);
        CHECK(failure_of(sample().line(0, line).text()) == parse_failure{code, status, header_id::unknown, offset});
    }
    CHECK(static_cast<bool>(outcome(sample().line(0, "OPTIONS sip:a@b sip/2.0").text())));
}

TEST_CASE("Status lines have three digits from 100 to 699, and responses are never answered") {
    auto parse = [](std::string const& line) { return outcome(sample().line(0, line).text()); };
    CHECK(parse("SIP/2.0 100 Trying").view().status() == 100);
    CHECK(parse("SIP/2.0 100 ").view().reason().empty());
    CHECK(parse("SIP/2.0 100").view().reason().empty());
    CHECK(parse("sip/2.0 699 x").view().status() == 699);
    for (auto const* line :
         {"SIP/2.0", "SIP/2.0 ", "SIP/2.0 99 x", "SIP/2.0 099 x", "SIP/2.0 700 x", "SIP/2.0 1000 x",
          "SIP/2.0 4294967301 x", "SIP/2.0 20x x", "SIP/2.0  200 x", "SIP/2.0 200\tx", "SIP/3.0 200 x",
          "SIP/2.0 -20 x"}) {
        CAPTURE(line);
        auto parsed = parse(line);
        REQUIRE_FALSE(static_cast<bool>(parsed));
        CHECK(parsed.why().suggested_status == 0);
        CHECK_FALSE(parsed.result.error().is_request);
        CHECK_FALSE(parsed.result.error().partial);
    }
}

TEST_CASE("Via, From, To, Call-ID and CSeq must be there (RFC 3261 8.1.1)") {
    struct row {
        std::size_t line;
        header_id id;
    };
    for (auto [line, id] :
         {row{1, header_id::via},
          {2, header_id::from},
          {3, header_id::to},
          {4, header_id::call_id},
          {5, header_id::cseq}}) {
        outcome parsed(sample().without(line).text());
        REQUIRE_FALSE(static_cast<bool>(parsed));
        CHECK(parsed.why() == parse_failure{errc::missing_header, 400, id, 0});
        CHECK(static_cast<bool>(parsed.result.error().partial) == (id != header_id::via));  // can it be answered?
        CHECK(parsed.result.error().is_request);
    }
    CHECK(static_cast<bool>(outcome(sample().without(6).text())));  // RFC 2543 knows no Max-Forwards
}

TEST_CASE("A header that may stand once must not stand twice, in whatever spelling (RFC 4475 3.3.8)") {
    for (auto const* line :
         {"f: <sip:x@y>;tag=2", "t: <sip:x@y>", "i: other", "CSeq: 8 OPTIONS", "max-forwards: 5", "l: 0",
          "Content-Length: 0"}) {
        CAPTURE(line);
        auto message = sample().add(line);
        auto why = failure_of(message.text());
        CHECK(why.code == errc::duplicate_header);
        CHECK(why.offset == message.text().rfind(line));
    }
    CHECK(failure_of(sample().add("Refer-To: <sip:a@b>").add("r: <sip:a@b>").text()).where == header_id::refer_to);
    CHECK(static_cast<bool>(outcome(sample().add("User-Agent: a").add("User-Agent: b").text())));
}

TEST_CASE("A broken header that must be read makes the message unusable but answerable (RFC 3261 8.2.6.2)") {
    struct row {
        std::size_t line;
        char const* text;
        header_id id;
        errc code;
    };
    for (auto [line, text, id, code] : {
             row{1, "Via: SIP/2.0/UDP 192.0.2.15;;,;,,", header_id::via, errc::syntax_error},
             {2, "From: \"open <sip:a@b>;tag=1", header_id::from, errc::syntax_error},
             {2, "From: *", header_id::from, errc::syntax_error},
             {3, "To: bob", header_id::to, errc::syntax_error},
             {3, "To:", header_id::to, errc::syntax_error},
             {4, "Call-ID:", header_id::call_id, errc::syntax_error},
             {4, "Call-ID: a b", header_id::call_id, errc::syntax_error},
             {4, "Call-ID: a,b", header_id::call_id, errc::syntax_error},
             {5, "CSeq: 36893488147419103232 OPTIONS", header_id::cseq, errc::number_out_of_range},
             {5, "CSeq: OPTIONS", header_id::cseq, errc::syntax_error},
             {5, "CSeq: 7 INVITE", header_id::cseq, errc::method_mismatch},
             {5, "CSeq: 7 options", header_id::cseq, errc::method_mismatch},
         }) {
        std::string const shown_text(text);
        CAPTURE(shown_text);
        outcome parsed(sample().line(line, text).text());
        REQUIRE_FALSE(static_cast<bool>(parsed));
        CHECK(parsed.why().where == id);
        CHECK(parsed.why().code == code);
        CHECK(parsed.why().suggested_status == 400);
        REQUIRE(static_cast<bool>(parsed.result.error().partial));
        CHECK_FALSE(parsed.partial().top_via().host.empty());
        for (auto needed : {header_id::from, header_id::to, header_id::call_id, header_id::cseq})
            CHECK(parsed.partial().has(needed));
        // What is broken is empty, not half read.
        if (id == header_id::from) CHECK(parsed.partial().from().uri.host.empty());
        if (id == header_id::to) CHECK(parsed.partial().to().uri.host.empty());
        if (id == header_id::to) CHECK_FALSE(parsed.partial().get<header_id::to>().has_value());
    }
    // Without a sent-by no response finds its way.
    for (auto const* via : {"Via: SIP/2.0/UDP", "Via: SIP/2.0/UDP ;branch=1", "Via:", "Via: ,SIP/2.0/UDP a"}) {
        outcome parsed(sample().line(1, via).text());
        CHECK(parsed.why().where == header_id::via);
        CHECK_FALSE(static_cast<bool>(parsed.result.error().partial));
    }
}

TEST_CASE("A malformed ACK is not answered (RFC 3261 17.1.1.3)") {
    CHECK(failure_of(sample().line(0, "ACK sip:a@b SIP/2.0").text()).suggested_status == 0);
}

TEST_CASE("A line that is no header makes the message malformed") {
    for (auto const& line : {"Foobar roobar"s, ": value"s, "Na me: value"s, "Na\x80me: value"s, "N\0M: value"s, "N"s}) {
        CAPTURE(line);
        auto message = sample().add(line);
        auto why = failure_of(message.text());
        CHECK(why.code == errc::syntax_error);
        CHECK(why.offset == message.text().rfind("\n" + line) + 1);
    }
}

TEST_CASE("A carriage return that ends no line is malformed: others would take it for a line end") {
    for (auto const* line : {"Subject: a\rEvil: 1", "Subject: a\r\r", "Sub\rject: a", "\rX: a"}) {
        CAPTURE(line);
        auto message = sample().add(line);
        outcome parsed(message.text());
        REQUIRE_FALSE(static_cast<bool>(parsed));
        CHECK(parsed.why().code == errc::syntax_error);
        CHECK(parsed.why().offset == message.text().find(line) + std::string(line).find('\r'));
        CHECK(static_cast<bool>(parsed.result.error().partial));
    }
    CHECK(failure_of("OPTIONS sip:a@b SIP/2.0\rVia: x\r\n\r\n").offset == 23);
}

TEST_CASE("NUL may stand in a quoted string, not in a token (RFC 4475 3.1.1.2)") {
    outcome parsed(sample().line(3, "To: \"NUL:\\\0 DEL:\\\x7f\" <sip:a@b>"s).text());
    REQUIRE(static_cast<bool>(parsed));
    CHECK(parsed.view().get<header_id::to>()->display_name == "\"NUL:\\\0 DEL:\\\x7f\""s);
    CHECK_FALSE(static_cast<bool>(outcome(sample().line(3, "To: <sip:a\0@b>"s).text())));
}

TEST_CASE("Header spellings: compact, any case, space before the colon, none behind it") {
    auto text =
        "OPTIONS sip:a@b SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK1\r\nF \t: <sip:a@b>;tag=1\r\nt:sip:c@d\r\ni:x\r\n"
        "cSeQ:2 OPTIONS\r\nL:0\r\n\r\n"s;
    outcome parsed(text);
    REQUIRE(static_cast<bool>(parsed));
    CHECK(parsed.view().from_tag() == "1");
    CHECK(parsed.view().name(parsed.view().headers()[1]) == "F");
}

TEST_CASE("However the line of a header is written, its name and value are found (RFC 3261 7.3.1)") {
    std::vector<std::pair<std::string, std::string>> const ways{
        {": ", ""},    {":", ""},      {" : ", ""},     {"\t:\t", " "},
        {":  ", "\t"}, {":\r\n ", ""}, {": ", "\r\n "}, {" :", " \r\n\t "},
    };
    for (std::size_t i = 1; i < sip::header_id_count; ++i) {
        auto const id = static_cast<header_id>(i);
        sample const without_it = sample().add("Subject: before");
        if (outcome(without_it.text()).view().has(id)) continue;
        for (auto const& value : {"x"s, "first, \"second\""s, std::string(200, 'x'), "\xe4\xbd\xa0\xe5\xa5\xbd"s})
            for (auto const& [before, behind] : ways) {
                std::string name(to_string(id));
                CAPTURE(name + before + value);
                outcome parsed(sample(without_it).add(name + before + value + behind).text());
                REQUIRE(parsed);
                REQUIRE(parsed.view().raw(id) == value);
                REQUIRE(parsed.view().name(parsed.view().headers().back()) == name);
            }
    }
}

TEST_CASE("A message that is cut off at any byte of its headers is refused, without harm") {
    auto const text = sample().add("Subject: a\r\n b").text();
    for (std::size_t size = 0; size < text.size(); ++size) {
        CAPTURE(size);
        outcome parsed(text.substr(0, size));
        CHECK_FALSE(static_cast<bool>(parsed));
    }
    CHECK(failure_of(text.substr(0, text.size() - 2)).code == errc::truncated);
    CHECK(failure_of("").code == errc::truncated);
    CHECK(failure_of("\r\n\r\n").code == errc::truncated);
    sip::buffer_pool pool;
    CHECK_FALSE(sip::parse_message({}, pool).has_value());
}

TEST_CASE("Limits hold to the byte: message, headers, lines") {
    auto message = sample();
    auto const size = message.text().size();
    CHECK(static_cast<bool>(outcome(message.text(), {.message_size = size})));
    CHECK(outcome(message.text(), {.message_size = size - 1}).why().code == errc::too_large);
    CHECK(outcome(message.text(), {.message_size = size - 1}).why().suggested_status == 513);
    CHECK(static_cast<bool>(outcome(message.text() + "x", {.message_size = size + 1, .header_bytes = size})));
    auto headers = outcome(message.text() + "x", {.header_bytes = size - 1});
    CHECK(headers.why().code == errc::too_large);
    CHECK(headers.why().suggested_status == 513);
    CHECK(static_cast<bool>(headers.result.error().partial));
    CHECK(static_cast<bool>(outcome(message.text(), {.header_count = 7})));
    auto lines = outcome(message.text(), {.header_count = 6});
    CHECK(lines.why().code == errc::too_large);
    CHECK(lines.why().offset == message.text().find("Content-Length"));
}

TEST_CASE("256 headers fit, and the table grows without losing one") {
    auto message = sample();
    for (int i = 7; i < 256; ++i)
        message.add("X-" + std::to_string(i) + ": " + std::to_string(i));
    outcome parsed(message.text());
    REQUIRE(static_cast<bool>(parsed));
    auto headers = parsed.view().headers();
    REQUIRE(headers.size() == 256);
    for (std::size_t i = 7; i < 256; ++i)
        CHECK(parsed.view().value(headers[i]) == std::to_string(i));
    CHECK(parsed.view().call_id() == "a84b4c76e66710");
    CHECK(failure_of(message.add("One: more").text()).code == errc::too_large);
}

TEST_CASE("Header offsets reach to 65535 and no further") {
    auto with_headers_of = [](std::size_t size) {
        auto message = sample().add("Subject: ");
        message.lines.back() += std::string(size - message.text().size(), 's');
        REQUIRE(message.text().size() == size);
        return message.text();
    };
    for (std::size_t size : {65533u, 65534u, 65535u}) {
        CAPTURE(size);
        outcome parsed(with_headers_of(size), {.message_size = 100000});
        REQUIRE(static_cast<bool>(parsed));
        auto last = parsed.view().headers().back();
        CHECK(last.value_at + last.value_length == size - 4);
        CHECK(parsed.view().body().empty());
    }
    for (std::size_t size : {65536u, 65537u, 70000u, 131072u}) {
        CAPTURE(size);
        outcome parsed(with_headers_of(size), {.message_size = 200000, .header_bytes = 200000});
        REQUIRE_FALSE(static_cast<bool>(parsed));
        CHECK(parsed.why().code == errc::too_large);
        CHECK(parsed.why().suggested_status == 513);
    }
}

TEST_CASE("A body may be longer than 64 KiB where the limits allow it, as on a stream") {
    auto message = sample().line(7, "Content-Length: 200000");
    message.body = std::string(200000, 'b');
    CHECK(outcome(message.text()).why().code == errc::too_large);
    outcome parsed(message.text(), {.message_size = 300000});
    REQUIRE(static_cast<bool>(parsed));
    CHECK(parsed.view().body().size() == 200000);
}

TEST_CASE("A failure reads as a sentence") {
    CHECK(
        to_string(parse_failure{errc::syntax_error, 400, header_id::via, 34}) == "Via: syntax error at offset 34 (400)"
    );
    CHECK(to_string(parse_failure{errc::truncated, 0, header_id::unknown, 5}) == "message truncated at offset 5");
}

TEST_CASE("value() throws for callers who want exceptions") {
    sip::buffer_pool pool;
    CHECK_THROWS_WITH_AS(
        sip::parse_message(pool.copy("x"), pool).value(), doctest::Contains("truncated"), boost::system::system_error
    );
    CHECK_THROWS_AS(sip::parse_uri("x").value(), boost::system::system_error);
}

TEST_CASE("validate_request names the header that cannot be used") {
    struct row {
        char const* line;
        header_id id;
        errc code;
    };
    for (auto [line, id, code] : {
             row{"Contact: \"Joe\" <sip:joe@example.org>;;;;", header_id::contact, errc::syntax_error},
             {"Contact: sip:a@b?Route=%3Csip:x%3E", header_id::contact, errc::syntax_error},
             {"Contact:", header_id::contact, errc::syntax_error},
             {"Contact: <sip:a@b>,,<sip:c@d>", header_id::contact, errc::syntax_error},
             {"Contact: *", header_id::contact, errc::syntax_error},
             {"Route: <sip:a", header_id::route, errc::syntax_error},
             {"Route: *", header_id::route, errc::syntax_error},
             {"Record-Route: x", header_id::record_route, errc::syntax_error},
             {"Require: 100rel;", header_id::require, errc::syntax_error},
             {"Content-Type: text", header_id::content_type, errc::syntax_error},
         }) {
        std::string const shown_line(line);
        CAPTURE(shown_line);
        auto message = sample().add(line);
        outcome parsed(message.text());
        REQUIRE(static_cast<bool>(parsed));
        auto why = validate_request(parsed.view());
        REQUIRE(why.has_value());
        CHECK(why->where == id);
        CHECK(why->code == code);
        CHECK(why->suggested_status == 400);
        CHECK(why->offset >= message.text().find(line));
        CHECK(why->offset <= message.text().find(line) + std::string(line).size());
    }
    outcome hops(sample().line(6, "Max-Forwards: 256").text());
    CHECK(validate_request(hops.view())->code == errc::number_out_of_range);
    outcome uri_headers(sample().line(0, "OPTIONS sip:a@b?Route=%3Csip:x%3E SIP/2.0").text());
    CHECK(validate_request(uri_headers.view())->offset == 16);
}

TEST_CASE("The headers that give a method its meaning are checked on that method only") {
    struct row {
        char const *method, *line;
        header_id id;
    };
    for (auto [method, line, id] : {
             row{"REFER", "Refer-To: x", header_id::refer_to},
             {"INVITE", "Replaces: a", header_id::replaces},
             {"INVITE", "Join: a", header_id::join},
             {"INVITE", "Session-Expires: soon", header_id::session_expires},
             {"UPDATE", "Session-Expires: soon", header_id::session_expires},
             {"PRACK", "RAck: 1 INVITE", header_id::rack},
             {"SUBSCRIBE", "Event: a b", header_id::event},
             {"NOTIFY", "Event: a b", header_id::event},
             {"NOTIFY", "Subscription-State: ;", header_id::subscription_state},
             {"PUBLISH", "Event: a b", header_id::event},
         }) {
        std::string const shown_method(method);
        CAPTURE(shown_method);
        std::string const shown_line(line);
        CAPTURE(shown_line);
        std::string const added = line;
        auto with_method = [&](std::string const& name) {
            return sample().line(0, name + " sip:a SIP/2.0").line(5, "CSeq: 1 " + name).add(added).text();
        };
        outcome checked(with_method(method));
        REQUIRE(validate_request(checked.view()).has_value());
        CHECK(validate_request(checked.view())->where == id);
        CHECK_FALSE(validate_request(outcome(with_method("MESSAGE")).view()).has_value());
    }
}

TEST_CASE("validate_request lets pass what is valid, also the star of a REGISTER") {
    outcome plain(sample().add("Contact: <sip:a@b>, <sip:c@d>;expires=soon").add("Route: <sip:a;lr>").text());
    CHECK_FALSE(validate_request(plain.view()).has_value());
    auto registration = sample().line(0, "REGISTER sip:b SIP/2.0").line(5, "CSeq: 7 REGISTER").add("Contact: *");
    CHECK_FALSE(validate_request(outcome(registration.text()).view()).has_value());
    registration.add("Contact: <sip:a@b>");
    CHECK(validate_request(outcome(registration.text()).view())->where == header_id::contact);
    auto ack = sample().line(0, "ACK sip:b SIP/2.0").line(5, "CSeq: 7 ACK").add("Contact: x");
    CHECK(validate_request(outcome(ack.text()).view())->suggested_status == 0);
}

// Covered: lines and attributes that the model passes on without asking what they mean: for people, for announcements,
// for other media; what is dropped. Each text is printed as it was read, so nothing is lost or moved.
// Not covered: lines with a field of their own (parse_test.cpp), what an answer makes of them (negotiate/).
#include "sdp/model/parse.hpp"
#include "sdp/model/print.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sdp;

namespace {

constexpr std::string_view origin_line = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n";
constexpr std::string_view audio_line = "m=audio 4000 RTP/AVP 0\r\n";
constexpr std::string_view audio_attributes = "a=rtpmap:0 PCMU/8000\r\n";

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (auto const part : parts)
        text.append(part);
    return text;
}

std::string read_and_printed(std::string_view text) {
    auto const read = parse(text);
    if (!read) FAIL(std::string{read.error().reason});
    return to_text(*read);
}

}  // namespace

TEST_CASE("Information, a URI, mail addresses and telephone numbers are kept in their order (RFC 8866 5.4 to 5.6)") {
    auto const text = joined(
        {origin_line,
         "s=-\r\ni=A talk\r\nu=http://example.com/talk\r\ne=j.doe@example.com (Jane Doe)\r\ne=Jane "
         "<jane@example.com>\r\n"
         "p=+1 617 555-6011\r\np=+1 617 555-6012 (Desk)\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n",
         audio_line, "i=the speaker\r\n", audio_attributes, audio_line, "i=the audience\r\n", audio_attributes}
    );
    CHECK(read_and_printed(text) == text);
}

TEST_CASE("Bandwidths of any kind are kept, and those without a number as they came (RFC 8866 5.8)") {
    auto const text = joined(
        {origin_line, "s=-\r\nc=IN IP4 192.0.2.1\r\nb=CT:1000\r\nb=X-YZ:128\r\nt=0 0\r\n", audio_line,
         "b=AS:64\r\nb=RS:800\r\nb=later:18446744073709551615\r\n", audio_attributes}
    );
    CHECK(read_and_printed(text) == text);
    auto const odd = parse(joined({origin_line, "s=-\r\nt=0 0\r\nb=AS:many\r\nb=AS:-1\r\nb=AS\r\n"}));
    REQUIRE(odd.has_value());
    CHECK(odd->bandwidths.empty());
    CHECK(odd->lines == std::vector<line>{{'b', "AS:many"}, {'b', "AS:-1"}, {'b', "AS"}});
}

TEST_CASE("Times beyond 32 bits, repetitions and zones stay with their t= line (RFC 8866 5.9 to 5.11)") {
    auto const text = joined(
        {origin_line,
         "s=-\r\nt=3724394400 3754123200\r\nr=604800 3600 0 90000\r\nr=7d 1h 0 25h\r\nz=3730928400 -1h 3749680800 0\r\n"
         "t=12345678901 0\r\n"}
    );
    CHECK(read_and_printed(text) == text);
    auto const read = parse(text);
    REQUIRE(read->times.size() == 2);
    CHECK(read->times[0].repeats.size() == 3);
    CHECK(read->times[1] == time_description{12'345'678'901, 0, {}});
}

TEST_CASE("A key in k= is dropped where it is read, and none is printed (RFC 8866 5.12)") {
    auto const text =
        joined({origin_line, "s=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nk=clear:secret\r\n", audio_line, "k=prompt\r\n"});
    auto read = parse(text);
    REQUIRE(read.has_value());
    CHECK(read->lines.empty());
    CHECK(read->media_lines[0].lines.empty());
    read->lines = {{'i', "x"}, {'k', "clear:secret"}, {'y', "z"}};
    auto const printed = to_text(*read);
    CHECK(printed.find("secret") == std::string::npos);
    CHECK(printed.find("i=x\r\n") != std::string::npos);
    CHECK(printed.find("y=z\r\n") != std::string::npos);
}

TEST_CASE("Values may have any octet but NUL, CR and LF; a property has no value (RFC 8866 5.3, 5.13, 6.10)") {
    std::string octets;
    for (int octet = 1; octet != 256; ++octet)
        if (octet != '\r' && octet != '\n') octets.push_back(static_cast<char>(octet));
    auto const text = joined(
        {origin_line, "s=Gr\xFC\xDF", "e\r\nt=0 0\r\na=charset:ISO-8859-1\r\na=own:", octets, "\r\na=property\r\n"}
    );
    CHECK(read_and_printed(text) == text);
    auto const read = parse(text);
    CHECK(read->attributes[1] == attribute{"own", octets});
    CHECK(read->attributes[2] == attribute{"property", ""});
}

TEST_CASE("What is for people, announcements and other media is kept as it came (RFC 8866 6.1, 6.2, 6.3, 6.8 to 6.14)"
) {
    auto const text = joined(
        {origin_line,
         "s=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=cat:talks.music\r\na=keywds:phones,lines\r\na=tool:desk 1.0\r\n"
         "a=type:moderated\r\na=charset:UTF-8\r\na=sdplang:fr\r\na=sdplang:de\r\na=lang:de\r\na=lang:en\r\n",
         audio_line, audio_attributes,
         "a=lang:fr\r\na=sdplang:fr\r\na=orient:portrait\r\na=framerate:29.97\r\na=quality:10\r\n"}
    );
    CHECK(read_and_printed(text) == text);
}

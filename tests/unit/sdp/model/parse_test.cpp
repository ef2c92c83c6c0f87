// Covered: every line of RFC 8866, what is tolerated, what is kept, each failure with its place, every limit.
// Not covered: meaning of an offer (see negotiate/).
#include "sdp/model/parse.hpp"

#include "sdp/model/attributes.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sdp;
using namespace std::chrono_literals;

namespace {

session read(std::string_view text) {
    auto const outcome = parse(text);
    if (!outcome) FAIL(std::string{outcome.error().reason});
    return *outcome;
}

failure problem_in(std::string_view text, parse_limits const& limits = {}) {
    auto const outcome = parse(text, limits);
    REQUIRE_FALSE(outcome.has_value());
    return outcome.error();
}

/// A description with one audio line, into which the lines under test go.
std::string with_media_lines(std::string_view lines) {
    return std::string{
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 96\r\n"}
        .append(lines);
}

constexpr std::string_view minimal = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n";

}  // namespace

TEST_CASE("Every line of RFC 8866 finds its place") {
    auto const description = read(
        "v=0\r\n"
        "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\n"
        "s=Call to John Smith\r\n"
        "i=SDP Offer #1\r\n"
        "u=http://www.jdoe.example.com/home.html\r\n"
        "e=Jane Doe <jane@jdoe.example.com>\r\n"
        "p=+1 617 555-6011\r\n"
        "c=IN IP4 198.51.100.1\r\n"
        "b=AS:128\r\n"
        "b=X-YZ:64\r\n"
        "t=3724394400 3724398000\r\n"
        "r=7d 1h 0 25h\r\n"
        "t=0 0\r\n"
        "k=prompt\r\n"
        "a=recvonly\r\n"
        "a=tool:desk 1.0\r\n"
        "m=audio 49170 RTP/AVP 0 96\r\n"
        "i=speech\r\n"
        "c=IN IP6 2001:db8::2\r\n"
        "b=TIAS:64000\r\n"
        "a=rtpmap:96 opus/48000/2\r\n"
        "a=fmtp:96 useinbandfec=1\r\n"
        "a=ptime:30\r\n"
        "a=maxptime:60\r\n"
        "a=rtcp:49180 IN IP4 198.51.100.9\r\n"
        "a=rtcp-mux\r\n"
        "a=inactive\r\n"
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc\r\n"
        "m=image 49172/2 udptl t38 x\r\n"
    );
    CHECK(description.origin == origin{"jdoe", 3724394400, 3724394405, {address_family::ip4, "198.51.100.1"}});
    CHECK(description.name == "Call to John Smith");
    CHECK(description.connection == connection{address_family::ip4, "198.51.100.1"});
    CHECK(description.bandwidths == std::vector<bandwidth>{{"AS", 128}, {"X-YZ", 64}});
    REQUIRE(description.times.size() == 2);
    CHECK(description.times[0] == time_description{3724394400, 3724398000, {"r=7d 1h 0 25h"}});
    CHECK(description.direction == direction::recvonly);
    CHECK(description.attributes == std::vector<attribute>{{"tool", "desk 1.0"}});
    REQUIRE(description.lines.size() == 4);
    CHECK(description.lines[0] == line{'i', "SDP Offer #1"});
    CHECK(description.lines[3] == line{'p', "+1 617 555-6011"});

    REQUIRE(description.media_lines.size() == 2);
    auto const& audio = description.media_lines[0];
    CHECK(audio.type == "audio");
    CHECK(audio.port == 49170);
    CHECK(audio.transport == "RTP/AVP");
    REQUIRE(audio.formats.size() == 2);
    CHECK(audio.formats[0] == format{payload_type{0}, {"PCMU", 8000, 1}, ""});
    CHECK(audio.formats[1] == format{payload_type{96}, {"opus", 48000, 2}, "useinbandfec=1"});
    CHECK(audio.connection == connection{address_family::ip6, "2001:db8::2"});
    CHECK(audio.bandwidths == std::vector<bandwidth>{{"TIAS", 64000}});
    CHECK(audio.ptime == 30ms);
    CHECK(audio.maxptime == 60ms);
    CHECK(audio.rtcp == rtcp_attribute{49180, connection{address_family::ip4, "198.51.100.9"}});
    CHECK(audio.rtcp_mux);
    CHECK(audio.direction == direction::inactive);
    CHECK(audio.attributes == std::vector<attribute>{{"crypto", "1 AES_CM_128_HMAC_SHA1_80 inline:abc"}});
    CHECK(audio.lines == std::vector<line>{{'i', "speech"}});

    auto const& fax = description.media_lines[1];
    CHECK(fax.port_count == 2);
    CHECK(fax.formats.empty());
    CHECK(fax.other_formats == "t38 x");
}

TEST_CASE("Unknown SDP lines do not reject the description") {
    auto const description = read(
        "v=0\no=34 0 0 IN IP4 192.0.2.1\ns=Play\nc=IN IP4 192.0.2.1\nt=0 0\n"
        "m=audio 6000 RTP/AVP 8\ny=0100000001\nf=v/////a/1/8/1\na=recvonly\n"
    );
    CHECK(description.media_lines[0].direction == direction::recvonly);
    CHECK(description.media_lines[0].lines == std::vector<line>{{'y', "0100000001"}, {'f', "v/////a/1/8/1"}});
}

TEST_CASE("Unknown attributes are kept verbatim and in order (RFC 8866 5.13)") {
    auto const description =
        read(with_media_lines("a=zeta:1\r\na=alpha\r\na=ice-ufrag:F7gI\r\na=candidate: odd \r\na=zeta:2\r\n"));
    CHECK(
        description.media_lines[0].attributes ==
        std::vector<attribute>{
            {"zeta", "1"}, {"alpha", ""}, {"ice-ufrag", "F7gI"}, {"candidate", " odd "}, {"zeta", "2"}}
    );
    CHECK(find_attribute(description.media_lines[0].attributes, "ZETA")->value == "1");
    CHECK(find_attribute(description.media_lines[0].attributes, "beta") == nullptr);
}

TEST_CASE("Attributes that begin alike are told apart (rtcp, rtcp-mux, rtcp-fb, rtcp-xr)") {
    auto const description =
        read(with_media_lines("a=rtcp-xr:voip-metrics stat-summary=loss,dup\r\na=rtcp-fb:* "
                              "nack\r\na=rtcp:4009\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"));
    auto const& line = description.media_lines[0];
    CHECK(line.rtcp == rtcp_attribute{4009, {}});
    CHECK(line.rtcp_mux);
    REQUIRE(line.attributes.size() == 3);
    CHECK(line.attributes[0] == attribute{"rtcp-xr", "voip-metrics stat-summary=loss,dup"});
    CHECK(line.attributes[2] == attribute{"rtcp-rsize", ""});
}

TEST_CASE("A repeated attribute does not change the first, and is kept") {
    auto const description = read(with_media_lines(
        "a=sendonly\r\na=sendrecv\r\na=ptime:20\r\na=ptime:30\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:96 iLBC/8000\r\n"
        "a=rtcp-mux\r\na=rtcp-mux\r\na=fmtp:96 a=1\r\na=fmtp:96 a=2\r\n"
    ));
    auto const& line = description.media_lines[0];
    CHECK(line.direction == direction::sendonly);
    CHECK(line.ptime == 20ms);
    CHECK(line.formats[1] == format{payload_type{96}, {"opus", 48000, 2}, "a=1"});
    CHECK(
        line.attributes ==
        std::vector<attribute>{
            {"sendrecv", ""}, {"ptime", "30"}, {"rtpmap", "96 iLBC/8000"}, {"rtcp-mux", ""}, {"fmtp", "96 a=2"}}
    );
}

TEST_CASE("Values that cannot be meant are kept and change nothing: ptime 0 and 2^31, clock rate 0, foreign numbers") {
    auto const description =
        read(with_media_lines("a=ptime:0\r\na=maxptime:2147483648\r\na=rtpmap:96 opus/0\r\na=rtpmap:97 "
                              "iLBC/8000\r\na=fmtp:300 x\r\na=rtcp:0\r\n"
                              "a=rtcp-mux:no\r\na=sendonly:yes\r\na=:x\r\na=\r\n"));
    auto const& line = description.media_lines[0];
    CHECK_FALSE(line.ptime);
    CHECK_FALSE(line.maxptime);
    CHECK_FALSE(line.rtcp);
    CHECK_FALSE(line.rtcp_mux);
    CHECK_FALSE(line.direction);
    CHECK(line.formats[1].codec.name.empty());
    CHECK(line.attributes.size() == 8);
    CHECK(line.lines == std::vector<sdp::line>{{'a', ":x"}, {'a', ""}});
}

TEST_CASE("Odd white space, odd order, bare LF and missing s= and t= are tolerated") {
    auto const description = read(
        "\n v=0\n  o= - 1 2  IN  IP4  192.0.2.1 \nm = audio  4000   RTP/AVP  0  96 \na=rtpmap: 96  opus/48000/2 \n"
        "a= sendonly \nb=AS: 64\nc= IN IP4 192.0.2.5 "
    );
    CHECK(description.origin == origin{"-", 1, 2, {address_family::ip4, "192.0.2.1"}});
    CHECK(description.name == "-");
    CHECK(description.times.size() == 1);
    CHECK(description.times[0] == time_description{});
    auto const& line = description.media_lines.at(0);
    CHECK(line.formats[1].codec == codec{"opus", 48000, 2});
    CHECK(line.direction == direction::sendonly);
    CHECK(line.bandwidths == std::vector<bandwidth>{{"AS", 64}});
    CHECK(line.connection == connection{address_family::ip4, "192.0.2.5"});
}

TEST_CASE("An empty s= reads as -, a space stays a space (RFC 3264 5, RFC 8866 5.3)") {
    CHECK(read("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=\nt=0 0\n").name == "-");
    CHECK(read("v=0\no=- 1 1 IN IP4 192.0.2.1\ns= \nt=0 0\n").name == " ");
}

TEST_CASE("A user name with spaces or none at all does not break o= (RFC 8866 5.2)") {
    CHECK(read("v=0\no=my desk phone 7 8 IN IP4 192.0.2.1\ns=-\nt=0 0\n").origin.username == "my desk phone");
    CHECK(
        read("v=0\no= 7 8 IN IP4 192.0.2.1\ns=-\nt=0 0\n").origin ==
        origin{"-", 7, 8, {address_family::ip4, "192.0.2.1"}}
    );
    CHECK(read("v=0\ns=-\nt=0 0\n").origin.address.address == "0.0.0.0");
}

TEST_CASE("A format listed twice counts once (RFC 8866 5.14)") {
    auto const description =
        read("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0 8 0 8 0\n");
    REQUIRE(description.media_lines[0].formats.size() == 2);
    CHECK(description.media_lines[0].formats[1].codec.name == "PCMA");
}

TEST_CASE("A refused line may come without a format and without c=") {
    auto const description = read("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=video 0 RTP/AVP\nm=image 0 udptl\n");
    CHECK(description.media_lines[0].formats.size() == 1);
    CHECK(description.media_lines[1].other_formats == "0");
}

TEST_CASE("Multicast addresses keep their scope, further c= lines of a medium are kept (RFC 8866 5.7)") {
    auto const description = read(with_media_lines("c=IN IP4 233.252.0.1/127/3\r\nc=IN IP4 233.252.0.2/127\r\n"));
    CHECK(description.media_lines[0].connection == connection{address_family::ip4, "233.252.0.1/127/3"});
    CHECK(description.media_lines[0].lines == std::vector<line>{{'c', "IN IP4 233.252.0.2/127"}});
}

TEST_CASE("A failure names line, offset, reason and 400 (RFC 8866 5.7, 5.14)") {
    struct failing {
        std::string_view lines;
        std::uint32_t line;
        std::string_view at;
        std::string_view reason;
    };
    failing const cases[] = {
        {"m=audio 65536 RTP/AVP 0\n", 5, "65536", "the port in m= is not a number from 0 to 65535"},
        {"m=audio 4294967296 RTP/AVP 0\n", 5, "4294967296", "the port in m= is not a number from 0 to 65535"},
        {"m=audio -1 RTP/AVP 0\n", 5, "-1", "the port in m= is not a number from 0 to 65535"},
        {"m=audio 4000/0 RTP/AVP 0\n", 5, "4000/0", "the number of ports in m= is not a number from 1 to 65535"},
        {"m=audio 4000/ RTP/AVP 0\n", 5, "4000/ ", "the number of ports in m= is not a number from 1 to 65535"},
        {"m=audio 4000\n", 5, "m=audio", "m= needs media, port, transport and a format"},
        {"m=\n", 5, "m=", "m= needs media, port, transport and a format"},
        {"c=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP\n", 6, "m=audio", "m= lists no format"},
        {"c=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0 128\n", 6, "128", "a payload type is a number from 0 to 127"},
        {"c=IN IP4 192.0.2.1\nm=audio 4000 RTP/SAVP 0 -8\n", 6, "-8", "a payload type is a number from 0 to 127"},
        {"c=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 99999999999999999999\n", 6, "99999999999999999999",
         "a payload type is a number from 0 to 127"},
        {"m=audio 4000 RTP/AVP 0\n", 5, "m=audio", "no c= line for this m= line"},
        {"m=audio 0 RTP/AVP 0\nm=audio 4000 RTP/AVP 0\n", 6, "m=audio 4000", "no c= line for this m= line"},
        {"c=\n", 5, "\n", "c= has no address"},
        {"c=IN IP4\n", 5, "IN IP4\n", "c= has no address"},
        {"v=0\n", 5, "v=0\n", "a second description: offer and answer know only one"},
        {"m=audio 0 RTP/AVP 0\nv=0\n", 6, "v=0\n", "a second description: offer and answer know only one"},
        {"--boundary--\n", 5, "--boundary--", "not a line of the form x=value"},
        {"garbage\n", 5, "garbage", "not a line of the form x=value"},
        {"7=x\n", 5, "7=x", "not a line of the form x=value"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.lines);
        auto const text = std::string{minimal}.append(c.lines);
        auto const found = problem_in(text);
        CHECK(found.code == errc::malformed);
        CHECK(found.suggested_status == 400);
        CHECK(found.line == c.line);
        CHECK(text.substr(found.offset, c.at.size()) == c.at);
        CHECK(found.reason == c.reason);
    }
}

TEST_CASE("The first lines must be those of a description (RFC 8866 5.1, 5.2)") {
    CHECK(problem_in("").reason == "no v= line");
    CHECK(problem_in("\r\n\r\n").line == 0);
    CHECK(problem_in("hello").reason == "not a line of the form x=value");
    CHECK(problem_in("o=- 1 1 IN IP4 192.0.2.1\n").reason == "the first line is not v=");
    CHECK(problem_in("v=1\n").reason == "the version is not 0");
    CHECK(problem_in("v=0\no=1 IN IP4 192.0.2.1\n").reason == "o= has fewer than six fields");
    CHECK(problem_in("v=0\no=- x 1 IN IP4 192.0.2.1\n").reason == "the session id in o= is not a 64 bit number");
    CHECK(
        problem_in("v=0\no=- 1 18446744073709551616 IN IP4 192.0.2.1\n").reason ==
        "the session version in o= is not a 64 bit number"
    );
}

TEST_CASE("A NUL byte is refused where it stands") {
    std::string text{minimal};
    text += "a=x";
    text += '\0';
    auto const found = problem_in(text);
    CHECK(found.line == 5);
    CHECK(found.offset == text.size() - 1);
    CHECK(found.suggested_status == 400);
}

TEST_CASE("Size and counts are bounded") {
    auto const media = [](std::size_t count) {
        std::string text{minimal};
        for (std::size_t i = 0; i != count; ++i)
            text += "m=audio 0 RTP/AVP 0\n";
        return text;
    };
    CHECK(parse(media(64)).has_value());
    CHECK(problem_in(media(65)).suggested_status == 488);
    CHECK(problem_in(media(1'000)).line == 5 + 64);

    std::string attributes{minimal};
    for (int i = 0; i != 10'000; ++i)
        attributes += "a=x\n";
    CHECK(problem_in(attributes).suggested_status == 488);
    CHECK(problem_in(attributes).code == errc::too_large);

    CHECK(problem_in(std::string(70'000, 'a')).suggested_status == 413);
    CHECK(problem_in(minimal, {.bytes = minimal.size() - 1}).suggested_status == 413);
    CHECK(parse(minimal, {.bytes = minimal.size(), .media_lines = 0, .lines = 4}).has_value());
    CHECK(problem_in(minimal, {.lines = 3}).line == 4);
}

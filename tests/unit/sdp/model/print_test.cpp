// Covered: the exact text of a full description, defaults, values that try to leave their line, and the two round
// trips: text that was read prints and reads back equal; a random model prints and reads back equal.
#include "sdp/model/print.hpp"

#include "sdp/model/parse.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace sdp;
using namespace std::chrono_literals;

TEST_CASE("Lines are printed in the order of RFC 8866 5 with CR LF") {
    session description;
    description.origin = {"alice", 1, 2, {address_family::ip4, "192.0.2.1"}};
    description.name = "call";
    description.connection = connection{address_family::ip6, "2001:db8::1"};
    description.bandwidths = {{"AS", 64}};
    description.times = {time_description{3, 4, {"r=7d 1h 0", "z=0 0"}}};
    description.direction = direction::recvonly;
    description.attributes = {{"tool", "x"}, {"flag", ""}};
    description.lines = {{'i', "information"}, {'k', "prompt"}, {'y', "unknown"}};
    auto& audio = description.media_lines.emplace_back();
    audio.port = 4000;
    audio.formats = {
        {payload_type{0}, {"PCMU", 8000, 1}, ""}, {payload_type{96}, {"opus", 48000, 2}, "useinbandfec=1"}};
    audio.connection = connection{address_family::ip4, "0.0.0.0"};
    audio.bandwidths = {{"TIAS", 64000}};
    audio.ptime = 20ms;
    audio.maxptime = 40ms;
    audio.rtcp = rtcp_attribute{4005, connection{address_family::ip4, "192.0.2.3"}};
    audio.rtcp_mux = true;
    audio.direction = direction::sendonly;
    audio.attributes = {{"mid", "1"}};
    audio.lines = {{'i', "speech"}};
    auto& fax = description.media_lines.emplace_back();
    fax.type = "image";
    fax.port = 4002;
    fax.port_count = 2;
    fax.transport = "udptl";
    fax.other_formats = "t38";
    CHECK(
        to_text(description) ==
        "v=0\r\no=alice 1 2 IN IP4 192.0.2.1\r\ns=call\r\ni=information\r\nc=IN IP6 2001:db8::1\r\nb=AS:64\r\nt=3 4\r\n"
        "r=7d 1h 0\r\nz=0 0\r\ny=unknown\r\na=recvonly\r\na=tool:x\r\na=flag\r\n"
        "m=audio 4000 RTP/AVP 0 96\r\ni=speech\r\nc=IN IP4 0.0.0.0\r\nb=TIAS:64000\r\na=rtpmap:0 PCMU/8000\r\n"
        "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=ptime:20\r\na=maxptime:40\r\n"
        "a=rtcp:4005 IN IP4 192.0.2.3\r\na=rtcp-mux\r\na=sendonly\r\na=mid:1\r\nm=image 4002/2 udptl t38\r\n"
    );
}

TEST_CASE("An empty model prints as a description that can be read") {
    CHECK(to_text(session{}) == "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n");
    CHECK(parse(to_text(session{})).has_value());
}

TEST_CASE("print() appends") {
    std::string out = "x";
    print(session{}, out);
    CHECK(out == "x" + to_text(session{}));
}

TEST_CASE("No value can start a line of its own") {
    session description;
    description.name = "call\r\na=sendonly";
    description.origin.username = "me\r\nm=audio";
    description.attributes = {{"tool\r\nm=audio 1 RTP/AVP 0", "x\ny=1"}};
    description.lines = {{'\n', "\r\nx"}};
    auto const text = to_text(description);
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
        CHECK(text[at - 1] == '\r');
    CHECK(text.find("\r\na=sendonly") == std::string::npos);
    CHECK(text.find("\r\nm=") == std::string::npos);
}

namespace {

/// Random models in the form that reading yields: what has a field is in the field, lines are in their order.
class model_source {
public:
    explicit model_source(unsigned seed) : random_{seed} {}

    session description() {
        session made;
        made.origin = {word(), number(), number(), address()};
        made.name = chance(2) ? "-" : text();
        made.connection = address();
        made.bandwidths = bandwidths();
        made.times.resize(1 + below(2));
        for (auto& time : made.times) {
            time = {number(), number(), {}};
            if (chance(4)) time.repeats.push_back("r=7d 1h 0");
        }
        if (chance(3)) made.direction = direction_of(below(4));
        made.attributes = attributes();
        for (char const type : {'i', 'u', 'e', 'p', 'y'}) {
            if (chance(6)) made.lines.push_back({type, text()});
        }
        made.media_lines.resize(below(4));
        for (auto& line : made.media_lines)
            fill(line);
        return made;
    }

private:
    unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
    bool chance(unsigned of) { return below(of) == 0; }
    std::uint64_t number() { return (std::uint64_t{random_()} << 32U) | random_(); }
    static direction direction_of(unsigned bits) { return static_cast<direction>(bits); }

    std::string word() {
        constexpr std::string_view letters = "abcXYZ019-._";
        std::string made;
        for (unsigned i = 1 + below(20); i != 0; --i)
            made += letters[below(static_cast<unsigned>(letters.size()))];
        return made;
    }
    std::string text() { return word() + (chance(2) ? " " + word() + ":" + word() : ""); }

    connection address() {
        switch (below(4)) {
            case 0:
                return {address_family::ip6, "2001:db8::" + std::to_string(below(10'000))};
            case 1:
                return {address_family::other, "ATM NSAP " + word()};
            default:
                return {address_family::ip4, word()};
        }
    }
    std::vector<bandwidth> bandwidths() {
        std::vector<bandwidth> made(below(3));
        for (auto& limit : made)
            limit = {word(), number()};
        return made;
    }
    std::vector<attribute> attributes() {
        std::vector<attribute> made(below(4));
        for (auto& one : made)
            one = {"x-" + word(), chance(3) ? "" : text()};
        return made;
    }

    void fill(media& line) {
        line.type = word();
        line.port = static_cast<std::uint16_t>(random_());
        line.port_count = static_cast<std::uint16_t>(1 + below(3));
        if (chance(4)) {
            line.transport = "udptl";
            line.other_formats = text();
        } else {
            constexpr const char* transports[] = {"RTP/AVP", "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVPF"};
            line.transport = transports[below(4)];
            for (unsigned payload = below(128); payload < 128; payload += 1 + below(40))
                fill_format(line, payload);
            if (line.formats.empty()) fill_format(line, 127);
        }
        if (chance(2)) line.connection = address();
        line.bandwidths = bandwidths();
        if (chance(2)) line.direction = direction_of(below(4));
        if (chance(2)) line.ptime = std::chrono::milliseconds{1 + below(200)};
        if (chance(2)) line.maxptime = std::chrono::milliseconds{1 + below(200)};
        if (chance(3)) line.rtcp = rtcp_attribute{static_cast<std::uint16_t>(1 + below(65535)), {}};
        if (line.rtcp && chance(2)) line.rtcp->address = address();
        line.rtcp_mux = chance(3);
        for (unsigned tag = below(3); tag < 6 && chance(2); tag += 1 + below(3))
            line.crypto.push_back(crypto_line(tag));
        line.attributes = attributes();
        for (char const type : {'i', 'f'}) {
            if (chance(6)) line.lines.push_back({type, text()});
        }
    }
    sdp::crypto crypto_line(unsigned tag) {
        sdp::crypto made;
        made.tag = tag;
        made.suite = static_cast<srtp_suite>(below(9));
        auto const several = below(3);
        for (unsigned i = 0; i <= several; ++i) {
            std::vector<std::uint8_t> octets(key_and_salt_size(made.suite), static_cast<std::uint8_t>(i));
            octets.back() = static_cast<std::uint8_t>(random_());
            auto& key = made.keys.emplace_back();
            key.key_and_salt = secret{octets};
            if (chance(2)) key.lifetime = 1 + below(1U << 31U);
            if (several > 0 || chance(2)) key.mki = master_key_identifier{i, static_cast<std::uint8_t>(1 + tag)};
        }
        if (chance(3)) made.session_parameters = "WSH=" + std::to_string(below(1000)) + (chance(2) ? " -X" : "");
        return made;
    }
    void fill_format(media& line, unsigned payload) {
        auto& made = line.formats.emplace_back();
        made.payload = static_cast<payload_type>(payload);
        made.codec = {word(), 1 + below(96'000), static_cast<std::uint16_t>(1 + below(3))};
        if (chance(2)) made.parameters = text();
    }

    std::mt19937 random_;
};

}  // namespace

TEST_CASE("A printed model reads back equal (RFC 8866 5, RFC 4568 9)") {
    for (unsigned seed = 1; seed <= 2'000; ++seed) {
        CAPTURE(seed);
        auto const description = model_source{seed}.description();
        auto const text = to_text(description);
        CAPTURE(text);
        auto const again = parse(text);
        REQUIRE(again.has_value());
        CHECK(*again == description);
    }
}

TEST_CASE("A damaged text is refused, or what was understood prints and reads back equal") {
    unsigned understood = 0;
    for (unsigned seed = 1; seed <= 4'000; ++seed) {
        CAPTURE(seed);
        std::mt19937 random{seed};
        auto text = to_text(model_source{seed}.description());
        constexpr std::string_view replacements = " \r\n=:/0a\tmc";
        for (unsigned i = 0; i != 1 + seed % 6; ++i) {
            auto const at = random() % text.size();
            switch (random() % 3) {
                case 0:
                    text[at] = replacements[random() % replacements.size()];
                    break;
                case 1:
                    text.erase(at, 1 + random() % 12);
                    break;
                default:
                    text.insert(at, 1, replacements[random() % replacements.size()]);
                    break;
            }
        }
        CAPTURE(text);
        auto const first = parse(text);
        if (!first) {
            CHECK(first.error().offset <= text.size());
            CHECK_FALSE(first.error().reason.empty());
            continue;
        }
        ++understood;
        auto const second = parse(to_text(*first));
        REQUIRE(second.has_value());
        CHECK(*second == *first);
    }
    CHECK(understood > 1'000);
}

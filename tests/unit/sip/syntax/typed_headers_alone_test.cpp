// Covers: every typed header parser alone, on every beginning of good values and on values with bytes changed, where
// the byte behind the text cannot be read at all: whoever looks at it dies, with or without a sanitizer. Not covered:
// what the parsers make of good values (the tests of each header), hours of such input (tests/fuzz).
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "sip/syntax/headers/traits.hpp"
#include "sip/syntax/message.hpp"
#include "support/seeded_random.hpp"

using namespace std::string_view_literals;

namespace {

/// A page that can be read, and behind it one that cannot.
class cliff {
public:
    cliff()
        : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
          begin_(static_cast<char*>(mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
          )) {
        REQUIRE(begin_ != MAP_FAILED);
        REQUIRE(mprotect(begin_ + page_, page_, PROT_NONE) == 0);
    }
    cliff(cliff const&) = delete;
    cliff& operator=(cliff const&) = delete;
    ~cliff() { munmap(begin_, 2 * page_); }

    /// The same text, its last byte at the edge.
    std::string_view at_edge(std::string_view text) {
        char* const at = begin_ + page_ - text.size();
        std::memcpy(at, text.data(), text.size());
        return {at, text.size()};
    }

private:
    std::size_t page_;
    char* begin_;
};

template <sip::header_id Id>
std::size_t parse(std::string_view text) {
    return sip::header_traits<Id>::parse(text).has_value() ? 1 : 0;
}

/// By every parser there is; how many took it.
std::size_t parse_by_all(std::string_view text) {
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        return (parse<static_cast<sip::header_id>(Index)>(text) + ...);
    }
    (std::make_index_sequence<sip::header_id_count>{});
}

std::vector<std::string> const good_values{
    "SIP/2.0/UDP [2001:db8::9:1]:5060;branch=z9hG4bK87a;received=192.0.2.1;rport=9988;comp=sigcomp",
    "SIP / 2.0 / TLS first.example.com : 4000 ;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1",
    "\"Quoted \\\" name\" <sips:user%20x:pass@host.example:5061;transport=tcp;lr?subject=a%20b&x=y>;tag=887s;q=0.7",
    "Alice Smith <sip:alice@[2001:db8::1]>;expires=3600;+sip.instance=\"<urn:uuid:1>\"",
    "tel:+1-201-555-0123;phone-context=example.com",
    "*",
    "4294967295 INVITE",
    "18000 (in a (nested) meeting \\) still) ;duration=60",
    "776656 1 INVITE",
    "98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff;early-only",
    "98asjd8@test.com;local-tag=kkaz-;remote-tag=6544",
    "Digest realm=\"atlanta.com\", qop=\"auth,auth-int\", nonce=\"f84f1cec41e6cbe5aea9c8e88d359\", opaque=\"\", "
    "stale=FALSE, algorithm=SHA-512-256-sess",
    "Digest username=\"bob\", realm=\"b\", nonce=\"n\", uri=\"sip:b@c\", qop=auth, nc=00000001, cnonce=\"0a\", "
    "response=\"6629fae49393a05397450978507c4ef1\"",
    "nextnonce=\"47364c23432d2e131a5fb210812c\", qop=auth, rspauth=\"00\", cnonce=\"x\", nc=00000001",
    "application/sdp;charset=utf-8",
    "presence;id=7;shared",
    "active;expires=600;reason=probation;retry-after=5",
    "SIP;cause=200;text=\"Call completed elsewhere\"",
    "<http://www.example.com/sounds/moo.wav>;info=alert-autoanswer",
    "user;header;session;critical",
    "<sip:bob@192.0.2.4?Reason=SIP%3Bcause%3D302&Privacy=history>;index=1.1.2;rc=1.1",
    "Bob <sip:bob@example.com>;reason=user-busy;counter=2;limit=5;privacy=\"full\";screen=yes",
    "307 isi.edu \"Session parameter 'foo' not understood\"",
};

}  // namespace

TEST_CASE("Malformed typed headers (Identity, To, CSeq, Via): each parser alone reads no byte behind its text") {
    cliff edge;
    CHECK(parse_by_all(edge.at_edge("")) > 0);  // text may be empty
    for (auto const& value : good_values) {
        CAPTURE(value);
        for (std::size_t length = 0; length <= value.size(); ++length)
            (void)parse_by_all(edge.at_edge(std::string_view(value).substr(0, length)));
        CHECK(parse_by_all(edge.at_edge(value)) > 1);  // more than the parsers of plain text
    }
}

TEST_CASE("Values with a few bytes changed are read or refused, and nothing behind them is looked at") {
    cliff edge;
    constexpr auto spice = "\"\\<>;=,:@%[]()? \t\r\n\0\xff/*0"sv;
    constexpr std::uint64_t seed = 1687;
    INFO("seed ", seed);
    test::seeded_random random(seed);
    std::size_t taken = 0;
    for (int round = 0; round < 4000; ++round) {
        auto value = good_values[random.below(good_values.size())];
        for (auto changes = 1 + random.below(3); changes > 0 && !value.empty(); --changes) {
            auto const at = random.below(value.size());
            switch (random.below(3)) {
                case 0:
                    value[at] = spice[random.below(spice.size())];
                    break;
                case 1:
                    value.erase(at, 1 + random.below(4));
                    break;
                default:
                    value.insert(at, 1, spice[random.below(spice.size())]);
            }
        }
        taken += parse_by_all(edge.at_edge(value));
    }
    CHECK(taken > 0);
}

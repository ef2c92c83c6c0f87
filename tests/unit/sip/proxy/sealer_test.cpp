// Covered: sealed texts of every length up to two stream blocks, their alphabet, that they hide what they hold, and
// that any change, another use and another secret are noticed. Not covered: the strength of HMAC-SHA-256 itself.
#include "sip/proxy/sealer.hpp"

#include <doctest/doctest.h>

using namespace sip::proxy;

namespace {

struct seals_fixture {
    sip::hasher hash;
    sealer ours{"our secret", hash}, theirs{"their secret", hash};
};

}  // namespace

TEST_CASE_FIXTURE(seals_fixture, "What was sealed is opened again, whatever its length and bytes (RFC 5626 5.2)") {
    std::string text;
    for (int i = 0; i < 70; ++i) {
        auto const sealed = ours.seal(seal_use::flow, text);
        CHECK(ours.open(seal_use::flow, sealed) == text);
        CHECK(sealed.size() <= text.size() * 4 / 3 + 15);
        for (char c : sealed)
            CHECK((std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'));
        text += static_cast<char>(i * 37);
    }
    CHECK(ours.seal(seal_use::flow, text) == ours.seal(seal_use::flow, text));
}

TEST_CASE_FIXTURE(seals_fixture, "A changed letter, another use, another secret: nothing is opened (RFC 5626 5.2)") {
    auto const sealed = ours.seal(seal_use::flow, "2a tcp 10.0.0.1:40001");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK_FALSE(ours.open(seal_use::flow, changed));
    }
    CHECK_FALSE(ours.open(seal_use::flow, sealed.substr(1)));
    CHECK_FALSE(ours.open(seal_use::flow, sealed + "A"));
    CHECK_FALSE(ours.open(seal_use::temporary_gruu, sealed));
    CHECK_FALSE(theirs.open(seal_use::flow, sealed));
    for (auto const* text : {"", "A", "not base64url!", "1002"})
        CHECK_FALSE(ours.open(seal_use::flow, text));
    CHECK_FALSE(ours.open(seal_use::flow, std::string(100'000, 'A')));
}

TEST_CASE_FIXTURE(seals_fixture, "Texts that differ in one letter have nothing in common once sealed") {
    auto const a = ours.seal(seal_use::flow, "tcp 10.0.0.1:40001"), b = ours.seal(seal_use::flow, "tcp 10.0.0.1:40002");
    CHECK(a.size() == b.size());
    std::size_t same = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        same += a[i] == b[i] ? 1U : 0U;
    CHECK(same < 8);  // of 38; by chance there is less than one
    CHECK(ours.mark("1001") != ours.mark("1002"));
    CHECK(ours.mark("1001") != theirs.mark("1001"));
}

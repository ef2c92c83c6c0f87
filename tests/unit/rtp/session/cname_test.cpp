// Covers: the length, the characters and the randomness of generated names.
#include "rtp/session/cname.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "unit/rtp/support/random.hpp"

TEST_CASE("A generated CNAME has 96 random bits and says nothing of its host (RFC 7022 5, 4.2)") {
    auto const environment = rtp_test::seeded(7022);
    std::set<std::string> names;
    std::set<char> characters;
    for (int i = 0; i < 1'000; ++i) {
        auto const name = rtp::make_cname(environment);
        CHECK(name.size() == 16);
        characters.insert(name.begin(), name.end());
        names.insert(name);
    }
    CHECK(names.size() == 1'000);
    CHECK(characters.size() == 64);
    CHECK(std::all_of(characters.begin(), characters.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/';
    }));
}

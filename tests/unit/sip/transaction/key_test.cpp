// Covered: SipHash against its published values, the hash index against a plain twin, and the matching rules of RFC
// 3261 17.1.3, 17.2.3 and 8.2.2.2 as pure functions: equal requests have equal keys, and what must differ does.
#include "sip/transaction/key.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "layer_fixture.hpp"
#include "sip/transaction/hash_index.hpp"

using namespace test;

TEST_CASE("The keyed hash is SipHash-2-4: the values of its paper's appendix and reference test") {
    hash_key const key{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    std::string input;
    CHECK(keyed_hash(key).finish() == 0x726fdb47dd0e0e31u);
    for (char c = 0; c < 15; ++c)
        input += c;
    CHECK(keyed_hash(key).text(input).finish() == 0xa129ca6149be45e5u);
    for (std::size_t first = 0; first <= input.size(); ++first)
        for (std::size_t second = first; second <= input.size(); ++second)
            CHECK(
                keyed_hash(key)
                    .text(input.substr(0, first))
                    .text(input.substr(first, second - first))
                    .text(input.substr(second))
                    .finish() == 0xa129ca6149be45e5u
            );
    CHECK(keyed_hash(key).text(input.substr(0, 8)).finish() == 0x93f5f5799a932462u);
}

TEST_CASE("The keyed hash depends on its key, on marks, and on case only where asked") {
    hash_key const one{1, 2}, two{1, 3};
    CHECK(keyed_hash(one).text("a").finish() != keyed_hash(two).text("a").finish());
    CHECK(keyed_hash(one).text("ab").mark().text("c").finish() != keyed_hash(one).text("a").mark().text("bc").finish());
    CHECK(keyed_hash(one).text_ignoring_case("HoSt").finish() == keyed_hash(one).text("host").finish());
    CHECK(keyed_hash(one).text("HoSt").finish() != keyed_hash(one).text("host").finish());
}

TEST_CASE("The hash index agrees with a multimap over 100,000 random operations, also when hashes collide") {
    std::uint64_t const seed = 99;
    INFO("seed ", seed);
    seeded_random random(seed);
    hash_index index;
    std::map<std::uint32_t, std::uint64_t> twin;
    for (int i = 0; i < 100'000; ++i) {
        auto object = static_cast<std::uint32_t>(random.below(300));
        if (twin.contains(object)) {
            index.erase(object);
            twin.erase(object);
        } else {
            std::uint64_t hash = random.below(40) * 0x10001;
            index.insert(hash, object);
            twin[object] = hash;
        }
        std::uint64_t wanted = random.below(40) * 0x10001;
        std::set<std::uint32_t> found, expected;
        (void)index.find(wanted, [&](std::uint32_t o) { return found.insert(o), false; });
        for (auto const& [o, hash] : twin)
            if (hash == wanted) expected.insert(o);
        REQUIRE(found == expected);
        REQUIRE(index.size() == twin.size());
    }
    index.erase(100'000);  // never inserted
}

namespace {

struct parsed_pair {
    buffer_pool pool;
    message one, two;
    hash_key key{11, 12};

    parsed_pair(std::string_view a, std::string_view b)
        : one(parse_message(pool.copy(a), pool).value()), two(parse_message(pool.copy(b), pool).value()) {}
    bool same_server(method as) {
        bool same = is_same_transaction(two.view(), one.view(), as);
        // Equal transactions must have equal keys; the other way round a collision is allowed.
        if (same) CHECK(server_key(key, one.view(), one.view().method()) == server_key(key, two.view(), as));
        return same;
    }
};

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    text.replace(text.find(what), what.size(), with);
    return text;
}

}  // namespace

TEST_CASE("A request matches by branch, sent-by and method, whatever else it says (17.2.3)") {
    auto first = layer_fixture::from_peer("INVITE");
    CHECK(parsed_pair(first, first).same_server(method::invite));
    CHECK(parsed_pair(first, replaced(first, "call-2", "call-9")).same_server(method::invite));
    CHECK(parsed_pair(first, replaced(first, "tag=bob", "tag=rob")).same_server(method::invite));
    CHECK(parsed_pair(first, layer_fixture::from_peer("ACK", "z9hG4bKpeer", "us")).same_server(method::invite));
    CHECK(parsed_pair(first, layer_fixture::from_peer("CANCEL")).same_server(method::invite));
    CHECK_FALSE(parsed_pair(first, layer_fixture::from_peer("CANCEL")).same_server(method::cancel));
    CHECK_FALSE(parsed_pair(first, replaced(first, "bKpeer", "bKpeeR")).same_server(method::invite));
    CHECK_FALSE(parsed_pair(first, replaced(first, "UDP 192.0.2.9", "UDP 192.0.2.9:5061")).same_server(method::invite));
    auto named = replaced(first, "UDP 192.0.2.9", "UDP Host.example");
    CHECK(parsed_pair(named, replaced(named, "Host.example", "hOST.EXAMPLE")).same_server(method::invite));
}

TEST_CASE("Without the cookie Request-URI, tags, Call-ID and CSeq decide (17.2.3)") {
    auto first = layer_fixture::from_peer("INVITE", "1");
    CHECK(parsed_pair(first, first).same_server(method::invite));
    CHECK_FALSE(parsed_pair(first, replaced(first, "sip:alice@192.0.2.1 SIP", "sip:al@192.0.2.1 SIP"))
                    .same_server(method::invite));
    CHECK_FALSE(parsed_pair(first, replaced(first, "call-2", "call-9")).same_server(method::invite));
    CHECK_FALSE(parsed_pair(first, replaced(first, "tag=bob", "tag=rob")).same_server(method::invite));
    CHECK_FALSE(parsed_pair(first, replaced(first, "CSeq: 1", "CSeq: 2")).same_server(method::invite));
    CHECK_FALSE(parsed_pair(first, layer_fixture::from_peer("INVITE", "1", "us")).same_server(method::invite));
    CHECK(parsed_pair(first, layer_fixture::from_peer("ACK", "1", "us")).same_server(method::invite));
}

TEST_CASE("Merged requests agree in Call-ID, From tag and CSeq (8.2.2.2)") {
    auto first = layer_fixture::from_peer("INVITE", "z9hG4bKa");
    auto same = [&](std::string const& other) {
        parsed_pair pair(first, other);
        bool result = is_same_request(pair.one.view(), pair.two.view());
        CHECK(result == (merge_key(pair.key, pair.one.view()) == merge_key(pair.key, pair.two.view())));
        return result;
    };
    CHECK(same(layer_fixture::from_peer("INVITE", "z9hG4bKb")));
    CHECK_FALSE(same(layer_fixture::from_peer("OPTIONS", "z9hG4bKb")));
    CHECK_FALSE(same(replaced(first, "call-2", "call-9")));
    CHECK_FALSE(same(replaced(first, "tag=bob", "tag=rob")));
    CHECK_FALSE(same(replaced(first, "CSeq: 1", "CSeq: 2")));
}

// Covers: MD5, SHA-256 and SHA-512/256 by the published test vectors, concatenation of parts, reuse of one hasher, and
// what a hash allocates once the hasher exists.
#include "sip/hashing.hpp"

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>
#include <openssl/crypto.h>

using sip::hash_algorithm;

namespace {

// OpenSSL takes its memory from malloc, so its own hooks count. They must be in place before its first allocation.
std::size_t openssl_allocations = 0;
void* count_malloc(std::size_t size, char const*, int) {
    ++openssl_allocations;
    return std::malloc(size);
}
void* count_realloc(void* memory, std::size_t size, char const*, int) {
    ++openssl_allocations;
    return std::realloc(memory, size);
}
void count_free(void* memory, char const*, int) {
    std::free(memory);
}
bool const counting = CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free) == 1;

std::string hash(sip::hasher const& hasher, hash_algorithm algorithm, std::string_view text) {
    std::array parts{text};
    return std::string(hasher(algorithm, parts).view());
}

}  // namespace

TEST_CASE("Hashes match RFC 1321 and FIPS 180-4") {
    sip::hasher hasher;
    CHECK(hash(hasher, hash_algorithm::md5, "") == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(hash(hasher, hash_algorithm::md5, "message digest") == "f96b697d7cb7938d525a2f31aaf161d0");
    CHECK(
        hash(hasher, hash_algorithm::sha256, "abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    CHECK(
        hash(hasher, hash_algorithm::sha512_256, "abc") ==
        "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"
    );
}

TEST_CASE("Parts are hashed as one text") {
    sip::hasher hasher;
    std::array<std::string_view, 4> parts{"mess", "", "age ", "digest"};
    CHECK(hasher(hash_algorithm::md5, parts).view() == "f96b697d7cb7938d525a2f31aaf161d0");
    CHECK(hasher(hash_algorithm::md5, {}).view() == "d41d8cd98f00b204e9800998ecf8427e");
}

TEST_CASE("A hasher keeps nothing of the text before") {
    sip::hasher hasher;
    auto once = hash(hasher, hash_algorithm::sha256, "first");
    (void)hash(hasher, hash_algorithm::sha256, "second");
    CHECK(hash(hasher, hash_algorithm::sha256, "first") == once);
}

TEST_CASE("A moved hasher works on") {
    sip::hasher first;
    sip::hasher second(std::move(first));
    CHECK(hash(second, hash_algorithm::md5, "") == "d41d8cd98f00b204e9800998ecf8427e");
    sip::hasher third;
    third = std::move(second);
    CHECK(hash(third, hash_algorithm::md5, "") == "d41d8cd98f00b204e9800998ecf8427e");
}

TEST_CASE("A hash costs at most the one allocation that OpenSSL 3.0 makes for its state") {
    REQUIRE(counting);
    sip::hasher hasher;
    std::array<std::string_view, 1> parts{"abc"};
    auto hash_with_all = [&] {
        (void)hasher(hash_algorithm::md5, parts);
        (void)hasher(hash_algorithm::sha256, parts);
        (void)hasher(hash_algorithm::sha512_256, parts);
    };
    hash_with_all();
    auto before = openssl_allocations;
    CHECK(before > 0);
    for (int i = 0; i < 100; ++i)
        hash_with_all();
    CHECK(openssl_allocations <= before + 300);
}

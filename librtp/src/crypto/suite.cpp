#include "rtp/crypto/suite.hpp"

#include <algorithm>

namespace rtp {

namespace {

constexpr std::array<suite_traits, all_crypto_suites.size()> table{{
    {"AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10, false},
    {"AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10, false},
    {"AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10, false},
    {"AES_256_CM_HMAC_SHA1_32", 32, 14, 4, 10, false},
    {"AEAD_AES_128_GCM", 16, 12, 16, 16, true},
    {"AEAD_AES_256_GCM", 32, 12, 16, 16, true},
}};

constexpr char to_upper(char letter) noexcept {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

bool is_same_name(std::string_view name, std::string_view known) noexcept {
    return std::ranges::equal(name, known, {}, to_upper);
}

}  // namespace

suite_traits const& traits_of(crypto_suite suite) noexcept {
    return table[static_cast<std::size_t>(suite)];
}

result<crypto_suite> find_suite(std::string_view name) noexcept {
    for (auto const suite : all_crypto_suites)
        if (is_same_name(name, traits_of(suite).name)) return suite;
    return make_error_code(is_same_name(name, "F8_128_HMAC_SHA1_80") ? errc::f8_not_supported : errc::unknown_suite);
}

}  // namespace rtp

#include "rtp/crypto/fingerprint.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <optional>

namespace rtp {

namespace {

struct hash_traits {
    std::string_view name;
    std::size_t size;
};
constexpr std::array<hash_traits, 5> hashes{
    {{"sha-1", 20}, {"sha-224", 28}, {"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}}};

constexpr char to_lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

std::optional<unsigned> digit_of(char letter) noexcept {
    auto const low = to_lower(letter);
    if (low >= '0' && low <= '9') return static_cast<unsigned>(low - '0');
    if (low >= 'a' && low <= 'f') return static_cast<unsigned>(low - 'a' + 10);
    return std::nullopt;
}

}  // namespace

std::string_view name_of(hash_function hash) noexcept {
    return hashes[static_cast<std::size_t>(hash)].name;
}

result<fingerprint> fingerprint::parse(std::string_view hash, std::string_view digest) noexcept {
    auto const known = std::ranges::find_if(hashes, [&](hash_traits const& h) {
        return std::ranges::equal(h.name, hash, {}, {}, to_lower);
    });
    if (known == hashes.end()) return make_error_code(errc::unknown_hash);
    fingerprint made;
    made.hash = static_cast<hash_function>(known - hashes.begin());
    if (digest.size() != known->size * 3 - 1) return make_error_code(errc::bad_fingerprint);
    for (std::size_t i = 0; i < known->size; ++i) {
        auto const high = digit_of(digest[3 * i]);
        auto const low = digit_of(digest[3 * i + 1]);
        bool const is_separated = i + 1 == known->size || digest[3 * i + 2] == ':';
        if (!high || !low || !is_separated) return make_error_code(errc::bad_fingerprint);
        made.digest.push_back(static_cast<std::byte>(*high << 4 | *low));
    }
    return made;
}

std::string fingerprint::to_text() const {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (auto const byte : digest) {
        if (!text.empty()) text += ':';
        text += digits[std::to_integer<unsigned>(byte) >> 4];
        text += digits[std::to_integer<unsigned>(byte) & 15];
    }
    return text;
}

bool fingerprint::equals(fingerprint const& other) const noexcept {
    return hash == other.hash && digest.size() == other.digest.size() &&
           CRYPTO_memcmp(digest.data(), other.digest.data(), digest.size()) == 0;
}

}  // namespace rtp

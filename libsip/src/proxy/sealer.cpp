#include "sip/proxy/sealer.hpp"

#include <algorithm>

namespace sip::proxy {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// RFC 4648 5, without padding.
std::string base64url(std::string_view bytes) {
    std::string text;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (char byte : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(byte);
        for (count += 8; count >= 6; count -= 6)
            text += alphabet[bits >> (count - 6) & 63];
    }
    if (count > 0) text += alphabet[bits << (6 - count) & 63];
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (char letter : text) {
        auto const value = alphabet.find(letter);
        if (value == alphabet.npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 255);
    }
    // One text has one spelling: what is left over is short, and zero.
    if (count >= 6 || (bits & ((1U << count) - 1)) != 0) return std::nullopt;
    return bytes;
}

/// Takes the same time wherever they differ.
bool is_same(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference |= static_cast<unsigned char>(a[i] ^ b[i]);
    return difference == 0;
}

char nibble(char hexadecimal) noexcept {
    return static_cast<char>(hexadecimal <= '9' ? hexadecimal - '0' : hexadecimal - 'a' + 10);
}

}  // namespace

sealer::sealer(std::string_view secret, hasher const& hash) : hash_(&hash) {
    auto const key = sha256(secret, {});
    std::copy(key.begin(), key.end(), inner_.begin());
    outer_ = inner_;
    for (auto& byte : inner_)
        byte = static_cast<char>(byte ^ 0x36);
    for (auto& byte : outer_)
        byte = static_cast<char>(byte ^ 0x5c);
}

sealer::digest sealer::sha256(std::string_view first, std::string_view second) const {
    std::array<std::string_view, 2> const parts{first, second};
    auto const hexadecimal = (*hash_)(hash_algorithm::sha256, parts);
    digest bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(nibble(hexadecimal.text[2 * i]) << 4 | nibble(hexadecimal.text[2 * i + 1]));
    return bytes;
}

sealer::digest sealer::hmac(std::string_view first, std::string_view second) const {
    auto const text = std::string(inner_.data(), inner_.size()).append(first);
    auto const inner = sha256(text, second);
    return sha256({outer_.data(), outer_.size()}, {inner.data(), inner.size()});
}

std::string sealer::with_stream(seal_use use, std::string_view tag, std::string_view text) const {
    std::string out(text);
    for (std::size_t at = 0; at < out.size(); at += hash_bytes) {
        // The block's number; "s" keeps streams and tags apart.
        std::string const label{'s', static_cast<char>(use), static_cast<char>(at / hash_bytes)};
        auto const stream = hmac(label, tag);
        for (std::size_t i = 0; i < hash_bytes && at + i < out.size(); ++i)
            out[at + i] = static_cast<char>(out[at + i] ^ stream[i]);
    }
    return out;
}

std::string sealer::seal(seal_use use, std::string_view text) const {
    std::string const label{'t', static_cast<char>(use)};
    auto const proof = hmac(label, text);
    std::string_view const tag(proof.data(), tag_bytes);
    return base64url(std::string(tag) + with_stream(use, tag, text));
}

std::optional<std::string> sealer::open(seal_use use, std::string_view sealed) const {
    if (sealed.size() > longest) return std::nullopt;
    auto const bytes = from_base64url(sealed);
    if (!bytes || bytes->size() < tag_bytes) return std::nullopt;
    std::string_view const tag(bytes->data(), tag_bytes);
    auto text = with_stream(use, tag, std::string_view(*bytes).substr(tag_bytes));
    std::string const label{'t', static_cast<char>(use)};
    auto const proof = hmac(label, text);
    if (!is_same(tag, {proof.data(), tag_bytes})) return std::nullopt;
    return text;
}

std::string sealer::sign(std::string_view text) const {
    auto const proof = hmac("r", text);
    return base64url({proof.data(), tag_bytes});
}

bool sealer::has_signed(std::string_view text, std::string_view signature) const {
    return is_same(sign(text), signature);
}

std::string sealer::mark(std::string_view text) const {
    auto const proof = hmac("m", text);
    return {proof.data(), tag_bytes};
}

}  // namespace sip::proxy

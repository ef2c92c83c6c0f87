#include "sip/syntax/digest.hpp"

#include <array>
#include <initializer_list>

#include <fmt/format.h>

#include "syntax/chars.hpp"

namespace sip {
namespace {

struct named_algorithm {
    std::string_view name;
    digest_algorithm algorithm;
};

constexpr named_algorithm algorithms[] = {
    {"MD5", {hash_algorithm::md5, false}},
    {"MD5-sess", {hash_algorithm::md5, true}},
    {"SHA-256", {hash_algorithm::sha256, false}},
    {"SHA-256-sess", {hash_algorithm::sha256, true}},
    {"SHA-512-256", {hash_algorithm::sha512_256, false}},
    {"SHA-512-256-sess", {hash_algorithm::sha512_256, true}},
};

hex_digest hash(hasher const& h, hash_algorithm algorithm, std::initializer_list<std::string_view> parts) {
    return h(algorithm, {parts.begin(), parts.size()});
}

std::string_view to_string(quality_of_protection qop) noexcept {
    switch (qop) {
        case quality_of_protection::none:
            return {};
        case quality_of_protection::auth:
            return "auth";
        case quality_of_protection::auth_int:
            return "auth-int";
    }
    return {};
}

/// nc as it is hashed and written: eight hexadecimal digits (RFC 7616 3.4).
std::array<char, 8> nonce_count_text(std::uint32_t count) noexcept {
    std::array<char, 8> text{};
    for (std::size_t i = text.size(); i-- > 0; count >>= 4)
        text[i] = "0123456789abcdef"[count & 15];
    return text;
}

/// RFC 7616 3.4.1 from H(A1 without -sess) on; `nc` and `qop` are the text that stands in the header.
hex_digest respond(
    hasher const& h, digest_input const& in, std::string_view ha1, std::string_view nc, std::string_view qop
) {
    auto const algorithm = in.algorithm.hash;
    hex_digest session;
    if (in.algorithm.session) {
        session = hash(h, algorithm, {ha1, ":", in.nonce, ":", in.cnonce});
        ha1 = session.view();
    }
    hex_digest ha2;
    if (in.qop == quality_of_protection::auth_int) {
        auto body = hash(h, algorithm, {in.body});
        ha2 = hash(h, algorithm, {in.method, ":", in.uri, ":", body.view()});
    } else {
        ha2 = hash(h, algorithm, {in.method, ":", in.uri});
    }
    if (in.qop == quality_of_protection::none) return hash(h, algorithm, {ha1, ":", in.nonce, ":", ha2.view()});
    return hash(h, algorithm, {ha1, ":", in.nonce, ":", nc, ":", in.cnonce, ":", qop, ":", ha2.view()});
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference |= static_cast<unsigned>(chars::to_lower(a[i])) ^ static_cast<unsigned>(chars::to_lower(b[i]));
    return difference == 0;
}

}  // namespace

std::optional<digest_algorithm> digest_algorithm_from(std::string_view name) noexcept {
    if (name.empty()) return digest_algorithm{};
    for (auto const& [known, algorithm] : algorithms)
        if (chars::equal_ignoring_case(known, name)) return algorithm;
    return std::nullopt;
}

std::string_view to_string(digest_algorithm wanted) noexcept {
    for (auto const& [name, algorithm] : algorithms)
        if (algorithm == wanted) return name;
    return {};
}

hex_digest digest_ha1(
    hasher const& h, hash_algorithm algorithm, std::string_view username, std::string_view realm,
    std::string_view password
) {
    return hash(h, algorithm, {username, ":", realm, ":", password});
}

hex_digest digest_response(hasher const& h, digest_input const& in, std::string_view ha1) {
    auto nc = nonce_count_text(in.nonce_count);
    return respond(h, in, ha1, {nc.data(), nc.size()}, to_string(in.qop));
}

hex_digest digest_response(hasher const& h, digest_input const& in) {
    auto ha1 = digest_ha1(h, in.algorithm.hash, in.username, in.realm, in.password);
    return digest_response(h, in, ha1.view());
}

std::string authorization_value(hasher const& h, digest_input const& in, std::string_view opaque) {
    auto response = digest_response(h, in);
    auto value = fmt::format(
        R"(Digest username="{}", realm="{}", nonce="{}", uri="{}", response="{}", algorithm={})", in.username, in.realm,
        in.nonce, in.uri, response.view(), to_string(in.algorithm)
    );
    if (!opaque.empty()) value += fmt::format(R"(, opaque="{}")", opaque);
    if (in.qop != quality_of_protection::none) {
        auto nc = nonce_count_text(in.nonce_count);
        value += fmt::format(", qop={}, nc={}", to_string(in.qop), std::string_view(nc.data(), nc.size()));
    }
    // RFC 2617 3.2.2 ties cnonce to qop, but a -sess algorithm cannot be checked without it.
    if (in.qop != quality_of_protection::none || in.algorithm.session)
        value += fmt::format(R"(, cnonce="{}")", in.cnonce);
    return value;
}

bool verify(
    hasher const& h, credentials_view const& credentials, std::string_view ha1, std::string_view method,
    std::string_view body
) {
    auto algorithm = digest_algorithm_from(credentials.algorithm);
    if (!algorithm || credentials.response.empty()) return false;
    digest_input in;
    in.algorithm = *algorithm;
    in.nonce = credentials.nonce;
    in.cnonce = credentials.cnonce;
    in.method = method;
    in.uri = credentials.uri;
    in.body = body;
    if (chars::equal_ignoring_case(credentials.qop, "auth"))
        in.qop = quality_of_protection::auth;
    else if (chars::equal_ignoring_case(credentials.qop, "auth-int"))
        in.qop = quality_of_protection::auth_int;
    else if (!credentials.qop.empty())
        return false;
    auto nc = credentials.nc;
    bool counted = in.qop != quality_of_protection::none;
    if (counted && (nc.size() != 8 || chars::skip(nc.data(), nc.data() + 8, chars::hex) != nc.data() + 8)) return false;
    auto expected = respond(h, in, ha1, nc, credentials.qop);
    return expected.length != 0 && equal_in_constant_time(expected.view(), credentials.response);
}

}  // namespace sip

#include "sdp/model/crypto.hpp"

#include "sdp/text/base64.hpp"
#include "sdp/text/scan.hpp"

#include <algorithm>
#include <array>

namespace sdp {

namespace {

struct suite_entry {
    srtp_suite suite;
    std::string_view name;
    std::size_t key_and_salt;
};

constexpr suite_entry suites[] = {
    {srtp_suite::aes_cm_128_hmac_sha1_80, "AES_CM_128_HMAC_SHA1_80", 16 + 14},
    {srtp_suite::aes_cm_128_hmac_sha1_32, "AES_CM_128_HMAC_SHA1_32", 16 + 14},
    {srtp_suite::aes_192_cm_hmac_sha1_80, "AES_192_CM_HMAC_SHA1_80", 24 + 14},
    {srtp_suite::aes_192_cm_hmac_sha1_32, "AES_192_CM_HMAC_SHA1_32", 24 + 14},
    {srtp_suite::aes_256_cm_hmac_sha1_80, "AES_256_CM_HMAC_SHA1_80", 32 + 14},
    {srtp_suite::aes_256_cm_hmac_sha1_32, "AES_256_CM_HMAC_SHA1_32", 32 + 14},
    {srtp_suite::aead_aes_128_gcm, "AEAD_AES_128_GCM", 16 + 12},
    {srtp_suite::aead_aes_256_gcm, "AEAD_AES_256_GCM", 32 + 12},
    {srtp_suite::f8_128_hmac_sha1_80, "F8_128_HMAC_SHA1_80", 16 + 14},
};

constexpr suite_entry const& entry_of(srtp_suite suite) noexcept {
    return suites[static_cast<std::size_t>(suite)];
}

/// A decimal number without leading zeros (RFC 4568 4.1 and 6.1).
template <class T>
std::optional<T> plain_number(std::string_view text) noexcept {
    if (text.size() > 1 && text.front() == '0') return std::nullopt;
    return to_number<T>(text);
}

constexpr std::uint64_t longest_lifetime = std::uint64_t{1} << 48U;  // RFC 3711 9.2

std::optional<std::uint64_t> read_lifetime(std::string_view text) noexcept {
    if (text.substr(0, 2) == "2^") {
        auto const exponent = plain_number<unsigned>(text.substr(2));
        if (!exponent || *exponent > 48) return std::nullopt;
        return std::uint64_t{1} << *exponent;
    }
    auto const packets = plain_number<std::uint64_t>(text);
    if (!packets || *packets == 0 || *packets > longest_lifetime) return std::nullopt;
    return packets;
}

std::optional<master_key_identifier> read_mki(std::string_view text) noexcept {
    auto const value = plain_number<std::uint64_t>(take_until(text, ':'));
    auto const octets = plain_number<std::uint8_t>(text);
    if (!value || !octets || *octets == 0 || *octets > 128) return std::nullopt;
    if (*octets < 8 && (*value >> (8U * *octets)) != 0) return std::nullopt;
    return master_key_identifier{*value, *octets};
}

/// "inline:<key and salt>|2^20|1:4"
bool read_key(std::string_view text, srtp_suite suite, master_key& key) noexcept {
    if (!same_text(take_until(text, ':'), "inline")) return false;
    std::array<std::uint8_t, secret::capacity> decoded{};
    auto const size = decode_base64(take_until(text, '|'), decoded);
    bool const fits = size == key_and_salt_size(suite);
    if (fits) key.key_and_salt = secret{std::span{decoded}.first(*size)};
    std::fill_n(static_cast<std::uint8_t volatile*>(decoded.data()), decoded.size(), std::uint8_t{0});
    if (!fits) return false;
    if (text.empty()) return true;
    auto const second = take_until(text, '|');
    // The lifetime never has a colon, the MKI always does (RFC 4568 6.1).
    auto mki = second;
    if (second.find(':') == std::string_view::npos) {
        key.lifetime = read_lifetime(second);
        if (!key.lifetime) return false;
        if (text.empty()) return true;
        mki = take_until(text, '|');
    }
    key.mki = read_mki(mki);
    return key.mki.has_value() && text.empty();
}

/// RFC 4568 6.1: several keys need an MKI each, and a key is never there twice. One length of MKI lets the receiver
/// find it without trying.
bool are_distinguishable(boost::container::small_vector<master_key, 1> const& keys) noexcept {
    for (std::size_t i = 0; i != keys.size(); ++i) {
        if (keys.size() > 1 && (!keys[i].mki || keys[i].mki->octets != keys[0].mki->octets)) return false;
        for (std::size_t j = 0; j != i; ++j) {
            if (keys[i].key_and_salt == keys[j].key_and_salt || keys[i].mki == keys[j].mki) return false;
        }
    }
    return true;
}

}  // namespace

std::string_view name_of(srtp_suite suite) noexcept {
    return entry_of(suite).name;
}

std::size_t key_and_salt_size(srtp_suite suite) noexcept {
    return entry_of(suite).key_and_salt;
}

std::optional<srtp_suite> srtp_suite_named(std::string_view name) noexcept {
    for (auto const& entry : suites) {
        if (same_text(entry.name, name)) return entry.suite;
    }
    return std::nullopt;
}

std::optional<crypto> read_crypto(std::string_view value) {
    auto const tag_field = take_field(value);
    auto const tag = tag_field.size() > 9 ? std::nullopt : plain_number<std::uint32_t>(tag_field);
    auto const suite = srtp_suite_named(take_field(value));
    auto key_field = take_field(value);
    if (!tag || !suite || key_field.empty()) return std::nullopt;
    crypto read;
    read.tag = *tag;
    read.suite = *suite;
    while (!key_field.empty()) {
        if (read.keys.size() == most_master_keys) return std::nullopt;
        if (!read_key(take_until(key_field, ';'), *suite, read.keys.emplace_back())) return std::nullopt;
    }
    if (!are_distinguishable(read.keys)) return std::nullopt;
    read.session_parameters = trimmed(value);
    // RFC 4568 9.1: visible characters only. A line end in here would be lost when the line is written.
    auto const is_allowed = [](char c) { return is_blank(c) || (c > ' ' && c <= '~'); };
    if (!std::all_of(read.session_parameters.begin(), read.session_parameters.end(), is_allowed)) return std::nullopt;
    // Keys of an error correction stream would stand in plain sight of the model, and we have no such stream.
    for (auto rest = std::string_view{read.session_parameters}; !rest.empty();) {
        auto field = take_field(rest);
        if (same_text(take_until(field, '='), "FEC_KEY")) return std::nullopt;
    }
    return read;
}

void write_crypto(writer& to, crypto const& line) {
    to.number(line.tag).literal(" ").literal(name_of(line.suite));
    std::string_view separator = " inline:";
    for (auto const& key : line.keys) {
        to.literal(separator).base64(key.key_and_salt.octets());
        separator = ";inline:";
        if (key.lifetime) to.literal("|").number(*key.lifetime);
        if (key.mki) to.literal("|").number(key.mki->value).literal(":").number(key.mki->octets);
    }
    if (!line.session_parameters.empty()) to.literal(" ").value(line.session_parameters);
}

bool asks_only_defaults(std::string_view session_parameters) noexcept {
    while (!trimmed_left(session_parameters).empty()) {
        auto const parameter = take_field(session_parameters);
        auto value = parameter;
        bool const window_hint = same_text(take_until(value, '='), "WSH") && plain_number<std::uint32_t>(value) >= 64U;
        bool const is_optional = parameter.front() == '-' && parameter.size() > 1;
        if (!window_hint && !is_optional && !same_text(parameter, "FEC_ORDER=FEC_SRTP")) return false;
    }
    return true;
}

}  // namespace sdp

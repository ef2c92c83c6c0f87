#include "sdp/model/dtls.hpp"

#include "sdp/model/attributes.hpp"
#include "sdp/text/scan.hpp"

#include <algorithm>

namespace sdp {

namespace {

struct hash_entry {
    std::string_view name;
    std::size_t size;
};
constexpr hash_entry hashes[] = {{"sha-1", 20}, {"sha-224", 28}, {"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}};

constexpr std::string_view setups[] = {"actpass", "active", "passive", "holdconn"};

std::optional<unsigned> hex_digit(char c) noexcept {
    c = lower(c);
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    return std::nullopt;
}

void read_fingerprints(fingerprint_list& into, std::span<attribute const> attributes) {
    for (auto const& attribute : attributes) {
        if (into.size() == most_fingerprints) return;
        if (!same_text(attribute.name, "fingerprint")) continue;
        if (auto const read = read_fingerprint(attribute.value)) into.push_back(*read);
    }
}

}  // namespace

std::string_view name_of(hash_function hash) noexcept {
    return hashes[static_cast<std::size_t>(hash)].name;
}

std::size_t digest_size(hash_function hash) noexcept {
    return hashes[static_cast<std::size_t>(hash)].size;
}

std::optional<fingerprint> read_fingerprint(std::string_view value) noexcept {
    auto const name = take_field(value);
    auto const* const entry =
        std::find_if(std::begin(hashes), std::end(hashes), [&](auto const& e) { return same_text(e.name, name); });
    value = trimmed(value);
    if (entry == std::end(hashes) || value.size() != entry->size * 3 - 1) return std::nullopt;
    fingerprint read;
    read.hash = static_cast<hash_function>(entry - std::begin(hashes));
    for (std::size_t i = 0; i != entry->size; ++i) {
        auto const high = hex_digit(value[3 * i]);
        auto const low = hex_digit(value[3 * i + 1]);
        bool const separated = i + 1 == entry->size || value[3 * i + 2] == ':';
        if (!high || !low || !separated) return std::nullopt;
        read.octets[i] = static_cast<std::uint8_t>(*high << 4U | *low);
    }
    return read;
}

std::string to_text(fingerprint const& print) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text{name_of(print.hash)};
    char separator = ' ';
    for (auto const octet : print.digest()) {
        text.push_back(separator);
        text.push_back(digits[octet >> 4U]);
        text.push_back(digits[octet & 15U]);
        separator = ':';
    }
    return text;
}

std::string_view name_of(setup_role role) noexcept {
    return setups[static_cast<std::size_t>(role)];
}

std::optional<setup_role> read_setup(std::string_view value) noexcept {
    value = trimmed(value);
    for (std::size_t i = 0; i != std::size(setups); ++i) {
        if (same_text(value, setups[i])) return static_cast<setup_role>(i);
    }
    return std::nullopt;
}

std::string_view read_tls_id(std::string_view value) noexcept {
    value = trimmed(value);
    auto const is_allowed = [](char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view{"+/-_"}.find(c) != std::string_view::npos;
    };
    bool const fits = value.size() >= 20 && value.size() <= 255 && std::all_of(value.begin(), value.end(), is_allowed);
    return fits ? value : std::string_view{};
}

dtls_description describe_dtls(session const& description, media const& line) {
    dtls_description said;
    read_fingerprints(said.fingerprints, line.attributes);
    if (said.fingerprints.empty()) read_fingerprints(said.fingerprints, description.attributes);
    auto const* setup = find_attribute(line.attributes, "setup");
    if (setup == nullptr) setup = find_attribute(description.attributes, "setup");
    if (setup != nullptr) said.setup = read_setup(setup->value);
    if (auto const* const id = find_attribute(line.attributes, "tls-id")) said.tls_id = read_tls_id(id->value);
    return said;
}

}  // namespace sdp

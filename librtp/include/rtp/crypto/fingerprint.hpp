// The fingerprint of a certificate, as SDP carries it (RFC 8122 5): what ties a DTLS handshake to the signalling.
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "rtp/error.hpp"

namespace rtp {

enum class hash_function : std::uint8_t { sha_1, sha_224, sha_256, sha_384, sha_512 };

/// "sha-256".
[[nodiscard]] std::string_view name_of(hash_function) noexcept;

/// The hash of a certificate (RFC 8122).
struct fingerprint {
    hash_function hash = hash_function::sha_256;  ///< What it was made with.
    boost::container::static_vector<std::byte, 64> digest;  ///< As many bytes as the function gives.

    /// From the two parts of a=fingerprint: "sha-256" and "4A:AD:...". The letters' case does not matter. Errors:
    /// unknown_hash (MD2 and MD5 too, which RFC 8122 5 forbids), bad_fingerprint (no hexadecimal pairs with colons
    /// between, or not as many as the hash has).
    [[nodiscard]] static result<fingerprint> parse(std::string_view hash, std::string_view digest) noexcept;
    /// The second part, in upper case.
    [[nodiscard]] std::string to_text() const;

    /// Takes the same time whatever differs.
    [[nodiscard]] friend bool operator==(fingerprint const& a, fingerprint const& b) noexcept { return a.equals(b); }

private:
    [[nodiscard]] bool equals(fingerprint const&) const noexcept;
};

/// All that a description says of the peer's certificate. It matches if one of those with the strongest hash function
/// does (RFC 8122 5).
using fingerprints = boost::container::small_vector<fingerprint, 1>;

}  // namespace rtp

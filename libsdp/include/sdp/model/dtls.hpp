// What a description says of a DTLS association (RFC 8122, RFC 4145, RFC 8842): whose certificate, who begins, which
// association. Readers of attributes that the model keeps as text.
#pragma once

#include "sdp/model/session.hpp"

#include <boost/container/small_vector.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sdp {

/// Of a fingerprint. MD2 and MD5 must not be used (RFC 8122 5) and are not read.
enum class hash_function : std::uint8_t { sha_1, sha_224, sha_256, sha_384, sha_512 };

/// "sha-256"
[[nodiscard]] std::string_view name_of(hash_function) noexcept;
[[nodiscard]] std::size_t digest_size(hash_function) noexcept;

/// The hash of a certificate in DER form.
struct fingerprint {
    hash_function hash = hash_function::sha_256;  ///< What it was made with.
    std::array<std::uint8_t, 64> octets{};  ///< digest_size(hash) of them count; the others are 0.

    /// As many bytes as the function gives.
    [[nodiscard]] std::span<std::uint8_t const> digest() const noexcept {
        return std::span{octets}.first(digest_size(hash));
    }
    bool operator==(fingerprint const&) const = default;
};
using fingerprint_list = boost::container::small_vector<fingerprint, 1>;

/// Fingerprints that are read from one m= line; those beyond are not looked at.
inline constexpr std::size_t most_fingerprints = 8;

/// "sha-256 4A:AD:..."; small letters are read too. Nothing for an unknown hash or a wrong length.
[[nodiscard]] std::optional<fingerprint> read_fingerprint(std::string_view value) noexcept;
[[nodiscard]] std::string to_text(fingerprint const&);

/// Who begins the association. `holdconn` is not for DTLS (RFC 8842 5.1); it is read so that it can be refused.
enum class setup_role : std::uint8_t { actpass, active, passive, holdconn };

[[nodiscard]] std::string_view name_of(setup_role) noexcept;
[[nodiscard]] std::optional<setup_role> read_setup(std::string_view value) noexcept;

/// 20 to 255 characters of those RFC 8842 4 allows; empty for any other value.
[[nodiscard]] std::string_view read_tls_id(std::string_view value) noexcept;

/// All that one m= line says, with what it inherits from the session (RFC 8122 5, RFC 4145 4).
struct dtls_description {
    fingerprint_list fingerprints;    ///< Empty: the line knows nothing of DTLS.
    std::optional<setup_role> setup;  ///< Missing, or unreadable.
    std::string_view tls_id;          ///< Refers to the description.
};
[[nodiscard]] dtls_description describe_dtls(session const&, media const&);

}  // namespace sdp

// Short texts that leave this server inside of URIs and come back: unreadable and unforgeable for everybody else. Flow
// tokens (RFC 5626 5.2) and temporary GRUUs (RFC 5627 A.2) are made so, which saves the memory of having given them
// out.
//
//   sealed = tag | text XOR stream(tag), as base64url      tag = the first 80 bits of HMAC-SHA-256 over use and text
//
// The tag proves the text, and as it differs for each text it may choose the key stream, too. The same text gives the
// same sealed text; who wants them different puts something random into the text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/hashing.hpp"

namespace sip::proxy {

/// What a sealed text is for: one made for one use opens for no other.
enum class seal_use : char { flow = 'f', temporary_gruu = 'g' };

/// Signs what travels through others and comes back.
class sealer {
public:
    /// `hash` outlives the sealer. Whoever has `secret` can make and read every seal.
    sealer(std::string_view secret, hasher const& hash);

    /// Characters of a SIP token and of a URI's user part; 14 more than four thirds of the text's bytes.
    [[nodiscard]] std::string seal(seal_use, std::string_view text) const;
    /// The text; nothing where nobody with our secret sealed it for this use.
    [[nodiscard]] std::optional<std::string> open(seal_use, std::string_view sealed) const;
    /// 80 bits that stand for a text, and tell nothing of it to those who lack our secret.
    [[nodiscard]] std::string mark(std::string_view text) const;

    /// A proof, in 14 letters of a SIP token, that we have had this text before us; the text itself need not travel.
    [[nodiscard]] std::string sign(std::string_view text) const;
    /// True where sign() gave this signature for this text.
    [[nodiscard]] bool has_signed(std::string_view text, std::string_view signature) const;

    static constexpr std::size_t tag_bytes = 10;  ///< of a seal

private:
    static constexpr std::size_t hash_bytes = 32, block_bytes = 64;
    static constexpr std::size_t longest = 1024;  ///< of a sealed text; nothing that long is opened
    using digest = std::array<char, hash_bytes>;
    [[nodiscard]] digest sha256(std::string_view first, std::string_view second) const;
    /// RFC 2104, over two pieces.
    [[nodiscard]] digest hmac(std::string_view first, std::string_view second) const;
    /// Its own inverse.
    [[nodiscard]] std::string with_stream(seal_use, std::string_view tag, std::string_view text) const;

    hasher const* hash_;
    std::array<char, block_bytes> inner_{}, outer_{};  ///< the key XOR RFC 2104's two pads
};

}  // namespace sip::proxy

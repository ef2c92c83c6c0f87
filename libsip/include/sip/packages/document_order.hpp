// The order of documents that carry a version and are whole or partial, as the packages dialog (RFC 4235 4.3), reg
// (RFC 3680 5.2) and lists (RFC 4662 5.6) put them together.
#pragma once

#include <cstdint>
#include <optional>

namespace sip::packages {

/// What a document did to a watcher's picture.
enum class document_outcome : std::uint8_t {
    applied,
    stale,       ///< not newer than what is known: passed over
    incomplete,  ///< applied, but a document before it is missing: ask for the whole state (refresh_subscription)
};

/// The version of one subscription's documents.
class document_order {
public:
    /// What to do with a document of this version, which counts from now on where it is not stale.
    [[nodiscard]] document_outcome next(std::uint32_t version, bool is_full) noexcept {
        if (version_ && version <= *version_) return document_outcome::stale;
        bool const is_next = version_ && version == *version_ + 1;
        version_ = version;
        return is_full || is_next ? document_outcome::applied : document_outcome::incomplete;
    }
    /// The subscription was made anew: its numbers begin again.
    void restart() noexcept { version_.reset(); }

private:
    std::optional<std::uint32_t> version_;
};

}  // namespace sip::packages

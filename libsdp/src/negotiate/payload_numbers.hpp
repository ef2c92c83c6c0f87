// Payload numbers of one m= line over a session: once a number means a codec, it keeps that meaning (RFC 3264 8.3.2).
#pragma once

#include "sdp/negotiate/agreement.hpp"

#include <optional>
#include <span>

namespace sdp {

/// Adds the numbers of a line, ours or the peer's. A peer that
/// gives a number a new meaning against the rule is followed.
void remember(format_history&, media const&);

/// Hands out the numbers of one offered line: first those with a past or a wish of their own, then free ones.
class payload_allocator final {
public:
    /// What the line has used so far, and the line as we last wrote
    /// it; either may be null. Both must outlive the allocator.
    payload_allocator(format_history const* history, media const* last) noexcept : last_{last} {
        if (history != nullptr) history_ = *history;
    }

    /// The number of our last description, else any other the session has used for the codec, else the wished one if it
    /// means nothing else here.
    [[nodiscard]] std::optional<payload_type> settled(format const& wanted, std::optional<payload_type> wish);

    /// The lowest dynamic number that means nothing yet; nothing when all 32 are taken.
    [[nodiscard]] std::optional<payload_type> free_number();

private:
    [[nodiscard]] bool is_given(payload_type) const noexcept;
    [[nodiscard]] bool is_used_for_another(payload_type, format const&) const noexcept;

    std::span<format const> history_;
    media const* last_;
    boost::container::small_vector<payload_type, 8> given_;
};

}  // namespace sdp

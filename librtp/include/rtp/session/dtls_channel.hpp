// DTLS of one port of a session: the association, and what came before there could be one.
#pragma once

#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "rtp/crypto/dtls_association.hpp"
#include "rtp/endpoint.hpp"
#include "rtp/session/media_security.hpp"
#include "rtp/time.hpp"

namespace rtp {

/// The handshake of one component, from before the peer's fingerprint is known.
class dtls_channel final {
public:
    /// A ClientHello may overtake the answer that tells its sender's fingerprint and address (RFC 5763 6.2). This many
    /// datagrams are held for begin().
    static constexpr std::size_t max_held = 4;

    /// begin() is owed from now on; what was before is over.
    void expect() noexcept {
        association_.reset();
        last_from_ = {};
        has_noticed_end_ = false;
        is_owed_ = true;
    }
    void forget() noexcept;  ///< Ends it.
    /// True where a ClientHello of the peer waits for an answer.
    [[nodiscard]] bool is_owed() const noexcept { return is_owed_; }

    /// Keeps the peer's first flight until its fingerprint is known.
    void hold(std::span<const std::byte> datagram, endpoint const& from);
    /// Makes the association and gives it what was held from addresses that `is_agreed`. Errors: as of
    /// dtls_association::create().
    [[nodiscard]] error_code begin(
        time_point now, dtls_keys const&, std::function<bool(endpoint const&)> const& is_agreed
    );

    /// Nullptr before the handshake.
    [[nodiscard]] dtls_association* association() noexcept { return association_ ? &*association_ : nullptr; }
    /// Nullptr before the handshake.
    [[nodiscard]] dtls_association const* association() const noexcept {
        return association_ ? &*association_ : nullptr;
    }

    /// Where the last datagram for the association came from; not usable before the first.
    [[nodiscard]] endpoint const& last_from() const noexcept { return last_from_; }
    /// Where the peer's newest datagram came from.
    void set_last_from(endpoint const& from) noexcept { last_from_ = from; }

    /// True once, when the association has closed or failed.
    [[nodiscard]] bool takes_notice_of_end() noexcept;

private:
    struct held_datagram {
        endpoint from;
        std::vector<std::byte> bytes;
    };

    std::optional<dtls_association> association_;
    bool is_owed_ = false;
    bool has_noticed_end_ = false;
    endpoint last_from_;
    boost::container::static_vector<held_datagram, max_held> held_;
};

}  // namespace rtp

// Names for objects that live in tables. A handle that outlives its object names nothing: stale timers and stale user
// references become no-ops.
#pragma once

#include <compare>
#include <cstdint>

namespace sip {

/// The name of one object. `Tag` keeps names of different kinds apart; nobody needs it complete.
template <class Tag>
struct handle {
    std::uint32_t index = 0;  ///< the object's place in its table
    std::uint32_t generation = 0;  ///< 0 names nothing

    /// False for one that names nothing.
    [[nodiscard]] explicit operator bool() const noexcept { return generation != 0; }
    friend auto operator<=>(handle const&, handle const&) = default;
};

using transaction_id = handle<struct transaction_tag>;
using dialog_handle = handle<struct dialog_tag>;
using session_id = handle<struct session_tag>;            ///< a call: an INVITE usage
using account_id = handle<struct account_tag>;            ///< an identity with its registrar
using subscription_id = handle<struct subscription_tag>;  ///< a subscription of ours: we are the subscriber
using notifier_id = handle<struct notifier_tag>;          ///< a subscription of a peer's: we are its notifier
using publication_id = handle<struct publication_tag>;    ///< state that we publish
using request_id = handle<struct request_tag>;            ///< a request outside a dialog, ours or the peer's

}  // namespace sip

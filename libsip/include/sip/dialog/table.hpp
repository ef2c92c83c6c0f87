// All dialogs of a user agent: found by handle or by id, alive as long as a usage refers to them (RFC 5057 4.1).
// Forks need no half-dialogs here: a response finds its INVITE through the transaction, and then its dialog by full id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <boost/container/small_vector.hpp>

#include "sip/dialog/state.hpp"
#include "sip/handle.hpp"
#include "sip/slot_table.hpp"
#include "sip/transaction/hash_index.hpp"
#include "sip/transaction/keyed_hash.hpp"

namespace sip {

/// `subscription` is one of ours, `notifier` one of the peer's.
enum class usage_kind : std::uint8_t { invite, subscription, notifier };

/// A usage of a dialog. What `owner` means is the business of the usage's own layer.
struct usage_ref {
    usage_kind kind{};  ///< what uses the dialog
    std::uint64_t owner = 0;  ///< the usage's handle, as its owner packs it

    friend bool operator==(usage_ref const&, usage_ref const&) = default;
};

/// The dialogs that live, found by their names, with the usages that keep them alive (RFC 5057).
class dialog_table {
public:
    /// The key keeps peers from choosing their places in the table.
    explicit dialog_table(hash_key key) : key_(key) {}

    /// A new dialog with its first usage.
    dialog_handle add(dialog, usage_ref);
    /// The dialog lives at least as long as this usage.
    void add_usage(dialog_handle, usage_ref);
    /// The dialog goes with its last usage.
    void remove_usage(dialog_handle, usage_ref);
    /// Takes a dialog with all its usages out of the table, for work that outlives it. Nothing for a stale handle.
    [[nodiscard]] std::optional<dialog> take(dialog_handle);

    [[nodiscard]] dialog* find(dialog_handle) noexcept;  ///< the dialog; nullptr where it has ended
    [[nodiscard]] dialog const* find(dialog_handle) const noexcept;  ///< the dialog; nullptr where it has ended
    /// The dialog of these names; an empty handle where there is none.
    [[nodiscard]] dialog_handle find(dialog_id_view const&) const noexcept;
    /// The usage of this kind; a dialog has at most one of kind invite (RFC 5057 5.3).
    [[nodiscard]] std::optional<usage_ref> usage(dialog_handle, usage_kind) const noexcept;
    /// All usages, in the order they came.
    [[nodiscard]] std::span<usage_ref const> usages(dialog_handle) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }  ///< how many there are

private:
    struct entry {
        sip::dialog dialog;
        boost::container::small_vector<usage_ref, 2> usages;
    };
    [[nodiscard]] std::uint64_t hash_of(dialog_id_view const&) const noexcept;

    hash_key key_;
    slot_table<entry, dialog_handle> entries_;
    hash_index by_id_;
};

}  // namespace sip

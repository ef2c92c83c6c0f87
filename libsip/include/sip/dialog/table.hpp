// All dialogs of a user agent: found by handle or by id, alive as long as a usage refers to them (RFC 5057 4.1).
// Forks need no half-dialogs here: a response finds its INVITE through the transaction, and then its dialog by full id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "sip/dialog/state.hpp"
#include "sip/handle.hpp"
#include "sip/slot_table.hpp"

namespace sip {

enum class usage_kind : std::uint8_t { invite, subscription };

/// A usage of a dialog. What `owner` means is the business of the usage's own layer.
struct usage_ref {
    usage_kind kind{};
    std::uint64_t owner = 0;

    friend bool operator==(usage_ref const&, usage_ref const&) = default;
};

class dialog_table {
public:
    /// `seed` goes into the hash, since peers choose tags and Call-IDs.
    explicit dialog_table(std::uint64_t seed);
    dialog_table(dialog_table const&) = delete;
    dialog_table& operator=(dialog_table const&) = delete;

    /// A new dialog with its first usage.
    dialog_handle add(dialog, usage_ref);
    void add_usage(dialog_handle, usage_ref);
    /// The dialog goes with its last usage.
    void remove_usage(dialog_handle, usage_ref);
    /// Takes a dialog with all its usages out of the table, for work that outlives it. Nothing for a stale handle.
    [[nodiscard]] std::optional<dialog> take(dialog_handle);

    [[nodiscard]] dialog* find(dialog_handle) noexcept;
    [[nodiscard]] dialog_handle find(dialog_id_view const&) const noexcept;
    /// The usage of this kind; a dialog has at most one of kind invite (RFC 5057 5.3).
    [[nodiscard]] std::optional<usage_ref> usage(dialog_handle, usage_kind) const noexcept;
    [[nodiscard]] std::span<usage_ref const> usages(dialog_handle) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    struct entry {
        sip::dialog dialog;
        boost::container::small_vector<usage_ref, 2> usages;
    };
    using slots = slot_table<entry, dialog_handle>;

    // The index holds handles only; hash and equality look the id up in the slots.
    struct id_hash {
        using is_transparent = void;
        using is_avalanching = void;
        slots const* entries;
        std::uint64_t seed;
        std::size_t operator()(dialog_id_view const&) const noexcept;
        std::size_t operator()(dialog_handle) const noexcept;
    };
    struct id_equal {
        using is_transparent = void;
        slots const* entries;
        bool operator()(dialog_handle a, dialog_handle b) const noexcept { return a == b; }
        bool operator()(dialog_id_view const&, dialog_handle) const noexcept;
        bool operator()(dialog_handle a, dialog_id_view const& b) const noexcept { return (*this)(b, a); }
    };

    slots entries_;
    boost::unordered_flat_set<dialog_handle, id_hash, id_equal> index_;
};

}  // namespace sip

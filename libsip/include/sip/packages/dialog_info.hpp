// The event package dialog (RFC 4235): what somebody's calls are doing, for busy-lamp fields and pick-up. Both roles: a
// publisher numbers what it tells, a watcher puts full and partial documents together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/error.hpp"

namespace sip::packages {

enum class dialog_state : std::uint8_t { trying, proceeding, early, confirmed, terminated };
enum class dialog_direction : std::uint8_t { unspecified, initiator, recipient };

/// One side of a dialog, as far as the notifier tells.
struct dialog_party {
    /// URI and name of the person.
    std::string identity, display_name;  ///< URI and name of the person
    std::string target;                  ///< URI that the dialog's requests go to

    friend bool operator==(dialog_party const&, dialog_party const&) = default;
};

/// One call, as its watchers see it.
struct dialog_entry {
    std::string id;                              ///< the notifier's name for it, unique in its documents
    /// Tags as the notifier sees them; may be empty.
    std::string call_id, local_tag, remote_tag;  ///< tags as the notifier sees them; may be empty
    dialog_direction direction = dialog_direction::unspecified;  ///< who called whom
    dialog_state state = dialog_state::trying;  ///< how far it is
    std::string event;                      ///< why it came to this state: "cancelled", "rejected", "remote-bye" ...
    std::uint16_t code = 0;                 ///< the response that caused it, 0 where none did
    std::optional<std::uint32_t> duration;  ///< seconds since it began
    dialog_party local, remote;  ///< the person watched, and the other one

    friend bool operator==(dialog_entry const&, dialog_entry const&) = default;
};

/// One application/dialog-info+xml document.
struct dialog_info {
    static constexpr std::string_view event = "dialog";  ///< the package's name in Event
    static constexpr std::string_view content_type = "application/dialog-info+xml";  ///< of its documents

    std::uint32_t version = 0;  ///< counts the documents of one subscription
    bool is_full = true;  ///< everything; false: what has changed
    std::string entity;  ///< the URI whose dialogs these are
    std::vector<dialog_entry> dialogs;  ///< the calls

    friend bool operator==(dialog_info const&, dialog_info const&) = default;
};

/// errc::syntax_error for what is no dialog-info document or lacks what RFC 4235 4.1 requires, too_large beyond 256 KiB
/// or 1024 dialogs. Elements and attributes of extensions are passed over.
[[nodiscard]] parsed<dialog_info> parse_dialog_info(std::string_view body);
[[nodiscard]] std::string to_string(dialog_info const&);

/// The notifier's side: remembers the dialogs, and numbers the documents of one subscription.
class dialog_publisher {
public:
    /// For one watched person: its URI.
    explicit dialog_publisher(std::string entity) : entity_(std::move(entity)) {}

    /// A dialog began or changed. One that has terminated is told once more and forgotten.
    void set(dialog_entry);
    /// What is known now.
    [[nodiscard]] std::vector<dialog_entry> const& dialogs() const noexcept { return dialogs_; }
    /// The body with everything: the first one of a subscription, and the answer to a refresh (4.3 of RFC 4235).
    [[nodiscard]] std::string full();
    /// The body with what has changed since the last one.
    [[nodiscard]] std::string changes();

private:
    [[nodiscard]] std::string write(bool is_full, std::vector<dialog_entry> const&);

    std::string entity_;
    std::uint32_t version_ = 0;
    std::vector<dialog_entry> dialogs_;
    std::vector<dialog_entry> changed_;
};

/// The subscriber's side.
class dialog_watch {
public:
    /// What a document did to the watcher's picture.
    enum class outcome : std::uint8_t {
        applied,
        stale,      ///< older than what is known: passed over
        incomplete  ///< a document is missing: ask for the whole state (refresh_subscription)
    };
    /// 4.3: a full document replaces everything, a partial one must be the next in number. Terminated dialogs leave the
    /// list with the next document.
    outcome apply(dialog_info);
    /// The subscription was made anew: its numbers begin again.
    void restart() noexcept { version_.reset(); }

    /// What is known now.
    [[nodiscard]] std::vector<dialog_entry> const& dialogs() const noexcept { return dialogs_; }
    /// What a lamp shows: the most advanced state of all dialogs, terminated where there is none.
    [[nodiscard]] dialog_state summary() const noexcept;

private:
    std::optional<std::uint32_t> version_;
    std::vector<dialog_entry> dialogs_;
};

}  // namespace sip::packages

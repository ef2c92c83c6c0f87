// The event package dialog (RFC 4235): what somebody's calls are doing, for busy-lamp fields and pick-up. Both roles: a
// publisher numbers what it tells, a watcher puts full and partial documents together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sip/error.hpp"
#include "sip/packages/document_order.hpp"
#include "sip/syntax/headers/simple.hpp"
#include "sip/time.hpp"

namespace sip::packages {

enum class dialog_state : std::uint8_t { trying, proceeding, early, confirmed, terminated };
enum class dialog_direction : std::uint8_t { unspecified, initiator, recipient };

/// One side of a dialog, as far as the notifier tells.
struct dialog_party {
    /// URI and name of the person.
    std::string identity, display_name;  ///< URI and name of the person
    std::string target;                  ///< URI that the dialog's requests go to
    /// Parameters of that Contact: {"+sip.rendering", "no"} says that this side is on hold (RFC 4235 5.2).
    std::vector<std::pair<std::string, std::string>> target_params = {};

    friend bool operator==(dialog_party const&, dialog_party const&) = default;
};

/// A dialog that another one took the place of (RFC 4235 4.1.4), seen by the same side.
struct replaced_dialog {
    std::string call_id, local_tag, remote_tag;  ///< all empty: none

    friend bool operator==(replaced_dialog const&, replaced_dialog const&) = default;
};

/// One call, as its watchers see it.
struct dialog_entry {
    std::string id;  ///< the notifier's name for it, unique in its documents
    /// Tags as the notifier sees them; may be empty.
    std::string call_id, local_tag, remote_tag;                  ///< tags as the notifier sees them; may be empty
    dialog_direction direction = dialog_direction::unspecified;  ///< who called whom
    dialog_state state = dialog_state::trying;                   ///< how far it is
    std::string event;                      ///< why it came to this state: "cancelled", "rejected", "remote-bye" ...
    std::uint16_t code = 0;                 ///< the response that caused it, 0 where none did
    std::optional<std::uint32_t> duration;  ///< seconds since it began
    dialog_party local, remote;             ///< the person watched, and the other one
    replaced_dialog replaces;               ///< the call that this one replaced
    std::string referred_by;                ///< the URI of Referred-By, where a REFER caused the call

    friend bool operator==(dialog_entry const&, dialog_entry const&) = default;
};

/// One application/dialog-info+xml document.
struct dialog_info {
    static constexpr std::string_view event = "dialog";                              ///< the package's name in Event
    static constexpr std::string_view content_type = "application/dialog-info+xml";  ///< of its documents
    static constexpr std::uint32_t default_expires = 3600;  ///< seconds, where a SUBSCRIBE names none (RFC 4235 3.4)
    static constexpr duration interval = std::chrono::seconds(1);  ///< between two NOTIFYs at least (3.10)

    std::uint32_t version = 0;          ///< counts the documents of one subscription
    bool is_full = true;                ///< everything; false: what has changed
    std::string entity;                 ///< the URI whose dialogs these are
    std::vector<dialog_entry> dialogs;  ///< the calls

    friend bool operator==(dialog_info const&, dialog_info const&) = default;
};

/// What moves a dialog on (RFC 4235 3.7.1).
enum class dialog_trigger : std::uint8_t {
    provisional_without_tag,
    provisional,  ///< a 1xx with a tag
    answered,
    cancelled,
    rejected,
    replaced,
    error,  ///< 481 or 408 to a request in the dialog
    timeout,
    local_bye,
    remote_bye,
};
/// Moves a dialog on, with the status that did it; false, and nothing is changed, where its state knows no such step.
[[nodiscard]] bool advance(dialog_entry&, dialog_trigger, std::uint16_t code = 0);

/// What those are told who may know no more than whether somebody is on the phone: one dialog, confirmed as long as
/// there is any, without names (RFC 4235 3.7.2).
[[nodiscard]] dialog_entry virtual_dialog(std::vector<dialog_entry> const&);

/// Which dialogs a SUBSCRIBE is about (RFC 4235 3.2, 3.3). What is empty is not compared.
struct dialog_selection {
    std::string call_id, local_tag, remote_tag;  ///< as the notifier sees them
    std::string subscriber;                      ///< its Contact: dialogs with that very one need not be told to it

    /// Whether the subscriber is to be told of it.
    [[nodiscard]] bool admits(dialog_entry const&) const;
};
/// Of an Event header. errc::syntax_error where it names tags without a Call-ID, or no tag of ours with it.
[[nodiscard]] parsed<dialog_selection> dialog_selection_from(token_params_view const& event, std::string subscriber);

/// errc::syntax_error for what is no dialog-info document or lacks what RFC 4235 4.1 requires, too_large beyond 256 KiB
/// or 1024 dialogs. Elements and attributes of extensions are passed over.
[[nodiscard]] parsed<dialog_info> parse_dialog_info(std::string_view body);
[[nodiscard]] std::string to_string(dialog_info const&);

/// The notifier's side: remembers the dialogs, and numbers the documents of one subscription.
class dialog_publisher {
public:
    /// For one watched person, its URI, and what the subscriber wants to know of it.
    explicit dialog_publisher(std::string entity, dialog_selection selection = {})
        : entity_(std::move(entity)), selection_(std::move(selection)) {}

    /// A dialog began or changed. One that has terminated is told once more and forgotten. False: the subscriber need
    /// not be told.
    bool set(dialog_entry);
    /// What is known now.
    [[nodiscard]] std::vector<dialog_entry> const& dialogs() const noexcept { return dialogs_; }
    /// The body with everything: the first one of a subscription, and the answer to a refresh (4.3 of RFC 4235).
    [[nodiscard]] std::string full();
    /// The body with what has changed since the last one.
    [[nodiscard]] std::string changes();

private:
    [[nodiscard]] std::string write(bool is_full, std::vector<dialog_entry> const&);

    std::string entity_;
    dialog_selection selection_;
    std::uint32_t version_ = 0;
    std::vector<dialog_entry> dialogs_;
    std::vector<dialog_entry> changed_;
};

/// The subscriber's side.
class dialog_watch {
public:
    using outcome = document_outcome;  ///< what a document did to the list
    /// 4.3: a full document replaces everything, a partial one is put into what is known. Terminated dialogs leave the
    /// list with the next document. Beyond 1024 dialogs further ones are passed over: incomplete.
    outcome apply(dialog_info);
    /// The subscription was made anew: its numbers begin again.
    void restart() noexcept { order_.restart(); }

    /// What is known now.
    [[nodiscard]] std::vector<dialog_entry> const& dialogs() const noexcept { return dialogs_; }
    /// What a lamp shows: the most advanced state of all dialogs, terminated where there is none.
    [[nodiscard]] dialog_state summary() const noexcept;

private:
    document_order order_;
    std::vector<dialog_entry> dialogs_;
};

}  // namespace sip::packages

// List subscriptions (RFC 4662): one NOTIFY about many resources, as a multipart/related body whose root, an rlmi
// document, names a part for each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sip/error.hpp"
#include "sip/packages/document_order.hpp"
#include "sip/syntax/headers/simple.hpp"
#include "sip/syntax/multipart.hpp"
#include "sip/usage/subscription_state.hpp"

namespace sip::packages {

/// One subscription behind a resource; a resource that forks has several.
struct list_instance {
    std::string id;                                         ///< unique in its resource
    subscription_phase state = subscription_phase::active;  ///< of the list server's own subscription
    std::string reason;                                     ///< with terminated
    std::string content_id;                                 ///< of the part with its state; empty: none in this NOTIFY

    friend bool operator==(list_instance const&, list_instance const&) = default;
};

/// One entry of the list.
struct list_resource {
    std::string uri, name;                 ///< whose state it is, and a name for people
    std::vector<list_instance> instances;  ///< one for each of its dialogs

    friend bool operator==(list_resource const&, list_resource const&) = default;
};

/// One application/rlmi+xml document.
struct resource_list {
    static constexpr std::string_view option_tag = "eventlist";  ///< Supported of the SUBSCRIBE, Require of the answer
    static constexpr std::string_view content_type = "application/rlmi+xml";  ///< of its documents

    std::string uri;                       ///< the list's own
    std::uint32_t version = 0;             ///< counts the documents of one subscription
    bool is_full = true;                   ///< everything; false: what has changed
    std::vector<list_resource> resources;  ///< the entries

    friend bool operator==(resource_list const&, resource_list const&) = default;
};

/// The rlmi document alone.
[[nodiscard]] parsed<resource_list> parse_resource_list(std::string_view body);
[[nodiscard]] std::string to_string(resource_list const&);

/// A list with the states that its parts hold.
struct list_notification {
    /// The state of one instance.
    struct part {
        /// Borrow the body that was read.
        std::string_view content_id, content_type, body;  ///< borrow the body that was read
    };
    resource_list list;       ///< who is in it
    std::vector<part> parts;  ///< their states, by content_id

    /// The part of an instance; nothing where it has none.
    [[nodiscard]] part const* of(list_instance const&) const noexcept;
};

/// The subscriber's side: full and partial lists put together (RFC 4662 5.6).
class list_watch {
public:
    /// An entry with what its instances told last.
    struct row {
        list_resource resource;  ///< as the newest document that names it has it
        /// What one instance told.
        struct state {
            std::string instance, content_type, body;  ///< its id, and the part
        };
        std::vector<state> states;  ///< of the instances that are there
    };
    /// A full list replaces everything, a partial one changes the entries that it names; a state stays until the next
    /// one, or until its instance is gone. Beyond 1024 entries further ones are passed over: incomplete.
    document_outcome apply(list_notification const&);
    /// The subscription was made anew: its numbers begin again.
    void restart() noexcept { order_.restart(); }
    /// What is known now.
    [[nodiscard]] std::vector<row> const& rows() const noexcept { return rows_; }

private:
    document_order order_;
    std::vector<row> rows_;
};

/// Reads the whole body of a NOTIFY, whose Content-Type is multipart/related. The root is the part that `start` names,
/// or the first one (RFC 2387 3.2). errc::syntax_error where it is no rlmi document.
[[nodiscard]] parsed<list_notification> parse_list_notification(media_type_view const&, std::string_view body);

}  // namespace sip::packages

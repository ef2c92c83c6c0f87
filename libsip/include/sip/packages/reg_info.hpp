// The event package reg (RFC 3680): what a registrar has bound for an address of record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/error.hpp"
#include "sip/packages/document_order.hpp"
#include "sip/time.hpp"

namespace sip::packages {

enum class reg_state : std::uint8_t { init, active, terminated };

/// One binding.
struct reg_contact {
    std::string id, uri, display_name;    ///< the document's name for it, the Contact, and its name
    reg_state state = reg_state::active;  ///< active or terminated
    std::string event;                    ///< "registered", "refreshed", "expired", "deactivated", "unregistered" ...
    /// Seconds.
    std::optional<std::uint32_t> expires, retry_after;  ///< seconds
    std::uint16_t q = 0;                                ///< thousandths; 0 where none is given

    friend bool operator==(reg_contact const&, reg_contact const&) = default;
};

/// One address of record with its bindings.
struct reg_registration {
    std::string id, address_of_record;  ///< the document's name for it, and the URI
    reg_state state = reg_state::init;  ///< of the whole
    std::vector<reg_contact> contacts;  ///< the bindings

    friend bool operator==(reg_registration const&, reg_registration const&) = default;
};

/// One application/reginfo+xml document.
struct reg_info {
    static constexpr std::string_view event = "reg";                             ///< the package's name in Event
    static constexpr std::string_view content_type = "application/reginfo+xml";  ///< of its documents
    static constexpr std::uint32_t default_expires = 3761;  ///< seconds, where a SUBSCRIBE names none (RFC 3680 4.4)
    static constexpr duration interval = std::chrono::seconds(5);  ///< between two NOTIFYs at least (4.10)

    std::uint32_t version = 0;                    ///< counts the documents of one subscription
    bool is_full = true;                          ///< everything; false: what has changed
    std::vector<reg_registration> registrations;  ///< by address of record

    friend bool operator==(reg_info const&, reg_info const&) = default;
};

/// errc::syntax_error for what is no reginfo document or lacks what RFC 3680 5.1 requires, too_large beyond 256 KiB or
/// 1024 registrations or contacts of one.
[[nodiscard]] parsed<reg_info> parse_reg_info(std::string_view body);
[[nodiscard]] std::string to_string(reg_info const&);

/// The notifier's side, for one address of record and one subscription: what a registrar has bound, numbered.
class reg_publisher {
public:
    /// The id stands for the address of record in all documents.
    reg_publisher(std::string address_of_record, std::string id) {
        registration_.address_of_record = std::move(address_of_record);
        registration_.id = std::move(id);
    }
    /// A binding began, changed or ended; one that has ended is told once more and forgotten. The address of record is
    /// init before the first binding, active with one, terminated in the document that tells the end of the last one,
    /// and then, without a word, init again (RFC 3680 4.7.1).
    void set(reg_contact);
    /// What is bound now.
    [[nodiscard]] std::vector<reg_contact> const& contacts() const noexcept { return registration_.contacts; }
    /// The body with everything: the answer to every SUBSCRIBE, and to a fetch above all (4.7.2).
    [[nodiscard]] std::string full();
    /// The body with the bindings that have changed since the last one.
    [[nodiscard]] std::string changes();

private:
    [[nodiscard]] std::string write(bool is_full, std::vector<reg_contact> contacts);

    reg_registration registration_;
    std::vector<reg_contact> changed_;
    std::uint32_t version_ = 0;
};

/// The subscriber's side: full and partial documents put together (RFC 3680 5.2).
class reg_watch {
public:
    /// A full document replaces everything, a partial one is put into what is known. Bindings that have ended leave the
    /// list with the next document. Beyond 1024 of a kind further ones are passed over: incomplete.
    document_outcome apply(reg_info);
    /// The subscription was made anew: its numbers begin again.
    void restart() noexcept { order_.restart(); }
    /// What is known now.
    [[nodiscard]] std::vector<reg_registration> const& registrations() const noexcept { return registrations_; }

private:
    document_order order_;
    std::vector<reg_registration> registrations_;
};

}  // namespace sip::packages

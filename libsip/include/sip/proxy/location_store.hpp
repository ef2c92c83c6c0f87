// Where users are: the abstract location service of RFC 3261 10.3 and 16.5. Implementations: memory_store, and
// store/sqlite_store, which survives a restart.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sip/error.hpp"

namespace sip::proxy {

using wall_time = std::chrono::system_clock::time_point;

/// One contact of a user, as RFC 3261 10.3 asks to keep it.
struct binding {
    std::string contact;  ///< its URI
    std::uint16_t q_milli = 1000;  ///< thousandths of q
    wall_time expires;  ///< when the binding ends
    std::string call_id;  ///< of the REGISTER that made it
    /// Of the REGISTER that made it.
    std::uint32_t cseq = 0;
    /// Where the registration came from, when requests should go there and not to the contact's host:
    /// ways::note_of(). Empty otherwise.
    std::string received;

    std::string path = {};      ///< the Path of the registration, as one header value (RFC 3327 5.3); or empty
    std::string params = {};    ///< the Contact's parameters but for expires and q, as they came: ";reg-id=1;..."
    std::string instance = {};  ///< +sip.instance without brackets; empty where there is none
    std::uint32_t reg_id = 0;   ///< of RFC 5626; 0 where the binding is no flow
    wall_time refreshed = {};   ///< when it was registered last

    friend bool operator==(binding const&, binding const&) = default;
};

/// Where bindings are kept.
class location_store {
public:
    virtual ~location_store() = default;

    /// The user's bindings that live beyond `now`, in an order that only replace() changes.
    [[nodiscard]] virtual result<std::vector<binding>> find(std::string_view user, wall_time now) = 0;
    /// Makes these the user's bindings: all of them or, on an error, none (10.3 step 7). A contact may be there once
    /// for each instance and flow.
    [[nodiscard]] virtual error_code replace(std::string_view user, std::span<binding const>) = 0;
};

/// Bindings that end with the process.
class memory_store final : public location_store {
public:
    [[nodiscard]] result<std::vector<binding>> find(std::string_view user, wall_time now) override;
    [[nodiscard]] error_code replace(std::string_view user, std::span<binding const>) override;

private:
    std::map<std::string, std::vector<binding>, std::less<>> users_;
};

}  // namespace sip::proxy

// Where users are: the abstract location service of RFC 3261 10.3 and 16.5. Implementations: memory_store (tests,
// --database :memory:) and sqlite_store (survives a restart).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sip/error.hpp"

namespace proxy {

using wall_time = std::chrono::system_clock::time_point;

/// One contact of a user, as RFC 3261 10.3 asks to keep it.
struct binding {
    std::string contact;  ///< its URI
    std::uint16_t q_milli = 1000;
    wall_time expires;
    std::string call_id;
    std::uint32_t cseq = 0;
    /// Where the registration came from, when requests should go there and not to the contact's host: "tcp
    /// 192.0.2.7:40000" (the phone's connection) or "udp ..." (a phone behind NAT that asks for rport). Empty
    /// otherwise.
    std::string received;

    friend bool operator==(binding const&, binding const&) = default;
};

class location_store {
public:
    virtual ~location_store() = default;

    /// The user's bindings that live beyond `now`, in no particular order.
    [[nodiscard]] virtual sip::result<std::vector<binding>> find(std::string_view user, wall_time now) = 0;
    /// Makes these the user's bindings: all of them or, on an error, none (10.3 step 7).
    [[nodiscard]] virtual sip::error_code replace(std::string_view user, std::span<binding const>) = 0;
};

class memory_store final : public location_store {
public:
    [[nodiscard]] sip::result<std::vector<binding>> find(std::string_view user, wall_time now) override;
    [[nodiscard]] sip::error_code replace(std::string_view user, std::span<binding const>) override;

private:
    std::map<std::string, std::vector<binding>, std::less<>> users_;
};

}  // namespace proxy

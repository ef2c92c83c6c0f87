// Who is registered where, as the proxy's trace tells it: a device of the tester's says nothing of itself.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sip/syntax/parse.hpp"

namespace conformance {

class registrations final {
public:
    /// One line of the proxy's trace (observation.hpp). Only what grants or ends a registration counts.
    void note(std::string_view json_line);

    /// From where the user registered, "192.0.2.1:5060"; nothing where the user is not registered.
    [[nodiscard]] std::optional<std::string> address_of(const std::string& user) const;

private:
    sip::buffer_pool pool_;
    std::map<std::string, std::string> addresses_;  ///< by user
};

}  // namespace conformance

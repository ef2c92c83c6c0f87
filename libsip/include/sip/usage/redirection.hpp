// Where an INVITE may go on to after 3xx responses (RFC 3261 8.1.3.4): their Contacts in the order of q, each target
// once, never from SIPS to SIP. It sees responses and yields targets; the user agent sends the INVITE again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/syntax/message.hpp"

namespace sip {

/// The targets of 3xx responses that an INVITE goes on to (RFC 3261 8.1.3.4).
class redirection {
public:
    /// Targets in all that one INVITE may learn; a redirector cannot make the list longer.
    static constexpr std::size_t most_known = 16;

    /// Takes in the Contacts of a 300, 301 or 302 that `tried` has answered. They come before what earlier responses
    /// named: a redirection is worked off in depth. 305 names a proxy, not a target, and 380 a service: neither is
    /// followed.
    void add(message_view response, std::string_view tried);
    /// The next target, `most` in all; nothing where none is left.
    [[nodiscard]] std::optional<std::string> next(unsigned most);

private:
    [[nodiscard]] bool is_known(uri_view const&) const noexcept;

    std::vector<std::string> known_;    ///< every target that was ever named or tried
    std::vector<std::string> waiting_;  ///< the next one last
    unsigned followed_ = 0;
};

}  // namespace sip

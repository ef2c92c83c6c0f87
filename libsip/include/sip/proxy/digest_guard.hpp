// Who may use the proxy: libsip's digest server over the users of the settings, in one realm.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sip/proxy/settings.hpp"
#include "sip/usage/digest_server.hpp"

namespace sip::proxy {

using verdict = digest_verdict;
using judgement = digest_judgement;

/// Asks clients who they are (RFC 3261 22).
class digest_guard {
public:
    /// Both outlive the guard.
    digest_guard(settings const&, std::string realm, environment&);

    /// The values of WWW-Authenticate or Proxy-Authenticate, one for each algorithm.
    [[nodiscard]] std::vector<std::string> challenges(time_point now, verdict why) {
        return server_.challenges(now, realm_, why);
    }

    /// Judges Authorization (registrar) or Proxy-Authorization (proxy).
    enum class role : std::uint8_t { registrar, proxy };
    [[nodiscard]] judgement judge(time_point now, message_view request, role as);  ///< whether a request may pass

private:
    settings const* settings_;
    std::string realm_;
    digest_server server_;
};

}  // namespace sip::proxy

// How flows are to be played: by which phones, through which proxy, over what.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "conformance/flow.hpp"
#include "conformance/impair/impairment.hpp"
#include "conformance/run/phoned_handset.hpp"

namespace conformance {

struct run_setting {
    programs where;
    std::string proxy = "embedded";             ///< or "kamailio"
    std::map<std::string, std::string> phones;  ///< by party: "phoned", "baresip", "linphone"
    std::string transport = "udp";              ///< between phones and proxy; or "tcp", "tls"
    bool is_ipv6 = false;
    bool has_secure_media = false;  ///< SRTP, and nothing else
    bool leaves_at_once = false;    ///< phoned leaves a call that it transfers right after the 202
    bool has_capture = false;       ///< RTP packets are kept, where the system allows it
    std::optional<impairment> impaired = {};  ///< what the network between phones and proxy does
    std::string codec = {};         ///< the only one that the phones have; empty: their own choice
    std::string folder = {};        ///< for logs and traces
    std::uint16_t port = 0;         ///< the proxy's; the phones use the 200 above it. 0: any that are free

    [[nodiscard]] bool has(const std::string& phone) const;
    /// "kamailio-tls-srtp-6": what tells it from other settings of a run.
    [[nodiscard]] std::string name() const;
    /// "phoned as A, baresip as B, through the embedded proxy over UDP".
    [[nodiscard]] std::string in_words(const flow&) const;
};

}  // namespace conformance

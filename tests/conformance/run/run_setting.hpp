// How flows are to be played: by which phones, through which proxy, over what.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/flow.hpp"
#include "conformance/impair/impairment.hpp"
#include "conformance/run/phoned_handset.hpp"

namespace conformance {

/// Whether a player of a party is a device that the kit does not know.
[[nodiscard]] bool is_device(std::string_view player) noexcept;

struct run_setting {
    programs where;
    std::string proxy = "embedded";  ///< or "kamailio"
    /// By party: "phoned", "baresip", "linphone", or a device of the tester's: "prompt", "command:PROGRAM".
    std::map<std::string, std::string> phones;
    std::string alone = {};   ///< the party that one phone plays while another plays the rest; empty where none does
    std::string listen = {};  ///< the address of the proxy and of the phones; empty: of the loopback network
    std::string transport = "udp";  ///< between phones and proxy; or "tcp", "tls"
    bool is_ipv6 = false;
    bool has_secure_media = false;             ///< SRTP, and nothing else
    bool leaves_at_once = false;               ///< phoned leaves a call that it transfers right after the 202
    bool has_capture = false;                  ///< RTP packets are kept, where the system allows it
    std::optional<impairment> impaired = {};   ///< what the network between phones and proxy does
    std::vector<std::string> parameters = {};  ///< of phoned: "NAME = VALUE", "PARTY:NAME = VALUE"
    std::string codec = {};                    ///< the only one that the phones have; empty: their own choice
    std::string folder = {};                   ///< for logs and traces
    std::uint16_t port = 0;                    ///< the proxy's; the phones use the 200 above it. 0: any that are free

    [[nodiscard]] bool has(const std::string& phone) const;
    [[nodiscard]] bool has_device() const;
    [[nodiscard]] std::string host() const { return !listen.empty() ? listen : is_ipv6 ? "::1" : "127.0.0.1"; }
    /// Whether the proxy of this one serves the other as well.
    [[nodiscard]] bool shares_proxy_with(const run_setting&) const;
    /// "kamailio-tls-srtp-6": what tells it from other settings of a run.
    [[nodiscard]] std::string name() const;
    /// "phoned as A, baresip as B, through the embedded proxy over UDP".
    [[nodiscard]] std::string in_words(const flow&) const;
};

}  // namespace conformance

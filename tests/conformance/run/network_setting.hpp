// What the proxy of a run should be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace conformance {

struct network_setting {
    std::string kind = "embedded";                             ///< or "kamailio"
    std::string program = {};                                  ///< the embedded proxy's
    std::string host = "127.0.0.1";                            ///< or "::1"
    std::uint16_t port = 0;                                    ///< for datagrams and streams
    std::uint16_t stream_port = 0;                             ///< where streams reach it, if not at `port`
    bool is_secure = false;                                    ///< streams carry TLS
    std::string folder = {};                                   ///< for its files
    std::vector<std::string> algorithms = {"SHA-256", "MD5"};  ///< the digests that it offers, in order

    /// Whose signature the proxy's certificate has, where it is secure.
    [[nodiscard]] std::string authority_file() const { return folder + "/authority.pem"; }
    [[nodiscard]] std::string certificate_file() const { return folder + "/proxy.pem"; }
    [[nodiscard]] std::string key_file() const { return folder + "/proxy.key"; }
};

}  // namespace conformance

// What the proxy is told: names, users, limits. Plain values; command_line.cpp fills them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sip/hashing.hpp"
#include "sip/time.hpp"

namespace proxy {

enum class authentication : std::uint8_t { digest, none };

struct settings {
    /// Host names and addresses whose users are ours; the first one is the realm. Beside them, every address that the
    /// proxy listens on is ours.
    std::vector<std::string> domains;
    std::map<std::string, std::string> users;       ///< name -> password
    std::map<std::string, std::string> extensions;  ///< name -> the URI that it always leads to

    authentication check = authentication::digest;
    /// Offered in this order (RFC 8760 2.4: the most preferred first).
    std::vector<sip::hash_algorithm> algorithms = {sip::hash_algorithm::sha256, sip::hash_algorithm::md5};
    std::chrono::seconds nonce_life{300};

    std::chrono::seconds min_expires{30}, default_expires{300}, max_expires{3600};
    std::size_t max_contacts = 10;  ///< bindings of one user

    sip::duration timer_c = std::chrono::seconds(185);  ///< RFC 3261 16.6 step 11: more than 3 minutes
    sip::timing timing;
    std::size_t datagram_limit = 1300;   ///< RFC 3261 18.1.1; 0: never switch to TCP
    std::size_t transactions = 65536;    ///< live ones; beyond, requests are answered 503
    std::uint32_t largest_breadth = 60;  ///< RFC 5393 5.3.3
};

}  // namespace proxy

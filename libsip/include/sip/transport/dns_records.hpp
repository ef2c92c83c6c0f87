// What the name service says, as values: the record types that RFC 3263 asks for, with the time that they may be kept.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sip/time.hpp"
#include "sip/transport/flow.hpp"

namespace sip {

/// What is asked for. `address` means A and AAAA together.
enum class dns_type : std::uint8_t { address, srv, naptr };

/// One server of a service (RFC 2782).
struct srv_record {
    std::uint16_t priority = 0;  ///< lower ones first
    std::uint16_t weight = 0;    ///< share among those of one priority
    std::uint16_t port = 0;  ///< of the server
    std::string target;  ///< a host name without the last dot; empty for ".", which says that there is no such service

    friend bool operator==(srv_record const&, srv_record const&) = default;
};

/// One way to a domain (RFC 3403): which service is found under which name.
struct naptr_record {
    std::uint16_t order = 0, preference = 0;  ///< the lowest counts first
    std::string flags;        ///< "s": `replacement` has SRV records; "a": addresses; "": further NAPTR records
    std::string service;      ///< "SIP+D2U"
    std::string replacement;  ///< a name without the last dot

    friend bool operator==(naptr_record const&, naptr_record const&) = default;
};

/// The answer to one question; the list of the other types stays empty. No record at all is an answer, too.
struct dns_answer {
    std::vector<ip_address> addresses;  ///< in the order to try them
    std::vector<srv_record> services;  ///< of an SRV question
    std::vector<naptr_record> pointers;  ///< of a NAPTR question
    duration ttl{};  ///< how long it holds; zero: for this question only
};

}  // namespace sip

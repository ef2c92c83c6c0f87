// What a capture holds of interest, by address: SIP messages and RTP packets. Made from a capture file, from a run, or
// by hand; knows no flow and no parties.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conformance/observation.hpp"

namespace conformance {

struct captured_message {
    seconds at{};
    std::string from, to;  ///< "192.0.2.1:5060", "[2001:db8::1]:5060"
    std::string text;
    bool is_stream = false;  ///< it came over TCP
};

struct captured_packet {
    seconds at{};
    std::string from, to;
    std::vector<std::byte> bytes;  ///< of the datagram
};

struct recording {
    std::vector<captured_message> messages;  ///< in the order of time
    std::vector<captured_packet> packets;    ///< datagrams that may be RTP
    /// What was in the file and could not be used, in words: cut packets, gaps in streams, malformed messages.
    std::vector<std::string> notes;
};

}  // namespace conformance

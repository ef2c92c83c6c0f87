// Capture files, pcap and pcapng, read and written with libpcap.
#pragma once

#include <string>
#include <variant>

#include "conformance/capture/recording.hpp"

namespace conformance {

/// All SIP over UDP and TCP and all that may be RTP, over IPv4 and IPv6. The reason where the file cannot be read.
[[nodiscard]] std::variant<recording, std::string> read_capture(const std::string& path);

/// Writes everything as UDP datagrams: what was read from streams too, since only whole messages are kept. The reason
/// where that does not work.
[[nodiscard]] std::optional<std::string> write_capture(const std::string& path, const recording&);

}  // namespace conformance

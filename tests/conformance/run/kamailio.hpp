// Kamailio as the proxy of a run: what it is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conformance/run/network_setting.hpp"

namespace conformance {

/// Writes its configuration, and with TLS that of its certificate, into the setting's folder. Copies of all messages go
/// to `capture_port` (hep.hpp). The reason where that does not work.
[[nodiscard]] std::optional<std::string> write_kamailio_configuration(
    const network_setting&, std::uint16_t capture_port
);

/// The words that start it in the foreground.
[[nodiscard]] std::vector<std::string> kamailio_words(const network_setting&);

}  // namespace conformance

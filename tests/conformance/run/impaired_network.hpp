// A relay between the phones of a run and their proxy, seen by whoever plays flows over it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/impair/hop.hpp"
#include "conformance/impair/losses.hpp"

namespace conformance {

class impaired_network {
public:
    impaired_network() = default;
    impaired_network(const impaired_network&) = delete;
    impaired_network& operator=(const impaired_network&) = delete;
    virtual ~impaired_network() = default;

    /// A message, or a line of a trace with one, as it would be without the relay.
    [[nodiscard]] virtual std::string as_without(std::string_view text) const = 0;
    /// The SIP messages of which it lost a copy.
    [[nodiscard]] virtual std::vector<lost_message> lost() const = 0;
    /// Resets some of the connections that the phones have now, as the impairment says, and waits until they have new
    /// ones. The reason where they do not come.
    [[nodiscard]] virtual std::optional<std::string> reset_connections() { return std::nullopt; }
    /// What it did so far.
    [[nodiscard]] virtual hop_tallies tallies() const = 0;
};

}  // namespace conformance

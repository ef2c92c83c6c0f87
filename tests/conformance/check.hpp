// Compares what passed with what a flow says, message by message and state by state, and explains each difference in a
// sentence.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "conformance/flow.hpp"
#include "conformance/observation.hpp"

namespace conformance {

/// What was heard and sent between two parties while a step's media was measured.
struct media_measurement {
    std::size_t step = 0;
    std::string from, to;
    unsigned packets = 0;       ///< RTP packets that `to` received from `from`
    bool heard = false;         ///< `to` heard the tone that `from` plays
    std::string detail;         ///< "700 Hz, -16 dBov"
    bool is_ring_back = false;  ///< local ring-back heard at `to`
    bool is_deaf = false;       ///< what `to` plays to its user by itself cannot be heard from outside
};

enum class verdict : std::uint8_t { matches, missing, wrong, unexpected, not_seen_but_allowed };

/// One line of the report: an expected message with what came for it, or something that came without being expected.
struct message_result {
    std::size_t step = 0;
    std::optional<expected_message> expected;
    std::optional<observed_message> observed;
    verdict what{};
    std::string explanation;  ///< empty where it matches
};

struct media_result {
    std::size_t step = 0;
    expected_media expected;
    verdict what{};
    std::string explanation;  ///< for a match: what was measured
};

struct report {
    std::vector<message_result> messages;  ///< in the order of time, missing ones at the place where they were expected
    std::vector<media_result> media;

    [[nodiscard]] bool matches() const noexcept;
    [[nodiscard]] std::size_t mismatches() const noexcept;
    [[nodiscard]] std::size_t unprinted(
    ) const noexcept;  ///< messages that came, that an RFC requires and that the guide leaves out
};

/// Who plays whom: the user part by which a party is known in SIP URIs, for facts that name parties.
using party_users = std::map<std::string, std::string, std::less<>>;

[[nodiscard]] report
check(flow const&, std::vector<observed_message> const&, std::vector<media_measurement> const&, party_users const&);

}  // namespace conformance

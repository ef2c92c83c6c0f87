// Compares what passed with what a flow says, message by message and state by state, and explains each difference in a
// sentence: which message, between whom, what it says, what was expected, and by which rule.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conformance/flow.hpp"
#include "conformance/media_check.hpp"
#include "conformance/observation.hpp"

namespace conformance {

enum class verdict : std::uint8_t {
    matches,
    missing,
    wrong,
    unexpected,            ///< it came, and the flow has no place for it
    not_seen_but_allowed,  ///< it may be missing; or nothing could tell
    outside,               ///< registrations, keep-alives, other calls: not the flow's
};

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
    std::optional<variant> way;  ///< which variant of the flow this was compared with

    [[nodiscard]] bool matches() const noexcept { return mismatches() == 0; }
    [[nodiscard]] std::size_t mismatches() const noexcept;
    [[nodiscard]] std::size_t missing() const noexcept;
    /// Messages that came, that an RFC requires and that the guide leaves out.
    [[nodiscard]] std::size_t unprinted() const noexcept;
    /// Media states of which nothing, or not all, could be measured.
    [[nodiscard]] std::size_t unmeasured() const noexcept;
    /// The sentences of everything that does not match, in the order of time.
    [[nodiscard]] std::vector<std::string> differences() const;
};

[[nodiscard]] bool is_mismatch(verdict) noexcept;

/// Who plays whom: the user part by which a party is known in SIP URIs, for facts that name parties.
using party_users = std::map<std::string, std::string, std::less<>>;

/// Where a flow has variants, compares with each and reports the one that fits best. Messages to and from the parties
/// in `unseen` are not looked for: nobody captured there.
[[nodiscard]] report check_messages(
    flow const&, std::vector<observed_message> const&, party_users const&, std::set<std::string> const& unseen = {}
);
/// Adds what the media of the report's variant should be, and what they were.
void add_media(report&, flow const&, std::vector<media_measurement> const&);

/// Both.
[[nodiscard]] report
check(flow const&, std::vector<observed_message> const&, std::vector<media_measurement> const&, party_users const&);

}  // namespace conformance

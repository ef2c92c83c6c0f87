// How the parts of a flow and of a report are put into words, for every kind of report alike.
#pragma once

#include <string>

#include "conformance/check.hpp"
#include "conformance/flow.hpp"

namespace conformance {

/// "F7 200 INVITE"; without a number where it has none.
[[nodiscard]] std::string text_of(const expected_message&);
/// The same of what came, or of what should have.
[[nodiscard]] std::string text_of(const message_result&);
/// "SDP says sendonly or inactive", "Contact A".
[[nodiscard]] std::string text_of(const fact&);
/// "2-way RTP", "no RTP".
[[nodiscard]] std::string text_of(const expected_media&);
/// "A dials B".
[[nodiscard]] std::string text_of(const user_action&);
/// "ok", "MISSING: ...": the verdict with its explanation.
[[nodiscard]] std::string note_of(const message_result&);
[[nodiscard]] std::string note_of(const media_result&);
/// "MATCHES: 14 of 14 messages of the guide and 3 of 3 media states match; 4 messages that the guide leaves out".
[[nodiscard]] std::string summary_of(const report&);

}  // namespace conformance

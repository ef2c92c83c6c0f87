// Messages as JSON, and text from outside made fit for JSON. Private to protocol.
#pragma once

#include "phoned/protocol/messages.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <span>
#include <string>
#include <string_view>

namespace phoned {

inline constexpr std::size_t max_line = 65536;        ///< Bytes in a line, its end included
inline constexpr std::size_t max_text = 512;          ///< Bytes of one string from outside, as in a display name
inline constexpr std::size_t max_trace_text = 16384;  ///< Bytes of a traced message

/// Valid UTF-8 of at most `limit` bytes: what is not valid becomes U+FFFD, what is longer is cut.
[[nodiscard]] std::string clean_text(std::string_view text, std::size_t limit = max_text);

/// `2024-06-07T12:34:56.123456Z` (RFC 3339).
[[nodiscard]] std::string time_text(wall_time at);

[[nodiscard]] boost::json::object to_json(const account_summary&);
[[nodiscard]] boost::json::object to_json(const call_summary&);
[[nodiscard]] boost::json::object to_json(const call_media&);
[[nodiscard]] boost::json::object to_json(const call_quality&);
[[nodiscard]] boost::json::object to_json(const transfer_summary&);
[[nodiscard]] boost::json::object to_json(const feature_summary&);
[[nodiscard]] boost::json::object to_json(const history_entry&);
[[nodiscard]] boost::json::object to_json(const led&);
[[nodiscard]] boost::json::object to_json(const screen&);
[[nodiscard]] boost::json::object to_json(const ringer&);
[[nodiscard]] boost::json::object to_json(const hook_state&);
[[nodiscard]] boost::json::object to_json(const audio_gain&);
[[nodiscard]] boost::json::object to_json(audio_output);
[[nodiscard]] boost::json::array to_json(std::span<const driver_kind>);

/// The parameters of an event's notification, without `seq`.
[[nodiscard]] boost::json::object event_params(now_t now, const event&);
/// Its name, which is also its topic.
[[nodiscard]] std::string_view topic_of(const event&) noexcept;

}  // namespace phoned

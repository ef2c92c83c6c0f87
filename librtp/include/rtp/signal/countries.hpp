// The call progress tones of countries, after ITU-T E.180 Supplement 2, as text in the grammar of tone_grammar.hpp.
//
// A table of facts, no behaviour. Tones that a network modulates (400 Hz by 16 Hz in Japan, by 25 Hz in India) are
// given by their side frequencies, since the grammar has no modulation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "rtp/signal/tone.hpp"

namespace rtp {

enum class call_tone : std::uint8_t { dial, ring_back, busy, congestion, call_waiting };

/// The tones of one country, as tone_grammar has them.
struct country_tones {
    std::string_view country;  ///< English name.
    std::string_view code;     ///< ISO 3166-1, two letters.
    std::string_view dial, ring_back, busy, congestion, call_waiting;  ///< Empty where the country has none.
};

[[nodiscard]] std::span<const country_tones> all_country_tones() noexcept;

/// By name or two-letter code, without case; null if the table has no such country.
[[nodiscard]] country_tones const* find_country(std::string_view name_or_code) noexcept;

[[nodiscard]] std::string_view text_of(country_tones const&, call_tone) noexcept;

/// The cadence, ready to play. Every text of the table parses; a test holds it to that.
[[nodiscard]] cadence cadence_of(country_tones const&, call_tone) noexcept;

}  // namespace rtp

// The text form of a cadence, as phone settings have it: `800+200/1000,0/100,500/1200`.
//
//     list    = element *7( "," element )
//     element = [ "!" ] frequency *3( "+" frequency ) "/" duration
//
// Frequency 200 to 7000 in Hz, or 0 for silence; duration 0 to 30000 in ms, 0 meaning until stopped; blanks between
// tokens are ignored. `!` means once: in front of the list alone it holds for the whole list; if a later element has
// one too, or alone, it holds for just the elements that carry it. Both readings are in the field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <boost/system/result.hpp>

#include "rtp/signal/tone.hpp"

namespace rtp {

enum class tone_grammar_error : std::uint8_t {
    empty,                   ///< Nothing but blanks.
    too_many_elements,       ///< More than eight.
    expected_frequency,      ///< No number where a frequency must stand.
    frequency_out_of_range,  ///< Neither 0 nor 200..7000.
    too_many_frequencies,    ///< More than four in one element.
    expected_slash,          ///< The duration is missing.
    expected_duration,       ///< No number after the slash.
    duration_out_of_range,   ///< Above 30000.
    expected_comma,          ///< Something else after an element.
};

/// Why a tone cannot be read.
struct tone_grammar_failure {
    tone_grammar_error error;  ///< What is wrong.
    std::size_t position;  ///< Offset in the text, from 0.

    friend bool operator==(tone_grammar_failure const&, tone_grammar_failure const&) = default;
};

/// A sentence for a log line or a settings report.
[[nodiscard]] std::string_view describe(tone_grammar_error) noexcept;

/// Each frequency gets `level_dbm0`. E.180 asks for -10 dBm0 in all; two frequencies at -13 make that.
[[nodiscard]] boost::system::result<cadence, tone_grammar_failure> parse_cadence(
    std::string_view text, float level_dbm0 = -13
) noexcept;

}  // namespace rtp

// A voice that nobody owns: sentences from a glottal pulse with a moving pitch, through formants that glide from vowel
// to vowel, with fricatives, stops and pauses, over a little room noise. Seeded: each seed is another speaker and text.
#pragma once

#include <cstdint>
#include <vector>

namespace playout_test {

/// Mono, 16 bit, at this rate; speech at about -20 dBov.
std::vector<std::int16_t> speak(std::size_t seconds, std::uint64_t seed, std::uint32_t sample_rate = 8000);

}  // namespace playout_test

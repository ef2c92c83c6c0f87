// A tune for callers to listen to: the beginning of Beethoven's Ode to Joy, as data in the grammar of tones.
#pragma once

#include <array>
#include <string_view>

namespace phoned::tools {

/// Eight bars, each with the notes of one cadence; a short rest parts two notes, so that an equal one is heard anew.
inline constexpr std::array<std::string_view, 8> melody{
    "!659/350,0/50,659/350,0/50,698/350,0/50,784/350,0/50", "!784/350,0/50,698/350,0/50,659/350,0/50,587/350,0/50",
    "!523/350,0/50,523/350,0/50,587/350,0/50,659/350,0/50", "!659/550,0/50,587/150,0/50,587/700,0/100",
    "!659/350,0/50,659/350,0/50,698/350,0/50,784/350,0/50", "!784/350,0/50,698/350,0/50,659/350,0/50,587/350,0/50",
    "!523/350,0/50,523/350,0/50,587/350,0/50,659/350,0/50", "!587/550,0/50,523/150,0/50,523/700,0/400",
};

}  // namespace phoned::tools

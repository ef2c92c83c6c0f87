// What screen, lamps and ringer show, worked out anew from what the phone knows: nothing is remembered here, so nothing
// can be out of date.
#pragma once

#include <string>
#include <vector>

#include "phoned/protocol/messages.hpp"

namespace phoned {

struct panel_input {
    std::vector<account_summary> accounts;  ///< those that are enabled, in order
    std::vector<call_summary> calls;        ///< those that live, oldest first
    std::string dialled;                    ///< digits keyed so far
    std::string notice;                     ///< `Busy Here`: why the last call ended, for a while
    bool is_muted = false;
};

struct panel {
    phoned::screen screen;
    std::vector<led> leds;
    phoned::ringer ringer;
};

[[nodiscard]] panel draw_panel(const panel_input&);

}  // namespace phoned

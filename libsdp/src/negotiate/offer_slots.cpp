#include "offer_slots.hpp"

#include "sdp/text/scan.hpp"

#include <algorithm>

namespace sdp {

bool is_on(agreement const& agreed, std::size_t line) noexcept {
    return line < agreed.lines.size() && agreed.lines[line].stream.has_value();
}

slot_list offer_slots(local_media const& local, agreement const& previous) {
    auto const& lines = previous.local.media_lines;
    slot_list slots(lines.size());
    for (std::size_t i = 0; i != slots.size(); ++i) {
        if (is_on(previous, i) && *previous.lines[i].stream < local.streams.size()) slots[i] = previous.lines[i].stream;
    }
    for (std::size_t stream = 0; stream != local.streams.size(); ++stream) {
        auto const has_stream = [stream](auto const& slot) { return slot == stream; };
        if (std::any_of(slots.begin(), slots.end(), has_stream)) continue;
        std::size_t slot = 0;
        while (slot != slots.size() && (slots[slot] || !same_text(lines[slot].type, "audio")))
            ++slot;
        if (slot == slots.size()) slots.emplace_back();
        slots[slot] = stream;
    }
    return slots;
}

}  // namespace sdp

#include "payload_numbers.hpp"

#include "codec_rules.hpp"

#include <algorithm>

namespace sdp {

void remember(format_history& history, media const& line) {
    for (auto const& format : line.formats) {
        if (format.codec.name.empty()) continue;
        auto const known = std::find_if(history.begin(), history.end(), [&format](auto const& used) {
            return used.payload == format.payload;
        });
        if (known == history.end()) {
            history.push_back(format);
        } else if (!is_same_format(*known, format)) {
            *known = format;
        }
    }
}

bool payload_allocator::is_given(payload_type payload) const noexcept {
    return std::find(given_.begin(), given_.end(), payload) != given_.end();
}

bool payload_allocator::is_used_for_another(payload_type payload, format const& wanted) const noexcept {
    return std::any_of(history_.begin(), history_.end(), [&](format const& used) {
        return used.payload == payload && !is_same_format(used, wanted);
    });
}

std::optional<payload_type> payload_allocator::settled(format const& wanted, std::optional<payload_type> wish) {
    auto const give = [this](payload_type payload) {
        given_.push_back(payload);
        return payload;
    };
    auto const fits = [&](format const& used) { return is_same_format(used, wanted) && !is_given(used.payload); };
    if (last_ != nullptr) {
        auto const last = std::find_if(last_->formats.begin(), last_->formats.end(), fits);
        if (last != last_->formats.end()) return give(last->payload);
    }
    auto const used = std::find_if(history_.begin(), history_.end(), fits);
    if (used != history_.end()) return give(used->payload);
    if (wish && !is_given(*wish) && !is_used_for_another(*wish, wanted)) return give(*wish);
    return std::nullopt;
}

std::optional<payload_type> payload_allocator::free_number() {
    for (unsigned candidate = 96; candidate != 128; ++candidate) {
        auto const payload = static_cast<payload_type>(candidate);
        bool const used = std::any_of(history_.begin(), history_.end(), [payload](format const& entry) {
            return entry.payload == payload;
        });
        if (used || is_given(payload)) continue;
        given_.push_back(payload);
        return payload;
    }
    return std::nullopt;
}

}  // namespace sdp

#include "phoned/phone/info_digits.hpp"

#include <fmt/format.h>

#include "rtp/session/telephone_event.hpp"

namespace phoned {

bool info_digits::push(std::string_view digits) {
    if (waiting_.size() + digits.size() > capacity) return false;
    waiting_ += digits;
    return true;
}

std::optional<info_digits::request> info_digits::next() {
    const auto at = waiting_.find_first_not_of(',');
    if (at == std::string::npos) {
        waiting_.clear();
        return std::nullopt;
    }
    const char digit = waiting_[at];
    waiting_.erase(0, at + 1);
    if (is_plain_) return request{"application/dtmf", std::string(1, digit)};
    return request{"application/dtmf-relay", fmt::format("Signal={}\r\nDuration=100\r\n", digit)};
}

std::optional<char> digit_in(sip::message_view info) {
    const auto type = info.get<sip::header_id::content_type>();
    if (!type) return std::nullopt;
    auto body = info.body();
    if (type->is("application", "dtmf-relay")) {
        constexpr std::string_view name = "Signal=";
        const auto at = body.find(name);
        if (at == std::string_view::npos) return std::nullopt;
        body.remove_prefix(at + name.size());
    } else if (!type->is("application", "dtmf")) {
        return std::nullopt;
    }
    const auto first = body.find_first_not_of(" \r\n");
    if (first == std::string_view::npos || !rtp::event_of(body[first])) return std::nullopt;
    return body[first];
}

}  // namespace phoned

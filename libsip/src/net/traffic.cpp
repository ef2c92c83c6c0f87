#include "sip/net/traffic.hpp"

#include <algorithm>

namespace sip::net {

void traffic_table::add(direction which, transport_kind over, std::string_view message) noexcept {
    message.remove_prefix(std::min(message.find_first_not_of("\r\n"), message.size()));  // RFC 3261 7.5
    constexpr std::string_view version = "SIP/2.0 ";
    auto cell = static_cast<std::size_t>(method::unknown);
    if (message.starts_with(version) && message.size() >= version.size() + 3) {
        unsigned status = 0;
        for (char const digit : message.substr(version.size(), 3))
            status = digit >= '0' && digit <= '9' ? status * 10 + static_cast<unsigned>(digit - '0') : 1000;
        if (status >= least_status && status <= most_status) cell = cell_of(static_cast<std::uint16_t>(status));
    } else {
        // No method is longer than SUBSCRIBE; what has no space up to there is none that we know.
        auto const head = message.substr(0, 10);
        if (auto const space = head.find(' '); space != std::string_view::npos)
            cell = static_cast<std::size_t>(method_from(head.substr(0, space)));
    }
    ++cells_[at(which, over) + cell];
}

}  // namespace sip::net

#include "rtp/endpoint.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

namespace rtp {

std::optional<endpoint> endpoint::from_text(std::string_view address, std::uint16_t port) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.size() >= text.size()) return std::nullopt;
    std::ranges::copy(address, text.begin());
    endpoint result;
    result.port = port;
    if (::inet_pton(AF_INET, text.data(), result.address.data()) == 1) {
        result.family = address_family::ipv4;
        return result;
    }
    if (::inet_pton(AF_INET6, text.data(), result.address.data()) == 1) {
        result.family = address_family::ipv6;
        return result;
    }
    return std::nullopt;
}

bool endpoint::is_usable() const noexcept {
    return family != address_family::none && port != 0 &&
           std::ranges::any_of(address, [](auto byte) { return byte != 0; });
}

std::string endpoint::address_text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (family == address_family::none) return {};
    ::inet_ntop(family == address_family::ipv4 ? AF_INET : AF_INET6, address.data(), text.data(), text.size());
    return text.data();
}

std::string endpoint::to_text() const {
    switch (family) {
        case address_family::none:
            return "(none)";
        case address_family::ipv4:
            return fmt::format("{}:{}", address_text(), port);
        case address_family::ipv6:
            return scope == 0 ? fmt::format("[{}]:{}", address_text(), port)
                              : fmt::format("[{}%{}]:{}", address_text(), scope, port);
    }
    return {};
}

}  // namespace rtp

#include "rtp/session/cname.hpp"

#include <cstdint>
#include <string_view>

namespace rtp {

std::string make_cname(environment const& environment) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string name;
    // 16 digits of 6 bits, eight from each draw.
    for (int draw = 0; draw < 2; ++draw) {
        auto bits = environment.random();
        for (int i = 0; i < 8; ++i, bits >>= 6)
            name += digits[bits & 0x3FU];
    }
    return name;
}

}  // namespace rtp

// Numbers in network order, as STUN and the formats of captures write them.
#pragma once

#include <cstdint>
#include <string>

namespace sip {

inline void append_u16(std::string& to, std::uint16_t value) {
    to += static_cast<char>(value >> 8U);
    to += static_cast<char>(value & 0xffU);
}

inline void append_u32(std::string& to, std::uint32_t value) {
    append_u16(to, static_cast<std::uint16_t>(value >> 16U));
    append_u16(to, static_cast<std::uint16_t>(value & 0xffffU));
}

}  // namespace sip

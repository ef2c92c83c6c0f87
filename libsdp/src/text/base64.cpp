#include "sdp/text/base64.hpp"

namespace sdp {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<std::size_t> decode_base64(std::string_view text, std::span<std::uint8_t> out) noexcept {
    if (text.size() % 4 == 0) {
        for (int i = 0; i != 2 && !text.empty() && text.back() == '='; ++i)
            text.remove_suffix(1);
    }
    std::size_t length = 0;
    std::uint32_t bits = 0;
    unsigned waiting = 0;  // Bits that do not make up an octet yet.
    for (char const c : text) {
        auto const value = alphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        waiting += 6;
        if (waiting < 8) continue;
        waiting -= 8;
        if (length == out.size()) return std::nullopt;
        out[length++] = static_cast<std::uint8_t>(bits >> waiting);
        bits &= (1U << waiting) - 1U;
    }
    if (waiting == 6 || bits != 0) return std::nullopt;  // One letter alone, or bits that say nothing.
    return length;
}

void append_base64(std::string& out, std::span<std::uint8_t const> octets) {
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        auto const piece = octets.subspan(i, octets.size() - i < 3 ? octets.size() - i : 3);
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j != 3; ++j)
            bits = (bits << 8U) | (j < piece.size() ? piece[j] : 0U);
        for (std::size_t j = 0; j != 4; ++j)
            out.push_back(j <= piece.size() ? alphabet[(bits >> (18 - 6 * j)) & 63U] : '=');
    }
}

}  // namespace sdp

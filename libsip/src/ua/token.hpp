// Random identifiers: tags and Call-IDs (RFC 3261 8.1.1.4, 19.3).
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "sip/environment.hpp"

namespace sip {

/// `Length` characters of 5 random bits each.
template <std::size_t Length>
struct random_token {
    std::array<char, Length> text;

    explicit random_token(random_source const& random) {
        constexpr std::string_view alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
        static_assert(alphabet.size() == 32);
        for (std::size_t i = 0; i < Length;) {
            auto bits = random();
            for (int k = 0; k < 12 && i < Length; ++k, bits >>= 5U)
                text[i++] = alphabet[bits & 31U];
        }
    }
    [[nodiscard]] std::string_view view() const noexcept { return {text.data(), Length}; }
};

using new_tag = random_token<12>;  // 60 bits; 19.3 asks for 32

/// No host name: 120 random bits need no help to be unique.
class new_call_id {
public:
    explicit new_call_id(environment const& env) : text_(env.call_id_prefix) {
        text_ += random_token<24>(env.random).view();
    }
    [[nodiscard]] std::string_view view() const noexcept { return text_; }

private:
    std::string text_;
};

}  // namespace sip

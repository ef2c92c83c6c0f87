// Random identifiers: tags and Call-IDs (RFC 3261 8.1.1.4, 19.3).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sip/environment.hpp"

namespace sip {

/// `Length` characters of 5 random bits each, behind the mark of the core that makes them.
template <std::size_t Length>
class new_identifier {
public:
    explicit new_identifier(environment const& env) : text_(env.mark) {
        constexpr std::string_view alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
        static_assert(alphabet.size() == 32);
        for (std::size_t i = 0; i < Length;) {
            auto bits = env.random();
            for (int k = 0; k < 12 && i < Length; ++k, ++i, bits >>= 5U)
                text_ += alphabet[bits & 31U];
        }
    }
    [[nodiscard]] std::string_view view() const noexcept { return text_; }

private:
    std::string text_;
};

using new_tag = new_identifier<12>;      // 60 bits; 19.3 asks for 32
using new_call_id = new_identifier<24>;  // no host name: 120 random bits need no help to be unique

}  // namespace sip

// The hash behind the tables of dialogs and ACKs.
#pragma once

#include <cstdint>
#include <string_view>

#include "sip/dialog/id.hpp"

namespace sip::detail {

/// FNV-1a from a secret start, mixed at the end. Whoever wants to aim at a bucket must know the seed, and in every
/// entry one of the tags holds 60 random bits of ours.
[[nodiscard]] inline std::uint64_t hash_dialog_id(dialog_id_view const& id, std::uint64_t seed) noexcept {
    auto x = seed;
    for (auto const text : {id.call_id, id.local_tag, id.remote_tag}) {
        for (char const c : text)
            x = (x ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        x = (x ^ 0xffU) * 0x100000001b3U;
    }
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
}

}  // namespace sip::detail

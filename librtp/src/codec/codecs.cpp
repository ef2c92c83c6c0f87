// The list of codecs that come with the library.
#include <algorithm>
#include <array>

#include "rtp/codec/codec.hpp"

namespace rtp {

std::span<codec const* const> built_in_codecs() noexcept {
    static std::array<codec const*, 2> const list{&pcmu(), &pcma()};
    return list;
}

codec const* find_codec(payload_format const& format, std::span<codec const* const> candidates) noexcept {
    auto const found = std::find_if(candidates.begin(), candidates.end(), [&](codec const* candidate) {
        return is_same_format(candidate->properties.format, format);
    });
    return found == candidates.end() ? nullptr : *found;
}

}  // namespace rtp

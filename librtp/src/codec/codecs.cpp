// The list of codecs that come with this build of the library, and why the others do not.
#include <algorithm>
#include <array>

#include "list.hpp"

namespace rtp {
namespace {

class codec_list final {
public:
    codec_list() noexcept {
        add(pcmu());
        add(pcma());
#if OFFHOOK_HAS_SPANDSP
        add(g722());
        add(gsm());
        add(g726_codecs());
#endif
#if OFFHOOK_HAS_OPUS
        add(opus_codecs());
#endif
#if OFFHOOK_HAS_G729
        add(g729());
#endif
        add(l16_codecs());
    }

    [[nodiscard]] std::span<codec const* const> all() const noexcept {
        return std::span(codecs_).first(count_);
    }

private:
    void add(codec const& one) noexcept {
        codecs_[count_++] = &one;
    }
    void add(std::span<codec const* const> several) noexcept {
        for (auto const* one : several)
            add(*one);
    }

    std::array<codec const*, 32> codecs_{};
    std::size_t count_ = 0;
};

struct missing_codec {
    std::string_view name;
    std::string_view why;
};

constexpr std::string_view no_spandsp = "this build is without spandsp";
constexpr std::string_view nothing_free = "there is no free implementation of it";
constexpr std::string_view not_supported = "this library does not support it";

constexpr std::array missing{
    missing_codec{"G723", nothing_free},
    missing_codec{"G723_53", nothing_free},  // as the guide's configuration files name it, at 5.3 and 6.3 kbit/s
    missing_codec{"G723_63", nothing_free},
    missing_codec{"G728", nothing_free},
    missing_codec{"G729", "bcg729 is under the GNU GPL 3, so it is built in only with OFFHOOK_WITH_G729"},
    missing_codec{"G722", no_spandsp},
    missing_codec{"GSM", no_spandsp},
    missing_codec{"G726-16", no_spandsp},
    missing_codec{"G726-24", no_spandsp},
    missing_codec{"G726-32", no_spandsp},
    missing_codec{"G726-40", no_spandsp},
    missing_codec{"opus", "this build is without libopus"},
    missing_codec{"iLBC", not_supported},
    missing_codec{"DVI4", not_supported},
    missing_codec{"LPC", not_supported},
    missing_codec{"QCELP", not_supported},
    missing_codec{"MPA", not_supported},
};

}  // namespace

std::span<codec const* const> built_in_codecs() noexcept {
    static codec_list const list;
    return list.all();
}

codec const* find_codec(payload_format const& format, std::span<codec const* const> candidates) noexcept {
    auto const found = std::find_if(candidates.begin(), candidates.end(), [&](codec const* candidate) {
        return is_same_format(candidate->properties.format, format);
    });
    return found == candidates.end() ? nullptr : *found;
}

std::string_view why_missing(std::string_view encoding_name) noexcept {
    auto const is_named = [encoding_name](std::string_view name) {
        return is_same_format({name, clock_rate{}, 1}, {encoding_name, clock_rate{}, 1});
    };
    for (auto const* present : built_in_codecs())
        if (is_named(present->properties.format.name)) return {};
    auto const found =
        std::find_if(missing.begin(), missing.end(), [&](missing_codec const& each) { return is_named(each.name); });
    return found == missing.end() ? std::string_view{} : found->why;
}

}  // namespace rtp

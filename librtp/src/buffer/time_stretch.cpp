#include "rtp/buffer/time_stretch.hpp"

#include <algorithm>
#include <cmath>

#include "rtp/buffer/pitch.hpp"

namespace rtp {
namespace {

constexpr float always_quiet = 3400;   // -55 dBov as power in squared 16-bit steps
constexpr float quiet_over_floor = 4;  // 6 dB
constexpr float floor_rise = 1.004F;   // for each packet: within seconds it follows a louder room
constexpr float alike = 0.85F;         // how well a period must repeat itself

// In microseconds.
constexpr std::size_t least_change = 10'000;     // less is not worth touching the sound
constexpr std::size_t between_changes = 60'000;  // in sound that is not quiet
constexpr std::size_t shortest_period = 2'500;
constexpr std::size_t longest_period = 15'000;
constexpr std::size_t quiet_fade = 5'000;

float power_of(std::span<const std::int16_t> samples) noexcept {
    std::int64_t sum = 0;
    for (auto const sample : samples)
        sum += static_cast<std::int32_t>(sample) * sample;
    return samples.empty() ? 0 : static_cast<float>(sum) / static_cast<float>(samples.size());
}

std::int16_t blend(std::int16_t from, std::int16_t to, std::size_t n, std::size_t count) noexcept {
    auto const share = static_cast<float>(n + 1) / static_cast<float>(count + 1);
    auto const value = static_cast<float>(from) + (static_cast<float>(to) - static_cast<float>(from)) * share;
    return static_cast<std::int16_t>(std::lrintf(value));
}

}  // namespace

std::size_t shorten(std::span<std::int16_t> samples, std::size_t size, std::size_t less, std::size_t fade) noexcept {
    auto const at = size - less - fade;
    for (std::size_t n = 0; n < fade; ++n)
        samples[at + n] = blend(samples[at + n], samples[at + less + n], n, fade);
    return size - less;
}

std::size_t lengthen(std::span<std::int16_t> samples, std::size_t size, std::size_t more, std::size_t fade) noexcept {
    auto const at = size - fade;
    // The copy comes first, since what it is taken from is blended over.
    for (std::size_t n = more; n-- > 0;)
        samples[size + n] = samples[size - more + n];
    for (std::size_t n = fade; n-- > 0;)
        samples[at + n] = blend(samples[at + n], samples[at - more + n], n, fade);
    return size + more;
}

bool time_stretch::is_quiet(std::span<const std::int16_t> samples) noexcept {
    auto const power = power_of(samples);
    floor_ = std::min(power, floor_ * floor_rise + 1);
    return power < always_quiet || power < floor_ * quiet_over_floor;
}

std::size_t time_stretch::change(std::span<std::int16_t> samples, std::size_t size, std::int64_t wanted) noexcept {
    auto const quiet = is_quiet(samples.first(size));
    since_change_ += size;
    auto const off = static_cast<std::size_t>(wanted < 0 ? -wanted : wanted);
    if (off < in_samples(least_change)) return size;
    std::size_t by = 0;
    std::size_t fade = 0;
    if (quiet) {
        by = std::min(off, size / 2);
        fade = std::min(in_samples(quiet_fade), size - by);
    } else if (since_change_ >= in_samples(between_changes)) {
        // A period, and behind it as much as it is compared and blended with.
        auto longest = std::min(in_samples(longest_period), size * 5 / 8);
        if (wanted < 0) longest = std::min(longest, off);  // never less delay than was wanted
        fade = std::min(size - longest, longest);
        auto const found = find_pitch(samples.first(size), sample_rate_, {in_samples(shortest_period), longest, fade});
        if (found.likeness >= alike) by = found.period;
    }
    if (by == 0) return size;
    since_change_ = 0;
    return wanted < 0 ? shorten(samples, size, by, fade) : lengthen(samples, size, by, fade);
}

}  // namespace rtp

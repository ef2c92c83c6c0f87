#include "rtp/buffer/splice.hpp"

#include <algorithm>
#include <cmath>

namespace rtp {
namespace {

std::int16_t blend(std::int16_t from, std::int16_t to, std::size_t n, std::size_t count) noexcept {
    auto const share = static_cast<float>(n + 1) / static_cast<float>(count + 1);
    auto const value = static_cast<float>(from) + (static_cast<float>(to) - static_cast<float>(from)) * share;
    return static_cast<std::int16_t>(std::lrintf(value));
}

}  // namespace

std::size_t shorten(std::span<std::int16_t> samples, std::size_t size, std::size_t less) noexcept {
    less = std::min(less, size);
    auto const left = size - less;
    for (std::size_t n = 0; n < left; ++n)
        samples[n] = blend(samples[n], samples[n + less], n, left);
    return left;
}

std::size_t lengthen(std::span<std::int16_t> samples, std::size_t size, std::size_t more) noexcept {
    more = std::min(more, size);
    // From the back, since each place reads what lies `more` before it.
    std::copy_backward(
        samples.begin() + static_cast<std::ptrdiff_t>(size - more), samples.begin() + static_cast<std::ptrdiff_t>(size),
        samples.begin() + static_cast<std::ptrdiff_t>(size + more)
    );
    auto const both = size - more;
    for (std::size_t n = both; n-- > 0;)
        samples[n + more] = blend(samples[n + more], samples[n], n, both);
    return size + more;
}

}  // namespace rtp

#include "sip/proxy/best_response.hpp"

#include <algorithm>

namespace sip::proxy {
namespace {

int rank(std::uint16_t status, ending how) noexcept {
    if (status >= 600) return 0;
    int in_class = 2;
    if (status == 487 && how == ending::cancelled)
        in_class = 0;
    else if (status == 401 || status == 407)
        in_class = 0;
    else if (status == 415 || status == 420 || status == 484)
        in_class = 1;
    else if (status == 408 || status == 487 || status == 503)
        in_class = 3;
    return status / 100 * 10 + in_class;
}

}  // namespace

std::size_t best_response(std::span<std::uint16_t const> statuses, ending how) noexcept {
    auto best = std::min_element(statuses.begin(), statuses.end(), [&](std::uint16_t a, std::uint16_t b) {
        return rank(a, how) < rank(b, how);
    });
    return static_cast<std::size_t>(best - statuses.begin());
}

}  // namespace sip::proxy

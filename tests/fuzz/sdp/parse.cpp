// Any bytes: the parser either names a place inside the text, or yields a model that prints and reads back equal.
#include "sdp/model/parse.hpp"
#include "sdp/model/print.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    auto const first = sdp::parse(text);
    if (!first) {
        auto const found = first.error();
        if (found.offset > size || found.reason.empty() || found.suggested_status < 400) std::abort();
        return 0;
    }
    // Printing adds the lines that were missing, so the limits of a second reading are wider.
    sdp::parse_limits const wide{.bytes = 1U << 22U, .media_lines = 64, .lines = 1U << 16U};
    auto const second = sdp::parse(sdp::to_text(*first), wide);
    if (!second || *second != *first) std::abort();
    return 0;
}

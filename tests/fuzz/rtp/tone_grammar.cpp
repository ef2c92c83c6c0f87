// Any text as a cadence: an error points into the text, and whatever parses can be played within its bounds.
#include "rtp/signal/tone_grammar.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    auto const parsed = rtp::parse_cadence(text);
    if (!parsed) {
        require(parsed.error().position <= size);
        require(!rtp::describe(parsed.error().error).empty());
        return 0;
    }
    require(parsed->count >= 1 && parsed->count <= rtp::cadence::max_steps);
    for (std::size_t n = 0; n < parsed->count; ++n) {
        auto const& step = parsed->steps[n];
        require(step.length.count() >= 0 && step.length.count() <= 30'000);
        for (auto const& component : step.components)
            require(component.hertz == 0 || (component.hertz >= 200 && component.hertz <= 7000));
    }
    rtp::tone_player player(16'000, *parsed);
    std::array<std::int16_t, 1600> samples{};
    for (int n = 0; n < 10; ++n)
        require(player.fill(samples) <= samples.size());
    return 0;
}

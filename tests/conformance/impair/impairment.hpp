// What a bad network does, as it is asked for: "loss=10,jitter=30,seed=7".
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace conformance {

struct impairment {
    // Datagrams, in percent of them.
    unsigned loss = 0;
    unsigned duplication = 0;
    unsigned reordering = 0;  ///< held back until later ones have overtaken them
    // Of every datagram.
    std::chrono::milliseconds delay{};
    std::chrono::milliseconds jitter{};  ///< from nothing to this is added to the delay
    // Connections, in percent; what is read from one at once is a piece.
    unsigned stalls = 0;  ///< pieces that wait, and everything behind them
    unsigned splits = 0;  ///< pieces that go on in small parts with pauses
    unsigned resets = 0;  ///< connections, before a flow and after it
    std::uint64_t seed = 1;

    [[nodiscard]] bool concerns_datagrams() const noexcept;
    [[nodiscard]] bool concerns_streams() const noexcept;
    /// "loss=10,jitter=30,seed=7": what was asked for, in one order.
    [[nodiscard]] std::string in_words() const;
};

/// Reads "loss=10,dup=5,reorder=5,delay=20,jitter=30,stall=10,split=50,reset=20,seed=7"; a span of seeds ("seed=1-10")
/// makes one impairment for each. What is wrong with the text where it is none.
[[nodiscard]] std::variant<std::vector<impairment>, std::string> read_impairments(std::string_view text);

}  // namespace conformance

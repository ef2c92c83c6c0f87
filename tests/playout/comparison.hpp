// Both buffers and the oracle on one trace, and what is made of it: areas, a row of a table, a panel of a drawing.
#pragma once

#include <string>
#include <vector>

#include "curve.hpp"
#include "network_trace.hpp"

namespace playout_test {

struct comparison {
    std::string name;
    double lost = 0;  ///< Share of the packets that the network lost.
    curve speex, ours, oracle;
    double stretched = 0;  ///< Of our packets, with the default settings.

    /// The range over which the areas are taken: from the larger of the two smallest mean delays (below, one of the two
    /// has no setting) to the larger of the two largest that still gain something.
    double from_ms = 0, to_ms = 0;
    double speex_area = 0, our_area = 0, oracle_area = 0;  ///< In percent times milliseconds.

    [[nodiscard]] double ratio() const { return our_area / speex_area; }
};

/// Runs every setting of both and every price of the oracle.
comparison compare(network_trace const&);

/// The sum of some, as a row of its own.
comparison sum(std::string name, std::vector<comparison> const&);

std::string table_head();
std::string table_row(comparison const&);

/// All comparisons of one kind in panels side by side.
std::string drawing(std::string const& title, std::vector<comparison> const&);

}  // namespace playout_test

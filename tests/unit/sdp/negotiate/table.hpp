// The tables of offers and answers as values: table/README.md describes their language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace negotiation {

enum class row_kind { peer_offers, we_offer };

/// One exchange.
struct row {
    row_kind kind = row_kind::peer_offers;
    bool goes_on = false;  ///< In the session that the row before left.
    std::string place;     ///< "file.txt:12"
    std::string title, source, rule;
    std::string local;                    ///< Empty: as before.
    std::string description;              ///< The peer's, as text.
    std::vector<std::string> lines;       ///< Of our answer or offer.
    std::vector<std::string> agreements;  ///< Only those of rows that ask for them.
    std::string refusal;
};

/// The rows of one file. A line that is none of the language becomes a row whose title says so and that fails.
std::vector<row> read_table(std::string_view file, std::string_view text);

}  // namespace negotiation

#include "table.hpp"

#include "sdp/text/scan.hpp"

#include <sstream>

namespace negotiation {

namespace {

/// The peer's lines with those that a row leaves out because they say nothing.
std::string complete(std::string_view lines) {
    auto const session_part = lines.substr(0, lines.find("m="));
    auto const is_missing = [session_part](std::string_view start) {
        return session_part.find(start) == std::string_view::npos;
    };
    std::string text = "v=0\r\n";
    if (is_missing("o=")) text += "o=peer 20518 1 IN IP4 198.51.100.1\r\n";
    if (is_missing("s=")) text += "s=-\r\n";
    if (lines.find("\nc=") == std::string_view::npos && is_missing("c=")) text += "c=IN IP4 198.51.100.1\r\n";
    if (is_missing("t=")) text += "t=0 0\r\n";
    return text.append(lines);
}

class table_reader {
public:
    explicit table_reader(std::string_view file) : file_{file} {}

    void read(std::string_view line) {
        ++number_;
        auto rest = sdp::trimmed(line);
        if (rest.empty() || rest.front() == '#') return;
        if (rest.front() != '=' && sdp::trimmed_left(rest.substr(1)).starts_with('=')) {
            // The answer to an offer of ours stands behind it.
            auto& description = head_.kind == row_kind::we_offer && !rows_.empty() ? rows_.back().description : offer_;
            description.append(rest).append("\r\n");
            return;
        }
        auto const word = sdp::take_field(rest);
        rest = sdp::trimmed(rest);
        if (begins_case(word, rest)) return;
        if (word == "source") {
            head_.source = rest;
        } else if (word == "rule") {
            head_.rule = rest;
        } else if (word == "with") {
            rows_.push_back(head_);
            rows_.back().local = rest;
            rows_.back().place = place();
            rows_.back().description = offer_;
        } else if (rows_.empty() || !read_expectation(word, rest)) {
            rows_.emplace_back().place = place();
            rows_.back().title = "no line of a table: " + std::string{line};
        }
    }

    std::vector<row> finish() {
        for (auto& row : rows_)
            row.description = complete(row.description);
        return std::move(rows_);
    }

private:
    [[nodiscard]] std::string place() const { return file_ + ":" + std::to_string(number_); }

    bool begins_case(std::string_view word, std::string_view title) {
        bool const ours = word == "ours" || word == "ours-again";
        bool const goes_on = word == "again" || word == "ours-again";
        if (!ours && !goes_on && word != "offer") return false;
        if (!goes_on) head_ = {};
        head_.kind = ours ? row_kind::we_offer : row_kind::peer_offers;
        head_.goes_on = goes_on;
        head_.title = title;
        offer_.clear();
        return true;
    }

    bool read_expectation(std::string_view word, std::string_view text) {
        auto& row = rows_.back();
        if (word == "=>") {
            row.lines.emplace_back(text);
        } else if (word == "->") {
            row.agreements.emplace_back(text);
        } else if (word == "refuse") {
            row.refusal = text;
        } else {
            return false;
        }
        return true;
    }

    std::string file_;
    int number_ = 0;
    row head_;           ///< What the rows of the case have in common.
    std::string offer_;  ///< The peer's lines.
    std::vector<row> rows_;
};

}  // namespace

std::vector<row> read_table(std::string_view file, std::string_view text) {
    table_reader reader{file};
    std::istringstream in{std::string{text}};
    for (std::string line; std::getline(in, line);)
        reader.read(line);
    return reader.finish();
}

}  // namespace negotiation

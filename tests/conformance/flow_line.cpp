#include "conformance/flow_line.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace conformance {

flow_line::flow_line(std::string_view line, unsigned number, const std::vector<std::string>& parties)
    : parties_(parties), end_{number, static_cast<unsigned>(line.size() + 1)} {
    for (std::size_t at = 0; at < line.size();) {
        const position here{number, static_cast<unsigned>(at + 1)};
        if (line[at] == ' ' || line[at] == '\t' || line[at] == '\r') {
            ++at;
        } else if (line[at] == '#') {
            break;
        } else if (line[at] == '"') {
            const auto end = line.find('"', at + 1);
            if (end == std::string_view::npos) {
                fail(here, "this quotation does not end on its line");
                return;
            }
            words_.push_back({line.substr(at + 1, end - at - 1), here, true});
            at = end + 1;
        } else {
            const auto end = std::min(line.find_first_of(" \t\r#\",", at), line.size());
            const auto length = std::max<std::size_t>(end - at, 1);
            words_.push_back({line.substr(at, length), here, false});
            at += length;
        }
    }
}

std::string flow_line::take(std::string_view what) {
    if (next_ < words_.size()) return std::string(words_[next_++].text);
    fail(end_, fmt::format("{} is missing", what));
    return {};
}

bool flow_line::take_if(std::string_view text) {
    if (is_done() || words_[next_].quoted || words_[next_].text != text) return false;
    ++next_;
    return true;
}

std::string flow_line::take_party() {
    const auto at = here();
    auto party = take("a party");
    if (std::find(parties_.begin(), parties_.end(), party) == parties_.end())
        fail(at, fmt::format("no party is called '{}'; see the parties line", party));
    return party;
}

std::vector<std::string> flow_line::take_alternatives(std::string_view what) {
    const auto at = here();
    const auto text = take(what);
    std::vector<std::string> all;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find('|', begin), text.size());
        all.push_back(text.substr(begin, end - begin));
        if (all.back().empty()) fail(at, fmt::format("{} is missing", what));
        begin = end + 1;
    }
    return all;
}

double flow_line::take_seconds() {
    const auto at = here();
    const auto text = take("a number of seconds");
    double value = -1;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || value < 0)
        fail(at, fmt::format("'{}' is no number of seconds", text));
    if (!take_if("s")) fail(here(), "the unit is missing: s");
    return value;
}

void flow_line::expect_end() {
    if (!is_done()) fail(here(), fmt::format("'{}' is not understood here", words_[next_].text));
}

std::optional<unsigned> whole_number(std::string_view text) noexcept {
    unsigned value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace conformance

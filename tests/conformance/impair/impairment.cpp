#include "conformance/impair/impairment.hpp"

#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace conformance {

namespace {

constexpr std::uint64_t most_percent = 100, most_milliseconds = 5000, most_seeds = 1000;

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

struct percentage {
    const char* name;
    unsigned impairment::*member;
};
constexpr percentage percentages[] = {{"loss", &impairment::loss},          {"dup", &impairment::duplication},
                                      {"reorder", &impairment::reordering}, {"stall", &impairment::stalls},
                                      {"split", &impairment::splits},       {"reset", &impairment::resets}};

struct duration_of {
    const char* name;
    std::chrono::milliseconds impairment::*member;
};
constexpr duration_of durations[] = {{"delay", &impairment::delay}, {"jitter", &impairment::jitter}};

struct seeds {
    std::uint64_t first = 1, last = 1;
};

/// What is wrong with the pair; empty where nothing is.
std::string read_pair(std::string_view name, std::string_view value, impairment& out, seeds& of) {
    const auto wrong = [&](std::string_view expected) {
        return fmt::format("impairment '{}={}': expected {}", name, value, expected);
    };
    for (const auto& each : percentages)
        if (name == each.name) {
            const auto percent = number(value);
            if (!percent || *percent > most_percent) return wrong("a whole number of percent, 0 to 100");
            out.*each.member = static_cast<unsigned>(*percent);
            return {};
        }
    for (const auto& each : durations)
        if (name == each.name) {
            const auto time = number(value);
            if (!time || *time > most_milliseconds) return wrong("a whole number of milliseconds, 0 to 5000");
            out.*each.member = std::chrono::milliseconds(*time);
            return {};
        }
    if (name != "seed")
        return fmt::format(
            "there is no impairment '{}'; known are loss, dup, reorder, delay, jitter, stall, split, reset, and seed",
            name
        );
    const auto dash = value.find('-');
    const auto first = number(value.substr(0, dash));
    const auto last = dash == value.npos ? first : number(value.substr(dash + 1));
    if (!first || !last || *last < *first || *last - *first >= most_seeds)
        return wrong("a number, or a span as 1-10, of 1000 at most");
    of = {*first, *last};
    return {};
}

}  // namespace

bool impairment::concerns_datagrams() const noexcept {
    return loss + duplication + reordering > 0 || delay.count() + jitter.count() > 0;
}

bool impairment::concerns_streams() const noexcept {
    return stalls + splits + resets > 0;
}

std::string impairment::in_words() const {
    std::string out;
    for (const auto& each : percentages)
        if (this->*each.member != 0) out += fmt::format("{}={},", each.name, this->*each.member);
    for (const auto& each : durations)
        if ((this->*each.member).count() != 0) out += fmt::format("{}={},", each.name, (this->*each.member).count());
    return out + fmt::format("seed={}", seed);
}

std::variant<std::vector<impairment>, std::string> read_impairments(std::string_view text) {
    impairment all;
    seeds of;
    for (auto rest = text; !rest.empty();) {
        const auto end = std::min(rest.find(','), rest.size());
        const auto pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto equals = pair.find('=');
        if (equals == pair.npos) return fmt::format("impairment '{}': expected NAME=NUMBER, as loss=10", pair);
        auto problem = read_pair(pair.substr(0, equals), pair.substr(equals + 1), all, of);
        if (!problem.empty()) return problem;
    }
    if (!all.concerns_datagrams() && !all.concerns_streams())
        return std::string(
            "an impairment that impairs nothing: name one of loss, dup, reorder, delay, jitter, stall, "
            "split, reset"
        );
    std::vector<impairment> out;
    for (auto seed = of.first;; ++seed) {
        out.push_back(all);
        out.back().seed = seed;
        if (seed == of.last) return out;
    }
}

}  // namespace conformance

#include "conformance/impair/hop.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace conformance {

namespace {

using namespace std::chrono_literals;

// As long as several packets of sound, and as a user agent needs for an answer; far below T1.
constexpr relay_time shortest_holding = 30ms, longest_holding = 150ms;
constexpr relay_time longest_after_copy = 100ms;
constexpr relay_time longest_stall = 1500ms, longest_pause_of_split = 20ms;
constexpr std::size_t most_parts = 8;

std::mt19937_64 seeded(std::uint64_t seed, const std::string& name) {
    std::vector<std::uint32_t> all{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)};
    for (const char c : name)
        all.push_back(static_cast<unsigned char>(c));
    std::seed_seq sequence(all.begin(), all.end());
    return std::mt19937_64(sequence);
}

}  // namespace

hop_tally& hop_tally::operator+=(const hop_tally& other) noexcept {
    sent += other.sent;
    lost += other.lost;
    doubled += other.doubled;
    overtaken += other.overtaken;
    delayed += other.delayed;
    stalled += other.stalled;
    split += other.split;
    resets += other.resets;
    return *this;
}

bool hop_tally::impaired() const noexcept {
    return lost + doubled + overtaken + delayed + stalled + split + resets > 0;
}

std::string hop_tally::in_words() const {
    const std::pair<std::uint64_t, const char*> counts[] = {
        {lost, "lost"},       {doubled, "doubled"}, {overtaken, "out of order"}, {delayed, "delayed"},
        {stalled, "stalled"}, {split, "split"},     {resets, "resets"}};
    auto out = fmt::format("{} sent", sent);
    for (const auto& [count, word] : counts)
        if (count != 0) out += fmt::format(", {} {}", count, word);
    return out;
}

hop_tally sum_of(const hop_tallies& all) noexcept {
    hop_tally out;
    for (const auto& [name, each] : all)
        out += each;
    return out;
}

std::vector<std::string> in_lines(const hop_tallies& all) {
    std::vector<std::string> out;
    for (const auto& [name, each] : all)
        out.push_back(fmt::format("{}: {}", name, each.in_words()));
    return out;
}

datagram_hop::datagram_hop(const impairment& what, const std::string& name)
    : what_(what), random_(seeded(what.seed, name)) {}

relay_time datagram_hop::up_to(relay_time most) {
    return relay_time(static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most.count() + 1)));
}

void datagram_hop::note_arrival(relay_time at) {
    if (at < latest_arrival_) ++tally_.overtaken;
    latest_arrival_ = std::max(latest_arrival_, at);
}

std::vector<relay_time> datagram_hop::send(relay_time now) {
    // As many numbers for each datagram, whatever happens to it: each has its fate by its place.
    const bool is_lost = happens(what_.loss), is_held = happens(what_.reordering),
               is_doubled = happens(what_.duplication);
    auto late = relay_time(what_.delay) + up_to(what_.jitter);
    const auto held = shortest_holding + up_to(longest_holding - shortest_holding);
    const auto after_copy = up_to(longest_after_copy);
    ++tally_.sent;
    if (is_lost) {
        ++tally_.lost;
        return {};
    }
    if (is_held) late += held;
    if (late.count() > 0) ++tally_.delayed;
    std::vector<relay_time> out{now + late};
    note_arrival(out.front());
    if (is_doubled) {
        ++tally_.doubled;
        out.push_back(out.front() + after_copy);
        note_arrival(out.back());
    }
    return out;
}

stream_hop::stream_hop(const impairment& what, const std::string& name)
    : what_(what), random_(seeded(what.seed, name)) {}

std::vector<stream_hop::part> stream_hop::send(relay_time now, std::size_t size) {
    ++tally_.sent;
    const auto draw = [this](std::uint64_t bound) { return bound == 0 ? 0 : random_() % bound; };
    auto at = std::max(now, latest_);
    if (draw(100) < what_.stalls) {
        ++tally_.stalled;
        at += relay_time(static_cast<std::int64_t>(draw(static_cast<std::uint64_t>(longest_stall.count())))) + 1ms;
    }
    std::vector<part> out;
    if (size > 1 && draw(100) < what_.splits) {
        ++tally_.split;
        while (size > 1 && out.size() + 1 < most_parts) {
            const auto taken = static_cast<std::size_t>(1 + draw(size - 1));
            out.push_back({at, taken});
            size -= taken;
            at +=
                1ms +
                relay_time(static_cast<std::int64_t>(draw(static_cast<std::uint64_t>(longest_pause_of_split.count()))));
        }
    }
    out.push_back({at, size});
    latest_ = at;
    return out;
}

bool stream_hop::resets() {
    const bool does = random_() % 100 < what_.resets;
    if (does) ++tally_.resets;
    return does;
}

}  // namespace conformance

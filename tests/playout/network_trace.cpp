#include "network_trace.hpp"

#include <algorithm>
#include <istream>
#include <ostream>
#include <sstream>
#include <stdexcept>

#include "support/seeded_random.hpp"

namespace playout_test {
namespace {

constexpr std::int64_t ms = 1000;  // all times here are in microseconds
constexpr std::int64_t packet_time = 20 * ms;

// Draws, each from one generator. Integers only.
class dice {
public:
    explicit dice(std::uint64_t seed) : random_(seed) {}

    bool chance(unsigned per_mille) { return random_.below(1000) < per_mille; }
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(high - low + 1)));
    }
    // Exponentially distributed in steps of its half-life, evenly within a step.
    std::int64_t exponential(std::int64_t mean) {
        auto const half_life = mean * 693 / 1000;
        std::int64_t halvings = 0;
        while (halvings < 16 && chance(500))
            ++halvings;
        return half_life * halvings + between(0, std::max<std::int64_t>(half_life, 1));
    }

private:
    test::seeded_random random_;
};

// What every path has: packets do not overtake each other, and some moments hold everything back to let it go at once.
class path {
public:
    explicit path(network_trace& into) : into_(into) {}

    // From `at` on nothing arrives for this long.
    void stall(std::int64_t at, std::int64_t length) { blocked_until_ = std::max(blocked_until_, at + length); }

    void deliver(std::int64_t captured, std::int64_t delay) {
        // What was held back follows the one before at the speed of the link.
        auto const at = std::max({captured + delay, blocked_until_, last_ + ms / 2});
        last_ = at;
        into_.delays.push_back(static_cast<int>((at - captured) / 100));
    }
    void lose() { into_.delays.push_back(network_trace::lost); }

private:
    network_trace& into_;
    std::int64_t blocked_until_ = 0;
    std::int64_t last_ = -ms;
};

// Wi-Fi: contention that comes and goes with the neighbours' traffic, and scans or power saving that hold everything
// back for a moment.
void wifi(dice& random, network_trace& trace) {
    auto const calm = random.between(500, 3000);
    auto const busy = calm * random.between(3, 6);
    auto const each = random.between(2'000, 12'000) * ms;
    auto const longest = random.between(60, 180) * ms;
    std::ostringstream words;
    words << "Wi-Fi: contention of " << calm << " us on average, " << busy
          << " us while neighbours are busy; held back each " << each / ms << " ms for up to " << longest / ms
          << " ms; 0.3 % lost";
    trace.description = words.str();
    path line(trace);
    bool is_busy = false;
    std::int64_t changes = 0;
    std::int64_t stalls = each / 2;
    for (std::int64_t at = 0; trace.delays.size() < packets_in_a_trace; at += packet_time) {
        if (at >= changes) {
            is_busy = !is_busy;
            changes = at + random.exponential(is_busy ? 6'000 * ms : 12'000 * ms);
        }
        if (at >= stalls) {
            line.stall(at, random.between(longest / 4, longest));
            stalls = at + random.between(each / 2, each * 3 / 2);
        }
        auto const delay = 2 * ms + random.exponential(is_busy ? busy : calm);
        random.chance(3) ? line.lose() : line.deliver(at, delay);
    }
}

// A narrow uplink shared with uploads: each fills the queue until something is dropped and it slows down, over and
// over.
void dsl(dice& random, network_trace& trace) {
    auto const longest_queue = random.between(60, 200) * ms;
    auto const growth = random.between(2, 8);
    auto const uploads = random.between(3'000, 10'000) * ms;
    std::ostringstream words;
    words << "congested DSL: uploads of " << uploads / ms << " ms on average fill a queue of " << longest_queue / ms
          << " ms; what does not fit is lost";
    trace.description = words.str();
    path line(trace);
    bool is_uploading = true;
    std::int64_t changes = 0;
    std::int64_t queue = 0;
    std::int64_t load = 0;  // of the link by others, in thousandths
    for (std::int64_t at = 0; trace.delays.size() < packets_in_a_trace; at += packet_time) {
        if (at >= changes) {
            is_uploading = !is_uploading;
            load = is_uploading ? 800 : 200;
            changes = at + random.exponential(is_uploading ? uploads : 8'000 * ms);
        }
        queue = std::max<std::int64_t>(queue + packet_time * load / 1000 - packet_time * 95 / 100, 0);
        if (random.chance(is_uploading ? 150 : 30)) queue += random.between(2, 12) * ms;  // a burst of somebody's page
        if (is_uploading) load += growth;
        if (queue > longest_queue) {
            queue = longest_queue;
            load = 700;
            if (random.chance(500)) {
                line.lose();
                continue;
            }
        }
        line.deliver(at, 8 * ms + queue + random.exponential(ms));
    }
}

// LTE: grants and retransmissions in steps, short interruptions, and hand-overs that hold everything back, sometimes
// lose the first part of it, and end on a cell with another delay.
void lte(dice& random, network_trace& trace) {
    auto const each = random.between(6'000, 18'000) * ms;
    auto const longest = random.between(100, 260) * ms;
    auto const retransmitted = static_cast<unsigned>(random.between(60, 200));
    std::ostringstream words;
    words << "LTE: " << retransmitted / 10 << " % are sent again 8 ms later; a hand-over each " << each / ms
          << " ms interrupts for up to " << longest / ms << " ms and changes the delay";
    trace.description = words.str();
    path line(trace);
    std::int64_t base = 25 * ms;
    std::int64_t hand_over = each;
    std::int64_t pause = 2'000 * ms;
    std::int64_t lost_until = 0;
    for (std::int64_t at = 0; trace.delays.size() < packets_in_a_trace; at += packet_time) {
        if (at >= hand_over) {
            auto const length = random.between(longest / 3, longest);
            line.stall(at, length);
            if (random.chance(300)) lost_until = at + length / 2;
            base = std::clamp<std::int64_t>(base + random.between(-12, 15) * ms, 15 * ms, 60 * ms);
            hand_over = at + random.between(each / 2, each * 3 / 2);
        }
        if (at >= pause) {
            line.stall(at, random.between(25, 60) * ms);
            pause = at + random.between(2'000, 6'000) * ms;
        }
        auto delay = base + random.between(0, 5 * ms);
        for (int again = 0; again < 4 && random.chance(retransmitted); ++again)
            delay += 8 * ms;
        at < lost_until ? line.lose() : line.deliver(at, delay);
    }
}

// Loss in bursts (Gilbert's model: a good and a bad state), and more delay in the bad state.
void burst(dice& random, network_trace& trace) {
    auto const begins = static_cast<unsigned>(random.between(5, 25));
    auto const ends = static_cast<unsigned>(random.between(150, 450));
    auto const jitter = random.between(2, 8) * ms;
    std::ostringstream words;
    words << "bursty loss: a bad state begins after " << 1000 / begins << " packets on average and lasts "
          << 1000 / ends << "; in it 80 % are lost; jitter of " << jitter / ms
          << " ms, three times that in the bad state";
    trace.description = words.str();
    path line(trace);
    bool is_bad = false;
    for (std::int64_t at = 0; trace.delays.size() < packets_in_a_trace; at += packet_time) {
        is_bad = is_bad ? !random.chance(ends) : random.chance(begins);
        auto const delay = 15 * ms + random.exponential(is_bad ? 3 * jitter : jitter);
        is_bad&& random.chance(800) ? line.lose() : line.deliver(at, delay);
    }
}

// Two clocks that do not agree, on a line with some jitter and rare spikes.
void drift(dice& random, network_trace& trace) {
    trace.drift_ppm = static_cast<int>(random.between(50, 300)) * (random.chance(500) ? 1 : -1);
    auto const jitter = random.between(2, 8) * ms;
    std::ostringstream words;
    words << "drift: the sender's clock is " << (trace.drift_ppm > 0 ? "slow" : "fast") << " by "
          << std::abs(trace.drift_ppm) << " ppm; jitter of " << jitter / ms << " ms and rare spikes";
    trace.description = words.str();
    path line(trace);
    while (trace.delays.size() < packets_in_a_trace) {
        auto const at = trace.captured(trace.delays.size()).count();
        auto const delay = 10 * ms + random.exponential(jitter);
        line.deliver(at, delay + (random.chance(4) ? random.between(20, 60) * ms : 0));
    }
}

constexpr std::pair<std::string_view, void (*)(dice&, network_trace&)> models[] = {
    {"wifi", wifi}, {"dsl", dsl}, {"lte", lte}, {"burst", burst}, {"drift", drift}};

}  // namespace

microseconds network_trace::fastest() const {
    int least = -1;
    for (auto const delay : delays)
        if (delay != lost && (least < 0 || delay < least)) least = delay;
    return microseconds(std::int64_t{least} * 100);
}

double network_trace::lost_share() const {
    return static_cast<double>(std::count(delays.begin(), delays.end(), lost)) / static_cast<double>(delays.size());
}

network_trace make_trace(std::string_view kind, std::uint64_t seed) {
    for (auto const& [name, model] : models)
        if (name == kind) {
            network_trace made;
            made.name = std::string(kind) + '-' + std::to_string(seed);
            dice random(seed * 1'000'003 + static_cast<unsigned char>(kind[0]));
            model(random, made);
            return made;
        }
    throw std::runtime_error("no network model '" + std::string(kind) + "'");
}

void write_trace(std::ostream& out, network_trace const& trace) {
    out << "# " << trace.description << "\ndrift " << trace.drift_ppm << '\n';
    for (std::size_t n = 0; n < trace.delays.size(); ++n) {
        if (trace.delays[n] == network_trace::lost)
            out << '-';
        else
            out << trace.delays[n];
        out << (n % 25 == 24 ? '\n' : ' ');
    }
}

network_trace read_trace(std::istream& in, std::string name) {
    network_trace trace;
    trace.name = std::move(name);
    std::string word;
    std::getline(in, word);
    if (word.size() < 2 || word[0] != '#') throw std::runtime_error(trace.name + ": no description in the first line");
    trace.description = word.substr(2);
    if (!(in >> word >> trace.drift_ppm) || word != "drift") throw std::runtime_error(trace.name + ": no drift");
    while (in >> word) {
        if (word == "-")
            trace.delays.push_back(network_trace::lost);
        else
            trace.delays.push_back(std::stoi(word));
    }
    if (trace.delays.size() != packets_in_a_trace)
        throw std::runtime_error(trace.name + ": " + std::to_string(trace.delays.size()) + " packets");
    return trace;
}

}  // namespace playout_test

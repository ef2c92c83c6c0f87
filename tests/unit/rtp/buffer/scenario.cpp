#include "scenario.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <queue>
#include <sstream>

#include "playout/network_trace.hpp"
#include "support/seeded_random.hpp"
#include "virtual_line.hpp"

namespace test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

struct arrival {
    time_point at;
    int order;
    sender::sent packet;
    friend bool operator<(arrival const& a, arrival const& b) {  // the earliest on top
        return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
};

// `(ABC)*20D` becomes ABC twenty times and a D.
std::string expand(std::string_view letters) {
    std::string all;
    for (std::size_t at = 0; at < letters.size();) {
        if (letters[at] != '(') {
            all += letters[at++];
            continue;
        }
        auto const close = letters.find(')', at);
        auto const group = letters.substr(at + 1, close - at - 1);
        int times = 0;
        auto const* begin = letters.data() + close + 2;
        auto const end = std::from_chars(begin, letters.data() + letters.size(), times);
        for (int n = 0; n < times; ++n)
            all += group;
        at = static_cast<std::size_t>(end.ptr - letters.data());
    }
    return all;
}

// The reverse, for messages: runs of one letter are counted.
std::string shorten(std::string_view trace) {
    std::string text;
    for (std::size_t at = 0; at < trace.size();) {
        auto const end = std::min(trace.find_first_not_of(trace[at], at), trace.size());
        text += end - at < 4 ? std::string(end - at, trace[at])
                             : '(' + std::string(1, trace[at]) + ")*" + std::to_string(end - at);
        at = end;
    }
    return text;
}

class runner {
public:
    explicit runner(scenario const& which) : scenario_(which) {}

    std::vector<std::string> run() {
        for (auto const& line : scenario_.lines) {
            number_ = line.number;
            std::vector<std::string> words = line.words;
            auto const verb = words.front();
            words.erase(words.begin());
            if (!configure(verb, words)) act(verb, words);
        }
        return failures_;
    }

private:
    void fail(std::string const& what) {
        failures_.push_back(scenario_.place + ", line " + std::to_string(number_) + ": " + what);
    }

    static long to_number(std::string const& word) { return std::stol(word); }

    bool configure(std::string const& verb, std::vector<std::string> const& words) {
        if (verb == "mode" && words.at(0) == "fixed") {
            settings_.mode = rtp::jitter_mode::fixed;
            settings_.normal = milliseconds(to_number(words.at(1)));
        } else if (verb == "mode") {
            settings_.minimum = milliseconds(to_number(words.at(1)));
            settings_.maximum = milliseconds(to_number(words.at(2)));
            settings_.start = milliseconds(to_number(words.at(3)));
        } else if (verb == "packet") {
            packet_ = milliseconds(to_number(words.at(0)));
        } else if (verb == "period") {
            settings_.period = milliseconds(to_number(words.at(0)));
        } else if (verb == "capacity") {
            settings_.capacity = static_cast<std::size_t>(to_number(words.at(0)));
        } else {
            return false;
        }
        if (buffer_) fail("settings come before what happens");
        return true;
    }

    void act(std::string const& verb, std::vector<std::string> const& words) {
        if (!buffer_) begin();
        if (verb == "send") {
            std::string letters;
            for (auto const& word : words)
                letters += word;
            for (auto const letter : expand(letters))
                send(letter);
        } else if (verb == "route") {
            route_ = milliseconds(to_number(words.at(0)));
        } else if (verb == "talk") {
            for (auto left = milliseconds(to_number(words.at(0))); left >= packet_; left -= packet_)
                send('P');
        } else if (verb == "trace") {
            play_trace(words.at(0));
        } else if (verb == "seed") {
            random_ = seeded_random(static_cast<std::uint64_t>(to_number(words.at(0))));
        } else if (verb == "jitter") {
            jitter_ = milliseconds(to_number(words.at(0)));
        } else if (verb == "loss") {
            loss_percent_ = static_cast<std::uint64_t>(to_number(words.at(0)));
            burst_ = words.size() > 1 ? static_cast<std::uint64_t>(to_number(words.at(1))) : 0;
        } else if (verb == "drift") {
            drift_ppm_ = to_number(words.at(0));
        } else if (verb == "quiet" || verb == "loud") {
            run_until(now_);
            device_->may_correct = verb == "quiet";
        } else if (verb == "device") {
            run_until(now_);
            is_device_running_ = words.at(0) == "run";
        } else if (verb == "wait") {
            now_ += milliseconds(to_number(words.at(0)));
        } else if (verb == "hear") {
            finish();
            std::string wanted;
            for (auto const& word : words)
                wanted += word;
            check_trace(expand(wanted));
        } else if (verb == "order") {
            finish();
            for (std::size_t n = 1; n < device_->played.size(); ++n)
                if (static_cast<std::int16_t>(device_->played[n] - device_->played[n - 1]) <= 0)
                    fail(
                        "packet " + std::to_string(device_->played[n]) + " was played after " +
                        std::to_string(device_->played[n - 1])
                    );
        } else if (verb == "limit") {
            finish();
            check_limit(words.at(0), words.at(1));
        } else {
            fail("unknown line '" + verb + "'");
        }
    }

    void begin() {
        buffer_.emplace(settings_);
        device_.emplace(*buffer_);
        sender_.units = static_cast<std::uint32_t>(packet_.count()) * 8;
        now_ = line_start;
        next_period_ = line_start + milliseconds(5);
    }

    void deliver(sender::sent const& packet, duration late) {
        if (is_lost()) return;
        if (jitter_ > microseconds(0)) late += microseconds(random_.below(static_cast<std::uint64_t>(jitter_.count())));
        arrivals_.push({now_ + route_ + late, order_++, packet});
    }

    // Each packet by itself, or in bursts of so many on average (Gilbert's model).
    bool is_lost() {
        if (loss_percent_ == 0) return false;
        if (burst_ == 0) return random_.below(100) < loss_percent_;
        is_in_burst_ =
            is_in_burst_ ? random_.below(burst_) != 0 : random_.below(burst_ * (100 - loss_percent_)) < loss_percent_;
        return is_in_burst_;
    }

    // A golden trace of tests/playout/traces, from its first packet to its last.
    void play_trace(std::string const& name) {
        auto const folder = std::filesystem::path(OFFHOOK_SCENARIOS).parent_path() / "../../../playout/traces";
        std::ifstream file(folder / (name + ".txt"));
        if (!file) return fail("no trace '" + name + "'");
        auto const trace = playout_test::read_trace(file, name);
        drift_ppm_ = trace.drift_ppm;
        for (auto const delay : trace.delays) {
            auto const packet = sender_.next();
            if (delay != playout_test::network_trace::lost) deliver(packet, microseconds(std::int64_t{delay} * 100));
            pass_packet_time();
        }
    }

    void pass_packet_time() {
        now_ += packet_ + microseconds(packet_.count() * drift_ppm_ / 1000);
        run_until(now_);
    }

    void send(char letter) {
        if (letter != 'E') event_start_.reset();
        switch (letter) {
            case 'P':
                deliver(sender_.next(), milliseconds(0));
                break;
            case 'Z':
                deliver(sender_.next(), milliseconds(250));
                break;
            case 'S':
                deliver(sender_.next(), packet_ + milliseconds(1));
                break;
            case 'L':
                static_cast<void>(sender_.next());
                break;
            case 'D': {
                auto const packet = sender_.next();
                deliver(packet, milliseconds(0));
                deliver(packet, milliseconds(1));
                break;
            }
            case '_':
                sender_.pause(sender_.units);
                break;
            case 'C':
                deliver(sender_.next(rtp::packet_content::comfort_noise), milliseconds(0));
                break;
            case 'E': {
                auto event = sender_.next(rtp::packet_content::other);
                if (!event_start_) event_start_ = event.timestamp;
                event.timestamp = *event_start_;
                deliver(event, milliseconds(0));
                break;
            }
            case 'J':
                sender_.sequence = rtp::advance(sender_.sequence, 20000);
                sender_.timestamp = rtp::advance(sender_.timestamp, 1'000'000'007);
                deliver(sender_.next(), milliseconds(0));
                break;
            case 'T':
                sender_.timestamp = rtp::advance(sender_.timestamp, 8000 * 60);
                deliver(sender_.next(), milliseconds(0));
                break;
            case 'B':
                sender_.timestamp = rtp::advance(sender_.timestamp, -800);
                deliver(sender_.next(), milliseconds(0));
                break;
            case 'R':
                sender_.ssrc = static_cast<rtp::ssrc_t>(static_cast<std::uint32_t>(sender_.ssrc) + 1);
                sender_.sequence = rtp::advance(sender_.sequence, 12345);
                sender_.timestamp = rtp::advance(sender_.timestamp, 987'654'321);
                deliver(sender_.next(), milliseconds(0));
                break;
            case 'X':
                deliver(sender_.next(), milliseconds(0));
                deliver(stranger_.next(), milliseconds(1));
                break;
            default:
                if (letter >= '1' && letter <= '9')
                    deliver(sender_.next(), milliseconds((letter - '0') * 10));
                else
                    fail(std::string("unknown letter '") + letter + "'");
        }
        pass_packet_time();
    }

    // Everything before `end`, arrivals and periods in the order of their times.
    void run_until(time_point end) {
        for (;;) {
            auto const has_arrival = !arrivals_.empty() && arrivals_.top().at < end;
            if (has_arrival && arrivals_.top().at <= next_period_) {
                auto const next = arrivals_.top();
                arrivals_.pop();
                auto const result = put(*buffer_, next.at, next.packet);
                ++results_[result];
            } else if (next_period_ < end) {
                if (is_device_running_) device_->run_period(next_period_);
                next_period_ += settings_.period;
            } else {
                return;
            }
        }
    }

    void finish() {
        if (is_finished_) return;
        is_finished_ = true;
        run_until(now_ + milliseconds(300));
    }

    void check_trace(std::string const& wanted) {
        auto const& heard = device_->trace;
        for (std::size_t n = 0; n < wanted.size(); ++n)
            if (n >= heard.size() || (wanted[n] != '?' && wanted[n] != heard[n])) {
                fail(
                    "heard  " + shorten(heard) + "\n        wanted " + shorten(wanted) +
                    "\n        differs at period " + std::to_string(n)
                );
                return;
            }
    }

    long value_of(std::string const& name) {
        auto const& counts = buffer_->statistics();
        auto const ms = [](duration span) {
            return static_cast<long>(std::chrono::duration_cast<milliseconds>(span).count());
        };
        if (name == "queued") return static_cast<long>(counts.queued);
        if (name == "late") return static_cast<long>(counts.late);
        if (name == "lost") return static_cast<long>(counts.lost);
        if (name == "duplicates") return static_cast<long>(counts.duplicates);
        if (name == "held") return results_[rtp::put_result::held];
        if (name == "discarded") return static_cast<long>(counts.discarded);
        if (name == "resets") return static_cast<long>(counts.resets);
        if (name == "overflows") return results_[rtp::put_result::overflow];
        if (name == "empties") return static_cast<long>(counts.empties);
        if (name == "played") return static_cast<long>(device_->played.size());
        if (name == "concealed") return counts.concealed_units / 8;
        if (name == "silent") return counts.silent_units / 8;
        if (name == "media") return counts.media_units / 8;
        if (name == "delay") return ms(buffer_->delay());
        if (name == "mean") return device_->delays == 0 ? 0 : ms(device_->delay_sum / device_->delays);
        if (name == "highest") return ms(device_->delay_max);
        if (name == "target") return ms(buffer_->target_delay());
        fail("unknown limit '" + name + "'");
        return 0;
    }

    void check_limit(std::string const& name, std::string const& range) {
        auto const dots = range.find("..");
        auto const low = to_number(range.substr(0, dots));
        auto const high = dots == std::string::npos ? low : to_number(range.substr(dots + 2));
        auto const value = value_of(name);
        if (value < low || value > high)
            fail(
                name + " is " + std::to_string(value) + ", not " + range + "\n        heard " + shorten(device_->trace)
            );
    }

    scenario const& scenario_;
    int number_ = 0;
    std::vector<std::string> failures_;

    rtp::jitter_settings settings_;
    milliseconds packet_{20};
    std::optional<rtp::jitter_buffer> buffer_;
    std::optional<device> device_;
    bool is_device_running_ = true;
    bool is_finished_ = false;
    sender sender_;
    sender stranger_{rtp::ssrc_t{0xDEADBEEF}, rtp::sequence_t{9}, rtp::timestamp_t{90}, 160};
    std::priority_queue<arrival> arrivals_;
    int order_ = 0;
    std::optional<rtp::timestamp_t> event_start_;
    duration route_{0};
    long drift_ppm_ = 0;
    seeded_random random_{1};
    microseconds jitter_{0};
    std::uint64_t loss_percent_ = 0, burst_ = 0;
    bool is_in_burst_ = false;
    time_point now_;
    time_point next_period_;
    std::map<rtp::put_result, long> results_;
};

}  // namespace

std::vector<scenario> read_scenarios(std::string_view file_name, std::string_view text) {
    std::vector<scenario> all;
    std::istringstream lines{std::string(text)};
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        line = line.substr(0, line.find('#'));
        std::istringstream rest(line);
        std::string word;
        if (!(rest >> word)) continue;
        if (word == "scenario") {
            std::string title;
            std::getline(rest >> std::ws, title);
            all.push_back({title, std::string(file_name) + ", " + title, {}});
            continue;
        }
        if (all.empty()) continue;
        scenario::line made{number, {word}};
        while (rest >> word)
            made.words.push_back(word);
        all.back().lines.push_back(std::move(made));
    }
    return all;
}

std::vector<std::string> run_scenario(scenario const& which) {
    return runner(which).run();
}

}  // namespace test

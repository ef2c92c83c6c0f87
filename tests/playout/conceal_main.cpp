// Concealment of lost G.711 packets against plain repetition and spandsp's, by log-spectral distance to what was lost.
//
//   playout_conceal                 the table
//   playout_conceal --tuning        with other voices and losses than the table's: those that our constants were chosen
//   on playout_conceal --check FILE    holds what the page claims against what comes out
#include <fmt/format.h>
#include <spandsp.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>

#include "rtp/buffer/concealment.hpp"
#include "rtp/codec/g711.hpp"
#include "spectral_distance.hpp"
#include "support/seeded_random.hpp"
#include "voice_model.hpp"

namespace {

using namespace playout_test;

constexpr std::size_t packet = 160;
constexpr std::size_t seconds = 60;
constexpr unsigned voices = 10;
constexpr unsigned first_tuning_seed = 101;

// Plays packets in order: real ones it may change, lost ones it fills.
struct method {
    std::function<void(std::span<std::int16_t>)> on_media;
    std::function<void(std::span<std::int16_t>)> conceal;
};

method ours() {
    auto state = std::make_shared<rtp::concealment>(8000);
    return {
        [state](std::span<std::int16_t> samples) { state->on_media(samples); },
        [state](std::span<std::int16_t> samples) { state->conceal(samples); }};
}

method spandsp() {
    std::shared_ptr<plc_state_t> const state(plc_init(nullptr), plc_free);
    return {
        [state](std::span<std::int16_t> samples) {
            plc_rx(state.get(), samples.data(), static_cast<int>(samples.size()));
        },
        [state](std::span<std::int16_t> samples) {
            plc_fillin(state.get(), samples.data(), static_cast<int>(samples.size()));
        }};
}

method repetition() {
    auto last = std::make_shared<std::vector<std::int16_t>>(packet);
    return {
        [last](std::span<std::int16_t> samples) { last->assign(samples.begin(), samples.end()); },
        [last](std::span<std::int16_t> samples) { std::copy(last->begin(), last->end(), samples.begin()); }};
}

method silence() {
    return {
        [](std::span<std::int16_t>) {},
        [](std::span<std::int16_t> samples) { std::fill(samples.begin(), samples.end(), std::int16_t{0}); }};
}

// What G.711 makes of a voice.
std::vector<std::int16_t> decoded_speech(std::uint64_t seed) {
    auto samples = speak(seconds, seed);
    for (auto& sample : samples)
        sample = rtp::g711::decode_mu_law(rtp::g711::encode_mu_law(sample));
    return samples;
}

// Which packets are lost; in bursts of three on average (Gilbert's model), if wanted.
std::vector<bool> losses(std::size_t count, unsigned percent, bool in_bursts, std::uint64_t seed) {
    test::seeded_random random(seed);
    std::vector<bool> lost(count);
    bool is_bad = false;
    for (std::size_t n = 4; n < count; ++n) {
        if (in_bursts)
            is_bad = is_bad ? random.below(3) != 0 : random.below(3 * (100 - percent)) < percent;
        else
            is_bad = random.below(100) < percent;
        lost[n] = is_bad;
    }
    return lost;
}

struct distance {
    double sum = 0;
    std::size_t frames = 0;
};

bool is_speech(std::span<const std::int16_t> samples) {
    double sum = 0;
    for (auto const sample : samples)
        sum += static_cast<double>(sample) * sample;
    return sum / static_cast<double>(samples.size()) > 58 * 58;  // -55 dBov
}

// Over all frames of speech, each 10 ms, that hold invented sound or what is blended with it behind a gap.
distance measure(std::vector<std::int16_t> const& original, std::vector<bool> const& lost, method const& by) {
    auto heard = original;
    for (std::size_t n = 0; n < lost.size(); ++n) {
        auto const samples = std::span(heard).subspan(n * packet, packet);
        lost[n] ? by.conceal(samples) : by.on_media(samples);
    }
    spectral_distance const between;
    distance made;
    for (std::size_t at = 0; at + spectral_frame <= heard.size(); at += packet / 2) {
        bool is_touched = false;
        for (auto n = (at >= packet / 2 ? at - packet / 2 : 0) / packet; n <= (at + spectral_frame - 1) / packet; ++n)
            is_touched = is_touched || (n < lost.size() && lost[n]);
        if (!is_touched || !is_speech(std::span(original).subspan(at, spectral_frame))) continue;
        made.sum +=
            between(std::span(original).subspan(at, spectral_frame), std::span(heard).subspan(at, spectral_frame));
        ++made.frames;
    }
    return made;
}

struct contender {
    char const* name;
    method (*make)();
};
constexpr contender contenders[] = {
    {"ours", ours}, {"spandsp", spandsp}, {"repetition", repetition}, {"silence", silence}};

std::string row_of(std::string const& name, std::array<double, std::size(contenders)> const& values) {
    auto row = fmt::format("| {} |", name);
    for (auto const value : values)
        row += fmt::format(" {:.2f} |", value);
    return row + '\n';
}

bool is_in_page(std::string const& page, std::string const& row) {
    auto const name = row.substr(0, row.find('|', 2) + 1);
    auto const at = page.find('\n' + name);
    if (at == std::string::npos) return false;
    std::istringstream claimed(page.substr(at + 1 + name.size())), found(row.substr(name.size()));
    std::string one, other;
    for (std::size_t n = 0; n < std::size(contenders); ++n) {
        std::getline(claimed, one, '|');
        std::getline(found, other, '|');
        if (std::abs(std::atof(one.c_str()) - std::atof(other.c_str())) > 0.06) return false;
    }
    return true;
}

int run(bool tuning, std::string const& page) {
    std::vector<std::vector<std::int16_t>> speech;
    for (unsigned n = 0; n < voices; ++n)
        speech.push_back(decoded_speech((tuning ? first_tuning_seed : 1) + n));
    int wrong = 0;
    std::cout << "| loss | ours | spandsp | repetition | silence |\n|---|---|---|---|---|\n";
    for (bool const in_bursts : {false, true})
        for (unsigned const percent : {1U, 3U, 5U, 10U}) {
            std::array<double, std::size(contenders)> values{};
            for (std::size_t which = 0; which < values.size(); ++which) {
                distance whole;
                for (std::size_t n = 0; n < speech.size(); ++n) {
                    auto const lost =
                        losses(speech[n].size() / packet, percent, in_bursts, n + percent * 100 + (tuning ? 7 : 0));
                    auto const one = measure(speech[n], lost, contenders[which].make());
                    whole.sum += one.sum;
                    whole.frames += one.frames;
                }
                values[which] = whole.sum / static_cast<double>(whole.frames);
            }
            auto const row = row_of(fmt::format("{} %, {}", percent, in_bursts ? "in bursts" : "random"), values);
            std::cout << row;
            for (std::size_t which = 1; which < values.size(); ++which)
                if (values[0] >= values[which]) {
                    std::cerr << "not better than " << contenders[which].name << ": " << row;
                    ++wrong;
                }
            if (page.empty() || is_in_page(page, row)) continue;
            std::cerr << "the page says something else: " << row;
            ++wrong;
        }
    return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::string page;
    bool tuning = false;
    for (int n = 1; n < argc; ++n) {
        std::string const word = argv[n];
        if (word == "--tuning") {
            tuning = true;
        } else if (word == "--check" && n + 1 < argc) {
            std::ostringstream text;
            text << std::ifstream(argv[++n]).rdbuf();
            page = text.str();
        } else {
            std::cerr << "unknown option " << word << '\n';
            return 2;
        }
    }
    return run(tuning, page);
}

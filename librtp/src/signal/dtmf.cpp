#include "rtp/signal/dtmf.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rtp/signal/level.hpp"

namespace rtp {
namespace {

constexpr std::array<std::uint16_t, 8> frequencies{697, 770, 852, 941, 1209, 1336, 1477, 1633};
constexpr std::array<std::string_view, 4> keypad{"123A", "456B", "789C", "*0#D"};

constexpr double ratio(double decibels) noexcept {
    // 10^(d/10) for the constants below; std::pow is not constexpr.
    double value = 1;
    for (; decibels >= 1; decibels -= 1)
        value *= 1.2589254117941673;
    return value;
}

// Q.24 leaves the numbers to the national networks; these accept all of their limits.
constexpr double column_over_row = ratio(8);  // twist: the column may be stronger by this
constexpr double row_over_column = ratio(10);
constexpr double over_others = ratio(7);     // the best of a group over the rest of it
constexpr double share_of_power = 0.62;      // in one block: a pure digit 1.5 % beside its frequency still shows 0.7
constexpr double confirmed_share = 0.85;     // once the frequency is known and that loss is made good: 8 dB over noise
constexpr double largest_deviation = 0.022;  // Q.24: 1.5 % must be heard, 3.5 % must not
constexpr double quietest_dbm0 = -36;        // of each of the two tones

}  // namespace

std::optional<std::array<std::uint16_t, 2>> dtmf_frequencies(char digit) noexcept {
    if (digit >= 'a' && digit <= 'd') digit = static_cast<char>(digit - 'a' + 'A');
    for (std::size_t row = 0; row < keypad.size(); ++row) {
        auto const column = keypad[row].find(digit);
        if (column != std::string_view::npos) return std::array{frequencies[row], frequencies[4 + column]};
    }
    return std::nullopt;
}

error_code dtmf_player::push(char digit) noexcept {
    if (!dtmf_frequencies(digit)) return make_error_code(errc::invalid_digit);
    if (waiting_count_ == max_waiting) return make_error_code(errc::queue_full);
    waiting_[(first_ + waiting_count_) % max_waiting] = digit;
    ++waiting_count_;
    return {};
}

std::size_t dtmf_player::fill(std::span<std::int16_t> samples) noexcept {
    std::size_t done = 0;
    while (done < samples.size()) {
        if (player_.has_ended() && waiting_count_ > 0) {
            auto const pair = dtmf_frequencies(waiting_[first_]);
            first_ = (first_ + 1) % max_waiting;
            --waiting_count_;
            using namespace std::chrono_literals;
            cadence digit;  // a length of 0 would mean without end
            digit.count = 2;
            digit.steps[0] = {
                {{{(*pair)[0], timing_.low_dbm0}, {(*pair)[1], timing_.high_dbm0}}},
                std::max(timing_.tone, 1ms),
                step_repeat::once};
            digit.steps[1] = {{}, std::max(timing_.pause, 1ms), step_repeat::once};
            player_ = tone_player(sample_rate_, digit);
        }
        auto const sounded = player_.fill(samples.subspan(done));
        if (waiting_count_ == 0) return done + sounded;  // what follows is silence already
        done += sounded;
    }
    return done;
}

dtmf_detector::dtmf_detector(std::uint32_t sample_rate) noexcept
    : sample_rate_(sample_rate), block_(sample_rate * 102UL / 8000) {
    for (std::size_t n = 0; n < filters_.size(); ++n)
        filters_[n].factor = 2 * std::cos(2 * std::numbers::pi * frequencies[n] / sample_rate);
}

void dtmf_detector::feed(std::span<const std::int16_t> samples) noexcept {
    for (auto const sample : samples) {
        double const value = sample;
        power_ += value * value;
        for (auto& filter : filters_) {
            auto const next = filter.factor * filter.now - filter.before + value;
            filter.before = filter.now;
            filter.now = next;
        }
        if (++filled_ == block_) end_block();
    }
}

std::complex<double> dtmf_detector::result(std::size_t filter) const noexcept {
    auto const& f = filters_[filter];
    auto const cosine = f.factor / 2;
    return {f.now - f.before * cosine, f.before * std::sqrt(1 - cosine * cosine)};
}

char dtmf_detector::judge_block() const noexcept {
    std::array<double, 8> power{};  // mean square of each tone
    auto const count = static_cast<double>(block_);
    for (std::size_t n = 0; n < power.size(); ++n)
        power[n] = 2 * std::norm(result(n)) / (count * count);
    auto const row = static_cast<std::size_t>(std::max_element(power.begin(), power.begin() + 4) - power.begin());
    auto const column = static_cast<std::size_t>(std::max_element(power.begin() + 4, power.end()) - power.begin());
    auto const quietest = std::pow(sine_peak_of_dbm0(quietest_dbm0), 2) / 2;
    if (power[row] < quietest || power[column] < quietest) return 0;
    if (power[column] > power[row] * column_over_row || power[row] > power[column] * row_over_column) return 0;
    for (std::size_t n = 0; n < power.size(); ++n) {
        auto const best = n < 4 ? row : column;
        if (n != best && power[n] * over_others > power[best]) return 0;
    }
    if (power[row] + power[column] < share_of_power * power_ / count) return 0;
    return keypad[row][column - 4];
}

// From block to block the phase of a filter's result advances by the true frequency; what that is beside the nominal
// one is less than half a turn within 39 Hz.
bool dtmf_detector::is_confirmed(char digit) const noexcept {
    auto const tones = dtmf_frequencies(digit);
    if (!tones) return false;
    auto const count = static_cast<double>(block_);
    double power = 0;
    for (std::size_t n = 0; n < frequencies.size(); ++n) {
        if (frequencies[n] != (*tones)[0] && frequencies[n] != (*tones)[1]) continue;
        double const nominal = frequencies[n] * count / sample_rate_;  // turns a block
        auto const turned = std::arg(result(n) * std::conj(filters_[n].last)) / (2 * std::numbers::pi);
        auto const beside = std::remainder(turned - nominal, 1.0);
        if (std::abs(beside) > nominal * largest_deviation) return false;
        auto const angle = std::numbers::pi * beside;
        auto const loss = angle == 0 ? 1 : std::sin(angle) / angle;
        power += 2 * std::norm(result(n)) / (count * count * loss * loss);
    }
    return power >= confirmed_share * power_ / count;
}

void dtmf_detector::end_block() noexcept {
    auto const heard = judge_block();
    auto const at = blocks_ * block_;
    ++blocks_;
    if (digit_ != 0 && heard == digit_) {
        misses_ = 0;
        end_ = at + block_;
    } else if (digit_ != 0 && ++misses_ == 2) {
        keep({digit_, begin_, end_ - begin_});
        digit_ = 0;
    }
    if (heard != 0 && heard == last_ && heard != digit_ && is_confirmed(heard)) {
        if (digit_ != 0) keep({digit_, begin_, end_ - begin_});
        digit_ = heard;
        begin_ = at - block_;
        end_ = at + block_;
        misses_ = 0;
    }
    last_ = heard;
    filled_ = 0;
    power_ = 0;
    for (std::size_t n = 0; n < filters_.size(); ++n) {
        filters_[n].last = result(n);
        filters_[n].now = filters_[n].before = 0;
    }
}

void dtmf_detector::keep(heard_digit which) noexcept {
    if (count_ == max_kept) {
        first_ = (first_ + 1) % max_kept;
        --count_;
    }
    kept_[(first_ + count_) % max_kept] = which;
    ++count_;
}

std::optional<char> dtmf_detector::sounding() const noexcept {
    if (digit_ == 0) return std::nullopt;
    return digit_;
}

std::optional<heard_digit> dtmf_detector::next() noexcept {
    if (count_ == 0) return std::nullopt;
    auto const oldest = kept_[first_];
    first_ = (first_ + 1) % max_kept;
    --count_;
    return oldest;
}

}  // namespace rtp

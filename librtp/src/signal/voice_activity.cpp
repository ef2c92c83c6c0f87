#include "rtp/signal/voice_activity.hpp"

#include <algorithm>
#include <cmath>

#include "rtp/signal/level.hpp"

namespace rtp {
namespace {

constexpr double quietest_floor = -75;  // dBov; below it is the noise of coding
constexpr double loudest_floor = -45;   // dBov
constexpr double floor_rise = 3;        // dB a second
constexpr double new_share = 0.1;       // of the newest stretch in the average
constexpr double white_share = 1e-3;    // keeps the recursion stable where a part of the spectrum is empty
constexpr std::size_t piece_ms = 10;
constexpr std::size_t shortest_between_ms = 100;
constexpr int audible_change = 3;     // dB
constexpr float audible_tilt = 0.2F;  // of the first reflection coefficient

}  // namespace

void noise_analyser::add(std::span<const std::int16_t> samples) noexcept {
    if (samples.size() <= order) return;
    for (std::size_t lag = 0; lag <= order; ++lag) {
        double sum = 0;
        for (std::size_t n = lag; n < samples.size(); ++n)
            sum += static_cast<double>(samples[n]) * samples[n - lag];
        sum /= static_cast<double>(samples.size());
        correlation_[lag] = has_any_ ? correlation_[lag] + new_share * (sum - correlation_[lag]) : sum;
    }
    has_any_ = true;
}

comfort_noise noise_analyser::describe() const noexcept {
    comfort_noise noise;
    auto const level = -dbov_of_mean_square(correlation_[0]);
    noise.level = static_cast<std::uint8_t>(std::clamp(std::lround(level), 0L, 127L));
    auto error = correlation_[0] * (1 + white_share);
    if (error < 1) return noise;  // digital silence has no colour
    std::array<double, order + 1> filter{1};
    for (std::size_t m = 1; m <= order; ++m) {
        double sum = correlation_[m];
        for (std::size_t n = 1; n < m; ++n)
            sum += filter[n] * correlation_[m - n];
        auto const k = -sum / error;
        auto const before = filter;
        for (std::size_t n = 1; n < m; ++n)
            filter[n] = before[n] + k * before[m - n];
        filter[m] = k;
        error *= 1 - k * k;
        noise.reflection[m - 1] = static_cast<float>(k);
    }
    noise.order = order;
    return noise;
}

bool voice_activity::is_speech(std::span<const std::int16_t> samples) noexcept {
    bool found = false;
    auto const piece = std::max<std::size_t>(in_samples(piece_ms), 1);
    for (std::size_t at = 0; at < samples.size(); at += piece) {
        auto const part = samples.subspan(at, std::min(piece, samples.size() - at));
        auto const level = level_dbov(part);
        found = found || level > floor_ + settings_.above_floor || level > loudest_floor + settings_.above_floor;
        auto const seconds = static_cast<double>(part.size()) / static_cast<double>(settings_.sample_rate);
        floor_ = std::clamp(std::min(level, floor_ + floor_rise * seconds), quietest_floor, loudest_floor);
    }
    return found;
}

void voice_activity::learn(std::span<const std::int16_t> samples) noexcept {
    // The description's band is that of the clock: G.722 has twice as many samples.
    auto const factor = std::max<std::size_t>(settings_.sample_rate / settings_.clock_rate, 1);
    std::array<std::int16_t, 160> piece{};
    while (samples.size() >= factor) {
        auto const count = std::min(piece.size(), samples.size() / factor);
        for (std::size_t n = 0; n < count; ++n) {
            std::int32_t sum = 0;
            for (std::size_t k = 0; k < factor; ++k)
                sum += samples[n * factor + k];
            piece[n] = static_cast<std::int16_t>(sum / static_cast<std::int32_t>(factor));
        }
        noise_.add(std::span(piece).first(count));
        samples = samples.subspan(count * factor);
    }
}

voice_activity::verdict voice_activity::on_packet(std::span<const std::int16_t> samples) noexcept {
    verdict out;
    if (is_speech(samples)) {
        since_voice_ = 0;
        out.begins_talkspurt = is_silent_;
        is_silent_ = false;
        noise_.forget();
        return out;
    }
    since_voice_ = std::min(since_voice_ + samples.size(), settings_.sample_rate);
    learn(samples);
    if (since_voice_ <= in_samples(settings_.hangover_ms)) return out;

    out.is_voice = false;
    since_description_ += samples.size();
    auto const now = noise_.describe();
    bool const has_changed = std::abs(int{now.level} - int{described_.level}) >= audible_change ||
                             std::abs(now.reflection[0] - described_.reflection[0]) >= audible_tilt;
    if (!is_silent_ || since_description_ >= in_samples(settings_.describe_again_ms) ||
        (has_changed && since_description_ >= in_samples(shortest_between_ms))) {
        out.description = described_ = now;
        since_description_ = 0;
    }
    is_silent_ = true;
    return out;
}

}  // namespace rtp

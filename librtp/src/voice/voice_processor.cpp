#include "rtp/voice/voice_processor.hpp"

#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>

#include <algorithm>
#include <new>

#include "rtp/stats/media_time.hpp"

namespace rtp {

void voice_processor::closer::operator()(SpeexEchoState_* state) const noexcept {
    speex_echo_state_destroy(state);
}

void voice_processor::closer::operator()(SpeexPreprocessState_* state) const noexcept {
    speex_preprocess_state_destroy(state);
}

std::size_t voice_processor::in_samples(duration span) const noexcept {
    return static_cast<std::size_t>(to_units(span, clock_rate{settings_.sample_rate}));
}

voice_processor::voice_processor(voice_processing const& wanted)
    : settings_(wanted),
      period_(wanted.sample_rate / 100),
      played_(in_samples(longest_delay) + 2 * period_),
      reference_(period_),
      captured_(period_) {
    auto const frame = static_cast<int>(period_);
    auto rate = static_cast<int>(settings_.sample_rate);
    if (settings_.cancels_echo) {
        auto const filter = in_samples(settings_.echo_tail + 2 * settings_.delay_margin);
        echo_.reset(speex_echo_state_init(frame, static_cast<int>(filter)));
        if (!echo_) throw std::bad_alloc();
        speex_echo_ctl(echo_.get(), SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
    }
    if (!settings_.cancels_echo && !settings_.suppresses_noise && !settings_.controls_gain) return;
    polish_.reset(speex_preprocess_state_init(frame, rate));
    if (!polish_) throw std::bad_alloc();
    int denoise = settings_.suppresses_noise ? 1 : 0;
    int gain = settings_.controls_gain ? 1 : 0;
    speex_preprocess_ctl(polish_.get(), SPEEX_PREPROCESS_SET_DENOISE, &denoise);
    speex_preprocess_ctl(polish_.get(), SPEEX_PREPROCESS_SET_AGC, &gain);
    if (settings_.controls_gain) {
        int target = 8000;  // of 32768: -12 dB, loud and without clipping
        int most = 18;      // dB: a whisper comes up, the room's noise not too far
        speex_preprocess_ctl(polish_.get(), SPEEX_PREPROCESS_SET_AGC_TARGET, &target);
        speex_preprocess_ctl(polish_.get(), SPEEX_PREPROCESS_SET_AGC_MAX_GAIN, &most);
    }
    // What the filter leaves of the echo is suppressed as noise is.
    if (echo_) speex_preprocess_ctl(polish_.get(), SPEEX_PREPROCESS_SET_ECHO_STATE, echo_.get());
}

void voice_processor::set_delay(duration told) noexcept {
    told = std::clamp(told, duration::zero(), longest_delay);
    auto const change = told < delay_ ? delay_ - told : told - delay_;
    if (change * 2 <= settings_.delay_margin) return;
    delay_ = told;
    auto const lag = in_samples(std::max(told - settings_.delay_margin, duration::zero()));
    if (lag == lag_) return;
    lag_ = lag;
    if (echo_) speex_echo_state_reset(echo_.get());
}

void voice_processor::on_played(std::span<const std::int16_t> period) noexcept {
    for (auto const sample : period.first(std::min(period.size(), period_))) {
        played_[written_] = sample;
        written_ = (written_ + 1) % played_.size();
    }
}

void voice_processor::process(std::span<std::int16_t> period) noexcept {
    if (period.size() != period_) return;
    if (echo_) {
        auto at = (written_ + played_.size() - period_ - lag_) % played_.size();
        for (auto& sample : reference_) {
            sample = played_[at];
            at = (at + 1) % played_.size();
        }
        std::copy(period.begin(), period.end(), captured_.begin());
        speex_echo_cancellation(echo_.get(), captured_.data(), reference_.data(), period.data());
    }
    if (polish_) speex_preprocess_run(polish_.get(), period.data());
}

}  // namespace rtp

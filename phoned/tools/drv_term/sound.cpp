#include "phoned/tools/drv_term/sound.hpp"

#include <fmt/format.h>

#include <cmath>

namespace phoned::tools {
namespace {

using namespace std::chrono_literals;
constexpr auto period = 10ms;
constexpr auto patience = 100ms;  // a program that was stopped for longer leaves periods out, as hardware would

std::string in_words(const heard_sound& heard) {
    const auto level = std::lround(heard.level_dbov);
    switch (heard.kind) {
        case sound::silence:
            return "silence";
        case sound::tone:
            return fmt::format("tone {} Hz, {} dB", std::lround(heard.hertz), level);
        case sound::other:
            return fmt::format("sound, {} dB", level);
    }
    return {};
}

}  // namespace

bool sound_words::handle(connection& from, const arrived& message, time_point now) {
    const bool was_running = driver_.is_running();
    if (!driver_.handle(from, message)) return false;
    if (driver_.is_running() && (!was_running || message.method == "audio.attach")) begin(now);
    if (!driver_.is_running()) heard_.clear();
    return true;
}

void sound_words::begin(time_point now) {
    const auto rate = driver_.format().rate;
    microphone_.emplace(rate, said_);
    ear_.emplace(
        rate, ear::callbacks{[this](const heard_sound& what) { heard_ = in_words(what); }, [](const auto&) {}}
    );
    captured_.resize(rate / 100);
    playback_.resize(rate / 100);
    heard_ = "silence";
    next_ = now + period;
}

std::optional<sound_words::time_point> sound_words::next_period() const {
    if (!driver_.is_running()) return std::nullopt;
    return next_;
}

void sound_words::run(time_point now) {
    if (!driver_.is_running()) return;
    if (now - next_ > patience) next_ = now;
    for (; next_ <= now; next_ += period) {
        microphone_->fill(captured_);
        const auto stamp = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
        driver_.exchange(captured_, playback_, static_cast<std::uint64_t>(stamp));
        ear_->hear(playback_);
    }
}

}  // namespace phoned::tools

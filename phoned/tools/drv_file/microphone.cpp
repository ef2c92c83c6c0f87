#include "phoned/tools/drv_file/microphone.hpp"

#include "phoned/tools/drv_file/melody.hpp"
#include "phoned/tools/drv_file/wav.hpp"
#include "rtp/signal/tone_grammar.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace phoned::tools {

boost::system::result<microphone, std::string> microphone::of_tone(
    const std::string& tone, double dbm0, std::uint32_t rate
) {
    const auto parsed = rtp::parse_cadence(tone, static_cast<float>(dbm0));
    if (!parsed) {
        return fmt::format(
            "`{}`, character {}: {}", tone, parsed.error().position + 1, rtp::describe(parsed.error().error)
        );
    }
    microphone made{rate};
    made.parts_ = {*parsed};
    made.rewind();
    return made;
}

microphone microphone::of_melody(double dbm0, std::uint32_t rate) {
    microphone made{rate};
    for (const auto bar : melody)
        if (const auto parsed = rtp::parse_cadence(bar, static_cast<float>(dbm0))) made.parts_.push_back(*parsed);
    made.rewind();
    return made;
}

boost::system::result<microphone, std::string> microphone::of_file(
    const std::string& path, repeat how, std::uint32_t rate
) {
    auto recording = read_wav(path, rate);
    if (!recording) return recording.error();
    microphone made{rate};
    made.recording_ = std::move(*recording);
    made.repeat_ = how;
    return made;
}

microphone microphone::of_silence(std::uint32_t rate) {
    return microphone{rate};
}

void microphone::dial(const std::string& digits) {
    for (const char digit : digits)
        static_cast<void>(digits_.push(digit));
}

void microphone::fill(std::span<std::int16_t> samples) {
    std::fill(samples.begin(), samples.end(), std::int16_t{0});
    if (!digits_.is_idle()) {
        digits_.fill(samples);
        return;
    }
    while (player_) {
        samples = samples.subspan(player_->fill(samples));
        if (!player_->has_ended() || parts_.size() == 1) return;
        part_ = (part_ + 1) % parts_.size();
        player_.emplace(rate_, parts_[part_]);
    }
    while (!samples.empty() && at_ < recording_.size()) {
        const auto count = std::min(samples.size(), recording_.size() - at_);
        std::copy_n(recording_.begin() + static_cast<std::ptrdiff_t>(at_), count, samples.begin());
        samples = samples.subspan(count);
        at_ += count;
        if (at_ == recording_.size() && repeat_ == repeat::forever) at_ = 0;
    }
}

void microphone::rewind() {
    at_ = part_ = 0;
    if (!parts_.empty()) player_.emplace(rate_, parts_.front());
}

}  // namespace phoned::tools

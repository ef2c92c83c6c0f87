#include "phoned/tools/drv_file/microphone.hpp"

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
    made.tone_ = *parsed;
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
    if (player_) {
        player_->fill(samples);
        return;
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
    at_ = 0;
    if (tone_) player_.emplace(rate_, *tone_);
}

}  // namespace phoned::tools

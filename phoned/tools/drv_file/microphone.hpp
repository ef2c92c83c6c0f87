// What the phone hears from this driver: a WAV file, a generated tone or tune, or silence; and digits in between.
#pragma once

#include "rtp/signal/dtmf.hpp"
#include "rtp/signal/tone.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace phoned::tools {

enum class repeat { once, forever };

class microphone {
public:
    /// `tone` is in the guide's grammar: `440/1000,0/500`. Fails with a sentence for people.
    [[nodiscard]] static boost::system::result<microphone, std::string> of_tone(
        const std::string& tone, double dbm0, std::uint32_t rate
    );
    /// Mono or the first channel; the file's rate must be `rate`.
    [[nodiscard]] static boost::system::result<microphone, std::string> of_file(
        const std::string& path, repeat, std::uint32_t rate
    );
    /// The tune of melody.hpp, again and again.
    [[nodiscard]] static microphone of_melody(double dbm0, std::uint32_t rate);
    [[nodiscard]] static microphone of_silence(std::uint32_t rate);

    /// Digits as tones in the audio, before anything else.
    void dial(const std::string& digits);
    /// Fills all of it.
    void fill(std::span<std::int16_t> samples);
    /// Begins again, as each call should hear the file from its start.
    void rewind();

private:
    explicit microphone(std::uint32_t rate) : rate_(rate), digits_(rate) {}

    std::uint32_t rate_;
    std::vector<rtp::cadence> parts_;  // what sounds one after the other, and then from the first again
    std::size_t part_ = 0;
    std::optional<rtp::tone_player> player_;
    std::vector<std::int16_t> recording_;
    std::size_t at_ = 0;
    repeat repeat_ = repeat::forever;
    rtp::dtmf_player digits_;
};

}  // namespace phoned::tools

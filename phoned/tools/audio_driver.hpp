// The driver's end of the audio plane, over shared memory or packets: follows audio.open, attach, start and stop, and
// trades one period of microphone for one of loudspeaker. The caller keeps the clock.
#pragma once

#include "phoned/net/audio_link.hpp"
#include "phoned/tools/client.hpp"

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace phoned::tools {

class audio_driver {
public:
    /// True if the message was about audio; it has been answered then.
    bool handle(connection&, const arrived&);

    [[nodiscard]] bool is_attached() const noexcept { return !std::holds_alternative<std::monostate>(link_); }
    /// Between audio.start and audio.stop, with a plane attached.
    [[nodiscard]] bool is_running() const noexcept { return running_ && is_attached(); }
    [[nodiscard]] const audio_format& format() const noexcept { return format_; }
    [[nodiscard]] const std::string& output() const noexcept { return output_; }

    /// One period each way. False if phoned had nothing to play: `playback` is silence then. Never blocks.
    bool exchange(std::span<const std::int16_t> captured, std::span<std::int16_t> playback, std::uint64_t stamp_us);

    [[nodiscard]] std::uint64_t underruns() const noexcept { return underruns_; }

private:
    struct rings {
        rings(net::mapped_block memory, const net::ring_layout&, net::descriptor clock);
        net::mapped_block block;
        net::ring_writer capture;
        net::ring_reader playback;
        net::descriptor clock;
    };
    struct packets {
        net::descriptor socket;
        std::uint32_t sequence = 0, timestamp = 0;
        std::deque<std::vector<std::int16_t>> received;
    };

    [[nodiscard]] std::optional<std::string> open(const json::object& params);
    [[nodiscard]] std::optional<std::string> attach(connection&, const json::object& params);
    bool exchange_rings(rings&, std::span<const std::int16_t>, std::span<std::int16_t>, std::uint64_t stamp_us);
    bool exchange_packets(packets&, std::span<const std::int16_t>, std::span<std::int16_t>);

    audio_format format_{};
    bool running_ = false;
    std::string output_ = "handset";
    std::variant<std::monostate, std::unique_ptr<rings>, packets> link_;
    std::uint64_t underruns_ = 0;
};

}  // namespace phoned::tools

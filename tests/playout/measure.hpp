// What a listener got from a call, measured in the same way for every buffer.
//
// Between two packets that were played one after the other, some sound may have been left out (packets that were lost,
// came too late or were skipped; the cut-off beginning of one) and some may have been invented (concealment, insertion,
// silence). The larger of the two counts as bad: a lost packet that was concealed counts once, an insertion counts, and
// so does a skip that later makes up for it. Sound that was only stretched is not bad, but is counted apart.
#pragma once

#include <algorithm>
#include <cstddef>

#include "network_trace.hpp"

namespace playout_test {

/// One packet as the device played it.
struct heard_packet {
    std::size_t number = 0;
    microseconds at{0};        ///< When the device played the first sample that was not skipped.
    microseconds skipped{0};   ///< So much of its beginning was not played.
    microseconds invented{0};  ///< So much that is not media was played since the packet before.
};

/// One setting on one trace.
struct outcome {
    double delay_ms = 0;   ///< From capture to the loudspeaker, beyond the fastest packet; mean of the packets played.
    double bad = 0;        ///< Share of the call's time: late or concealed, the network's own losses included.
    double stretched = 0;  ///< Share of the packets that were played longer or shorter than they were.
};

class listener {
public:
    explicit listener(network_trace const& trace) : trace_(trace), fastest_(trace.fastest()) {}

    void hear(heard_packet const& packet) {
        auto const missing = packet.number > next_ ? packet.number - next_ : 0;
        auto const left_out = microseconds(20'000) * static_cast<std::int64_t>(missing) + packet.skipped;
        bad_ += count_ == 0 ? left_out : std::max(left_out, packet.invented);
        delay_ += packet.at - packet.skipped - trace_.captured(packet.number) - fastest_;
        next_ = packet.number + 1;
        ++count_;
    }
    void stretch() { ++stretched_; }

    [[nodiscard]] outcome result() const {
        auto const end = bad_ + microseconds(20'000) * static_cast<std::int64_t>(trace_.delays.size() - next_);
        auto const count = static_cast<double>(std::max<std::int64_t>(count_, 1));
        auto const whole = 20'000.0 * static_cast<double>(trace_.delays.size());
        return {
            static_cast<double>(delay_.count()) / 1000 / count, static_cast<double>(end.count()) / whole,
            static_cast<double>(stretched_) / count};
    }

private:
    network_trace const& trace_;
    microseconds fastest_;
    std::size_t next_ = 0;
    std::int64_t count_ = 0, stretched_ = 0;
    microseconds delay_{0}, bad_{0};
};

}  // namespace playout_test

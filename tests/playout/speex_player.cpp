#include <speex/speex_jitter.h>

#include <array>
#include <deque>
#include <memory>
#include <stdexcept>

#include "players.hpp"

namespace playout_test {
namespace {

constexpr spx_int32_t packet_units = 160;
constexpr std::int64_t period_units = 80;

microseconds units(std::int64_t count) {
    return microseconds(count * 125);
}

void set(JitterBuffer* buffer, int what, int value) {
    spx_int32_t changed = value;
    if (jitter_buffer_ctl(buffer, what, &changed) != 0) throw std::runtime_error("jitter_buffer_ctl");
}

}  // namespace

outcome play_speex(network_trace const& trace, speex_settings const& settings) {
    std::unique_ptr<JitterBuffer, void (*)(JitterBuffer*)> const buffer(
        jitter_buffer_init(packet_units), jitter_buffer_destroy
    );
    set(buffer.get(), JITTER_BUFFER_SET_MARGIN, settings.margin);
    set(buffer.get(), JITTER_BUFFER_SET_MAX_LATE_RATE, settings.max_late_rate);
    set(buffer.get(), JITTER_BUFFER_SET_LATE_COST, settings.late_cost);
    listener listener(trace);
    std::int64_t staged = 0;  // units fetched and not yet played
    std::int64_t invented = 0;
    std::array<char, packet_units> payload{};

    auto const fetch = [&](microseconds now) {
        JitterBufferPacket packet{};
        packet.data = payload.data();
        packet.len = payload.size();
        spx_int32_t offset = 0;
        switch (jitter_buffer_get(buffer.get(), &packet, packet_units, &offset)) {
            case JITTER_BUFFER_OK: {
                // It may begin before or after what was asked for.
                auto const skipped = std::max<std::int64_t>(-offset, 0);
                invented += std::max<spx_int32_t>(offset, 0);
                staged += std::max<spx_int32_t>(offset, 0);
                auto const length = std::int64_t{packet.span} - skipped;
                if (length > 0) {
                    listener.hear({packet.user_data, now + units(staged), units(skipped), units(invented)});
                    staged += length;
                    invented = 0;
                }
                break;
            }
            case JITTER_BUFFER_INSERTION:
                staged += packet.span;
                invented += packet.span;
                break;
            default:
                staged += packet_units;
                invented += packet_units;
        }
        jitter_buffer_tick(buffer.get());
    };

    run_line(
        trace,
        [&](std::size_t n, microseconds) {
            JitterBufferPacket packet{};
            packet.data = payload.data();
            packet.len = payload.size();
            packet.timestamp = static_cast<spx_uint32_t>(n) * packet_units;
            packet.span = packet_units;
            packet.sequence = static_cast<spx_uint16_t>(n);
            packet.user_data = static_cast<spx_uint32_t>(n);
            jitter_buffer_put(buffer.get(), &packet);
        },
        [&](microseconds now) {
            while (staged < period_units)
                fetch(now);
            staged -= period_units;
        }
    );
    return listener.result();
}

}  // namespace playout_test

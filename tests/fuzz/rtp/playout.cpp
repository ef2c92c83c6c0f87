// A playout fed with packets and periods in any order, with any numbers, lengths and times: every period is filled, the
// buffer stays bounded, each packet is accounted for.
//
// Input: the first octet chooses the mode and size of the buffer; then instructions of eight octets: what, sequence
// number (2), timestamp step (2), length, time step, spare.
#include "rtp/buffer/playout.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace rtp;
    if (size == 0) return 0;
    jitter_settings settings;
    settings.mode = (data[0] & 1) != 0 ? jitter_mode::fixed : jitter_mode::adaptive;
    settings.capacity = std::size_t{8} << (data[0] >> 1 & 3);
    settings.maximum = std::chrono::milliseconds((data[0] >> 3) * 20);
    std::array<playout_payload, 3> const payloads{
        {{payload_type{0}, packet_content::audio, &pcmu()},
         {payload_type{8}, packet_content::audio, &pcma()},
         {payload_type{13}, packet_content::comfort_noise, nullptr}}};
    auto made = playout::create(settings, payloads);
    require(made.has_value());

    time_point now{std::chrono::hours(1)};
    packet_header header{.marker = false, .type = {}, .sequence = {}, .timestamp = {}, .ssrc = {}};
    std::array<std::byte, 256> payload{};
    std::array<std::int16_t, 1600> samples{};
    for (std::size_t at = 1; at + 8 <= size; at += 8) {
        auto const* in = data + at;
        now += std::chrono::milliseconds(in[6]);
        if ((in[0] & 0x80) != 0) now += std::chrono::seconds(in[7]);
        if ((in[0] & 1) != 0) {
            auto const period = made->get(now, std::span(samples).first(std::size_t{in[5]} * 6));
            require(period.media + period.concealed + period.silent == std::size_t{in[5]} * 6);
        } else {
            auto const step = static_cast<std::int16_t>(in[3] << 8 | in[4]);
            header.sequence = (in[0] & 2) != 0 ? static_cast<sequence_t>(in[1] << 8 | in[2])
                                               : advance(header.sequence, 1 + static_cast<std::int8_t>(in[1]) / 16);
            header.timestamp = advance(header.timestamp, std::int64_t{step} * ((in[0] & 4) != 0 ? 65536 : 1));
            header.ssrc = static_cast<ssrc_t>(in[0] >> 5 & 1);
            header.type = static_cast<payload_type>(in[0] & 8 ? in[7] & 0x7F : 0);
            auto packet = packet_buffer::unpooled(std::span(payload).first(in[5]));
            require(!prepend_header(packet, header));
            auto const view = packet_view::parse(packet.bytes());
            require(view.has_value());
            static_cast<void>(made->put(now, *view, std::move(packet)));
        }
        auto const& buffer = made->buffer();
        auto const& counts = buffer.statistics();
        require(buffer.size() <= buffer.settings().capacity);
        require(counts.queued == counts.played + counts.silent + counts.discarded + buffer.size());
        require(buffer.target_delay() <= std::max(settings.maximum, settings.normal));
    }
    return 0;
}

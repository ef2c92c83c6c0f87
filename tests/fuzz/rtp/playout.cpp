// A playout fed with packets and periods in any order, with any numbers, lengths, contents and times, whose source goes
// away and whose payloads are agreed on anew: every period is filled, the buffer stays bounded, each packet is
// accounted for, and stretching changes a packet by no more than it may.
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

constexpr std::array<rtp::playout_payload, 3> payloads() {
    return {
        {{rtp::payload_type{0}, rtp::packet_content::audio, nullptr},
         {rtp::payload_type{8}, rtp::packet_content::audio, nullptr},
         {rtp::payload_type{13}, rtp::packet_content::comfort_noise, nullptr}}};
}

// Sound with a pitch, so that it can be stretched; the input chooses its loudness, and what noise is described.
void fill(std::span<std::byte> payload, std::uint8_t kind) {
    for (std::size_t n = 0; n < payload.size(); ++n)
        payload[n] = static_cast<std::byte>((kind & 0x80) != 0 ? 0x7F : n % 60 < 30 ? kind : kind | 0x80);
    if (!payload.empty()) payload[0] = static_cast<std::byte>(kind);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace rtp;
    if (size == 0) return 0;
    jitter_settings settings;
    settings.mode = (data[0] & 1) != 0 ? jitter_mode::fixed : jitter_mode::adaptive;
    settings.capacity = std::size_t{8} << (data[0] >> 1 & 3);
    settings.maximum = std::chrono::milliseconds((data[0] >> 3) * 20);
    auto agreed = payloads();
    agreed[0].decoded_by = &pcmu();
    agreed[1].decoded_by = &pcma();
    auto made = playout::create(settings, agreed);
    require(made.has_value());

    time_point now{std::chrono::hours(1)};
    packet_header header{.marker = false, .type = {}, .sequence = {}, .timestamp = {}, .ssrc = {}};
    std::array<std::byte, 256> payload{};
    std::array<std::int16_t, 1600> samples{};
    std::uint64_t waiting_at_reset = 0;
    for (std::size_t at = 1; at + 8 <= size; at += 8) {
        auto const* in = data + at;
        now += std::chrono::milliseconds(in[6]);
        if ((in[0] & 0x80) != 0) now += std::chrono::seconds(in[7]);
        auto const before = made->statistics();
        auto const played = made->buffer().statistics().played;
        if ((in[0] & 0x40) != 0 && in[7] % 16 == 0) {
            waiting_at_reset += made->buffer().size();
            made->reset();
        } else if ((in[0] & 0x40) != 0 && in[7] % 16 == 1) {
            require(!made->set_payloads(std::span(agreed).subspan(in[5] % 2)));
        } else if ((in[0] & 1) != 0) {
            auto const period = made->get(now, std::span(samples).first(std::size_t{in[5]} * 6));
            require(period.media + period.concealed + period.silent == std::size_t{in[5]} * 6);
        } else {
            auto const step = static_cast<std::int16_t>(in[3] << 8 | in[4]);
            header.sequence = (in[0] & 2) != 0 ? static_cast<sequence_t>(in[1] << 8 | in[2])
                                               : advance(header.sequence, 1 + static_cast<std::int8_t>(in[1]) / 16);
            header.timestamp = advance(header.timestamp, std::int64_t{step} * ((in[0] & 4) != 0 ? 65536 : 1));
            header.ssrc = static_cast<ssrc_t>(in[0] >> 5 & 1);
            header.type = static_cast<payload_type>(in[0] & 8 ? in[7] & 0x7F : 0);
            fill(std::span(payload).first(in[5]), in[2]);
            auto packet = packet_buffer::unpooled(std::span(payload).first(in[5]));
            require(!prepend_header(packet, header));
            auto const view = packet_view::parse(packet.bytes());
            require(view.has_value());
            static_cast<void>(made->put(now, *view, std::move(packet)));
        }
        auto const& buffer = made->buffer();
        auto const& counts = buffer.statistics();
        require(buffer.size() <= buffer.settings().capacity);
        require(counts.queued == counts.played + counts.silent + counts.discarded + buffer.size() + waiting_at_reset);
        require(buffer.target_delay() <= std::max(settings.maximum, settings.normal));
        // A packet loses half of itself at most, or what a pitch period is; no packet here is longer than 256 samples.
        auto const& changes = made->statistics();
        auto const packets = counts.played - played;
        require(changes.stretched - before.stretched <= packets);
        require(changes.dropped - before.dropped <= packets * 160);
        require(changes.repeated - before.repeated <= packets * 160);
    }
    return 0;
}

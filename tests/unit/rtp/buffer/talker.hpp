// A talker whose sound goes through a playout, for tests that look at samples.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "rtp/buffer/playout.hpp"
#include "rtp/codec/g711.hpp"
#include "test_sounds.hpp"
#include "virtual_line.hpp"

namespace test {

using namespace std::chrono_literals;
using rtp::packet_content;

using period_kind = rtp::playout_frame::kind;

constexpr std::array<rtp::playout_payload, 4> usual_payloads() {
    return {
        {{rtp::payload_type{0}, packet_content::audio, nullptr},
         {rtp::payload_type{8}, packet_content::audio, nullptr},
         {rtp::payload_type{13}, packet_content::comfort_noise, nullptr},
         {rtp::payload_type{101}, packet_content::other, nullptr}}};
}

inline rtp::playout make_playout(rtp::jitter_settings settings = {}) {
    auto payloads = usual_payloads();
    payloads[0].decoded_by = &rtp::pcmu();
    payloads[1].decoded_by = &rtp::pcma();
    auto made = rtp::playout::create(settings, payloads);
    REQUIRE(made.has_value());
    return std::move(*made);
}

// Cuts a sound into packets and sends them.
class talker {
public:
    talker(rtp::playout& to, std::vector<std::int16_t> sound, std::size_t packet = 160)
        : to_(to), sound_(std::move(sound)), packet_(packet), pool_(64) {}

    rtp::payload_type type{0};
    rtp::packet_header header{
        .marker = false,
        .type = {},
        .sequence = rtp::sequence_t{65530},
        .timestamp = rtp::timestamp_t{0xFFFFFF00},
        .ssrc = rtp::ssrc_t{5}};

    [[nodiscard]] bool has_more() const { return at_ + packet_ <= sound_.size(); }
    [[nodiscard]] std::size_t at() const { return at_; }

    void skip() {
        header.sequence = rtp::advance(header.sequence, 1);
        header.timestamp = rtp::advance(header.timestamp, static_cast<std::int64_t>(packet_));
        at_ += packet_;
    }

    void pause() {
        header.timestamp = rtp::advance(header.timestamp, static_cast<std::int64_t>(packet_));
        at_ += packet_;
    }

    rtp::put_result send(rtp::time_point arrival) {
        std::array<std::byte, 1500> payload;
        for (std::size_t n = 0; n < packet_; ++n) {
            auto const sample = sound_[at_ + n];
            payload[n] = std::byte{
                type == rtp::payload_type{8} ? rtp::g711::encode_a_law(sample) : rtp::g711::encode_mu_law(sample)};
        }
        auto const result = send_bytes(arrival, type, std::span(payload).first(packet_));
        header.timestamp = rtp::advance(header.timestamp, static_cast<std::int64_t>(packet_));
        at_ += packet_;
        return result;
    }

    rtp::put_result send_bytes(rtp::time_point arrival, rtp::payload_type as, std::span<const std::byte> payload) {
        rtp::packet_buffer buffer(pool_, payload);
        header.type = as;
        static_cast<void>(rtp::prepend_header(buffer, header));
        header.sequence = rtp::advance(header.sequence, 1);
        auto const view = rtp::packet_view::parse(buffer.bytes());
        return to_.put(arrival, *view, std::move(buffer));
    }

private:
    rtp::playout& to_;
    std::vector<std::int16_t> sound_;
    std::size_t packet_;
    std::size_t at_ = 0;
    rtp::packet_pool pool_;
};

struct heard {
    std::vector<std::int16_t> sound;
    std::string trace;
};

// Plays everything on a line where `is_lost` decides about each packet; the device's clock differs by `drift_ppm`
// (positive: the sender is slow).
template <class IsLost>
heard listen(
    rtp::playout& playout, std::vector<std::int16_t> const& sound, IsLost is_lost, std::size_t packet = 160,
    std::size_t period = 80, long drift_ppm = 0
) {
    talker talker(playout, sound, packet);
    heard made;
    std::vector<std::int16_t> samples(period);
    auto const packet_time = std::chrono::nanoseconds(packet * 125'000) * (1'000'000 + drift_ppm) / 1'000'000;
    auto const period_time = std::chrono::nanoseconds(period * 125'000);
    auto sent = line_start;
    for (auto now = line_start + 3ms; talker.has_more(); now += period_time) {
        for (; sent <= now && talker.has_more(); sent += packet_time) {
            if (is_lost())
                talker.skip();
            else
                talker.send(sent);
        }
        auto const what = playout.get(now, samples).what();
        made.trace += what == period_kind::media ? 'M' : what == period_kind::conceal ? 'C' : '.';
        made.sound.insert(made.sound.end(), samples.begin(), samples.end());
    }
    return made;
}

inline constexpr auto never = [] { return false; };

// How well `copy` follows `original` when moved by the best number of samples, in dB.
inline double best_likeness(
    std::span<const std::int16_t> original, std::span<const std::int16_t> copy, std::size_t most
) {
    double best = -100;
    for (std::size_t delay = 0; delay + original.size() <= copy.size() && delay <= most; ++delay)
        best = std::max(best, likeness_db(original, copy.subspan(delay, original.size())));
    return best;
}

}  // namespace test

// From a received packet to the samples of the device, for one packet of 20 ms of G.711 or one period of 10 ms: the
// buffer, the decoder and what it costs to conceal and to stretch, each apart. The sound is a vowel. The counter
// `bytes` of the first case is the memory of one stream.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numbers>
#include <optional>

#include "rtp/buffer/pitch.hpp"
#include "rtp/buffer/playout.hpp"
#include "rtp/codec/g711.hpp"
#include "rtp/wire/bytes.hpp"

namespace {

using namespace rtp;
using namespace std::chrono_literals;

constexpr std::size_t packet_samples = 160;

std::int16_t vowel(std::size_t n) {
    double value = 0;
    for (int harmonic = 1; harmonic < 20; ++harmonic)
        value += std::sin(2 * std::numbers::pi * 110 * harmonic * static_cast<double>(n) / 8000) / harmonic;
    return static_cast<std::int16_t>(value * 5000);
}

/// The packets of a talker, a second of sound over and over.
class talker {
public:
    talker() {
        for (std::size_t n = 0; n < sound_.size(); ++n)
            sound_[n] = std::byte{g711::encode_mu_law(vowel(n))};
    }
    packet_buffer next(packet_pool& pool) {
        auto const at = static_cast<std::size_t>(sequence_ % 50) * packet_samples;
        packet_buffer packet(pool, std::span(sound_).subspan(at, packet_samples));
        packet_header header;
        header.sequence = static_cast<sequence_t>(sequence_ & 0xFFFF);
        header.timestamp = static_cast<timestamp_t>(sequence_ * packet_samples);
        if (prepend_header(packet, header)) std::abort();
        ++sequence_;
        return packet;
    }
    void skip() { ++sequence_; }

private:
    std::array<std::byte, 8000> sound_{};
    std::uint32_t sequence_ = 1;
};

playout make_playout() {
    std::array<playout_payload, 1> const payloads{{{payload_type{0}, packet_content::audio, &pcmu()}}};
    jitter_settings settings;
    settings.minimum = settings.start;  // what the device below keeps to, so that nothing needs to be stretched
    auto made = playout::create(settings, payloads);
    if (!made) std::abort();
    return std::move(*made);
}

void memory_of_a_stream(benchmark::State& state) {
    std::optional<playout> one;
    std::size_t bytes = 0;
    for (auto _ : state) {
        auto const before = mallinfo2().uordblks;
        one.emplace(make_playout());
        bytes = sizeof(playout) + mallinfo2().uordblks - before;
        one.reset();
    }
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(memory_of_a_stream);

/// Making the packet, which the cases below include: a buffer of the pool, 160 bytes, header, parsing.
void packet_alone(benchmark::State& state) {
    packet_pool pool(64);
    talker talker;
    for (auto _ : state) {
        auto const packet = talker.next(pool);
        benchmark::DoNotOptimize(packet_view::parse(packet.bytes()));
    }
}
BENCHMARK(packet_alone);

/// A packet into the jitter buffer and out of it.
void packet_through_jitter_buffer(benchmark::State& state) {
    packet_pool pool(64);
    talker talker;
    jitter_buffer buffer(jitter_settings{});
    time_point now{1h};
    for (auto _ : state) {
        auto packet = talker.next(pool);
        auto const view = packet_view::parse(packet.bytes());
        buffer.put(now, *view, std::move(packet), packet_content::audio, packet_samples);
        benchmark::DoNotOptimize(buffer.get(now + 60ms));
        now += 20ms;
    }
    if (buffer.statistics().played + 8 < static_cast<std::uint64_t>(state.iterations()))
        state.SkipWithError("not played");
}
BENCHMARK(packet_through_jitter_buffer);

/// The whole way of a packet: into the playout, and two periods of 10 ms out of it.
void packet_to_samples(benchmark::State& state) {
    packet_pool pool(64);
    talker talker;
    auto playout = make_playout();
    std::array<std::int16_t, 80> period{};
    time_point now{1h};
    for (auto _ : state) {
        auto packet = talker.next(pool);
        auto const view = packet_view::parse(packet.bytes());
        playout.put(now, *view, std::move(packet));
        benchmark::DoNotOptimize(playout.get(now + 60ms, period));
        benchmark::DoNotOptimize(playout.get(now + 70ms, period));
        now += 20ms;
    }
    if (playout.buffer().statistics().played + 8 < static_cast<std::uint64_t>(state.iterations()))
        state.SkipWithError("not played");
}
BENCHMARK(packet_to_samples);

/// The same with each tenth packet lost.
void packet_to_samples_with_loss(benchmark::State& state) {
    packet_pool pool(64);
    talker talker;
    auto playout = make_playout();
    std::array<std::int16_t, 80> period{};
    time_point now{1h};
    int count = 0;
    for (auto _ : state) {
        if (++count % 10 == 0) {
            talker.skip();
        } else {
            auto packet = talker.next(pool);
            auto const view = packet_view::parse(packet.bytes());
            playout.put(now, *view, std::move(packet));
        }
        benchmark::DoNotOptimize(playout.get(now + 60ms, period));
        benchmark::DoNotOptimize(playout.get(now + 70ms, period));
        now += 20ms;
    }
}
BENCHMARK(packet_to_samples_with_loss);

/// A period in which nothing is said.
void silent_period(benchmark::State& state) {
    auto playout = make_playout();
    std::array<std::int16_t, 80> period{};
    for (auto _ : state)
        benchmark::DoNotOptimize(playout.get(time_point{1h}, period));
}
BENCHMARK(silent_period);

void decode_alone(benchmark::State& state) {
    packet_pool pool(64);
    talker talker;
    decoder by(pcmu());
    auto const packet = talker.next(pool);
    auto const view = packet_view::parse(packet.bytes());
    std::array<std::int16_t, packet_samples> samples{};
    for (auto _ : state) {
        benchmark::DoNotOptimize(by.decode(view->payload(), samples));
        benchmark::ClobberMemory();
    }
}
BENCHMARK(decode_alone);

/// A gap of 20 ms: finding the pitch, inventing, joining the next packet.
void conceal_a_packet(benchmark::State& state) {
    concealment concealment(8000);
    std::array<std::int16_t, packet_samples> sound{}, samples{};
    for (std::size_t n = 0; n < sound.size(); ++n)
        sound[n] = vowel(n);
    for (auto _ : state) {
        samples = sound;
        concealment.on_media(samples);
        concealment.conceal(samples);
        samples = sound;
        concealment.on_media(samples);
        benchmark::ClobberMemory();
    }
}
BENCHMARK(conceal_a_packet);

/// A packet that is shortened by a pitch period; two that are too soon after it go with it.
void stretch_a_packet(benchmark::State& state) {
    time_stretch stretch(8000);
    std::array<std::int16_t, packet_samples> sound{};
    std::array<std::int16_t, 2 * packet_samples> samples{};
    for (std::size_t n = 0; n < sound.size(); ++n)
        sound[n] = vowel(n);
    std::uint64_t changes = 0;
    for (auto _ : state)
        for (int n = 0; n < 3; ++n) {
            std::copy(sound.begin(), sound.end(), samples.begin());
            changes += stretch.change(samples, packet_samples, -200) != packet_samples;
        }
    if (changes + 2 < static_cast<std::uint64_t>(state.iterations())) state.SkipWithError("not stretched");
}
BENCHMARK(stretch_a_packet);

}  // namespace

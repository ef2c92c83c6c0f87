// Each codec's time for 20 ms of speech-like sound, encoding and decoding, as a function of nothing else: one stream,
// hot caches. For Opus also a lost packet, concealed and recovered from the next one.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "rtp/codec/codec.hpp"

namespace {

std::vector<std::int16_t> sound(rtp::codec const& which, std::size_t packets) {
    auto const& properties = which.properties;
    std::vector<std::int16_t> samples(properties.sample_rate / 50 * properties.channels * packets);
    std::uint32_t noise = 1;
    for (std::size_t n = 0; n < samples.size(); ++n) {
        auto const t = static_cast<double>(n / properties.channels) / properties.sample_rate * 6.283185307;
        noise = noise * 1664525 + 1013904223;
        auto const voice = 3000 * std::sin(180 * t) + 2000 * std::sin(540 * t) + 1000 * std::sin(2300 * t);
        samples[n] = static_cast<std::int16_t>(voice * (1 + std::sin(4 * t)) / 2 + (noise >> 24));
    }
    return samples;
}

constexpr std::size_t packets = 50;

struct stream {
    explicit stream(rtp::codec const& which)
        : codec(which), samples(sound(which, packets)), size(samples.size() / packets) {
        rtp::encoder encoder(codec, {.expected_loss = 10, .has_forward_correction = true});
        for (std::size_t n = 0; n < packets; ++n) {
            payloads.emplace_back(room());
            payloads.back().resize(encoder.encode(packet(n), payloads.back()).value());
        }
    }
    [[nodiscard]] std::span<const std::int16_t> packet(std::size_t n) const {
        return std::span(samples).subspan(n % packets * size, size);
    }
    [[nodiscard]] std::size_t room() const {
        return size / codec.properties.frame_samples * codec.properties.max_frame_octets;
    }

    rtp::codec const& codec;
    std::vector<std::int16_t> samples;
    std::size_t size;
    std::vector<std::vector<std::byte>> payloads;
};

void encode(benchmark::State& state, rtp::codec const* which) {
    stream const s(*which);
    rtp::encoder encoder(*which, {.expected_loss = 10, .has_forward_correction = true});
    std::vector<std::byte> octets(s.room());
    std::size_t n = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(encoder.encode(s.packet(n++), octets));
    state.SetItemsProcessed(state.iterations());
}

void decode(benchmark::State& state, rtp::codec const* which) {
    stream const s(*which);
    rtp::decoder decoder(*which);
    std::vector<std::int16_t> heard(s.size);
    std::size_t n = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(decoder.decode(s.payloads[n++ % packets], heard));
    state.SetItemsProcessed(state.iterations());
}

void conceal(benchmark::State& state, rtp::codec const* which) {
    stream const s(*which);
    rtp::decoder decoder(*which);
    std::vector<std::int16_t> heard(s.size);
    std::size_t n = 0;
    for (auto _ : state) {
        state.PauseTiming();
        benchmark::DoNotOptimize(decoder.decode(s.payloads[n++ % packets], heard));
        state.ResumeTiming();
        decoder.conceal(heard);
        benchmark::DoNotOptimize(heard.data());
    }
    state.SetItemsProcessed(state.iterations());
}

bool const registered = [] {
    for (auto const* codec : rtp::built_in_codecs()) {
        auto const& properties = codec->properties;
        auto const name = std::string(properties.format.name) + "/" + std::to_string(properties.sample_rate) +
                          (properties.channels == 2 ? "/2" : "");
        benchmark::RegisterBenchmark(("encode/" + name).c_str(), encode, codec);
        benchmark::RegisterBenchmark(("decode/" + name).c_str(), decode, codec);
        if (codec->concealment == rtp::loss_concealment::by_codec)
            benchmark::RegisterBenchmark(("conceal/" + name).c_str(), conceal, codec);
    }
    return true;
}();

}  // namespace

// SRTP of one packet of 20 ms of G.711 (172 bytes before protection), for every suite and both providers. To compare
// them on a machine that has other work too, interleave many short runs and look at the medians of the CPU time:
// --benchmark_min_time=0.02 --benchmark_repetitions=15 --benchmark_enable_random_interleaving=true.
//
// Protecting starts from the same bytes with the next sequence number; unprotecting opens packets that were protected
// before, in order, and counts the copy of 182 to 188 bytes into the buffer, as protecting counts that of 172.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "rtp/crypto/srtp.hpp"
#include "rtp/wire/bytes.hpp"

namespace {

using namespace rtp;

constexpr std::size_t plain_size = 172;
constexpr std::uint32_t ssrc = 0xcafebabe;

srtp_settings settings_of(crypto_suite suite) {
    auto const& traits = traits_of(suite);
    std::vector<std::byte> key(traits.key_size + traits.salt_size);
    for (std::size_t i = 0; i < key.size(); ++i)
        key[i] = static_cast<std::byte>(i * 37 + 11);
    auto made = srtp_master_key::create(suite, key);
    if (!made) std::abort();
    return {.suite = suite, .keys = {*made}};
}

/// The packets of one source, written over one template.
class plain_stream {
public:
    plain_stream() { store_u32(std::span(bytes_).subspan(8), ssrc); }
    std::span<const std::byte> next() {
        store_u16(std::span(bytes_).subspan(2), ++sequence_);
        return bytes_;
    }

private:
    std::array<std::byte, plain_size> bytes_{std::byte{0x80}};
    std::uint16_t sequence_ = 0;
};

std::unique_ptr<srtp_sender> make_sender(crypto_suite suite, srtp_provider provider) {
    auto made = make_srtp_sender(settings_of(suite), provider);
    if (!made) std::abort();
    return std::move(*made);
}

void protect(benchmark::State& state, crypto_suite suite, srtp_provider provider) {
    auto const sender = make_sender(suite, provider);
    packet_pool pool(1);
    plain_stream stream;
    for (auto _ : state) {
        packet_buffer packet(pool, stream.next());
        if (sender->protect_rtp(packet)) state.SkipWithError("not protected");
        benchmark::DoNotOptimize(packet.bytes().data());
    }
    state.SetItemsProcessed(state.iterations());
}

void unprotect(benchmark::State& state, crypto_suite suite, srtp_provider provider) {
    constexpr std::size_t batch = 1 << 15;
    auto const sender = make_sender(suite, srtp_provider::own);
    auto made = make_srtp_receiver(settings_of(suite), {}, provider);
    if (!made) std::abort();
    auto& receiver = **made;
    packet_pool pool(1);
    plain_stream stream;
    auto const size = plain_size + traits_of(suite).rtp_tag_size;
    std::vector<std::byte> packets(batch * size);
    std::size_t at = batch;
    for (auto _ : state) {
        if (at == batch) {
            state.PauseTiming();
            for (at = 0; at < batch; ++at) {
                packet_buffer packet(pool, stream.next());
                if (sender->protect_rtp(packet)) std::abort();
                std::ranges::copy(packet.bytes(), packets.begin() + static_cast<std::ptrdiff_t>(at * size));
            }
            at = 0;
            state.ResumeTiming();
        }
        packet_buffer packet(pool, std::span(packets).subspan(at++ * size, size));
        if (receiver.unprotect_rtp(packet)) state.SkipWithError("not authentic");
        benchmark::DoNotOptimize(packet.bytes().data());
    }
    state.SetItemsProcessed(state.iterations());
}

/// What both directions count besides: a buffer of the pool, and the copy into it.
void copy_only(benchmark::State& state) {
    packet_pool pool(1);
    plain_stream stream;
    for (auto _ : state) {
        packet_buffer packet(pool, stream.next());
        benchmark::DoNotOptimize(packet.bytes().data());
    }
    state.SetItemsProcessed(state.iterations());
}

[[maybe_unused]] bool const registered = [] {
    benchmark::RegisterBenchmark("copy_only", copy_only);
    for (auto const suite : all_crypto_suites) {
        auto const name = std::string(traits_of(suite).name);
        for (auto const provider : {srtp_provider::own, srtp_provider::libsrtp}) {
            std::string const by = provider == srtp_provider::own ? "/own" : "/libsrtp2";
            benchmark::RegisterBenchmark(("protect/" + name + by).c_str(), protect, suite, provider);
            benchmark::RegisterBenchmark(("unprotect/" + name + by).c_str(), unprotect, suite, provider);
        }
    }
    return true;
}();

}  // namespace

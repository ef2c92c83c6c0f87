// The RTP packet path, in time for one packet of 20 ms of G.711 (172 bytes): reading a header, receiving through a
// session with statistics into the jitter buffer, sending, and one report. Each case says what it includes.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

#include "rtp/buffer/jitter_buffer.hpp"
#include "rtp/session/session.hpp"
#include "rtp/wire/bytes.hpp"

namespace {

using namespace rtp;
using namespace std::chrono_literals;

constexpr payload_type pcmu{0};
constexpr std::size_t payload_size = 160;

endpoint const peer = endpoint::from_text("192.0.2.1", 4000).value();
endpoint const peer_control = endpoint::from_text("192.0.2.1", 4001).value();

/// The packets of a peer, written over one template.
class peer_stream {
public:
    std::span<const std::byte> next() {
        ++sequence_;
        auto const bytes = std::span(bytes_);
        store_u16(bytes.subspan(2), sequence_);
        store_u32(bytes.subspan(4), timestamp_ += payload_size);
        return bytes_;
    }

private:
    std::array<std::byte, 12 + payload_size> bytes_{std::byte{0x80}};
    std::uint16_t sequence_ = 0;
    std::uint32_t timestamp_ = 0;
};

struct call {
    std::uint64_t random_state = 1;
    environment environment_{
        [this] { return random_state = random_state * 6364136223846793005U + 1442695040888963407U; }};
    packet_pool pool{64};
    time_point now = time_point{} + 1h;
    std::optional<session> media;
    outbox out;

    call() {
        session_settings settings;
        settings.cname = "bench@example";
        auto made = session::create(time(), settings, environment_, pool);
        if (!made) std::abort();
        media.emplace(std::move(*made));
        payload_map map;
        map.receive = {{pcmu}, {payload_type{101}, clock_rate{8000}, payload_use::telephone_event}};
        map.send_events = event_format{payload_type{101}};
        media->set_payloads(time(), map);
        media->set_remote(time(), {peer, peer_control});
        media->set_direction(time(), direction::send_receive, peer_media::expected, out);
    }
    [[nodiscard]] now_t time() const { return {now, wall_point(now.time_since_epoch())}; }
};

void parse_packet(benchmark::State& state) {
    peer_stream stream;
    auto const bytes = stream.next();
    for (auto _ : state) {
        benchmark::DoNotOptimize(bytes.data());
        auto const packet = packet_view::parse(bytes);
        benchmark::DoNotOptimize(packet->sequence());
        benchmark::DoNotOptimize(packet->payload().data());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(parse_packet);

void source_statistics(benchmark::State& state) {
    source heard(clock_rate{8000});
    std::int64_t count = 0;
    auto now = time_point{} + 1h;
    for (auto _ : state) {
        ++count;
        now += 20ms;
        benchmark::DoNotOptimize(
            heard.on_packet(now, advance(sequence_t{0}, count), advance(timestamp_t{0}, count * 160))
        );
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(source_statistics);

/// Copy into a buffer of the pool, session (demux, parse, address, statistics, payload map), jitter buffer put, and
/// get.
void receive_path(benchmark::State& state) {
    call c;
    peer_stream stream;
    jitter_buffer playout{jitter_settings{}};
    for (auto _ : state) {
        c.media->on_packet(c.time(), component::rtp, packet_buffer(c.pool, stream.next()), peer, c.out);
        for (auto& media : c.out.media)
            benchmark::DoNotOptimize(
                playout.put(media.arrival, media.view, std::move(media.packet), packet_content::audio, payload_size)
            );
        benchmark::DoNotOptimize(playout.get(c.now));
        c.now += 20ms;
        c.out.clear();
    }
    state.SetItemsProcessed(state.iterations());
    if (c.media->statistics().packets_delivered + 2 < static_cast<std::uint64_t>(state.iterations()))
        state.SkipWithError("packets were not delivered");
}
BENCHMARK(receive_path);

/// The same without the jitter buffer.
void receive_session_only(benchmark::State& state) {
    call c;
    peer_stream stream;
    for (auto _ : state) {
        c.media->on_packet(c.time(), component::rtp, packet_buffer(c.pool, stream.next()), peer, c.out);
        benchmark::DoNotOptimize(c.out.media.data());
        c.now += 20ms;
        c.out.clear();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(receive_session_only);

/// A buffer of the pool with 160 bytes of payload, header, statistics, outbox.
void send_path(benchmark::State& state) {
    call c;
    for (auto _ : state) {
        packet_buffer frame(c.pool);
        benchmark::DoNotOptimize(frame.append(payload_size).data());
        if (c.media->send(c.time(), {pcmu, payload_size, false, std::move(frame)}, c.out))
            state.SkipWithError("not sent");
        benchmark::DoNotOptimize(c.out.datagrams.data());
        c.now += 20ms;
        c.out.clear();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(send_path);

/// One report of our own: timer, compound packet with one block, CNAME.
void report(benchmark::State& state) {
    call c;
    peer_stream stream;
    for (auto _ : state) {
        c.media->on_packet(c.time(), component::rtp, packet_buffer(c.pool, stream.next()), peer, c.out);
        c.now = *c.media->next_deadline();
        c.media->on_timeout(c.time(), c.out);
        benchmark::DoNotOptimize(c.out.datagrams.data());
        c.out.clear();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(report);

}  // namespace

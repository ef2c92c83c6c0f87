#include <array>
#include <cstdlib>
#include <optional>

#include "players.hpp"
#include "rtp/buffer/playout.hpp"
#include "rtp/codec/g711.hpp"
#include "rtp/wire/bytes.hpp"
#include "voice_model.hpp"

namespace playout_test {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t packet_samples = 160;
constexpr rtp::time_point line_start{std::chrono::hours(1)};

// Learns from the counters, whenever a packet is decoded, where on the device's time line it is played.
class recorder {
public:
    explicit recorder(network_trace const& trace) : listener_(trace) {}

    void watch(rtp::playout const& playout) { playout_ = &playout; }
    void on_period(microseconds now) {
        if (!start_) start_ = now;
    }
    void on_packet(std::uint32_t number) {
        auto const& buffer = playout_->buffer().statistics();
        auto const& changes = playout_->statistics();
        auto const changed = changes.repeated + changes.dropped;
        if (changed != changed_) listener_.stretch();  // the packet before
        auto const made_up = buffer.concealed_units + buffer.silent_units;
        auto const before = media_ + made_up + static_cast<std::int64_t>(changes.repeated - changes.dropped);
        auto const skipped = packet_samples - (buffer.media_units - media_);
        auto const gap = made_up - made_up_;
        listener_.hear({number, *start_ + units(before), units(skipped), units(gap)});
        media_ = buffer.media_units;
        made_up_ = made_up;
        changed_ = changed;
    }
    [[nodiscard]] outcome result() const { return listener_.result(); }

private:
    static microseconds units(std::int64_t count) { return microseconds(count * 125); }

    listener listener_;
    rtp::playout const* playout_ = nullptr;
    std::optional<microseconds> start_;
    std::int64_t media_ = 0, made_up_ = 0;
    std::uint64_t changed_ = 0;
};

// G.711 behind the number of the packet, so that what is played can be told apart.
struct numbered_encoder {
    rtp::result<std::size_t> encode(std::span<const std::int16_t>, std::span<std::byte>) noexcept { return 0U; }
};
struct numbered_decoder {
    rtp::result<std::size_t> decode(std::span<const std::byte> payload, std::span<std::int16_t> samples) noexcept {
        heard_by->on_packet(rtp::load_u32(payload));
        for (std::size_t n = 4; n < payload.size(); ++n)
            samples[n - 4] = rtp::g711::decode_mu_law(std::to_integer<std::uint8_t>(payload[n]));
        return payload.size() - 4;
    }
    static std::optional<std::size_t> samples(std::span<const std::byte> payload) noexcept {
        return payload.size() < 4 ? 0 : payload.size() - 4;
    }
    static inline recorder* heard_by = nullptr;
};
constexpr rtp::codec numbered =
    rtp::define_codec<numbered_encoder, numbered_decoder>({{"X", rtp::clock_rate{8000}, 1}, 8000, 8, 12});

std::vector<std::byte> const& speech() {
    static auto const made = [] {
        std::vector<std::byte> octets;
        for (auto const sample : speak(40, 11))
            octets.push_back(std::byte{rtp::g711::encode_mu_law(sample)});
        return octets;
    }();
    return made;
}

}  // namespace

outcome play_ours(network_trace const& trace, our_settings const& wanted) {
    rtp::jitter_settings settings;
    settings.minimum = wanted.minimum;
    settings.late_cost = wanted.late_cost;
    std::array<rtp::playout_payload, 1> const payloads{
        {{rtp::payload_type{96}, rtp::packet_content::audio, &numbered}}};
    auto playout = rtp::playout::create(settings, payloads);
    if (!playout) std::abort();
    recorder heard(trace);
    heard.watch(*playout);
    numbered_decoder::heard_by = &heard;
    rtp::packet_pool pool(256);
    std::array<std::byte, packet_samples + 4> payload{};
    std::array<std::int16_t, 80> period{};

    run_line(
        trace,
        [&](std::size_t n, microseconds at) {
            rtp::store_u32(payload, static_cast<std::uint32_t>(n));
            auto const from = n * packet_samples % speech().size();
            std::copy_n(speech().begin() + static_cast<std::ptrdiff_t>(from), packet_samples, payload.begin() + 4);
            rtp::packet_buffer packet(pool, payload);
            rtp::packet_header header;
            header.type = rtp::payload_type{96};
            header.sequence = static_cast<rtp::sequence_t>(n & 0xFFFF);
            header.timestamp = static_cast<rtp::timestamp_t>(n * packet_samples);
            static_cast<void>(rtp::prepend_header(packet, header));
            auto const view = rtp::packet_view::parse(packet.bytes());
            playout->put(line_start + at, *view, std::move(packet));
        },
        [&](microseconds now) {
            heard.on_period(now);
            playout->get(line_start + now, period);
        }
    );
    return heard.result();
}

}  // namespace playout_test

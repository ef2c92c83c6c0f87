#include "phoned/tools/audio_driver.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

namespace phoned::tools {
namespace {

// What may wait to be played: more would be delay that never goes away.
constexpr std::uint32_t most_waiting = 3;

std::uint32_t integer(const json::object& params, std::string_view name) {
    const auto* const value = params.if_contains(name);
    return value != nullptr && value->is_int64() ? static_cast<std::uint32_t>(value->get_int64()) : 0;
}

std::string text(const json::object& params, std::string_view name) {
    const auto* const value = params.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

}  // namespace

audio_driver::rings::rings(net::mapped_block memory, const net::ring_layout& layout, net::descriptor clock_descriptor)
    : block(std::move(memory)),
      capture(block.bytes(), layout, net::ring_direction::capture),
      playback(block.bytes(), layout, net::ring_direction::playback),
      clock(std::move(clock_descriptor)) {}

bool audio_driver::handle(connection& to, const arrived& message) {
    if (!message.method.starts_with("audio.")) return false;
    std::optional<std::string> fault;
    if (message.method == "audio.open") {
        fault = open(message.params);
    } else if (message.method == "audio.attach") {
        fault = attach(to, message.params);
    } else if (message.method == "audio.start") {
        running_ = true;
    } else if (message.method == "audio.stop") {
        running_ = false;
    } else if (message.method == "audio.route") {
        output_ = text(message.params, "output");
    }
    if (message.id && fault) {
        to.refuse(*message.id, *fault);
    } else if (message.id) {
        to.answer(*message.id, {});
    } else if (fault) {
        to.notify("driver.fault", {{"text", *fault}});
    }
    return true;
}

std::optional<std::string> audio_driver::open(const json::object& params) {
    const audio_format wanted{integer(params, "rate"), integer(params, "period_frames")};
    const bool rate_is_known = wanted.rate == 8000 || wanted.rate == 16000;
    if (!rate_is_known || wanted != audio_format_at(wanted.rate) || integer(params, "channels") != 1 ||
        text(params, "format") != "s16") {
        return fmt::format("{} Hz with {} frames a period is not supported", wanted.rate, wanted.period_frames);
    }
    format_ = wanted;
    link_ = std::monostate{};
    return std::nullopt;
}

std::optional<std::string> audio_driver::attach(connection& from, const json::object& params) {
    auto first = from.take_descriptor();
    if (!first) return "audio.attach came without descriptors";
    if (text(params, "transport") == "packet") {
        link_ = packets{.socket = std::move(*first), .received = {}};
        return std::nullopt;
    }
    auto clock = from.take_descriptor();
    struct stat found {};
    if (!clock || ::fstat(first->get(), &found) != 0) return "audio.attach came without a clock";
    auto block = net::mapped_block::of(first->get(), static_cast<std::size_t>(found.st_size));
    if (!block) return "the audio memory cannot be mapped: " + block.error().message();
    const auto layout = net::read_ring_layout(block->bytes());
    if (!layout || layout->format != format_) return "the audio memory is not laid out as announced";
    link_ = std::make_unique<rings>(std::move(*block), *layout, std::move(*clock));
    return std::nullopt;
}

bool audio_driver::exchange(
    std::span<const std::int16_t> captured, std::span<std::int16_t> playback, std::uint64_t stamp_us
) {
    std::fill(playback.begin(), playback.end(), std::int16_t{0});
    bool played = false;
    if (auto* const shared = std::get_if<std::unique_ptr<rings>>(&link_)) {
        played = exchange_rings(**shared, captured, playback, stamp_us);
    } else if (auto* const packet = std::get_if<packets>(&link_)) {
        played = exchange_packets(*packet, captured, playback);
    }
    if (!played) ++underruns_;
    return played;
}

bool audio_driver::exchange_rings(
    rings& link, std::span<const std::int16_t> captured, std::span<std::int16_t> playback, std::uint64_t stamp_us
) {
    link.playback.skip_to(most_waiting);
    const bool played = link.playback.pop(playback).has_value();
    // A ring that phoned does not empty loses the period; its clock ticks on.
    static_cast<void>(link.capture.push(captured, {stamp_us, 0}));
    const std::uint64_t one = 1;
    static_cast<void>(::write(link.clock.get(), &one, sizeof one) == sizeof one);
    return played;
}

bool audio_driver::exchange_packets(
    packets& link, std::span<const std::int16_t> captured, std::span<std::int16_t> playback
) {
    std::array<std::byte, audio_packet_header + 160 * sizeof(std::int16_t)> bytes;
    for (;;) {
        const auto got = ::recv(link.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got <= 0) break;
        const auto packet = std::span{bytes}.first(static_cast<std::size_t>(got));
        const auto header = read_audio_header(packet, format_.period_frames);
        if (!header || header->frames == 0) continue;
        std::vector<std::int16_t> samples(header->frames);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            const auto low = std::to_integer<unsigned>(bytes[audio_packet_header + 2 * i]);
            const auto high = std::to_integer<unsigned>(bytes[audio_packet_header + 2 * i + 1]);
            samples[i] = static_cast<std::int16_t>(low | (high << 8));
        }
        link.received.push_back(std::move(samples));
        if (link.received.size() > most_waiting) link.received.pop_front();
    }
    const auto frames = std::min<std::size_t>(captured.size(), 160);
    write_audio_header(
        std::span<std::byte, audio_packet_header>{bytes.data(), audio_packet_header},
        {link.sequence++, link.timestamp, 0, static_cast<std::uint16_t>(frames), 0}
    );
    link.timestamp += static_cast<std::uint32_t>(frames);
    for (std::size_t i = 0; i < frames; ++i) {
        const auto sample = static_cast<std::uint16_t>(captured[i]);
        bytes[audio_packet_header + 2 * i] = static_cast<std::byte>(sample & 0xFF);
        bytes[audio_packet_header + 2 * i + 1] = static_cast<std::byte>(sample >> 8);
    }
    static_cast<void>(
        ::send(link.socket.get(), bytes.data(), audio_packet_header + frames * 2, MSG_DONTWAIT | MSG_NOSIGNAL)
    );
    if (link.received.empty()) return false;
    const auto count = std::min(playback.size(), link.received.front().size());
    std::copy_n(link.received.front().begin(), count, playback.begin());
    link.received.pop_front();
    return true;
}

}  // namespace phoned::tools

// The two ways in which sound crosses to an audio driver: a sealed memfd with rings and an eventfd as clock, or a
// packet socket. Both look the same from here: wake when readable, take periods, give periods. Never blocks; what the
// driver does wrong is counted.
#pragma once

#include "phoned/net/audio_ring.hpp"
#include "phoned/net/descriptor.hpp"
#include "phoned/protocol/audio_packet.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

namespace phoned::net {

/// A mapping that is undone with its owner.
class mapped_block {
public:
    mapped_block() = default;
    mapped_block(mapped_block&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    mapped_block& operator=(mapped_block&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~mapped_block();

    /// Maps a file for reading and writing, shared.
    [[nodiscard]] static boost::system::result<mapped_block> of(int file, std::size_t size);
    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }

private:
    std::span<std::byte> bytes_;
};

enum class tick { none, with_samples, silent };

class shared_memory_link {
public:
    [[nodiscard]] static boost::system::result<std::unique_ptr<shared_memory_link>> make(const audio_format&);

    shared_memory_link(mapped_block, const ring_layout&, descriptor clock);
    [[nodiscard]] int wake_descriptor() const noexcept { return clock_.get(); }
    /// What to send to the driver: the memory, the clock.
    [[nodiscard]] std::vector<descriptor> take_descriptors() { return std::move(for_driver_); }

    /// Reads the clock. At most `most` periods are taken from it, the rest are given up.
    void on_readable(std::uint32_t most, audio_counters&);
    [[nodiscard]] tick next_period(std::span<std::int16_t> captured, audio_counters&);
    void play(std::span<const std::int16_t> samples, std::uint64_t stamp_us, audio_counters&);

private:
    mapped_block block_;
    ring_layout layout_;
    ring_reader capture_;
    ring_writer playback_;
    descriptor clock_;
    std::vector<descriptor> for_driver_;
    std::uint32_t ticks_ = 0;
};

class packet_link {
public:
    [[nodiscard]] static boost::system::result<std::unique_ptr<packet_link>> make(const audio_format&);

    packet_link(const audio_format& format, descriptor socket) : format_(format), socket_(std::move(socket)) {}
    [[nodiscard]] int wake_descriptor() const noexcept { return socket_.get(); }
    [[nodiscard]] std::vector<descriptor> take_descriptors() { return std::move(for_driver_); }

    void on_readable(std::uint32_t most, audio_counters&);
    [[nodiscard]] tick next_period(std::span<std::int16_t> captured, audio_counters&);
    void play(std::span<const std::int16_t> samples, std::uint64_t stamp_us, audio_counters&);

private:
    audio_format format_;
    descriptor socket_;
    std::vector<descriptor> for_driver_;
    std::uint32_t budget_ = 0;
    std::uint32_t sequence_ = 0, timestamp_ = 0;
};

using audio_link = std::variant<std::unique_ptr<shared_memory_link>, std::unique_ptr<packet_link>>;

}  // namespace phoned::net

#include "phoned/net/audio_link.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace phoned::net {
namespace {

boost::system::error_code last_error() {
    return {errno, boost::system::system_category()};
}

constexpr std::uint32_t periods_in_ring = 16;

}  // namespace

mapped_block::~mapped_block() {
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

boost::system::result<mapped_block> mapped_block::of(int file, std::size_t size) {
    auto* const address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (address == MAP_FAILED) return last_error();
    mapped_block block;
    block.bytes_ = {static_cast<std::byte*>(address), size};
    return block;
}

// ---- shared memory

boost::system::result<std::unique_ptr<shared_memory_link>> shared_memory_link::make(const audio_format& format) {
    const ring_layout layout{format, periods_in_ring};
    descriptor memory{::memfd_create("phoned-audio", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!memory.is_open() || ::ftruncate(memory.get(), static_cast<off_t>(layout.total_size())) != 0)
        return last_error();
    // Without the seals a driver could shrink the file under us, and the next access would be a SIGBUS.
    if (::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return last_error();
    auto block = mapped_block::of(memory.get(), layout.total_size());
    if (!block) return block.error();
    format_ring_block(block->bytes(), layout);
    descriptor clock{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    descriptor theirs{clock.is_open() ? ::fcntl(clock.get(), F_DUPFD_CLOEXEC, 0) : -1};
    if (!theirs.is_open()) return last_error();
    auto link = std::make_unique<shared_memory_link>(std::move(*block), layout, std::move(clock));
    link->for_driver_.push_back(std::move(memory));
    link->for_driver_.push_back(std::move(theirs));
    return link;
}

shared_memory_link::shared_memory_link(mapped_block block, const ring_layout& layout, descriptor clock)
    : block_(std::move(block)),
      layout_(layout),
      capture_(block_.bytes(), layout, ring_direction::capture),
      playback_(block_.bytes(), layout, ring_direction::playback),
      clock_(std::move(clock)) {}

void shared_memory_link::on_readable(std::uint32_t most, audio_counters& counters) {
    std::uint64_t count = 0;
    if (::read(clock_.get(), &count, sizeof count) != sizeof count) count = 0;
    if (count > most) {
        counters.capture_overruns += count - most;
        count = most;
    }
    ticks_ = static_cast<std::uint32_t>(count);
    // Samples beyond the clock's ticks and one period of slack are delay that would never go away.
    counters.capture_overruns += capture_.skip_to(ticks_ + 1);
}

tick shared_memory_link::next_period(std::span<std::int16_t> captured, audio_counters& counters) {
    if (ticks_ == 0) return tick::none;
    --ticks_;
    const auto faults_before = capture_.faults();
    const auto stamp = capture_.pop(captured);
    counters.bad_frames += capture_.faults() - faults_before;
    if (!stamp) return tick::silent;
    counters.delay_frames = stamp->delay_frames;
    return tick::with_samples;
}

void shared_memory_link::play(std::span<const std::int16_t> samples, std::uint64_t stamp_us, audio_counters& counters) {
    const auto faults_before = playback_.faults();
    if (!playback_.push(samples, {stamp_us, 0})) ++counters.playback_overruns;
    counters.bad_frames += playback_.faults() - faults_before;
}

// ---- packets

boost::system::result<std::unique_ptr<packet_link>> packet_link::make(const audio_format& format) {
    std::array<int, 2> pair{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()) != 0) return last_error();
    auto link = std::make_unique<packet_link>(format, descriptor{pair[0]});
    descriptor theirs{pair[1]};
    // The driver's end blocks, as a script expects of a socket; ours never does.
    const int flags = ::fcntl(theirs.get(), F_GETFL);
    if (flags < 0 || ::fcntl(theirs.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) return last_error();
    link->for_driver_.push_back(std::move(theirs));
    return link;
}

void packet_link::on_readable(std::uint32_t most, audio_counters&) {
    budget_ = most;
}

tick packet_link::next_period(std::span<std::int16_t> captured, audio_counters& counters) {
    // A little more than the largest good packet, so that a larger one shows.
    std::array<std::byte, audio_packet_header + 160 * sizeof(std::int16_t) + 1> bytes;
    while (budget_ > 0) {
        const auto got = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_TRUNC);
        if (got <= 0) return tick::none;
        --budget_;
        const auto length = static_cast<std::size_t>(got);
        const auto header = length <= bytes.size()
                                ? read_audio_header(std::span{bytes}.first(length), format_.period_frames)
                                : std::nullopt;
        if (!header) {
            ++counters.bad_frames;
            continue;
        }
        counters.delay_frames = header->delay_frames;
        if (header->frames == 0) return tick::silent;
        for (std::size_t i = 0; i < captured.size(); ++i) {
            const auto low = std::to_integer<unsigned>(bytes[audio_packet_header + 2 * i]);
            const auto high = std::to_integer<unsigned>(bytes[audio_packet_header + 2 * i + 1]);
            captured[i] = static_cast<std::int16_t>(low | (high << 8));
        }
        return tick::with_samples;
    }
    return tick::none;
}

void packet_link::play(std::span<const std::int16_t> samples, std::uint64_t, audio_counters& counters) {
    std::array<std::byte, audio_packet_header + 160 * sizeof(std::int16_t)> bytes;
    const auto frames = std::min<std::size_t>(samples.size(), 160);
    write_audio_header(
        std::span<std::byte, audio_packet_header>{bytes.data(), audio_packet_header},
        {sequence_++, timestamp_, 0, static_cast<std::uint16_t>(frames), 0}
    );
    timestamp_ += static_cast<std::uint32_t>(frames);
    for (std::size_t i = 0; i < frames; ++i) {
        const auto sample = static_cast<std::uint16_t>(samples[i]);
        bytes[audio_packet_header + 2 * i] = static_cast<std::byte>(sample & 0xFF);
        bytes[audio_packet_header + 2 * i + 1] = static_cast<std::byte>(sample >> 8);
    }
    const auto length = audio_packet_header + frames * sizeof(std::int16_t);
    if (::send(socket_.get(), bytes.data(), length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) ++counters.playback_overruns;
}

}  // namespace phoned::net

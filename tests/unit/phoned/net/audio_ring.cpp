// Covers: the shared-memory rings: order, full, empty, wrap of indices, an impossible index from the other side, two
// threads.
#include "phoned/net/audio_ring.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

using namespace phoned;
using namespace phoned::net;

namespace {

// A block as phoned makes it, at 8 kHz with four periods a ring.
class ring_block {
public:
    explicit ring_block(ring_layout given = {{8000, 80}, 4}) : layout(given), pages(given.total_size() / 64) {
        format_ring_block(bytes(), layout);
    }
    struct alignas(64) line {
        std::array<std::byte, 64> bytes{};
    };
    std::span<std::byte> bytes() { return {pages.front().bytes.data(), layout.total_size()}; }
    void set_index(std::size_t offset, std::uint32_t value) {
        std::memcpy(bytes().data() + offset, &value, sizeof value);
    }

    ring_layout layout;
    std::vector<line> pages;
};

std::vector<std::int16_t> period_of(int value, std::size_t frames = 80) {
    return std::vector<std::int16_t>(frames, static_cast<std::int16_t>(value));
}

}  // namespace

TEST_CASE("periods come out as they went in, with their stamps, until the ring is empty") {
    ring_block block;
    ring_writer writer{block.bytes(), block.layout, ring_direction::capture};
    ring_reader reader{block.bytes(), block.layout, ring_direction::capture};
    std::vector<std::int16_t> heard(80);
    CHECK_FALSE(reader.pop(heard).has_value());
    for (int i = 0; i < 100; ++i) {
        REQUIRE(writer.push(period_of(i), {static_cast<std::uint64_t>(i) * 10000, 160}));
        const auto stamp = reader.pop(heard);
        REQUIRE(stamp.has_value());
        CHECK(stamp->stamp_us == static_cast<std::uint64_t>(i) * 10000);
        CHECK(stamp->delay_frames == 160);
        CHECK(heard == period_of(i));
    }
    CHECK_FALSE(reader.pop(heard).has_value());
    CHECK(writer.faults() + reader.faults() == 0);
}

TEST_CASE("a full ring takes nothing more and loses nothing, and the two rings do not touch") {
    ring_block block;
    ring_writer capture{block.bytes(), block.layout, ring_direction::capture};
    ring_writer playback{block.bytes(), block.layout, ring_direction::playback};
    ring_reader heard_by_phone{block.bytes(), block.layout, ring_direction::capture};
    ring_reader heard_by_driver{block.bytes(), block.layout, ring_direction::playback};
    for (int i = 0; i < 4; ++i) {
        CHECK(capture.push(period_of(i), {}));
        CHECK(playback.push(period_of(100 + i), {}));
    }
    CHECK_FALSE(capture.push(period_of(9), {}));
    CHECK_FALSE(playback.push(period_of(9), {}));
    std::vector<std::int16_t> heard(80);
    for (int i = 0; i < 4; ++i) {
        CHECK(heard_by_phone.pop(heard).has_value());
        CHECK(heard == period_of(i));
        CHECK(heard_by_driver.pop(heard).has_value());
        CHECK(heard == period_of(100 + i));
    }
}

TEST_CASE("after a stall the oldest periods are left out") {
    ring_block block;
    ring_writer writer{block.bytes(), block.layout, ring_direction::playback};
    ring_reader reader{block.bytes(), block.layout, ring_direction::playback};
    for (int i = 0; i < 4; ++i)
        CHECK(writer.push(period_of(i), {}));
    CHECK(reader.skip_to(1) == 3);
    CHECK(reader.skip_to(1) == 0);
    std::vector<std::int16_t> heard(80);
    CHECK(reader.pop(heard).has_value());
    CHECK(heard == period_of(3));
    CHECK(reader.waiting() == 0);
}

TEST_CASE("indices run over their end") {
    ring_block block;
    for (const std::size_t offset : {64u, 128u})
        block.set_index(offset, 0xFFFFFFFEu);
    ring_writer writer{block.bytes(), block.layout, ring_direction::capture};
    ring_reader reader{block.bytes(), block.layout, ring_direction::capture};
    std::vector<std::int16_t> heard(80);
    for (int i = 0; i < 10; ++i) {
        CHECK(writer.push(period_of(i), {}));
        CHECK(reader.pop(heard).has_value());
        CHECK(heard == period_of(i));
    }
}

TEST_CASE("an impossible index from the other side is counted, never followed") {
    ring_block block;
    ring_writer writer{block.bytes(), block.layout, ring_direction::playback};
    ring_reader reader{block.bytes(), block.layout, ring_direction::capture};
    std::vector<std::int16_t> heard(80);
    for (const std::uint32_t lie : {5u, 1000u, 0x80000000u, 0xFFFFFF00u}) {
        CAPTURE(lie);
        block.set_index(64, lie);
        CHECK_FALSE(reader.pop(heard).has_value());
        block.set_index(256, lie);
        CHECK_FALSE(writer.push(period_of(1), {}));
    }
    CHECK(reader.faults() == 4);
    CHECK(writer.faults() == 4);
    // The driver comes to its senses: the reader goes on from where it is.
    ring_writer driver{block.bytes(), block.layout, ring_direction::capture};
    CHECK(driver.push(period_of(42), {}));
    CHECK(reader.pop(heard).has_value());
    CHECK(heard == period_of(42));
}

TEST_CASE("a header is taken only if it is ours, sensible, and fits the block") {
    ring_block block;
    const auto good = read_ring_layout(block.bytes());
    REQUIRE(good.has_value());
    CHECK(good->format == audio_format{8000, 80});
    CHECK(good->periods == 4);
    CHECK_FALSE(read_ring_layout(block.bytes().first(4095)).has_value());
    CHECK_FALSE(read_ring_layout(block.bytes().first(block.layout.total_size() - 1)).has_value());
    const std::pair<std::size_t, std::uint32_t> damages[] = {
        {0, 1}, {4, 2}, {8, 0}, {8, 44100}, {12, 2}, {16, 2}, {20, 0}, {20, 81}, {24, 0}, {24, 3}, {24, 0x80000000u}};
    for (const auto& [offset, value] : damages) {
        CAPTURE(offset);
        CAPTURE(value);
        ring_block damaged;
        damaged.set_index(offset, value);
        CHECK_FALSE(read_ring_layout(damaged.bytes()).has_value());
    }
}

TEST_CASE("two threads pass a hundred thousand periods without losing or mixing one") {
    ring_block block{{{16000, 160}, 8}};
    constexpr int count = 100000;
    std::thread driver{[&] {
        ring_writer writer{block.bytes(), block.layout, ring_direction::capture};
        for (int i = 0; i < count;) {
            if (writer.push(period_of(i % 30000, 160), {static_cast<std::uint64_t>(i), 0})) {
                ++i;
            } else {
                std::this_thread::yield();
            }
        }
    }};
    ring_reader reader{block.bytes(), block.layout, ring_direction::capture};
    std::vector<std::int16_t> heard(160);
    int wrong = 0;
    for (int i = 0; i < count;) {
        const auto stamp = reader.pop(heard);
        if (!stamp) {
            std::this_thread::yield();
            continue;
        }
        const auto expected = static_cast<std::int16_t>(i % 30000);
        if (stamp->stamp_us != static_cast<std::uint64_t>(i) || heard.front() != expected || heard.back() != expected)
            ++wrong;
        ++i;
    }
    driver.join();
    CHECK(wrong == 0);
    CHECK(reader.faults() == 0);
}

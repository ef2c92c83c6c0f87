// Covers: room in front and behind, moves, the pool's free list, buffers that outlive their pool, cutting.
#include "rtp/wire/packet_buffer.hpp"

#include "unit/rtp/support/bytes.hpp"

#include <utility>

using namespace rtp;
using namespace rtp_test;

TEST_CASE("A buffer grows in front by 64 bytes and behind into the tail-room, and no further") {
    auto buffer = packet_buffer::unpooled(hex("aabb"));
    auto const front = buffer.prepend(packet_buffer::head_room);
    REQUIRE(front.size() == packet_buffer::head_room);
    CHECK(buffer.prepend(1).empty());
    CHECK(buffer.size() == packet_buffer::head_room + 2);

    auto const rest = packet_buffer::max_size - 2 + packet_buffer::tail_room;
    CHECK(buffer.append(rest + 1).empty());
    CHECK(buffer.append(rest).size() == rest);
    CHECK(buffer.append(1).empty());
    CHECK(buffer.bytes().size() == packet_buffer::head_room + packet_buffer::max_size + packet_buffer::tail_room);
}

TEST_CASE("A buffer keeps its bytes when headers come and go") {
    auto buffer = packet_buffer::unpooled(hex("aabbcc"));
    buffer.prepend(2)[0] = std::byte{0x11};
    buffer.bytes()[1] = std::byte{0x22};
    buffer.append(1)[0] = std::byte{0xdd};
    CHECK(to_vector(buffer.bytes()) == hex("1122aabbccdd"));
    buffer.remove_front(3);
    buffer.remove_back(1);
    CHECK(to_vector(buffer.bytes()) == hex("bbcc"));
    buffer.remove_back(100);
    buffer.remove_front(100);
    CHECK(buffer.empty());
}

TEST_CASE("More than the largest datagram is cut") {
    byte_vector const large(packet_buffer::max_size + 1, std::byte{7});
    CHECK(packet_buffer::unpooled(large).size() == packet_buffer::max_size);
    packet_pool pool;
    CHECK(packet_buffer(pool, large).size() == packet_buffer::max_size);
}

TEST_CASE("A moved-from buffer is empty and harmless") {
    packet_pool pool(1);
    packet_buffer a(pool, hex("0102"));
    packet_buffer b = std::move(a);
    CHECK_FALSE(a.has_block());  // NOLINT: that is what is tested
    CHECK(a.bytes().empty());
    CHECK(a.receive_space().empty());
    CHECK(a.prepend(1).empty());
    CHECK(a.append(1).empty());
    a.set_size(5);
    CHECK(a.size() == 0);
    CHECK(to_vector(b.bytes()) == hex("0102"));
    b = packet_buffer(pool, hex("03"));
    CHECK(to_vector(b.bytes()) == hex("03"));
    auto& same = b;
    b = std::move(same);
    CHECK(to_vector(b.bytes()) == hex("03"));
}

TEST_CASE("Blocks return to their pool and are used again") {
    packet_pool pool(2);
    CHECK(pool.free() == 2);
    {
        packet_buffer const a(pool);
        packet_buffer const b(pool);
        packet_buffer const c(pool);
        CHECK(pool.in_use() == 3);
        CHECK(pool.free() == 0);
    }
    CHECK(pool.in_use() == 0);
    CHECK(pool.free() == 3);
}

TEST_CASE("A buffer may outlive its pool") {
    packet_buffer survivor;
    {
        packet_pool pool(4);
        survivor = packet_buffer(pool, hex("cafe"));
        packet_buffer const other(pool);
    }
    CHECK(to_vector(survivor.bytes()) == hex("cafe"));
}

TEST_CASE("Receiving starts from the whole space again") {
    packet_pool pool;
    packet_buffer buffer(pool, hex("0102030405"));
    buffer.remove_front(3);
    auto const space = buffer.receive_space();
    CHECK(space.size() == packet_buffer::max_size);
    space[0] = std::byte{9};
    buffer.set_size(1);
    CHECK(to_vector(buffer.bytes()) == hex("09"));
    CHECK(buffer.prepend(packet_buffer::head_room).size() == packet_buffer::head_room);
}

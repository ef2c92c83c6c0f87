// Covers: sharing, the size classes and the heap behind them, reuse, buffers that outlive their pool, clones.
#include "sip/syntax/buffer.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using sip::buffer_pool;
using sip::buffer_ref;

TEST_CASE("A fresh buffer is unique, empty and at least as large as asked for") {
    buffer_pool pool;
    for (std::size_t capacity : {0u, 1u, 1280u, 1281u, 65536u, 65537u, 300000u}) {
        auto buffer = pool.allocate(capacity);
        CHECK(buffer.unique());
        CHECK(buffer.size() == 0);
        CHECK(buffer.capacity() >= capacity);
    }
    CHECK(pool.allocate().capacity() == 1280);
    CHECK(pool.allocate(1).capacity() == 512);
    CHECK(pool.allocate(513).capacity() == 768);
    CHECK(pool.allocate(769).capacity() == 1024);
    CHECK(pool.allocate(1025).capacity() == 1280);
    CHECK(pool.allocate(1281).capacity() == 2560);
    CHECK(pool.allocate(2561).capacity() == 8192);
    CHECK(pool.allocate(8193).capacity() == 65536);
    for (std::size_t size :
         {1u, 512u, 513u, 768u, 1024u, 1025u, 1280u, 1281u, 2560u, 2561u, 8192u, 8193u, 65536u, 65537u})
        CHECK(pool.allocate(size).capacity() == std::max<std::size_t>(buffer_pool::block_for(size), size));
}

TEST_CASE("Copies share the bytes, and the last one gives them back") {
    buffer_pool pool;
    auto first = pool.copy("hello");
    CHECK(pool.live() == 1);
    {
        buffer_ref second = first;
        CHECK_FALSE(first.unique());
        CHECK(second.text().data() == first.text().data());
        CHECK(pool.live() == 1);
    }
    CHECK(first.unique());
    first = {};
    CHECK(pool.live() == 0);
}

TEST_CASE("Moving and assigning keep the count right") {
    buffer_pool pool;
    auto a = pool.copy("a");
    auto b = std::move(a);
    CHECK_FALSE(a);
    CHECK(b.unique());
    auto const& same = b;
    b = same;
    CHECK(b.unique());
    CHECK(b.text() == "a");
    b = pool.copy("c");
    CHECK(pool.live() == 1);
    CHECK(b.text() == "c");
}

TEST_CASE("A returned block is used again for the next buffer of its class") {
    buffer_pool pool;
    char const* place = pool.copy("x").text().data();
    CHECK(pool.copy("y").text().data() == place);
    char const* middle = pool.allocate(5000).text().data();
    CHECK(pool.allocate(8000).text().data() == middle);
    char const* large = pool.allocate(10000).text().data();
    CHECK(pool.allocate(60000).text().data() == large);
}

TEST_CASE("An empty reference owns nothing") {
    buffer_ref none;
    CHECK_FALSE(none);
    CHECK(none.text().empty());
    CHECK(none.size() == 0);
    CHECK(none.capacity() == 0);
    CHECK_FALSE(none.unique());
    buffer_pool pool;
    CHECK_FALSE(none.clone_to(pool));
}

TEST_CASE("Buffers may outlive their pool") {
    std::optional<buffer_pool> pool(std::in_place);
    auto small = pool->copy("small");
    auto large = pool->copy(std::string(10000, 'l'));
    pool.reset();
    CHECK(small.text() == "small");
    small = {};
    CHECK(large.size() == 10000);
}

TEST_CASE("A clone lives in the other pool with bytes of its own") {
    buffer_pool here, there;
    auto original = here.copy(std::string("a\0b", 3));
    auto clone = original.clone_to(there);
    CHECK(clone.text() == original.text());
    CHECK(clone.text().data() != original.text().data());
    CHECK(here.live() == 1);
    CHECK(there.live() == 1);
}

TEST_CASE("The blocks that a pool keeps are bounded") {
    buffer_pool pool;
    std::vector<buffer_ref> burst;
    for (int i = 0; i < 100; ++i)
        burst.push_back(pool.allocate(60000));
    CHECK(pool.live() == 100);
    burst.clear();
    CHECK(pool.live() == 0);
    CHECK(pool.kept_bytes() <= 32 * 65536);
}

// Covers: what a user agent allocates for a call once it is warm, that nothing grows over many calls and re-INVITEs,
// and that a failed allocation at any place costs at most the call it hits.
#include <malloc.h>

#include <algorithm>
#include <cstddef>

#include <doctest/doctest.h>

#include "support/back_to_back.hpp"
#include "support/counting_new.hpp"
#include "support/ua_pair.hpp"

using namespace std::chrono_literals;

namespace {

/// Bytes in use on the heap, where the allocator tells.
std::size_t heap_in_use() {
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

struct footprint {
    std::size_t sessions, dialogs, transactions, ack_keepers, requests, buffers;
    friend bool operator==(footprint const&, footprint const&) = default;
    friend doctest::String toString(footprint const& f) {
        return doctest::toString(f.sessions) + " sessions, " + doctest::toString(f.dialogs) + " dialogs, " +
               doctest::toString(f.transactions) + " transactions, " + doctest::toString(f.ack_keepers) + " ACKs, " +
               doctest::toString(f.requests) + " requests, " + doctest::toString(f.buffers) + " buffers";
    }
};
footprint of(sip::user_agent_core const& core) {
    auto const live = core.live();
    return {live.sessions, live.dialogs, live.transactions, live.ack_keepers, live.requests, live.buffers};
}

}  // namespace

TEST_CASE("A warm user agent makes a bounded number of allocations for a call, and the same for each") {
    test::back_to_back pair;
    for (int i = 0; i < 50; ++i) {
        REQUIRE(pair.establish());
        pair.hang_up();
    }
    pair.advance(70s);
    std::size_t most = 0;
    for (int i = 0; i < 20; ++i) {
        auto const before = test::allocations();
        REQUIRE(pair.establish());
        pair.hang_up();
        most = std::max(most, test::allocations() - before);
    }
    MESSAGE(most, " allocations for INVITE, 180, 200, ACK, BYE, 200 on both sides together");
    CHECK(most <= 24);
}

TEST_CASE("Memory is flat over 10,000 calls") {
    test::back_to_back pair;
    auto const calls = [&](int count) {
        for (int i = 0; i < count; ++i) {
            REQUIRE(pair.establish());
            pair.hang_up();
            pair.advance(700ms);  // no more than 50 of the 32 s transactions at a time
        }
    };
    calls(200);
    auto const alice = of(pair.alice.core), bob = of(pair.bob.core);
    auto const heap = heap_in_use();
    calls(9'800);
    CHECK(heap_in_use() <= heap + 1024);
    CHECK(of(pair.alice.core) == alice);
    CHECK(of(pair.bob.core) == bob);
    pair.advance(70s);
    CHECK(of(pair.alice.core) == footprint{});
    CHECK(of(pair.bob.core) == footprint{});
}

TEST_CASE("Memory is flat over 10,000 re-INVITEs in one call (pjsip #877, #2668)") {
    test::back_to_back pair;
    REQUIRE(pair.establish());
    auto const offers = [&](int count) {
        for (int i = 0; i < count; ++i) {
            pair.reoffer();
            pair.advance(700ms);
        }
    };
    offers(200);
    auto const alice = of(pair.alice.core), bob = of(pair.bob.core);
    auto const heap = heap_in_use();
    offers(9'800);
    CHECK(heap_in_use() <= heap + 1024);
    CHECK(of(pair.alice.core) == alice);
    CHECK(of(pair.bob.core) == bob);
    pair.hang_up();
    pair.advance(70s);
    CHECK(of(pair.alice.core) == footprint{});
    CHECK(of(pair.bob.core) == footprint{});
}

TEST_CASE("A failed allocation anywhere in a call loses that call at most: nothing leaks, and the next call works") {
    long failures = 0;
    for (long n = 1;; ++n) {
        CAPTURE(n);
        test::back_to_back pair;
        bool hit = false;
        auto const guarded = [&](auto&& work) {
            try {
                work();
            } catch (std::bad_alloc const&) {
                hit = true;
            }
        };
        test::fail_allocation(n);
        guarded([&] { (void)pair.establish(); });
        guarded([&] { pair.reoffer(); });
        guarded([&] { pair.hang_up(); });
        guarded([&] { pair.advance(70s); });
        bool const used_up = test::allocations_until_failure.load() <= 0;
        test::fail_allocation(0);
        CHECK(hit == used_up);
        if (!hit) break;
        ++failures;

        pair.hang_up_all();
        pair.advance(10min);  // whatever was left half done runs into its time limits
        CHECK(pair.establish());
        pair.hang_up();
        pair.advance(10min);
        CHECK(of(pair.alice.core) == footprint{});
        CHECK(of(pair.bob.core) == footprint{});
    }
    MESSAGE(failures, " places failed");
    CHECK(failures > 50);
}

// Counts allocations, and makes one of them fail. It works in programs one of whose sources includes counting_new.hpp,
// as doctest_main.cpp does for every test.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace test {

inline std::atomic<std::size_t> allocation_count{0};
inline std::atomic<long> allocations_until_failure{0};

/// Makes the n-th allocation from now throw bad_alloc, once; 0 switches that off.
inline void fail_allocation(long n) noexcept {
    allocations_until_failure.store(n, std::memory_order_relaxed);
}

/// Calls of operator new since the program began.
inline std::size_t allocations() noexcept {
    return allocation_count.load(std::memory_order_relaxed);
}

inline void* counted_allocation(std::size_t size) {
    allocation_count.fetch_add(1, std::memory_order_relaxed);
    if (allocations_until_failure.load(std::memory_order_relaxed) > 0 &&
        allocations_until_failure.fetch_sub(1, std::memory_order_relaxed) == 1)
        throw std::bad_alloc();
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}

}  // namespace test

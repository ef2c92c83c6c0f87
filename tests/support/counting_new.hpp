// Replaces operator new of a test program by one that counts, and that fails when told to. Include it in exactly one
// source of a program.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#include "support/allocation_counter.hpp"

// Not inlined: g++ takes the pair of malloc() and free() inside for a mismatch with the operators that it knows.
[[gnu::noinline]] void* operator new(std::size_t size) {
    return test::counted_allocation(size);
}
[[gnu::noinline]] void* operator new[](std::size_t size) {
    return test::counted_allocation(size);
}
// std::stable_sort() asks so. A sanitizer's own would not go with our operator delete.
[[gnu::noinline]] void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
    try {
        return test::counted_allocation(size);
    } catch (std::bad_alloc const&) {
        return nullptr;
    }
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

// Counts calls of malloc, so that a test can show that a C library allocates nothing while it runs. glibc only; under a
// sanitizer, which has an allocator of its own, nothing is counted. Include it in exactly one source of a program.
#pragma once

#include <atomic>
#include <cstddef>

namespace test {

inline std::atomic<std::size_t> malloc_count{0};

/// Calls of malloc, calloc and realloc since the program began, the program's own and those of its libraries.
inline std::size_t mallocs() noexcept {
    return malloc_count.load(std::memory_order_relaxed);
}

}  // namespace test

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OFFHOOK_TEST_HAS_OWN_MALLOC 1
#endif
#endif
#ifndef OFFHOOK_TEST_HAS_OWN_MALLOC
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);

void* malloc(std::size_t size) {
    test::malloc_count.fetch_add(1, std::memory_order_relaxed);
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
    test::malloc_count.fetch_add(1, std::memory_order_relaxed);
    return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
    test::malloc_count.fetch_add(1, std::memory_order_relaxed);
    return __libc_realloc(memory, size);
}
}
#endif
#endif

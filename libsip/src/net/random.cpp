#include <array>
#include <cstdint>
#include <cstdlib>

#include <openssl/rand.h>

#include "sip/net/environment.hpp"

namespace sip::net {

namespace {

// A call into OpenSSL's generator costs about a microsecond whatever the size, and a call needs a dozen numbers.
struct reserve {
    std::array<std::uint64_t, 64> numbers{};
    std::size_t left = 0;
};

std::uint64_t next_random(void*) {
    thread_local reserve stock;
    if (stock.left == 0) {
        if (RAND_bytes(reinterpret_cast<unsigned char*>(stock.numbers.data()), sizeof stock.numbers) != 1) std::abort();
        stock.left = stock.numbers.size();
    }
    auto& taken = stock.numbers[--stock.left];
    auto const number = taken;
    taken = 0;  // what has been handed out cannot be read from memory again
    return number;
}

}  // namespace

random_source system_random() noexcept {
    return {&next_random, nullptr};
}

environment make_environment(log_sink log) {
    environment made;
    made.random = system_random();
    made.log = log;
    return made;
}

}  // namespace sip::net

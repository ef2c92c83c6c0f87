#include <sys/random.h>

#include <array>
#include <cstdint>
#include <cstdlib>

#include "sip/net/environment.hpp"

namespace sip::net {

namespace {

// The kernel's generator costs a system call whatever the size, and a call needs a dozen numbers. OpenSSL's would cost
// a phone a third of a megabyte for its own seed alone. 256 bytes come whole, whatever signal arrives (getrandom(2)).
struct reserve {
    std::array<std::uint64_t, 32> numbers{};
    std::size_t left = 0;
};

std::uint64_t next_random(void*) {
    thread_local reserve stock;
    if (stock.left == 0) {
        if (::getrandom(stock.numbers.data(), sizeof stock.numbers, 0) != static_cast<ssize_t>(sizeof stock.numbers))
            std::abort();
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

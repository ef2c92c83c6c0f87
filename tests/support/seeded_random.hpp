// Repeatable randomness for tests: the same seed gives the same run. Print the seed when a randomised test fails.
#pragma once

#include <cstdint>

namespace test {

/// SplitMix64. Hand source() of it to a core through its environment; the object must outlive the core.
class seeded_random {
public:
    explicit seeded_random(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t operator()() noexcept {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    /// A number in [0, bound).
    std::uint64_t below(std::uint64_t bound) noexcept { return (*this)() % bound; }
    /// True in `percent` of all calls.
    bool chance(unsigned percent) noexcept { return below(100) < percent; }

    static std::uint64_t next(void* self) { return (*static_cast<seeded_random*>(self))(); }
    /// The function and context pair of any library's random_source.
    struct as_source {
        seeded_random* self;
        template <class RandomSource>
        operator RandomSource() const {  // NOLINT: implicit on purpose
            return RandomSource{&seeded_random::next, self};
        }
    };
    as_source source() noexcept { return {this}; }

private:
    std::uint64_t state_;
};

}  // namespace test

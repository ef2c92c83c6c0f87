// Covered: timers of one object (set, move, stop, due in order) and the deadline heap over many objects, compared with
// a plain twin over random operations.
#include "sip/transaction/timer_table.hpp"

#include <doctest/doctest.h>

#include <map>
#include <vector>

#include "sip/transaction/deadline_heap.hpp"
#include "support/seeded_random.hpp"

using namespace sip;
using namespace std::chrono_literals;

namespace {
enum class bell { first, second, third };
time_point at(int seconds) {
    return time_point(std::chrono::seconds(seconds));
}
}  // namespace

TEST_CASE("A timer table rings in the order of the deadlines, each timer once") {
    timer_table<bell, 3> timers;
    CHECK_FALSE(timers.next());
    timers.set(bell::first, at(30));
    timers.set(bell::second, at(10));
    timers.set(bell::third, at(20));
    CHECK(timers.next() == at(10));
    CHECK_FALSE(timers.pop_due(at(9)));
    CHECK(timers.pop_due(at(100)) == bell::second);
    CHECK(timers.pop_due(at(100)) == bell::third);
    CHECK(timers.pop_due(at(100)) == bell::first);
    CHECK_FALSE(timers.pop_due(at(100)));
}

TEST_CASE("A stopped timer does not ring, a moved one rings at its new time, equals ring in their listed order") {
    timer_table<bell, 3> timers;
    timers.set(bell::first, at(10));
    timers.set(bell::second, at(10));
    timers.set(bell::third, at(5));
    timers.stop(bell::third);
    CHECK_FALSE(timers.is_running(bell::third));
    CHECK(timers.pop_due(at(10)) == bell::first);
    timers.set(bell::second, at(50));
    CHECK_FALSE(timers.pop_due(at(49)));
    CHECK(timers.next() == at(50));
    timers.stop_all();
    CHECK_FALSE(timers.next());
}

TEST_CASE("The deadline heap agrees with a sorted map over 200,000 random operations") {
    std::uint64_t const seed = 20240607;
    INFO("seed ", seed);
    test::seeded_random random(seed);
    deadline_heap heap;
    std::map<std::uint32_t, time_point> twin;
    for (int i = 0; i < 200'000; ++i) {
        auto object = static_cast<std::uint32_t>(random.below(500));
        if (random.chance(30)) {
            heap.erase(object);
            twin.erase(object);
        } else {
            auto when = at(static_cast<int>(random.below(1000)));
            heap.set(object, when);
            twin[object] = when;
        }
        REQUIRE(heap.size() == twin.size());
        auto least = time_point::max();
        if (i % 16 == 0 || twin.empty()) {  // the twin is slow
            for (auto const& [name, when] : twin)
                least = std::min(least, when);
            REQUIRE(heap.next().value_or(time_point::max()) == least);
            if (auto const* top = heap.top()) REQUIRE(twin.at(top->object) == least);
        }
    }
    // Emptied from the top it gives every object, in order.
    for (auto before = time_point::min(); auto const* top = heap.top();) {
        CHECK(top->at >= before);
        before = top->at;
        CHECK(twin.erase(top->object) == 1);
        heap.set(top->object, std::nullopt);
    }
    CHECK(twin.empty());
}

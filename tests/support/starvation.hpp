// Any allocation may fail: a test program that is started with --starve runs its test cases again and again, each time
// in a process of its own and with another allocation failing. What the test then says does not matter, since a message
// may be lost; but nothing may crash, terminate, break a sanitizer's rule, leak or hang.
//
//   test_sip_ua --starve=10          for ten seconds: the test cases in turn, without those that take long
//   test_sip_ua --starve=10,7        the same with the seed 7
//   test_sip_ua --starve=once        one allocation of each test case, the same ones each time
//   test_sip_ua --starve=all         every allocation of every test case in turn
//   test_sip_ua --starve-at=12,345   the 345th allocation of the 12th test case, here, for a debugger
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace test {

/// What the command line asks for.
struct starvation {
    std::optional<std::chrono::seconds> time;        ///< nothing: until all places have had their turn
    long rounds = std::numeric_limits<long>::max();  ///< how many allocations of each test case, at most
    std::uint64_t seed = 1;
    unsigned test_case = 0;  ///< counted from 1; 0: all of them
    long place = 0;          ///< of `test_case`
};

/// Nothing where the program should simply test.
[[nodiscard]] std::optional<starvation> starvation_from(int argc, char** argv);

/// Runs the program's test cases so. Returns its exit status: 0 where nothing was found.
[[nodiscard]] int starve(starvation const&, char const* program);

}  // namespace test

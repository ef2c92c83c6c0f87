#include "support/starvation.hpp"

#include <execinfo.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/allocation_counter.hpp"
#include "support/seeded_random.hpp"

namespace {

constexpr int sanitizer_status = 99;
constexpr unsigned longest_run = 60;  // seconds, for one test case
constexpr std::size_t most_cases = 10'000, most_findings = 20;
constexpr auto long_case = std::chrono::milliseconds(50);

/// What a child tells its parent, in memory that they share.
struct report {
    unsigned cases = 0;
    long allocations[most_cases] = {};  ///< of each test case
    bool is_long[most_cases] = {};
    char names[most_cases][96] = {};
};
report* shared = nullptr;
long place_to_fail = 0;

/// Arms the failing allocation around each test case, and counts.
struct watcher : doctest::IReporter {
    explicit watcher(doctest::ContextOptions const&) {}
    void report_query(doctest::QueryData const&) override {}
    void test_run_start() override {}
    void test_run_end(doctest::TestRunStats const&) override {}
    void test_case_start(doctest::TestCaseData const& what) override {
        if (is_counting()) std::snprintf(shared->names[shared->cases], sizeof shared->names[0], "%s", what.m_name);
        before_ = test::allocations();
        begun_ = std::chrono::steady_clock::now();
        test::fail_allocation(place_to_fail);
    }
    void test_case_reenter(doctest::TestCaseData const&) override {}
    void test_case_end(doctest::CurrentTestCaseStats const&) override {
        test::fail_allocation(0);
        if (!is_counting()) return;
        shared->is_long[shared->cases] = std::chrono::steady_clock::now() - begun_ > long_case;
        shared->allocations[shared->cases++] = static_cast<long>(test::allocations() - before_);
    }
    void test_case_exception(doctest::TestCaseException const&) override {}
    void subcase_start(doctest::SubcaseSignature const&) override {}
    void subcase_end() override {}
    void log_assert(doctest::AssertData const&) override {}
    void log_message(doctest::MessageData const&) override {}
    void test_case_skipped(doctest::TestCaseData const&) override {}

private:
    static bool is_counting() noexcept { return shared != nullptr && place_to_fail == 0 && shared->cases < most_cases; }

    std::size_t before_ = 0;
    std::chrono::steady_clock::time_point begun_;
};

/// doctest notes the end of a subcase in its destructor, which cannot bear to run out of memory: no fault of ours.
[[noreturn]] void on_terminate() {
    void* frames[64];
    int const count = backtrace(frames, 64);
    char** const names = backtrace_symbols(frames, count);
    for (int i = 0; names != nullptr && i < count; ++i)
        if (std::strstr(names[i], "7doctest6detail7SubcaseD") != nullptr) _exit(0);
    std::abort();
}

/// Runs one test case, or all where it is 0.
int run_here(unsigned test_case, long place) {
    place_to_fail = place;
    std::set_terminate(on_terminate);
    doctest::Context context;
    if (test_case != 0) {
        context.setOption("first", static_cast<int>(test_case));
        context.setOption("last", static_cast<int>(test_case));
    }
    return context.run();
}

/// The same in a child, whose output is thrown away. Returns what wait() says of it.
int run_in_child(unsigned test_case, long place) {
    std::fflush(nullptr);
    pid_t const child = fork();
    if (child < 0) std::perror("fork"), std::exit(2);
    if (child == 0) {
        int const nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        alarm(test_case == 0 ? 10 * longest_run : longest_run);
        std::exit(run_here(test_case, place) == 0 ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

/// The turns of one test case: each of its allocations once, in an order that jumps about.
struct turns {
    unsigned test_case;
    long allocations;
    long start;

    [[nodiscard]] long place(long round) const noexcept {
        constexpr long stride = 7919;  // a prime, so that every place has its turn
        return 1 + (start + round * stride) % allocations;
    }
};

/// How a child ended that should not have ended so; empty where it was all right.
std::string complaint_about(int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) <= 1) return {};
    if (WIFEXITED(status) && WEXITSTATUS(status) == sanitizer_status) return "broke a rule of a sanitizer";
    if (WIFEXITED(status)) return "exited with " + std::to_string(WEXITSTATUS(status));
    if (WTERMSIG(status) == SIGALRM) return "hung";
    return std::string("died of ") + strsignal(WTERMSIG(status));
}

}  // namespace

// A sanitizer's findings must not look like a test that says no.
extern "C" char const* __asan_default_options();
extern "C" char const* __asan_default_options() {
    return "exitcode=99";
}

namespace test {

std::optional<starvation> starvation_from(int argc, char** argv) {
    auto const number_behind = [](std::string_view text, auto& number) {
        auto const comma = text.find(',');
        if (comma != text.npos) std::from_chars(text.data() + comma + 1, text.data() + text.size(), number);
    };
    for (int i = 1; i < argc; ++i) {
        std::string_view const text = argv[i];
        constexpr std::string_view many = "--starve=", one = "--starve-at=";
        starvation wanted;
        if (text.starts_with(many)) {
            if (text == "--starve=once")
                wanted.rounds = 1;
            else if (text != "--starve=all")
                wanted.time = std::chrono::seconds(std::atoi(argv[i] + many.size()));
            number_behind(text, wanted.seed);
            return wanted;
        }
        if (text.starts_with(one)) {
            wanted.test_case = static_cast<unsigned>(std::atoi(argv[i] + one.size()));
            number_behind(text, wanted.place);
            return wanted;
        }
    }
    return std::nullopt;
}

int starve(starvation const& wanted, char const* program) {
    if (wanted.test_case != 0) return run_here(wanted.test_case, wanted.place);

    void* const memory = mmap(nullptr, sizeof(report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return std::perror("mmap"), 2;
    shared = new (memory) report;
    if (run_in_child(0, 0) != 0) return std::fprintf(stderr, "the tests fail as they are\n"), 2;
    std::vector<turns> cases;
    seeded_random random(wanted.seed);
    long total = 0;
    for (unsigned at = 0; at < shared->cases; ++at) {
        auto const start = static_cast<long>(random.below(1'000'000));  // whichever cases are left out
        if (shared->allocations[at] == 0 || (wanted.time && shared->is_long[at])) continue;
        cases.push_back({at + 1, shared->allocations[at], start});
        total += shared->allocations[at];
    }

    auto const end = std::chrono::steady_clock::now() + wanted.time.value_or(std::chrono::hours(24));
    unsigned long places = 0, findings = 0;
    bool goes_on = true;
    for (long round = 0; goes_on && round < wanted.rounds; ++round) {
        goes_on = false;
        for (auto const& one : cases) {
            if (round >= one.allocations) continue;  // has had its turns
            goes_on = std::chrono::steady_clock::now() < end && findings < most_findings;
            if (!goes_on) break;
            auto const complaint = complaint_about(run_in_child(one.test_case, one.place(round)));
            ++places;
            if (complaint.empty()) continue;
            ++findings;
            std::printf(
                "%s --starve-at=%u,%ld: %s: \"%s\"\n", program, one.test_case, one.place(round), complaint.c_str(),
                shared->names[one.test_case - 1]
            );
        }
    }
    std::printf(
        "%lu places of %ld in %zu test cases of %u, seed %llu: %lu findings\n", places, total, cases.size(),
        shared->cases, static_cast<unsigned long long>(wanted.seed), findings
    );
    return findings == 0 ? 0 : 1;
}

}  // namespace test

DOCTEST_REGISTER_LISTENER("starvation", 1, watcher);

// Covers: ten phones whose users do at random what a phone can do: call, answer, reject, hold, swap, transfer in all
// ways, confer, split, forward, switch do not disturb, over a network that loses and reorders. Now and then they all
// stop: then every call must have its other end, both ends must agree on it, and the tables must be as large as the
// calls are many; and when all have hung up nothing may be left, and the call lists must tell what was. Not here: that
// a step does what it should (the other files), sound.
//
// OFFHOOK_RANDOM_HOURS=10 plays ten hours instead of six minutes; OFFHOOK_RANDOM_SEED chooses others.
#include <doctest/doctest.h>

#include <unistd.h>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "support/phoned/clear_state.hpp"

namespace {

using namespace std::chrono_literals;
using phoned::call_direction;
using phoned::call_state;

constexpr unsigned phones_in_all = 10;
constexpr auto session_interval = 90s;
/// Without users every call is up or over by then: it rings for 20 s, a request is given up after 32 s, and who is lost
/// is noticed with the session's interval.
constexpr auto clear_within = session_interval + 64s;
constexpr auto forgotten_within = 264s;  // see departures.cpp

double number_from(const char* variable, double otherwise) {
    const char* const text = std::getenv(variable);
    return text != nullptr ? std::strtod(text, nullptr) : otherwise;
}

std::size_t resident_kilobytes() {
    std::size_t size = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

struct crowd : test::phone_world {
    explicit crowd(std::uint64_t seed) : test::phone_world(seed), dice(seed) {
        for (unsigned n = 0; n < phones_in_all; ++n)
            add(1001 + n, [&](phoned::settings& s) {
                s.ring_time = 20s;
                s.no_answer_time = 20s;
                s.rtp_timeout = 20s;
                s.voice.cancels_echo = false;
                s.accounts[0].session_timer = true;
                s.accounts[0].session_interval = session_interval;
                s.leaving_joins_others = n % 2 == 0;
                s.semi_attended = n % 3 != 0;
                s.release_transferred =
                    n % 4 == 0 ? phoned::transfer_release::when_accepted : phoned::transfer_release::when_done;
                s.hold_inactive = n % 5 == 0;
                s.accounts[0].reliable_provisional = n % 2 == 1;
            });
        thin_sound();
        register_all();
        network.everywhere = {.loss = 2, .duplication = 1, .delay = 10ms, .jitter = 30ms};
        for (auto& each : phones)
            all.push_back(each.get());
    }

    // ---- one user does something
    void step() {
        auto& who = *all[dice.below(all.size())];
        auto& phone = who.phone();
        const auto context = who.context();
        const auto calls = test::living(who);
        const auto number = std::to_string(1001 + dice.below(phones_in_all));
        const auto up = calls_that(calls, [](const auto& each) { return each.state == call_state::confirmed; });
        const auto ringing = calls_that(calls, [](const auto& each) {
            return each.state == call_state::early && each.direction == call_direction::incoming;
        });
        const bool has_two = up.size() > 1;
        switch (dice.below(20)) {
            case 0:
            case 1:
            case 2:
            case 3:
                if (calls.size() < 3) return did("dial", phone.call_dial(context, {number, std::nullopt}));
                break;
            case 4:
            case 5:
            case 6:
            case 7:
                if (!ringing.empty()) return did("answer", phone.call_answer(context, one_of(ringing)));
                break;
            case 8:
                if (!ringing.empty()) return did("reject", phone.call_reject(context, one_of(ringing), std::nullopt));
                break;
            case 9:
                if (!calls.empty()) return did("hang up", phone.call_hangup(context, one_of(numbers(calls))));
                break;
            case 10:
                if (!up.empty()) return did("hold", phone.call_hold(context, one_of(up)));
                break;
            case 11:
                if (!up.empty()) return did("resume", phone.call_resume(context, one_of(up)));
                break;
            case 12:
                return did("swap", phone.call_swap(context));
            case 13:
                if (!up.empty()) return did("transfer", phone.call_transfer(context, one_of(up), number));
                break;
            case 14: {
                const auto any = numbers(calls);
                if (up.empty() || any.size() < 2) break;
                return did("join", phone.call_transfer_attended(context, one_of(up), one_of(any)));
            }
            case 15:
                if (has_two) return did("confer", phone.call_conference(context, up[0], up[1]));
                break;
            case 16:
                if (dice.chance(50)) return did("leave", phone.call_leave_conference(context));
                if (!up.empty()) return did("split", phone.call_split(context, one_of(up)));
                break;
            case 17:
                if (!up.empty()) return did("digits", phone.call_dtmf(context, one_of(up), "1#"));
                break;
            case 18:
                if (!ringing.empty() && dice.chance(30))
                    return did("deflect", phone.call_forward(context, one_of(ringing), number));
                if (!calls.empty())
                    return did("mute", phone.call_mute(context, one_of(numbers(calls)), dice.chance(50)));
                break;
            case 19:
                if (dice.chance(40)) return did("disturb", phone.dnd_set(context, dice.chance(30), std::nullopt));
                return did(
                    "forward", phone.forward_set(
                                   context, {static_cast<phoned::forward_kind>(dice.below(3)), dice.chance(30), number,
                                             static_cast<unsigned>(dice.below(3))}
                               )
                );
            default:
                break;
        }
    }

    // ---- they all stop
    void expect_accord() {
        std::string wrong;
        (void)run_until(clear_within, [&] { return (wrong = test::discord_of(all)).empty(); });
        REQUIRE(wrong == "");
    }
    void expect_end() {
        for (auto* each : all)
            for (const auto& call : test::living(*each))
                (void)each->phone().call_hangup(each->context(), call.call);
        std::string wrong;
        const auto first_problem = [&](std::string (*of)(test::sim_phone&)) {
            for (auto* each : all)
                if (auto found = of(*each); !found.empty()) return found;
            return std::string();
        };
        (void)run_until(forgotten_within, [&] { return (wrong = first_problem(test::remains_in)).empty(); });
        REQUIRE(wrong == "");
        REQUIRE(first_problem(test::open_transfer_of) == "");
        for (auto* each : all) {
            REQUIRE(test::misremembered_by(*each, known[each]) == "");
            if (const auto calls = each->phone().call_list(each->context()); !calls.empty())
                known[each] = calls.back().call;
            each->forget_told();
            entries += each->history.entries.size();
            each->history.clear();
        }
    }

    using numbers_of_calls = std::vector<phoned::call_number>;
    template <class Predicate>
    static numbers_of_calls calls_that(const std::vector<phoned::call_summary>& calls, Predicate fits) {
        numbers_of_calls out;
        for (const auto& each : calls)
            if (fits(each)) out.push_back(each.call);
        return out;
    }
    static numbers_of_calls numbers(const std::vector<phoned::call_summary>& calls) {
        return calls_that(calls, [](const auto&) { return true; });
    }
    phoned::call_number one_of(const numbers_of_calls& from) { return from[dice.below(from.size())]; }
    template <class Outcome>
    void did(const char* what, const Outcome& outcome) {
        if (outcome) ++done[what];
    }

    test::seeded_random dice;
    std::vector<test::sim_phone*> all;
    std::map<std::string, unsigned> done;
    std::size_t entries = 0;
    std::map<test::sim_phone*, phoned::call_number> known;  ///< whose entries have been looked at, and cleared
};

}  // namespace

TEST_CASE("Ten phones that do anything at random agree whenever they come to rest, and forget what is over") {
    const auto seed = static_cast<std::uint64_t>(number_from("OFFHOOK_RANDOM_SEED", 1));
    const auto hours = number_from("OFFHOOK_RANDOM_HOURS", 0.1);
    CAPTURE(seed);
    crowd world(seed);
    const auto end = world.network.now().mono + std::chrono::seconds(static_cast<long>(hours * 3600));
    std::size_t memory_at_first = 0;
    for (unsigned round = 1; world.network.now().mono < end; ++round) {
        CAPTURE(round);
        for (unsigned steps = 0; steps < 240; ++steps) {
            world.step();
            world.run(world.dice.below(12) * 100ms);
        }
        world.expect_accord();
        if (round % 2 == 0) world.expect_end();
        if (round == 20) memory_at_first = resident_kilobytes();
    }
    world.expect_end();
    std::string done;
    for (const auto& [what, count] : world.done)
        done += what + ' ' + std::to_string(count) + ", ";
    MESSAGE("seed " << seed << ", " << hours << " h: " << done << "entries in call lists " << world.entries);
    CHECK(world.done.size() >= 12);
    if (memory_at_first != 0) {
        const auto at_last = resident_kilobytes();
        MESSAGE("resident after 20 rounds " << memory_at_first << " kB, at the end " << at_last << " kB");
        CHECK(at_last < memory_at_first + memory_at_first / 10 + 1024);
    }
}

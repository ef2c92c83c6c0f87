// Covers: what remains when a party of one of the guide's eleven flows is gone without a word, at any message of it:
// the others come to a clear state in bounded time, with nothing stuck, and their call lists tell what was. Parties are
// the phones and the proxy. Not here: parties that say goodbye (the flows' own tests), real processes that are killed
// (loopback).
//
// Each flow is played once whole, to count its messages, and then once for each message and party. Here every 41st of
// these, from a seeded place on; OFFHOOK_EVERY_DEPARTURE=1 plays all of them.
#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "support/phoned/clear_state.hpp"

namespace {

using namespace std::chrono_literals;
using phoned::call_direction;
using phoned::call_state;

constexpr auto session_interval = 90s;  // the shortest (RFC 4028 5): who is on hold with nobody learns it by that
constexpr auto transaction_time = 32s;  // 64*T1
constexpr auto report_time = 200s;      // so long a transferor is told what becomes of its transfer (RFC 3515 2.4.4)
/// What a survivor may need at most: a session interval and a request that nobody answers.
constexpr auto clear_within = session_interval + 2 * transaction_time;
/// What is left of calls that have ended is gone by then.
constexpr auto forgotten_within = report_time + 2 * transaction_time;

void as_all(phoned::settings& s) {
    s.ring_time = 20s;
    s.no_answer_time = 6s;
    s.rtp_timeout = 10s;
    s.voice.cancels_echo = false;
    s.accounts[0].session_timer = true;
    s.accounts[0].session_interval = session_interval;
}

struct stage : test::phone_world {
    /// `gone` is 'A' to 'D' or 'P', removed when the message of this number is sent.
    stage(const std::function<void(phoned::settings&)>& of_b, char who_goes, std::size_t at_message)
        : a(member(1001)), b(member(1002, of_b)), c(member(1003)), d(member(1004)), gone(who_goes), at(at_message) {
        thin_sound();
        register_all();
        network.on_packet = [this](const auto&) {
            if (++messages == at) is_gone = true;
            if (auto* phone = phone_of(gone); is_gone && phone != nullptr) phone->is_dead = true;
        };
        network.lets_pass = [this](const auto& p) {
            const auto is_of_gone = [this](const sip::endpoint& end) {
                const auto* phone = phone_of(gone);
                return sip::to_string(end.address) == (phone != nullptr ? phone->address() : "10.0.0.1");
            };
            return !is_gone || !(is_of_gone(p.source) || is_of_gone(p.destination));
        };
    }
    test::sim_phone& member(unsigned user, const std::function<void(phoned::settings&)>& more = {}) {
        return add(user, [&](phoned::settings& s) {
            as_all(s);
            if (more) more(s);
        });
    }
    test::sim_phone* phone_of(char name) {
        return name >= 'A' && name <= 'D' ? phones[static_cast<std::size_t>(name - 'A')].get() : nullptr;
    }
    std::vector<test::sim_phone*> survivors() {
        std::vector<test::sim_phone*> out;
        for (auto& each : phones)
            if (!each->is_dead) out.push_back(each.get());
        return out;
    }

    // ---- what users do when they see that it can be done; where that does not come they do nothing
    using chosen = std::function<bool(const phoned::call_summary&)>;
    std::optional<phoned::call_number> soon(test::sim_phone& who, const chosen& fits) {
        std::optional<phoned::call_number> found;
        (void)run_until(4s, [&] {
            for (const auto& each : test::living(who))
                if (fits(each)) found = each.call;
            return found.has_value();
        });
        return found;
    }
    static bool rings(const phoned::call_summary& of) {
        return of.state == call_state::early && of.direction == call_direction::incoming;
    }
    static bool talks(const phoned::call_summary& of) { return of.state == call_state::confirmed && !of.held_by_us; }
    static bool is_held(const phoned::call_summary& of) { return of.state == call_state::confirmed && of.held_by_us; }

    void dial(test::sim_phone& who, const char* target) {
        (void)who.phone().call_dial(who.context(), {target, std::nullopt});
    }
    void answer(test::sim_phone& who) {
        if (const auto call = soon(who, rings)) (void)who.phone().call_answer(who.context(), *call);
        run(1s);
    }
    void reject(test::sim_phone& who) {
        if (const auto call = soon(who, rings)) (void)who.phone().call_reject(who.context(), *call, std::nullopt);
    }
    void hold(test::sim_phone& who) {
        if (const auto call = soon(who, talks)) (void)who.phone().call_hold(who.context(), *call);
        run(1s);
    }
    void resume(test::sim_phone& who) {
        if (const auto call = soon(who, is_held)) (void)who.phone().call_resume(who.context(), *call);
        run(1s);
    }
    void swap(test::sim_phone& who) {
        (void)who.phone().call_swap(who.context());
        run(1s);
    }
    void hang_up(test::sim_phone& who) {
        if (const auto call = soon(who, talks)) (void)who.phone().call_hangup(who.context(), *call);
        run(1s);
    }
    void connect_to(test::sim_phone& from, test::sim_phone& to, const char* number) {
        dial(from, number);
        answer(to);
    }

    test::sim_phone &a, &b, &c, &d;
    char gone;
    std::size_t at, messages = 0;
    bool is_gone = false;
};

struct flow {
    const char* name;
    const char* parties;
    std::function<void(stage&)> play;
    std::function<void(phoned::settings&)> of_b = {};
};

const std::vector<flow>& flows() {
    static const std::vector<flow> all{
        {"1 set-up and disconnect", "ABP",
         [](stage& s) {
             s.connect_to(s.a, s.b, "1002");
             s.hang_up(s.b);
         }},
        {"2 busy", "ABP",
         [](stage& s) {
             s.dial(s.a, "1002");
             s.reject(s.b);
         }},
        {"3 no answer", "ABP",
         [](stage& s) {
             s.dial(s.a, "1002");
             s.run(8s);
         }},
        {"4 hold", "ABP",
         [](stage& s) {
             s.connect_to(s.a, s.b, "1002");
             s.hold(s.a);
             s.resume(s.a);
             s.hang_up(s.b);
         }},
        {"5 call waiting", "ABCP",
         [](stage& s) {
             s.connect_to(s.a, s.b, "1002");
             s.connect_to(s.c, s.a, "1001");
             s.swap(s.a);
             s.hang_up(s.a);
             s.resume(s.a);
             s.hang_up(s.c);
         }},
        {"6 blind transfer", "ABCP",
         [](stage& s) {
             s.connect_to(s.a, s.b, "1002");
             if (const auto call = s.soon(s.b, stage::talks))
                 (void)s.b.phone().call_transfer(s.b.context(), *call, "1003");
             s.answer(s.c);
             s.hang_up(s.a);
         }},
        {"7 attended transfer", "ABCP",
         [](stage& s) {
             s.connect_to(s.a, s.b, "1002");
             s.hold(s.b);
             s.connect_to(s.b, s.c, "1003");
             const auto first = s.soon(s.b, stage::is_held), second = s.soon(s.b, stage::talks);
             if (first && second) (void)s.b.phone().call_transfer_attended(s.b.context(), *first, *second);
             s.run(2s);
             s.hang_up(s.c);
         }},
        {"8 always forwarded", "ABCP",
         [](stage& s) {
             s.connect_to(s.a, s.c, "1002");
             s.hang_up(s.c);
         },
         [](phoned::settings& s) {
             s.forward.always = {true, "1003", 2};
         }},
        {"9 forwarded when busy", "ABCDP",
         [](stage& s) {
             s.connect_to(s.b, s.d, "1004");
             s.connect_to(s.a, s.c, "1002");
             s.hang_up(s.c);
             s.hang_up(s.d);
         },
         [](phoned::settings& s) {
             s.call_waiting = false;
             s.forward.busy = {true, "1003", 2};
         }},
        {"10 forwarded without an answer", "ABCP",
         [](stage& s) {
             s.dial(s.a, "1002");
             s.run(5s);
             s.answer(s.c);
             s.hang_up(s.c);
         },
         [](phoned::settings& s) {
             s.forward.no_answer = {true, "1003", 1};
         }},
        {"11 conference", "ABCP",
         [](stage& s) {
             s.connect_to(s.a, s.b, "1002");
             s.hold(s.a);
             s.connect_to(s.a, s.c, "1003");
             const auto first = s.soon(s.a, stage::is_held), second = s.soon(s.a, stage::talks);
             if (first && second) (void)s.a.phone().call_conference(s.a.context(), *second, *first);
             s.run(2s);
             s.hang_up(s.b);
             s.hang_up(s.a);
         }},
    };
    return all;
}

std::size_t messages_of(const flow& each) {
    stage whole(each.of_b, '-', 0);
    each.play(whole);
    whole.run(2s);
    CHECK(whole.messages > 5);
    CHECK(test::discord_of(whole.survivors()) == "");
    return whole.messages;
}

void remove(const flow& from, char who, std::size_t at_message) {
    CAPTURE(std::string(from.name));
    CAPTURE(std::string(1, who));
    CAPTURE(at_message);
    stage s(from.of_b, who, at_message);
    from.play(s);
    const auto left = s.survivors();
    std::string wrong;
    (void)s.run_until(clear_within, [&] { return (wrong = test::discord_of(left)).empty(); });
    CHECK(wrong == "");
    // What is left is a call like any other: it can be ended.
    for (auto* each : left)
        for (const auto& call : test::living(*each))
            (void)each->phone().call_hangup(each->context(), call.call);
    const auto first_problem = [&](std::string (*of)(test::sim_phone&)) {
        for (auto* each : left)
            if (auto found = of(*each); !found.empty()) return found;
        return std::string();
    };
    (void)s.run_until(forgotten_within, [&] { return (wrong = first_problem(test::remains_in)).empty(); });
    CHECK(wrong == "");
    CHECK(first_problem(test::open_transfer_of) == "");
    CHECK(first_problem([](auto& of) { return test::misremembered_by(of); }) == "");
}

}  // namespace

TEST_CASE("Whoever is gone without a word, at whatever message of a flow: the others come to a clear state") {
    const bool is_whole = std::getenv("OFFHOOK_EVERY_DEPARTURE") != nullptr;
    const std::size_t stride = is_whole ? 1 : 41;
    std::size_t next = 0, played = 0;
    for (const auto& each : flows()) {
        const auto messages = messages_of(each);
        for (const char* who = each.parties; *who != '\0'; ++who)
            for (std::size_t at = 1; at <= messages; ++at) {
                if (next++ % stride != 0) continue;
                remove(each, *who, at);
                ++played;
            }
    }
    MESSAGE(played << " of " << next << " departures played");
    CHECK(played >= next / stride);
}

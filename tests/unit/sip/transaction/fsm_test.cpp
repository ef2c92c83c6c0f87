// Covered: the tables of the four machines, exhaustively over every (machine, state, input, reliability): totality, no
// row twice, terminated is the end, every live state is left by a timer or waits for its user, every state can be
// reached; and single rows that RFC 3261, RFC 6026 and RFC 4320 make a point of.
#include "sip/transaction/fsm.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <vector>

using namespace sip::fsm;

namespace {

constexpr reliability both[] = {reliability::datagram, reliability::reliable};

template <class Visitor>
void for_each_question(Visitor&& visit) {
    for (std::size_t m = 0; m < machine_count; ++m)
        for (std::size_t s = 0; s < state_count; ++s)
            for (std::size_t i = 0; i < input_count; ++i)
                for (auto r : both)
                    visit(static_cast<machine>(m), static_cast<state>(s), static_cast<input>(i), r);
}

std::string describe(machine m, state s, input i) {
    return std::string(to_string(m)) + ", " + std::string(to_string(s)) + ", " + std::string(to_string(i));
}

std::optional<state> goes_to(machine m, state s, input i, reliability r = reliability::datagram) {
    auto step = next_step(m, s, i, r);
    return step ? std::optional(step->next) : std::nullopt;
}

bool does(machine m, state s, input i, effect e) {
    auto step = next_step(m, s, i, reliability::datagram);
    return step && has(step->effects, e);
}

}  // namespace

// The tables are usable while compiling.
static_assert(
    next_step(machine::invite_client, state::calling, input::success, reliability::datagram)->next == state::accepted
);

TEST_CASE("Every question has one answer, and it stays within the machine") {
    for_each_question([](machine m, state s, input i, reliability r) {
        INFO(describe(m, s, i));
        auto step = next_step(m, s, i, r);
        if (!step) return;
        CHECK(has_state(m, s));
        CHECK(has_state(m, step->next));
    });
    for (std::size_t m = 0; m < machine_count; ++m) {
        std::set<std::pair<state, input>> seen;
        for (auto const& row : rows_of(static_cast<machine>(m))) {
            INFO(describe(static_cast<machine>(m), row.from, row.input));
            CHECK(seen.insert({row.from, row.input}).second);
        }
    }
}

TEST_CASE("A step sends at most one message and tells its user at most one thing") {
    // The store makes room for that much before a machine moves.
    for_each_question([](machine m, state s, input i, reliability r) {
        auto const step = next_step(m, s, i, r);
        if (!step) return;
        INFO(describe(m, s, i));
        auto const count = [&](std::initializer_list<effect> effects) {
            return std::count_if(effects.begin(), effects.end(), [&](effect e) { return has(step->effects, e); });
        };
        CHECK(count({effect::send_request, effect::send_ack, effect::send_response, effect::send_trying}) <= 1);
        CHECK(count({effect::deliver, effect::report_timeout, effect::report_transport}) <= 1);
    });
}

TEST_CASE("No row resurrects a terminated transaction") {
    for_each_question([](machine m, state s, input i, reliability r) {
        if (s != state::terminated) return;
        INFO(describe(m, s, i));
        CHECK_FALSE(next_step(m, s, i, r));
    });
}

TEST_CASE("Every live state is left by a timer of its own, or waits for its user or for the far end's final response") {
    for (std::size_t mi = 0; mi < machine_count; ++mi)
        for (std::size_t si = 0; si < state_count; ++si) {
            auto m = static_cast<machine>(mi);
            auto s = static_cast<state>(si);
            if (!has_state(m, s) || s == state::terminated) continue;
            bool ends_by_timer = false;
            for (std::size_t t = 0; t < timer_count; ++t) {
                auto timer = static_cast<sip::fsm::timer>(t);
                if (!timers_of(m, s).contains(timer)) continue;
                INFO(describe(m, s, fires(timer)));
                CHECK(next_step(m, s, fires(timer), reliability::datagram));  // no timer fires into the void
                ends_by_timer |= goes_to(m, s, fires(timer)) == state::terminated;
            }
            // RFC 3261 has no timer here: the user decides how long a call may ring (9.1), or answers.
            bool waits = (m == machine::invite_client && s == state::proceeding) ||
                         (m == machine::invite_server && s == state::proceeding) ||
                         (m == machine::non_invite_server && (s == state::trying || s == state::proceeding));
            INFO(describe(m, s, input::request));
            CHECK(ends_by_timer != waits);
            if (waits) CHECK((goes_to(m, s, input::send_failure) || goes_to(m, s, input::cancelled)));
        }
}

TEST_CASE("Every state of a machine can be reached from its first one") {
    for (std::size_t mi = 0; mi < machine_count; ++mi) {
        auto m = static_cast<machine>(mi);
        std::set<state> reached{first_state(m)};
        for (bool grew = true; grew;) {
            grew = false;
            for (auto const& row : rows_of(m))
                if (reached.contains(row.from)) grew |= reached.insert(row.to).second;
        }
        for (std::size_t s = 0; s < state_count; ++s)
            CHECK(reached.contains(static_cast<state>(s)) == has_state(m, static_cast<state>(s)));
    }
}

TEST_CASE("On reliable transports a state that waits for retransmissions to die out is left at once") {
    for_each_question([](machine m, state s, input i, reliability r) {
        auto step = next_step(m, s, i, r);
        if (!step || r == reliability::datagram) return;
        INFO(describe(m, s, i));
        CHECK((step->next == s || !timers_of(m, step->next).meets(zero_when_reliable)));
    });
    CHECK(goes_to(machine::invite_client, state::calling, input::failure, reliability::reliable) == state::terminated);
    CHECK(goes_to(machine::invite_server, state::completed, input::ack, reliability::reliable) == state::terminated);
    // Timers L and M wait for more than retransmissions (RFC 6026 8).
    CHECK(goes_to(machine::invite_client, state::calling, input::success, reliability::reliable) == state::accepted);
    CHECK(
        goes_to(machine::invite_server, state::proceeding, input::send_success, reliability::reliable) ==
        state::accepted
    );
    // Timer H waits for the ACK, on any transport.
    CHECK(
        goes_to(machine::invite_server, state::proceeding, input::send_failure, reliability::reliable) ==
        state::completed
    );
}

TEST_CASE("Effects are the same on both kinds of transport") {
    for_each_question([](machine m, state s, input i, reliability) {
        auto datagram = next_step(m, s, i, reliability::datagram), reliable = next_step(m, s, i, reliability::reliable);
        INFO(describe(m, s, i));
        CHECK(datagram.has_value() == reliable.has_value());
        if (datagram && reliable) CHECK(datagram->effects == reliable->effects);
    });
}

TEST_CASE("A client machine tells its user of at most one end, and never after a final response") {
    for (auto m : {machine::invite_client, machine::non_invite_client})
        for (auto const& row : rows_of(m)) {
            INFO(describe(m, row.from, row.input));
            bool reports = has(row.effects, effect::report_timeout | effect::report_transport);
            if (reports) CHECK(row.to == state::terminated);
            if (reports)
                CHECK((row.from == state::calling || row.from == state::trying || row.from == state::proceeding));
        }
}

TEST_CASE("Each 2xx of an INVITE reaches the user, also in Accepted (RFC 6026 7.2)") {
    for (auto s : {state::calling, state::proceeding, state::accepted}) {
        CHECK(goes_to(machine::invite_client, s, input::success) == state::accepted);
        CHECK(does(machine::invite_client, s, input::success, effect::deliver));
        CHECK_FALSE(does(machine::invite_client, s, input::success, effect::send_ack));
    }
    CHECK_FALSE(goes_to(machine::invite_client, state::accepted, input::failure));
    CHECK_FALSE(goes_to(machine::invite_client, state::completed, input::success));
}

TEST_CASE("A repeated non-2xx is acknowledged again and not delivered again (17.1.1.2)") {
    CHECK(does(machine::invite_client, state::proceeding, input::failure, effect::send_ack));
    CHECK(does(machine::invite_client, state::proceeding, input::failure, effect::deliver));
    CHECK(does(machine::invite_client, state::completed, input::failure, effect::send_ack));
    CHECK_FALSE(does(machine::invite_client, state::completed, input::failure, effect::deliver));
}

TEST_CASE("Proceeding of an INVITE client has no Timer B until its CANCEL is sent (17.1.1.2, 9.1)") {
    CHECK(timers_of(machine::invite_client, state::proceeding).empty());
    CHECK(does(machine::invite_client, state::proceeding, input::cancelled, effect::await_final));
    CHECK(goes_to(machine::invite_client, state::proceeding, input::timer_b) == state::terminated);
    CHECK_FALSE(goes_to(machine::invite_client, state::calling, input::cancelled));
}

TEST_CASE("A server transaction stays through a transport error to absorb retransmissions (RFC 6026 7.1)") {
    for (auto s : {state::proceeding, state::accepted, state::completed}) {
        CHECK(goes_to(machine::invite_server, s, input::transport_error) == s);
        CHECK(does(machine::invite_server, s, input::transport_error, effect::report_transport));
    }
}

TEST_CASE("The ACK of a 2xx goes to the user, that of another final response is absorbed (RFC 6026 7.1)") {
    CHECK(does(machine::invite_server, state::accepted, input::ack, effect::deliver));
    CHECK(
        next_step(machine::invite_server, state::completed, input::ack, reliability::datagram)->effects == effect::none
    );
    CHECK(
        next_step(machine::invite_server, state::confirmed, input::ack, reliability::datagram)->effects == effect::none
    );
}

TEST_CASE("A repeated INVITE gets the newest response again, but never a 2xx from the machine (RFC 6026 7.1)") {
    CHECK(does(machine::invite_server, state::proceeding, input::request, effect::send_response));
    CHECK(does(machine::invite_server, state::completed, input::request, effect::send_response));
    CHECK_FALSE(does(machine::invite_server, state::accepted, input::request, effect::send_response));
    CHECK_FALSE(does(machine::invite_server, state::confirmed, input::request, effect::send_response));
}

TEST_CASE("A non-INVITE request has no provisional response of the user, and may be abandoned (RFC 4320)") {
    for (auto s : {state::trying, state::proceeding, state::completed})
        CHECK_FALSE(goes_to(machine::non_invite_server, s, input::send_provisional));
    CHECK(does(machine::non_invite_server, state::trying, input::timer_trying, effect::send_trying));
    CHECK(goes_to(machine::non_invite_server, state::trying, input::abandoned) == state::terminated);
    CHECK(goes_to(machine::non_invite_server, state::proceeding, input::abandoned) == state::terminated);
    CHECK_FALSE(goes_to(machine::non_invite_server, state::completed, input::abandoned));
}

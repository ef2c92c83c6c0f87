// The four transaction machines of RFC 3261 17 as tables: (state, input) -> (state, effects). No time, no bytes, no
// pointers; the layer gives the effects their meaning. RFC 6026 (Accepted on both INVITE sides) and RFC 4320
// (non-INVITE: one 100, late; never a 408) are part of the tables.
//
// Timers belong to states: entering a state stops the timers that it does not have and starts those that it has and
// that are not running yet (timers_of). A retransmission timer that fires runs again. On reliable transports the
// retransmission timers do not run, and a state that only waits for retransmissions to die out is left at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

namespace sip::fsm {

enum class machine : std::uint8_t { invite_client, non_invite_client, invite_server, non_invite_server };

/// The union of the four machines' states, by their RFC names; has_state() says which machine has which.
enum class state : std::uint8_t { calling, trying, proceeding, accepted, completed, confirmed, terminated };

/// RFC 3261's timers (appendix A, RFC 6026) by their letters, and `trying`: when a 100 is due (17.2.1, RFC 4320 4.1).
enum class timer : std::uint8_t { a, b, d, m, e, f, k, g, h, i, l, j, trying };

enum class input : std::uint8_t {
    // from the wire
    provisional,  ///< 1xx received
    success,      ///< 2xx received
    failure,      ///< 300 to 699 received
    request,      ///< the request received once more
    ack,
    // from the transaction user
    cancelled,         ///< its CANCEL was sent (9.1)
    send_provisional,  ///< 101 to 199
    send_success,
    send_failure,
    abandoned,  ///< the user has no final response to a non-INVITE in time (RFC 4320 4.2)
    // from the transport
    transport_error,
    // timers, in the order of enum timer
    timer_a,
    timer_b,
    timer_d,
    timer_m,
    timer_e,
    timer_f,
    timer_k,
    timer_g,
    timer_h,
    timer_i,
    timer_l,
    timer_j,
    timer_trying,
};

enum class reliability : std::uint8_t { datagram, reliable };

inline constexpr std::size_t machine_count = 4, state_count = 7, timer_count = 13, input_count = 24;

[[nodiscard]] constexpr input fires(timer t) noexcept {
    return static_cast<input>(static_cast<std::uint8_t>(input::timer_a) + static_cast<std::uint8_t>(t));
}

/// What the layer does for a step, in the order of the bits.
enum class effect : std::uint16_t {
    none = 0,
    send_request = 1u << 0,   ///< the stored request, once more
    send_ack = 1u << 1,       ///< the ACK of a non-2xx (17.1.1.3); built once, then repeated
    send_response = 1u << 2,  ///< the newest response of the user; nothing where there is none yet
    send_trying = 1u << 3,    ///< a 100 of the layer's own
    stop_trying = 1u << 4,    ///< the user has sent a provisional response: no 100 is needed
    await_final = 1u << 5,    ///< start Timer B again, for the final response after a CANCEL (9.1)
    deliver = 1u << 6,        ///< hand the message to the user
    report_timeout = 1u << 7,
    report_transport = 1u << 8,
};
[[nodiscard]] constexpr effect operator|(effect a, effect b) noexcept {
    return static_cast<effect>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
[[nodiscard]] constexpr bool has(effect set, effect one) noexcept {
    return (static_cast<unsigned>(set) & static_cast<unsigned>(one)) != 0;
}

/// What an input does.
struct step {
    state next{};  ///< the state from now on
    effect effects{};  ///< what the layer does
    friend constexpr bool operator==(step const&, step const&) = default;
};

/// One row of a machine.
struct row {
    state from;  ///< where the row counts
    fsm::input input;  ///< what happens
    state to;  ///< where it leads
    effect effects;  ///< what the layer does
};

// clang-format off

/// RFC 3261 17.1.1.2 with RFC 6026 7.2. The first send is not a row: a machine is born in its first state.
inline constexpr std::array invite_client_rows{
    row{state::calling,    input::timer_a,         state::calling,    effect::send_request},
    row{state::calling,    input::timer_b,         state::terminated, effect::report_timeout},
    row{state::calling,    input::transport_error, state::terminated, effect::report_transport},        // 17.1.4
    row{state::calling,    input::provisional,     state::proceeding, effect::deliver},
    row{state::calling,    input::success,         state::accepted,   effect::deliver},                 // RFC 6026 7.2
    row{state::calling,    input::failure,         state::completed,  effect::send_ack | effect::deliver},
    row{state::proceeding, input::provisional,     state::proceeding, effect::deliver},
    row{state::proceeding, input::success,         state::accepted,   effect::deliver},                 // RFC 6026 7.2
    row{state::proceeding, input::failure,         state::completed,  effect::send_ack | effect::deliver},
    row{state::proceeding, input::cancelled,       state::proceeding, effect::await_final},             // 9.1
    row{state::proceeding, input::timer_b,         state::terminated, effect::report_timeout},          // 9.1
    row{state::proceeding, input::transport_error, state::terminated, effect::report_transport},        // 17.1.4
    row{state::accepted,   input::success,         state::accepted,   effect::deliver},                 // RFC 6026 7.2
    row{state::accepted,   input::timer_m,         state::terminated, effect::none},                    // RFC 6026 7.2
    row{state::completed,  input::failure,         state::completed,  effect::send_ack},
    row{state::completed,  input::timer_d,         state::terminated, effect::none},
    // The user has its final response already, so that there is nothing to report.
    row{state::completed,  input::transport_error, state::terminated, effect::none},
};

/// RFC 3261 17.1.2.2.
inline constexpr std::array non_invite_client_rows{
    row{state::trying,     input::timer_e,         state::trying,     effect::send_request},
    row{state::trying,     input::timer_f,         state::terminated, effect::report_timeout},
    row{state::trying,     input::transport_error, state::terminated, effect::report_transport},        // 17.1.4
    row{state::trying,     input::provisional,     state::proceeding, effect::deliver},
    row{state::trying,     input::success,         state::completed,  effect::deliver},
    row{state::trying,     input::failure,         state::completed,  effect::deliver},
    row{state::proceeding, input::timer_e,         state::proceeding, effect::send_request},
    row{state::proceeding, input::timer_f,         state::terminated, effect::report_timeout},
    row{state::proceeding, input::transport_error, state::terminated, effect::report_transport},        // 17.1.4
    row{state::proceeding, input::provisional,     state::proceeding, effect::deliver},
    row{state::proceeding, input::success,         state::completed,  effect::deliver},
    row{state::proceeding, input::failure,         state::completed,  effect::deliver},
    row{state::completed,  input::timer_k,         state::terminated, effect::none},
};

/// RFC 3261 17.2.1 with RFC 6026 7.1: a transport error is told, and the machine stays to absorb retransmissions.
inline constexpr std::array invite_server_rows{
    row{state::proceeding, input::request,          state::proceeding, effect::send_response},
    row{state::proceeding, input::timer_trying,     state::proceeding, effect::send_trying},
    row{state::proceeding, input::send_provisional, state::proceeding, effect::send_response | effect::stop_trying},
    row{state::proceeding, input::send_success,     state::accepted,   effect::send_response},          // RFC 6026 7.1
    row{state::proceeding, input::send_failure,     state::completed,  effect::send_response},
    row{state::proceeding, input::transport_error,  state::proceeding, effect::report_transport},       // RFC 6026 7.1
    row{state::accepted,   input::request,          state::accepted,   effect::none},                   // RFC 6026 7.1
    row{state::accepted,   input::send_success,     state::accepted,   effect::send_response},          // RFC 6026 7.1
    row{state::accepted,   input::ack,              state::accepted,   effect::deliver},                // RFC 6026 7.1
    row{state::accepted,   input::timer_l,          state::terminated, effect::none},                   // RFC 6026 7.1
    row{state::accepted,   input::transport_error,  state::accepted,   effect::report_transport},       // RFC 6026 7.1
    row{state::completed,  input::request,          state::completed,  effect::send_response},
    row{state::completed,  input::timer_g,          state::completed,  effect::send_response},
    row{state::completed,  input::timer_h,          state::terminated, effect::report_timeout},
    row{state::completed,  input::ack,              state::confirmed,  effect::none},
    row{state::completed,  input::transport_error,  state::completed,  effect::report_transport},       // RFC 6026 7.1
    row{state::confirmed,  input::request,          state::confirmed,  effect::none},
    row{state::confirmed,  input::ack,              state::confirmed,  effect::none},
    row{state::confirmed,  input::timer_i,          state::terminated, effect::none},
};

/// RFC 3261 17.2.2 with RFC 4320. No provisional response of the user: 100 is the only one allowed, and its time is
/// the layer's business (RFC 4320 4.1).
inline constexpr std::array non_invite_server_rows{
    row{state::trying,     input::request,         state::trying,     effect::none},
    row{state::trying,     input::timer_trying,    state::proceeding, effect::send_trying},             // RFC 4320 4.1
    row{state::trying,     input::send_success,    state::completed,  effect::send_response},
    row{state::trying,     input::send_failure,    state::completed,  effect::send_response},
    row{state::trying,     input::abandoned,       state::terminated, effect::none},                    // RFC 4320 4.2
    // No response is on its way yet, and 18.2.2 has another way for it: the user hears of it and may reroute.
    row{state::trying,     input::transport_error, state::trying,     effect::report_transport},
    row{state::proceeding, input::request,         state::proceeding, effect::send_response},
    row{state::proceeding, input::send_success,    state::completed,  effect::send_response},
    row{state::proceeding, input::send_failure,    state::completed,  effect::send_response},
    row{state::proceeding, input::abandoned,       state::terminated, effect::none},                    // RFC 4320 4.2
    row{state::proceeding, input::transport_error, state::proceeding, effect::report_transport},
    row{state::completed,  input::request,         state::completed,  effect::send_response},
    row{state::completed,  input::timer_j,         state::terminated, effect::none},
    row{state::completed,  input::transport_error, state::terminated, effect::report_transport},        // 17.2.4
};

// clang-format on

[[nodiscard]] constexpr std::span<row const> rows_of(machine m) noexcept {
    switch (m) {
        case machine::invite_client:
            return invite_client_rows;
        case machine::non_invite_client:
            return non_invite_client_rows;
        case machine::invite_server:
            return invite_server_rows;
        case machine::non_invite_server:
            return non_invite_server_rows;
    }
    return {};
}

[[nodiscard]] constexpr state first_state(machine m) noexcept {
    switch (m) {
        case machine::invite_client:
            return state::calling;
        case machine::non_invite_client:
            return state::trying;
        case machine::invite_server:
            return state::proceeding;
        case machine::non_invite_server:
            return state::trying;
    }
    return state::terminated;
}

[[nodiscard]] constexpr bool has_state(machine m, state s) noexcept {
    for (row const& r : rows_of(m))
        if (r.from == s || r.to == s) return true;
    return false;
}

/// The timers that run in a state, over datagrams. Timer B of a client in proceeding is started by await_final alone.
struct timer_set {
    std::uint16_t bits = 0;  ///< one for each timer
    constexpr timer_set() noexcept = default;
    /// Of these timers.
    constexpr timer_set(std::initializer_list<timer> timers) noexcept {
        for (timer t : timers)
            bits = static_cast<std::uint16_t>(bits | 1u << static_cast<unsigned>(t));
    }
    /// True where it is one of them.
    [[nodiscard]] constexpr bool contains(timer t) const noexcept {
        return (bits >> static_cast<unsigned>(t) & 1u) != 0;
    }
    /// True where they share one.
    [[nodiscard]] constexpr bool meets(timer_set other) const noexcept { return (bits & other.bits) != 0; }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits == 0; }  ///< true where there is none
};

[[nodiscard]] constexpr timer_set timers_of(machine m, state s) noexcept {
    switch (m) {
        case machine::invite_client:
            if (s == state::calling) return {timer::a, timer::b};
            if (s == state::completed) return {timer::d};
            if (s == state::accepted) return {timer::m};
            return {};
        case machine::non_invite_client:
            if (s == state::trying || s == state::proceeding) return {timer::e, timer::f};
            if (s == state::completed) return {timer::k};
            return {};
        case machine::invite_server:
            if (s == state::proceeding) return {timer::trying};
            if (s == state::completed) return {timer::g, timer::h};
            if (s == state::confirmed) return {timer::i};
            if (s == state::accepted) return {timer::l};
            return {};
        case machine::non_invite_server:
            if (s == state::trying) return {timer::trying};
            if (s == state::completed) return {timer::j};
            return {};
    }
    return {};
}

/// They run again each time they fire, and never on reliable transports.
inline constexpr timer_set retransmission_timers{timer::a, timer::e, timer::g};
/// They wait for retransmissions to die out: zero on reliable transports, where the state is left at once. (L and M
/// wait for more than that: RFC 6026 8.)
inline constexpr timer_set zero_when_reliable{timer::d, timer::k, timer::i, timer::j};

/// The one question: what does this machine do with this input? Nothing: it ignores it.
[[nodiscard]] constexpr std::optional<step> next_step(machine m, state s, input in, reliability r) noexcept {
    for (row const& candidate : rows_of(m)) {
        if (candidate.from != s || candidate.input != in) continue;
        state to = candidate.to;
        if (r == reliability::reliable && to != s && timers_of(m, to).meets(zero_when_reliable)) to = state::terminated;
        return step{to, candidate.effects};
    }
    return std::nullopt;
}

[[nodiscard]] std::string_view to_string(machine) noexcept;
[[nodiscard]] std::string_view to_string(state) noexcept;
[[nodiscard]] std::string_view to_string(input) noexcept;
[[nodiscard]] std::string_view to_string(timer) noexcept;

}  // namespace sip::fsm

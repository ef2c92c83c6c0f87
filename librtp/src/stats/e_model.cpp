#include "rtp/stats/e_model.hpp"

#include <algorithm>
#include <cmath>

namespace rtp {

namespace {

double power(double level) noexcept {
    return std::pow(10, level / 10);
}
double level(double power_sum) noexcept {
    return 10 * std::log10(power_sum);
}
/// (1 + x^n)^(1/n): about 1 for small x, about x for large ones.
double bend(double x, double n) noexcept {
    return std::pow(1 + std::pow(x, n), 1 / n);
}
double square(double x) noexcept {
    return x * x;
}

/// No: all noise, at the 0 dBr point (7.2).
double noise(e_model_parameters const& in) noexcept {
    auto const olr = in.slr + in.rlr;
    auto const send_room = in.p_s - in.slr - in.d_s - 100 + 0.004 * square(in.p_s - olr - in.d_s - 14);
    auto const lstr = in.stmr + in.d_r;
    auto const effective_room = in.p_r + level(1 + power(10 - lstr));
    auto const receive_room = in.rlr - 121 + effective_room + 0.008 * square(effective_room - 35);
    return level(power(in.n_c) + power(send_room) + power(receive_room) + power(in.n_for + in.rlr));
}

/// Ist: sidetone that is too loud or too faint (7.3).
double sidetone_impairment(e_model_parameters const& in) noexcept {
    auto const stmr_o = -level(power(-in.stmr) + std::exp(-in.t / 4) * power(-in.telr));
    // Below zero the odd powers would leave the range for which the formula is meant.
    return 12 * bend(std::abs((stmr_o - 13) / 6), 8) - 28 * bend(std::max((stmr_o + 1) / 19.4, 0.0), 35) -
           13 * bend(std::max((stmr_o - 3) / 33, 0.0), 13) + 29;
}

/// Is: all that is there at the same time as the voice (7.3).
double simultaneous_impairment(e_model_parameters const& in, double ro, double no) noexcept {
    auto const loudness = (in.slr + in.rlr + 0.2 * (64 + no - in.rlr)) / 8;
    auto const too_loud = 20 * (bend(loudness, 8) - loudness);
    auto const q = 37 - 15 * std::log10(in.qdu);
    auto const g = 1.07 + 0.258 * q + 0.0602 * square(q);
    auto const y = (ro - 100) / 15 + 46 / 8.4 - g / 9;
    auto const z = 46.0 / 30 - g / 40;
    auto const quantizing = 15 * std::log10(1 + std::pow(10, y) + std::pow(10, z));
    return too_loud + sidetone_impairment(in) + quantizing;
}

/// Idte: hearing oneself late (7.4).
double talker_echo_impairment(e_model_parameters const& in, double no) noexcept {
    auto const sidetone = sidetone_impairment(in);
    auto terv = in.telr - 40 * std::log10((1 + in.t / 10) / (1 + in.t / 150)) + 6 * std::exp(-0.3 * square(in.t));
    if (in.stmr < 9) terv += sidetone / 2;
    auto const roe = -1.5 * (no - in.rlr);
    auto const half = (roe - (80 + 2.5 * (terv - 14))) / 2;
    auto const echo = (half + std::sqrt(square(half) + 100) - 1) * (1 - std::exp(-in.t));
    return in.stmr > 20 ? std::hypot(echo, sidetone) : echo;
}

/// Idle: hearing the other side twice (7.4).
double listener_echo_impairment(e_model_parameters const& in, double ro) noexcept {
    auto const half = (ro - 10.5 * (in.wepl + 7) * std::pow(in.t_r + 1, -0.25)) / 2;
    return half + std::sqrt(square(half) + 169);
}

}  // namespace

double effective_equipment_impairment(e_model_parameters const& in) noexcept {
    return in.ie + (95 - in.ie) * in.ppl / (in.ppl / in.burst_r + in.bpl);
}

double delay_impairment(double t_a) noexcept {
    if (t_a <= 100) return 0;
    auto const x = std::log2(t_a / 100);
    return 25 * (bend(x, 6) - 3 * bend(x / 3, 6) + 2);
}

double transmission_rating(e_model_parameters const& in) noexcept {
    auto const no = noise(in);
    auto const ro = 15 - 1.5 * (in.slr + no);
    auto const delayed = talker_echo_impairment(in, no) + listener_echo_impairment(in, ro) + delay_impairment(in.t_a);
    return ro - simultaneous_impairment(in, ro, no) - delayed - effective_equipment_impairment(in) +
           in.advantage_factor;
}

double mean_opinion_score(double r) noexcept {
    if (r <= 0) return 1;
    if (r >= 100) return 4.5;
    // The cubic dips below 1 for R under 6.5, where the scale ends.
    return std::max(1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r), 1.0);
}

}  // namespace rtp

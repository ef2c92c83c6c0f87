// The E-model: how good a telephone connection is, from what is known of its parts. ITU-T G.107 (06/2015), with the
// parameters under their names there. Pure functions; what to put in is the matter of voice_quality.hpp.
#pragma once

namespace rtp {

/// The defaults are those of G.107 table 3: a connection with nothing wrong but what a handset always has. Levels in
/// dB or dBm0, times in milliseconds.
struct e_model_parameters {
    double slr = 8;               ///< Send loudness rating.
    double rlr = 2;               ///< Receive loudness rating.
    double stmr = 15;             ///< Sidetone masking rating.
    double d_s = 3;               ///< D-value of the telephone, send side.
    double d_r = 3;               ///< D-value of the telephone, receive side.
    double telr = 65;             ///< Talker echo loudness rating.
    double wepl = 110;            ///< Weighted echo path loss.
    double t = 0;                 ///< Mean one-way delay of the echo path.
    double t_r = 0;               ///< Round-trip delay in a four-wire loop.
    double t_a = 0;               ///< Absolute delay in echo-free connections.
    double qdu = 1;               ///< Number of quantization distortion units.
    double ie = 0;                ///< Equipment impairment factor of the codec.
    double bpl = 4.3;             ///< Packet-loss robustness factor of the codec.
    double ppl = 0;               ///< Packets lost, in percent.
    double burst_r = 1;           ///< Burst ratio.
    double n_c = -70;             ///< Circuit noise, at the 0 dBr point.
    double n_for = -64;           ///< Noise floor at the receive side.
    double p_s = 35;              ///< Room noise, send side, dB(A).
    double p_r = 35;              ///< Room noise, receive side, dB(A).
    double advantage_factor = 0;  ///< A: what users forgive, for instance for being mobile.
};

/// The effective equipment impairment factor Ie-eff (G.107 7.5): the codec's own, and what missing packets add.
[[nodiscard]] double effective_equipment_impairment(e_model_parameters const&) noexcept;

/// The impairment Idd of pure delay (G.107 7.4); 0 up to 100 ms.
[[nodiscard]] double delay_impairment(double t_a) noexcept;

/// The transmission rating factor R. 93.2 for the defaults; can be below 0.
[[nodiscard]] double transmission_rating(e_model_parameters const&) noexcept;

/// The mean opinion score that belongs to R, 1 to 4.5 (G.107 annex B).
[[nodiscard]] double mean_opinion_score(double r) noexcept;

}  // namespace rtp

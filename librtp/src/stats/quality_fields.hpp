// The lines and keys of a metrics section, once, for writing and for reading. RFC 6035 4.6.1.
//
// A visitor has begin_line(name), and field(key, member) for each kind of member; number fields come with their
// decimals, text that may hold blanks is quoted.
#pragma once

#include <string>

#include "rtp/stats/quality_report.hpp"

namespace rtp {

/// A text that is written between quotation marks.
template <class Text>
struct quoted {
    Text& text;
};
template <class Text>
quoted(Text&) -> quoted<Text>;

/// A fractional number and how many decimals it is written with.
template <class Number>
struct decimal {
    Number& number;
    int places;
};
template <class Number>
decimal(Number&, int) -> decimal<Number>;

template <class Metrics, class Visitor>
void visit_fields(Metrics& of, Visitor& visitor) {
    visitor.begin_line("Timestamps");
    visitor.field("START", of.start);
    visitor.field("STOP", of.stop);

    visitor.begin_line("SessionDesc");
    visitor.field("PT", of.payload_type);
    visitor.field("PD", of.payload_name);
    visitor.field("SR", of.sample_rate);
    visitor.field("FD", of.frame_duration);
    visitor.field("FO", of.frame_octets);
    visitor.field("FPP", of.frames_per_packet);
    visitor.field("PPS", of.packets_per_second);
    visitor.field("FMTP", quoted{of.format_parameters});
    visitor.field("PLC", of.concealment);
    visitor.field("SSUP", of.silence_suppression);

    visitor.begin_line("JitterBuffer");
    visitor.field("JBA", of.jitter_buffer);
    visitor.field("JBR", of.jitter_buffer_rate);
    visitor.field("JBN", of.jitter_buffer_nominal);
    visitor.field("JBM", of.jitter_buffer_maximum);
    visitor.field("JBX", of.jitter_buffer_absolute_maximum);

    visitor.begin_line("PacketLoss");
    visitor.field("NLR", decimal{of.loss_rate, 2});
    visitor.field("JDR", decimal{of.discard_rate, 2});

    visitor.begin_line("BurstGapLoss");
    visitor.field("BLD", decimal{of.burst_density, 2});
    visitor.field("BD", of.burst_duration);
    visitor.field("GLD", decimal{of.gap_density, 2});
    visitor.field("GD", of.gap_duration);
    visitor.field("GMIN", of.gap_threshold);

    visitor.begin_line("Delay");
    visitor.field("RTD", of.round_trip);
    visitor.field("ESD", of.end_system_delay);
    visitor.field("OWD", of.one_way_delay);
    visitor.field("SOWD", of.symmetric_one_way_delay);
    visitor.field("IAJ", of.interarrival_jitter);
    visitor.field("MAJ", of.mean_absolute_jitter);

    visitor.begin_line("Signal");
    visitor.field("SL", of.signal_level);
    visitor.field("NL", of.noise_level);
    visitor.field("RERL", of.residual_echo_return_loss);

    visitor.begin_line("QualityEst");
    visitor.field("RLQ", of.listening_r);
    visitor.field("RCQ", of.conversational_r);
    visitor.field("EXTRI", of.external_r_in);
    visitor.field("EXTRO", of.external_r_out);
    visitor.field("MOSLQ", decimal{of.mos_lq, 1});
    visitor.field("MOSCQ", decimal{of.mos_cq, 1});
    visitor.field("QoEEstAlg", of.algorithm);
}

}  // namespace rtp

// Tones, in the grammar of rtp/signal/tone_grammar.hpp.
#include "phoned/config/fields.hpp"

namespace phoned::config {
namespace {

using enum file_scope;
using tones = tone_settings;

constexpr parameter rows[] = {
    {"voice.tone.country", no_index, common, text(64), "Custom",
     "whose standard tones are played; Custom: the lists below", phone_part_field<&settings::tones, &tones::country>},
    {"voice.tone.dial", no_index, common, tone(), "", "dial tone", phone_part_field<&settings::tones, &tones::dial>},
    {"voice.tone.ring", no_index, common, tone(), "", "ring-back tone",
     phone_part_field<&settings::tones, &tones::ring>},
    {"voice.tone.busy", no_index, common, tone(), "", "busy tone", phone_part_field<&settings::tones, &tones::busy>},
    {"voice.tone.congestion", no_index, common, tone(), "", "congestion tone",
     phone_part_field<&settings::tones, &tones::congestion>},
    {"voice.tone.callwaiting", no_index, common, tone(), "", "call waiting tone",
     phone_part_field<&settings::tones, &tones::call_waiting>},
    {"voice.tone.dialrecall", no_index, common, tone(), "", "dial tone during a call"},
    {"voice.tone.record", no_index, common, tone(), "", "recording tone"},
    {"voice.tone.info", no_index, common, tone(), "", "special information tone"},
    {"voice.tone.stutter", no_index, common, tone(), "", "dial tone with a waiting message"},
    {"voice.tone.message", no_index, common, tone(), "", "message tone"},
    {"voice.tone.autoanswer", no_index, common, tone(), "", "tone of an automatic answer"},
};

}  // namespace

std::span<const parameter> tone_parameters() {
    return rows;
}

}  // namespace phoned::config

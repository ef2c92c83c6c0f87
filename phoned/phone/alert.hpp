// How an incoming call asks to be treated, and how far this phone goes along: which ring sounds (the guide's order),
// and whether it answers by itself as an intercom. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "phoned/config/settings.hpp"
#include "phoned/protocol/messages.hpp"
#include "sip/syntax/message.hpp"

namespace phoned {

/// The ring that Alert-Info asks for, as a tone id: `Ring3.wav`, `Bellcore-dr2`, `Silent`, `Splash`, or the URI of a
/// sound. Empty where the account's own ring sounds.
[[nodiscard]] std::string ring_asked_for(sip::message_view invite, const settings&, const account_settings&);

/// The rhythm of a tone id of its own; empty: the sound's.
[[nodiscard]] std::vector<led_pattern_step> ring_cadence(std::string_view tone);

/// The caller asks for an answer without anybody at the phone: answer-after or its forms in Alert-Info and Call-Info,
/// or the parameter `intercom=true` that phones of the guide send each other.
[[nodiscard]] bool is_intercom(sip::message_view invite);

}  // namespace phoned

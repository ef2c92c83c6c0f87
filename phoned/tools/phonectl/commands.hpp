// What phonectl's sub-commands do, one function each. They print to standard output and throw command_error.
#pragma once

#include "phoned/tools/condition.hpp"
#include "phoned/tools/phonectl/session.hpp"

#include <optional>
#include <string>
#include <vector>

namespace phoned::tools {

void show_accounts(session&);
void show_calls(session&);
void show_stats(session&, std::optional<unsigned> call);
void show_screen(session&);
void show_metrics(session&);

void show_features(session&);
void show_history(session&, const std::string& kind, unsigned limit);

/// A method that answers with the call that it has begun, or that talks now; prints its number.
void begin_call(session&, const std::string& method, json::object params);
/// A method that takes a call: without a number the one that is meant (see chosen_call).
void act_on_call(session&, const std::string& method, std::optional<unsigned> call, json::object more = {});
void send_digits(session&, const std::string& digits, std::optional<unsigned> call);
void act_on_account(session&, const std::string& method, unsigned account);
void press_keys(session&, const std::vector<std::string>& keys);
void raw(session&, const std::string& method, const std::string& params);

struct watch_limits {
    std::optional<unsigned> count;                  ///< End after so many events
    std::optional<std::chrono::milliseconds> time;  ///< End after this
    std::vector<condition> until;                   ///< End after an event for which all hold
    std::optional<std::uint64_t> since;             ///< Begin behind this number
};
/// Events as JSON lines.
void watch(session&, const std::vector<std::string>& topics, const watch_limits&);
/// Waits for an event of the topic for which all conditions hold. What is so already counts.
void wait_for(session&, const std::string& topic, const std::vector<condition>&, std::chrono::milliseconds time);
/// SIP messages as they cross the wire.
void trace(session&, const watch_limits&);

}  // namespace phoned::tools

// What must hold of phones whose calls have come to rest, whatever has happened before: each live call has its other
// end at another phone, both say the same of it, nothing is left over of those that ended, and the call lists tell what
// was. Each function says what is wrong, or nothing.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "support/phoned/world.hpp"

namespace test {

inline std::vector<phoned::call_summary> living(sim_phone& of) {
    auto all = of.phone().call_list(of.context());
    std::erase_if(all, [](const auto& each) { return each.state == phoned::call_state::terminated; });
    return all;
}

/// Every live call is up, and some phone has its other end, held by whom its peer says. A phone that has called itself
/// has both ends.
inline std::string discord_of(const std::vector<sim_phone*>& phones) {
    for (auto* one : phones) {
        const auto calls = living(*one);
        for (const auto& mine : calls) {
            const auto who = one->address() + " call " + std::to_string(static_cast<unsigned>(mine.call)) + " with " +
                             mine.remote + (mine.held_by_us ? ", which it holds," : "") +
                             (mine.held_by_peer ? ", which holds it," : "") + " in state " +
                             std::to_string(static_cast<int>(mine.state));
            if (mine.state != phoned::call_state::confirmed) return who + " is not up";
            std::size_t ends = 0;
            for (auto* other : phones) {
                for (const auto& theirs : living(*other)) {
                    if (theirs.call_id != mine.call_id || (other == one && theirs.call == mine.call)) continue;
                    ++ends;
                    if (theirs.held_by_peer != mine.held_by_us)
                        return who + " is held, or not, against its peer's word";
                }
            }
            if (ends != 1) return who + " has " + std::to_string(ends) + " other ends";
        }
        if (one->open_sockets() != calls.size())
            return one->address() + " has " + std::to_string(calls.size()) + " calls and " +
                   std::to_string(one->open_sockets()) + " sockets";
        const auto sessions = one->core().live().sessions;
        if (sessions != calls.size()) return one->address() + " has " + std::to_string(sessions) + " SIP sessions";
    }
    return {};
}

/// A phone without calls, a while later, holds nothing of them.
inline std::string remains_in(sim_phone& of) {
    const auto live = of.core().live();
    const std::pair<const char*, std::size_t> counted[] = {
        {"calls", of.live_calls()},        {"sockets", of.open_sockets()},
        {"sessions", live.sessions},       {"dialogs", live.dialogs},
        {"ACK keepers", live.ack_keepers}, {"subscriptions", live.subscriptions},
        {"notifiers", live.notifiers},     {"sounds", of.is_audio_running ? 1U : 0U},
    };
    for (const auto& [name, count] : counted)
        if (count != 0) return of.address() + " is left with " + name + ": " + std::to_string(count);
    return {};
}

/// What the user has asked for has been told the end of. Transfers that the phone saw begin and not end are stuck.
inline std::string open_transfer_of(sim_phone& of) {
    std::map<std::string, bool> open;
    for (const auto& line : of.told()) {
        if (line.find("\"call.transfer\"") == std::string::npos || line.find("\"transferor\"") == std::string::npos)
            continue;
        const auto at = line.find("\"call\":");
        open[line.substr(at, line.find_first_of(",}", at) - at)] =
            line.find("\"done\"") == std::string::npos && line.find("\"failed\"") == std::string::npos;
    }
    for (const auto& [call, is_open] : open)
        if (is_open) return of.address() + " never told the end of a transfer: " + call;
    return {};
}

inline phoned::history_kind kind_of(const phoned::call_summary& of) {
    using kind = phoned::history_kind;
    if (of.direction == phoned::call_direction::outgoing) return kind::dialled;
    if (of.talked) return kind::received;
    if (of.ended != phoned::ended_by::local) return kind::missed;
    return of.sip_code == 302 ? kind::forwarded : kind::received;
}

/// Each call that has ended, and is newer than `known`, stands once in the lists, as what it was; and nothing in them
/// waits for its end.
inline std::string misremembered_by(sim_phone& of, phoned::call_number known = {}) {
    auto entries = of.history.entries;
    for (const auto& each : of.phone().call_list(of.context())) {
        if (each.state != phoned::call_state::terminated || each.call <= known) continue;
        const auto at = std::find_if(entries.begin(), entries.end(), [&](const phoned::history_entry& entry) {
            return entry.kind == kind_of(each) && entry.remote == each.remote && entry.talked == each.talked &&
                   entry.sip_code == each.sip_code && entry.cause == each.cause;
        });
        if (at == entries.end())
            return of.address() + " has not written down call " + std::to_string(static_cast<unsigned>(each.call)) +
                   ", " + std::to_string(each.sip_code) + " (" + each.cause + "), with " + each.remote + " as " +
                   std::to_string(static_cast<int>(kind_of(each)));
        entries.erase(at);
    }
    for (const auto& entry : of.history.entries) {
        if (entry.talked && entry.kind == phoned::history_kind::missed)
            return of.address() + " missed whom it talked to";
        if (entry.cause == "interrupted" && of.live_calls() == 0) return of.address() + " has an entry without an end";
    }
    return {};
}

}  // namespace test

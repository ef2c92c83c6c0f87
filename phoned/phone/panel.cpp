#include "phoned/phone/panel.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "phoned/phone/alert.hpp"

namespace phoned {

namespace {

bool is_ringing_here(const call_summary& call) {
    return call.direction == call_direction::incoming && call.state == call_state::early;
}

std::string_view state_word(const call_summary& call) {
    if (is_ringing_here(call)) return "incoming";
    switch (call.state) {
        case call_state::trying:
            return "calling";
        case call_state::proceeding:
            return "calling";
        case call_state::early:
            return "ringing";
        case call_state::confirmed:
            if (call.held_by_us) return "on hold";
            return call.held_by_peer ? "held by the other side" : "talking";
        case call_state::terminated:
            return "ended";
    }
    return {};
}

std::string who(const call_summary& call) {
    if (!call.remote_name.empty()) return call.remote_name;
    auto uri = std::string_view(call.remote);
    if (const auto colon = uri.find(':'); colon != std::string_view::npos) uri.remove_prefix(colon + 1);
    return std::string(uri.substr(0, uri.find_first_of("@;")));
}

line_key_label line_key(const account_summary& account, const std::vector<call_summary>& calls) {
    line_key_label out{account.label, "idle"};
    if (account.state != registration_state::registered) out.icon = "unregistered";
    for (const auto& call : calls) {
        if (call.account != account.account) continue;
        out.icon = is_ringing_here(call)                 ? "ringing"
                   : call.held_by_us                     ? "held"
                   : call.state == call_state::confirmed ? "talking"
                                                         : "calling";
    }
    return out;
}

led_preset lamp_of(std::string_view icon) {
    if (icon == "ringing") return led_preset::fast;
    if (icon == "held") return led_preset::slow;
    return icon == "talking" || icon == "calling" ? led_preset::on : led_preset::off;
}

}  // namespace

panel draw_panel(const panel_input& in) {
    panel out;
    auto& screen = out.screen;
    const auto ringing = std::find_if(in.calls.begin(), in.calls.end(), is_ringing_here);
    const bool has_talk = std::any_of(in.calls.begin(), in.calls.end(), [](const call_summary& c) {
        return c.state == call_state::confirmed;
    });

    for (const auto& account : in.accounts) {
        screen.line_keys.push_back(line_key(account, in.calls));
        led lamp;
        lamp.id = fmt::format("L{}", screen.line_keys.size());
        lamp.pattern = lamp_of(screen.line_keys.back().icon);
        lamp.colour = lamp.pattern == led_preset::fast ? "red" : "green";
        out.leds.push_back(std::move(lamp));
    }
    out.leds.push_back({"mute", "red", in.is_muted && has_talk ? led_preset::on : led_preset::off, {}});

    if (!in.calls.empty()) {
        screen.id = ringing != in.calls.end() ? "incoming" : has_talk ? "talking" : "calling";
        screen.title = ringing != in.calls.end() ? "Incoming call" : "Call";
        for (const auto& call : in.calls)
            screen.rows.push_back(fmt::format("{}: {}", who(call), state_word(call)));
        if (ringing != in.calls.end())
            screen.soft_keys = {"Answer", "Reject"};
        else if (has_talk)
            screen.soft_keys = {"Hold", "", "", "EndCall"};
        else
            screen.soft_keys = {"", "", "", "Cancel"};
    } else if (!in.dialled.empty()) {
        screen.id = "dialling";
        screen.title = "Enter number";
        screen.rows.push_back(in.dialled);
        screen.soft_keys = {"Send", "Delete", "", "Cancel"};
        screen.cursor = {0, static_cast<std::uint32_t>(in.dialled.size())};
    } else {
        screen.id = "idle";
        screen.title = in.accounts.empty() ? "no account" : in.accounts.front().label;
        for (const auto& account : in.accounts)
            if (account.state != registration_state::registered)
                screen.rows.push_back(fmt::format(
                    "{}: {}", account.label,
                    account.state == registration_state::failed ? "registration failed" : "not registered"
                ));
    }
    if (!in.notice.empty()) screen.rows.push_back(in.notice);

    out.ringer.ringing = ringing != in.calls.end() && !has_talk;
    if (out.ringer.ringing) {
        out.ringer.tone = ringing->alert.empty() ? "Ring1" : ringing->alert;
        out.ringer.cadence = ring_cadence(out.ringer.tone);
    }
    return out;
}

}  // namespace phoned

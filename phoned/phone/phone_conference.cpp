// Conferences: three parties mixed here (the guide's flow 11), or as many as a conference server takes.
#include <algorithm>

#include <fmt/format.h>

#include "phoned/phone/failure.hpp"
#include "phoned/phone/phone.hpp"
#include "phoned/phone/turn.hpp"

namespace phoned {

void phone::open_room() {
    const auto format = audio_->format();
    room_.emplace(format.rate);
}

void phone::leave_room(call_number number) {
    if (!room_) return;
    room_->remove(number);
    if (auto* of = find(number)) of->set_in_conference(false);
    if (room_->members().size() > 1) return;
    // Two are no conference: whoever is left goes on as an ordinary call.
    if (!room_->members().empty())
        if (auto* last = find(room_->members().begin()->first)) last->set_in_conference(false);
    room_.reset();
}

bool phone::is_room_talking() {
    if (!room_) return false;
    for (const auto& [number, party] : room_->members())
        if (const auto* of = find(number); of != nullptr && of->state() == call_state::confirmed && !of->wants_hold())
            return true;
    return false;
}

/// The user is muted for the whole conference, whichever of its calls was named.
bool phone::is_room_muted() {
    return std::any_of(room_->members().begin(), room_->members().end(), [this](const auto& member) {
        const auto* of = find(member.first);
        return of != nullptr && of->is_muted();
    });
}

command_result<std::optional<call_number>> phone::call_conference(
    const command_context& context, call_number number, call_number with
) {
    const turn t(*this, context.now);
    const auto is_confirmed = [](const call& of) { return of.state() == call_state::confirmed; };
    auto of = need(number, is_confirmed, "up");
    if (!of) return of.error();
    auto other = need(with, is_confirmed, "up");
    if (!other) return other.error();
    if (number == with) return failure(error_number::wrong_state, "a conference needs two calls", "same_call");

    const auto& account = (*of)->settings_of_account();
    if (account.network_conference) {
        auto* const l = find_line((*of)->account());
        if (account.conference_uri.empty() || l == nullptr)
            return failure(
                error_number::not_available, fmt::format("account.{}.conf_uri is not set", (*of)->account()), "conf_uri"
            );
        const auto focus = dial(context.now, {account.conference_uri, (*of)->account()});
        if (!focus) return focus.error();
        network_conference_ = {*focus, number, with};
        return std::optional(*focus);
    }
    if (!room_) open_room();
    for (auto* member : {*of, *other}) {
        room_->add(member->number());
        member->set_in_conference(true);
        // The guide's figure leaves this re-INVITE out, yet ends with both calls active.
        member->set_hold(hold_wish::talk);
    }
    hold_others(*of);
    return std::optional<call_number>();
}

command_result<done> phone::call_split(const command_context& context, call_number number) {
    const turn t(*this, context.now);
    auto of = need(
        number, [](const call& each) { return each.is_in_conference(); }, "in a conference"
    );
    if (!of) return of.error();
    for (const auto& [each, party] : room_->members())
        if (auto* member = find(each)) member->set_in_conference(false);
    room_.reset();
    if ((*of)->wants_hold()) (*of)->set_hold(hold_wish::talk);
    hold_others(*of);
    return done{};
}

command_result<done> phone::call_leave_conference(const command_context& context) {
    const turn t(*this, context.now);
    if (!room_) return failure(error_number::wrong_state, "there is no conference", "wrong_state");
    std::vector<call*> members;
    for (const auto& [number, party] : room_->members())
        if (auto* of = find(number)) members.push_back(of);
    if (config_.leaving_joins_others && members.size() == 2)
        return start_transfer(context.now, *members[0], members[1], members[1]->remote());
    for (auto* member : members)
        member->hang_up(context.now, "hung up");
    return done{};
}

/// The conference server has answered: whom we talked with is sent there (RFC 4579 5.5).
void phone::follow_conference(now_t now) {
    if (!network_conference_) return;
    const auto* focus = find(network_conference_->focus);
    if (focus == nullptr || !focus->is_live()) return network_conference_.reset();
    if (focus->state() != call_state::confirmed) return;
    const auto joining = *network_conference_;
    network_conference_.reset();
    for (const auto number : {joining.first, joining.second})
        if (auto* of = find(number); of != nullptr && of->state() == call_state::confirmed)
            (void)start_transfer(now, *of, nullptr, focus->remote_contact());
}

}  // namespace phoned

// What keys and hook do. A key means something else in each situation: ringing, talking, dialling, idle.
#include <cctype>
#include <utility>

#include "phoned/phone/phone.hpp"
#include "phoned/phone/turn.hpp"

namespace phoned {

namespace {

constexpr std::size_t longest_number = 64;

bool is_digit_key(std::string_view key) {
    return key.size() == 1 && (std::isdigit(static_cast<unsigned char>(key[0])) != 0 || key[0] == '*' || key[0] == '#');
}

}  // namespace

void phone::on_key(const command_context& context, const key_event& pressed) {
    if (!pressed.down || pressed.repeat) return;
    const turn t(*this, context.now);
    press(context.now, pressed.key);
}

void phone::press(now_t now, std::string_view key) {
    auto* const ringing = ringing_call();
    auto* const focus = in_focus();
    call* held = nullptr;
    for (auto& [number, of] : calls_)
        if (of->state() == call_state::confirmed && of->wants_hold()) held = of.get();
    const bool is_line_key = key.size() > 1 && key[0] == 'L';

    if (is_digit_key(key)) return press_digit(now, key[0]);
    if (key == "MUTE") {
        if (focus == nullptr || !config_.allow_mute) return;
        return focus->set_muted(!focus->is_muted());
    }
    if (key == "HOLD" ||
        (key == "S1" && ringing == nullptr && (focus != nullptr || held != nullptr) && dialled_.empty())) {
        if (focus != nullptr && focus->state() == call_state::confirmed) return focus->set_hold(hold_wish::hold);
        if (held != nullptr) return held->set_hold(hold_wish::talk);
        return;
    }
    if (key == "TRANSFER") return press_transfer(now);
    if (key == "CONF") {
        if (focus != nullptr && held != nullptr)
            if (const auto made = call_conference({now, "keypad"}, focus->number(), held->number()); !made)
                note(now, made.error().message);
        return;
    }
    if (key == "DND") {
        if (!lines_.empty())
            (void)dnd_set({now, "keypad"}, !is_disturbed(config_, *lines_.front().config), std::nullopt);
        return;
    }
    if (key == "REDIAL") {
        if (const auto made = call_redial({now, "keypad"}, std::nullopt); !made) note(now, made.error().message);
        return;
    }
    if (key == "OK" || key == "SPEAKER" || key == "HEADSET" || key == "S1" || is_line_key) {
        if (ringing != nullptr) return answer(now, *ringing);
        if (!dialled_.empty()) return send_dialled(now);
        if (is_line_key && focus == nullptr && held != nullptr) return held->set_hold(hold_wish::talk);
        return;
    }
    if (key == "S2" && ringing == nullptr) {
        if (!dialled_.empty()) dialled_.pop_back();
        return;
    }
    if (key == "CANCEL" || key == "S2" || key == "S4") {
        if (ringing != nullptr) return ringing->reject(config_.normal_refuse_code);
        if (!dialled_.empty()) return dialled_.clear();
        busy_tone_until_.reset();
        redial_.reset();
        auto* const going = focus != nullptr ? focus : held;
        if (going != nullptr) return going->hang_up(now, "hung up");
        for (auto& [number, of] : calls_)
            if (of->is_live()) return of->hang_up(now, "hung up");
    }
}

/// The first time the call is put on hold and a number may be keyed. The second time the other side is sent to the
/// number, or to whom the user has called meanwhile.
void phone::press_transfer(now_t now) {
    auto* const focus = in_focus();
    auto* const begun = transferring_ ? find(*transferring_) : nullptr;
    const auto say = [&](const command_result<done>& outcome) {
        if (!outcome) note(now, outcome.error().message);
    };
    if (begun == nullptr) {
        auto* const of = focus != nullptr && focus->state() == call_state::confirmed ? focus : held_call();
        if (of == nullptr) return;
        transferring_ = of->number();
        return of->set_hold(hold_wish::hold);
    }
    if (focus != nullptr && focus != begun)
        return say(call_transfer_attended({now, "keypad"}, begun->number(), focus->number()));
    if (!dialled_.empty()) return say(call_transfer({now, "keypad"}, begun->number(), std::exchange(dialled_, {})));
}

void phone::press_digit(now_t now, char digit) {
    if (config_.play_local_dtmf_tone) tones_.beep(digit);
    if (auto* focus = in_focus(); focus != nullptr && focus->state() == call_state::confirmed) {
        (void)focus->send_digits(now, std::string_view(&digit, 1));
        return;
    }
    const char sends = config_.pound_key == 1 ? '#' : config_.pound_key == 2 ? '*' : '\0';
    if (digit == sends && !dialled_.empty()) return send_dialled(now);
    if (dialled_.size() < longest_number) dialled_ += digit;
}

void phone::send_dialled(now_t now) {
    const auto target = std::exchange(dialled_, {});
    if (const auto made = dial(now, {target, std::nullopt}); !made) note(now, made.error().message);
}

void phone::on_hook(const command_context& context, const hook_state& hook) {
    const turn t(*this, context.now);
    const bool was_off = std::exchange(is_off_hook_, hook.off_hook);
    if (hook.off_hook && !was_off) {
        if (auto* ringing = ringing_call()) return answer(context.now, *ringing);
        if (!dialled_.empty()) send_dialled(context.now);
    } else if (!hook.off_hook && was_off) {
        busy_tone_until_.reset();
        const bool completes = transferring_ && config_.hang_up_completes_transfer;
        if (completes) press_transfer(context.now);
        dialled_.clear();
        if (completes) return;
        if (auto* focus = in_focus()) focus->hang_up(context.now, "hung up");
    }
}

void phone::on_audio_status(const command_context& context, const audio_status&) {
    const turn t(*this, context.now);
}

}  // namespace phoned

// What keys and hook do. A key means something else in each situation: ringing, talking, dialling, idle.
#include <cctype>

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
        is_muted_ = !is_muted_;
        return focus->set_muted(is_muted_);
    }
    if (key == "HOLD" ||
        (key == "S1" && ringing == nullptr && (focus != nullptr || held != nullptr) && dialled_.empty())) {
        if (focus != nullptr && focus->state() == call_state::confirmed) return focus->set_hold(hold_wish::hold);
        if (held != nullptr) return held->set_hold(hold_wish::talk);
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
        auto* const going = focus != nullptr ? focus : held;
        if (going != nullptr) return going->hang_up(now, "hung up");
        for (auto& [number, of] : calls_)
            if (of->is_live()) return of->hang_up(now, "hung up");
    }
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
        dialled_.clear();
        busy_tone_until_.reset();
        if (auto* focus = in_focus()) focus->hang_up(context.now, "hung up");
    }
}

void phone::on_audio_status(const command_context& context, const audio_status&) {
    const turn t(*this, context.now);
}

}  // namespace phoned

// What follows from every input: what is published, which calls are over, what is heard and shown.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "phoned/phone/phone.hpp"

namespace phoned {

namespace {

constexpr auto notice_time = std::chrono::seconds{5};
constexpr auto failure_tone_time = std::chrono::seconds{3};

}  // namespace

/// The end of every input: goes on with what waits for calls to change, publishes, retires calls that have ended, and
/// brings tones, sound device and panel up to date.
void phone::settle(now_t now) {
    answer_when_others_are_held(now);
    follow_transfers(now);
    follow_conference(now);
    follow_music(now);
    for (auto at = calls_.begin(); at != calls_.end();) {
        publish_changes(now, *at->second);
        if (at->second->is_live()) {
            ++at;
        } else {
            retire(now, *at->second);
            at = calls_.erase(at);
        }
    }
    choose_tone();
    remind_of_held_calls(now);
    const bool wants_audio = !calls_.empty() || !tones_.is_silent();
    if (wants_audio != is_audio_running_) {
        is_audio_running_ = wants_audio;
        if (wants_audio)
            audio_->start();
        else
            audio_->stop();
    }
    const bool all_quiet =
        calls_.empty() && std::all_of(lines_.begin(), lines_.end(), [](const line& l) {
            return l.summary.state == registration_state::unregistered || l.summary.state == registration_state::failed;
        });
    if (is_stopping_ && all_quiet) stop_by_.reset();

    show(now);
}

void phone::publish_changes(now_t now, call& of) {
    const auto changes = of.take_changes();
    if (changes.redirected) note(now, fmt::format("forwarded to {}", of.remote()));
    if (changes.state) hub_->publish(now, call_state_event{of.summary(now)});
    if (of.state() == call_state::confirmed) note_answer(of.number());
    if (changes.media)
        if (const auto media = of.media_summary()) hub_->publish(now, call_media_event{*media});
    if (changes.quality) hub_->publish(now, call_quality_event{of.quality()});
}

/// The last words about a call that has ended.
void phone::retire(now_t now, call& of) {
    const auto summary = of.summary(now);
    hub_->publish(now, call_quality_event{of.quality()});
    auto_answer_at_.erase(of.number());
    forward_at_.erase(of.number());
    let_go_at_.erase(of.number());
    if (transferring_ == of.number()) transferring_.reset();
    transfer_lost_call(now, of);
    leave_room(of.number());
    end_music(of.number());
    const bool was_refused =
        summary.direction == call_direction::outgoing && !summary.talked && summary.ended != ended_by::local;
    if (was_refused)
        busy_tone_until_ = now.mono + failure_tone_time;
    else if (summary.talked && summary.ended == ended_by::remote && config_.busy_tone_delay.count() > 0)
        busy_tone_until_ = now.mono + config_.busy_tone_delay;
    note(now, summary.cause);
    if (was_refused) begin_auto_redial(now, summary);
    finish_history(now, summary);
    ended_.push_back(summary);
    if (ended_.size() > most_ended_calls) ended_.pop_front();
}

void phone::choose_tone() {
    bool rings_back = false, has_early_media = false, waits = false, talks = false;
    for (const auto& [number, of] : calls_) {
        rings_back = rings_back || of->wants_ring_back();
        has_early_media = has_early_media || of->has_early_media();
        waits = waits || (of->state() == call_state::early && of->direction() == call_direction::incoming);
        talks = talks || of->state() == call_state::confirmed;
    }
    if (rings_back && !(has_early_media && config_.preview == call_preview::media))
        tones_.play(phone_tone::ring_back);
    else if (waits && talks && config_.call_waiting_tone)
        tones_.play(phone_tone::call_waiting);
    else if (busy_tone_until_)
        tones_.play(phone_tone::busy);
    else if (is_off_hook_ && calls_.empty() && dialled_.empty())
        tones_.play(phone_tone::dial);
    else
        tones_.play(phone_tone::none);
}

/// A call that was put on hold and forgotten makes itself heard (features.play_hold_tone).
void phone::remind_of_held_calls(now_t now) {
    if (!config_.hold_reminder || held_call() == nullptr) return remind_at_.reset();
    if (remind_at_ && *remind_at_ > now.mono) return;
    if (remind_at_) tones_.remind();
    remind_at_ = now.mono + config_.hold_reminder_interval;
}

void phone::note(now_t now, std::string text) {
    notice_ = std::move(text);
    notice_until_ = now.mono + notice_time;
}

void phone::show(now_t now) {
    panel_input in;
    for (const auto& l : lines_)
        in.accounts.push_back(l.summary);
    for (const auto& [number, of] : calls_)
        in.calls.push_back(of->summary(now));
    in.dialled = dialled_;
    in.notice = notice_;
    if (const auto* focus = in_focus()) in.is_muted = focus->is_muted();
    auto out = draw_panel(in);
    hub_->set_screen(now, std::move(out.screen));
    for (const auto& lamp : out.leds)
        hub_->set_led(now, lamp);
    hub_->set_ringer(now, out.ringer);
}

}  // namespace phoned

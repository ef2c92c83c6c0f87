#include "phoned/media/sent_voice.hpp"

#include <algorithm>
#include <cmath>

#include "phoned/media/periods.hpp"

namespace phoned {

namespace {

constexpr auto digit_length = std::chrono::milliseconds(100);
constexpr auto comma_pause = std::chrono::seconds(1);
constexpr std::size_t most_waiting_digits = 64;

rtp::now_t rtp_now(now_t now) {
    return {now.mono, now.wall};
}

bool is_accepted(char digit, std::uint16_t accepted) {
    const auto code = rtp::event_of(digit);
    return digit == ',' || (code && (accepted >> static_cast<unsigned>(*code)) % 2 != 0);
}

}  // namespace

sent_voice::sent_voice(rtp::session& session, rtp::packet_pool& packets, dtmf_method digits, bool saves_silence)
    : session_(session), packets_(packets), digits_(digits), saves_silence_(saves_silence), tones_(8000) {}

void sent_voice::apply(const media_plan& plan) {
    wanted_ = plan.encoding;
    if (plan.codec == codec_) {
        if (encoder_) encoder_->apply(encoding_settings());
        return;
    }
    codec_ = plan.codec;
    encoder_.reset();
    unsent_.clear();
    if (codec_ == nullptr) return;
    const auto& properties = codec_->properties;
    encoder_.emplace(*codec_, encoding_settings());
    tones_ = rtp::dtmf_player(properties.sample_rate);
    activity_ = rtp::voice_activity(
        {.sample_rate = properties.sample_rate, .clock_rate = static_cast<std::uint32_t>(properties.format.rate)}
    );
}

rtp::encoder_settings sent_voice::encoding_settings() const {
    auto wanted = wanted_;
    wanted.has_discontinuous_sending = wanted.has_discontinuous_sending || saves_silence_;
    wanted.expected_loss = static_cast<std::uint8_t>(std::lround(100 * reported_loss_.value_or(0)));
    return wanted;
}

void sent_voice::on_loss_reported(double fraction) {
    reported_loss_ = fraction;
    if (encoder_) encoder_->apply(encoding_settings());
}

/// A held peer hears nothing from us but music: the guide's hold stops RTP.
bool sent_voice::may_send_audio(const media_plan& plan) const {
    return encoder_ && (sends_held_media_ || !plan.is_held_by_us) && rtp::can_send(plan.direction) &&
           plan.remote.rtp.is_usable();
}

void sent_voice::on_period(
    now_t now, const media_plan& plan, std::uint32_t device_rate, std::span<const std::int16_t> captured,
    rtp::outbox& out
) {
    send_waiting_digits(now, out);
    if (!may_send_audio(plan)) return;
    speak(is_muted_ && !plan.is_held_by_us, device_rate, captured);
    const auto asked = static_cast<std::size_t>(plan.packet_time.count()) * codec_->properties.sample_rate / 1000;
    const auto samples = rtp::packet_samples(codec_->properties, asked);
    while (unsent_.size() >= samples) {
        send_packet(now, plan, std::span(unsent_).first(samples), out);
        unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(samples));
    }
}

/// What the microphone hears, and digits in band, wait to be sent.
void sent_voice::speak(bool is_silenced, std::uint32_t device_rate, std::span<const std::int16_t> captured) {
    sound_period at_codec{}, tone{};
    const auto rate = codec_->properties.sample_rate;
    const auto said = std::span(at_codec).first(rate / periods_per_second);
    // While muted too: what was said before must not come out of the filter afterwards.
    resampler_between(from_device_, device_rate, rate).convert(captured, said);
    if (is_silenced) std::fill(said.begin(), said.end(), std::int16_t{0});
    if (!tones_.is_idle()) {
        tones_.fill(std::span(tone).first(said.size()));
        add_saturated(std::span(tone).first(said.size()), said);
    }
    unsent_.insert(unsent_.end(), said.begin(), said.end());
}

/// Voice, or in a silence that is to be saved its description, or nothing but the time that passes.
void sent_voice::send_packet(now_t now, const media_plan& plan, std::span<const std::int16_t> said, rtp::outbox& out) {
    const auto& properties = codec_->properties;
    rtp::outgoing_frame frame{
        plan.payload, static_cast<std::uint32_t>(rtp::to_units(said.size(), properties)), false, {}};
    rtp::voice_activity::verdict verdict;
    if (saves_silence_ && plan.comfort_noise) verdict = activity_.on_packet(said);
    if (verdict.is_voice) {
        frame.payload = rtp::packet_buffer(packets_);
        const auto room = frame.payload.append(said.size() / properties.frame_samples * properties.max_frame_octets);
        const auto encoded = encoder_->encode(said, room);
        const auto written = encoded ? *encoded : 0;
        frame.payload.remove_back(room.size() - written);
        // RFC 3551 4.1: the first packet after a silence that was not sent is marked.
        frame.marker = written > 0 && was_silent_;
        was_silent_ = written == 0;
    } else {
        was_silent_ = true;
        if (verdict.description) {
            frame.type = *plan.comfort_noise;
            frame.payload = rtp::packet_buffer(packets_);
            const auto room = frame.payload.append(1 + rtp::noise_analyser::order);
            frame.payload.remove_back(room.size() - rtp::write_comfort_noise(*verdict.description, room));
        }
    }
    (void)session_.send(rtp_now(now), std::move(frame), out);
}

// ---- digits

bool sent_voice::send_digits(now_t now, const media_plan& plan, std::string_view digits, rtp::outbox& out) {
    if (!rtp::can_send(plan.direction)) return false;
    const auto& events = plan.payloads.send_events;
    const bool in_band = digits_ == dtmf_method::in_band;
    if (in_band ? !encoder_ : !events) return false;
    if (!in_band &&
        !std::all_of(digits.begin(), digits.end(), [&](char digit) { return is_accepted(digit, events->accepted); }))
        return false;
    if (waiting_digits_.size() + digits.size() > most_waiting_digits) return false;
    waiting_digits_.insert(waiting_digits_.end(), digits.begin(), digits.end());
    send_waiting_digits(now, out);
    return true;
}

void sent_voice::send_waiting_digits(now_t now, rtp::outbox& out) {
    while (!waiting_digits_.empty() && now.mono >= digits_pause_until_) {
        const char digit = waiting_digits_.front();
        if (digit == ',') {
            if (session_.is_sending_digits() || !tones_.is_idle()) return;
            digits_pause_until_ = now.mono + comma_pause;
        } else if (hand_over(now, digit, out) == rtp::errc::queue_full) {
            return;  // the rest goes when there is room
        }
        waiting_digits_.pop_front();
    }
}

rtp::error_code sent_voice::hand_over(now_t now, char digit, rtp::outbox& out) {
    if (digits_ == dtmf_method::in_band) return tones_.push(digit);
    return session_.send_digit(rtp_now(now), digit, digit_length, out);
}

}  // namespace phoned

#include "phoned/media/received_voice.hpp"

#include <algorithm>

#include "phoned/media/periods.hpp"

namespace phoned {

namespace {

rtp::jitter_settings jitter_settings_of(const jitter_buffer_settings& wanted) {
    rtp::jitter_settings out;
    out.mode = wanted.adaptive ? rtp::jitter_mode::adaptive : rtp::jitter_mode::fixed;
    out.minimum = wanted.minimum;
    out.maximum = wanted.maximum;
    out.normal = wanted.normal;
    out.start = std::clamp<rtp::duration>(out.start, out.minimum, std::max<rtp::duration>(out.minimum, out.maximum));
    return out;
}

bool is_alike(const rtp::codec& a, const rtp::codec& b) {
    return a.properties.sample_rate == b.properties.sample_rate && a.properties.format.rate == b.properties.format.rate;
}

}  // namespace

received_voice::received_voice(const jitter_buffer_settings& wanted) : jitter_(jitter_settings_of(wanted)) {}

/// The peer may send any payload that was agreed on at any time, but a playout has one clock and one sample rate: it
/// plays those that are like the codec we send, until a packet of another kind comes.
void received_voice::apply(const sdp::negotiated& line, const media_plan& plan) {
    payloads_.clear();
    comfort_noise_ = plan.heard_comfort_noise;
    for (const auto& mapping : plan.payloads.receive)
        if (const auto* codec = receiving_codec(line, mapping.type))
            payloads_.push_back({mapping.type, rtp::packet_content::audio, codec});
    if (payloads_.empty()) return playout_.reset();
    const auto now_played = std::find_if(payloads_.begin(), payloads_.end(), [this](const auto& each) {
        return played_ != nullptr && is_alike(*each.decoded_by, *played_);
    });
    const auto sent = std::find_if(payloads_.begin(), payloads_.end(), [&](const auto& each) {
        return each.decoded_by == plan.codec;
    });
    if (now_played != payloads_.end())
        play(*now_played->decoded_by);
    else
        play(sent != payloads_.end() ? *sent->decoded_by : *payloads_.front().decoded_by);
}

void received_voice::restart() {
    if (playout_) playout_->reset();
}

bool received_voice::put(rtp::received_media& media) {
    // Telephone events too: their sequence numbers are no lost audio.
    follow_payload(media.view.type());
    if (!playout_) return true;
    return playout_->put(media.arrival, media.view, std::move(media.packet)) != rtp::put_result::late;
}

void received_voice::hear(now_t now, std::uint32_t device_rate, std::span<std::int16_t> playback) {
    if (!playout_) return;
    sound_period at_device{}, decoded{};
    const auto rate = playout_->sample_rate();
    const auto heard = std::span(decoded).first(rate / periods_per_second);
    playout_->get(now.mono, heard);
    const auto played = std::span(at_device).first(std::min(playback.size(), at_device.size()));
    resampler_between(to_device_, rate, device_rate).convert(heard, played);
    add_saturated(played, playback);
}

const rtp::jitter_buffer* received_voice::buffer() const noexcept {
    return playout_ ? &playout_->buffer() : nullptr;
}

void received_voice::follow_payload(rtp::payload_type type) {
    const auto known =
        std::find_if(payloads_.begin(), payloads_.end(), [type](const auto& each) { return each.type == type; });
    if (known != payloads_.end() && !is_alike(*known->decoded_by, *played_)) play(*known->decoded_by);
}

/// What waits to be played and what was learnt of the network stay, unless clock or sample rate are others.
void received_voice::play(const rtp::codec& like) {
    std::vector<rtp::playout_payload> wanted;
    for (const auto& each : payloads_)
        if (is_alike(*each.decoded_by, like)) wanted.push_back(each);
    for (const auto type : comfort_noise_)
        wanted.push_back({type, rtp::packet_content::comfort_noise, nullptr});
    const bool goes_on = playout_ && is_alike(*played_, like) && !playout_->set_payloads(wanted);
    played_ = &like;
    if (goes_on) return;
    playout_.reset();
    if (auto made = rtp::playout::create(jitter_, wanted)) playout_.emplace(std::move(*made));
}

}  // namespace phoned

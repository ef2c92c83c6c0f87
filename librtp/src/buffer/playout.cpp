#include "rtp/buffer/playout.hpp"

#include <algorithm>
#include <utility>

namespace rtp {
result<playout> playout::create(jitter_settings settings, std::span<const playout_payload> payloads) {
    auto const audio = std::find_if(payloads.begin(), payloads.end(), [](playout_payload const& payload) {
        return payload.content == packet_content::audio && payload.decoded_by != nullptr;
    });
    if (audio == payloads.end()) return make_error_code(errc::invalid_argument);
    auto const& properties = audio->decoded_by->properties;
    settings.rate = properties.format.rate;
    playout made(settings, properties.sample_rate);
    if (auto const failed = made.set_payloads(payloads)) return failed;
    return made;
}

playout::playout(jitter_settings const& settings, std::uint32_t sample_rate)
    : sample_rate_(sample_rate),
      rate_(settings.rate),
      buffer_(settings),
      concealment_(sample_rate),
      stretch_(sample_rate),
      noise_(sample_rate, static_cast<std::uint32_t>(settings.rate)),
      staged_(4 * in_samples(longest_packet)) {
    runs_.reserve(64);
}

error_code playout::set_payloads(std::span<const playout_payload> payloads) {
    std::vector<decoding> decodings;
    std::vector<payload_type> noise_types;
    for (auto const& payload : payloads) {
        if (payload.content == packet_content::comfort_noise) noise_types.push_back(payload.type);
        if (payload.content != packet_content::audio) continue;
        if (payload.decoded_by == nullptr) return make_error_code(errc::invalid_argument);
        auto const& properties = payload.decoded_by->properties;
        if (properties.channels != 1 || properties.sample_rate != sample_rate_ || properties.format.rate != rate_)
            return make_error_code(errc::invalid_argument);
        decodings.push_back({payload, decoder(*payload.decoded_by)});
    }
    if (decodings.empty()) return make_error_code(errc::invalid_argument);
    last_ = nullptr;
    decodings_ = std::move(decodings);
    noise_types_ = std::move(noise_types);
    return {};
}

std::size_t playout::in_samples(duration span) const noexcept {
    return static_cast<std::size_t>(to_units(span, clock_rate{sample_rate_}));
}

playout::decoding* playout::find(payload_type type) noexcept {
    auto const found = std::find_if(decodings_.begin(), decodings_.end(), [type](decoding const& each) {
        return each.payload.type == type;
    });
    return found == decodings_.end() ? nullptr : &*found;
}

put_result playout::put(time_point arrival, packet_view const& view, packet_buffer packet) noexcept {
    if (auto const* known = find(view.type())) {
        auto const samples = known->by.samples(view.payload());
        if (samples && *samples <= in_samples(longest_packet)) {
            auto const units = to_units(*samples, known->by.properties());
            return buffer_.put(arrival, view, std::move(packet), packet_content::audio, units);
        }
    }
    auto const is_noise = std::find(noise_types_.begin(), noise_types_.end(), view.type()) != noise_types_.end();
    auto const content = is_noise ? packet_content::comfort_noise : packet_content::other;
    return buffer_.put(arrival, view, std::move(packet), content, 0);
}

playout_period playout::get(time_point now, std::span<std::int16_t> samples) noexcept {
    samples = samples.first(std::min(samples.size(), in_samples(longest_packet)));
    period_ = samples.size();
    while (staged_end_ - staged_begin_ < samples.size())
        fetch(now);
    auto const from = staged_.begin() + static_cast<std::ptrdiff_t>(staged_begin_);
    std::copy_n(from, samples.size(), samples.begin());
    staged_begin_ += samples.size();

    playout_period period;
    for (auto left = samples.size(); left > 0;) {
        auto& first = runs_.front();
        auto const part = std::min(left, first.samples);
        switch (first.what) {
            case playout_frame::kind::media:
                period.media += part;
                break;
            case playout_frame::kind::conceal:
                period.concealed += part;
                break;
            case playout_frame::kind::silence:
                period.silent += part;
                break;
        }
        left -= part;
        first.samples -= part;
        if (first.samples == 0) runs_.erase(runs_.begin());
    }
    return period;
}

void playout::stage(playout_frame::kind what, std::size_t samples) noexcept {
    if (samples == 0) return;
    staged_end_ += samples;
    // A period rarely holds more than three runs; should there ever be too many, the last one takes the rest.
    if (runs_.empty() || (runs_.back().what != what && runs_.size() < runs_.capacity())) {
        runs_.push_back({what, samples});
    } else {
        runs_.back().samples += samples;
    }
}

std::span<std::int16_t> playout::room() noexcept {
    if (staged_begin_ > 0) {
        auto const begin = staged_.begin() + static_cast<std::ptrdiff_t>(staged_begin_);
        std::copy(begin, staged_.begin() + static_cast<std::ptrdiff_t>(staged_end_), staged_.begin());
        staged_end_ -= std::exchange(staged_begin_, 0);
    }
    return std::span(staged_).subspan(staged_end_);
}

void playout::fetch(time_point now) noexcept {
    auto const staged = staged_end_ - staged_begin_;
    auto const& properties = decodings_.front().by.properties();
    auto const frame = buffer_.get(now, to_units(staged, properties));
    if (frame.what == playout_frame::kind::media) return fetch_media(frame);
    if (frame.what == playout_frame::kind::silence && !frame.payload.empty()) {
        if (auto const described = read_comfort_noise(frame.payload)) {
            noise_.describe(*described);
            is_noisy_ = true;
        }
        return;
    }
    auto const free = room();
    auto const wanted = std::max<std::size_t>(to_samples(frame.units, properties), 1);
    auto const samples = free.first(std::min(wanted, free.size()));
    if (frame.what == playout_frame::kind::silence)
        concealment_.fall_silent(samples);
    else
        conceal(frame, samples);
    noise_.add(samples, is_noisy_ && frame.what == playout_frame::kind::silence);
    stage(frame.what, samples.size());
}

// By what the next packet tells of the lost one, by what the codec invents, or by what we do, in this order.
void playout::conceal(playout_frame const& frame, std::span<std::int16_t> samples) noexcept {
    auto* const next = frame.payload.empty() ? nullptr : find(frame.type);
    if (next != nullptr && next->by.can_recover(frame.payload)) {
        last_ = next;
        next->by.recover(frame.payload, samples);
        ++statistics_.recovered;
    } else if (last_ != nullptr && last_->by.has_concealment()) {
        last_->by.conceal(samples);
    } else {
        return concealment_.conceal(samples);
    }
    concealment_.on_media(samples);
}

void playout::fetch_media(playout_frame const& frame) noexcept {
    auto const free = room();
    auto const& properties = decodings_.front().by.properties();
    auto const skip = to_samples(frame.skip, properties);
    // A packet may have waited while its payload type was taken away.
    last_ = find(frame.type);
    result<std::size_t> decoded = make_error_code(errc::no_payload_type);
    if (last_ != nullptr) decoded = last_->by.decode(frame.payload, free.first(in_samples(longest_packet)));
    if (!decoded || *decoded <= skip) {
        ++statistics_.undecodable;
        auto const samples = free.first(to_samples(frame.units, properties) - skip);
        concealment_.conceal(samples);
        return stage(playout_frame::kind::conceal, samples.size());
    }
    auto size = *decoded - skip;
    std::copy_n(free.begin() + static_cast<std::ptrdiff_t>(skip), size, free.begin());
    size = stretch(free, size, frame.correction);
    concealment_.on_media(free.first(size));
    is_noisy_ = false;
    noise_.add(free.first(size), false);
    stage(playout_frame::kind::media, size);
}

std::size_t playout::stretch(std::span<std::int16_t> samples, std::size_t size, std::int64_t by) noexcept {
    auto const& properties = decodings_.front().by.properties();
    auto off = to_samples(by < 0 ? -by : by, properties);
    if (by < 0) {
        // The delay of packets varies by up to a period, since the device takes a whole one each time: less is no
        // reason to act. Of packets that are no whole periods each has another delay; then what was added for the one
        // with the least must not be taken away for the one with the most.
        auto const added = size % period_ == 0 ? 0 : in_samples(buffer_.settings().period);
        if (off < period_ + added) off = 0;
        // What is left must last for this period, with those packets that so much delay lets us count on.
        auto const at_hand = staged_end_ - staged_begin_ + size + off / size * size;
        off = std::min(off, at_hand - std::min(period_, at_hand));
    }
    auto const wanted = static_cast<std::int64_t>(off);
    auto const changed = stretch_.change(samples, size, by < 0 ? -wanted : wanted);
    if (changed != size) ++statistics_.stretched;
    if (changed < size) statistics_.dropped += size - changed;
    if (changed > size) statistics_.repeated += changed - size;
    return changed;
}

}  // namespace rtp

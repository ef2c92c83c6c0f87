#include "phoned/media/stream.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

#include "rtp/buffer/playout.hpp"
#include "rtp/signal/dtmf.hpp"
#include "rtp/signal/voice_activity.hpp"
#include "rtp/voice/resampler.hpp"

namespace phoned {

namespace {

constexpr auto digit_length = std::chrono::milliseconds(100);
constexpr auto comma_pause = std::chrono::seconds(1);
constexpr std::size_t most_waiting_digits = 64;
constexpr std::uint32_t periods_per_second = 100;
using period = std::array<std::int16_t, 480>;  // 10 ms at 48 kHz, more than any rate here

rtp::now_t rtp_now(now_t now) {
    return {now.mono, now.wall};
}

rtp::session_settings session_settings_of(const stream_settings& wanted) {
    rtp::session_settings out;
    out.cname = wanted.cname;
    out.media_timeout = wanted.media_timeout;
    out.digits.end_packets = static_cast<std::uint8_t>(wanted.digit_end_packets);
    return out;
}

rtp::jitter_settings jitter_settings_of(const jitter_buffer_settings& wanted) {
    rtp::jitter_settings out;
    out.mode = wanted.adaptive ? rtp::jitter_mode::adaptive : rtp::jitter_mode::fixed;
    out.minimum = wanted.minimum;
    out.maximum = wanted.maximum;
    out.normal = wanted.normal;
    out.start = std::clamp<rtp::duration>(out.start, out.minimum, std::max<rtp::duration>(out.minimum, out.maximum));
    return out;
}

void add_saturated(std::span<const std::int16_t> from, std::span<std::int16_t> to) {
    for (std::size_t i = 0; i < to.size() && i < from.size(); ++i) {
        const std::int32_t sum = std::int32_t{from[i]} + to[i];
        to[i] = static_cast<std::int16_t>(std::clamp<std::int32_t>(
            sum, std::numeric_limits<std::int16_t>::min(), std::numeric_limits<std::int16_t>::max()
        ));
    }
}

}  // namespace

class media_stream::implementation {
public:
    implementation(rtp::session session, stream_settings wanted, rtp::packet_pool& packets)
        : settings_(std::move(wanted)), packets_(packets), session_(std::move(session)), tones_(8000) {}

    void apply(now_t now, const sdp::negotiated& line, rtp::peer_media owed, rtp::outbox& out) {
        const bool has_rested = !plan_ || !rtp::can_receive(plan_->direction);
        plan_ = plan_of(line, settings_.dtls);
        if (!plan_)
            return session_.set_direction(rtp_now(now), rtp::direction::inactive, rtp::peer_media::optional, out);
        if (owed == rtp::peer_media::optional) plan_->peer = owed;
        session_.set_payloads(rtp_now(now), plan_->payloads);
        set_security(now, plan_->security);
        session_.set_transport(latching_for(settings_.symmetric, settings_.local, plan_->remote.rtp), plan_->rtcp);
        session_.set_remote(rtp_now(now), plan_->remote);
        session_.set_direction(rtp_now(now), plan_->direction, plan_->peer, out);
        choose_playout(line);
        // While we did not listen nobody asked the playout for sound: its clock stood still, the peer's did not.
        if (has_rested && playout_) playout_->reset();
        if (plan_->codec != encoding_) {
            encoding_ = plan_->codec;
            encoder_.reset();
            if (encoding_ != nullptr) {
                encoder_.emplace(*encoding_, encoding_settings());
                tones_ = rtp::dtmf_player(encoding_->properties.sample_rate);
                activity_ = rtp::voice_activity(
                    {.sample_rate = encoding_->properties.sample_rate,
                     .clock_rate = static_cast<std::uint32_t>(encoding_->properties.format.rate)}
                );
            }
            unsent_.clear();
        } else if (encoder_) {
            encoder_->apply(encoding_settings());
        }
    }

    void on_packet(
        now_t now, rtp::component component, rtp::packet_buffer packet, const rtp::endpoint& from, rtp::outbox& out
    ) {
        const auto first = out.events.size();
        session_.on_packet(rtp_now(now), component, std::move(packet), from, out);
        for (auto i = first; i < out.events.size(); ++i) {
            const auto& what = out.events[i];
            if (const auto* report = std::get_if<rtp::report_received>(&what))
                on_loss_reported(static_cast<double>(report->about_us.fraction_lost) / 256.0);
            else if (std::holds_alternative<rtp::source_changed>(what) && playout_)
                playout_->reset();
        }
        // Telephone events too: their sequence numbers are no lost audio.
        for (auto& media : out.media) {
            follow_payload(media.view.type());
            if (!playout_) continue;
            const auto source = media.view.ssrc();
            const auto sequence = media.view.sequence();
            if (playout_->put(media.arrival, media.view, std::move(media.packet)) == rtp::put_result::late)
                session_.on_discarded(source, sequence);
        }
        out.media.clear();
    }

    void on_period(
        now_t now, std::span<const std::int16_t> captured, std::span<std::int16_t> playback, rtp::outbox& out
    ) {
        const auto device_rate = static_cast<std::uint32_t>(captured.size()) * periods_per_second;
        if (playout_ && plan_ && rtp::can_receive(plan_->direction)) hear(now, device_rate, playback);
        send_waiting_digits(now, out);
        if (!may_send_audio()) return;
        speak(device_rate, captured);
        send_full_packets(now, out);
    }

    bool send_digits(now_t now, std::string_view digits, rtp::outbox& out) {
        if (!plan_ || !rtp::can_send(plan_->direction)) return false;
        const bool by_event = settings_.digits != dtmf_method::in_band && plan_->payloads.send_events;
        const bool in_band = settings_.digits == dtmf_method::in_band && encoder_;
        if (!by_event && !in_band) return false;
        if (by_event && !std::all_of(digits.begin(), digits.end(), [&](char digit) { return is_accepted(digit); }))
            return false;
        if (waiting_digits_.size() + digits.size() > most_waiting_digits) return false;
        waiting_digits_.insert(waiting_digits_.end(), digits.begin(), digits.end());
        send_waiting_digits(now, out);
        return true;
    }

    call_quality quality() const {
        call_quality out{};
        const auto& sent = session_.statistics();
        out.packets_sent = sent.packets_sent;
        out.octets_sent = sent.octets_sent;
        out.packets_received = sent.packets_delivered;
        out.octets_received = sent.octets_delivered;
        out.packets_duplicated = sent.duplicate;
        out.packets_refused = sent.unauthentic + sent.replayed + sent.without_keys;
        if (const auto* heard = session_.heard_source()) {
            out.packets_lost = static_cast<std::uint64_t>(std::max<std::int64_t>(heard->lost(), 0));
            out.jitter =
                std::chrono::duration_cast<std::chrono::microseconds>(rtp::to_duration(heard->jitter(), heard->rate()));
        }
        if (playout_) {
            const auto& buffer = playout_->buffer();
            out.packets_late = buffer.statistics().late;
            out.playout_delay = std::chrono::duration_cast<std::chrono::milliseconds>(buffer.delay());
            // Counted in periods of 10 ms, the pieces that concealment works in.
            const auto piece =
                std::max<std::int64_t>(rtp::to_units(buffer.settings().period, buffer.settings().rate), 1);
            out.frames_concealed = static_cast<std::uint64_t>(buffer.statistics().concealed_units / piece);
        }
        if (const auto trip = session_.round_trip())
            out.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(*trip);
        out.remote_fraction_lost = remote_fraction_lost_;
        const auto opinion = rtp::estimate_quality(measurements());
        out.r_factor = opinion.conversational_r;
        out.mos_lq = opinion.mos_lq;
        out.mos_cq = opinion.mos_cq;
        return out;
    }

    rtp::voice_measurements measurements() const {
        auto measured = session_.measurements();
        if (played_ != nullptr) measured.codec = rtp::impairment_of(played_->properties.format.name);
        // A packet is collected before it is sent, and played after the jitter buffer.
        if (plan_) measured.end_system_delay = plan_->packet_time;
        if (playout_) measured.end_system_delay += playout_->buffer().delay();
        return measured;
    }

    stream_settings settings_;
    rtp::packet_pool& packets_;
    rtp::session session_;
    std::optional<media_plan> plan_;
    bool is_muted_ = false, sends_held_media_ = false;

    /// Media that cannot be secured as agreed are none: they must not become plain.
    void set_security(now_t now, const rtp::media_security& wanted) {
        if (session_.set_security(rtp_now(now), wanted))
            (void)session_.set_security(rtp_now(now), rtp::awaiting_keys{});
    }

private:
    /// A held peer hears nothing from us but music: the guide's hold stops RTP.
    bool may_send_audio() const {
        return plan_ && encoder_ && (sends_held_media_ || !plan_->is_held_by_us) && rtp::can_send(plan_->direction) &&
               plan_->remote.rtp.is_usable();
    }

    /// Adds what the peer says.
    void hear(now_t now, std::uint32_t device_rate, std::span<std::int16_t> playback) {
        period at_device{}, decoded{};
        const auto rate = playout_->sample_rate();
        const auto heard = std::span(decoded).first(rate / periods_per_second);
        playout_->get(now.mono, heard);
        const auto played = std::span(at_device).first(std::min(playback.size(), at_device.size()));
        between(to_device_, rate, device_rate).convert(heard, played);
        add_saturated(played, playback);
    }

    /// What the microphone hears, and digits in band, wait to be sent.
    void speak(std::uint32_t device_rate, std::span<const std::int16_t> captured) {
        period at_codec{}, tone{};
        const auto rate = encoding_->properties.sample_rate;
        const auto said = std::span(at_codec).first(rate / periods_per_second);
        // While muted too: what was said before must not come out of the filter afterwards.
        between(from_device_, device_rate, rate).convert(captured, said);
        if (is_muted_ && !plan_->is_held_by_us) std::fill(said.begin(), said.end(), std::int16_t{0});
        if (!tones_.is_idle()) {
            tones_.fill(std::span(tone).first(said.size()));
            add_saturated(std::span(tone).first(said.size()), said);
        }
        unsent_.insert(unsent_.end(), said.begin(), said.end());
    }

    static rtp::resampler& between(std::optional<rtp::resampler>& way, std::uint32_t from, std::uint32_t to) {
        if (!way || !way->is_between(from, to)) way.emplace(from, to);
        return *way;
    }

    /// The peer may send any payload that was agreed on at any time, but a playout has one clock and one sample rate:
    /// it plays those that are like the codec we send, until a packet of another kind comes.
    void choose_playout(const sdp::negotiated& line) {
        heard_payloads_.clear();
        for (const auto& mapping : plan_->payloads.receive)
            if (const auto* codec = receiving_codec(line, mapping.type); codec != nullptr)
                heard_payloads_.push_back(
                    {mapping.type, rtp::packet_content::audio, receiving_codec(line, mapping.type)}
                );
        if (heard_payloads_.empty()) return playout_.reset();
        const auto now_played = std::find_if(heard_payloads_.begin(), heard_payloads_.end(), [this](const auto& each) {
            return played_ != nullptr && is_alike(*each.decoded_by, *played_);
        });
        const auto sent = std::find_if(heard_payloads_.begin(), heard_payloads_.end(), [this](const auto& each) {
            return each.decoded_by == plan_->codec;
        });
        if (now_played != heard_payloads_.end())
            play(*now_played->decoded_by);
        else
            play(sent != heard_payloads_.end() ? *sent->decoded_by : *heard_payloads_.front().decoded_by);
    }

    void follow_payload(rtp::payload_type type) {
        const auto known = std::find_if(heard_payloads_.begin(), heard_payloads_.end(), [type](const auto& each) {
            return each.type == type;
        });
        if (known != heard_payloads_.end() && !is_alike(*known->decoded_by, *played_)) play(*known->decoded_by);
    }

    static bool is_alike(const rtp::codec& a, const rtp::codec& b) {
        return a.properties.sample_rate == b.properties.sample_rate &&
               a.properties.format.rate == b.properties.format.rate;
    }

    /// What waits to be played and what was learnt of the network stay, unless clock or sample rate are others.
    void play(const rtp::codec& like) {
        std::vector<rtp::playout_payload> wanted;
        for (const auto& each : heard_payloads_)
            if (is_alike(*each.decoded_by, like)) wanted.push_back(each);
        for (const auto type : plan_->heard_comfort_noise)
            wanted.push_back({type, rtp::packet_content::comfort_noise, nullptr});
        const bool goes_on = playout_ && is_alike(*played_, like) && !playout_->set_payloads(wanted);
        played_ = &like;
        if (goes_on) return;
        playout_.reset();
        if (auto made = rtp::playout::create(jitter_settings_of(settings_.jitter), wanted))
            playout_.emplace(std::move(*made));
    }

    rtp::encoder_settings encoding_settings() const {
        auto wanted = plan_->encoding;
        wanted.has_discontinuous_sending = wanted.has_discontinuous_sending || settings_.saves_silence;
        wanted.expected_loss = static_cast<std::uint8_t>(std::lround(100 * remote_fraction_lost_.value_or(0)));
        return wanted;
    }

    /// The more gets lost, the more of each packet an encoder that can says once more in the next one.
    void on_loss_reported(double fraction) {
        remote_fraction_lost_ = fraction;
        if (encoder_ && plan_) encoder_->apply(encoding_settings());
    }

    bool is_accepted(char digit) const {
        const auto code = rtp::event_of(digit);
        return digit == ',' ||
               (code && (plan_->payloads.send_events->accepted >> static_cast<unsigned>(*code)) % 2 != 0);
    }

    void send_full_packets(now_t now, rtp::outbox& out) {
        const auto& properties = encoding_->properties;
        const auto asked = static_cast<std::size_t>(plan_->packet_time.count()) * properties.sample_rate / 1000;
        const auto samples = rtp::packet_samples(properties, asked);
        while (unsent_.size() >= samples) {
            const auto said = std::span(unsent_).first(samples);
            send_packet(now, said, out);
            unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(samples));
        }
    }

    /// Voice, or in a silence that is to be saved its description, or nothing but the time that passes.
    void send_packet(now_t now, std::span<const std::int16_t> said, rtp::outbox& out) {
        const auto& properties = encoding_->properties;
        rtp::outgoing_frame frame{
            plan_->payload, static_cast<std::uint32_t>(rtp::to_units(said.size(), properties)), false, {}};
        rtp::voice_activity::verdict verdict;
        if (settings_.saves_silence && plan_->comfort_noise) verdict = activity_.on_packet(said);
        if (verdict.is_voice) {
            frame.payload = rtp::packet_buffer(packets_);
            const auto room =
                frame.payload.append(said.size() / properties.frame_samples * properties.max_frame_octets);
            const auto encoded = encoder_->encode(said, room);
            const auto written = encoded ? *encoded : 0;
            frame.payload.remove_back(room.size() - written);
            // RFC 3551 4.1: the first packet after a silence that was not sent is marked.
            frame.marker = written > 0 && was_silent_;
            was_silent_ = written == 0;
        } else {
            was_silent_ = true;
            if (verdict.description) {
                frame.type = *plan_->comfort_noise;
                frame.payload = rtp::packet_buffer(packets_);
                const auto room = frame.payload.append(1 + rtp::noise_analyser::order);
                frame.payload.remove_back(room.size() - rtp::write_comfort_noise(*verdict.description, room));
            }
        }
        (void)session_.send(rtp_now(now), std::move(frame), out);
    }

    void send_waiting_digits(now_t now, rtp::outbox& out) {
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

    rtp::error_code hand_over(now_t now, char digit, rtp::outbox& out) {
        if (settings_.digits == dtmf_method::in_band) return tones_.push(digit);
        return session_.send_digit(rtp_now(now), digit, digit_length, out);
    }

    std::vector<rtp::playout_payload> heard_payloads_;  // all that was agreed on
    const rtp::codec* played_ = nullptr;                // one of those that the playout decodes
    std::optional<rtp::playout> playout_;
    std::optional<rtp::resampler> to_device_, from_device_;
    const rtp::codec* encoding_ = nullptr;
    std::optional<rtp::encoder> encoder_;
    std::vector<std::int16_t> unsent_;
    rtp::voice_activity activity_{{}};
    bool was_silent_ = false;  // the last packet's time passed without voice being sent
    rtp::dtmf_player tones_;
    std::deque<char> waiting_digits_;
    time_point digits_pause_until_{};
    std::optional<double> remote_fraction_lost_;
};

media_stream::media_stream(std::unique_ptr<implementation> self) : self_(std::move(self)) {}

std::unique_ptr<media_stream> media_stream::create(
    now_t now, const stream_settings& wanted, rtp::environment& environment, rtp::packet_pool& pool
) {
    auto session = rtp::session::create(rtp_now(now), session_settings_of(wanted), environment, pool);
    if (!session) return nullptr;
    auto made = std::make_unique<implementation>(std::move(*session), wanted, pool);
    if (wanted.is_secure_only) made->set_security(now, rtp::awaiting_keys{});
    return std::unique_ptr<media_stream>(new media_stream(std::move(made)));
}

media_stream::~media_stream() = default;

void media_stream::apply(now_t now, const sdp::negotiated& line, rtp::peer_media owed, rtp::outbox& out) {
    self_->apply(now, line, owed, out);
}

bool media_stream::is_running() const noexcept {
    return self_->plan_.has_value();
}

void media_stream::on_packet(
    now_t now, rtp::component component, rtp::packet_buffer packet, const rtp::endpoint& from, rtp::outbox& out
) {
    self_->on_packet(now, component, std::move(packet), from, out);
}

void media_stream::on_period(
    now_t now, std::span<const std::int16_t> captured, std::span<std::int16_t> playback, rtp::outbox& out
) {
    self_->on_period(now, captured, playback, out);
}

bool media_stream::send_digits(now_t now, std::string_view digits, rtp::outbox& out) {
    return self_->send_digits(now, digits, out);
}

void media_stream::on_timeout(now_t now, rtp::outbox& out) {
    self_->session_.on_timeout(rtp_now(now), out);
}

std::optional<time_point> media_stream::next_deadline() const noexcept {
    return self_->session_.next_deadline();
}

void media_stream::stop(now_t now, std::string_view reason, rtp::outbox& out) {
    self_->session_.stop(rtp_now(now), reason, out);
}

void media_stream::set_muted(bool muted) noexcept {
    self_->is_muted_ = muted;
}

void media_stream::set_held_media(bool sends) noexcept {
    self_->sends_held_media_ = sends;
}

call_quality media_stream::quality() const {
    return self_->quality();
}

const std::optional<media_plan>& media_stream::plan() const noexcept {
    return self_->plan_;
}

rtp::endpoint media_stream::remote() const noexcept {
    return self_->session_.remote();
}

}  // namespace phoned

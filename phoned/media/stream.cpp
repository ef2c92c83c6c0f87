#include "phoned/media/stream.hpp"

#include <algorithm>
#include <utility>

#include "phoned/media/periods.hpp"
#include "phoned/media/received_voice.hpp"
#include "phoned/media/sent_voice.hpp"

namespace phoned {

namespace {

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

}  // namespace

class media_stream::implementation {
public:
    implementation(rtp::session session, stream_settings wanted, rtp::packet_pool& packets)
        : settings_(std::move(wanted)),
          session_(std::move(session)),
          received_(settings_.jitter),
          sent_(session_, packets, settings_.digits, settings_.saves_silence) {}

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
        received_.apply(line, *plan_);
        // While we did not listen nobody asked the playout for sound: its clock stood still, the peer's did not.
        if (has_rested) received_.restart();
        sent_.apply(*plan_);
    }

    void on_packet(
        now_t now, rtp::component component, rtp::packet_buffer packet, const rtp::endpoint& from, rtp::outbox& out
    ) {
        const auto first = out.events.size();
        session_.on_packet(rtp_now(now), component, std::move(packet), from, out);
        for (auto i = first; i < out.events.size(); ++i) {
            const auto& what = out.events[i];
            if (const auto* report = std::get_if<rtp::report_received>(&what))
                sent_.on_loss_reported(static_cast<double>(report->about_us.fraction_lost) / 256.0);
            else if (std::holds_alternative<rtp::source_changed>(what))
                received_.restart();
        }
        for (auto& media : out.media) {
            const auto source = media.view.ssrc();
            const auto sequence = media.view.sequence();
            if (!received_.put(media)) session_.on_discarded(source, sequence);
        }
        out.media.clear();
    }

    void on_period(
        now_t now, std::span<const std::int16_t> captured, std::span<std::int16_t> playback, rtp::outbox& out
    ) {
        if (!plan_) return;
        const auto device_rate = static_cast<std::uint32_t>(captured.size()) * periods_per_second;
        if (rtp::can_receive(plan_->direction)) received_.hear(now, device_rate, playback);
        sent_.on_period(now, *plan_, device_rate, captured, out);
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
        if (const auto* buffer = received_.buffer()) {
            out.packets_late = buffer->statistics().late;
            out.playout_delay = std::chrono::duration_cast<std::chrono::milliseconds>(buffer->delay());
            // Counted in periods of 10 ms, the pieces that concealment works in.
            const auto piece =
                std::max<std::int64_t>(rtp::to_units(buffer->settings().period, buffer->settings().rate), 1);
            out.frames_concealed = static_cast<std::uint64_t>(buffer->statistics().concealed_units / piece);
        }
        if (const auto trip = session_.round_trip())
            out.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(*trip);
        out.remote_fraction_lost = sent_.reported_loss();
        const auto opinion = rtp::estimate_quality(measurements());
        out.r_factor = opinion.conversational_r;
        out.mos_lq = opinion.mos_lq;
        out.mos_cq = opinion.mos_cq;
        return out;
    }

    rtp::voice_measurements measurements() const {
        auto measured = session_.measurements();
        if (const auto* codec = received_.played()) measured.codec = rtp::impairment_of(codec->properties.format.name);
        // A packet is collected before it is sent, and played after the jitter buffer.
        if (plan_) measured.end_system_delay = plan_->packet_time;
        if (const auto* buffer = received_.buffer()) measured.end_system_delay += buffer->delay();
        return measured;
    }

    /// Media that cannot be secured as agreed are none: they must not become plain.
    void set_security(now_t now, const rtp::media_security& wanted) {
        if (session_.set_security(rtp_now(now), wanted))
            (void)session_.set_security(rtp_now(now), rtp::awaiting_keys{});
    }

    stream_settings settings_;
    rtp::session session_;
    std::optional<media_plan> plan_;
    received_voice received_;
    sent_voice sent_;
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
    return self_->plan_ && self_->sent_.send_digits(now, *self_->plan_, digits, out);
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
    self_->sent_.set_muted(muted);
}

void media_stream::set_held_media(bool sends) noexcept {
    self_->sent_.set_held_media(sends);
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

#include "rtp/session/media_protection.hpp"

#include <utility>

namespace rtp {

error_code media_protection::set(time_point now, media_security const& security) {
    if (security == security_) return {};
    auto const* const wanted = std::get_if<dtls_keys>(&security);
    if (wanted != nullptr && (wanted->identity == nullptr || wanted->dtls.peer.empty())) return errc::invalid_argument;
    if (auto const* keys = std::get_if<described_keys>(&security)) {
        if (auto const error = set_described(now, *keys)) return error;
    } else if (security.index() != security_.index()) {
        for (auto& pair : pairs_)
            pair.reset();
    }
    for (auto& channel : channels_) {
        if (wanted != nullptr)
            channel.expect();
        else if (!std::holds_alternative<awaiting_keys>(security))
            channel.forget();
    }
    owed_since_ = now;
    security_ = security;
    return {};
}

error_code media_protection::set_described(time_point now, described_keys const& keys) {
    auto const* const old = std::get_if<described_keys>(&security_);
    auto& pair = pairs_[0];
    srtp_pair fresh;
    if (old == nullptr) {
        if (auto const error = fresh.set_send(keys.send, srtp_pair::rollover::restarts)) return error;
        if (auto const error = fresh.set_receive(now, keys.receive)) return error;
        pair = std::move(fresh);
        return {};
    }
    // A receiver that cannot be made must not leave us with half of the new keys.
    if (auto const error = fresh.set_receive(now, keys.receive)) return error;
    if (old->send != keys.send) {
        bool const goes_on = keys.on_new_send_key == described_keys::rollover::goes_on;
        auto const how = goes_on ? srtp_pair::rollover::goes_on : srtp_pair::rollover::restarts;
        if (auto const error = pair.set_send(keys.send, how)) return error;
    }
    return old->receive != keys.receive ? pair.set_receive(now, keys.receive) : error_code{};
}

error_code media_protection::install(time_point now, component via, dtls_srtp_keys const& agreed) {
    srtp_settings settings{
        .suite = agreed.suite,
        .keys = {agreed.send},
        .replay_window = dtls()->replay_window,
        .max_sources = dtls()->max_sources};
    auto& pair = pair_of(via);
    if (auto const error = pair.set_send(settings, srtp_pair::rollover::restarts)) return error;
    settings.keys = {agreed.receive};
    return pair.set_receive(now, settings);
}

error_code media_protection::protect_rtp(packet_buffer& packet) {
    return is_plain() ? error_code{} : pair_of(component::rtp).protect_rtp(packet);
}

error_code media_protection::protect_rtcp(packet_buffer& packet) {
    return is_plain() ? error_code{} : pair_of(component::rtcp).protect_rtcp(packet);
}

error_code media_protection::unprotect_rtp(time_point now, packet_buffer& packet) {
    return is_plain() ? error_code{} : pair_of(component::rtp).unprotect_rtp(now, packet);
}

error_code media_protection::unprotect_rtcp(time_point now, packet_buffer& packet) {
    return is_plain() ? error_code{} : pair_of(component::rtcp).unprotect_rtcp(now, packet);
}

}  // namespace rtp

// DTLS-SRTP in rtp::session: datagrams to and from the associations, and what becomes of their handshakes.
#include <utility>

#include "rtp/session/session.hpp"

namespace rtp {

namespace {

constexpr std::array components{component::rtp, component::rtcp};
constexpr std::byte handshake_record{22};  // RFC 5246 A.1

}  // namespace

void session::on_dtls(
    now_t now, component via, std::span<const std::byte> datagram, endpoint const& from, outbox& out
) {
    if (is_stopped_) return;
    begin_owed_dtls(now, out);
    bool const is_early =
        protection_.is_awaiting_keys() || (protection_.dtls() != nullptr && protection_.channel_of(via).is_owed());
    auto& channel = protection_.channel_of(via);
    if (is_early && protection_.is_used(via)) {
        if (datagram[0] == handshake_record) channel.hold(datagram, from);
        return;
    }
    if (channel.association() == nullptr || !protection_.is_used(via)) {
        ++statistics_.malformed;
        return;
    }
    if (!peer_.may_shake_hands(via, from)) {
        ++statistics_.foreign_address;
        return;
    }
    channel.set_last_from(from);
    channel.association()->on_datagram(now.mono, datagram);
    settle_dtls(now, via, out);
}

// An association begins when there is an address to send to.
void session::begin_owed_dtls(now_t now, outbox& out) {
    auto const* const keys = protection_.dtls();
    if (keys == nullptr) return;
    for (auto const via : components) {
        auto& channel = protection_.channel_of(via);
        auto const to = peer_.destination(via);
        if (!protection_.is_used(via) || !channel.is_owed() || !to.is_usable()) continue;
        auto const error =
            channel.begin(now.mono, *keys, [&](endpoint const& from) { return peer_.may_shake_hands(via, from); });
        if (error)
            out.events.emplace_back(security_failed{via, error.message()});
        else
            settle_dtls(now, via, out);
    }
}

// Sends what the association has to say, and takes up its keys or its end.
void session::settle_dtls(now_t now, component via, outbox& out) {
    auto& channel = protection_.channel_of(via);
    auto& association = *channel.association();
    auto const to = peer_.may_shake_hands(via, channel.last_from()) ? channel.last_from() : peer_.destination(via);
    association.take_output([&](std::span<const std::byte> datagram) {
        if (to.is_usable()) out.datagrams.push_back({via, to, packet_buffer(*pool_, datagram)});
    });
    if (auto const keys = association.take_keys()) {
        if (auto const error = protection_.install(now.mono, via, *keys))
            out.events.emplace_back(security_failed{via, error.message()});
        else
            out.events.emplace_back(media_secured{via, keys->suite});
    }
    if (!channel.takes_notice_of_end()) return;
    // Whoever failed to prove who they are is not heard under an earlier key either.
    if (association.current() == dtls_association::state::failed) protection_.pair_of(via).reset();
    out.events.emplace_back(security_failed{via, association.reason()});
}

void session::on_dtls_timeout(now_t now, outbox& out) {
    begin_owed_dtls(now, out);
    for (auto const via : components) {
        if (!protection_.is_used(via)) continue;
        auto* const association = protection_.channel_of(via).association();
        if (association == nullptr || !association->next_deadline() || *association->next_deadline() > now.mono)
            continue;
        association->on_timeout(now.mono);
        settle_dtls(now, via, out);
    }
}

void session::close_dtls(now_t now, outbox& out) {
    for (auto const via : components) {
        auto& channel = protection_.channel_of(via);
        if (!protection_.is_used(via) || channel.association() == nullptr) continue;
        channel.association()->close();
        (void)channel.takes_notice_of_end();  // that is no news
        settle_dtls(now, via, out);
    }
}

std::optional<time_point> session::dtls_deadline() const noexcept {
    std::optional<time_point> earliest;
    auto const consider = [&](std::optional<time_point> deadline) {
        if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
    };
    for (auto const via : components) {
        auto const& channel = protection_.channel_of(via);
        if (!protection_.is_used(via)) continue;
        if (channel.is_owed() && peer_.destination(via).is_usable()) consider(protection_.owed_since());
        if (channel.association() != nullptr) consider(channel.association()->next_deadline());
    }
    return earliest;
}

}  // namespace rtp

#include "phoned/phone/server_music.hpp"

#include <utility>

#include "phoned/media/description.hpp"
#include "sdp/model/parse.hpp"
#include "sdp/model/print.hpp"
#include "sip/syntax/multipart.hpp"

namespace phoned {

namespace {

sdp::capabilities able_of(const sdp::format_list& formats) {
    sdp::capabilities out;
    out.telephone_event.reset();
    for (const auto& each : formats)
        out.audio.push_back({each.codec, each.payload, each.parameters});
    return out;
}

sdp::local_media media_at(const sdp::endpoint& rtp, sdp::direction wanted, sdp::hold_style hold) {
    sdp::local_media out;
    out.address = {rtp.family, rtp.address};
    out.streams.push_back({.port = rtp.port, .wanted = wanted, .hold = hold});
    return out;
}

}  // namespace

std::optional<server_music> server_music::ask(
    sip_port& sip, rtp::environment& random, sip::account_id account, std::string_view uri, const sdp::negotiated& peer
) {
    if (!peer.remote_rtp || peer.send.empty()) return std::nullopt;
    server_music made(own_origin(random));
    const auto offer = made.negotiator_.make_offer(
        able_of(peer.send), media_at(*peer.remote_rtp, sdp::direction::recvonly, sdp::hold_style::none)
    );
    if (!offer) return std::nullopt;
    sip::invite_options options{std::string(uri)};
    options.with_offer(sdp::to_text(*offer));
    sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        if (const auto session = core.invite(at, account, options, out)) made.session_ = *session;
    });
    if (!made.session_) return std::nullopt;
    return made;
}

std::optional<music_source> server_music::on(const sip::call_answered& answered) {
    auto answer = sdp::parse(sip::session_description(answered.response.view()));
    if (!answer || !negotiator_.on_remote_answer(std::move(*answer))) return std::nullopt;
    const auto& lines = negotiator_.agreed().lines;
    if (lines.empty() || !lines.front().may_receive || !lines.front().remote_rtp) return std::nullopt;
    return music_source{
        able_of(lines.front().receive),
        media_at(*lines.front().remote_rtp, sdp::direction::sendrecv, sdp::hold_style::sendonly)};
}

void server_music::hang_up(sip_port& sip) const {
    sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        (void)core.hang_up(at, session_, {}, out);
    });
}

}  // namespace phoned

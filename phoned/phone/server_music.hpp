// Music on hold from a server (the guide's account.X.music_server_uri): the phone calls the server in the name of the
// peer that it holds, and tells the peer to hear it from there. Media go from the server to the peer and never come
// here.
//
//   phone -> server   INVITE: what the peer takes, at the peer's address, recvonly       server -> phone   200:
//   sendonly phone -> peer     re-INVITE: what the server sends, from the server's address, sendonly; at the end our
//   own offer,
//                     and BYE to the server
#pragma once

#include <optional>
#include <string_view>

#include "phoned/phone/sip_port.hpp"
#include "phoned/time.hpp"
#include "rtp/environment.hpp"
#include "sdp/negotiate/negotiator.hpp"

namespace phoned {

/// Who sends to a peer in our place, and what.
struct music_source {
    sdp::capabilities able;
    sdp::local_media media;
};

/// One call to a music server.
class server_music final {
public:
    /// Places it; `peer` is what was agreed with whom is to hear it, in plain RTP. Nothing where it cannot be placed.
    [[nodiscard]] static std::optional<server_music> ask(
        sip_port&, rtp::environment&, sip::account_id, std::string_view uri, const sdp::negotiated& peer
    );
    [[nodiscard]] sip::session_id session() const noexcept { return session_; }
    /// The server plays. Nothing where its answer is of no use.
    [[nodiscard]] std::optional<music_source> on(const sip::call_answered&);
    void hang_up(sip_port&) const;

private:
    explicit server_music(sdp::origin own) : negotiator_(std::move(own)) {}

    sdp::negotiator negotiator_;
    sip::session_id session_;
};

/// What is under way for one call: from the wish for music on to the end of the hold.
struct hold_music_request {
    std::optional<server_music> server;  ///< None: there is no music in this hold
    time_point answer_by;                ///< The peer is not kept waiting for its hold any longer
    bool plays = false;
};

}  // namespace phoned

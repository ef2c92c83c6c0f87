// The RTP and RTCP sockets of calls as the media layer sees them. phoned/net opens real ones; tests connect phones
// through a simulated network.
#pragma once

#include <cstdint>
#include <optional>

#include "rtp/endpoint.hpp"
#include "rtp/session/settings.hpp"
#include "rtp/wire/packet_buffer.hpp"

namespace phoned {

/// A pair of sockets that serves one media line. Numbers are never used again while the phone runs.
enum class media_id : std::uint32_t { none = 0 };

struct media_ports {
    media_id id = media_id::none;
    rtp::endpoint rtp;  ///< A concrete address: it goes into our session descriptions
    rtp::endpoint rtcp;
};

/// What arrives is given to phone::on_media().
class media_sockets {
public:
    media_sockets() = default;
    media_sockets(const media_sockets&) = delete;
    media_sockets& operator=(const media_sockets&) = delete;
    virtual ~media_sockets() = default;

    /// Opens a pair that reaches the given address family; nothing when no port of the configured range is free.
    [[nodiscard]] virtual std::optional<media_ports> open(rtp::address_family) = 0;
    virtual void send(media_id, rtp::component, const rtp::endpoint& to, const rtp::packet_buffer&) = 0;
    virtual void close(media_id) = 0;
};

}  // namespace phoned

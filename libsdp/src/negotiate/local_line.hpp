// What our own descriptions have in common, offers and answers alike: the frame of the session, the direction we want,
// the form of an accepted and of a refused line.
#pragma once

#include "sdp/negotiate/agreement.hpp"
#include "sdp/negotiate/capabilities.hpp"

namespace sdp {

/// Fills a new description but for its m= lines: origin, c=, "t=0
/// 0". An origin without an address takes that of the media.
void write_frame(session&, origin const& own, local_media const&);

/// What the stream wants to do, its hold included (RFC 3264 8.4).
[[nodiscard]] direction wished_direction(local_stream const&) noexcept;

/// Writes the port, RTCP port, packet times and hold address of a
/// line that is on; codecs and direction are left to the caller.
void fill_in_stream(media&, local_stream const&, address_family, capabilities const&);

/// Repeats the a=mid of a line in the same place of another description (RFC 5888 9.1 and 9.2).
void keep_mid(media& line, media const& from);

/// Adds the form of `line` that keeps its place and refuses it: port 0 and one of its formats (RFC 3264 6 and 8.2).
void add_refused(session&, media const& line);

}  // namespace sdp

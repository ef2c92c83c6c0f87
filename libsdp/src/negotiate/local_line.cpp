#include "local_line.hpp"

#include "sdp/text/scan.hpp"

namespace sdp {

session frame(origin const& own, local_media const& local) {
    session description;
    description.origin = own;
    if (own.address.address.empty()) description.origin.address = local.address;
    description.connection = local.address;
    description.times.emplace_back();
    return description;
}

direction wished_direction(local_stream const& stream) noexcept {
    switch (stream.hold) {
        case hold_style::none:
            return stream.wanted;
        case hold_style::sendonly:
        case hold_style::zero_address:
            return both(stream.wanted, direction::sendonly);
        case hold_style::inactive:
            return direction::inactive;
    }
    return stream.wanted;
}

void fill_in_stream(media& line, local_stream const& stream, address_family family, capabilities const& able) {
    line.port = stream.port;
    line.ptime = able.ptime;
    line.maxptime = able.maxptime;
    if (stream.rtcp_port != 0 && stream.rtcp_port != stream.port + 1) line.rtcp = rtcp_attribute{stream.rtcp_port, {}};
    if (stream.hold == hold_style::zero_address && family == address_family::ip4) {
        line.connection = connection{address_family::ip4, "0.0.0.0"};
    }
}

media refused(media const& line) {
    media kept;
    kept.type = line.type;
    kept.transport = line.transport;
    if (!line.formats.empty()) {
        kept.formats.push_back(line.formats.front());
        kept.formats.front().parameters.clear();
    }
    std::string_view others = line.other_formats;
    kept.other_formats = take_field(others);
    return kept;
}

}  // namespace sdp

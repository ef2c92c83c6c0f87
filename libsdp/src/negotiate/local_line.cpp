#include "local_line.hpp"

#include "sdp/model/connectivity.hpp"
#include "sdp/text/scan.hpp"

namespace sdp {

void write_frame(session& description, origin const& own, local_media const& local) {
    description.origin = own;
    if (own.address.address.empty()) description.origin.address = local.address;
    description.connection = local.address;
    description.times.emplace_back();
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

void keep_mid(media& line, media const& from) {
    if (auto const mid = mid_of(from); !mid.empty()) line.attributes.push_back({"mid", std::string{mid}});
}

void add_refused(session& description, media const& line) {
    auto& kept = description.media_lines.emplace_back();
    kept.type = line.type;
    kept.transport = line.transport;
    if (!line.formats.empty()) {
        auto& format = kept.formats.emplace_back();
        format.payload = line.formats.front().payload;
        format.codec = line.formats.front().codec;
    }
    std::string_view others = line.other_formats;
    kept.other_formats = take_field(others);
    keep_mid(kept, line);
}

}  // namespace sdp

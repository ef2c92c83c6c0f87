#include "rtp/wire/rtcp_app.hpp"

#include "rtp/wire/bytes.hpp"
#include "wire/text.hpp"

namespace rtp {

parsed<application_packet> parse_application(rtcp_packet const& packet) noexcept {
    byte_reader in(packet.body);
    application_packet application;
    application.subtype = packet.count;
    application.source = static_cast<ssrc_t>(in.u32());
    application.name = as_text(in.take(4));
    application.data = in.take(in.remaining());
    if (in.has_failed()) return parse_failure{errc::bad_rtcp_item, packet.offset};
    return application;
}

error_code append_application(packet_buffer& compound, application_packet const& application) noexcept {
    if (application.name.size() != 4 || application.subtype > max_rtcp_count || application.data.size() % 4 != 0)
        return errc::invalid_argument;
    auto const body = append_rtcp(compound, rtcp_type::application, application.subtype, 8 + application.data.size());
    if (!body) return errc::too_large;
    byte_writer out(*body);
    out.u32(static_cast<std::uint32_t>(application.source));
    out.bytes(as_octets(application.name));
    out.bytes(application.data);
    return {};
}

}  // namespace rtp

#include "rtp/session/telephone_event.hpp"

#include "rtp/wire/bytes.hpp"

namespace rtp {

parsed<telephone_event> telephone_event::parse(std::span<const std::byte> payload) noexcept {
    if (payload.size() < size)
        return parse_failure{errc::bad_telephone_event, static_cast<std::uint32_t>(payload.size())};
    auto const flags = std::to_integer<unsigned>(payload[1]);
    telephone_event report;
    report.event = static_cast<event_code>(payload[0]);
    report.end = (flags & 0x80U) != 0;
    report.volume = static_cast<std::uint8_t>(flags & 0x3FU);  // the bit between is reserved, to be ignored
    report.duration = load_u16(payload.subspan(2));
    return report;
}

std::array<std::byte, telephone_event::size> telephone_event::to_bytes() const noexcept {
    std::array<std::byte, size> bytes{};
    bytes[0] = static_cast<std::byte>(event);
    bytes[1] = static_cast<std::byte>((end ? 0x80U : 0U) | (volume & 0x3FU));
    store_u16(std::span(bytes).subspan(2), duration);
    return bytes;
}

}  // namespace rtp

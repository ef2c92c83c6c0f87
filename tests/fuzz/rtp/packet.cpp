// One datagram as an RTP packet: every view stays inside it, and what was read can be written again to read the same.
#include "rtp/wire/packet.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "rtp/session/telephone_event.hpp"
#include "rtp/wire/demux.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool is_inside(std::span<const std::byte> part, std::span<const std::byte> whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace rtp;
    auto const datagram = std::as_bytes(std::span(data, size));
    (void)classify(datagram);
    auto const parsed = packet_view::parse(datagram);
    if (!parsed) {
        require(parsed.error().offset <= size);
        return 0;
    }
    auto const& packet = *parsed;
    require(is_inside(packet.payload(), datagram));
    std::vector<ssrc_t> csrcs;
    for (std::size_t i = 0; i < packet.csrc_count(); ++i)
        csrcs.push_back(packet.csrc(i));
    std::vector<extension_element> elements;
    if (auto const extension = packet.extension()) {
        require(is_inside(extension->data, datagram));
        extension_reader reader(*extension);
        while (auto const element = reader.next()) {
            require(element->id != 0 && is_inside(element->data, extension->data));
            elements.push_back(*element);
        }
    }
    for (auto rest = packet.payload(); telephone_event::parse(rest); rest = rest.subspan(telephone_event::size)) {
        auto const report = *telephone_event::parse(rest);
        require(*telephone_event::parse(report.to_bytes()) == report);
    }

    if (packet.payload().size() > packet_buffer::max_size) return 0;
    auto copy = packet_buffer::unpooled(packet.payload());
    packet_header const header{packet.marker(), packet.type(), packet.sequence(), packet.timestamp(),
                               packet.ssrc(),   csrcs,         elements};
    if (prepend_header(copy, header)) return 0;  // more than the head-room
    auto const again = packet_view::parse(copy.bytes());
    require(again.has_value());
    require(again->marker() == packet.marker() && again->type() == packet.type());
    require(again->sequence() == packet.sequence() && again->timestamp() == packet.timestamp());
    require(again->ssrc() == packet.ssrc() && again->csrc_count() == csrcs.size());
    require(std::ranges::equal(again->payload(), packet.payload()));
    if (!elements.empty()) {
        extension_reader reader(*again->extension());
        for (auto const& element : elements) {
            auto const read = reader.next();
            require(read && read->id == element.id && std::ranges::equal(read->data, element.data));
        }
        require(!reader.next());
    }
    return 0;
}

#include "sip/net/hep_sink.hpp"

#include <chrono>
#include <span>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>

#include "net/addresses.hpp"
#include "sip/syntax/secrets.hpp"
#include "transport/big_endian.hpp"

namespace sip::net {

namespace asio = boost::asio;
using asio::ip::udp;

namespace {

/// The chunk types of vendor 0 (HEP3 network protocol specification, revision 36).
enum class chunk : std::uint16_t {
    address_family = 1,
    protocol = 2,
    ipv4_source = 3,
    ipv4_destination = 4,
    ipv6_source = 5,
    ipv6_destination = 6,
    source_port = 7,
    destination_port = 8,
    seconds = 9,
    microseconds = 10,
    payload_type = 11,
    agent_id = 12,
    password = 14,
    payload = 15,
};
constexpr char family_ipv4 = 2, family_ipv6 = 10, protocol_tcp = 6, protocol_udp = 17, payload_is_sip = 1;
constexpr std::size_t chunk_head = 6;
constexpr std::size_t longest_packet = 65507;  // of a UDP datagram over IPv4

void append_head(std::string& to, chunk type, std::size_t value_size) {
    append_u16(to, 0);
    append_u16(to, static_cast<std::uint16_t>(type));
    append_u16(to, static_cast<std::uint16_t>(chunk_head + value_size));
}
void append(std::string& to, chunk type, std::string_view value) {
    append_head(to, type, value.size());
    to += value;
}
void append(std::string& to, chunk type, char value) {
    append_head(to, type, 1);
    to += value;
}
void append(std::string& to, chunk type, std::uint16_t value) {
    append_head(to, type, sizeof value);
    append_u16(to, value);
}
void append(std::string& to, chunk type, std::uint32_t value) {
    append_head(to, type, sizeof value);
    append_u32(to, value);
}
void append(std::string& to, chunk for_v4, chunk for_v6, ip_address const& address) {
    auto const* bytes = reinterpret_cast<char const*>(address.bytes.data());
    if (address.is_v6)
        append(to, for_v6, std::string_view(bytes, 16));
    else
        append(to, for_v4, std::string_view(bytes, 4));
}

}  // namespace

std::string hep3_packet(traced_message const& message, hep_settings const& settings) {
    bool const is_received = message.direction == direction::received;
    auto const& source = is_received ? message.remote : message.local;
    auto const& destination = is_received ? message.local : message.remote;
    auto const since = std::chrono::duration_cast<std::chrono::microseconds>(message.at.time_since_epoch()).count();

    std::string packet = "HEP3";
    append_u16(packet, 0);  // the length, once it is known
    append(packet, chunk::address_family, source.address.is_v6 ? family_ipv6 : family_ipv4);
    append(packet, chunk::protocol, is_reliable(message.local.kind) ? protocol_tcp : protocol_udp);
    append(packet, chunk::ipv4_source, chunk::ipv6_source, source.address);
    append(packet, chunk::ipv4_destination, chunk::ipv6_destination, destination.address);
    append(packet, chunk::source_port, source.port);
    append(packet, chunk::destination_port, destination.port);
    append(packet, chunk::seconds, static_cast<std::uint32_t>(since / 1'000'000));
    append(packet, chunk::microseconds, static_cast<std::uint32_t>(since % 1'000'000));
    append(packet, chunk::payload_type, payload_is_sip);
    append(packet, chunk::agent_id, settings.agent_id);
    if (!settings.password.empty() && settings.password.size() < longest_packet)
        append(packet, chunk::password, settings.password);
    if (packet.size() + chunk_head + message.bytes.size() > longest_packet) return {};
    append(packet, chunk::payload, message.bytes);
    if (settings.secrets == secrets::masked)
        mask_secrets(std::span(packet).subspan(packet.size() - message.bytes.size()));

    std::string length;
    append_u16(length, static_cast<std::uint16_t>(packet.size()));
    packet.replace(4, length.size(), length);
    return packet;
}

struct hep_sink::impl {
    udp::socket socket;
    udp::endpoint collector;
    hep_settings settings;
    hep_sink::counters counts;
};

hep_sink::hep_sink(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
hep_sink::hep_sink(hep_sink&&) noexcept = default;
hep_sink& hep_sink::operator=(hep_sink&&) noexcept = default;
hep_sink::~hep_sink() = default;

result<hep_sink> hep_sink::open(asio::any_io_executor executor, endpoint const& collector, hep_settings settings) {
    auto made = std::make_unique<impl>(impl{
        udp::socket(std::move(executor)), to_asio<udp>(collector), std::move(settings), {}});
    error_code error;
    made->socket.open(family_of<udp>(collector), error);
    if (!error) made->socket.non_blocking(true, error);
    if (error) return error;
    return hep_sink(std::move(made));
}

void hep_sink::write(traced_message const& message) {
    auto const packet = hep3_packet(message, impl_->settings);
    error_code error;
    if (!packet.empty()) impl_->socket.send_to(asio::buffer(packet), impl_->collector, 0, error);
    if (packet.empty() || error)
        ++impl_->counts.left_out;
    else
        ++impl_->counts.sent;
}

hep_sink::counters hep_sink::count() const noexcept {
    return impl_->counts;
}

}  // namespace sip::net

#include "sip/net/pcap_file.hpp"

#include <cerrno>
#include <chrono>
#include <span>

#include "sip/syntax/secrets.hpp"
#include "transport/big_endian.hpp"

namespace sip::net {

namespace {

// The file's own numbers are big-endian, which its magic number tells; so are those of the packets.
constexpr std::uint32_t magic_of_microseconds = 0xa1b2c3d4;
constexpr std::uint32_t longest_record = 262144;
constexpr std::uint32_t link_type = 252;  // "exported PDU": a payload with tags in front that say whose it is

enum class tag : std::uint16_t {
    end = 0,
    dissector = 12,
    ipv4_source = 20,
    ipv4_destination = 21,
    ipv6_source = 22,
    ipv6_destination = 23,
    port_type = 24,
    source_port = 25,
    destination_port = 26,
};
constexpr std::uint32_t port_type_tcp = 2, port_type_udp = 3;

void append_tag(std::string& to, tag name, std::string_view value) {
    append_u16(to, static_cast<std::uint16_t>(name));
    append_u16(to, static_cast<std::uint16_t>(value.size()));
    to += value;
}
void append_tag(std::string& to, tag name, std::uint32_t value) {
    append_u16(to, static_cast<std::uint16_t>(name));
    append_u16(to, sizeof value);
    append_u32(to, value);
}
void append_tag(std::string& to, tag for_v4, tag for_v6, ip_address const& address) {
    auto const* bytes = reinterpret_cast<char const*>(address.bytes.data());
    if (address.is_v6)
        append_tag(to, for_v6, {bytes, 16});
    else
        append_tag(to, for_v4, {bytes, 4});
}

}  // namespace

pcap_file::pcap_file(std::FILE* file, secrets shown, std::uint64_t room) noexcept
    : file_(file), secrets_(shown), room_(room) {}

result<pcap_file> pcap_file::create(std::string const& path, secrets shown, std::uint64_t most_bytes) {
    auto* const file = std::fopen(path.c_str(), "wbe");
    if (file == nullptr) return error_code(errno, boost::system::system_category());
    pcap_file made(file, shown, most_bytes);
    std::string head;
    append_u32(head, magic_of_microseconds);
    append_u16(head, 2);  // version 2.4
    append_u16(head, 4);
    append_u32(head, 0);  // times are UTC
    append_u32(head, 0);
    append_u32(head, longest_record);
    append_u32(head, link_type);
    if (std::fwrite(head.data(), 1, head.size(), file) != head.size())
        return error_code(errno, boost::system::system_category());
    return made;
}

void pcap_file::write(traced_message const& message) {
    bool const is_received = message.direction == direction::received;
    auto const& source = is_received ? message.remote : message.local;
    auto const& destination = is_received ? message.local : message.remote;

    std::string& record = record_;
    record.assign(16, '\0');  // the record's head, once its length is known
    append_tag(record, tag::dissector, std::string_view("sip\0", 4));
    append_tag(record, tag::ipv4_source, tag::ipv6_source, source.address);
    append_tag(record, tag::ipv4_destination, tag::ipv6_destination, destination.address);
    append_tag(record, tag::port_type, is_reliable(message.local.kind) ? port_type_tcp : port_type_udp);
    append_tag(record, tag::source_port, std::uint32_t{source.port});
    append_tag(record, tag::destination_port, std::uint32_t{destination.port});
    append_tag(record, tag::end, std::string_view());
    auto const text_at = record.size();
    record += message.bytes;
    if (secrets_ == secrets::masked) mask_secrets(std::span(record).subspan(text_at));

    auto const since = std::chrono::duration_cast<std::chrono::microseconds>(message.at.time_since_epoch()).count();
    auto const length = static_cast<std::uint32_t>(record.size() - 16);
    std::string head;
    append_u32(head, static_cast<std::uint32_t>(since / 1'000'000));
    append_u32(head, static_cast<std::uint32_t>(since % 1'000'000));
    append_u32(head, length);
    append_u32(head, length);
    record.replace(0, head.size(), head);

    bool const fits = length <= longest_record && record.size() <= room_;
    if (fits && std::fwrite(record.data(), 1, record.size(), file_.get()) == record.size()) {
        room_ -= record.size();
        ++counts_.written;
        return;
    }
    ++counts_.left_out;
    if (fits) room_ = 0;  // the disk failed: behind half a record there can be no other
}

error_code pcap_file::flush() noexcept {
    if (std::fflush(file_.get()) == 0) return {};
    return {errno, boost::system::system_category()};
}

}  // namespace sip::net

// From a captured frame to what UDP or TCP carried: link layers, IPv4 with fragments, IPv6. RFC 791, 8200, 768, 9293.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace conformance {

using bytes = std::span<const std::uint8_t>;

/// "192.0.2.1", "[2001:db8::1]", of 4 or 16 bytes; else empty.
[[nodiscard]] std::string text_of_address(bytes address);

/// What one IP packet carried. Borrows the frame, or the reader's buffer of fragments.
struct transport_unit {
    std::string from, to;  ///< "192.0.2.1:5060"
    bool is_tcp = false;
    std::uint32_t sequence = 0;  ///< TCP's
    bool begins = false;         ///< SYN
    bool ends = false;           ///< FIN or RST
    bytes payload;
};

class link_reader final {
public:
    /// `link_type` as libpcap names it (DLT_...).
    explicit link_reader(int link_type) : link_type_(link_type) {}

    [[nodiscard]] static bool knows(int link_type) noexcept;
    /// Nothing where the frame carries neither UDP nor TCP, is cut, or is a fragment that does not complete its packet.
    [[nodiscard]] std::optional<transport_unit> read(bytes frame);

private:
    struct fragments {
        std::vector<std::uint8_t> data;
        std::vector<bool> filled;  ///< in units of 8 bytes
        std::size_t size = 0;      ///< once the last one is there
    };
    using fragment_key = std::tuple<std::string, std::string, std::uint32_t, std::uint8_t>;

    [[nodiscard]] std::optional<transport_unit> read_ip(bytes packet);
    [[nodiscard]] std::optional<transport_unit> read_ipv4(bytes packet);
    [[nodiscard]] std::optional<transport_unit> read_ipv6(bytes packet);
    [[nodiscard]] bytes join(const fragment_key&, std::size_t offset, bool more, bytes part);

    int link_type_;
    std::map<fragment_key, fragments> waiting_;
    std::vector<std::uint8_t> joined_;
};

}  // namespace conformance

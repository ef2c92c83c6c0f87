// Messages sent to a collector as HEP version 3 packets (Homer, sngrep, Wireshark): one datagram for each.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "sip/error.hpp"
#include "sip/net/trace.hpp"

namespace sip::net {

/// How we call ourselves at the collector.
struct hep_settings {
    std::uint32_t agent_id = 0;  ///< which of several capture agents this is
    std::string password = {};   ///< the collector's, sent in clear with each packet; empty: none
    net::secrets secrets = secrets::masked;  ///< whether credentials and keys are shown
};

/// One packet. Empty where the message is too large for one: HEP counts its length in 16 bits.
[[nodiscard]] std::string hep3_packet(traced_message const&, hep_settings const&);

/// Move-only. Never waits: what the socket does not take at once is left out.
class hep_sink final {
public:
    /// A socket towards a collector, usually on port 9060.
    [[nodiscard]] static result<hep_sink> open(
        boost::asio::any_io_executor, endpoint const& collector, hep_settings = {}
    );
    hep_sink(hep_sink&&) noexcept;  ///< takes over the other's socket
    hep_sink& operator=(hep_sink&&) noexcept;  ///< takes over the other's socket
    ~hep_sink();

    void write(traced_message const&);  ///< Takes one message; never throws for what it holds.

    /// The packets sent, and the messages left out: too large, or too fast for the socket.
    struct counters {
        std::uint64_t sent = 0;  ///< packets
        std::uint64_t left_out = 0;  ///< messages
    };
    [[nodiscard]] counters count() const noexcept;  ///< the numbers so far

private:
    struct impl;
    explicit hep_sink(std::unique_ptr<impl>) noexcept;
    std::unique_ptr<impl> impl_;
};

}  // namespace sip::net

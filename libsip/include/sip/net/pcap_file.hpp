// Messages in a capture file that Wireshark and tshark open: traced_message after traced_message, whatever transport
// they took, as they were inside TLS and WebSocket.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "sip/error.hpp"
#include "sip/net/trace.hpp"

namespace sip::net {

/// Move-only. Writes through the C library's buffer on the calling thread; for a phone or a test, not for a proxy under
/// load.
///
///     auto const file = std::make_shared<pcap_file>(*pcap_file::create("calls.pcap"));
///     agent.on_message([file](traced_message const& message) { file->write(message); });
class pcap_file final {
public:
    /// A new file, in the place of an old one. `most_bytes`: further messages are left out.
    [[nodiscard]] static result<pcap_file> create(
        std::string const& path, secrets = secrets::masked, std::uint64_t most_bytes = std::uint64_t{1} << 30U
    );

    /// Takes one message; never throws for what it holds.
    void write(traced_message const&);
    /// What was written so far can be read by others.
    error_code flush() noexcept;

    /// The messages written, and those left out: over the bound, or since the disk failed.
    struct counters {
        std::uint64_t written = 0;  ///< messages
        std::uint64_t left_out = 0;  ///< messages
    };
    [[nodiscard]] counters count() const noexcept { return counts_; }  ///< the numbers so far

private:
    struct closer {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    pcap_file(std::FILE* file, secrets shown, std::uint64_t room) noexcept;

    std::unique_ptr<std::FILE, closer> file_;
    secrets secrets_;
    std::uint64_t room_;  ///< bytes that may still be written
    std::string record_;  ///< keeps its memory from one message to the next
    counters counts_;
};

}  // namespace sip::net

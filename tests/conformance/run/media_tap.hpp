// The datagrams from and to the phones of a run while a flow is played, read with libpcap.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "conformance/capture/recording.hpp"

namespace conformance {

class media_tap final {
public:
    /// Begins to keep UDP datagrams from or to these ports of the host.
    media_tap(const std::string& host, std::uint16_t first_port, std::uint16_t last_port);
    ~media_tap();
    media_tap(const media_tap&) = delete;
    media_tap& operator=(const media_tap&) = delete;

    /// Why nothing is captured, as a rule for want of the right to; empty where something is.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    /// Ends, and gives what was captured in the order of time.
    [[nodiscard]] std::vector<captured_packet> finish();

private:
    struct device;
    void read();

    std::unique_ptr<device> device_;
    std::string problem_;
    std::vector<captured_packet> packets_;
    std::atomic<bool> ends_ = false;
    std::thread thread_;
};

}  // namespace conformance

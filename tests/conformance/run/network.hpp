// The proxy between the phones: the embedded one of examples/proxy, or Kamailio.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "conformance/run/capture_socket.hpp"
#include "conformance/run/child.hpp"
#include "conformance/run/network_setting.hpp"

namespace conformance {

class network final {
public:
    explicit network(network_setting);

    /// Starts it and waits until it answers. The reason where it does not.
    [[nodiscard]] std::optional<std::string> start(std::chrono::milliseconds patience);
    void stop() { process_.stop(); }
    void kill() { process_.kill(); }

    [[nodiscard]] const network_setting& setting() const noexcept { return setting_; }
    [[nodiscard]] std::string address() const;
    /// Its messages since the last call, as JSON lines (observation.hpp).
    [[nodiscard]] std::vector<std::string> take_trace();

private:
    [[nodiscard]] std::vector<std::string> embedded_words() const;

    network_setting setting_;
    child process_;
    capture_socket capture_;  ///< of Kamailio's messages
    std::size_t read_ = 0;    ///< bytes of the trace that were taken
};

}  // namespace conformance

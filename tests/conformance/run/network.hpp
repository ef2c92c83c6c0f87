// The proxy between the phones: the embedded one of examples/proxy, or Kamailio.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance/run/capture_socket.hpp"
#include "conformance/run/child.hpp"

namespace conformance {

class network final {
public:
    /// `kind` is "embedded" or "kamailio"; `program` the embedded proxy's path. Files go to `folder`. `algorithms` are
    /// the digests it offers, in order.
    network(
        std::string kind, std::string program, std::uint16_t port, std::string folder,
        std::vector<std::string> algorithms
    );

    /// Starts it and waits until it answers. The reason where it does not.
    [[nodiscard]] std::optional<std::string> start(std::chrono::milliseconds patience);
    void stop() { process_.stop(); }
    void kill() { process_.kill(); }

    [[nodiscard]] std::string address() const;
    /// Its messages since the last call, as JSON lines (observation.hpp).
    [[nodiscard]] std::vector<std::string> take_trace();

private:
    [[nodiscard]] std::optional<std::string> write_kamailio_configuration();

    std::string kind_, program_;
    std::uint16_t port_;
    std::string folder_;
    std::vector<std::string> algorithms_;
    child process_;
    capture_socket capture_;  ///< of Kamailio's messages
    std::size_t read_ = 0;    ///< bytes of the trace that were taken
};

}  // namespace conformance

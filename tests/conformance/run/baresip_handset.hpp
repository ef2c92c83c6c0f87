// baresip as a handset: its own configuration, its control socket (netstrings of JSON on TCP), a tone as microphone, a
// recording of what it hears. It cannot trace in a form that we trust: the proxy's trace counts for its hop.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "conformance/run/child.hpp"
#include "conformance/run/handset.hpp"

namespace conformance {

class baresip_handset final : public handset {
public:
    explicit baresip_handset(handset_setting);
    ~baresip_handset() override;

    [[nodiscard]] const handset_setting& setting() const override { return setting_; }
    [[nodiscard]] std::optional<std::string> start(std::chrono::milliseconds patience) override;
    [[nodiscard]] std::optional<std::string> dial(const std::string& target) override;
    [[nodiscard]] std::optional<std::string> act(const std::string& verb, const std::string& object) override;
    [[nodiscard]] std::vector<traced_message> take_trace() override { return {}; }
    [[nodiscard]] bool traces() const override { return false; }
    [[nodiscard]] bool hears_own_tones() const override { return false; }
    [[nodiscard]] bool tells_senders_apart() const override { return false; }
    [[nodiscard]] std::optional<std::uint64_t> packets_received(const std::string& user) override;
    void begin_listening() override;
    [[nodiscard]] sound end_listening() override;

private:
    [[nodiscard]] bool write_configuration() const;
    /// Sends a command and returns the text of its answer; nothing where none came.
    [[nodiscard]] std::optional<std::string> command(const std::string& name, const std::string& parameters = {});
    /// Well away from the SIP port, whose next one baresip takes for TLS.
    [[nodiscard]] std::uint16_t control_port() const { return static_cast<std::uint16_t>(setting_.sip_port + 60); }

    handset_setting setting_;
    child process_;
    std::map<std::filesystem::path, std::size_t> heard_before_;  ///< bytes of each recording, at begin_listening()
};

}  // namespace conformance

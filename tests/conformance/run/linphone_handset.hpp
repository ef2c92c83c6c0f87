// linphone's console client as a handset: its own configuration, commands through a named pipe, a file as microphone, a
// recording of what it hears. It cannot trace: the proxy's trace counts for its hop.
#pragma once

#include <string>

#include "conformance/run/child.hpp"
#include "conformance/run/handset.hpp"

namespace conformance {

class linphone_handset final : public handset {
public:
    explicit linphone_handset(handset_setting);
    ~linphone_handset() override;

    [[nodiscard]] const handset_setting& setting() const override { return setting_; }
    [[nodiscard]] std::optional<std::string> start(std::chrono::milliseconds patience) override;
    [[nodiscard]] std::optional<std::string> dial(const std::string& target) override;
    [[nodiscard]] std::optional<std::string> act(const std::string& verb, const std::string& object) override;
    [[nodiscard]] std::vector<traced_message> take_trace() override { return {}; }
    [[nodiscard]] bool traces() const override { return false; }
    [[nodiscard]] bool hears_own_tones() const override { return false; }
    [[nodiscard]] bool counts_packets() const override { return false; }
    [[nodiscard]] std::optional<std::uint64_t> packets_received(const std::string&) override { return std::nullopt; }
    void begin_listening() override;
    [[nodiscard]] sound end_listening() override;

    /// What it has printed so far.
    [[nodiscard]] std::string printed() const;

private:
    [[nodiscard]] bool write_files() const;
    [[nodiscard]] std::optional<std::string> command(const std::string& line);
    [[nodiscard]] std::string recording() const { return setting_.folder + "/heard.wav"; }

    handset_setting setting_;
    child process_;
    int commands_ = -1;           ///< the pipe that it reads its commands from
    std::size_t heard_from_ = 0;  ///< bytes of the recording that lie before begin_listening()
    std::chrono::steady_clock::time_point listens_since_;
};

}  // namespace conformance

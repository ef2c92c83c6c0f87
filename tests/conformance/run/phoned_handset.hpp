// Our own phone as a handset: a phoned process, a sound device in a thread of ours, and two control connections
// (commands, traces).
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "conformance/run/handset.hpp"
#include "conformance/run/phoned_process.hpp"
#include "conformance/run/sound_card.hpp"
#include "phoned/tools/client.hpp"

namespace conformance {

/// Where the programs of the build are.
struct programs {
    std::string phoned, proxy;
};

class phoned_handset final : public handset {
public:
    /// `more` are further lines for the phone's own configuration file.
    phoned_handset(programs, handset_setting, std::vector<std::string> more = {});
    ~phoned_handset() override;

    [[nodiscard]] const handset_setting& setting() const override { return phone_.setting(); }
    [[nodiscard]] std::optional<std::string> start(std::chrono::milliseconds patience) override;
    [[nodiscard]] std::optional<std::string> dial(const std::string& target) override;
    [[nodiscard]] std::optional<std::string> act(const std::string& verb, const std::string& object) override;
    [[nodiscard]] std::vector<traced_message> take_trace() override;
    [[nodiscard]] bool traces() const override { return true; }
    [[nodiscard]] bool hears_own_tones() const override { return true; }
    [[nodiscard]] std::optional<std::uint64_t> packets_received(const std::string& user) override;
    [[nodiscard]] std::optional<std::size_t> call_count() override { return phone_.live_calls().size(); }
    [[nodiscard]] std::optional<bool> is_registered() override {
        return phone_.ask_registration().state == "registered";
    }
    [[nodiscard]] std::optional<std::uint64_t> packets_sent(const std::string& user) override;
    void begin_listening() override;
    [[nodiscard]] sound end_listening() override;

    [[nodiscard]] phoned_process& phone() noexcept { return phone_; }

private:
    void watch();

    phoned_process phone_;
    std::unique_ptr<sound_card> sound_;
    std::optional<phoned::tools::connection> traces_;
    std::thread watcher_;
    std::atomic<bool> ends_ = false;
    std::mutex guard_;
    std::vector<traced_message> traced_;
};

}  // namespace conformance

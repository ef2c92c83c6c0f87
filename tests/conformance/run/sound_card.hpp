// The sound device of a phone under test: an audio driver in a thread of ours, which speaks one tone and keeps what it
// hears.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace conformance {

class sound_card final {
public:
    /// `tone` in Hz; 0 is silence.
    sound_card(std::string driver_socket, double tone);
    ~sound_card();
    sound_card(const sound_card&) = delete;
    sound_card& operator=(const sound_card&) = delete;

    /// Connects and registers as audio driver. The reason where phoned does not take it.
    [[nodiscard]] std::optional<std::string> start();
    /// Forgets what was heard so far.
    void begin_listening();
    /// What was heard since then, at 8000 samples per second; periods in which the device rested are missing.
    [[nodiscard]] std::vector<std::int16_t> heard();

private:
    void run();

    std::string socket_;
    double tone_;
    struct device;
    std::unique_ptr<device> device_;
    std::thread thread_;
    std::atomic<bool> ends_ = false;
    std::mutex guard_;
    std::vector<std::int16_t> heard_;
};

}  // namespace conformance

// A program that runs beside ours: started with its output in a file, ended when its object goes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace conformance {

class child final {
public:
    /// Starts `words[0]` with the rest as arguments; standard output goes to `output`, standard error to the same with
    /// ".err" behind it. The program gets SIGTERM when ours dies. An empty object where it cannot be started.
    [[nodiscard]] static child start(
        const std::vector<std::string>& words, const std::string& output, const std::string& folder = "."
    );
    child() = default;
    child(child&& other) noexcept;
    child& operator=(child&& other) noexcept;
    ~child();

    [[nodiscard]] bool is_running();
    /// How it ended, as a shell says it: its exit code, or 128 and the signal. Nothing where it has not within
    /// `patience`.
    [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds patience);
    /// Asks it to end with SIGTERM, and after `patience` makes it. How it ended.
    int stop(std::chrono::milliseconds patience = std::chrono::seconds(4));
    /// Ends it without a word, as a crash would.
    void kill();
    [[nodiscard]] const std::string& output() const noexcept { return output_; }

private:
    pid_t pid_ = -1;
    int status_ = 0;  ///< once it has ended
    std::string output_;
};

}  // namespace conformance

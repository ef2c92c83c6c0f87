// One of phoned's programs beside the test, on a pipe or a terminal: what it prints can be waited for.
// The test is compiled with OFFHOOK_PROGRAMS, the folder where the programs are.
#pragma once

#include "phoned/net/descriptor.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace phoned::testing {

struct ended {
    int code;
    std::string printed;  ///< Both streams
};

class program {
public:
    program(const std::string& name, std::vector<std::string> words, bool on_terminal = false) {
        words.insert(words.begin(), OFFHOOK_PROGRAMS "/" + name);
        std::vector<char*> raw;
        for (auto& word : words)
            raw.push_back(word.data());
        raw.push_back(nullptr);
        int number = -1;
        if (on_terminal) {
            winsize size{40, 100, 0, 0};
            pid_ = ::forkpty(&number, nullptr, nullptr, &size);
            if (pid_ == 0) {
                ::setenv("TERM", "xterm", 1);
                ::setenv("LC_ALL", "C.UTF-8", 1);
            }
        } else {
            int both[2];
            REQUIRE(::pipe2(both, O_CLOEXEC) == 0);
            pid_ = ::fork();
            if (pid_ == 0) {
                ::dup2(both[1], 1);
                ::dup2(both[1], 2);
            } else {
                ::close(both[1]);
                number = both[0];
            }
        }
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::execv(raw[0], raw.data());
            ::_exit(127);
        }
        REQUIRE(pid_ > 0);
        output_ = net::descriptor{number};
    }
    ~program() { kill(); }
    program(const program&) = delete;
    program& operator=(const program&) = delete;

    void type(std::string_view keys) {
        REQUIRE(::write(output_.get(), keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
    }
    void signal(int number) { ::kill(pid_, number); }
    /// Ends it without a word, as a crash would.
    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    }

    /// Reads until the text has been printed.
    void wait_for(const std::string& text) {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (printed_.find(text) == std::string::npos)
            REQUIRE_MESSAGE(read_some(until), "not printed: " << text << "\nbut: " << printed_);
    }
    /// The next line, with its end; empty where none comes in time.
    std::string next_line(std::chrono::steady_clock::time_point until) {
        for (;;) {
            if (const auto end = printed_.find('\n', taken_); end != std::string::npos) {
                const auto begin = std::exchange(taken_, end + 1);
                return printed_.substr(begin, taken_ - begin);
            }
            if (!read_some(until)) return {};
        }
    }
    ended end() {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (read_some(until)) {
        }
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, printed_};
    }
    [[nodiscard]] const std::string& printed() const { return printed_; }

private:
    static constexpr auto patience = std::chrono::seconds(10);

    bool read_some(std::chrono::steady_clock::time_point until) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
        pollfd watched{output_.get(), POLLIN, 0};
        if (::poll(&watched, 1, left > 0 ? static_cast<int>(left) : 0) != 1) return false;
        char bytes[4096];
        const auto got = ::read(output_.get(), bytes, sizeof bytes);
        if (got <= 0) return false;
        printed_.append(bytes, static_cast<std::size_t>(got));
        return true;
    }

    pid_t pid_ = -1;
    net::descriptor output_;
    std::string printed_;
    std::size_t taken_ = 0;  // by next_line()
};

}  // namespace phoned::testing

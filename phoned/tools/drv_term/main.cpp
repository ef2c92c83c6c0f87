// drv-term: a telephone in a terminal. Keypad, display, lamps, hook and ringer in one driver; sound is another driver's
// business.
#include "phoned/tools/drv_term/face.hpp"
#include "phoned/tools/drv_term/keyboard.hpp"
#include "phoned/tools/drv_term/terminal.hpp"
#include "phoned/tools/json_access.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <memory>

namespace {

using namespace phoned::tools;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr int exit_done = 0, exit_usage = 2, exit_no_phone = 3;

volatile std::sig_atomic_t asked_to_end = 0;

std::uint64_t stamp_us() {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(steady::now().time_since_epoch()).count()
    );
}

client_result<connection> join(const std::string& socket, face& shown) {
    auto line = connection::open(socket, 2s);
    if (!line) return line;
    const auto registered = line->call(
        "driver.register",
        {{"name", "drv-term"}, {"kinds", {"keypad", "display", "led", "hook", "ringer"}}, {"protocol", {1, 0}}}, 2s
    );
    if (!registered) return registered.error();
    shown.take_snapshot(object_of(*registered, "snapshot"));
    shown.connected = true;
    return line;
}

class telephone {
public:
    telephone(std::string socket, connection line, face shown)
        : socket_(std::move(socket)), line_(std::make_unique<connection>(std::move(line))), face_(std::move(shown)) {}

    int run() {
        while (asked_to_end == 0 && !done_) {
            take_messages();
            while (const auto key = terminal_.read())
                press(*key);
            const auto now_ms = stamp_us() / 1000;
            if (face_.ringing && now_ms - last_beep_ms_ > 2000) {
                last_beep_ms_ = now_ms;
                terminal_.beep();
            }
            terminal_.show(draw(face_, now_ms), keyboard_help);
            // Lamps blink in steps of 200 ms; a key or a message ends the wait at once.
            pollfd watched[2] = {{STDIN_FILENO, POLLIN, 0}, {line_ ? line_->socket() : -1, POLLIN, 0}};
            ::poll(watched, 2, 100);
        }
        return exit_done;
    }

private:
    void take_messages() {
        if (!line_) return reconnect();
        for (;;) {
            auto message = line_->poll();
            if (!message) {
                // The phone has gone: keep the face, try again until it is back. Its snapshot then says how things are.
                face_.connected = false;
                face_.ringing = false;
                face_.status = message.error().text;
                line_.reset();
                return;
            }
            if (!*message) break;
            face_.take(**message);
        }
        if (auto complaint = line_->take_complaint()) face_.status = *complaint;
    }

    void reconnect() {
        if (steady::now() < next_try_) return;
        next_try_ = steady::now() + 1s;
        auto line = join(socket_, face_);
        if (!line) return;
        line_ = std::make_unique<connection>(std::move(*line));
        face_.status.clear();
        tell_hook();
    }

    void press(const typed& key) {
        if (key.character == 'q') {
            done_ = true;
            return;
        }
        if (key.character == 'h') {
            face_.off_hook = !face_.off_hook;
            tell_hook();
            return;
        }
        const auto name = key.function != 0            ? key_for_function(key.function)
                          : key.other != special::none ? key_for_special(key.other)
                                                       : key_for_character(key.character);
        if (name.empty() || !line_) return;
        // A terminal does not say when a key is let go.
        for (const auto* state : {"down", "up"})
            line_->notify("key.event", {{"key", name}, {"state", state}, {"ts_us", stamp_us()}});
    }

    void tell_hook() {
        if (line_) line_->notify("hook.state", {{"off_hook", face_.off_hook}});
    }

    std::string socket_;
    std::unique_ptr<connection> line_;
    face face_;
    terminal terminal_;
    std::uint64_t last_beep_ms_ = 0;
    steady::time_point next_try_{};
    bool done_ = false;
};

}  // namespace

int main(int count, char** words) {
    std::string socket = "/run/phoned/driver.sock";
    CLI::App app{"A telephone in the terminal: keys, display, lamps, hook, ringer.", "drv-term"};
    app.add_option("--socket", socket, "the phone's driver.sock")->capture_default_str();
    std::string help = "Keys:\n";
    for (const auto line : keyboard_help)
        help += fmt::format("  {}\n", line);
    app.footer(help + "\nExit codes: 0 done, 2 wrong use, 3 no phone there.");
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
        std::fputs("drv-term: needs a terminal\n", stderr);
        return exit_usage;
    }
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        std::signal(signal, [](int) { asked_to_end = 1; });
    face shown;
    auto line = join(socket, shown);
    if (!line) {
        fmt::print(stderr, "drv-term: {}\n", line.error().text);
        return exit_no_phone;
    }
    return telephone{socket, std::move(*line), std::move(shown)}.run();
}

// drv-term: a telephone in a terminal. Keypad, display, lamps, hook and ringer in one driver; sound is another driver's
// business.
#include "phoned/tools/drv_term/face.hpp"
#include "phoned/tools/drv_term/keyboard.hpp"
#include "phoned/tools/drv_term/sound.hpp"
#include "phoned/tools/drv_term/terminal.hpp"
#include "phoned/tools/json_access.hpp"
#include "rtp/signal/tone_grammar.hpp"

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

struct arguments {
    std::string socket = "/run/phoned/driver.sock", tone;
    std::vector<std::string> notes;
};

client_result<connection> join(const std::string& socket, bool with_sound, face& shown) {
    auto line = connection::open(socket, 2s);
    if (!line) return line;
    json::array kinds{"keypad", "display", "led", "hook", "ringer"};
    json::object capabilities;
    if (with_sound) {
        kinds.emplace_back("audio");
        capabilities["transports"] = json::array{"shm"};
    }
    const auto registered = line->call(
        "driver.register",
        {{"name", "drv-term"}, {"kinds", kinds}, {"protocol", {1, 0}}, {"capabilities", capabilities}}, 2s
    );
    if (!registered) return registered.error();
    shown.take_snapshot(object_of(*registered, "snapshot"));
    shown.connected = true;
    return line;
}

class telephone {
public:
    telephone(const arguments& given, std::optional<rtp::cadence> said, connection line, face shown)
        : given_(given),
          said_(said),
          line_(std::make_unique<connection>(std::move(line))),
          face_(std::move(shown)),
          help_(std::begin(keyboard_help), std::end(keyboard_help)) {
        help_.insert(help_.end(), given.notes.begin(), given.notes.end());
        if (said_) sound_.emplace(*said_);
    }

    int run() {
        if (!terminal_.is_usable()) {
            std::fputs("drv-term: the terminal cannot place its cursor (TERM)\n", stderr);
            return exit_usage;
        }
        auto next_drawing = steady::now();
        while (asked_to_end == 0 && !done_) {
            take_messages();
            while (const auto key = terminal_.read())
                press(*key);
            if (sound_) {
                sound_->run(steady::now());
                face_.hears = sound_->heard();
            }
            if (steady::now() >= next_drawing) {
                draw_face();
                next_drawing = steady::now() + drawing_interval;
            }
            wait_until(std::min(next_drawing, next_period().value_or(next_drawing)));
        }
        return exit_done;
    }

private:
    // Lamps blink in steps of 200 ms, and what was typed shows at once for the eye.
    static constexpr auto drawing_interval = 50ms;

    void draw_face() {
        const auto now_ms = stamp_us() / 1000;
        if (face_.ringing && now_ms - last_beep_ms_ > 2000) {
            last_beep_ms_ = now_ms;
            terminal_.beep();
        }
        terminal_.show(draw(face_, now_ms), help_);
    }

    std::optional<steady::time_point> next_period() const { return sound_ ? sound_->next_period() : std::nullopt; }

    // A key or a message ends the wait at once; the end of the terminal ends the telephone.
    void wait_until(steady::time_point until) {
        const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - steady::now()).count();
        const timespec time{0, std::max<long>(left, 0)};
        pollfd watched[2] = {{STDIN_FILENO, POLLIN, 0}, {line_ ? line_->socket() : -1, POLLIN, 0}};
        if (::ppoll(watched, 2, &time, nullptr) > 0 && (watched[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
            done_ = true;
    }

    void take_messages() {
        if (!line_) return reconnect();
        for (;;) {
            auto message = line_->poll();
            if (!message) {
                // The phone has gone: keep the face, try again until it is back. Its snapshot then says how things are.
                face_.connected = false;
                face_.ringing = false;
                face_.status = message.error().text;
                if (said_) sound_.emplace(*said_);
                line_.reset();
                return;
            }
            if (!*message) break;
            if (!face_.take(**message) && sound_) sound_->handle(*line_, **message, steady::now());
        }
        if (auto complaint = line_->take_complaint()) face_.status = *complaint;
    }

    void reconnect() {
        if (steady::now() < next_try_) return;
        next_try_ = steady::now() + 1s;
        auto line = join(given_.socket, said_.has_value(), face_);
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
        if (key.character == '\f') return terminal_.repaint();
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

    const arguments& given_;
    std::optional<rtp::cadence> said_;
    std::optional<sound_words> sound_;  // where this driver is the phone's sound too
    std::unique_ptr<connection> line_;
    face face_;
    std::vector<std::string> help_;
    terminal terminal_;
    std::uint64_t last_beep_ms_ = 0;
    steady::time_point next_try_{};
    bool done_ = false;
};

}  // namespace

int main(int count, char** words) {
    arguments given;
    CLI::App app{"A telephone in the terminal: keys, display, lamps, hook, ringer.", "drv-term"};
    app.add_option("--socket", given.socket, "the phone's driver.sock")->capture_default_str();
    app.add_option(
        "--tone", given.tone,
        "be the sound as well: the microphone says this tone, FREQUENCY[+FREQUENCY]/MS[,...], and what is heard shows "
        "in words"
    );
    app.add_option("--note", given.notes, "a line below the keys (repeatable)");
    std::string help = "Keys:\n";
    for (const auto* line : keyboard_help)
        help += fmt::format("  {}\n", line);
    app.footer(help + "\nExit codes: 0 done, 2 wrong use, 3 no phone there.");
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    std::optional<rtp::cadence> said;
    if (!given.tone.empty()) {
        const auto parsed = rtp::parse_cadence(given.tone);
        if (!parsed) {
            const auto& [error, position] = parsed.error();
            fmt::print(
                stderr, "drv-term: --tone {}, character {}: {}\n", given.tone, position + 1, rtp::describe(error)
            );
            return exit_usage;
        }
        said = *parsed;
    }
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
        std::fputs("drv-term: needs a terminal\n", stderr);
        return exit_usage;
    }
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
        std::signal(signal, [](int) { asked_to_end = 1; });
    face shown;
    auto line = join(given.socket, said.has_value(), shown);
    if (!line) {
        fmt::print(stderr, "drv-term: {}\n", line.error().text);
        return exit_no_phone;
    }
    return telephone{given, said, std::move(*line), std::move(shown)}.run();
}

// drv-file: an audio driver without hardware. Its microphone is a WAV file or a tone, its loudspeaker a WAV file and a
// line of JSON for each sound and digit it hears. It keeps real time, as a sound card would.
#include "phoned/tools/audio_driver.hpp"
#include "phoned/tools/drv_file/microphone.hpp"
#include "phoned/tools/drv_file/wav.hpp"
#include "phoned/tools/ear.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>
#include <csignal>
#include <cstdio>

namespace {

using namespace phoned::tools;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr int exit_done = 0, exit_usage = 2, exit_no_phone = 3;

volatile std::sig_atomic_t asked_to_end = 0;

struct arguments {
    std::string socket = "/run/phoned/driver.sock", name = "drv-file", transport = "shm";
    std::string play, tone, record, digits;
    double level = -13, duration = 0;
    bool once = false, echo = false, melody = false;
};

/// One line of JSON for each thing that happens, with the time since the start and the calendar's.
class journal {
public:
    void write(std::string_view what, json::object more) const {
        const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - start_).count();
        const auto calendar =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
                .count();
        json::object line{{"ms", now}, {"unix_ms", calendar}, {"event", what}};
        for (auto& [name, value] : more)
            line[name] = std::move(value);
        std::fputs((json::serialize(line) + "\n").c_str(), stdout);
        std::fflush(stdout);
    }

private:
    steady::time_point start_ = steady::now();
};

std::int64_t rounded(double value) {
    return std::llround(value);
}

class sound_card {
public:
    sound_card(const arguments& given, connection line) : given_(given), line_(std::move(line)) {}

    // Until the duration is over, a signal, or the end of the connection.
    int run() {
        const auto end = steady::now() + std::chrono::milliseconds{static_cast<long long>(given_.duration * 1000)};
        auto next_period = steady::now();
        while (asked_to_end == 0 && (given_.duration <= 0 || steady::now() < end)) {
            const bool runs = driver_.is_running() && ear_ && microphone_;
            if (!wait(runs ? next_period : steady::now() + 100ms)) return exit_no_phone;
            if (!runs) {
                next_period = steady::now();
                continue;
            }
            // A process that was stopped for a while leaves periods out, as hardware would.
            if (steady::now() - next_period > 100ms) next_period = steady::now();
            for (; next_period <= steady::now(); next_period += 10ms)
                one_period();
        }
        return exit_done;
    }

private:
    // Waits for the time or a message, and handles messages; false if the phone is gone or cannot be served.
    bool wait(steady::time_point until) {
        for (;;) {
            const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - steady::now());
            if (left > 0ns) {
                pollfd watched{line_.socket(), POLLIN, 0};
                const timespec time{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
                ::ppoll(&watched, 1, &time, nullptr);
            }
            for (;;) {
                auto message = line_.poll();
                if (!message) {
                    journal_.write("end", {{"reason", message.error().text}});
                    return false;
                }
                if (!*message) break;
                if (!handle(**message)) return false;
            }
            if (steady::now() >= until || asked_to_end != 0) return true;
        }
    }

    bool handle(const arrived& message) {
        if (message.method == "shutdown") {
            journal_.write("shutdown", {});
            return true;
        }
        const bool was_running = driver_.is_running();
        if (!driver_.handle(line_, message)) return true;
        if (message.method == "audio.attach") {
            journal_.write("attached", {{"rate", driver_.format().rate}});
            return prepare(driver_.format().rate);
        }
        if (driver_.is_running() != was_running) journal_.write(was_running ? "stopped" : "started", {});
        if (!was_running && driver_.is_running()) {
            if (microphone_) microphone_->rewind();
            if (ear_) ear_->forget();
        }
        return true;
    }

    // What depends on the rate, which only the phone knows.
    bool prepare(std::uint32_t rate) {
        if (microphone_ && ear_) return true;
        auto made = !given_.play.empty()
                        ? microphone::of_file(given_.play, given_.once ? repeat::once : repeat::forever, rate)
                    : !given_.tone.empty()
                        ? microphone::of_tone(given_.tone, given_.level, rate)
                        : boost::system::result<microphone, std::string>{
                              given_.melody ? microphone::of_melody(given_.level, rate) : microphone::of_silence(rate)};
        if (!made) return fail(made.error());
        microphone_ = std::move(*made);
        microphone_->dial(given_.digits);
        if (!given_.record.empty()) {
            auto file = wav_writer::create(given_.record, rate);
            if (!file) return fail(file.error());
            recording_ = std::move(*file);
        }
        ear_.emplace(
            rate, ear::callbacks{
                      .sound = [this](const heard_sound& heard) { tell(heard); },
                      .digit =
                          [this, rate](const rtp::heard_digit& heard) {
                              journal_.write(
                                  "digit", {{"digit", std::string(1, heard.digit)},
                                            {"audio_ms", heard.begin * 1000 / rate},
                                            {"length_ms", heard.length * 1000 / rate}}
                              );
                          },
                  }
        );
        captured_.resize(rate / 100);
        playback_.resize(rate / 100);
        return true;
    }

    bool fail(const std::string& why) {
        fmt::print(stderr, "drv-file: {}\n", why);
        line_.notify("driver.fault", {{"text", why}});
        return false;
    }

    void one_period() {
        if (given_.echo) {
            captured_ = playback_;
        } else {
            microphone_->fill(captured_);
        }
        const auto stamp =
            std::chrono::duration_cast<std::chrono::microseconds>(steady::now().time_since_epoch()).count();
        driver_.exchange(captured_, playback_, static_cast<std::uint64_t>(stamp));
        ear_->hear(playback_);
        if (recording_) recording_->write(playback_);
    }

    void tell(const heard_sound& heard) {
        json::object more{{"audio_ms", heard.begin_ms}, {"level_dbov", rounded(heard.level_dbov)}};
        switch (heard.kind) {
            case sound::silence:
                more["kind"] = "silence";
                break;
            case sound::tone:
                more["kind"] = "tone";
                more["hertz"] = rounded(heard.hertz);
                more["purity_percent"] = rounded(heard.purity * 100);
                break;
            case sound::other:
                more["kind"] = "other";
                break;
        }
        journal_.write("sound", std::move(more));
    }

    const arguments& given_;
    connection line_;
    audio_driver driver_;
    journal journal_;
    std::optional<microphone> microphone_;
    std::optional<ear> ear_;
    std::optional<wav_writer> recording_;
    std::vector<std::int16_t> captured_, playback_;
};

constexpr auto footer =
    R"(Prints a line of JSON for each thing that happens: attached, started, stopped, sound (kind silence, tone or other; hertz, level_dbov),
digit, end. `ms` counts from the start of this program, `audio_ms` the sound it heard.

Exit codes: 0 done, 2 wrong use, 3 no phone there or connection lost.

Examples:
  drv-file --socket run/driver.sock --tone 440/1000,0/500 --record heard.wav
  drv-file --socket run/driver.sock --play speech.wav)";

}  // namespace

int main(int count, char** words) {
    arguments given;
    CLI::App app{"An audio driver for phoned that needs no hardware.", "drv-file"};
    app.add_option("--socket", given.socket, "the phone's driver.sock")->capture_default_str();
    app.add_option("--name", given.name, "as it registers")->capture_default_str();
    auto* const play = app.add_option("--play", given.play, "microphone: a WAV file at the phone's audio rate");
    auto* const tone = app.add_option(
        "--tone", given.tone, "microphone: a tone, FREQUENCY[+FREQUENCY]/MS[,...]; frequency 0 is silence"
    );
    auto* const tune = app.add_flag("--melody", given.melody, "microphone: a tune");
    auto* const echo = app.add_flag("--echo", given.echo, "microphone: what the loudspeaker played a period ago");
    tone->excludes(play);
    tune->excludes(play)->excludes(tone);
    echo->excludes(play)->excludes(tone)->excludes(tune);
    app.add_option("--level", given.level, "of each frequency, dBm0")->capture_default_str();
    app.add_flag("--once", given.once, "play the file once; silence after it");
    app.add_option("--digits", given.digits, "digits to send as tones in the audio first");
    app.add_option("--record", given.record, "loudspeaker: a WAV file");
    app.add_option("--duration", given.duration, "end after so many seconds; 0 is never")->capture_default_str();
    app.add_option("--transport", given.transport, "how sound crosses")
        ->check(CLI::IsMember({"shm", "packet"}))
        ->capture_default_str();
    app.footer(footer);
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    for (const int signal : {SIGINT, SIGTERM})
        std::signal(signal, [](int) { asked_to_end = 1; });

    auto line = connection::open(given.socket, 5s);
    if (!line) {
        fmt::print(stderr, "drv-file: {}\n", line.error().text);
        return exit_no_phone;
    }
    const json::object capabilities{{"transports", json::array{given.transport}}};
    const auto registered = line->call(
        "driver.register",
        {{"name", given.name}, {"kind", "audio"}, {"protocol", {1, 0}}, {"capabilities", capabilities}}, 5s
    );
    if (!registered) {
        fmt::print(stderr, "drv-file: {}\n", registered.error().text);
        return exit_no_phone;
    }
    return sound_card{given, std::move(*line)}.run();
}

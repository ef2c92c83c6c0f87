#include "conformance/run/sound_card.hpp"

#include <chrono>
#include <cmath>
#include <numbers>

#include <boost/json.hpp>

#include "phoned/tools/audio_driver.hpp"

namespace conformance {

namespace {

namespace json = boost::json;
using steady = std::chrono::steady_clock;

constexpr auto period = std::chrono::milliseconds(10);
constexpr double loudness = 6000;
constexpr std::size_t most_kept = 8000 * 10;

}  // namespace

struct sound_card::device {
    phoned::tools::connection line;
    phoned::tools::audio_driver driver;
};

sound_card::sound_card(std::string driver_socket, double tone) : socket_(std::move(driver_socket)), tone_(tone) {}

sound_card::~sound_card() {
    ends_ = true;
    if (thread_.joinable()) thread_.join();
}

std::optional<std::string> sound_card::start() {
    auto line = phoned::tools::connection::open(socket_, std::chrono::milliseconds(2000));
    if (!line) return line.error().text;
    const json::object hello{
        {"name", "flows-sound"},
        {"protocol", json::array{1, 0}},
        {"kind", "audio"},
        {"capabilities", json::object{{"transports", json::array{"shm", "packet"}}}}};
    auto joined = line->call("driver.register", hello, std::chrono::milliseconds(2000));
    if (!joined) return joined.error().text;
    device_ = std::make_unique<device>(device{std::move(*line), {}});
    thread_ = std::thread([this] { run(); });
    return std::nullopt;
}

void sound_card::run() {
    std::vector<std::int16_t> captured, playback;
    std::uint64_t spoken = 0;
    auto next = steady::now();
    while (!ends_) {
        for (;;) {
            auto arrived = device_->line.poll();
            if (!arrived) return;  // phoned has gone
            if (!*arrived) break;
            (void)device_->driver.handle(device_->line, **arrived);
        }
        const auto& format = device_->driver.format();
        if (device_->driver.is_running()) {
            captured.resize(format.period_frames);
            playback.assign(format.period_frames, 0);
            for (auto& sample : captured) {
                const auto angle =
                    2 * std::numbers::pi * tone_ * static_cast<double>(spoken++) / static_cast<double>(format.rate);
                sample = tone_ > 0 ? static_cast<std::int16_t>(loudness * std::sin(angle)) : std::int16_t{0};
            }
            const auto stamp =
                std::chrono::duration_cast<std::chrono::microseconds>(steady::now().time_since_epoch()).count();
            device_->driver.exchange(captured, playback, static_cast<std::uint64_t>(stamp));
            const std::lock_guard lock(guard_);
            if (heard_.size() < most_kept) heard_.insert(heard_.end(), playback.begin(), playback.end());
        }
        next += period;
        if (next < steady::now() - std::chrono::milliseconds(200))
            next = steady::now();  // the machine stood still: no burst of periods
        std::this_thread::sleep_until(next);
    }
}

void sound_card::begin_listening() {
    const std::lock_guard lock(guard_);
    heard_.clear();
}

std::vector<std::int16_t> sound_card::heard() {
    const std::lock_guard lock(guard_);
    return heard_;
}

}  // namespace conformance
